//! The server on loopback.

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use pkg_registry::FolderRegistry;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::fault::{Fault, Rule};
use crate::http2;
use crate::loopback::{self, Loopback};
use crate::packages::{Packages, abbreviate};
use crate::packages_dir;
use crate::request::SeenRequest;
use crate::tls::Tls;
use crate::wire::{self, Answer, Connection};

const ABBREVIATED_TYPE: &str = "application/vnd.npm.install-v1+json";

/// How the server is set up.
#[derive(Clone)]
pub struct ServerOptions {
    /// Whether the packages of [`packages_dir`] are served besides what a test publishes.
    pub serve_folder: bool,
    /// Demanded as `Authorization: Bearer …`.
    pub bearer: Option<String>,
    /// Demanded as `Authorization: Basic …` of `user:password`.
    pub basic: Option<String>,
    /// The `Cache-Control` of packuments.
    pub cache_control: Option<String>,
    /// Answers come after up to this long, by a hash of path and seed: orders change with the seed.
    pub shuffle: Option<(u64, Duration)>,
    /// Connections beyond so many are closed as soon as they are made.
    pub most_connections: Option<usize>,
    /// Speaks TLS.
    pub tls: Option<Tls>,
    /// The host of its own address in what it answers and in [`FixtureServer::url`]; else 127.0.0.1.
    pub host: Option<String>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            serve_folder: true,
            bearer: None,
            basic: None,
            cache_control: Some("public, max-age=300".to_owned()),
            shuffle: None,
            most_connections: None,
            tls: None,
            host: None,
        }
    }
}

pub(crate) struct State {
    options: ServerOptions,
    origin: String,
    acceptor: Option<TlsAcceptor>,
    packages: Mutex<Packages>,
    rules: Mutex<Vec<Rule>>,
    seen: Mutex<Vec<SeenRequest>>,
    connections: AtomicUsize,
}

/// An npm registry on loopback, with its own thread; it stops when dropped.
pub struct FixtureServer {
    state: Arc<State>,
    running: Loopback,
}

impl FixtureServer {
    /// Starts a server on a free port.
    ///
    /// # Panics
    /// When loopback has no free port.
    pub fn start(options: ServerOptions) -> Self {
        let (listener, address) = loopback::bind();
        let folder = options
            .serve_folder
            .then(|| FolderRegistry::new(packages_dir()));
        let acceptor = options.tls.as_ref().map(Tls::acceptor);
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let host = options.host.as_deref().unwrap_or("127.0.0.1");
        let state = Arc::new(State {
            origin: format!("{scheme}://{host}:{}", address.port()),
            acceptor,
            options,
            packages: Mutex::new(Packages::new(folder)),
            rules: Mutex::new(Vec::new()),
            seen: Mutex::new(Vec::new()),
            connections: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let handle = move |stream| connection(stream, Arc::clone(&shared));
        Self {
            state,
            running: Loopback::serve(listener, address, handle),
        }
    }

    /// The registry's address, with a slash at the end.
    pub fn url(&self) -> String {
        format!("{}/", self.state.origin)
    }

    /// The address of the socket.
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Publishes a version: `fields` go into its `package.json`, `files` beside it.
    pub fn publish(&self, name: &str, version: &str, fields: Value, files: &[(&str, &str)]) {
        let mut manifest = json!({"name": name, "version": version});
        if let (Some(manifest), Value::Object(fields)) = (manifest.as_object_mut(), fields) {
            manifest.extend(fields);
        }
        lock(&self.state.packages).publish(&manifest, files);
    }

    /// Changes the full packument of a published package; a tarball's address that begins with a
    /// slash gets the server's in front.
    pub fn edit_packument(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        edit(lock(&self.state.packages).edit(name));
    }

    /// Moves a dist-tag.
    pub fn tag(&self, name: &str, tag: &str, version: &str) {
        self.edit_packument(name, |packument| {
            packument["dist-tags"][tag] = json!(version);
        });
    }

    /// Serves other bytes at a tarball's path from now on.
    pub fn set_tarball(&self, path: &str, bytes: Vec<u8>) {
        lock(&self.state.packages).set_tarball(path, bytes);
    }

    /// Serves headers of Node.js below `/dist`, with the list of their hash.
    pub fn publish_headers(&self, version: &str, files: &[(&str, &str)]) {
        lock(&self.state.packages).publish_headers(version, files);
    }

    /// Misbehaves for the next `times` requests of `path`; one that ends with `*` is a prefix.
    pub fn fault(&self, path: &str, times: u32, fault: Fault) {
        lock(&self.state.rules).push(Rule {
            path: path.to_owned(),
            fault,
            left: times,
        });
    }

    /// Behaves again.
    pub fn clear_faults(&self) {
        lock(&self.state.rules).clear();
    }

    /// Every request so far, in the order of arrival.
    pub fn requests(&self) -> Vec<SeenRequest> {
        lock(&self.state.seen).clone()
    }

    /// How many requests came for exactly `path`.
    pub fn count(&self, path: &str) -> usize {
        lock(&self.state.seen)
            .iter()
            .filter(|request| request.path == path)
            .count()
    }

    /// How many requests came, by path.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for request in lock(&self.state.seen).iter() {
            *counts.entry(request.path.clone()).or_default() += 1;
        }
        counts
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.state.seen).clear();
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn connection(stream: TcpStream, state: Arc<State>) -> std::io::Result<()> {
    let open = state.connections.fetch_add(1, Ordering::SeqCst);
    let most = state.options.most_connections.unwrap_or(usize::MAX);
    let served = if open < most {
        serve(stream, &state).await
    } else {
        Ok(())
    };
    state.connections.fetch_sub(1, Ordering::SeqCst);
    served
}

/// Serves a connection to its end, after the handshake where there is one.
async fn serve(stream: TcpStream, state: &Arc<State>) -> std::io::Result<()> {
    let Some(acceptor) = &state.acceptor else {
        return serve_http1(stream, state, false).await;
    };
    let stream = match acceptor.accept(stream).into_fallible().await {
        Ok(stream) => stream,
        Err((_, stream)) => return hang_up(stream).await,
    };
    let (_, tls) = stream.get_ref();
    let has_certificate = tls.peer_certificates().is_some();
    if tls.alpn_protocol() == Some(b"h2") {
        http2::serve(stream, state, has_certificate).await
    } else {
        serve_http1(stream, state, has_certificate).await
    }
}

/// Ends a connection so that what was said last still arrives: closing with something unread would not.
async fn hang_up(mut stream: TcpStream) -> std::io::Result<()> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}

async fn serve_http1(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    state: &State,
    has_client_certificate: bool,
) -> std::io::Result<()> {
    while let Some(mut request) = wire::read_request(&mut stream).await {
        request.has_client_certificate = has_client_certificate;
        let (answer, fault) = exchange(state, request).await;
        if wire::write(&mut stream, answer, fault).await? == Connection::Close {
            break;
        }
    }
    Ok(())
}

/// Notes a request, waits as told, and makes its answer, still without the damage that is done to it.
pub(crate) async fn exchange(state: &State, request: SeenRequest) -> (Answer, Option<Fault>) {
    lock(&state.seen).push(request.clone());
    let fault = take_fault(state, &request.path);
    if let Some(pause) = pause(state, &request.path, fault.as_ref()) {
        tokio::time::sleep(pause).await;
    }
    (answer(state, &request, fault.as_ref()), fault)
}

fn take_fault(state: &State, path: &str) -> Option<Fault> {
    let mut rules = lock(&state.rules);
    let rule = rules
        .iter_mut()
        .find(|rule| rule.left > 0 && rule.is_for(path))?;
    rule.left -= 1;
    Some(rule.fault.clone())
}

fn pause(state: &State, path: &str, fault: Option<&Fault>) -> Option<Duration> {
    if let Some(Fault::Delay(pause)) = fault {
        return Some(*pause);
    }
    let (seed, longest) = state.options.shuffle?;
    let mut hasher = std::hash::DefaultHasher::new();
    (seed, path).hash(&mut hasher);
    let share = u32::try_from(hasher.finish() % 100).unwrap_or_default();
    Some(longest * share / 100)
}

fn answer(state: &State, request: &SeenRequest, fault: Option<&Fault>) -> Answer {
    let plain = |status, body: &str| Answer::new(status, "text/plain", body.as_bytes().to_vec());
    match fault {
        Some(Fault::Status { status, body }) => return plain(*status, body),
        Some(Fault::RetryAfter { status, seconds }) => {
            return plain(*status, "later").with("retry-after", &seconds.to_string());
        }
        Some(Fault::Html) => {
            let page = b"<!DOCTYPE html><title>Sign in</title>".to_vec();
            return Answer::new(200, "text/html", page);
        }
        Some(Fault::Redirect { status, location }) => {
            return plain(*status, "").with("location", location);
        }
        Some(Fault::NotModified) => return plain(304, ""),
        _ => {}
    }
    if !is_authorized(&state.options, request) {
        return plain(401, "who are you?");
    }
    let proper = proper(state, request);
    match fault {
        Some(Fault::Body(body)) => Answer::new(200, "application/json", body.clone()),
        Some(Fault::FreshBody(body)) => {
            Answer::new(200, "application/json", body.clone()).with("cache-control", "max-age=300")
        }
        Some(Fault::BrokenGzip) => {
            let mut body = wire::gzip(&proper.body);
            body.truncate(body.len() / 2);
            Answer::new(200, "application/json", body).with("content-encoding", "gzip")
        }
        Some(Fault::Header(name, value)) => proper.with(name, value),
        Some(Fault::ManyHeaders(count)) => {
            (0..*count).fold(proper, |answer, n| answer.with(&format!("x-{n}"), "y"))
        }
        _ => proper.gzip_for(request),
    }
}

fn is_authorized(options: &ServerOptions, request: &SeenRequest) -> bool {
    let wanted = match (&options.bearer, &options.basic) {
        (Some(token), _) => format!("Bearer {token}"),
        (None, Some(pair)) => format!("Basic {}", STANDARD.encode(pair)),
        (None, None) => return true,
    };
    request.header("authorization") == Some(wanted.as_str())
}

/// What a well-behaved registry answers.
fn proper(state: &State, request: &SeenRequest) -> Answer {
    let path = request.path.split('?').next().unwrap_or_default();
    if request.method != "GET" {
        return Answer::new(405, "application/json", b"{}".to_vec());
    }
    if path == "/-/ping" {
        return Answer::new(200, "application/json", b"{}".to_vec());
    }
    if path.ends_with(".tgz") || path.starts_with("/dist/") {
        let path = path.replace("%2f", "/").replace("%2F", "/");
        return match lock(&state.packages).tarball(&path) {
            Some(tarball) => Answer::new(200, "application/octet-stream", tarball),
            None => Answer::new(
                404,
                "application/json",
                b"{\"error\":\"Not found\"}".to_vec(),
            ),
        };
    }
    let name = path[1..].replace("%2f", "/").replace("%2F", "/");
    let packument = lock(&state.packages).packument(&name, &state.origin);
    match packument {
        Some(packument) => packument_answer(state, request, &packument),
        None => Answer::new(
            404,
            "application/json",
            b"{\"error\":\"Not found\"}".to_vec(),
        ),
    }
}

fn packument_answer(state: &State, request: &SeenRequest, packument: &Value) -> Answer {
    let accepted = request.header("accept").unwrap_or_default();
    let (content_type, body) = if accepted.contains(ABBREVIATED_TYPE) {
        (ABBREVIATED_TYPE, abbreviate(packument).to_string())
    } else {
        ("application/json", packument.to_string())
    };
    let mut hasher = std::hash::DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = format!("\"{:016x}\"", hasher.finish());
    let is_known = request.header("if-none-match") == Some(etag.as_str());
    let answer = if is_known {
        Answer::new(304, content_type, Vec::new())
    } else {
        Answer::new(200, content_type, body.into_bytes())
    };
    let answer = answer.with("etag", &etag);
    match &state.options.cache_control {
        Some(value) => answer.with("cache-control", value),
        None => answer,
    }
}
