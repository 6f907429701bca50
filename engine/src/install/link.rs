//! From a lockfile to a tree: which packages it takes, bringing the missing ones, placing them all.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use pkg_linker::{
    HostPlatform, Layout, LinkError, LinkEvent, LinkOptions, LinkReport, Tree, TreeRecord, apply, plan,
    plan_bins,
};
use pkg_lockfile::{Lockfile, Package, PackageId, Resolution};
use pkg_manifest::Dist;
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
    let (mut tree, mut packages) = gather(session, lockfile, downloads, &mut linked).await?;
    for warning in plan_bins(&mut tree, lockfile, &|id| bins(&packages, id)) {
        session.warn(Warning::new("WARN_PKG_BIN", warning.to_string()));
    }
    let report = link(session, &tree, lockfile, &mut packages, downloads).await?;
    for path in &report.moved_aside {
        let message = format!("something that is not ours stood in the way: moved to `{}`", path.display());
        session.warn(Warning::new("WARN_PKG_MOVED_ASIDE", message));
    }
    let record = session.project.root.join(RECORD);
    pkg_fs::write_atomic(&record, &report.record.to_bytes(), 0o644)?;
    session.store.seal()?;
    session.store.register_project(&session.project.root)?;
    linked.is_unchanged =
        report.packages_added == 0 && report.packages_removed == 0 && report.links_changed == 0;
    linked.packages = packages.len();
    linked.added = report.packages_added;
    linked.removed = report.packages_removed;
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
    let mut absent = BTreeSet::new();
    loop {
        let tree = plan(lockfile, Layout::Isolated, &link_options(session, absent.clone()))?;
        let (mut packages, missing) = stored(session, lockfile, &tree, downloads)?;
        for id in &missing {
            downloads.start(session, wanted(session, lockfile, id)?);
        }
        let mut left_out = false;
        for id in &missing {
            match downloads.wait_for(id).await {
                Some(Ok(fetched)) => {
                    linked.fetched += usize::from(fetched.bytes > 0);
                    linked.bytes += fetched.bytes;
                    packages.insert(id.clone(), fetched.files);
                }
                Some(Err(error)) if is_optional(lockfile, id) => {
                    let message = format!("left out the optional `{id}`: {error}");
                    session.warn(Warning::new("WARN_PKG_OPTIONAL_LEFT_OUT", message));
                    absent.insert(id.clone());
                    left_out = true;
                }
                Some(Err(error)) => return Err(error),
                None => return Err(InstallError::NoSource { id: id.to_string() }),
            }
        }
        if !left_out {
            return Ok((tree, packages));
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
    let ids: Vec<&PackageId> = tree.packages().collect();
    let found: Vec<Option<Arc<PackageFiles>>> = ids
        .par_iter()
        .map(|id| {
            let integrity = lockfile.packages.get(id).and_then(Package::integrity);
            match integrity {
                Some(integrity) if !downloads.has_started(id) => {
                    look_up(&session.store, integrity, &expected(id))
                }
                _ => Ok(None),
            }
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
    Expected { name, version, integrity: None }
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
            let integrity = package.integrity().cloned();
            Source::Registry(Box::new(Dist { tarball, integrity, unpacked_size: None, file_count: None }))
        }
        Resolution::Tarball { .. } => Source::Url(parse_address(id.reference())?),
        Resolution::File { path, .. } => Source::File(local_path(session, path)),
        Resolution::Directory { path } => Source::Directory(local_path(session, path)),
    };
    Ok(Wanted {
        id: id.clone(),
        name: id.version().is_some().then(|| id.name().clone()),
        version: id.version().cloned(),
        integrity: package.integrity().cloned(),
        source,
        is_damaged: false,
    })
}

/// An address that a lockfile holds.
fn parse_address(text: &str) -> Result<Url, InstallError> {
    Url::parse(text).map_err(|_| InstallError::BadAddress { text: text.to_owned() })
}

fn bins(packages: &Packages, id: &PackageId) -> Vec<pkg_store::StoredBin> {
    packages.get(id).map(|files| files.bins.clone()).unwrap_or_default()
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
    let previous = if session.options.force { None } else { read_record(root)? };
    let on_event = |event: LinkEvent| match event {
        LinkEvent::Package => session.reporter.report(Event::Linked),
    };
    let mut repairs = 0;
    loop {
        let lookup = |id: &PackageId| packages.get(id).map(Arc::clone);
        match apply(tree, previous.as_ref(), root, &lookup, &session.store, &on_event) {
            Err(LinkError::Damaged { packages: damaged }) if repairs < REPAIRS => {
                repairs += 1;
                for id in damaged {
                    downloads.forget(&id);
                    let mut wanted = wanted(session, lockfile, &id)?;
                    wanted.is_damaged = true;
                    downloads.start(session, wanted);
                    if let Some(fetched) = downloads.wait_for(&id).await {
                        packages.insert(id, fetched?.files);
                    }
                }
            }
            result => return Ok(result?),
        }
    }
}

/// What an earlier install made, as far as a state vouches for it.
fn read_record(root: &Path) -> Result<Option<TreeRecord>, InstallError> {
    let bytes = pkg_fs::read_regular_file_if_exists(&root.join(RECORD), RECORD_LIMIT)?;
    Ok(bytes.and_then(|bytes| TreeRecord::from_bytes(&bytes)))
}

fn link_options(session: &Session<'_>, absent: BTreeSet<PackageId>) -> LinkOptions {
    LinkOptions {
        groups: session.options.groups(),
        platform: HostPlatform {
            os: Host::os().to_owned(),
            cpu: Host::cpu().to_owned(),
            libc: Host::libc().map(str::to_owned),
        },
        hoist_pattern: session.settings.settings.hoist_pattern.clone(),
        public_hoist_pattern: session.settings.settings.public_hoist_pattern.clone(),
        virtual_store_dir_max_length: session.settings.settings.virtual_store_dir_max_length,
        absent,
    }
}
