//! Bringing every package of a plan into the store: the first half of linking, the same in every layout.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use pkg_linker::{Skipped, Tree};
use pkg_lockfile::{DependencyRef, Lockfile, PackageId, Resolution, SnapshotKey};
use pkg_manifest::{Dist, Integrity};
use pkg_store::{Expected, PackageFiles, StoreError};
use rayon::prelude::*;
use url::Url;

use super::{
    fetch::{Downloads, Source, Wanted, look_up},
    link::Linked,
    needs::local_path,
    session::Session,
};
use crate::{Host, InstallError, Warning};

/// The packages of a plan, as the store has them.
pub(crate) type Packages = BTreeMap<PackageId, Arc<PackageFiles>>;

/// What a layout makes of a lockfile, before anything is fetched.
pub(super) trait Plan {
    /// The packages that must be in the store, each once.
    fn packages(&self) -> Vec<&PackageId>;
    /// The instances that are not for this machine.
    fn skipped(&self) -> &[Skipped];
}

impl Plan for Tree {
    fn packages(&self) -> Vec<&PackageId> {
        Self::packages(self)
    }

    fn skipped(&self) -> &[Skipped] {
        Self::skipped(self)
    }
}

/// A plan, all of whose packages are in the store.
pub(super) struct Gathered<P> {
    pub(super) plan: P,
    pub(super) packages: Packages,
}

/// Plans and has all packages of the plan in the store; where an optional one cannot be had, plans again without it.
pub(super) async fn gather<'s, P: Plan>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
    linked: &mut Linked,
    plan: &(dyn Fn(&Lockfile) -> Result<P, InstallError> + Sync),
) -> Result<Gathered<P>, InstallError> {
    let mut lockfile = Cow::Borrowed(lockfile);
    // What came before something optional turned out not to: a download is told of once.
    let mut brought = Packages::new();
    loop {
        let plan = plan(&lockfile)?;
        let (mut packages, missing) = stored(session, &lockfile, &plan.packages(), downloads)?;
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
            warn_of_skipped(session, plan.skipped());
            linked.packages = packages.len();
            linked.skipped = plan.skipped().len();
            linked.unbuilt = unbuilt(&packages);
            return Ok(Gathered { plan, packages });
        }
        for id in &left_out {
            lockfile = Cow::Owned(without(&lockfile, id));
        }
    }
}

/// The packages that have scripts for an install, none of which were run.
fn unbuilt(packages: &Packages) -> Vec<String> {
    packages
        .iter()
        .filter(|(_, files)| files.has_install_scripts())
        .map(|(id, _)| id.to_string())
        .collect()
}

/// Whether a package is reached through optional dependencies only.
pub(crate) fn is_optional(lockfile: &Lockfile, id: &PackageId) -> bool {
    let mut instances = lockfile.snapshots.iter().filter(|(key, _)| key.id() == id);
    instances.all(|(_, snapshot)| snapshot.optional)
}

/// Looks up the packages of a plan that nobody is downloading; gives those that are there, and the rest.
fn stored(
    session: &Session<'_>,
    lockfile: &Lockfile,
    ids: &[&PackageId],
    downloads: &Downloads<'_>,
) -> Result<(Packages, Vec<PackageId>), InstallError> {
    let mut packages = Packages::new();
    let mut missing = Vec::new();
    let mut asked: Vec<(&PackageId, &Integrity)> = Vec::new();
    for id in ids {
        let package = lockfile
            .packages
            .get(*id)
            .filter(|_| !downloads.has_started(id));
        match package.and_then(|package| package.resolution.integrity()) {
            Some(integrity) => asked.push((id, integrity)),
            None => missing.push((*id).clone()),
        }
    }
    // The workers are not asked for nothing: they take things in turn, and no download goes on meanwhile.
    if !asked.is_empty() {
        let store = &*session.store;
        let found: Vec<Option<Arc<PackageFiles>>> = asked
            .par_iter()
            .map(|(id, integrity)| look_up(store, integrity, &expected(id)))
            .collect::<Result<_, StoreError>>()?;
        for ((id, _), files) in asked.into_iter().zip(found) {
            match files {
                Some(files) => drop(packages.insert(id.clone(), files)),
                None => missing.push(id.clone()),
            }
        }
        missing.sort_unstable();
    }
    Ok((packages, missing))
}

/// What a stored package must say of itself: that of a registry its name and version, any other nothing.
pub(crate) fn expected(id: &PackageId) -> Expected {
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

/// Brings damaged packages into the store again.
pub(super) async fn refetch<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    damaged: Vec<PackageId>,
    packages: &mut Packages,
    downloads: &mut Downloads<'s>,
) -> Result<(), InstallError> {
    // Where a file of the store was changed, slots of the shared virtual store may have it too.
    session.store.doubt_all_slots()?;
    for id in &damaged {
        let message = format!("`{id}` was damaged in the store and is fetched again");
        session.warn(Warning::new("WARN_PKG_STORE_REPAIRED", message));
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

/// The lockfile without an optional package, and without whatever cannot do without it.
pub(crate) fn without(lockfile: &Lockfile, id: &PackageId) -> Lockfile {
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

/// Says which packages are missing although something cannot do without them.
fn warn_of_skipped(session: &Session<'_>, skipped: &[Skipped]) {
    for skipped in skipped.iter().filter(|skipped| skipped.is_required) {
        let (id, os, cpu) = (skipped.snapshot.id(), Host::os(), Host::cpu());
        let message = format!("`{id}` is not for this system ({os}, {cpu}): left out");
        session.warn(Warning::new("WARN_PKG_PLATFORM", message));
    }
}
