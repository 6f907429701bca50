//! What a registry client is told when it is made.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pkg_manifest::PackageName;
use secrecy::SecretString;
use url::Url;

use crate::access::Access;
use crate::error::TransientCause;
use crate::shown::ShownUrl;

/// How much of a packument is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Detail {
    /// What an installation needs.
    Abbreviated,
    /// Everything, publish times among it.
    Full,
}

/// Whether an answer of a cache on the way is welcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Caches may answer, as HTTP allows.
    Cached,
    /// Every cache on the way is asked to go to the origin: after a damaged answer.
    Bypass,
}

/// Whether the network may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Online,
    /// A packument on this machine counts as fresh, however old it is.
    PreferOffline,
    /// No request is sent at all.
    Offline,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection, with its TLS handshake.
    pub connect: Duration,
    /// For the head of an answer.
    pub response: Duration,
    /// For the next bytes of a body.
    pub idle: Duration,
    /// The window over which [`Timeouts::bytes_a_window`] are expected.
    pub speed_window: Duration,
    /// The fewest bytes in a window that count as progress.
    pub bytes_a_window: u64,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            response: Duration::from_secs(60),
            idle: Duration::from_secs(30),
            speed_window: Duration::from_secs(60),
            bytes_a_window: 60 * 1024,
        }
    }
}

/// When a failed request is sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is sent in all.
    pub tries: u32,
    /// The waits before the second, third … try; the last one serves for all later ones.
    /// Each is varied by a quarter up or down.
    pub waits: Vec<Duration>,
    /// The longest wait that a server may ask for.
    pub retry_after_cap: Duration,
    /// After this time since the first try no further one begins.
    pub budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 3,
            waits: [200, 1000, 4000].map(Duration::from_millis).to_vec(),
            retry_after_cap: Duration::from_secs(60),
            budget: Duration::from_secs(120),
        }
    }
}

/// How much happens at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    /// Requests for packuments at once.
    pub packuments: usize,
    /// Requests for tarballs at once.
    pub tarballs: usize,
    /// Bytes of tarballs that are on their way or not yet dropped by the caller.
    pub bytes_in_flight: u32,
    /// Threads that decode packuments and read and write their cache.
    pub workers: usize,
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            packuments: 64,
            tarballs: 64,
            bytes_in_flight: 64 << 20,
            workers: 2,
        }
    }
}

/// How connections are made.
#[derive(Debug, Clone, Default)]
pub struct Connections {
    /// The proxy for `http:` addresses.
    pub http_proxy: Option<Url>,
    /// The proxy for `https:` addresses.
    pub https_proxy: Option<Url>,
    /// Hosts that are reached without a proxy, separated by commas.
    pub no_proxy: Option<String>,
    /// Certificates that are trusted besides the system's.
    pub authorities: Vec<Pem>,
    /// Whether certificates are checked at all.
    pub certificates: Certificates,
    /// What differs for some addresses: [`Access::tls`] says for which.
    pub addresses: Vec<AddressTls>,
}

/// Something in PEM. It may be a key, so a text cannot be printed.
#[derive(Debug, Clone)]
pub enum Pem {
    File(PathBuf),
    Text {
        /// What a message calls it.
        setting: String,
        text: SecretString,
    },
}

/// What differs for the addresses of one server.
#[derive(Debug, Clone, Default)]
pub struct AddressTls {
    /// Certificates that are trusted there besides those that are trusted everywhere.
    pub authorities: Vec<Pem>,
    /// The certificate that is shown there, and its key.
    pub identity: Option<(Pem, Pem)>,
}

/// Whether the certificates of servers are checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Certificates {
    #[default]
    Check,
    /// `strict-ssl=false`, which only the user may say.
    Ignore,
}

/// What happens while packages are fetched.
#[derive(Debug, Clone)]
pub enum RegistryEvent {
    /// A packument was had.
    Packument {
        name: PackageName,
        source: PackumentSource,
    },
    /// A tarball was had.
    Tarball { url: ShownUrl, bytes: u64 },
    /// A request failed and will be sent again.
    Retrying {
        url: ShownUrl,
        cause: TransientCause,
        wait: Duration,
    },
    /// The cache could not be written: everything works, but the next time is slower.
    CacheNotWritten { reason: String },
}

/// Where a packument came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackumentSource {
    /// From this machine without a request.
    Cache,
    /// From this machine after the registry said that nothing changed.
    NotModified,
    /// From the registry.
    Fetched,
    /// From a folder registry.
    Folder,
}

/// Hears of what happens; called on any thread.
pub type OnEvent = Arc<dyn Fn(RegistryEvent) + Send + Sync>;

/// Tells the time: the system's in the program, a fixed one in tests.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Everything that a [`crate::Registry`] needs to know.
#[derive(Clone)]
pub struct RegistryOptions {
    /// Which registry serves which package, and with which credentials.
    pub access: Arc<dyn Access>,
    /// The folder for packuments; made when needed, and safe to delete at any time.
    pub cache_dir: PathBuf,
    pub network: Network,
    pub user_agent: String,
    pub concurrency: Concurrency,
    pub timeouts: Timeouts,
    pub retry: RetryPolicy,
    pub connections: Connections,
    pub clock: Clock,
    pub on_event: OnEvent,
}

impl RegistryOptions {
    /// The usual options: online, the system's clock, nobody listening.
    pub fn new(access: Arc<dyn Access>, cache_dir: PathBuf) -> Self {
        Self {
            access,
            cache_dir,
            network: Network::Online,
            user_agent: concat!("pkg/", env!("CARGO_PKG_VERSION")).to_owned(),
            concurrency: Concurrency::default(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            connections: Connections::default(),
            clock: Arc::new(SystemTime::now),
            on_event: Arc::new(|_| {}),
        }
    }
}
