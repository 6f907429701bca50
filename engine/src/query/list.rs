//! `list`: the dependencies of a project, as a tree.

use std::{collections::HashSet, path::PathBuf};

use pkg_lockfile::{DependencyRef, Groups, Importer, ImporterId, Lockfile, SnapshotKey};
use pkg_manifest::PackageName;

use super::{
    DependencyGroup, PackagePattern, QueryError, lockfile_of, places::Places, project_name,
    shown_reference,
};
use crate::Project;

/// How far below the direct dependencies to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// So many levels; 0 is the direct dependencies alone.
    Levels(usize),
    /// To the end.
    Unlimited,
}

impl Depth {
    /// One level less; `None` at the last.
    fn below(self) -> Option<Self> {
        match self {
            Self::Levels(levels) => levels.checked_sub(1).map(Self::Levels),
            Self::Unlimited => Some(Self::Unlimited),
        }
    }
}

/// What to list.
#[derive(Debug, Clone)]
pub struct ListOptions {
    /// How far.
    pub depth: Depth,
    /// Which groups of the project.
    pub groups: Groups,
    /// Only what leads to these; all where there is none.
    pub patterns: Vec<PackagePattern>,
}

/// A project and what it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProject {
    /// Its name, else its folder.
    pub name: String,
    /// Its version, where it has one.
    pub version: Option<String>,
    /// Its folder.
    pub path: PathBuf,
    /// Its groups that have something to show.
    pub groups: Vec<ListedGroup>,
}

/// One group of direct dependencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedGroup {
    /// Which.
    pub group: DependencyGroup,
    /// Sorted by alias.
    pub packages: Vec<ListedPackage>,
}

/// One package in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPackage {
    /// The name that it is linked under.
    pub alias: PackageName,
    /// Its own name, where that is another.
    pub name: Option<PackageName>,
    /// Its version, or where else it comes from.
    pub version: String,
    /// What the project's manifest asks for; for direct dependencies only.
    pub specifier: Option<String>,
    /// Where it is; for direct dependencies only.
    pub place: Option<PathBuf>,
    /// The instance; `None` for a linked folder.
    pub snapshot: Option<SnapshotKey>,
    /// Whether one of the patterns means it.
    pub is_match: bool,
    /// Whether its dependencies stand at an earlier place of the tree.
    pub is_repeated: bool,
    /// What it depends on, as far as was asked for.
    pub dependencies: Vec<Self>,
}

/// Lists the dependencies of a project.
///
/// # Errors
/// [`QueryError::NoLockfile`] where nothing was resolved yet.
pub fn list(project: &Project, options: &ListOptions) -> Result<Vec<ListedProject>, QueryError> {
    let lockfile = lockfile_of(project)?;
    let mut projects = Vec::new();
    for (id, importer) in &lockfile.importers {
        let path = id.path().map_or_else(
            || project.root.clone(),
            |path| project.root.join(path.as_str()),
        );
        projects.push(ListedProject {
            name: project_name(project, id),
            version: version_of(project, id),
            groups: list_importer(&lockfile, importer, options, &Places::of(&path)),
            path,
        });
    }
    Ok(projects)
}

fn version_of(project: &Project, id: &ImporterId) -> Option<String> {
    let version = project.manifest.version.as_ref()?;
    id.path().is_none().then(|| version.to_string())
}

fn list_importer(
    lockfile: &Lockfile,
    importer: &Importer,
    options: &ListOptions,
    places: &Places,
) -> Vec<ListedGroup> {
    let leading = leading(lockfile, &options.patterns);
    let mut walk = Walk {
        lockfile,
        options,
        leading,
        expanded: HashSet::new(),
    };
    let is_wanted = |group| match group {
        DependencyGroup::Prod => options.groups.prod,
        DependencyGroup::Dev => options.groups.dev,
        DependencyGroup::Optional => options.groups.prod && options.groups.optional,
    };
    let mut groups = Vec::new();
    for group in DependencyGroup::ALL
        .into_iter()
        .filter(|group| is_wanted(*group))
    {
        let mut packages = Vec::new();
        for (alias, dependency) in group.of(importer) {
            let listed = walk.visit(alias, &dependency.target, options.depth);
            packages.extend(listed.map(|package| ListedPackage {
                specifier: Some(dependency.specifier.clone()),
                place: places.get(alias),
                ..package
            }));
        }
        if !packages.is_empty() {
            groups.push(ListedGroup { group, packages });
        }
    }
    groups
}

/// The instances that are meant, or lead to one that is; all where nothing particular is asked for.
fn leading<'l>(
    lockfile: &'l Lockfile,
    patterns: &[PackagePattern],
) -> Option<HashSet<&'l SnapshotKey>> {
    if patterns.is_empty() {
        return None;
    }
    let mut leading = HashSet::new();
    let mut open: Vec<&SnapshotKey> = Vec::new();
    let mut dependents: rustc_hash::FxHashMap<&SnapshotKey, Vec<&SnapshotKey>> =
        rustc_hash::FxHashMap::default();
    for (key, snapshot) in &lockfile.snapshots {
        if patterns
            .iter()
            .any(|pattern| pattern.is_match(None, key.id()))
            && leading.insert(key)
        {
            open.push(key);
        }
        let edges = snapshot
            .dependencies
            .iter()
            .chain(&snapshot.optional_dependencies);
        for (alias, target) in edges {
            let Some(target) = target.snapshot() else {
                continue;
            };
            dependents.entry(target).or_default().push(key);
            let is_meant = patterns
                .iter()
                .any(|pattern| pattern.is_match(Some(alias), target.id()));
            if is_meant && leading.insert(target) {
                open.push(target);
            }
        }
    }
    while let Some(key) = open.pop() {
        for dependent in dependents.get(key).into_iter().flatten() {
            if leading.insert(dependent) {
                open.push(dependent);
            }
        }
    }
    Some(leading)
}

/// A walk down the graph that shows the dependencies of each instance once.
struct Walk<'l> {
    lockfile: &'l Lockfile,
    options: &'l ListOptions,
    leading: Option<HashSet<&'l SnapshotKey>>,
    expanded: HashSet<&'l SnapshotKey>,
}

impl<'l> Walk<'l> {
    /// One package and what is below it; `None` where it leads to nothing that was asked for.
    fn visit(
        &mut self,
        alias: &PackageName,
        target: &'l DependencyRef,
        depth: Depth,
    ) -> Option<ListedPackage> {
        let patterns = &self.options.patterns;
        let is_match = match target {
            DependencyRef::Snapshot(key) => patterns
                .iter()
                .any(|pattern| pattern.is_match(Some(alias), key.id())),
            DependencyRef::Link(_) => patterns.iter().any(|pattern| pattern.is_name_match(alias)),
        };
        let key = target.snapshot();
        if let Some(leading) = &self.leading {
            let leads = key.is_some_and(|key| leading.contains(key));
            if !is_match && !leads {
                return None;
            }
        }
        let mut package = ListedPackage {
            alias: alias.clone(),
            name: key
                .map(|key| key.id().name())
                .filter(|name| *name != alias)
                .cloned(),
            version: shown_reference(target),
            specifier: None,
            place: None,
            snapshot: key.cloned(),
            is_match,
            is_repeated: false,
            dependencies: Vec::new(),
        };
        // A search goes as deep as what it looks for.
        let below = match (&self.leading, depth.below()) {
            (Some(_), _) => Some(Depth::Unlimited),
            (None, below) => below,
        };
        if let (Some(key), Some(below)) = (key, below) {
            self.expand(key, below, &mut package);
        }
        Some(package)
    }

    fn expand(&mut self, key: &'l SnapshotKey, below: Depth, package: &mut ListedPackage) {
        let mut edges: Vec<_> = self.lockfile.brought_by(key, self.options.groups).collect();
        if edges.is_empty() {
            return;
        }
        if !self.expanded.insert(key) {
            package.is_repeated = true;
            return;
        }
        edges.sort_by_key(|(alias, _)| *alias);
        for (alias, target) in edges {
            package
                .dependencies
                .extend(self.visit(alias, target, below));
        }
    }
}
