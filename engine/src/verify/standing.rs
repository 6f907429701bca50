//! What should stand in a project, by the layout and the groups that were installed last.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use pkg_linker::{Entry, Layout, SharedSlots, Tree, TreeRecord, plan, plan_bins};
use pkg_lockfile::{Groups, Lockfile, PackageId, Resolution};
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, Store, StoreError};
use rayon::prelude::*;

use super::{Unchecked, UncheckedReason, VerifyError, built::Built};
use crate::{
    Host, InstallError, LoadedSettings, Project, VirtualStore,
    builds::Approvals,
    install::{
        Look, MapSources, Packages, check_links, commands, expected, is_optional, path_on_disk,
        plan_options, plan_standing, read_record, sharing, without,
    },
};

/// How a tree was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) layout: Layout,
    pub(super) virtual_store: VirtualStore,
    pub(super) groups: Groups,
}

/// One folder, and what should stand in it.
pub(super) struct Site {
    pub(super) root: PathBuf,
    /// With its commands, once the packages are known.
    pub(super) tree: Tree,
}

/// What should stand in a project.
pub(super) struct Standing {
    pub(super) shape: Shape,
    /// The project first, then what it leads to that is not its own.
    pub(super) sites: Vec<Site>,
    /// What scripts of packages made.
    pub(super) built: Built,
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
        let planner = Planner {
            project,
            settings,
            host,
            store,
        };
        let (shape, mut sites) = planner.nearest(&found.lockfile, record.as_ref())?;
        let mut lockfile = found.lockfile;
        loop {
            let (mut packages, unchecked) = look_up(project, host, store, (&lockfile, &sites))?;
            let mut left_out = Vec::new();
            for unchecked in &unchecked {
                if was_left_out(&lockfile, &sites, record.as_ref(), &unchecked.id)? {
                    left_out.push(unchecked.id.clone());
                }
            }
            if left_out.is_empty() {
                let sites = with_commands(sites, &packages)?;
                let built = match sites.first() {
                    Some(own) => Built::find(&project.root, store, &own.tree, &mut packages)?,
                    None => Built::default(),
                };
                return Ok(Self {
                    shape,
                    sites,
                    built,
                    packages,
                    copied: copied(&lockfile),
                    unchecked,
                });
            }
            for id in &left_out {
                lockfile = without(&lockfile, id);
            }
            sites = planner.sites(&lockfile, shape)?;
        }
    }
}

fn with_commands(sites: Vec<Site>, packages: &Packages) -> Result<Vec<Site>, VerifyError> {
    let with = |site: Site| {
        let Site { root, tree } = site;
        let (tree, _) = plan_bins(tree, &|owner| commands(&root, packages, owner))?;
        Ok(Site { root, tree })
    };
    sites.into_iter().map(with).collect()
}

fn copied(lockfile: &Lockfile) -> BTreeSet<PackageId> {
    let copied = lockfile
        .packages
        .iter()
        .filter(|(_, package)| matches!(package.resolution, Resolution::Directory { .. }));
    copied.map(|(id, _)| id.clone()).collect()
}

/// What plans are made from.
struct Planner<'a> {
    project: &'a Project,
    settings: &'a LoadedSettings,
    host: &'a Host,
    store: &'a Store,
}

impl Planner<'_> {
    /// Plans what should stand in the project, and in the folders that it leads to; without commands.
    fn sites(&self, lockfile: &Lockfile, shape: Shape) -> Result<Vec<Site>, VerifyError> {
        let options = plan_options(&self.settings.settings, shape.groups);
        let project = |tree| Site {
            root: self.project.root.clone(),
            tree,
        };
        match (shape.layout, shape.virtual_store) {
            (Layout::Pnp, _) => self.map_sites(lockfile, shape),
            (layout, VirtualStore::Project) => Ok(vec![project(plan(lockfile, layout, &options)?)]),
            (_, VirtualStore::Shared) => {
                let links = self.store.links();
                let approvals = Approvals::read(&self.project.root).map_err(InstallError::from)?;
                let shared =
                    SharedSlots::plan(lockfile, &options, &|key| sharing(&approvals, key))?;
                let text = links.to_string_lossy();
                let slots = Site {
                    tree: shared.links_tree()?,
                    root: links.clone(),
                };
                Ok(vec![project(shared.tree(&text, &options)?), slots])
            }
        }
    }

    /// The map with what it points to.
    fn map_sites(&self, lockfile: &Lockfile, shape: Shape) -> Result<Vec<Site>, VerifyError> {
        let sources = MapSources {
            project: self.project,
            settings: self.settings,
            store: self.store,
            groups: shape.groups,
            look: Look::AtEach,
        };
        let look_up = |id: &PackageId| {
            let found = files_of(self.project, self.host, self.store, (lockfile, id));
            found.ok()?.ok().map(Arc::new)
        };
        let (tree, slots) = plan_standing(&sources, lockfile, &look_up)?;
        let project = Site {
            root: self.project.root.clone(),
            tree,
        };
        let slots = Site {
            root: self.store.links(),
            tree: slots,
        };
        Ok(vec![project, slots])
    }

    /// Finds the shape whose plan is nearest to what was put in place last, with that plan; without a record, what
    /// settings say.
    fn nearest(
        &self,
        lockfile: &Lockfile,
        record: Option<&TreeRecord>,
    ) -> Result<(Shape, Vec<Site>), VerifyError> {
        let shapes = self.shapes();
        let Some(record) = record else {
            return Ok((shapes[0], self.sites(lockfile, shapes[0])?));
        };
        // Commands are planned later, when the packages are known.
        let recorded: BTreeSet<&str> = record
            .paths()
            .map(RelativePath::as_str)
            .filter(|path| !path.contains(".bin/"))
            .collect();
        let mut nearest = None;
        let mut distance = usize::MAX;
        for shape in &shapes {
            let Ok(sites) = self.sites(lockfile, *shape) else {
                continue;
            };
            let entries = sites[0].tree.entries();
            let all = entries.len();
            let known = entries
                .filter(|(path, _)| recorded.contains(path.as_str()))
                .count();
            let found = (all - known) + (recorded.len() - known);
            if found < distance {
                (nearest, distance) = (Some((*shape, sites)), found);
            }
            if distance == 0 {
                break;
            }
        }
        match nearest {
            Some(nearest) => Ok(nearest),
            // No shape has a plan: what is wrong with that of the settings is told.
            None => Ok((shapes[0], self.sites(lockfile, shapes[0])?)),
        }
    }

    /// All shapes, that of the settings first.
    fn shapes(&self) -> Vec<Shape> {
        let settings = &self.settings.settings;
        let wanted = (settings.layout, settings.virtual_store);
        let own = Layout::ALL.map(|layout| (layout, VirtualStore::Project));
        let mut kinds = own.to_vec();
        kinds.push((Layout::Isolated, VirtualStore::Shared));
        kinds.sort_by_key(|kind| *kind != wanted);
        let of_kind = |(layout, virtual_store)| {
            GROUPS.map(|groups| Shape {
                layout,
                virtual_store,
                groups,
            })
        };
        kinds.into_iter().flat_map(of_kind).collect()
    }
}

/// Whether an install went on without a package: an optional one that could not be had.
fn was_left_out(
    lockfile: &Lockfile,
    sites: &[Site],
    record: Option<&TreeRecord>,
    id: &PackageId,
) -> Result<bool, VerifyError> {
    let Some(record) = record.filter(|_| is_optional(lockfile, id)) else {
        return Ok(false);
    };
    let recorded: BTreeSet<_> = record.paths().collect();
    for (index, site) in sites.iter().enumerate() {
        for (path, _) in site.tree.entries().filter(|(_, entry)| is_of(entry, id)) {
            let was_made = match index {
                0 => recorded.contains(path),
                _ => pkg_fs::stat_link_if_exists(&path.below(&site.root))?.is_some(),
            };
            if was_made {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn is_of(entry: &Entry, id: &PackageId) -> bool {
    match entry {
        Entry::Package { snapshot, .. } | Entry::Archive { snapshot, .. } => snapshot.id() == id,
        Entry::Symlink { .. } | Entry::Bin { .. } | Entry::File { .. } => false,
    }
}

/// Finds out which files each package of the trees has: the store knows, or the folder that it is a copy of.
fn look_up(
    project: &Project,
    host: &Host,
    store: &Store,
    (lockfile, sites): (&Lockfile, &[Site]),
) -> Result<(Packages, Vec<Unchecked>), VerifyError> {
    let mut ids: Vec<&PackageId> = sites.iter().flat_map(|site| site.tree.packages()).collect();
    ids.sort();
    ids.dedup();
    let found: Vec<_> = ids
        .par_iter()
        .map(|id| files_of(project, host, store, (lockfile, id)))
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

/// Finds out which files a package has.
fn files_of(
    project: &Project,
    host: &Host,
    store: &Store,
    (lockfile, id): (&Lockfile, &PackageId),
) -> Result<Result<PackageFiles, UncheckedReason>, StoreError> {
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
