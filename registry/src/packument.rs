//! How a packument is had: from the cache, by a conditional request, or whole.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use bytes::Bytes;
use pkg_manifest::{PackageName, Packument};
use url::Url;

use crate::access::{Credentials, packument_url};
use crate::cache::{Entry, EntryKey, Validators};
use crate::decode::decode;
use crate::document::{self, Unusable};
use crate::error::RegistryError;
use crate::http::{Failure, Lane, Request};
use crate::limits;
use crate::options::{Detail, Freshness, Network, PackumentSource, RegistryEvent};
use crate::registry::{Inner, Source, source};
use crate::shown::{Excerpt, ShownUrl};

const ABBREVIATED: &str = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";
const FULL: &str = "application/json";

/// A packument as it came over the wire, still coded.
struct Received {
    url: Url,
    coding: Option<String>,
    content_type: Option<String>,
    body: Bytes,
    validators: Validators,
    credentials: Option<Credentials>,
}

enum Reply {
    NotModified(Validators),
    Whole(Box<Received>),
}

impl Inner {
    /// Loads a packument; the caller sees to it that nobody else does at the same time.
    pub(crate) async fn load_packument(
        self: Arc<Self>,
        key: EntryKey,
    ) -> Result<Arc<Packument>, RegistryError> {
        let registry = match source(&key.registry)? {
            Source::Http(registry) => registry,
            Source::Folder(folder) => {
                let name = key.name.clone();
                let document = self.workers.run(move || folder.packument(&name)).await?;
                return Ok(self.loaded(&key, Arc::new(document), PackumentSource::Folder));
            }
        };
        let cached = self.read_cache(&key).await;
        if let Some((validators, packument)) = &cached
            && self.is_usable(validators)
        {
            let packument = Arc::clone(packument);
            self.note_clock(validators);
            return Ok(self.loaded(&key, packument, PackumentSource::Cache));
        }
        if self.options.network == Network::Offline {
            // The short document is all that there is of most packages that were installed: better than nothing.
            let short = EntryKey {
                detail: Detail::Abbreviated,
                ..key.clone()
            };
            if key.detail == Detail::Full
                && let Some((validators, packument)) = self.read_cache(&short).await
            {
                self.note_clock(&validators);
                return Ok(self.loaded(&key, packument, PackumentSource::Cache));
            }
            return Err(RegistryError::OfflineMissing {
                what: format!("the packument of `{}`", key.name),
            });
        }
        let url = packument_url(&registry, &key.name).ok_or_else(|| RegistryError::NoRegistry {
            name: key.name.clone(),
        })?;
        self.fetch_packument(&key, &url, cached).await
    }

    fn is_usable(&self, validators: &Validators) -> bool {
        match self.options.network {
            Network::Online => {
                let is_trusted =
                    !self.must_ask.load(Ordering::Relaxed) && validators.is_fresh(self.now());
                self.has_trusted_cache
                    .fetch_or(is_trusted, Ordering::Relaxed);
                is_trusted
            }
            Network::PreferOffline | Network::Offline => true,
        }
    }

    /// Takes note of how the clocks stood when what is cached was had; a clock that was set back since is another one.
    fn note_clock(&self, validators: &Validators) {
        if validators.fetched_at <= self.now() {
            self.clock_difference.note(validators.ahead);
        }
    }

    async fn read_cache(&self, key: &EntryKey) -> Option<(Validators, Arc<Packument>)> {
        let cache_dir = self.options.cache_dir.clone();
        let open_files = self.open_files.clone();
        let key = key.clone();
        let read = move || {
            let (validators, packument) = key.open(&cache_dir, &open_files)?;
            document::check(&key.name, &packument).ok()?;
            Some((validators, Arc::new(packument)))
        };
        self.workers.run(read).await
    }

    async fn fetch_packument(
        &self,
        key: &EntryKey,
        url: &Url,
        cached: Option<(Validators, Arc<Packument>)>,
    ) -> Result<Arc<Packument>, RegistryError> {
        let known = cached.as_ref().map(|(validators, _)| validators);
        let received = match self.ask(key, url, known, Freshness::Cached).await? {
            Reply::Whole(received) => received,
            Reply::NotModified(newer) => {
                if let Some((known, packument)) = cached {
                    return Ok(self.not_modified(key, known, packument, &newer).await);
                }
                // Nothing was cached, so the answer is nonsense: ask for the whole, past any cache.
                self.ask_whole(key, url).await?
            }
        };
        let packument = match self.accept(key, received).await {
            Ok(packument) => packument,
            // A damaged answer may lie in a cache on the way: ask once past it.
            Err(_) => {
                let received = self.ask_whole(key, url).await?;
                self.accept(key, received).await?
            }
        };
        Ok(self.loaded(key, packument, PackumentSource::Fetched))
    }

    async fn ask_whole(&self, key: &EntryKey, url: &Url) -> Result<Box<Received>, RegistryError> {
        match self.ask(key, url, None, Freshness::Bypass).await? {
            Reply::Whole(received) => Ok(received),
            Reply::NotModified(_) => Err(RegistryError::Corrupt {
                url: ShownUrl::new(url),
                reason: "it answered 304 to a request without a condition".to_owned(),
            }),
        }
    }

    async fn ask(
        &self,
        key: &EntryKey,
        url: &Url,
        known: Option<&Validators>,
        freshness: Freshness,
    ) -> Result<Reply, RegistryError> {
        let request = Request {
            lane: Lane::Packuments,
            url: url.clone(),
            headers: headers(key.detail, known, freshness),
            what: format!("`{}`", key.name),
        };
        let attempt = || async {
            let mut answer = self.http.send(&*self.options.access, &request).await?;
            let head = answer.response.headers();
            let validators = Validators::read(head, self.now());
            self.clock_difference.note(validators.ahead);
            if answer.response.status() == StatusCode::NOT_MODIFIED {
                return Ok(Reply::NotModified(validators));
            }
            let text = |name: HeaderName| {
                let value = head.get(name)?;
                Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            let coding = text(header::CONTENT_ENCODING);
            let content_type = text(header::CONTENT_TYPE);
            let url = answer.url.clone();
            let credentials = answer.credentials.take();
            let body = self.http.read(answer, limits::PACKUMENT_BYTES).await?;
            Ok::<_, Failure>(Reply::Whole(Box::new(Received {
                url,
                coding,
                content_type,
                body,
                validators,
                credentials,
            })))
        };
        self.retries.run(url, &self.packument_slots, attempt).await
    }

    async fn not_modified(
        &self,
        key: &EntryKey,
        known: Validators,
        packument: Arc<Packument>,
        newer: &Validators,
    ) -> Arc<Packument> {
        let refreshed = known.refreshed(newer);
        // Where each answer must be asked about again, only another one is worth a file.
        if !known.ask_alike(&refreshed) {
            let write = self.writer(key);
            let (key, cache_dir) = (key.clone(), self.options.cache_dir.clone());
            let work = move |answer: Box<dyn FnOnce(_) + Send>| {
                answer(());
                // What somebody else wrote meanwhile is not what the registry was asked about.
                if let Some(mut entry) = key.read(&cache_dir)
                    && entry.validators == known
                {
                    entry.validators = refreshed;
                    write(&entry);
                }
            };
            self.workers.answer(work).await;
        }
        self.loaded(key, packument, PackumentSource::NotModified)
    }

    /// Decodes and checks an answer on a worker, answers, and then writes the cache.
    async fn accept(
        &self,
        key: &EntryKey,
        received: Box<Received>,
    ) -> Result<Arc<Packument>, RegistryError> {
        let name = key.name.clone();
        let write = self.writer(key);
        let work = move |answer: Box<dyn FnOnce(_) + Send>| {
            let validators = received.validators.clone();
            let packument = open(&name, *received).map(Arc::new);
            answer(packument.clone());
            if let Ok(packument) = packument {
                write(&Entry {
                    validators,
                    document: packument.to_cache_bytes().into(),
                });
            }
        };
        self.workers.answer(work).await
    }

    /// What writes an entry from a worker; a full or read-only disk costs speed and nothing else.
    fn writer(&self, key: &EntryKey) -> impl FnOnce(&Entry) + Send + 'static {
        let key = key.clone();
        let cache_dir = self.options.cache_dir.clone();
        let on_event = Arc::clone(&self.options.on_event);
        move |entry| {
            if let Err(error) = key.write(&cache_dir, entry) {
                on_event(RegistryEvent::CacheNotWritten {
                    reason: error.to_string(),
                });
            }
        }
    }

    fn loaded(
        &self,
        key: &EntryKey,
        packument: Arc<Packument>,
        source: PackumentSource,
    ) -> Arc<Packument> {
        (self.options.on_event)(RegistryEvent::Packument {
            name: key.name.clone(),
            source,
        });
        packument
    }
}

fn headers(
    detail: Detail,
    known: Option<&Validators>,
    freshness: Freshness,
) -> HeaderMap<HeaderValue> {
    let accept = match detail {
        Detail::Abbreviated => ABBREVIATED,
        Detail::Full => FULL,
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.extend(known.into_iter().flat_map(Validators::conditions));
    if freshness == Freshness::Bypass {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
    headers
}

/// Makes a document of what came.
fn open(name: &PackageName, received: Received) -> Result<Packument, RegistryError> {
    let url = ShownUrl::new(&received.url);
    let coding = received.coding.as_deref();
    let json = match decode(coding, received.body, limits::PACKUMENT_BYTES) {
        Ok(json) => json,
        Err(error) => {
            return Err(RegistryError::Corrupt {
                url,
                reason: error.reason(),
            });
        }
    };
    let credentials = received.credentials.as_ref();
    let secrets = credentials.map(Credentials::secrets).unwrap_or_default();
    document::parse(name, &json).map_err(|unusable| match unusable {
        Unusable::Wrong(reason) => RegistryError::Corrupt { url, reason },
        Unusable::NotJson => RegistryError::NotJson {
            url,
            content_type: Excerpt::new(
                received
                    .content_type
                    .as_deref()
                    .unwrap_or("of no stated type")
                    .as_bytes(),
                &secrets,
            ),
            start: Excerpt::new(&json[..json.len().min(1000)], &secrets),
        },
    })
}
