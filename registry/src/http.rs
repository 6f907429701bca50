//! One request and its answer: redirects by hand, bodies within their limits.

use std::error::Error as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use ::http::{HeaderMap, HeaderValue, StatusCode, header};
use bytes::{Bytes, BytesMut};
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout};
use url::Url;

use crate::access::{Access, Credentials, check_foreign};
use crate::client::ClientBuilder;
use crate::decode::decode;
use crate::error::{RegistryError, TransientCause};
use crate::limits;
use crate::options::{RegistryOptions, Timeouts};
use crate::shown::{Excerpt, ShownUrl};
use crate::trust::TrustProblem;

const PROXY_AUTHENTICATION: &str = "the proxy asks for authentication (407)";

/// Which of the two connection pools a request uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Many small answers: HTTP/2 where the server has it.
    Packuments,
    /// Large answers, each on its own HTTP/1.1 connection with its own window.
    Tarballs,
}

/// One try's failure: final, or worth another try.
#[derive(Debug)]
pub(crate) enum Failure {
    Final(RegistryError),
    Transient {
        cause: TransientCause,
        /// How long the server asked to wait, in seconds.
        retry_after: Option<u64>,
    },
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Final(error)
    }
}

impl From<TransientCause> for Failure {
    fn from(cause: TransientCause) -> Self {
        Self::Transient {
            cause,
            retry_after: None,
        }
    }
}

/// A question to a server.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) lane: Lane,
    pub(crate) url: Url,
    /// Without credentials: those are attached for each hop.
    pub(crate) headers: HeaderMap,
    /// What a message calls the thing asked for.
    pub(crate) what: String,
}

/// The head of an answer with status 200 or 304, its body still on the way.
pub(crate) struct Answer {
    /// Where it came from after all redirects.
    pub(crate) url: Url,
    pub(crate) response: Response,
    /// What was sent, so that an echo of it is not shown.
    pub(crate) credentials: Option<Credentials>,
}

/// The pools, each made when first used since loading the trusted roots takes a while.
pub(crate) struct Http {
    builder: ClientBuilder,
    timeouts: Timeouts,
    /// Those for addresses without settings of their own first, then those of each address.
    pools: Vec<Pools>,
}

/// The two pools for servers that are reached in the same way.
#[derive(Default)]
struct Pools {
    /// The place of their settings among those of addresses.
    address: Option<usize>,
    /// Whether HTTP/2 did not work out.
    is_http2_avoided: AtomicBool,
    packuments: OnceLock<Result<Client, RegistryError>>,
    tarballs: OnceLock<Result<Client, RegistryError>>,
}

impl Http {
    pub(crate) fn new(options: &RegistryOptions) -> Self {
        let builder = ClientBuilder::new(options);
        Self {
            pools: std::iter::once(None)
                .chain((0..builder.addresses()).map(Some))
                .map(|address| Pools {
                    address,
                    ..Pools::default()
                })
                .collect(),
            builder,
            timeouts: options.timeouts,
        }
    }

    /// Sends a request once, following redirects; other statuses than 200 and 304 are failures.
    pub(crate) async fn send(
        &self,
        access: &dyn Access,
        request: &Request,
    ) -> Result<Answer, Failure> {
        let mut url = request.url.clone();
        for _ in 0..=limits::REDIRECTS {
            let credentials = Credentials::of(access, &url)?;
            let mut headers = request.headers.clone();
            if let Some(credentials) = &credentials {
                headers.insert(header::AUTHORIZATION, credentials.header.clone());
            }
            let pools = self.pools(access.tls(&url));
            let response = self.hop(pools, request.lane, &url, headers).await?;
            let status = response.status();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                url = redirect_target(&url, &response)?;
                continue;
            }
            if matches!(status, StatusCode::OK | StatusCode::NOT_MODIFIED) {
                return Ok(Answer {
                    url,
                    response,
                    credentials,
                });
            }
            let answer = Answer {
                url,
                response,
                credentials,
            };
            return Err(self.refusal(request, answer).await);
        }
        Err(refused(
            &request.url,
            format!("it was redirected more than {} times", limits::REDIRECTS),
        )
        .into())
    }

    /// Sends one request; where the other side hung up on HTTP/2 it is sent over HTTP/1.1 at once, and so
    /// are all later ones.
    ///
    /// Middle boxes that offer HTTP/2 and do not speak it are passed by so, and only HTTP/1.1 hands on why
    /// TLS ended a connection after the handshake, as it does where a client certificate is missing.
    async fn hop(
        &self,
        pools: &Pools,
        lane: Lane,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Response, Failure> {
        let is_http2_avoided = pools.is_http2_avoided.load(Ordering::Relaxed);
        let lane = if is_http2_avoided {
            Lane::Tarballs
        } else {
            lane
        };
        let client = self.client(pools, lane)?;
        let sent = self.try_hop(client, url, headers.clone()).await;
        match sent {
            Err(Failure::Transient {
                cause: TransientCause::Broken(reason),
                ..
            }) if is_muffled(&reason) && lane == Lane::Packuments && url.scheme() == "https" => {
                pools.is_http2_avoided.store(true, Ordering::Relaxed);
                let client = self.client(pools, Lane::Tarballs)?;
                self.try_hop(client, url, headers).await
            }
            sent => sent,
        }
    }

    async fn try_hop(
        &self,
        client: &Client,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Response, Failure> {
        let request = client.get(url.clone()).headers(headers).send();
        match timeout(self.timeouts.response, request).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failure(url, &error)),
            Err(_) => Err(TransientCause::Idle {
                milliseconds: self.timeouts.response.as_millis(),
            }
            .into()),
        }
    }

    /// Reads a whole body of at most `limit` bytes.
    pub(crate) async fn read(&self, answer: Answer, limit: u64) -> Result<Bytes, Failure> {
        let Answer {
            url, mut response, ..
        } = answer;
        let length = response.content_length();
        if length.is_some_and(|length| length > limit) {
            return Err(too_large(&url, limit).into());
        }
        let expected = usize::try_from(length.unwrap_or(0)).unwrap_or(0);
        // A length is a promise of the server: memory grows with what really comes.
        let mut body = BytesMut::with_capacity(expected.min(8 << 20));
        let mut window = Window::new(&self.timeouts);
        loop {
            let next = timeout(self.timeouts.idle, response.chunk()).await;
            let Ok(next) = next else {
                return Err(TransientCause::Idle {
                    milliseconds: self.timeouts.idle.as_millis(),
                }
                .into());
            };
            let Some(chunk) = next.map_err(|error| failure(&url, &error))? else {
                return Ok(body.freeze());
            };
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(too_large(&url, limit).into());
            }
            body.extend_from_slice(&chunk);
            window.add(chunk.len())?;
        }
    }

    async fn refusal(&self, request: &Request, mut answer: Answer) -> Failure {
        let status = answer.response.status().as_u16();
        if matches!(status, 408 | 425 | 429 | 500..=599) {
            return Failure::Transient {
                cause: TransientCause::Status(status),
                retry_after: retry_after(answer.response.headers()),
            };
        }
        let url = ShownUrl::new(&answer.url);
        let credentials = answer.credentials.take();
        let secrets = credentials.as_ref().map(Credentials::secrets);
        let coding = answer.response.headers().get(header::CONTENT_ENCODING);
        let coding = coding.map(|coding| String::from_utf8_lossy(coding.as_bytes()).into_owned());
        let body = self.read(answer, limits::ERROR_BODY_BYTES).await;
        let body = decode(
            coding.as_deref(),
            body.unwrap_or_default(),
            limits::ERROR_BODY_BYTES,
        );
        let excerpt = Excerpt::new(&body.unwrap_or_default(), &secrets.unwrap_or_default());
        Failure::Final(match status {
            401 => RegistryError::Unauthorized {
                url,
                sent_credentials: credentials.is_some(),
                excerpt,
            },
            403 => RegistryError::Forbidden { url, excerpt },
            404 | 410 => RegistryError::NotFound {
                what: request.what.clone(),
                url,
                status,
                excerpt,
            },
            407 => RegistryError::Refused {
                url,
                reason: PROXY_AUTHENTICATION.to_owned(),
            },
            _ => RegistryError::Status {
                url,
                status,
                excerpt,
            },
        })
    }

    /// The pools for addresses with the settings at this place, or with none.
    fn pools(&self, address: Option<usize>) -> &Pools {
        let own = address.and_then(|place| self.pools.get(place + 1));
        own.unwrap_or(&self.pools[0])
    }

    fn client<'p>(&self, pools: &'p Pools, lane: Lane) -> Result<&'p Client, RegistryError> {
        let cell = match lane {
            Lane::Packuments => &pools.packuments,
            Lane::Tarballs => &pools.tarballs,
        };
        cell.get_or_init(|| self.builder.build(lane, pools.address))
            .as_ref()
            .map_err(Clone::clone)
    }
}

fn refused(url: &Url, reason: String) -> RegistryError {
    RegistryError::Refused {
        url: ShownUrl::new(url),
        reason,
    }
}

fn too_large(url: &Url, limit: u64) -> RegistryError {
    RegistryError::Corrupt {
        url: ShownUrl::new(url),
        reason: format!("it is larger than the limit of {limit} bytes"),
    }
}

fn redirect_target(from: &Url, response: &Response) -> Result<Url, RegistryError> {
    let location = response
        .headers()
        .get(header::LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| from.join(location).ok())
        .ok_or_else(|| refused(from, "it redirects to no usable address".to_owned()))?;
    check_foreign(&location, Some(from))
        .map_err(|reason| refused(from, format!("it redirects elsewhere, and {reason}")))?;
    Ok(location)
}

/// The seconds to wait: given as such, or as a moment by the server's own clock.
fn retry_after(headers: &HeaderMap<HeaderValue>) -> Option<u64> {
    let text = |name| headers.get(name)?.to_str().ok();
    let wanted = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = wanted.parse() {
        return Some(seconds);
    }
    let moment = httpdate::parse_http_date(wanted).ok()?;
    let now = httpdate::parse_http_date(text(header::DATE)?).ok()?;
    Some(moment.duration_since(now).unwrap_or_default().as_secs())
}

/// Tells the failures that may go away from those that will not.
fn failure(url: &Url, error: &reqwest::Error) -> Failure {
    if let Some(problem) = TrustProblem::of(error) {
        return Failure::Final(RegistryError::Tls {
            url: ShownUrl::new(url),
            problem,
        });
    }
    let reason = deepest(error);
    // What hyper says of heads that break HTTP; a next try would get the same.
    if reason.starts_with("invalid ") || reason.starts_with("message head is too large") {
        return Failure::Final(RegistryError::Corrupt {
            url: ShownUrl::new(url),
            reason,
        });
    }
    if reason == "tunnel error: proxy authorization required" {
        return Failure::Final(refused(url, PROXY_AUTHENTICATION.to_owned()));
    }
    if reason.starts_with("tunnel error") {
        return TransientCause::Connect("the proxy made no tunnel".to_owned()).into();
    }
    if error.is_connect() {
        TransientCause::Connect(reason).into()
    } else {
        TransientCause::Broken(reason).into()
    }
}

/// Whether a connection of HTTP/2 ended in a way that HTTP/1.1 would tell more of: there an error of TLS
/// comes as such, where HTTP/2 hands on its text at most.
fn is_muffled(reason: &str) -> bool {
    reason == "connection closed" || reason.starts_with("received fatal alert")
}

/// The innermost cause, which is the one that says something; without any address.
pub(crate) fn deepest(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(error) = cause {
        text = Some(error.to_string());
        cause = error.source();
    }
    let text = text.unwrap_or_else(|| "the request failed".to_owned());
    Excerpt::new(text.as_bytes(), &[]).to_string()
}

/// Watches that a body keeps coming at a speed that ends some day.
struct Window<'a> {
    timeouts: &'a Timeouts,
    since: Instant,
    bytes: u64,
}

impl<'a> Window<'a> {
    fn new(timeouts: &'a Timeouts) -> Self {
        Self {
            timeouts,
            since: Instant::now(),
            bytes: 0,
        }
    }

    fn add(&mut self, bytes: usize) -> Result<(), TransientCause> {
        self.bytes += bytes as u64;
        let elapsed = self.since.elapsed();
        if elapsed < self.timeouts.speed_window {
            return Ok(());
        }
        if self.bytes < self.timeouts.bytes_a_window {
            return Err(TransientCause::Slow {
                bytes: self.bytes,
                milliseconds: elapsed.as_millis(),
            });
        }
        self.since = Instant::now();
        self.bytes = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(pairs: &[(header::HeaderName, &'static str)]) -> Option<u64> {
        let pairs = pairs.iter().cloned();
        retry_after(
            &pairs
                .map(|(name, value)| (name, HeaderValue::from_static(value)))
                .collect(),
        )
    }

    #[test]
    fn a_server_says_how_long_to_wait_in_seconds_or_by_its_clock() {
        let date = (header::DATE, "Sun, 06 Nov 1994 08:49:37 GMT");
        let later = (header::RETRY_AFTER, "Sun, 06 Nov 1994 08:50:07 GMT");
        let sooner = (header::RETRY_AFTER, "Sun, 06 Nov 1994 08:40:00 GMT");
        assert_eq!(wait(&[(header::RETRY_AFTER, "7")]), Some(7));
        assert_eq!(wait(&[date.clone(), later.clone()]), Some(30));
        assert_eq!(wait(&[date, sooner]), Some(0));
        assert_eq!(wait(&[later]), None);
        assert_eq!(wait(&[(header::RETRY_AFTER, "-1")]), None);
        assert_eq!(wait(&[]), None);
    }
}
