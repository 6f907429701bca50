//! From settings to a registry client: which registry serves a package, and the credentials of an address.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use pkg_manifest::{DeclaredFile, PackageName, RegistryConfig, RegistryUrl};
use pkg_registry::{
    Access, AddressTls, Certificates, Concurrency, Connections, CredentialsError, Network, Pem,
    Registry, RegistryOptions, RetryPolicy, Timeouts,
};
use pkg_resolver::Registries;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{LoadedSettings, SettingsError, token_helper::TokenHelpers};
use crate::run::user_agent;

/// The most that the remembered answer of npm may have, in bytes.
const REMEMBERED_LIMIT: u64 = 64 << 10;

/// Answers the registry client's questions about registries and credentials.
#[derive(Clone)]
struct Configured {
    registries: RegistryConfig,
    directory: PathBuf,
    /// What is asked for packages that nothing else claims, where no setting says so.
    fallback: Option<Url>,
    helpers: Arc<TokenHelpers>,
}

impl Access for Configured {
    fn registry(&self, name: &PackageName) -> Option<Url> {
        match self.registries.registry_for(name) {
            Some(registry) => address(registry, &self.directory),
            None => self.fallback.clone(),
        }
    }

    fn authorization(&self, url: &Url) -> Result<Option<SecretString>, CredentialsError> {
        let known = self.registries.authorization(url);
        match (known, self.registries.token_helper(url)) {
            (None, Some(program)) => self.helpers.authorization(program).map(Some),
            (known, _) => Ok(known),
        }
    }

    fn tls(&self, url: &Url) -> Option<usize> {
        let wanted = self.registries.address_tls_key(url)?;
        let mut keys = self.registries.address_tls().map(|(key, _)| key);
        keys.position(|key| key == wanted)
    }
}

/// The address of a registry; a folder is relative to the file that names it, else to `directory`.
fn address(registry: &RegistryUrl, directory: &Path) -> Option<Url> {
    match registry {
        RegistryUrl::Http(url) => Some(url.clone()),
        RegistryUrl::Folder {
            directory: folder,
            declared_in,
        } => {
            let origin = declared_in
                .as_deref()
                .map(Path::new)
                .filter(|file| file.is_absolute());
            let base = origin.and_then(Path::parent).unwrap_or(directory);
            Url::from_directory_path(normalized(&base.join(folder))).ok()
        }
    }
}

/// A path without `.` and `..`, by its text: the folder itself need not be there yet.
fn normalized(path: &Path) -> PathBuf {
    use std::path::Component;
    path.components()
        .fold(PathBuf::new(), |mut whole, component| {
            match component {
                Component::CurDir => {}
                Component::ParentDir => drop(whole.pop()),
                component => whole.push(component),
            }
            whole
        })
}

impl LoadedSettings {
    /// Opens the registry client. Where nothing names a registry, npm is asked for its own, once.
    ///
    /// # Errors
    /// [`SettingsError::NoRegistry`] where there is no npm either.
    pub(crate) fn open_registry(&self) -> Result<Registry, SettingsError> {
        let access = Arc::new(self.access()?);
        let settings = &self.settings;
        let mut options = RegistryOptions::new(access, self.locations.cache.join("packuments"));
        options.network = match (settings.offline, settings.prefer_offline) {
            (true, _) => Network::Offline,
            (false, true) => Network::PreferOffline,
            (false, false) => Network::Online,
        };
        options.user_agent = user_agent();
        options.concurrency = Concurrency {
            packuments: settings.network_concurrency,
            tarballs: settings.network_concurrency,
            ..Concurrency::default()
        };
        options.retry = RetryPolicy {
            tries: settings.fetch_retries + 1,
            ..RetryPolicy::default()
        };
        options.timeouts = Timeouts {
            idle: Duration::from_millis(settings.fetch_timeout),
            ..Timeouts::default()
        };
        options.connections = self.connections();
        Ok(Registry::new(options))
    }

    fn access(&self) -> Result<Configured, SettingsError> {
        let mut fallback = None;
        if self.registries.default_registry().is_none() {
            fallback = Some(self.npms_registry()?);
        }
        let (registries, directory) = (self.registries.clone(), self.directory.clone());
        Ok(Configured {
            registries,
            directory,
            fallback,
            helpers: Arc::default(),
        })
    }

    /// The registry that serves a package.
    pub(crate) fn registry_url(&self, name: &PackageName) -> Option<Url> {
        self.access().ok()?.registry(name)
    }

    /// The registries' addresses, so that the resolver can tell usual addresses of tarballs from others.
    pub(crate) fn registry_addresses(&self) -> Registries {
        let default = self.access().ok().and_then(|access| {
            let named = access.registries.default_registry();
            named.map_or(access.fallback.clone(), |named| {
                address(named, &access.directory)
            })
        });
        let scopes = self
            .registries
            .scoped_registries()
            .filter_map(|(scope, registry)| {
                Some((
                    scope.to_owned(),
                    address(registry, &self.directory)?.to_string(),
                ))
            });
        Registries {
            default: default.map(|url| url.to_string()).unwrap_or_default(),
            scopes: scopes.collect(),
        }
    }

    fn connections(&self) -> Connections {
        let proxy = |text: Option<&SecretString>| {
            text.and_then(|text| Url::parse(text.expose_secret()).ok())
        };
        let registries = &self.registries;
        Connections {
            http_proxy: proxy(registries.proxy()),
            https_proxy: proxy(registries.https_proxy()),
            no_proxy: registries.noproxy().map(str::to_owned),
            authorities: self.authorities(),
            addresses: registries
                .address_tls()
                .map(|(key, tls)| self.address_tls(key, tls))
                .collect(),
            certificates: if registries.strict_ssl() {
                Certificates::Check
            } else {
                Certificates::Ignore
            },
        }
    }

    /// What is trusted everywhere besides the system's authorities.
    fn authorities(&self) -> Vec<Pem> {
        let registries = &self.registries;
        let files = [registries.cafile(), registries.extra_cafile()];
        let files = files
            .into_iter()
            .flatten()
            .map(|file| Pem::File(self.declared_file(file)));
        let texts = registries.ca().iter().map(|text| Pem::Text {
            setting: "the setting `ca`".to_owned(),
            text: text.clone().into(),
        });
        files.chain(texts).collect()
    }

    fn address_tls(&self, key: &str, tls: &pkg_manifest::AddressTls) -> AddressTls {
        let pem = |pem: &pkg_manifest::Pem, field: &str| match pem {
            pkg_manifest::Pem::File(file) => Pem::File(self.declared_file(file)),
            pkg_manifest::Pem::Text(text) => Pem::Text {
                setting: format!("the setting `{key}:{field}`"),
                text: text.clone(),
            },
        };
        let authorities = tls.authorities.iter();
        AddressTls {
            authorities: authorities.map(|authority| pem(authority, "ca")).collect(),
            identity: match (&tls.certificate, &tls.key) {
                (Some(certificate), Some(key)) => Some((pem(certificate, "cert"), pem(key, "key"))),
                _ => None,
            },
        }
    }

    /// Where a file is that a setting names: relative to the file that names it, so that no project can
    /// put its own in its place.
    fn declared_file(&self, file: &DeclaredFile) -> PathBuf {
        if let (Some(home), Some(below)) = (&self.home, file.path.strip_prefix("~/")) {
            return home.join(below);
        }
        let origin = Path::new(&file.declared_in);
        let folder = origin.parent().filter(|_| origin.is_absolute());
        folder.unwrap_or(&self.directory).join(&file.path)
    }

    /// What npm itself would ask: remembered in the user's settings after the first time.
    fn npms_registry(&self) -> Result<Url, SettingsError> {
        let remembered = self.locations.config.join("registry");
        let parse = |text: &str| match RegistryUrl::parse(text) {
            Ok(RegistryUrl::Http(url)) => Some(url),
            Ok(RegistryUrl::Folder { .. }) | Err(_) => None,
        };
        let bytes = pkg_fs::read_regular_file_if_exists(&remembered, REMEMBERED_LIMIT)?;
        let known = bytes.and_then(|bytes| parse(&String::from_utf8_lossy(&bytes)));
        if let Some(url) = known {
            return Ok(url);
        }
        let npm = self.npm.as_ref().ok_or(SettingsError::NoRegistry)?;
        let output = Command::new(npm)
            .args(["config", "get", "registry"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let url = text
            .ok()
            .and_then(|text| parse(&text))
            .ok_or(SettingsError::NoRegistry)?;
        pkg_fs::create_directory_all(&self.locations.config, 0o755)?;
        pkg_fs::write_atomic(&remembered, format!("{url}\n").as_bytes(), 0o644)?;
        Ok(url)
    }
}
