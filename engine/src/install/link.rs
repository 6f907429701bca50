//! From packages in the store to what stands in the project, in the layouts that are trees of folders: plan, commands,
//! making it so, and the record of what was made.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use pkg_fs::Preference;
use pkg_linker::{
    ApplyOptions, BinOwner, BinWarning, LinkError, LinkEvent, LinkOptions, LinkReport, MovedAside,
    Trash, Tree, TreeRecord, apply, plan, plan_bins, verify_wanted,
};
use pkg_lockfile::{Groups, Lockfile, PackageId, Resolution};
use pkg_manifest::{Manifest, RelativePath};

use super::{
    build::{self, Builds},
    fetch::Downloads,
    gather::{Gathered, Packages, gather, refetch},
    head_start::Started,
    note::{note_project, note_slots},
    seal::{self, Sealing},
    session::Session,
    takeover, trash,
};
use crate::{Event, Host, InstallError, Settings, Warning, builds::Elsewhere};

/// The most that the record of a tree may have, in bytes.
const RECORD_LIMIT: u64 = 256 << 20;
/// How often damaged packages are fetched again before the install is given up.
pub(super) const REPAIRS: usize = 2;
/// As many packages as a tree of another manager is taken to have.
const WHOLE_TREE: usize = 1000;
/// Where the record of what was made lies, below the project. There is one, whatever the layout.
const RECORD: &str = "node_modules/.pkg/tree";

/// What linking did.
#[derive(Debug, Default)]
pub(super) struct Linked {
    pub(super) is_unchanged: bool,
    pub(super) packages: usize,
    pub(super) added: usize,
    /// Those of them that came from folders and tarballs on this disk.
    pub(super) local: usize,
    pub(super) removed: usize,
    /// Packages whose folders wait to be deleted, about.
    pub(super) retired: usize,
    pub(super) fetched: usize,
    pub(super) bytes: u64,
    pub(super) skipped: usize,
    /// Packages with scripts that nobody decided about.
    pub(super) unbuilt: Vec<String>,
    /// Those of them of which other scripts were approved.
    pub(super) changed_builds: Vec<String>,
    /// Packages whose scripts may run.
    pub(super) approved: BTreeSet<PackageId>,
    /// Folders whose scripts ran.
    pub(super) built: usize,
    /// Folders that hold what scripts made before.
    pub(super) restored: usize,
    /// Optional packages that could not be built.
    pub(super) left_out: Vec<PackageId>,
}

/// Installs in a layout that is a tree of folders: isolated, flat, nested.
pub(super) async fn install_tree<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    let mut linked = Linked::default();
    let options = link_options(session);
    let layout = session.settings.settings.layout;
    let planned = |lockfile: &Lockfile| Ok(plan(lockfile, layout, &options)?);
    let gathered = gather(session, lockfile, downloads, &mut linked, &planned).await?;
    let Gathered {
        plan: tree,
        packages,
        head_start,
    } = gathered;
    let tree = with_bins(session, tree, &packages)?;
    let started = match head_start {
        Some(head_start) => Some(head_start.finish(session).await),
        None => None,
    };
    let brought = (packages, downloads, started);
    let place = (&tree, &build::nowhere as &Elsewhere<'_>);
    make(session, place, lockfile, brought, &mut linked).await?;
    note_slots(session, &[], None)?;
    Ok(linked)
}

/// A tree with the commands of its packages.
pub(super) fn with_bins(
    session: &Session<'_>,
    tree: Tree,
    packages: &Packages,
) -> Result<Tree, InstallError> {
    let (tree, warnings) = plan_bins(tree, &|owner| bins(session, packages, owner))?;
    for warning in warnings {
        warn_of_bin(session, &warning);
    }
    Ok(tree)
}

/// Makes what a tree says, whatever stood there before, and takes away what an earlier install made and this one does
/// not want: the last stage of every layout.
///
/// A tree may have packages, links, commands and files; `packages` has the files of its packages. The record names all
/// of them, so that the next install, of the same layout or of another, takes them away again. `elsewhere` tells where
/// instances are that the tree does not have. At last the scripts of packages run that may.
pub(super) async fn make<'s>(
    session: &'s Session<'_>,
    (tree, elsewhere): (&Tree, &Elsewhere<'_>),
    lockfile: &Lockfile,
    (mut packages, downloads, started): (Packages, &mut Downloads<'s>, Option<Started>),
    linked: &mut Linked,
) -> Result<(), InstallError> {
    let sealing = seal::begin(session);
    let brought = (&mut packages, downloads);
    let (report, local, builds) = link(session, tree, lockfile, brought, started).await?;
    sealing.map_or(Ok(()), Sealing::finish)?;
    warn_of_moved(session, &report.moved_aside);
    note_project(session, lockfile)?;
    linked.is_unchanged = report.packages == 0 && report.links == 0 && report.removed == 0;
    linked.added = report.packages - report.moved;
    linked.local = local;
    linked.removed = report.removed_packages;
    linked.retired = report.removed_packages + usize::from(takeover::forget(session)?) * WHOLE_TREE;
    builds.run(session, (tree, elsewhere), linked).await?;
    trash::empty(session, linked)?;
    Ok(())
}

/// Says what was in the way: all of it, or, where it is much, how much and where it is.
fn warn_of_moved(session: &Session<'_>, moved: &[MovedAside]) {
    const MANY: usize = 8;
    let code = "WARN_PKG_MOVED_ASIDE";
    let aside = moved.first().and_then(|moved| {
        let depth = moved.path.as_str().split('/').count();
        moved.moved_to.ancestors().nth(depth)
    });
    if let Some(aside) = aside.filter(|_| moved.len() > MANY) {
        let (count, aside) = (moved.len(), aside.display());
        let message = format!(
            "{count} entries of node_modules were not made by pkg and stood in the way: they are now in `{aside}`"
        );
        session.warn(Warning::new(code, message));
        return;
    }
    for moved in moved {
        let (path, to) = (&moved.path, moved.moved_to.display());
        let message =
            format!("`{path}` was not made by pkg and stood in the way: it is now `{to}`");
        session.warn(Warning::new(code, message));
    }
}

/// The commands of a package of the store, or of a folder that is linked as it is.
pub(super) fn bins(
    session: &Session<'_>,
    packages: &Packages,
    owner: &BinOwner,
) -> Vec<(String, RelativePath)> {
    commands(&session.project.root, packages, owner)
}

/// The commands of a package, or of a folder of the project.
pub(crate) fn commands(
    root: &Path,
    packages: &Packages,
    owner: &BinOwner,
) -> Vec<(String, RelativePath)> {
    match owner {
        BinOwner::Package(id) => {
            let bins = packages
                .get(id)
                .map(|files| files.bins.as_slice())
                .unwrap_or_default();
            bins.iter()
                .map(|bin| (bin.name.clone(), bin.path.clone()))
                .collect()
        }
        BinOwner::Folder(folder) => {
            let file = root.join(folder).join("package.json");
            let manifest = pkg_fs::read_regular_file(&file, 8 << 20)
                .ok()
                .and_then(|bytes| Manifest::parse(&bytes).ok());
            manifest
                .map(|manifest| manifest.bins.into_iter().collect())
                .unwrap_or_default()
        }
    }
}

pub(super) fn warn_of_bin(session: &Session<'_>, warning: &BinWarning) {
    let shown = |owner: &BinOwner| match owner {
        BinOwner::Package(id) => id.to_string(),
        BinOwner::Folder(folder) => folder.clone(),
    };
    let message = match warning {
        // In the folders of packages the conflict is that of whoever published them.
        BinWarning::Conflict { folder, .. } if folder.contains("/.pkg/") => return,
        BinWarning::Conflict {
            name,
            winner,
            loser,
            ..
        } => {
            format!(
                "`{}` and `{}` both have a command `{name}`: the first is used",
                shown(winner),
                shown(loser)
            )
        }
        BinWarning::Reserved { name, owner } => {
            format!(
                "`{}` has a command `{name}`, which no package may have: left out",
                shown(owner)
            )
        }
        BinWarning::BadName { name, owner } => {
            format!(
                "`{}` has a command `{name}` with an unusable name: left out",
                shown(owner)
            )
        }
        _ => return,
    };
    session.warn(Warning::new("WARN_PKG_BIN", message));
}

/// Makes the tree in place of what stood there. Says how many packages came from this disk.
async fn link<'s>(
    session: &'s Session<'_>,
    tree: &Tree,
    lockfile: &Lockfile,
    (packages, downloads): (&mut Packages, &mut Downloads<'s>),
    started: Option<Started>,
) -> Result<(LinkReport, usize, Builds), InstallError> {
    let standing = match started {
        Some(mut started) => (Some(std::mem::take(&mut started.record)), started),
        None => (read_record(&session.project.root)?, Started::default()),
    };
    let linked = match takeover::put_aside(session, standing.0.as_ref()) {
        Ok(()) => replace(session, tree, lockfile, (packages, downloads), standing).await,
        Err(error) => Err(error.into()),
    };
    if linked.is_err() {
        // The failure is what is told: what cannot be brought back stays where it is.
        takeover::bring_back(session).unwrap_or_default();
    }
    linked
}

/// Makes the tree; packages whose stored files are damaged are fetched again.
async fn replace<'s>(
    session: &'s Session<'_>,
    tree: &Tree,
    lockfile: &Lockfile,
    (packages, downloads): (&mut Packages, &mut Downloads<'s>),
    (known, before): (Option<TreeRecord>, Started),
) -> Result<(LinkReport, usize, Builds), InstallError> {
    let root = &session.project.root;
    let local = AtomicUsize::new(0);
    let path = record_path(root);
    let unfinished = TreeRecord::unfinished(known.as_ref(), tree);
    let known = whole(known, tree, root)?;
    let (builds, known) = Builds::plan(session, (lockfile, tree, packages), known)?;
    let mut previous = if session.options.force {
        Some(unfinished.clone())
    } else {
        known
    };
    let mut repairs = 0;
    loop {
        let lookup = |id: &PackageId| packages.get(id).map(Arc::clone);
        let options = ApplyOptions {
            root,
            store: &session.store,
            packages: &lookup,
            preference: &|id| {
                if builds.has(id) || session.owner.is_some() {
                    Preference::Separate
                } else {
                    preference(lockfile, id)
                }
            },
            previous: previous.as_ref(),
            trash: Trash::Keep,
        };
        let on_event = |event: LinkEvent<'_>| match event {
            LinkEvent::Started { changes, .. } if changes > 0 && repairs == 0 => {
                // From here on the record on disk vouches for nothing, until all is in place.
                drop(pkg_fs::write_atomic_unsynced(
                    &path,
                    &unfinished.to_bytes(),
                    0o644,
                ));
            }
            LinkEvent::Package { id, .. } => {
                builds.note_made(id);
                local.fetch_add(usize::from(is_local(lockfile, id)), Ordering::Relaxed);
                session.reporter.report(Event::Linked);
            }
            _ => {}
        };
        match apply(tree, &options, &on_event) {
            Err(LinkError::StoreDamaged { packages: damaged }) if repairs < REPAIRS => {
                repairs += 1;
                previous = Some(unfinished.clone());
                refetch(session, lockfile, damaged, packages, downloads).await?;
            }
            result => {
                let mut report = result?;
                report.packages += before.packages;
                report.moved_aside.extend(before.moved_aside);
                // Its checksum tells one that did not reach the disk: then everything is looked at.
                pkg_fs::write_atomic_unsynced(&path, &report.record.to_bytes(), 0o644)?;
                return Ok((report, local.into_inner(), builds));
            }
        }
    }
}

/// A record without what is wanted and no longer where it says. One of a run that had not ended is sure of nothing, and stays whole:
/// what it lists may be there in another shape.
fn whole(
    known: Option<TreeRecord>,
    tree: &Tree,
    root: &Path,
) -> Result<Option<TreeRecord>, InstallError> {
    let known = match known {
        Some(known) if !known.is_unfinished() => known,
        known => return Ok(known),
    };
    let gone = verify_wanted(&known, tree, root)?;
    Ok(Some(if gone.is_empty() {
        known
    } else {
        known.without(&gone)
    }))
}

/// Whether a package comes from this disk, so that neither registry nor store is asked.
fn is_local(lockfile: &Lockfile, id: &PackageId) -> bool {
    let package = lockfile.packages.get(id);
    package.is_some_and(|package| {
        matches!(
            package.resolution,
            Resolution::Directory { .. } | Resolution::File { .. }
        )
    })
}

/// Folders are copied: their files must not change with what the store has.
fn preference(lockfile: &Lockfile, id: &PackageId) -> Preference {
    match lockfile.packages.get(id).map(|package| &package.resolution) {
        Some(Resolution::Directory { .. }) => Preference::Separate,
        _ => Preference::Hardlink,
    }
}

/// Where the record of what was made lies.
pub(super) fn record_path(root: &Path) -> PathBuf {
    root.join(RECORD)
}

/// What an earlier install made.
pub(crate) fn read_record(root: &Path) -> Result<Option<TreeRecord>, InstallError> {
    let bytes = pkg_fs::read_regular_file_if_exists(&record_path(root), RECORD_LIMIT)?;
    Ok(bytes.and_then(|bytes| TreeRecord::from_bytes(&bytes).ok()))
}

/// What shapes a plan besides the lockfile: which groups, which machine, what is hoisted.
pub(super) fn link_options(session: &Session<'_>) -> LinkOptions {
    plan_options(&session.settings.settings, session.options.groups())
}

/// What shapes a plan besides the lockfile, for an install that asks for these groups.
pub(crate) fn plan_options(settings: &Settings, groups: Groups) -> LinkOptions {
    LinkOptions {
        groups,
        hoist_pattern: settings.hoisted_privately(),
        public_hoist_pattern: settings.hoisted_publicly(),
        virtual_store_dir_max_length: settings.virtual_store_dir_max_length,
        ..LinkOptions::for_host(linker_host())
    }
}

/// This machine, as packages name it.
pub(super) fn linker_host() -> pkg_linker::Host {
    pkg_linker::Host {
        os: Host::os().to_owned(),
        cpu: Host::cpu().to_owned(),
        libc: Host::libc().map(str::to_owned),
    }
}
