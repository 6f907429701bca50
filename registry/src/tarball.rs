//! Tarballs: as published, byte for byte, in bounded memory.

use std::ops::Deref;
use std::sync::Arc;

use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use bytes::Bytes;
use pkg_manifest::PackageName;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::access::check_foreign;
use crate::error::RegistryError;
use crate::folder::FolderRegistry;
use crate::http::{Failure, Lane, Request};
use crate::limits;
use crate::options::{Freshness, Network, RegistryEvent};
use crate::registry::Inner;
use crate::shown::ShownUrl;

/// What an answer without a length is taken to weigh, in bytes.
const UNKNOWN_LENGTH: u64 = 1 << 20;

/// A tarball in memory. Drop it as soon as it is unpacked: it holds a share of the bytes that may
/// be in flight, and the next download waits for it.
#[derive(Debug)]
pub struct Tarball {
    bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

impl Tarball {
    /// The compressed bytes, as published.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

impl Deref for Tarball {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Inner {
    /// Fetches `url`, which `registry` named, or a dependency by itself.
    pub(crate) async fn http_tarball(
        &self,
        url: &Url,
        registry: Option<&Url>,
        freshness: Freshness,
    ) -> Result<Tarball, RegistryError> {
        check_foreign(url, registry).map_err(|reason| RegistryError::Refused {
            url: ShownUrl::new(url),
            reason: reason.to_owned(),
        })?;
        if self.options.network == Network::Offline {
            return Err(RegistryError::OfflineMissing {
                what: format!("the tarball {}", ShownUrl::new(url)),
            });
        }
        let request = Request {
            lane: Lane::Tarballs,
            url: url.clone(),
            headers: headers(freshness),
            what: format!("the tarball {}", ShownUrl::new(url)),
        };
        let attempt = || self.try_tarball(&request);
        let tarball = self.retries.run(url, &self.tarball_slots, attempt).await?;
        (self.options.on_event)(RegistryEvent::Tarball {
            url: ShownUrl::new(url),
            bytes: tarball.len() as u64,
        });
        Ok(tarball)
    }

    async fn try_tarball(&self, request: &Request) -> Result<Tarball, Failure> {
        let answer = self.http.send(&*self.options.access, request).await?;
        let corrupt = |reason: &str| RegistryError::Corrupt {
            url: ShownUrl::new(&answer.url),
            reason: reason.to_owned(),
        };
        if answer.response.status() == StatusCode::NOT_MODIFIED {
            return Err(corrupt("it answered 304 to a request without a condition").into());
        }
        let length = answer.response.content_length();
        if length.is_some_and(|length| length > limits::TARBALL_BYTES) {
            return Err(corrupt(&format!(
                "it is larger than the limit of {} bytes",
                limits::TARBALL_BYTES
            ))
            .into());
        }
        let share = self.share(length.unwrap_or(UNKNOWN_LENGTH)).await;
        let shown = ShownUrl::new(&answer.url);
        let bytes = self.http.read(answer, limits::TARBALL_BYTES).await?;
        if bytes.is_empty() {
            return Err(Failure::Final(RegistryError::Corrupt {
                url: shown,
                reason: "it is empty".to_owned(),
            }));
        }
        Ok(Tarball {
            bytes,
            _share: share,
        })
    }

    /// Waits for a share of the bytes in flight; a tarball larger than all of them waits for all.
    async fn share(&self, bytes: u64) -> Option<OwnedSemaphorePermit> {
        let all = (self.options.concurrency.bytes_in_flight / 1024).max(1);
        let wanted = u32::try_from(bytes.div_ceil(1024))
            .unwrap_or(all)
            .clamp(1, all);
        let semaphore: Arc<Semaphore> = Arc::clone(&self.bytes_in_flight);
        // It is never closed.
        semaphore.acquire_many_owned(wanted).await.ok()
    }

    /// Takes a tarball out of a folder registry, where the network plays no part.
    pub(crate) async fn folder_tarball(
        &self,
        folder: FolderRegistry,
        name: &PackageName,
        url: &Url,
    ) -> Result<Tarball, RegistryError> {
        let shown = ShownUrl::new(url);
        let name = name.clone();
        let url = url.clone();
        let bytes = self
            .workers
            .run(move || folder.tarball(&name, &url))
            .await?;
        (self.options.on_event)(RegistryEvent::Tarball {
            url: shown,
            bytes: bytes.len() as u64,
        });
        Ok(Tarball {
            bytes,
            _share: None,
        })
    }
}

fn headers(freshness: Freshness) -> HeaderMap<HeaderValue> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    // A tarball is compressed already, and its hash is over the bytes as published.
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    if freshness == Freshness::Bypass {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
    headers
}
