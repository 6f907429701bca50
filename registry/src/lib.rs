//! HTTP and folder registries: packuments and tarballs.
//!
//! Laws: nothing but this crate speaks HTTP; one function attaches credentials, anew for each hop;
//! what a server says reaches a message only escaped and short; memory and time are bounded
//! whatever the server does. The runtime is the caller's, and one thread of it suffices.

mod access;
mod cache;
mod client;
mod clock;
mod decode;
mod document;
mod error;
mod folder;
mod http;
mod known;
pub mod limits;
mod options;
mod packument;
mod registry;
mod retry;
mod shown;
mod single_flight;
mod slots;
mod tarball;
mod trust;
mod workers;

pub use access::{Access, CredentialsError, conventional_tarball_url};
pub use error::{ErrorClass, RegistryError, TransientCause};
pub use folder::{FolderRegistry, PackedFile, list_files, pack_directory, pack_files};
pub use options::{
    AddressTls, Certificates, Clock, Concurrency, Connections, Detail, Freshness, Network, OnEvent,
    PackumentSource, Pem, RegistryEvent, RegistryOptions, RetryPolicy, Timeouts,
};
pub use registry::Registry;
pub use shown::{Excerpt, ShownUrl};
pub use tarball::Tarball;
pub use trust::TrustProblem;
