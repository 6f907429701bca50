//! The client against a server that misbehaves, on loopback.

#![expect(
    clippy::unwrap_used,
    reason = "a failure of the set-up is a failure of the test"
)]

mod cache;
mod credentials;
mod failures;
mod folder;
mod packuments;
mod proxies;
mod setup;
mod tarballs;
mod tls;
mod tunnels;
