//! Bringing every package of a plan into the store: the first half of linking, the same in every layout.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use pkg_linker::{Skipped, Tree};
use pkg_lockfile::{DependencyRef, Lockfile, PackageId, Resolution, SnapshotKey};
use pkg_manifest::{Dist, Integrity, Manifest};
use pkg_store::{Expected, PackageFiles, StoreError};
use rayon::prelude::*;
use url::Url;

use super::{
    fetch::{Downloads, Fetched, Source, Wanted, look_up},
    head_start::HeadStart,
    link::Linked,
    needs::{MANIFEST_LIMIT, local_path},
    session::Session,
};
use crate::{Host, InstallError, Warning, builds::is_prepared_by};

/// The packages of a plan, as the store has them.
pub(crate) type Packages = BTreeMap<PackageId, Arc<PackageFiles>>;

/// What a layout makes of a lockfile, before anything is fetched.
pub(super) trait Plan {
    /// The packages that must be in the store, each once.
    fn packages(&self) -> Vec<&PackageId>;
    /// The instances that are not for this machine.
    fn skipped(&self) -> &[Skipped];
    /// What of it can be put in place while packages are on their way.
    fn tree(&self) -> Option<&Tree> {
        None
    }
}

impl Plan for Tree {
    fn packages(&self) -> Vec<&PackageId> {
        Self::packages(self)
    }

    fn skipped(&self) -> &[Skipped] {
        Self::skipped(self)
    }

    fn tree(&self) -> Option<&Tree> {
        Some(self)
    }
}

/// A plan, all of whose packages are in the store.
pub(super) struct Gathered<P> {
    pub(super) plan: P,
    pub(super) packages: Packages,
    /// What of it was begun to be put in place.
    pub(super) head_start: Option<HeadStart>,
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
    let mut bringing = Bringing::default();
    let gathered = loop {
        let plan = match plan(&lockfile) {
            Ok(plan) => plan,
            Err(error) => break Err(error),
        };
        match bringing.bring(session, &lockfile, &plan, downloads).await {
            Ok(packages) if bringing.left_out.is_empty() => break Ok((plan, packages)),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
        for id in bringing.left_out.drain(..) {
            lockfile = Cow::Owned(without(&lockfile, &id));
        }
    };
    let head_start = bringing.head_start;
    match gathered {
        Ok((plan, packages)) => {
            warn_of_skipped(session, plan.skipped());
            linked.fetched += bringing.fetched;
            linked.bytes += bringing.bytes;
            linked.packages = packages.len();
            linked.skipped = plan.skipped().len();
            warn_of_unprepared(session, &packages);
            Ok(Gathered {
                plan,
                packages,
                head_start,
            })
        }
        Err(error) => {
            if let Some(head_start) = head_start {
                // The next install repairs what is left; why this one failed is what matters.
                head_start.undo().await.unwrap_or_default();
            }
            Err(error)
        }
    }
}

/// The packages of plans on their way into the store.
#[derive(Default)]
struct Bringing {
    /// What came before something optional turned out not to: a download is told of once.
    brought: Packages,
    /// Optional packages that cannot be had.
    left_out: Vec<PackageId>,
    head_start: Option<HeadStart>,
    fetched: usize,
    bytes: u64,
}

impl Bringing {
    /// Has the packages of a plan in the store, but for those that are left out.
    async fn bring<'s>(
        &mut self,
        session: &'s Session<'_>,
        lockfile: &Lockfile,
        plan: &impl Plan,
        downloads: &mut Downloads<'s>,
    ) -> Result<Packages, InstallError> {
        let (mut packages, missing) = stored(session, lockfile, &plan.packages(), downloads)?;
        let (known, missing): (Vec<_>, Vec<_>) = missing
            .into_iter()
            .partition(|id| self.brought.contains_key(id));
        for id in known {
            packages.extend(self.brought.get(&id).map(|files| (id, Arc::clone(files))));
        }
        for id in &missing {
            downloads.start(session, wanted(session, lockfile, id)?);
        }
        let is_new = self.head_start.is_none() && !missing.is_empty();
        if let Some(tree) = plan.tree().filter(|_| is_new) {
            self.head_start = HeadStart::begin(session, tree, lockfile)?;
        }
        let head_start = &mut self.head_start;
        if let Some(head_start) = head_start {
            packages
                .iter()
                .chain(downloads.stored().map(|(id, fetched)| (id, &fetched.files)))
                .for_each(|(id, files)| head_start.put(id, files));
        }
        let mut put = |id: &PackageId, fetched: &Fetched| {
            if let Some(head_start) = head_start {
                head_start.put(id, &fetched.files);
            }
        };
        for id in &missing {
            match downloads.wait_for(id, &mut put).await {
                Some(Ok(fetched)) => {
                    self.fetched += usize::from(fetched.bytes > 0);
                    self.bytes += fetched.bytes;
                    self.brought.insert(id.clone(), Arc::clone(&fetched.files));
                    packages.insert(id.clone(), fetched.files);
                }
                Some(Err(error)) if is_optional(lockfile, id) => {
                    let message = format!("left out the optional `{id}`: {error}");
                    session.warn(Warning::new("WARN_PKG_OPTIONAL_LEFT_OUT", message));
                    self.left_out.push(id.clone());
                }
                Some(Err(error)) => return Err(error),
                None => return Err(InstallError::NoSource { id: id.to_string() }),
            }
        }
        Ok(packages)
    }
}

/// Tells of packages of repositories that are not made out of their sources, although they would have to be.
fn warn_of_unprepared(session: &Session<'_>, packages: &Packages) {
    let is_off = session.settings.settings.ignore_scripts;
    let approvals = &session.approvals;
    let unprepared = packages.iter().filter(|(id, files)| {
        id.reference().starts_with("git+")
            && !approvals.is_denied(id)
            && (is_off || !approvals.has(id))
            && has_preparation(session, files)
    });
    for (id, _) in unprepared {
        let what_next = if approvals.has(id) {
            "`ignore-scripts` is set".to_owned()
        } else {
            format!("look at it, and let it run: `pkg approve-builds '{id}'`")
        };
        let message = format!(
            "the script `prepare` of `{id}` was not run, its files are as they were committed; {what_next}"
        );
        session.warn(Warning::new("WARN_PKG_NOT_PREPARED", message));
    }
}

/// Whether a package in the store has scripts that make it out of its sources.
fn has_preparation(session: &Session<'_>, files: &PackageFiles) -> bool {
    let Some(file) = files.file("package.json") else {
        return false;
    };
    let bytes = pkg_fs::read_regular_file(&session.store.path(file), MANIFEST_LIMIT);
    let manifest = bytes.ok().and_then(|bytes| Manifest::parse(&bytes).ok());
    manifest.is_some_and(|manifest| is_prepared_by(manifest.scripts.keys().map(String::as_str)))
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
            Source::Locked(Box::new(Dist {
                tarball,
                integrity,
                unpacked_size: None,
                file_count: None,
            }))
        }
        Resolution::Tarball { .. } => match id.reference().parse() {
            Ok(commit) => Source::Git(Box::new(commit)),
            Err(_) => Source::Url(parse_address(id.reference())?),
        },
        Resolution::File { path, .. } => Source::File(local_path(session, path)),
        Resolution::Directory { path } => Source::Directory(local_path(session, path)),
    };
    Ok(Wanted {
        id: id.clone(),
        name: id.version().is_some().then(|| id.name().clone()),
        version: id.version().cloned(),
        integrity: package.resolution.integrity().cloned(),
        source,
        dependencies: None,
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
        if let Some(fetched) = downloads.wait_for(&id, &mut |_, _| {}).await {
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
