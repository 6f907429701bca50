//! The isolated layout: `node_modules/.pkg/INSTANCE/node_modules/NAME`, and links to what each package declares.

use pkg_lockfile::{
    DependencyRef, ImporterId, Lockfile, Package, Resolution, SnapshotKey, normalized_path,
};
use pkg_manifest::{Integrity, PackageName, RelativePath};
use rustc_hash::FxHashMap;

use crate::error::PlanError;
use crate::hoist::{Hoisted, hoist};
use crate::layout::LinkOptions;
use crate::relative::link_text;
use crate::selection::{Edges, Instance, Selection};
use crate::slot::slot_names;
use crate::tree::{BinCandidate, BinFolder, BinOwner, Entry, Reach, Tree};

/// The virtual store, from the project's root.
pub(crate) const VIRTUAL_STORE: &str = "node_modules/.pkg";

/// Plans the isolated layout.
pub(crate) fn plan_isolated(lockfile: &Lockfile, options: &LinkOptions) -> Result<Tree, PlanError> {
    let selection = Selection::new(lockfile, options)?;
    plan_selection(&selection, options, &|_| None)
}

/// Plans the isolated layout of what is selected. Instances for which `elsewhere` has a folder, which is absolute, are
/// taken from there, and nothing of them is in the tree.
pub(crate) fn plan_selection(
    selection: &Selection<'_>,
    options: &LinkOptions,
    elsewhere: &dyn Fn(&SnapshotKey) -> Option<String>,
) -> Result<Tree, PlanError> {
    let max_length = options.virtual_store_dir_max_length;
    let instances = || selection.instances.iter();
    let mut folders: FxHashMap<&SnapshotKey, String> = instances()
        .filter_map(|(key, _)| Some((*key, elsewhere(key)?)))
        .collect();
    let own: Vec<_> = instances()
        .filter(|(key, _)| !folders.contains_key(*key))
        .collect();
    let slots = slot_names(own.iter().map(|(key, _)| **key), max_length);
    folders.extend(slots.into_iter().map(|(key, slot)| {
        let name = key.id().name();
        (key, format!("{VIRTUAL_STORE}/{slot}/node_modules/{name}"))
    }));
    let mut planner = Planner {
        folders,
        entries: Vec::with_capacity(own.len() * 5),
        bin_folders: Vec::new(),
    };
    for (key, instance) in &own {
        planner.add_instance(key, instance)?;
    }
    for (id, edges) in &selection.importers {
        planner.add_importer(id, edges)?;
    }
    // Only packages in the project look where packages are hoisted privately.
    let is_elsewhere = own.is_empty() && !selection.instances.is_empty();
    let hoists = !is_elsewhere || !options.public_hoist_pattern.is_empty();
    let private = if is_elsewhere {
        &[]
    } else {
        &options.hoist_pattern[..]
    };
    if hoists {
        planner.add_hoisted(&hoist(selection, options, private)?)?;
    }
    let mut tree = Tree {
        entries: Vec::new(),
        skipped: selection.skipped.clone(),
        bin_folders: planner.bin_folders,
    };
    tree.extend(planner.entries)?;
    Ok(tree)
}

struct Planner<'a> {
    /// The folder of each instance: from the project's root, or absolute.
    folders: FxHashMap<&'a SnapshotKey, String>,
    entries: Vec<(RelativePath, Entry)>,
    bin_folders: Vec<BinFolder>,
}

impl Planner<'_> {
    fn add(&mut self, path: &str, entry: Entry) -> Result<(), PlanError> {
        let path = path.parse().map_err(|source| PlanError::Path {
            what: path.to_owned(),
            source,
        })?;
        self.entries.push((path, entry));
        Ok(())
    }

    /// The package, and beside it links to what it depends on.
    fn add_instance(
        &mut self,
        key: &SnapshotKey,
        instance: &Instance<'_>,
    ) -> Result<(), PlanError> {
        let name = key.id().name();
        let location = self.folders[key].clone();
        let end = location.len() - name.as_str().len() - 1;
        let modules = location[..end].to_owned();
        self.add(&location, package_entry(key, instance.package))?;
        let mut candidates = Vec::new();
        for (alias, target) in instance.edges.iter().filter(|(alias, _)| **alias != name) {
            self.add_link(&modules, alias, target)?;
            candidates.push(candidate(&modules, alias, target, Reach::Declared));
        }
        self.add_bin_folder(format!("{location}/node_modules/.bin"), candidates);
        Ok(())
    }

    fn add_importer(&mut self, id: &ImporterId, edges: &Edges<'_>) -> Result<(), PlanError> {
        let modules = modules_folder(id);
        let mut candidates = Vec::new();
        for (alias, target) in edges {
            self.add_link(&modules, alias, target)?;
            candidates.push(candidate(&modules, alias, target, Reach::Declared));
        }
        self.add_bin_folder(format!("{modules}/.bin"), candidates);
        Ok(())
    }

    fn add_hoisted(&mut self, hoisted: &Hoisted<'_>) -> Result<(), PlanError> {
        let private = format!("{VIRTUAL_STORE}/node_modules");
        for (alias, target) in &hoisted.private {
            self.add_link(&private, alias, target)?;
        }
        let public = modules_folder(&ImporterId::root());
        let mut candidates = Vec::new();
        for (alias, target) in &hoisted.public {
            self.add_link(&public, alias, target)?;
            candidates.push(candidate(&public, alias, target, Reach::Hoisted));
        }
        self.add_bin_folder(format!("{public}/.bin"), candidates);
        Ok(())
    }

    fn add_link(
        &mut self,
        modules: &str,
        alias: &PackageName,
        target: &DependencyRef,
    ) -> Result<(), PlanError> {
        let to = match target {
            DependencyRef::Snapshot(key) => self.folders[key].clone(),
            DependencyRef::Link(folder) => normalized_path(folder).map_err(PlanError::Link)?,
        };
        let path = format!("{modules}/{alias}");
        let from = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = link_text(from, &to);
        self.add(&path, Entry::Symlink { target })
    }

    fn add_bin_folder(&mut self, path: String, candidates: Vec<BinCandidate>) {
        if candidates.is_empty() {
            return;
        }
        match self
            .bin_folders
            .iter_mut()
            .rfind(|folder| folder.path == path)
        {
            Some(folder) if path == "node_modules/.bin" => folder.candidates.extend(candidates),
            Some(_) | None => self.bin_folders.push(BinFolder { path, candidates }),
        }
    }
}

/// The `node_modules` of a project, from the root.
pub(crate) fn modules_folder(id: &ImporterId) -> String {
    match id.path() {
        Some(path) => format!("{path}/node_modules"),
        None => "node_modules".to_owned(),
    }
}

pub(crate) fn package_entry(key: &SnapshotKey, package: &Package) -> Entry {
    Entry::Package {
        snapshot: key.clone(),
        integrity: integrity(&package.resolution).cloned(),
    }
}

/// A package whose commands are wanted beside the link, or folder, that it is found by.
pub(crate) fn candidate(
    modules: &str,
    alias: &PackageName,
    target: &DependencyRef,
    reach: Reach,
) -> BinCandidate {
    let owner = match target {
        DependencyRef::Snapshot(key) => BinOwner::Package(key.id().clone()),
        DependencyRef::Link(folder) => BinOwner::Folder(folder.clone()),
    };
    BinCandidate {
        alias: alias.clone(),
        owner,
        location: format!("{modules}/{alias}"),
        reach,
    }
}

fn integrity(resolution: &Resolution) -> Option<&Integrity> {
    match resolution {
        Resolution::Registry { integrity, .. }
        | Resolution::Tarball { integrity }
        | Resolution::File { integrity, .. } => Some(integrity),
        Resolution::Directory { .. } => None,
    }
}
