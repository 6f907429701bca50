//! A client with short patience, and what a test asks of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use pkg_manifest::{Dist, PackageName, Packument, Version};
use pkg_registry::{
    Access, CredentialsError, Detail, Freshness, Network, Registry, RegistryError, RegistryEvent,
    RegistryOptions, RetryPolicy, Tarball, Timeouts,
};
use pkg_registry_fixtures::{FixtureServer, ServerOptions};
use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;
use url::Url;

/// Credentials for addresses that begin so.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    pub(crate) registry: String,
    pub(crate) credentials: Vec<(String, String)>,
    /// Addresses with TLS settings of their own, by how they begin.
    pub(crate) tls: Vec<String>,
}

impl Access for Settings {
    fn registry(&self, _name: &PackageName) -> Option<Url> {
        self.registry.parse().ok()
    }

    fn authorization(&self, url: &Url) -> Result<Option<SecretString>, CredentialsError> {
        let mut credentials = self.credentials.iter();
        let found = credentials.find(|(prefix, _)| url.as_str().starts_with(prefix));
        Ok(found.map(|(_, header)| header.clone().into()))
    }

    fn tls(&self, url: &Url) -> Option<usize> {
        let mut prefixes = self.tls.iter();
        prefixes.position(|prefix| url.as_str().starts_with(prefix))
    }
}

/// A client with its cache, its clock and what it reported.
pub(crate) struct Client {
    pub(crate) options: RegistryOptions,
    pub(crate) cache: Arc<TempDir>,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) events: Arc<Mutex<Vec<RegistryEvent>>>,
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Self {
        let cache = Arc::new(tempfile::tempdir().unwrap());
        let clock = Arc::new(AtomicU64::new(1_700_000_000));
        let events = Arc::new(Mutex::new(Vec::new()));
        let mut options = RegistryOptions::new(Arc::new(settings), cache.path().to_path_buf());
        options.timeouts = Timeouts {
            connect: Duration::from_secs(5),
            response: Duration::from_secs(10),
            idle: Duration::from_secs(10),
            speed_window: Duration::from_secs(10),
            bytes_a_window: 1024,
        };
        options.retry = RetryPolicy {
            tries: 3,
            waits: vec![Duration::from_millis(1)],
            retry_after_cap: Duration::from_millis(40),
            budget: Duration::from_secs(20),
        };
        let now = Arc::clone(&clock);
        options.clock =
            Arc::new(move || UNIX_EPOCH + Duration::from_secs(now.load(Ordering::SeqCst)));
        let heard = Arc::clone(&events);
        options.on_event = Arc::new(move |event| heard.lock().unwrap().push(event));
        Self {
            options,
            cache,
            clock,
            events,
        }
    }

    /// A client of one server, without credentials.
    pub(crate) fn of(server: &FixtureServer) -> Self {
        Self::new(Settings {
            registry: server.url(),
            ..Settings::default()
        })
    }

    /// One that waits only briefly for the next bytes, for servers that stall.
    pub(crate) fn impatient(server: &FixtureServer) -> Self {
        let mut client = Self::of(server);
        client.options.timeouts.idle = Duration::from_millis(150);
        client
    }

    /// As another process with the same cache would begin.
    pub(crate) fn registry(&self) -> Registry {
        Registry::new(self.options.clone())
    }

    pub(crate) fn offline(&self, network: Network) -> Registry {
        let mut options = self.options.clone();
        options.network = network;
        Registry::new(options)
    }

    pub(crate) fn packument(&self, name: &str) -> Result<Arc<Packument>, RegistryError> {
        packument(&self.registry(), name)
    }

    pub(crate) fn tarball(&self, url: &str) -> Result<Tarball, RegistryError> {
        let registry = self.registry();
        let dist = dist(url);
        block_on(async {
            registry
                .tarball(&name("greet"), &dist, Freshness::Cached)
                .await
        })
    }
}

/// A server with one package, `greet@1.0.0`.
pub(crate) fn server(options: ServerOptions) -> FixtureServer {
    let server = FixtureServer::start(ServerOptions {
        serve_folder: false,
        ..options
    });
    server.publish("greet", "1.0.0", json!({}), &[("index.js", "")]);
    server
}

pub(crate) const TARBALL: &str = "/greet/-/greet-1.0.0.tgz";

pub(crate) fn tarball_url(server: &FixtureServer) -> String {
    format!("http://{}{TARBALL}", server.address())
}

pub(crate) fn packument(registry: &Registry, text: &str) -> Result<Arc<Packument>, RegistryError> {
    block_on(registry.packument(&name(text), Detail::Abbreviated))
}

pub(crate) fn dist(url: &str) -> Dist {
    Dist {
        tarball: url.parse().unwrap(),
        integrity: None,
        unpacked_size: None,
        file_count: None,
    }
}

pub(crate) fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

pub(crate) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// The code, the message and the help, as a person would see them.
pub(crate) fn shown(error: &RegistryError) -> String {
    use miette::Diagnostic as _;
    let text = |part: Option<Box<dyn std::fmt::Display + '_>>| {
        part.map(|part| part.to_string()).unwrap_or_default()
    };
    format!(
        "{}: {error}\n{}\n{error:?}",
        text(error.code()),
        text(error.help())
    )
}
