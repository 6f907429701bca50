//! `.npmrc`: registries, credentials, TLS and proxies.
//!
//! A file that comes with a project is not trusted as the user's own is. It may say which registries the
//! project uses, literally. It never reads a variable of the environment into anything that is sent, and
//! it says nothing about TLS, proxies and programs that print tokens.

mod address_tls;
mod builder;
mod config;
mod credentials;
mod ini;
mod layer;
mod network;
mod placeholder;
mod registry_url;
#[cfg(test)]
mod tests;

pub use address_tls::{AddressTls, DeclaredFile, Pem};
pub use config::{NpmrcError, RegistryConfig};
pub use credentials::credential_key;
pub use ini::parse_ini;
pub use layer::{ConfigLayer, ConfigSource};
pub use network::NETWORK_KEYS;
pub use placeholder::expand;
pub use registry_url::{RegistryUrl, RegistryUrlError};
