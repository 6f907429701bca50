//! From a lockfile to a tree: which packages it takes, bringing the missing ones, placing them all.

use std::{borrow::Cow, collections::BTreeMap, path::Path, sync::Arc};

use pkg_fs::Preference;
use pkg_linker::{
    ApplyOptions, BinOwner, BinWarning, Layout, LinkError, LinkEvent, LinkOptions, LinkReport,
    Tree, TreeRecord, apply, plan, plan_bins, verify,
};
use pkg_lockfile::{DependencyRef, Lockfile, PackageId, Resolution, SnapshotKey};
use pkg_manifest::{Dist, Integrity, Manifest, RelativePath};
use pkg_store::{Expected, PackageFiles, StoreError};
use rayon::prelude::*;
use url::Url;

use super::{
    fetch::{Downloads, Source, Wanted, look_up},
    needs::local_path,
    session::Session,
};
use crate::{Event, Host, InstallError, Warning};

/// The most that the record of a tree may have, in bytes.
const RECORD_LIMIT: u64 = 256 << 20;
/// How often damaged packages are fetched again before the install is given up.
const REPAIRS: usize = 2;

/// What linking did.
#[derive(Debug, Default)]
pub(super) struct Linked {
    pub(super) is_unchanged: bool,
    pub(super) packages: usize,
    pub(super) added: usize,
    pub(super) removed: usize,
    pub(super) fetched: usize,
    pub(super) bytes: u64,
    pub(super) skipped: usize,
    pub(super) unbuilt: Vec<String>,
}

/// The packages of a tree, as the store has them.
type Packages = BTreeMap<PackageId, Arc<PackageFiles>>;

/// Plans the tree, brings what is missing into the store, and makes the tree.
pub(super) async fn fetch_and_link<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    let mut linked = Linked::default();
    let (tree, mut packages) = gather(session, lockfile, downloads, &mut linked).await?;
    warn_of_skipped(session, &tree);
    let (tree, warnings) = plan_bins(tree, &|owner| bins(session, &packages, owner))?;
    for warning in warnings {
        warn_of_bin(session, &warning);
    }
    // All that was downloaded is written: the disk takes it in while the tree is made.
    let store = Arc::clone(&session.store);
    let sealing = std::thread::spawn(move || store.seal());
    let report = link(session, &tree, lockfile, &mut packages, downloads).await?;
    sealing.join().expect("sealing does not panic")?;
    for moved in &report.moved_aside {
        let (path, to) = (&moved.path, moved.moved_to.display());
        let message =
            format!("`{path}` was not made by pkg and stood in the way: it is now `{to}`");
        session.warn(Warning::new("WARN_PKG_MOVED_ASIDE", message));
    }
    session.store.register_project(&session.project.root)?;
    linked.is_unchanged = report.packages == 0 && report.links == 0 && report.removed == 0;
    linked.packages = packages.len();
    linked.added = report.packages;
    linked.removed = report.removed_packages;
    linked.skipped = tree.skipped().len();
    linked.unbuilt = packages
        .iter()
        .filter(|(_, files)| files.has_install_scripts())
        .map(|(id, _)| id.to_string())
        .collect();
    Ok(linked)
}

/// Where the record of the tree lies, below the project.
const RECORD: &str = "node_modules/.pkg/tree";

/// Plans the tree and has all of its packages; an optional one that cannot be had is left out.
async fn gather<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
    linked: &mut Linked,
) -> Result<(Tree, Packages), InstallError> {
    let mut lockfile = Cow::Borrowed(lockfile);
    // What came before something optional turned out not to: a download is told of once.
    let mut brought = Packages::new();
    loop {
        let tree = plan(&lockfile, Layout::Isolated, &link_options(session))?;
        let (mut packages, missing) = stored(session, &lockfile, &tree, downloads)?;
        let (known, missing): (Vec<_>, Vec<_>) =
            missing.into_iter().partition(|id| brought.contains_key(id));
        for id in known {
            packages.extend(brought.get(&id).map(|files| (id, Arc::clone(files))));
        }
        for id in &missing {
            downloads.start(session, wanted(session, &lockfile, id)?);
        }
        let mut left_out = Vec::new();
        for id in &missing {
            match downloads.wait_for(id).await {
                Some(Ok(fetched)) => {
                    linked.fetched += usize::from(fetched.bytes > 0);
                    linked.bytes += fetched.bytes;
                    brought.insert(id.clone(), Arc::clone(&fetched.files));
                    packages.insert(id.clone(), fetched.files);
                }
                Some(Err(error)) if is_optional(&lockfile, id) => {
                    let message = format!("left out the optional `{id}`: {error}");
                    session.warn(Warning::new("WARN_PKG_OPTIONAL_LEFT_OUT", message));
                    left_out.push(id.clone());
                }
                Some(Err(error)) => return Err(error),
                None => return Err(InstallError::NoSource { id: id.to_string() }),
            }
        }
        if left_out.is_empty() {
            return Ok((tree, packages));
        }
        for id in &left_out {
            lockfile = Cow::Owned(without(&lockfile, id));
        }
    }
}

/// Whether a package is reached through optional dependencies only.
fn is_optional(lockfile: &Lockfile, id: &PackageId) -> bool {
    let mut instances = lockfile.snapshots.iter().filter(|(key, _)| key.id() == id);
    instances.all(|(_, snapshot)| snapshot.optional)
}

/// Looks up the packages of a tree that nobody is downloading; gives those that are there, and the rest.
fn stored(
    session: &Session<'_>,
    lockfile: &Lockfile,
    tree: &Tree,
    downloads: &Downloads<'_>,
) -> Result<(Packages, Vec<PackageId>), InstallError> {
    let ids: Vec<&PackageId> = tree.packages();
    let hashes: Vec<Option<&Integrity>> = ids
        .iter()
        .map(|id| {
            let package = lockfile
                .packages
                .get(*id)
                .filter(|_| !downloads.has_started(id));
            package.and_then(|package| package.resolution.integrity())
        })
        .collect();
    let store = &*session.store;
    let found: Vec<Option<Arc<PackageFiles>>> = ids
        .par_iter()
        .zip(&hashes)
        .map(|(id, integrity)| match integrity {
            Some(integrity) => look_up(store, integrity, &expected(id)),
            None => Ok(None),
        })
        .collect::<Result<_, StoreError>>()?;
    let mut packages = Packages::new();
    let mut missing = Vec::new();
    for (id, files) in ids.into_iter().zip(found) {
        match files {
            Some(files) => drop(packages.insert(id.clone(), files)),
            None => missing.push(id.clone()),
        }
    }
    Ok((packages, missing))
}

/// What a stored package must say of itself: that of a registry its name and version, any other nothing.
fn expected(id: &PackageId) -> Expected {
    let version = id.version().cloned();
    let name = version.is_some().then(|| id.name().clone());
    Expected {
        name,
        version,
        integrity: None,
    }
}

/// How to bring a package of the lockfile.
fn wanted(
    session: &Session<'_>,
    lockfile: &Lockfile,
    id: &PackageId,
) -> Result<Wanted, InstallError> {
    let package = lockfile
        .packages
        .get(id)
        .ok_or_else(|| InstallError::NoSource { id: id.to_string() })?;
    let source = match &package.resolution {
        Resolution::Registry { tarball, .. } => {
            let tarball = session.tarball_address(id, tarball.as_deref())?;
            let integrity = package.resolution.integrity().cloned();
            Source::Registry(Box::new(Dist {
                tarball,
                integrity,
                unpacked_size: None,
                file_count: None,
            }))
        }
        Resolution::Tarball { .. } => Source::Url(parse_address(id.reference())?),
        Resolution::File { path, .. } => Source::File(local_path(session, path)),
        Resolution::Directory { path } => Source::Directory(local_path(session, path)),
    };
    Ok(Wanted {
        id: id.clone(),
        name: id.version().is_some().then(|| id.name().clone()),
        version: id.version().cloned(),
        integrity: package.resolution.integrity().cloned(),
        source,
        is_damaged: false,
    })
}

/// An address that a lockfile holds.
fn parse_address(text: &str) -> Result<Url, InstallError> {
    Url::parse(text).map_err(|_| InstallError::BadAddress {
        text: text.to_owned(),
    })
}

/// The commands of a package of the store, or of a folder that is linked as it is.
fn bins(
    session: &Session<'_>,
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
            let file = session.project.root.join(folder).join("package.json");
            let manifest = pkg_fs::read_regular_file(&file, 8 << 20)
                .ok()
                .and_then(|bytes| Manifest::parse(&bytes).ok());
            manifest
                .map(|manifest| manifest.bins.into_iter().collect())
                .unwrap_or_default()
        }
    }
}

/// Says which packages are missing although something cannot do without them.
fn warn_of_skipped(session: &Session<'_>, tree: &Tree) {
    for skipped in tree.skipped().iter().filter(|skipped| skipped.is_required) {
        let (id, os, cpu) = (skipped.snapshot.id(), Host::os(), Host::cpu());
        let message = format!("`{id}` is not for this system ({os}, {cpu}): left out");
        session.warn(Warning::new("WARN_PKG_PLATFORM", message));
    }
}

fn warn_of_bin(session: &Session<'_>, warning: &BinWarning) {
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

/// The lockfile without an optional package, and without whatever cannot do without it.
fn without(lockfile: &Lockfile, id: &PackageId) -> Lockfile {
    let mut pruned = lockfile.clone();
    let mut gone: Vec<SnapshotKey> = pruned
        .snapshots
        .keys()
        .filter(|key| key.id() == id)
        .cloned()
        .collect();
    while let Some(key) = gone.pop() {
        pruned.snapshots.remove(&key);
        let is_gone = |target: &DependencyRef| target.snapshot() == Some(&key);
        for importer in pruned.importers.values_mut() {
            importer
                .optional_dependencies
                .retain(|_, dependency| !is_gone(&dependency.target));
        }
        for (parent, snapshot) in &mut pruned.snapshots {
            snapshot
                .optional_dependencies
                .retain(|_, target| !is_gone(target));
            if snapshot.dependencies.values().any(is_gone) {
                gone.push(parent.clone());
            }
        }
    }
    pruned.prune_unreachable();
    pruned
}

/// Makes the tree; packages whose stored files are damaged are fetched again.
async fn link<'s>(
    session: &'s Session<'_>,
    tree: &Tree,
    lockfile: &Lockfile,
    packages: &mut Packages,
    downloads: &mut Downloads<'s>,
) -> Result<LinkReport, InstallError> {
    let root = &session.project.root;
    let path = root.join(RECORD);
    let known = read_record(root)?;
    let unfinished = TreeRecord::unfinished(known.as_ref(), tree);
    let mut previous = if session.options.force {
        Some(unfinished.clone())
    } else {
        whole(known, root)?
    };
    let mut repairs = 0;
    loop {
        let lookup = |id: &PackageId| packages.get(id).map(Arc::clone);
        let options = ApplyOptions {
            root,
            store: &session.store,
            packages: &lookup,
            preference: &|id| preference(lockfile, id),
            previous: previous.as_ref(),
        };
        let on_event = |event: LinkEvent<'_>| match event {
            LinkEvent::Started { packages } if packages > 0 && repairs == 0 => {
                // From here on the record on disk vouches for nothing, until all is in place.
                drop(pkg_fs::write_atomic(&path, &unfinished.to_bytes(), 0o644));
            }
            LinkEvent::Package { .. } => session.reporter.report(Event::Linked),
            _ => {}
        };
        match apply(tree, &options, &on_event) {
            Err(LinkError::StoreDamaged { packages: damaged }) if repairs < REPAIRS => {
                repairs += 1;
                previous = Some(unfinished.clone());
                refetch(session, lockfile, damaged, packages, downloads).await?;
            }
            result => {
                let report = result?;
                pkg_fs::write_atomic(&path, &report.record.to_bytes(), 0o644)?;
                return Ok(report);
            }
        }
    }
}

/// A record without what is no longer where it says.
fn whole(known: Option<TreeRecord>, root: &Path) -> Result<Option<TreeRecord>, InstallError> {
    let Some(known) = known else { return Ok(None) };
    let gone = verify(&known, root)?;
    Ok(Some(if gone.is_empty() {
        known
    } else {
        known.without(&gone)
    }))
}

/// Brings damaged packages into the store again.
async fn refetch<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    damaged: Vec<PackageId>,
    packages: &mut Packages,
    downloads: &mut Downloads<'s>,
) -> Result<(), InstallError> {
    for id in &damaged {
        downloads.forget(id);
        let mut wanted = wanted(session, lockfile, id)?;
        wanted.is_damaged = true;
        downloads.start(session, wanted);
    }
    for id in damaged {
        if let Some(fetched) = downloads.wait_for(&id).await {
            packages.insert(id, fetched?.files);
        }
    }
    Ok(())
}

/// Folders are copied: their files must not change with what the store has.
fn preference(lockfile: &Lockfile, id: &PackageId) -> Preference {
    match lockfile.packages.get(id).map(|package| &package.resolution) {
        Some(Resolution::Directory { .. }) => Preference::Separate,
        _ => Preference::Hardlink,
    }
}

/// What an earlier install made.
fn read_record(root: &Path) -> Result<Option<TreeRecord>, InstallError> {
    let bytes = pkg_fs::read_regular_file_if_exists(&root.join(RECORD), RECORD_LIMIT)?;
    Ok(bytes.and_then(|bytes| TreeRecord::from_bytes(&bytes).ok()))
}

fn link_options(session: &Session<'_>) -> LinkOptions {
    let settings = &session.settings.settings;
    LinkOptions {
        groups: session.options.groups(),
        hoist_pattern: settings.hoist_pattern.clone(),
        public_hoist_pattern: settings.public_hoist_pattern.clone(),
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
