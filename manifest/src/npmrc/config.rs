//! All layers together: what the client of the registry needs to know.

use std::collections::{BTreeMap, BTreeSet};

use miette::Diagnostic;
use secrecy::SecretString;
use thiserror::Error;
use url::{Origin, Url};

use super::{
    ConfigLayer, RegistryUrl, RegistryUrlError,
    credentials::{CredentialField, Credentials, credential_key, is_loopback, normalize_key},
    network::{Network, is_network_key},
    placeholder::{expand, has_placeholder},
};
use crate::PackageName;

/// Registries, credentials, TLS and proxies of all layers. It holds secrets, so it cannot be printed.
#[derive(Clone, Default)]
pub struct RegistryConfig {
    default_registry: Option<RegistryUrl>,
    scopes: BTreeMap<String, RegistryUrl>,
    credentials: Credentials,
    network: Network,
    /// Plain-http origins that the user's own settings name as a registry.
    plain_http: BTreeSet<String>,
    other: Vec<ConfigLayer>,
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
        let mut builder = Builder {
            config: Self::default(),
            warnings: Vec::new(),
            environment,
        };
        for layer in ordered {
            builder.add_layer(layer)?;
        }
        builder.config.network.add_environment(environment);
        builder.warn_of_plain_http();
        Ok((builder.config, builder.warnings))
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
        let has_consent = match url.scheme() {
            "https" => true,
            "http" => is_loopback(url) || self.has_plain_http_consent(url),
            _ => false,
        };
        has_consent.then(|| self.credentials.header(url)).flatten()
    }

    /// Every secret that output must not show, as the settings and as the headers have it.
    pub fn secrets(&self) -> impl Iterator<Item = SecretString> {
        let proxies = [self.proxy(), self.https_proxy()];
        self.credentials
            .secrets()
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

    /// A file of certificate authorities, as written.
    pub fn cafile(&self) -> Option<&str> {
        self.network.cafile.as_deref()
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

    fn trust_plain_http(&mut self, registry: &RegistryUrl) {
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

struct Builder<'a> {
    config: RegistryConfig,
    warnings: Vec<String>,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Builder<'_> {
    fn add_layer(&mut self, layer: &ConfigLayer) -> Result<(), NpmrcError> {
        let mut other = ConfigLayer {
            source: layer.source,
            shown_origin: layer.shown_origin.clone(),
            entries: Vec::new(),
        };
        if layer.get("ca").is_some() && layer.source.is_trusted() {
            self.config.network.ca.clear();
        }
        for (key, value) in &layer.entries {
            let key = self.expand(layer, key);
            if key == "registry" || key.ends_with(":registry") && key.starts_with('@') {
                self.add_registry(layer, &key, value)?;
            } else if key.starts_with("//") {
                self.add_scoped_credential(layer, &key, value);
            } else if is_network_key(&key) {
                self.add_network(layer, &key, value);
            } else if let Some(field) = CredentialField::from_key(&key) {
                self.add_unscoped_credential(layer, &key, field, value);
            } else {
                let value = self.expand(layer, value);
                other.entries.push((key, value));
            }
        }
        self.config.other.push(other);
        Ok(())
    }

    /// A project's text is never expanded.
    fn expand(&self, layer: &ConfigLayer, text: &str) -> String {
        if layer.source.is_trusted() {
            expand(text, self.environment)
        } else {
            text.to_owned()
        }
    }

    fn warn(&mut self, layer: &ConfigLayer, key: &str, reason: &str) {
        self.warnings.push(format!(
            "`{}` in {} is ignored: {reason}",
            key.escape_debug(),
            layer.shown_origin.escape_debug()
        ));
    }

    fn registry(
        &self,
        layer: &ConfigLayer,
        key: &str,
        value: &str,
    ) -> Result<RegistryUrl, NpmrcError> {
        let key = key.to_owned();
        let origin = layer.shown_origin.clone();
        if !layer.source.is_trusted() && (has_placeholder(value) || has_placeholder(&key)) {
            return Err(NpmrcError::ProjectPlaceholder { key, origin });
        }
        let value = self.expand(layer, value);
        if has_placeholder(&value) || has_placeholder(&key) {
            return Err(NpmrcError::UnsetVariable { key, origin });
        }
        let url = RegistryUrl::parse(&value).map_err(|source| NpmrcError::Registry {
            key,
            origin,
            source,
        })?;
        Ok(url.declared_in(&layer.shown_origin))
    }

    fn add_registry(
        &mut self,
        layer: &ConfigLayer,
        key: &str,
        value: &str,
    ) -> Result<(), NpmrcError> {
        let url = self.registry(layer, key, value)?;
        if layer.source.is_trusted() {
            self.config.trust_plain_http(&url);
        }
        match key.strip_suffix(":registry") {
            Some(scope) => {
                self.config.scopes.insert(scope.to_owned(), url);
            }
            None => self.config.default_registry = Some(url),
        }
        Ok(())
    }

    fn add_network(&mut self, layer: &ConfigLayer, key: &str, value: &str) {
        let result = if layer.source.is_trusted() {
            let value = self.expand(layer, value);
            self.config.network.set(key, &value)
        } else {
            Err("only the user's own settings may have it, a project's file may not")
        };
        if let Err(reason) = result {
            self.warn(layer, key, reason);
        }
    }

    /// `//host/path/:field`.
    fn add_scoped_credential(&mut self, layer: &ConfigLayer, key: &str, value: &str) {
        let Some((address, name)) = key.rsplit_once(':') else {
            self.warn(
                layer,
                "//…",
                "it has no `:` and a setting's name after the address",
            );
            return;
        };
        let Some(address) = normalize_key(address) else {
            let shown = format!("//…:{name}");
            let reason = if has_placeholder(address) {
                "its address holds a variable that is not read here, or not set"
            } else {
                "what stands before the last `:` is no host and path"
            };
            self.warn(layer, &shown, reason);
            return;
        };
        match CredentialField::from_key(name) {
            Some(field) => self.add_credential(layer, key, (&address, field), value),
            None if matches!(name, "email" | "always-auth") => {}
            None => self.warn(layer, key, "it is not supported"),
        }
    }

    /// `_authToken` and the like: for the registry that the same layer names, and for no other.
    fn add_unscoped_credential(
        &mut self,
        layer: &ConfigLayer,
        key: &str,
        field: CredentialField,
        value: &str,
    ) {
        let registry = layer.get("registry");
        let url = registry.and_then(|text| self.registry(layer, "registry", text).ok());
        let address = match &url {
            Some(RegistryUrl::Http(url)) => credential_key(url),
            Some(RegistryUrl::Folder { .. }) | None => None,
        };
        match address {
            Some(address) => self.add_credential(layer, key, (&address, field), value),
            None => self.warn(
                layer,
                key,
                "it is for no registry; write `//HOST/:` before it",
            ),
        }
    }

    fn add_credential(
        &mut self,
        layer: &ConfigLayer,
        key: &str,
        (address, field): (&str, CredentialField),
        value: &str,
    ) {
        let result = if layer.source.is_trusted() || !has_placeholder(value) {
            let value = self.expand(layer, value);
            let credentials = &mut self.config.credentials;
            credentials.add(address, field, &value, layer.source)
        } else {
            Err("a project's file must not read variables of the environment into credentials")
        };
        if let Err(reason) = result {
            self.warn(layer, key, reason);
        }
    }

    /// Says which registries will be asked without the credential that is there for them.
    fn warn_of_plain_http(&mut self) {
        let config = &self.config;
        let registries = config.default_registry.iter().chain(config.scopes.values());
        let mut refused = BTreeSet::new();
        for registry in registries {
            let RegistryUrl::Http(url) = registry else {
                continue;
            };
            if config.credentials.header(url).is_some() && config.authorization(url).is_none() {
                refused.insert(url.as_str().to_owned());
            }
        }
        for url in refused {
            self.warnings.push(format!(
                "no credential is sent to {url}: it is not encrypted, and the user's own settings do \
                 not have both this registry and its credential"
            ));
        }
    }
}
