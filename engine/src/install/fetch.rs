//! From a picked version to files in the store: the one hand-over between the reactor, which downloads,
//! and worker threads, which hash, unpack and write.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{
    future::LocalBoxFuture,
    stream::{FuturesUnordered, StreamExt as _},
};
use pkg_lockfile::PackageId;
use pkg_manifest::{Dist, GitSource, Integrity, PackageName, Version};
use pkg_registry::Freshness;
use pkg_store::{Expected, ImportWarning, Imported, PackageFiles, SourceFile, Store, StoreError};
use tokio::sync::oneshot;
use url::Url;

use super::{place::check_place, session::Session};
use crate::{
    Event, InstallError, Warning,
    git::{Git, PackedCommit, remember},
};

/// The most that a tarball on disk may have, in bytes.
const TARBALL_LIMIT: u64 = 1 << 30;

/// What is wanted, and where it may be had.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) id: PackageId,
    /// `None` where the package may have any name.
    pub(super) name: Option<PackageName>,
    /// `None` where any version will do.
    pub(super) version: Option<Version>,
    /// `None` where nobody knows it yet: then it is what the first download says.
    pub(super) integrity: Option<Integrity>,
    pub(super) source: Source,
    /// The names that its registry says it depends on, where the registry was asked just now.
    pub(super) dependencies: Option<Vec<String>>,
    /// Whether the store's copy is known to be damaged, so that it is of no use to look there.
    pub(super) is_damaged: bool,
}

/// Where the bytes of a package are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    /// Where its registry says.
    Registry(Box<Dist>),
    /// Where a lockfile says that its registry said.
    Locked(Box<Dist>),
    /// At an address that somebody wrote down.
    Url(Url),
    /// In a tarball on disk.
    File(PathBuf),
    /// In a folder on disk, which is copied as it is now.
    Directory(PathBuf),
    /// In a commit of a repository.
    Git(Box<GitSource>),
}

/// A package that stands in the store.
#[derive(Debug, Clone)]
pub(super) struct Fetched {
    pub(super) files: Arc<PackageFiles>,
    /// Bytes that were downloaded; 0 for a package that the store had.
    pub(super) bytes: u64,
}

/// Downloads in progress and done, each once however often it is asked for.
#[derive(Default)]
pub(super) struct Downloads<'s> {
    in_flight: FuturesUnordered<LocalBoxFuture<'s, (PackageId, Result<Fetched, InstallError>)>>,
    started: HashSet<PackageId>,
    done: HashMap<PackageId, Result<Fetched, InstallError>>,
}

impl<'s> Downloads<'s> {
    /// Starts to bring a package into the store, unless that was started before.
    pub(super) fn start(&mut self, session: &'s Session<'_>, wanted: Wanted) {
        if self.started.insert(wanted.id.clone()) {
            self.in_flight.push(Box::pin(async move {
                let id = wanted.id.clone();
                (id, fetch(session, wanted).await)
            }));
        }
    }

    /// Whether anything is being downloaded.
    pub(super) fn is_busy(&self) -> bool {
        !self.in_flight.is_empty()
    }

    /// Waits for one of the downloads in progress, and tells which; with none, for ever.
    pub(super) async fn advance(&mut self) -> PackageId {
        match self.in_flight.next().await {
            Some((id, result)) => {
                self.done.insert(id.clone(), result);
                id
            }
            None => std::future::pending().await,
        }
    }

    /// Waits for one package that was started; `on_stored` is told of all that come meanwhile.
    pub(super) async fn wait_for(
        &mut self,
        id: &PackageId,
        on_stored: &mut dyn FnMut(&PackageId, &Fetched),
    ) -> Option<Result<Fetched, InstallError>> {
        while !self.done.contains_key(id) && self.is_busy() {
            let id = self.advance().await;
            if let Some(Ok(fetched)) = self.done.get(&id) {
                on_stored(&id, fetched);
            }
        }
        self.done.remove(id)
    }

    /// The packages that were started, have come, and were not asked for yet.
    pub(super) fn stored(&self) -> impl Iterator<Item = (&PackageId, &Fetched)> {
        let done = self.done.iter();
        done.filter_map(|(id, result)| Some((id, result.as_ref().ok()?)))
    }

    /// Takes a package off the record, so that it can be started again.
    pub(super) fn forget(&mut self, id: &PackageId) {
        self.started.remove(id);
    }

    /// Whether a package was started.
    pub(super) fn has_started(&self, id: &PackageId) -> bool {
        self.started.contains(id)
    }
}

/// Brings one package into the store.
pub(super) async fn fetch(session: &Session<'_>, wanted: Wanted) -> Result<Fetched, InstallError> {
    if let Some(fetched) = stored(session, &wanted).await? {
        return Ok(fetched);
    }
    match &wanted.source {
        Source::Registry(_) | Source::Url(_) => download(session, &wanted).await,
        Source::Locked(dist) => {
            check_place(session, &wanted, dist).await?;
            download(session, &wanted).await
        }
        Source::File(path) => {
            let tarball = pkg_fs::read_regular_file(path, TARBALL_LIMIT)?;
            let imported = import(session, &wanted, Bytes::from(tarball)).await?;
            Ok(note(session, &wanted, imported, 0))
        }
        Source::Directory(path) => {
            let store = Arc::clone(&session.store);
            let (path, expected) = (path.clone(), expected(&wanted));
            let imported = on_a_worker(move || store.import_directory(&path, &expected)).await?;
            Ok(note(session, &wanted, imported, 0))
        }
        Source::Git(source) => fetch_commit(session, &wanted, source).await,
    }
}

/// Asks a repository for a commit, and imports what makes the package.
async fn fetch_commit(
    session: &Session<'_>,
    wanted: &Wanted,
    source: &GitSource,
) -> Result<Fetched, InstallError> {
    let git = Git::new(&session.project.root, session.settings, session.host);
    let commit = git.files(source).await?;
    let PackedCommit { files, left_out } = commit.packed()?;
    let bytes = files.iter().map(|file| file.bytes.len() as u64).sum();
    let imported = match import_commit(session, wanted, files).await {
        Err(StoreError::Integrity { .. }) if wanted.integrity.is_some() => {
            // It is not remembered: whoever asks for the commit anew gets it packed.
            let imported = import_commit(session, wanted, commit.unpacked()).await?;
            let name = wanted.id.name();
            let message = format!(
                "`{}` is locked with all files of its commit, as packages of repositories once were: \
                 `pkg update {name}` leaves out what its author does not publish",
                wanted.id
            );
            session.warn(Warning::new("WARN_PKG_NOT_PACKED", message));
            return Ok(note(session, wanted, imported, bytes));
        }
        imported => imported?,
    };
    for (path, what) in left_out {
        let message = format!("`{}`: left out `{path}`: {what}", wanted.id);
        session.warn(Warning::new("WARN_PKG_ODD_PACKAGE", message));
    }
    remember(
        &session.settings.locations.cache,
        source,
        &imported.files.integrity,
    );
    Ok(note(session, wanted, imported, bytes))
}

async fn import_commit(
    session: &Session<'_>,
    wanted: &Wanted,
    files: Vec<SourceFile>,
) -> Result<Imported, StoreError> {
    let store = Arc::clone(&session.store);
    let expected = expected(wanted);
    let imported = on_a_worker(move || store.import_files(files, &expected)).await;
    imported.map_err(|error| of_commit(error, &wanted.id))
}

/// Looks a package up in the store.
async fn stored(session: &Session<'_>, wanted: &Wanted) -> Result<Option<Fetched>, InstallError> {
    let Some(integrity) = wanted.integrity.clone().filter(|_| !wanted.is_damaged) else {
        return Ok(None);
    };
    let store = Arc::clone(&session.store);
    let expected = expected(wanted);
    let found = on_a_worker(move || look_up(&store, &integrity, &expected)).await?;
    Ok(found.map(|files| Fetched { files, bytes: 0 }))
}

/// Looks a package up: its files are checked later, when they are linked.
pub(super) fn look_up(
    store: &Store,
    integrity: &Integrity,
    expected: &Expected,
) -> Result<Option<Arc<PackageFiles>>, StoreError> {
    let Some(files) = store.get(integrity)? else {
        return Ok(None);
    };
    files.check_identity(expected)?;
    Ok(Some(Arc::new(files)))
}

/// Downloads and imports; bytes that are wrong are asked for once more, past every cache between.
async fn download(session: &Session<'_>, wanted: &Wanted) -> Result<Fetched, InstallError> {
    let mut freshness = Freshness::Cached;
    loop {
        let tarball = match (&wanted.source, &wanted.name) {
            (Source::Registry(dist) | Source::Locked(dist), Some(name)) => {
                session.registry.tarball(name, dist, freshness).await?
            }
            (Source::Url(url), _) => session.registry.remote_tarball(url, freshness).await?,
            (
                Source::Registry(_)
                | Source::Locked(_)
                | Source::File(_)
                | Source::Directory(_)
                | Source::Git(_),
                _,
            ) => {
                return Err(InstallError::NoSource {
                    id: wanted.id.to_string(),
                });
            }
        };
        let bytes = u64::try_from(tarball.bytes().len()).unwrap_or(u64::MAX);
        // The tarball's share of the bytes in flight is held until it is imported.
        match import(session, wanted, tarball.bytes().clone()).await {
            Ok(imported) => return Ok(note(session, wanted, imported, bytes)),
            Err(StoreError::Integrity { .. }) if freshness == Freshness::Cached => {
                freshness = Freshness::Bypass;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The failure, with the commit in place of a package that did not say its name yet.
fn of_commit(error: StoreError, id: &PackageId) -> StoreError {
    match error {
        StoreError::Integrity {
            expected, actual, ..
        } => StoreError::Integrity {
            package: id.to_string(),
            expected,
            actual,
        },
        error => error,
    }
}

async fn import(
    session: &Session<'_>,
    wanted: &Wanted,
    tarball: Bytes,
) -> Result<Imported, StoreError> {
    let store = Arc::clone(&session.store);
    let expected = expected(wanted);
    on_a_worker(move || store.import_tarball(&tarball, &expected)).await
}

fn expected(wanted: &Wanted) -> Expected {
    Expected {
        name: wanted.name.clone(),
        version: wanted.version.clone(),
        integrity: wanted.integrity.clone(),
    }
}

/// Counts an imported package and tells what was odd about it.
fn note(session: &Session<'_>, wanted: &Wanted, imported: Imported, bytes: u64) -> Fetched {
    session.reporter.report(Event::Fetched { bytes });
    for warning in &imported.warnings {
        let id = &wanted.id;
        let message = match warning {
            ImportWarning::Dropped { entry, reason } => {
                format!("`{id}`: left out `{entry}`: {reason}")
            }
            ImportWarning::NoPackageJson => format!("`{id}` has no package.json"),
            ImportWarning::RefusedBin { name } => {
                format!("`{id}`: its command `{name}` has no usable name")
            }
            _ => continue,
        };
        session.warn(Warning::new("WARN_PKG_ODD_PACKAGE", message));
    }
    let differing = wanted
        .dependencies
        .as_ref()
        .zip(imported.dependencies.as_ref())
        .filter(|(said, found)| said != found);
    if let Some((said, found)) = differing {
        session.warn(other_dependencies(&wanted.id, said, found));
    }
    Fetched {
        files: Arc::new(imported.files),
        bytes,
    }
}

/// That an archive asks for others than its registry says: the registry's count, in every layout and with every store.
fn other_dependencies(id: &PackageId, said: &[String], found: &[String]) -> Warning {
    let lacking = |these: &[String], those: &[String]| {
        let names = these.iter().filter(|name| !those.contains(name));
        names
            .map(|name| format!("`{}`", name.escape_debug()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (hidden, extra) = (lacking(found, said), lacking(said, found));
    let mut message = format!("`{id}`: its package.json is not what its registry says of it:");
    if !hidden.is_empty() {
        message.push_str(&format!(" it also depends on {hidden}, not installed;"));
    }
    if !extra.is_empty() {
        message.push_str(&format!(" it does not depend on {extra}, installed;"));
    }
    message.pop();
    Warning::new("WARN_PKG_OTHER_DEPENDENCIES", message)
}

/// Runs work that blocks on a worker thread, while the reactor goes on.
async fn on_a_worker<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        // Nobody waits any more when the install was given up.
        drop(sender.send(work()));
    });
    receiver
        .await
        .expect("a worker answers unless it panics, which ends the program")
}
