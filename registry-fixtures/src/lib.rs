//! A registry of small packages of our own, served from a folder or over HTTP.
//!
//! The folder `packages` is a folder registry as it stands. [`FixtureServer`] serves the same
//! packages on loopback, as an npm registry would, and misbehaves on request.

mod fault;
mod packages;
mod request;
mod server;
mod wire;

use std::path::PathBuf;

pub use fault::Fault;
pub use request::SeenRequest;
pub use server::{FixtureServer, ServerOptions};

/// The folder with the packages: a folder registry.
pub fn packages_dir() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/packages"))
}

#[cfg(test)]
mod tests;
