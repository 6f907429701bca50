//! A registry of small packages of our own, served from a folder or over HTTP.
//!
//! The folder `packages` is a folder registry as it stands. [`FixtureServer`] serves the same
//! packages on loopback, as an npm registry would, with TLS and HTTP/2 where a test wants them, and
//! misbehaves on request. [`ProxyServer`] stands before it.

mod authority;
mod fault;
mod http2;
mod loopback;
mod packages;
mod proxy;
mod request;
mod server;
mod tls;
mod wire;

use std::path::PathBuf;

pub use authority::{Authority, Identity};
pub use fault::Fault;
pub use proxy::{ProxyOptions, ProxyServer};
pub use request::{Protocol, SeenRequest};
pub use server::{FixtureServer, ServerOptions};
pub use tls::{Protocols, Tls};

/// The folder with the packages: a folder registry.
pub fn packages_dir() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/packages"))
}

#[cfg(test)]
mod tests;
