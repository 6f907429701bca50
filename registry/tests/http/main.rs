//! The client against a server that misbehaves, on loopback.

mod cache;
mod credentials;
mod failures;
mod folder;
mod packuments;
mod setup;
mod tarballs;
