//! From all places to those that are wanted here: what the chosen groups reach on this platform.

use std::collections::BTreeMap;

use pkg_lockfile::{DependencyRef, SnapshotKey};
use pkg_manifest::{PackageName, RelativePath};
use rustc_hash::FxHashSet;

use super::graph::{Graph, Target};
use super::tree::{Found, GrowingTree, Node, NodeId, What};
use crate::error::PlanError;
use crate::isolated::{candidate, package_entry};
use crate::layout::LinkOptions;
use crate::relative::link_text;
use crate::selection::{Edges, Selection};
use crate::tree::{BinCandidate, BinFolder, Entry, Reach};

/// What a node is wanted as; `None` for what is no package.
type Wanted<'a> = Option<&'a SnapshotKey>;

pub(super) struct Emitter<'t, 'g, 'a> {
    tree: &'t GrowingTree<'g, 'a>,
    selection: &'t Selection<'a>,
    /// Nodes that are wanted, each with the first of the instances that it is wanted as.
    wanted: BTreeMap<NodeId, Wanted<'a>>,
    seen: FxHashSet<(NodeId, Wanted<'a>)>,
    stack: Vec<(NodeId, Wanted<'a>)>,
}

impl<'t, 'g, 'a> Emitter<'t, 'g, 'a> {
    /// Looks up everything that is wanted, beginning with the projects.
    pub(super) fn new(
        tree: &'t GrowingTree<'g, 'a>,
        selection: &'t Selection<'a>,
        options: &LinkOptions,
    ) -> Self {
        let mut emitter = Self {
            tree,
            selection,
            wanted: BTreeMap::new(),
            seen: FxHashSet::default(),
            stack: Vec::new(),
        };
        for (node, place) in tree.nodes.iter().enumerate() {
            if let What::Project(project) = place.what {
                let edges = selection
                    .importers
                    .get(emitter.graph().projects[project].id);
                emitter.follow(node, edges.unwrap_or(&Edges::new()));
                if project == emitter.graph().root {
                    emitter.follow_workspace(node, options);
                }
            }
        }
        while let Some((node, key)) = emitter.stack.pop() {
            if let Some(instance) = key.and_then(|key| selection.instances.get(key)) {
                emitter.follow(node, &instance.edges);
            }
        }
        emitter
    }

    fn graph(&self) -> &'g Graph<'a> {
        self.tree.graph
    }

    fn follow(&mut self, from: NodeId, edges: &Edges<'a>) {
        for (alias, target) in edges {
            if let Some(node) = self.found(from, alias) {
                self.want(node, target.snapshot());
            }
        }
    }

    /// The projects of a workspace are linked into the root one, whether it declares them or not.
    fn follow_workspace(&mut self, root: NodeId, options: &LinkOptions) {
        for name in options.workspace_packages.keys() {
            if let Some(node) = self.found(root, name)
                && matches!(self.tree.target(node), Some(Target::Link(_)))
            {
                self.want(node, None);
            }
        }
    }

    fn found(&self, from: NodeId, alias: &PackageName) -> Option<NodeId> {
        let slot = self.graph().slot(self.graph().name(alias)?);
        match self.tree.find(from, slot) {
            Found::Node(node) => Some(node),
            Found::Bundled | Found::Nothing => None,
        }
    }

    fn want(&mut self, node: NodeId, key: Wanted<'a>) {
        let first = self.wanted.entry(node).or_insert(key);
        *first = (*first).min(key);
        if let What::Loop(above) = self.tree.nodes[node].what {
            self.want(above, key);
        } else if self.seen.insert((node, key)) {
            self.stack.push((node, key));
        }
    }

    /// Gives the entries of what is wanted.
    pub(super) fn entries(&self) -> Result<Vec<(RelativePath, Entry)>, PlanError> {
        let mut entries = Vec::with_capacity(self.wanted.len());
        for (node, key) in &self.wanted {
            let node = &self.tree.nodes[*node];
            let path = node.path.parse().map_err(|source| PlanError::Path {
                what: node.path.clone(),
                source,
            })?;
            if let Some(entry) = self.entry(node, *key) {
                entries.push((path, entry));
            }
        }
        Ok(entries)
    }

    fn entry(&self, node: &Node, wanted: Wanted<'a>) -> Option<Entry> {
        match node.what {
            What::Project(_) => None,
            What::Place(Target::Link(index)) => {
                Some(link(&node.path, &self.graph().links[index].folder))
            }
            What::Loop(above) => Some(link(&node.path, &self.tree.nodes[above].path)),
            What::Place(Target::Instance(index)) => {
                let instance = &self.graph().instances[index];
                let is_selected = self.selection.instances.contains_key(instance.key);
                let key = wanted.filter(|_| !is_selected).unwrap_or(instance.key);
                Some(package_entry(key, instance.package))
            }
        }
    }

    /// Every `node_modules` has the commands of what lies in it.
    pub(super) fn bin_folders(&self) -> Vec<BinFolder> {
        let mut folders: BTreeMap<NodeId, Vec<BinCandidate>> = BTreeMap::new();
        for (id, key) in &self.wanted {
            let node = &self.tree.nodes[*id];
            let (Some(folder), Some(name)) = (node.parent, node.name) else {
                continue;
            };
            let slot = self.graph().slot(name);
            let reach = match self.tree.own(folder, slot).next() {
                Some(_) => Reach::Declared,
                None => Reach::Hoisted,
            };
            let target = match (node.what, key) {
                (What::Place(Target::Link(link)), _) => {
                    DependencyRef::Link(self.graph().links[link].folder.clone())
                }
                (What::Place(Target::Instance(_)), Some(key)) => {
                    DependencyRef::Snapshot((*key).clone())
                }
                (What::Place(Target::Instance(_)), None)
                | (What::Loop(_) | What::Project(_), _) => continue,
            };
            let modules = modules(&self.tree.nodes[folder].path);
            let alias = self.graph().text(name);
            let candidates = folders.entry(folder).or_default();
            candidates.push(candidate(&modules, alias, &target, reach));
        }
        let folders = folders.into_iter().map(|(folder, candidates)| BinFolder {
            path: format!("{}/.bin", modules(&self.tree.nodes[folder].path)),
            candidates,
        });
        folders.collect()
    }
}

fn modules(folder: &str) -> String {
    let separator = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{separator}node_modules")
}

fn link(path: &str, to: &str) -> Entry {
    let from = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Entry::Symlink {
        target: link_text(from, to),
    }
}
