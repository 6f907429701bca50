//! What should stand in a project, by the layout and the groups that were installed last.

use std::{collections::BTreeSet, sync::Arc};

use pkg_linker::{Entry, Layout, Tree, TreeRecord, plan, plan_bins};
use pkg_lockfile::{Groups, Lockfile, PackageId, Resolution};
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, Store, StoreError};
use rayon::prelude::*;

use super::{Unchecked, UncheckedReason, VerifyError};
use crate::{
    Host, LoadedSettings, Project,
    install::{
        Packages, check_links, commands, expected, is_optional, path_on_disk, plan_options,
        read_record, without,
    },
};

/// How a tree was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) layout: Layout,
    pub(super) groups: Groups,
}

/// What should stand in a project.
pub(super) struct Standing {
    pub(super) shape: Shape,
    /// With its commands.
    pub(super) tree: Tree,
    /// The packages whose files are known.
    pub(super) packages: Packages,
    /// Those among them that are copies of folders: the store need not have what a folder has now.
    pub(super) copied: BTreeSet<PackageId>,
    /// The others, sorted.
    pub(super) unchecked: Vec<Unchecked>,
}

/// Which dependencies an install can be asked for, the usual first.
const GROUPS: [Groups; 5] = [
    Groups::ALL,
    Groups::PROD,
    Groups {
        optional: false,
        ..Groups::ALL
    },
    Groups {
        optional: false,
        ..Groups::PROD
    },
    Groups {
        prod: false,
        dev: true,
        optional: false,
    },
];

impl Standing {
    /// Plans what the lockfile says, in the shape that stands there, and looks its packages up.
    pub(super) fn find(
        project: &Project,
        settings: &LoadedSettings,
        host: &Host,
        store: &Store,
    ) -> Result<Self, VerifyError> {
        let found = project
            .read_lockfile(false)?
            .ok_or(VerifyError::NoLockfile)?;
        if found.was_conflicted {
            return Err(VerifyError::Conflict);
        }
        check_links(&found.lockfile)?;
        let ours = project.root.join("node_modules/.pkg");
        if pkg_fs::stat_link_if_exists(&ours)?.is_none() {
            return Err(VerifyError::NotInstalled);
        }
        let record = read_record(&project.root)?;
        let shape = shape(&found.lockfile, settings, record.as_ref())?;
        let mut lockfile = found.lockfile;
        loop {
            let tree = planned(&lockfile, settings, shape)?;
            let (packages, unchecked) = look_up(project, host, store, (&lockfile, &tree))?;
            let left_out: Vec<PackageId> = unchecked
                .iter()
                .map(|unchecked| &unchecked.id)
                .filter(|id| was_left_out(&lockfile, &tree, record.as_ref(), id))
                .cloned()
                .collect();
            if left_out.is_empty() {
                let (tree, _) =
                    plan_bins(tree, &|owner| commands(&project.root, &packages, owner))?;
                return Ok(Self {
                    shape,
                    tree,
                    packages,
                    copied: copied(&lockfile),
                    unchecked,
                });
            }
            for id in &left_out {
                lockfile = without(&lockfile, id);
            }
        }
    }
}

fn copied(lockfile: &Lockfile) -> BTreeSet<PackageId> {
    let copied = lockfile
        .packages
        .iter()
        .filter(|(_, package)| matches!(package.resolution, Resolution::Directory { .. }));
    copied.map(|(id, _)| id.clone()).collect()
}

fn planned(
    lockfile: &Lockfile,
    settings: &LoadedSettings,
    shape: Shape,
) -> Result<Tree, VerifyError> {
    let options = plan_options(&settings.settings, shape.groups);
    Ok(plan(lockfile, shape.layout, &options)?)
}

/// Finds the shape whose plan is nearest to what was put in place last; without a record, what settings say.
fn shape(
    lockfile: &Lockfile,
    settings: &LoadedSettings,
    record: Option<&TreeRecord>,
) -> Result<Shape, VerifyError> {
    let wanted = settings.settings.layout;
    let others = Layout::ALL.into_iter().filter(|layout| *layout != wanted);
    let mut nearest = Shape {
        layout: wanted,
        groups: Groups::ALL,
    };
    let Some(record) = record else {
        return Ok(nearest);
    };
    // Commands are planned later, when the packages are known.
    let recorded: BTreeSet<&str> = record
        .paths()
        .map(RelativePath::as_str)
        .filter(|path| !path.contains(".bin/"))
        .collect();
    let mut distance = usize::MAX;
    for layout in std::iter::once(wanted).chain(others) {
        for groups in GROUPS {
            let shape = Shape { layout, groups };
            let Ok(tree) = planned(lockfile, settings, shape) else {
                continue;
            };
            let known = tree
                .entries()
                .filter(|(path, _)| recorded.contains(path.as_str()))
                .count();
            let found = (tree.entries().len() - known) + (recorded.len() - known);
            if found < distance {
                (nearest, distance) = (shape, found);
            }
            if distance == 0 {
                return Ok(nearest);
            }
        }
    }
    Ok(nearest)
}

/// Whether an install went on without a package: an optional one that could not be had.
fn was_left_out(
    lockfile: &Lockfile,
    tree: &Tree,
    record: Option<&TreeRecord>,
    id: &PackageId,
) -> bool {
    let Some(record) = record.filter(|_| is_optional(lockfile, id)) else {
        return false;
    };
    let recorded: BTreeSet<_> = record.paths().collect();
    let mut places = tree.entries().filter(|(_, entry)| match entry {
        Entry::Package { snapshot, .. } => snapshot.id() == id,
        Entry::Symlink { .. } | Entry::Bin { .. } | Entry::File { .. } => false,
    });
    places.all(|(path, _)| !recorded.contains(path))
}

/// Finds out which files each package of a tree has: the store knows, or the folder that it is a copy of.
fn look_up(
    project: &Project,
    host: &Host,
    store: &Store,
    (lockfile, tree): (&Lockfile, &Tree),
) -> Result<(Packages, Vec<Unchecked>), VerifyError> {
    let one = |id: &PackageId| -> Result<_, StoreError> {
        let resolution = lockfile.packages.get(id).map(|package| &package.resolution);
        match resolution {
            Some(Resolution::Directory { path }) => {
                let folder = path_on_disk(&project.root, host, path);
                Ok(Store::describe_directory(&folder, &expected(id))
                    .map_err(|error| UncheckedReason::Source(error.to_string())))
            }
            Some(
                Resolution::Registry { integrity, .. }
                | Resolution::Tarball { integrity }
                | Resolution::File { integrity, .. },
            ) => Ok(match store.describe(integrity)? {
                Some(files) => identified(id, files),
                None => Err(UncheckedReason::NotInStore),
            }),
            None => Ok(Err(UncheckedReason::NotInStore)),
        }
    };
    let ids = tree.packages();
    let found: Vec<_> = ids
        .par_iter()
        .map(|id| one(id))
        .collect::<Result<_, StoreError>>()?;
    let (mut packages, mut unchecked) = (Packages::new(), Vec::new());
    for (id, found) in ids.into_iter().zip(found) {
        match found {
            Ok(files) => drop(packages.insert(id.clone(), Arc::new(files))),
            Err(reason) => unchecked.push(Unchecked {
                id: id.clone(),
                reason,
            }),
        }
    }
    Ok((packages, unchecked))
}

/// The package, if it is the one that was asked for.
fn identified(id: &PackageId, files: PackageFiles) -> Result<PackageFiles, UncheckedReason> {
    match files.check_identity(&expected(id)) {
        Ok(()) => Ok(files),
        Err(_) => {
            let name = files.name.map(|name| name.to_string()).unwrap_or_default();
            let version = files.version.map(|version| format!("@{version}"));
            let version = version.unwrap_or_default();
            Err(UncheckedReason::OtherPackage(format!("{name}{version}")))
        }
    }
}
