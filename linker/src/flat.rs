//! The flat layout: packages as high as they can lie, as npm places them.
//!
//! Law: from where an instance lies, looking for each of its dependencies in its own `node_modules` and then in those
//! above finds the instance that the lockfile says. Every folder remembers what is looked up through it; a package is
//! never put where it would stand before another one that is.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{DependencyRef, ImporterId, Lockfile, SnapshotKey, normalized_path};
use pkg_manifest::{PackageName, RelativePath};
use rustc_hash::FxHashMap;

use crate::error::PlanError;
use crate::isolated::{candidate, package_entry};
use crate::layout::LinkOptions;
use crate::relative::link_text;
use crate::selection::{Edges, Selection};
use crate::tree::{BinFolder, Entry, Reach, Tree};

/// How high a package is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// As high as it can lie.
    Hoisted,
    /// Below its dependent.
    Nested,
}

/// Plans the flat layout, or the nested one.
pub(crate) fn plan_flat(
    lockfile: &Lockfile,
    options: &LinkOptions,
    strategy: Strategy,
) -> Result<Tree, PlanError> {
    let linked: Vec<(&PackageName, DependencyRef)> = options
        .workspace_packages
        .iter()
        .filter_map(|(name, id)| Some((name, DependencyRef::Link(id.path()?.to_string()))))
        .collect();
    let selection = Selection::new(lockfile, options)?;
    let mut placing = Placing {
        selection: &selection,
        strategy,
        nodes: Vec::new(),
        queue: BTreeSet::new(),
    };
    placing.add_projects(&linked);
    while let Some((_, _, node)) = placing.queue.pop_first() {
        placing.place_dependencies(node);
    }
    let mut tree = Tree::default();
    let mut entries = Vec::new();
    for node in &placing.nodes {
        entries.extend(placing.entry(node)?);
    }
    tree.bin_folders = placing.bin_folders();
    tree.extend(entries)?;
    tree.skipped = selection.skipped;
    Ok(tree)
}

/// A project or a place of a package.
struct Node<'a> {
    /// The folder whose `node_modules` it lies in; of a project the one whose packages it may use.
    parent: Option<usize>,
    /// From the root; empty for the root project.
    path: String,
    what: What<'a>,
    edges: Edges<'a>,
    children: BTreeMap<&'a PackageName, usize>,
    /// What is looked up through this folder and found above.
    passing: FxHashMap<&'a PackageName, &'a DependencyRef>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum What<'a> {
    Project,
    Place(&'a DependencyRef),
    /// The same instance as a node above, which would otherwise be nested without end.
    Loop(usize),
}

struct Placing<'a, 's> {
    selection: &'s Selection<'a>,
    strategy: Strategy,
    nodes: Vec<Node<'a>>,
    /// By depth, then by path: what lies higher is placed first.
    queue: BTreeSet<(usize, String, usize)>,
}

impl<'a> Placing<'a, '_> {
    /// A project looks into its own folder, then into those of the projects that it lies in.
    ///
    /// The projects of a workspace are linked into the root one, whether it declares them or not.
    fn add_projects(&mut self, linked: &'a [(&'a PackageName, DependencyRef)]) {
        let root = self.selection.importers.get(&ImporterId::root());
        let mut edges = root.cloned().unwrap_or_default();
        for (name, target) in linked {
            edges.entry(name).or_insert(target);
        }
        let root = self.add(None, String::new(), What::Project, edges);
        let mut projects: FxHashMap<&str, usize> = FxHashMap::default();
        for (id, edges) in &self.selection.importers {
            let Some(path) = id.path().map(RelativePath::as_str) else {
                continue;
            };
            let mut above = path.rmatch_indices('/').map(|(end, _)| &path[..end]);
            let parent = above.find_map(|folder| projects.get(folder)).copied();
            let parent = Some(parent.unwrap_or(root));
            let project = self.add(parent, path.to_owned(), What::Project, edges.clone());
            projects.insert(path, project);
        }
    }

    fn add(
        &mut self,
        parent: Option<usize>,
        path: String,
        what: What<'a>,
        edges: Edges<'a>,
    ) -> usize {
        let node = self.nodes.len();
        let depth = parent.map_or(0, |parent| self.nodes[parent].depth + 1);
        self.queue.insert((depth, path.clone(), node));
        self.nodes.push(Node {
            parent,
            path,
            what,
            edges,
            children: BTreeMap::new(),
            passing: FxHashMap::default(),
            depth,
        });
        node
    }

    fn place_dependencies(&mut self, node: usize) {
        for (alias, target) in self.nodes[node].edges.clone() {
            if self
                .find(node, alias)
                .is_none_or(|found| !self.is(found, target))
            {
                self.place(node, alias, target);
            }
            self.remember(node, alias, target);
        }
    }

    /// What a package finds under a name.
    fn find(&self, from: usize, alias: &PackageName) -> Option<usize> {
        let mut folder = Some(from);
        while let Some(node) = folder.map(|folder| &self.nodes[folder]) {
            if let Some(found) = node.children.get(alias) {
                return Some(*found);
            }
            folder = node.parent;
        }
        None
    }

    fn is(&self, node: usize, target: &DependencyRef) -> bool {
        match self.nodes[node].what {
            What::Place(found) => found == target,
            What::Loop(above) => self.is(above, target),
            What::Project => false,
        }
    }

    /// Puts a dependency as high as it can lie, beginning with the folder of who depends on it.
    fn place(&mut self, dependent: usize, alias: &'a PackageName, target: &'a DependencyRef) {
        let mut place = dependent;
        while let Some(above) = self.nodes[place].parent {
            if self.strategy == Strategy::Nested || !self.is_free(above, alias, target) {
                break;
            }
            place = above;
        }
        let folder = &self.nodes[place].path;
        let separator = if folder.is_empty() { "" } else { "/" };
        let path = format!("{folder}{separator}node_modules/{alias}");
        let (what, edges) = match self.same_above(place, target) {
            Some(above) => (What::Loop(above), Edges::new()),
            None => (What::Place(target), self.edges_of(target)),
        };
        let child = self.add(Some(place), path, what, edges);
        self.nodes[place].children.insert(alias, child);
    }

    fn is_free(&self, folder: usize, alias: &PackageName, target: &DependencyRef) -> bool {
        let node = &self.nodes[folder];
        let is_other =
            |other: Option<&&DependencyRef>| other.is_some_and(|other| **other != *target);
        !node.children.contains_key(alias)
            && !is_other(node.edges.get(alias))
            && !is_other(node.passing.get(alias))
    }

    /// The folder itself, or one above it, that is the same instance.
    fn same_above(&self, place: usize, target: &DependencyRef) -> Option<usize> {
        let mut folder = Some(place);
        while let Some(node) = folder {
            if self.is(node, target) {
                return Some(node);
            }
            folder = self.nodes[node].parent;
        }
        None
    }

    fn edges_of(&self, target: &DependencyRef) -> Edges<'a> {
        let instance = target
            .snapshot()
            .and_then(|key| self.selection.instances.get(key));
        instance
            .map(|instance| instance.edges.clone())
            .unwrap_or_default()
    }

    /// Notes the lookup in every folder that it passes.
    fn remember(&mut self, from: usize, alias: &'a PackageName, target: &'a DependencyRef) {
        let mut folder = Some(from);
        while let Some(node) = folder {
            let node = &mut self.nodes[node];
            if node.children.contains_key(alias) {
                return;
            }
            node.passing.insert(alias, target);
            folder = node.parent;
        }
    }

    fn entry(&self, node: &Node<'a>) -> Result<Option<(RelativePath, Entry)>, PlanError> {
        let entry = match node.what {
            What::Project => return Ok(None),
            What::Place(DependencyRef::Snapshot(key)) => self.package(key),
            What::Place(DependencyRef::Link(folder)) => {
                let to = normalized_path(folder).map_err(PlanError::Link)?;
                link(&node.path, &to)
            }
            What::Loop(above) => link(&node.path, &self.nodes[above].path),
        };
        match node.path.parse() {
            Ok(path) => Ok(Some((path, entry))),
            Err(source) => Err(PlanError::Path {
                what: node.path.clone(),
                source,
            }),
        }
    }

    fn package(&self, key: &SnapshotKey) -> Entry {
        package_entry(key, self.selection.instances[key].package)
    }

    /// Every `node_modules` has the commands of what lies in it.
    fn bin_folders(&self) -> Vec<BinFolder> {
        let mut folders = Vec::new();
        for node in &self.nodes {
            let separator = if node.path.is_empty() { "" } else { "/" };
            let modules = format!("{}{separator}node_modules", node.path);
            let children = node.children.iter().filter_map(|(alias, child)| {
                let What::Place(target) = self.nodes[*child].what else {
                    return None;
                };
                let is_declared = node.edges.contains_key(*alias);
                let reach = if is_declared {
                    Reach::Declared
                } else {
                    Reach::Hoisted
                };
                Some(candidate(&modules, alias, target, reach))
            });
            let candidates: Vec<_> = children.collect();
            if !candidates.is_empty() {
                let path = format!("{modules}/.bin");
                folders.push(BinFolder { path, candidates });
            }
        }
        folders
    }
}

fn link(path: &str, to: &str) -> Entry {
    let from = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Entry::Symlink {
        target: link_text(from, to),
    }
}
