//! A proxy on loopback: it forwards plain requests and opens tunnels, to where a test says.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use crate::loopback::{self, Loopback};
use crate::request::SeenRequest;
use crate::server::lock;
use crate::wire;

/// How the proxy is set up.
#[derive(Debug, Clone, Default)]
pub struct ProxyOptions {
    /// Where a host stands, `host:port` by address. All others are refused with 502.
    pub routes: Vec<(String, SocketAddr)>,
    /// Demanded as `user:password`, else 407.
    pub credentials: Option<String>,
}

struct State {
    options: ProxyOptions,
    seen: Mutex<Vec<SeenRequest>>,
}

/// A proxy with its own thread; it stops when dropped.
pub struct ProxyServer {
    state: Arc<State>,
    running: Loopback,
}

impl ProxyServer {
    /// Starts a proxy on a free port.
    ///
    /// # Panics
    /// When loopback has no free port.
    pub fn start(options: ProxyOptions) -> Self {
        let (listener, address) = loopback::bind();
        let state = Arc::new(State {
            options,
            seen: Mutex::new(Vec::new()),
        });
        let shared = Arc::clone(&state);
        let handle = move |stream| serve(stream, Arc::clone(&shared));
        Self {
            state,
            running: Loopback::serve(listener, address, handle),
        }
    }

    /// Its address, without credentials.
    pub fn url(&self) -> String {
        format!("http://{}/", self.running.address())
    }

    /// Its address with these credentials, `user:password`.
    pub fn url_with(&self, credentials: &str) -> String {
        format!("http://{credentials}@{}/", self.running.address())
    }

    /// Every request so far: of a tunnel the `CONNECT`, and of nothing that went through it.
    pub fn requests(&self) -> Vec<SeenRequest> {
        lock(&self.state.seen).clone()
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) -> io::Result<()> {
    let Some(request) = wire::read_request(&mut stream).await else {
        return Ok(());
    };
    lock(&state.seen).push(request.clone());
    if !is_authorized(&state.options, &request) {
        let refusal = "407 Proxy Authentication Required\r\nproxy-authenticate: Basic";
        return refuse(&mut stream, refusal).await;
    }
    let target = match request.method.as_str() {
        "CONNECT" => Some(request.path.as_str()),
        _ => request.path.strip_prefix("http://"),
    };
    let host = target.and_then(|target| target.split('/').next());
    let Some(address) = host.and_then(|host| route(&state.options, host)) else {
        return refuse(&mut stream, "502 Bad Gateway").await;
    };
    let mut onward = TcpStream::connect(address).await?;
    if request.method == "CONNECT" {
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
    } else {
        onward.write_all(&forwarded(&request)).await?;
    }
    copy_bidirectional(&mut stream, &mut onward).await?;
    Ok(())
}

async fn refuse(stream: &mut TcpStream, status: &str) -> io::Result<()> {
    let refusal = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(refusal.as_bytes()).await
}

fn is_authorized(options: &ProxyOptions, request: &SeenRequest) -> bool {
    let Some(credentials) = &options.credentials else {
        return true;
    };
    let wanted = format!("Basic {}", STANDARD.encode(credentials));
    request.header("proxy-authorization") == Some(wanted.as_str())
}

fn route(options: &ProxyOptions, host: &str) -> Option<SocketAddr> {
    let mut routes = options.routes.iter();
    routes
        .find(|(known, _)| known == host)
        .map(|(_, address)| *address)
}

/// The request as the server behind the proxy gets it: without what was for the proxy, one a connection.
fn forwarded(request: &SeenRequest) -> Vec<u8> {
    let path = request.path.strip_prefix("http://").unwrap_or_default();
    let path = path.find('/').map_or("/", |slash| &path[slash..]);
    let mut head = format!(
        "{} {path} HTTP/1.1\r\nconnection: close\r\n",
        request.method
    );
    for (name, value) in &request.headers {
        if !matches!(name.as_str(), "proxy-authorization" | "connection") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    head.push_str("\r\n");
    [head.as_bytes(), &request.body].concat()
}
