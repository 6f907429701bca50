//! Why a packument or a tarball could not be had.

use std::path::PathBuf;
use std::sync::Arc;

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FsError};
use pkg_manifest::PackageName;
use thiserror::Error;

use crate::access::CredentialsError;
use crate::shown::{Excerpt, ShownUrl};
use crate::trust::TrustProblem;

/// What kind of failure it is: decides who may try again and what the exit code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// The network or the server failed, also when tried again.
    Transient,
    /// The server has no such thing.
    NotFound,
    /// The server wants other credentials.
    Auth,
    /// A rule of ours forbids it.
    Policy,
    /// The answer is damaged or is not what was asked for.
    Corrupt,
    /// This machine failed.
    Local,
    /// It would need the network, which is switched off.
    Offline,
}

/// A failure of a registry. Cheap enough to clone for everybody who waits for one answer.
///
/// Addresses are shown without credentials and query, texts of servers escaped and short.
#[derive(Debug, Clone, Error, Diagnostic)]
pub enum RegistryError {
    /// Every try failed in a way that might have gone away.
    #[error("cannot fetch {url}: {cause} ({tries} {})", if *tries == 1 { "try" } else { "tries" })]
    #[diagnostic(code(ERR_PKG_FETCH_FAILED), help("{}", advice(cause, *host_failures)))]
    Exhausted {
        url: ShownUrl,
        /// How often the request was sent.
        tries: u32,
        /// What went wrong the last time.
        cause: TransientCause,
        /// How many requests to this host failed so far in this run.
        host_failures: u32,
    },
    /// The registry does not know the package or the tarball.
    #[error(
        "{what} is not in the registry: {url} answered {status}{}",
        colon(excerpt)
    )]
    #[diagnostic(
        code(ERR_PKG_NOT_FOUND),
        help("check the name; a private package also looks like this without credentials")
    )]
    NotFound {
        /// The package, as a message names it.
        what: String,
        url: ShownUrl,
        status: u16,
        excerpt: Excerpt,
    },
    /// The registry wants credentials, or others than it got.
    #[error("{url} asks for authentication (401){}", colon(excerpt))]
    #[diagnostic(
        code(ERR_PKG_FETCH_UNAUTHORIZED),
        help("{}", if *sent_credentials { "the credentials for this registry were refused: log in again" } else { "no credentials are configured for this address: log in, or set `//host/:_authToken` in your user's .npmrc" })
    )]
    Unauthorized {
        url: ShownUrl,
        /// Whether the request had credentials.
        sent_credentials: bool,
        excerpt: Excerpt,
    },
    /// The registry knows who asks and refuses.
    #[error("{url} refuses access (403){}", colon(excerpt))]
    #[diagnostic(
        code(ERR_PKG_FETCH_FORBIDDEN),
        help("your account may lack the right to this package, or a proxy forbids it")
    )]
    Forbidden { url: ShownUrl, excerpt: Excerpt },
    /// A status that is no answer to the question and will not change.
    #[error("{url} answered {status}, which is no answer{}", colon(excerpt))]
    #[diagnostic(code(ERR_PKG_FETCH_STATUS))]
    Status {
        url: ShownUrl,
        status: u16,
        excerpt: Excerpt,
    },
    /// A rule forbids the request, or the next hop of a redirect.
    #[error("{url} is not fetched: {reason}")]
    #[diagnostic(code(ERR_PKG_FETCH_REFUSED))]
    Refused { url: ShownUrl, reason: String },
    /// The secure connection could not be trusted, which trying again does not change.
    #[error("the connection to {url} cannot be trusted: {problem}")]
    #[diagnostic(code(ERR_PKG_FETCH_TLS), help("{}", problem.advice()))]
    Tls {
        url: ShownUrl,
        problem: TrustProblem,
    },
    /// A program should have printed the credentials and did not.
    #[error("no credentials for {url}: {error}")]
    #[diagnostic(
        code(ERR_PKG_TOKEN_HELPER),
        help("run it by hand: it prints the token alone and exits with 0")
    )]
    Credentials {
        url: ShownUrl,
        error: CredentialsError,
    },
    /// Something else than JSON came, as from a login page or a proxy.
    #[error("{url} is not JSON but {content_type}: {start}")]
    #[diagnostic(
        code(ERR_PKG_FETCH_NOT_JSON),
        help("a proxy or a login page may stand between you and the registry")
    )]
    NotJson {
        url: ShownUrl,
        content_type: Excerpt,
        start: Excerpt,
    },
    /// The answer is damaged, too large or about another package.
    #[error("the answer of {url} is unusable: {reason}")]
    #[diagnostic(code(ERR_PKG_FETCH_CORRUPT))]
    Corrupt { url: ShownUrl, reason: String },
    /// It is not on this machine, and the network is switched off.
    #[error("{what} is not on this machine, and the network is switched off")]
    #[diagnostic(code(ERR_PKG_OFFLINE_MISSING), help("run once without `--offline`"))]
    OfflineMissing {
        /// The packument or the tarball, as a message names it.
        what: String,
    },
    /// No registry is configured for the package.
    #[error("no registry is configured for `{name}`")]
    #[diagnostic(
        code(ERR_PKG_NO_REGISTRY),
        help("set `registry=` or `@scope:registry=` in .npmrc, or pass `--registry`")
    )]
    NoRegistry { name: PackageName },
    /// A folder registry or a setting holds something unusable.
    #[error("`{}` is unusable: {reason}", DisplayPath(path))]
    #[diagnostic(code(ERR_PKG_REGISTRY_SETUP))]
    Setup { path: PathBuf, reason: String },
    /// A file of this machine could not be read.
    #[error(transparent)]
    #[diagnostic(code(ERR_PKG_REGISTRY_FILE))]
    Local(#[from] Arc<FsError>),
}

impl RegistryError {
    /// The kind of failure.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Exhausted { .. } => ErrorClass::Transient,
            Self::NotFound { .. } => ErrorClass::NotFound,
            Self::Unauthorized { .. } | Self::Forbidden { .. } | Self::Credentials { .. } => {
                ErrorClass::Auth
            }
            Self::Refused { .. } | Self::Tls { .. } => ErrorClass::Policy,
            Self::Status { .. } | Self::NotJson { .. } | Self::Corrupt { .. } => {
                ErrorClass::Corrupt
            }
            Self::OfflineMissing { .. } => ErrorClass::Offline,
            Self::NoRegistry { .. } | Self::Setup { .. } | Self::Local(_) => ErrorClass::Local,
        }
    }
}

impl From<FsError> for RegistryError {
    fn from(error: FsError) -> Self {
        Self::Local(Arc::new(error))
    }
}

/// What went wrong in one try, of the kind that may be gone at the next.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransientCause {
    /// No connection came about.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The server said nothing for too long.
    #[error("nothing came for {milliseconds} ms")]
    Idle { milliseconds: u128 },
    /// The server spoke, but far too slowly.
    #[error("only {bytes} bytes came in {milliseconds} ms")]
    Slow { bytes: u64, milliseconds: u128 },
    /// The server asked to come back later.
    #[error("the server answered {0}")]
    Status(u16),
}

fn colon(excerpt: &Excerpt) -> String {
    if excerpt.is_empty() {
        String::new()
    } else {
        format!(": {excerpt}")
    }
}

fn advice(cause: &TransientCause, host_failures: u32) -> String {
    let advice = match cause {
        TransientCause::Connect(_) => {
            "check the network, the proxy and the registry's address; `--offline` uses what is on \
             this machine"
        }
        TransientCause::Broken(_) | TransientCause::Idle { .. } | TransientCause::Slow { .. } => {
            "the network or the server is unsteady; what was fetched is kept, so run again"
        }
        TransientCause::Status(429) => "the server limits the rate of requests: wait, run again",
        TransientCause::Status(_) => "the server has trouble: run again later",
    };
    if host_failures > 1 {
        format!("{advice} ({host_failures} requests to this host failed in this run)")
    } else {
        advice.to_owned()
    }
}
