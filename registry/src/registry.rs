//! The client that everybody shares.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::UNIX_EPOCH;

use pkg_manifest::{Dist, PackageName, Packument, Version};
use tokio::sync::Semaphore;
use url::Url;

use crate::access::conventional_tarball_url;
use crate::cache::{EntryKey, OpenFiles};
use crate::clock::ClockDifference;
use crate::error::RegistryError;
use crate::folder::FolderRegistry;
use crate::http::Http;
use crate::options::{Detail, Freshness, RegistryOptions};
use crate::retry::Retries;
use crate::single_flight::SingleFlight;
use crate::slots::Slots;
use crate::tarball::Tarball;
use crate::workers::Workers;

/// Fetches packuments and tarballs from HTTP registries and from folders.
///
/// A clone shares everything: connections, the cache, and what is already under way. It needs a
/// tokio runtime of its caller; one thread suffices.
#[derive(Clone)]
pub struct Registry {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) options: RegistryOptions,
    pub(crate) http: Http,
    pub(crate) retries: Retries,
    pub(crate) workers: Workers,
    /// Of packuments that are read by and by.
    pub(crate) open_files: OpenFiles,
    pub(crate) clock_difference: ClockDifference,
    pub(crate) packument_slots: Slots,
    pub(crate) tarball_slots: Slots,
    /// In KiB.
    pub(crate) bytes_in_flight: Arc<Semaphore>,
    packuments: SingleFlight<EntryKey, Arc<Packument>, RegistryError>,
    /// Whether the registry is asked about everything, however fresh what is cached says it is.
    pub(crate) must_ask: AtomicBool,
    /// Whether an answer was used that the registry was not asked about.
    pub(crate) has_trusted_cache: AtomicBool,
}

/// Who serves a package.
pub(crate) enum Source {
    Http(Url),
    Folder(FolderRegistry),
}

impl Registry {
    /// Makes a client; connections, threads' work and files begin with the first question.
    pub fn new(options: RegistryOptions) -> Self {
        let concurrency = options.concurrency;
        let kibibytes = usize::try_from(concurrency.bytes_in_flight / 1024).unwrap_or(1);
        Self {
            inner: Arc::new(Inner {
                http: Http::new(&options),
                retries: Retries::new(options.retry.clone(), Arc::clone(&options.on_event)),
                workers: Workers::start(concurrency.workers),
                open_files: OpenFiles::default(),
                clock_difference: ClockDifference::default(),
                packument_slots: Slots::new(concurrency.packuments),
                tarball_slots: Slots::new(concurrency.tarballs),
                bytes_in_flight: Arc::new(Semaphore::new(kibibytes.max(1))),
                packuments: SingleFlight::new(),
                must_ask: AtomicBool::new(false),
                has_trusted_cache: AtomicBool::new(false),
                options,
            }),
        }
    }

    /// Asks the registry about every packument from here on, those included that it said were fresh for a while; tells
    /// whether that can make a difference. For when a version that somebody wants is not in what was cached: it may have
    /// been published since.
    pub fn distrust_cache(&self) -> bool {
        let is_first = !self.inner.must_ask.swap(true, Ordering::Relaxed);
        let can_matter = is_first && self.inner.has_trusted_cache.load(Ordering::Relaxed);
        if can_matter {
            self.inner.packuments.forget();
        }
        can_matter
    }

    /// The seconds by which this machine's clock is ahead of a registry's, as far as answers about packages told so far;
    /// 0 where it is not, or by less than a few minutes.
    pub fn clock_ahead(&self) -> u64 {
        self.inner.clock_difference.ahead()
    }

    /// Fetches the packument of `name`, from this machine where HTTP's rules allow it.
    ///
    /// With the network off, the short document answers the question for the full one where that is not here.
    ///
    /// However many ask at once, one request is sent; later questions get the same answer, so that
    /// one run sees one state of the registry.
    ///
    /// # Errors
    /// When the registry has no such package, cannot be reached, answers with something else, or
    /// the network is off and the packument is not on this machine.
    pub async fn packument(
        &self,
        name: &PackageName,
        detail: Detail,
    ) -> Result<Arc<Packument>, RegistryError> {
        let registry = self.registry_of(name)?;
        let key = |detail| EntryKey {
            registry: registry.clone(),
            name: name.clone(),
            detail,
        };
        // The full document answers the question for the short one.
        let keys = match detail {
            Detail::Full => vec![key(Detail::Full)],
            Detail::Abbreviated => vec![key(Detail::Full), key(Detail::Abbreviated)],
        };
        let start = || {
            let inner = Arc::clone(&self.inner);
            let key = key(detail);
            async move { inner.load_packument(key).await }
        };
        self.inner.packuments.get(&keys, start).await
    }

    /// Fetches the tarball of a version of `name`, whose hash the caller checks.
    ///
    /// Ask again with [`Freshness::Bypass`] once when the hash is wrong: a cache on the way may be
    /// the liar.
    ///
    /// # Errors
    /// When a rule forbids the address, the tarball is gone, the registry cannot be reached, or the
    /// network is off.
    pub async fn tarball(
        &self,
        name: &PackageName,
        dist: &Dist,
        freshness: Freshness,
    ) -> Result<Tarball, RegistryError> {
        let registry = self.registry_of(name)?;
        match source(&registry)? {
            Source::Folder(folder) => self.inner.folder_tarball(folder, name, &dist.tarball).await,
            Source::Http(registry) => {
                self.inner
                    .http_tarball(&dist.tarball, Some(&registry), freshness)
                    .await
            }
        }
    }

    /// Fetches a tarball that a dependency names by its address.
    ///
    /// # Errors
    /// As [`Registry::tarball`].
    pub async fn remote_tarball(
        &self,
        url: &Url,
        freshness: Freshness,
    ) -> Result<Tarball, RegistryError> {
        self.inner.http_tarball(url, None, freshness).await
    }

    /// The address at which the registry of `name` keeps a tarball by convention, for lockfiles
    /// that leave it out.
    ///
    /// # Errors
    /// When no registry is configured for `name`.
    pub fn tarball_url(&self, name: &PackageName, version: &Version) -> Result<Url, RegistryError> {
        let registry = self.registry_of(name)?;
        conventional_tarball_url(&registry, name, version)
            .ok_or_else(|| RegistryError::NoRegistry { name: name.clone() })
    }

    fn registry_of(&self, name: &PackageName) -> Result<Url, RegistryError> {
        let registry = self.inner.options.access.registry(name);
        registry.ok_or_else(|| RegistryError::NoRegistry { name: name.clone() })
    }
}

impl Inner {
    /// Seconds since 1970; a clock before that says 0.
    pub(crate) fn now(&self) -> u64 {
        let since = (self.options.clock)().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| since.as_secs())
    }
}

/// Tells a folder from a server by the scheme of its address.
pub(crate) fn source(registry: &Url) -> Result<Source, RegistryError> {
    if registry.scheme() != "file" {
        return Ok(Source::Http(registry.clone()));
    }
    let path = registry.to_file_path().map_err(|()| RegistryError::Setup {
        path: PathBuf::from(registry.path()),
        reason: "the address of a folder registry is no path".to_owned(),
    })?;
    Ok(Source::Folder(FolderRegistry::new(path)))
}
