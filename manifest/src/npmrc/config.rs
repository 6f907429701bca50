//! All layers together: what the client of the registry needs to know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use miette::Diagnostic;
use secrecy::SecretString;
use thiserror::Error;
use url::{Origin, Url};

use super::{
    ConfigLayer, RegistryUrl, RegistryUrlError,
    address_tls::{AddressTls, AddressTlsTable, DeclaredFile},
    builder::Builder,
    credentials::{Credentials, is_loopback},
    network::Network,
};
use crate::PackageName;

/// Registries, credentials, TLS and proxies of all layers. It holds secrets, so it cannot be printed.
#[derive(Clone, Default)]
pub struct RegistryConfig {
    pub(super) default_registry: Option<RegistryUrl>,
    pub(super) scopes: BTreeMap<String, RegistryUrl>,
    pub(super) credentials: Credentials,
    pub(super) network: Network,
    pub(super) address_tls: AddressTlsTable,
    /// Plain-http origins that the user's own settings name as a registry.
    plain_http: BTreeSet<String>,
    pub(super) other: Vec<ConfigLayer>,
}

/// A setting that cannot be ignored.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum NpmrcError {
    /// A registry's address is none.
    #[error("`{}` in {} is {source}", key.escape_debug(), origin.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_INVALID_REGISTRY),
        help("write `https://HOST/` or `file:DIRECTORY`")
    )]
    Registry {
        /// The key.
        key: String,
        /// The layer's `shown_origin`.
        origin: String,
        /// What is wrong with the value.
        source: RegistryUrlError,
    },
    /// A project's registry would send a variable of the environment away.
    #[error(
        "`{}` in {} reads a variable of the environment, which a project's file must not",
        key.escape_debug(),
        origin.escape_debug()
    )]
    #[diagnostic(
        code(ERR_PKG_PROJECT_PLACEHOLDER),
        help("write the address out, or move the line to the user's own `.npmrc`")
    )]
    ProjectPlaceholder {
        /// The key.
        key: String,
        /// The layer's `shown_origin`.
        origin: String,
    },
    /// A registry's address reads a variable that is not set.
    #[error("`{}` in {} reads a variable that is not set", key.escape_debug(), origin.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_UNSET_VARIABLE),
        help("set the variable, or write the address out")
    )]
    UnsetVariable {
        /// The key.
        key: String,
        /// The layer's `shown_origin`.
        origin: String,
    },
}

impl RegistryConfig {
    /// Puts the layers together; the stronger source wins, and of one source the later layer.
    /// `environment` finds variables, for `${NAME}` and the usual proxy variables.
    ///
    /// The warnings say what is ignored and why. They never hold a value.
    ///
    /// # Errors
    /// [`NpmrcError`] for a registry's address that cannot be used: packages must not come from another
    /// registry instead.
    pub fn build(
        layers: &[ConfigLayer],
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(Self, Vec<String>), NpmrcError> {
        let mut ordered: Vec<&ConfigLayer> = layers.iter().collect();
        ordered.sort_by_key(|layer| layer.source);
        let mut builder = Builder::new(environment);
        for layer in ordered {
            builder.add_layer(layer)?;
        }
        Ok(builder.finish())
    }

    /// The registry that a package comes from: its scope's, else the default one.
    pub fn registry_for(&self, name: &PackageName) -> Option<&RegistryUrl> {
        let of_scope = name.scope().and_then(|scope| self.scopes.get(scope));
        of_scope.or(self.default_registry.as_ref())
    }

    /// The registry of packages whose scope has no own one.
    pub fn default_registry(&self) -> Option<&RegistryUrl> {
        self.default_registry.as_ref()
    }

    /// Scopes, with their `@`, that have their own registry.
    pub fn scoped_registries(&self) -> impl Iterator<Item = (&str, &RegistryUrl)> {
        self.scopes.iter().map(|(scope, url)| (scope.as_str(), url))
    }

    /// Replaces the default registry, as the user's own setting (an option, or the built-in default).
    pub fn set_default_registry(&mut self, registry: RegistryUrl) {
        self.trust_plain_http(&registry);
        self.default_registry = Some(registry);
    }

    /// The value of the `Authorization` header for a request to exactly this address. It must be asked
    /// anew for each hop of a redirect.
    ///
    /// Over plain http to another machine a credential is only sent where both it and the registry are
    /// in the user's own settings.
    pub fn authorization(&self, url: &Url) -> Option<SecretString> {
        self.has_consent(url)
            .then(|| self.credentials.header(url))
            .flatten()
    }

    /// The program that prints the token for a request to exactly this address, where no setting holds
    /// one; an absolute path, which only the user's own settings have.
    pub fn token_helper(&self, url: &Url) -> Option<&Path> {
        self.has_consent(url)
            .then(|| self.credentials.helper(url))
            .flatten()
    }

    fn has_consent(&self, url: &Url) -> bool {
        match url.scheme() {
            "https" => true,
            "http" => is_loopback(url) || self.has_plain_http_consent(url),
            _ => false,
        }
    }

    /// Every secret that output must not show, as the settings and as the headers have it.
    pub fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let proxies = [self.proxy(), self.https_proxy()];
        self.credentials
            .secrets()
            .chain(self.address_tls.secrets())
            .chain(proxies.into_iter().flatten().cloned())
    }

    /// Whether certificates are checked; true unless the user's own settings say otherwise.
    pub fn strict_ssl(&self) -> bool {
        self.network.strict_ssl
    }

    /// More certificate authorities, as PEM texts.
    pub fn ca(&self) -> &[String] {
        &self.network.ca
    }

    /// A file of certificate authorities.
    pub fn cafile(&self) -> Option<&DeclaredFile> {
        self.network.cafile.as_ref()
    }

    /// The file of certificate authorities that `NODE_EXTRA_CA_CERTS` names.
    pub fn extra_cafile(&self) -> Option<&DeclaredFile> {
        self.network.extra_cafile.as_ref()
    }

    /// What is set for single addresses about TLS, by key `//host/path/`.
    pub fn address_tls(&self) -> impl Iterator<Item = (&str, &AddressTls)> {
        self.address_tls.all()
    }

    /// Which of [`RegistryConfig::address_tls`] is for a request to exactly this address. It must be asked
    /// anew for each hop of a redirect.
    pub fn address_tls_key(&self, url: &Url) -> Option<&str> {
        self.address_tls.key_for(url)
    }

    /// The proxy for `http:`; its address may hold a password.
    pub fn proxy(&self) -> Option<&SecretString> {
        self.network.proxy.address()
    }

    /// The proxy for `https:`: its own setting, else the one for `http:`.
    pub fn https_proxy(&self) -> Option<&SecretString> {
        self.network.https_proxy.address()
    }

    /// Hosts that are reached without a proxy, separated by commas.
    pub fn noproxy(&self) -> Option<&str> {
        self.network.noproxy.as_deref()
    }

    /// All other settings, by layer from the weakest to the strongest; placeholders are expanded except in
    /// a project's file.
    pub fn other_entries(&self) -> &[ConfigLayer] {
        &self.other
    }

    /// Notes that the user's own settings name this registry.
    pub(super) fn trust_plain_http(&mut self, registry: &RegistryUrl) {
        if let RegistryUrl::Http(url) = registry {
            self.plain_http.insert(ascii_origin(url));
        }
    }

    fn has_plain_http_consent(&self, url: &Url) -> bool {
        self.plain_http.contains(&ascii_origin(url))
            && self.credentials.is_trusted(url) == Some(true)
    }
}

fn ascii_origin(url: &Url) -> String {
    let origin: Origin = url.origin();
    origin.ascii_serialization()
}
