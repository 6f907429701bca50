//! Reading the sources of settings, and what they say about registries.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use pkg_manifest::{
    ConfigLayer, ConfigSource, PackageName, RegistryConfig, RegistryUrl, parse_ini,
};
use pkg_registry::{Access, Certificates, Connections, Network, Registry, RegistryOptions};
use secrecy::SecretString;
use url::Url;

use super::{
    Layer, Origin, Settings, SettingsError, default_registry,
    layers::{environment_layers, registry_variables},
};
use crate::{Host, Locations, Warning, run::user_agent};

/// The most that an `.npmrc` may have, in bytes.
const NPMRC_LIMIT: u64 = 1 << 20;

/// What the command line says about settings.
#[derive(Debug, Clone, Default)]
pub struct SettingsRequest {
    /// Keys in kebab case and the texts of their values.
    pub flags: Vec<(String, String)>,
    /// The user's file, where it is not `~/.npmrc`.
    pub userconfig: Option<PathBuf>,
}

/// Settings of one run, and what they were made from.
#[derive(Debug, Clone)]
pub struct LoadedSettings {
    /// The values.
    pub settings: Settings,
    /// Where store, cache and the user's settings are.
    pub locations: Locations,
    /// Which registry serves what, and with which credentials.
    pub registries: RegistryConfig,
    /// The files that were read, present or not.
    pub files: Vec<PathBuf>,
    /// What was odd about them.
    pub warnings: Vec<Warning>,
    /// The project's folder, which addresses of folders in the environment are relative to.
    root: PathBuf,
}

impl LoadedSettings {
    /// Reads the settings for the project at `root`.
    ///
    /// # Errors
    /// [`SettingsError`] for a file that cannot be read and a value that cannot be.
    pub fn load(root: &Path, host: &Host, request: &SettingsRequest) -> Result<Self, SettingsError> {
        let mut locations = Locations::of(host)?;
        let sources = Sources::read(root, host, request, &locations)?;
        let (settings, mut warnings) = Settings::merge(&sources.layers)?;
        if let Some(store) = &settings.store_dir {
            locations.store = host.directory.join(store);
        }
        if let Some(cache) = &settings.cache_dir {
            locations.cache = host.directory.join(cache);
        }
        if settings.layout != "isolated" {
            return Err(SettingsError::UnknownLayout { name: settings.layout });
        }
        let (registries, told) = build_registries(&sources, host)?;
        warnings.extend(told.into_iter().map(|text| Warning::new("WARN_PKG_NPMRC", text)));
        Ok(Self {
            settings,
            locations,
            registries,
            files: sources.files,
            warnings,
            root: root.to_path_buf(),
        })
    }
}
