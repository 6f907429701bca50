//! Takes the settings of one layer after the other over.

use std::collections::BTreeSet;

use super::{
    ConfigLayer, NpmrcError, RegistryConfig, RegistryUrl,
    address_tls::TlsField,
    credentials::{CredentialField, credential_key, normalize_key},
    network::is_network_key,
    placeholder::{expand, has_placeholder},
};

/// Why a project's setting is not used.
pub(super) const USERS_ONLY: &str =
    "only the user's own settings may have it, a project's file may not";

/// A configuration that grows by layers, from the weakest to the strongest.
pub(super) struct Builder<'a> {
    config: RegistryConfig,
    warnings: Vec<String>,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

/// One entry of a layer. Messages show its key as written: what a variable holds may be a secret.
struct Setting<'l> {
    layer: &'l ConfigLayer,
    written_key: &'l str,
    value: &'l str,
}

impl<'l> Setting<'l> {
    fn is_trusted(&self) -> bool {
        self.layer.source.is_trusted()
    }

    fn key_and_origin(&self) -> (String, String) {
        let origin = self.layer.shown_origin.clone();
        (self.written_key.to_owned(), origin)
    }
}

impl<'a> Builder<'a> {
    pub(super) fn new(environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self {
            config: RegistryConfig::default(),
            warnings: Vec::new(),
            environment,
        }
    }

    /// Adds the settings of a layer that is at least as strong as those before it.
    pub(super) fn add_layer(&mut self, layer: &ConfigLayer) -> Result<(), NpmrcError> {
        let mut other = ConfigLayer {
            source: layer.source,
            shown_origin: layer.shown_origin.clone(),
            entries: Vec::new(),
        };
        if layer.get("ca").is_some() && layer.source.is_trusted() {
            self.config.network.ca.clear();
        }
        for (written_key, value) in &layer.entries {
            let setting = Setting {
                layer,
                written_key,
                value,
            };
            let key = self.expand(layer, written_key);
            if let Some(scope) = registry_scope(&key) {
                self.add_registry(&setting, scope)?;
            } else if key.starts_with("//") {
                self.add_scoped(&setting, &key);
            } else if is_network_key(&key) {
                self.add_network(&setting, &key);
            } else if let Some(field) = AddressField::from_key(&key) {
                self.add_unscoped(&setting, field);
            } else {
                let value = self.expand(layer, value);
                other.entries.push((key, value));
            }
        }
        self.config.other.push(other);
        Ok(())
    }

    /// The configuration and what has to be said about it.
    pub(super) fn finish(mut self) -> (RegistryConfig, Vec<String>) {
        self.config.network.add_environment(self.environment);
        self.warn_of_plain_http();
        for key in self.config.address_tls.drop_halves() {
            self.warnings.push(format!(
                "no client certificate is shown to `{key}`: certificate and key are set together or not at all"
            ));
        }
        (self.config, self.warnings)
    }

    /// A project's text is never expanded.
    fn expand(&self, layer: &ConfigLayer, text: &str) -> String {
        if layer.source.is_trusted() {
            expand(text, self.environment)
        } else {
            text.to_owned()
        }
    }

    fn warn(&mut self, setting: &Setting<'_>, reason: &str) {
        self.warnings.push(format!(
            "`{}` in {} is ignored: {reason}",
            setting.written_key.escape_debug(),
            setting.layer.shown_origin.escape_debug()
        ));
    }

    fn registry(&self, setting: &Setting<'_>) -> Result<RegistryUrl, NpmrcError> {
        let (key, origin) = setting.key_and_origin();
        let reads_variable = has_placeholder(setting.value) || has_placeholder(&key);
        if reads_variable && !setting.is_trusted() {
            return Err(NpmrcError::ProjectPlaceholder { key, origin });
        }
        let value = self.expand(setting.layer, setting.value);
        if has_placeholder(&value) || has_placeholder(&self.expand(setting.layer, &key)) {
            return Err(NpmrcError::UnsetVariable { key, origin });
        }
        match RegistryUrl::parse(&value) {
            Ok(url) => Ok(url.declared_in(&setting.layer.shown_origin)),
            Err(source) => Err(NpmrcError::Registry {
                key,
                origin,
                source,
            }),
        }
    }

    fn add_registry(
        &mut self,
        setting: &Setting<'_>,
        scope: RegistryScope<'_>,
    ) -> Result<(), NpmrcError> {
        let url = self.registry(setting)?;
        if setting.is_trusted() {
            self.config.trust_plain_http(&url);
        }
        match scope {
            RegistryScope::Default => self.config.default_registry = Some(url),
            RegistryScope::Scope(scope) => {
                self.config.scopes.insert(scope.to_owned(), url);
            }
        }
        Ok(())
    }

    fn add_network(&mut self, setting: &Setting<'_>, key: &str) {
        let result = if setting.is_trusted() {
            let value = self.expand(setting.layer, setting.value);
            let declared_in = &setting.layer.shown_origin;
            self.config.network.set(key, &value, declared_in)
        } else {
            Err(USERS_ONLY)
        };
        if let Err(reason) = result {
            self.warn(setting, reason);
        }
    }

    /// `//host/path/:field`.
    fn add_scoped(&mut self, setting: &Setting<'_>, key: &str) {
        let Some((address, name)) = key.rsplit_once(':') else {
            self.warn(setting, "a `:` and a setting's name are missing at its end");
            return;
        };
        let Some(address) = normalize_key(address) else {
            let reason = if has_placeholder(address) {
                "its address holds a variable that is not read here, or not set"
            } else {
                "what stands before the last `:` is no host and path"
            };
            self.warn(setting, reason);
            return;
        };
        match AddressField::from_key(name) {
            Some(field) => self.add_field(setting, &address, field),
            None if matches!(name, "email" | "always-auth") => {}
            None => self.warn(setting, "it is not supported"),
        }
    }

    /// `_authToken` and the like: for the registry that the same layer names, and for no other.
    fn add_unscoped(&mut self, setting: &Setting<'_>, field: AddressField) {
        let registry = setting.layer.get("registry").and_then(|value| {
            let registry = Setting {
                layer: setting.layer,
                written_key: "registry",
                value,
            };
            self.registry(&registry).ok()
        });
        let address = match &registry {
            Some(RegistryUrl::Http(url)) => credential_key(url),
            Some(RegistryUrl::Folder { .. }) | None => None,
        };
        match address {
            Some(address) => self.add_field(setting, &address, field),
            None => self.warn(setting, "it is for no registry; write `//HOST/:` before it"),
        }
    }

    fn add_field(&mut self, setting: &Setting<'_>, address: &str, field: AddressField) {
        let result = match field {
            AddressField::Credential(field) => self.add_credential(setting, address, field),
            AddressField::Tls(field) => self.add_tls(setting, address, field),
        };
        if let Err(reason) = result {
            self.warn(setting, reason);
        }
    }

    fn add_tls(
        &mut self,
        setting: &Setting<'_>,
        address: &str,
        field: TlsField,
    ) -> Result<(), &'static str> {
        if !setting.is_trusted() {
            return Err(USERS_ONLY);
        }
        let value = self.expand(setting.layer, setting.value);
        let declared_in = &setting.layer.shown_origin;
        let table = &mut self.config.address_tls;
        table.add(address, field, &value, declared_in)
    }

    fn add_credential(
        &mut self,
        setting: &Setting<'_>,
        address: &str,
        field: CredentialField,
    ) -> Result<(), &'static str> {
        let layer = setting.layer;
        if setting.is_trusted() || !has_placeholder(setting.value) {
            let value = self.expand(layer, setting.value);
            let credentials = &mut self.config.credentials;
            credentials.add(address, field, &value, layer.source)
        } else {
            Err("a project's file must not read variables of the environment into credentials")
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

/// A setting that is for one address.
#[derive(Clone, Copy)]
enum AddressField {
    Credential(CredentialField),
    Tls(TlsField),
}

impl AddressField {
    fn from_key(name: &str) -> Option<Self> {
        let credential = CredentialField::from_key(name).map(Self::Credential);
        credential.or_else(|| TlsField::from_key(name).map(Self::Tls))
    }
}

/// Whose registry a key sets.
#[derive(Clone, Copy)]
enum RegistryScope<'k> {
    Default,
    Scope(&'k str),
}

fn registry_scope(key: &str) -> Option<RegistryScope<'_>> {
    if key == "registry" {
        return Some(RegistryScope::Default);
    }
    let scope = key.strip_suffix(":registry")?;
    scope
        .starts_with('@')
        .then_some(RegistryScope::Scope(scope))
}
