//! Reading the sources of settings: files, environment, command line.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use pkg_manifest::{ConfigLayer, ConfigSource, RegistryConfig};

use super::{
    Layer, Origin, Settings, SettingsError, Source,
    foreign::foreign_entries,
    layers::{Merged, environment_layers},
};
use crate::{Host, Locations, Warning};

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
pub struct LoadedSettings {
    /// The values.
    pub settings: Settings,
    /// Who said so, by key; what is a default has no entry.
    pub set_by: BTreeMap<&'static str, Source>,
    /// Where store, cache and the user's settings are.
    pub locations: Locations,
    /// The files that were read, present or not.
    pub files: Vec<PathBuf>,
    /// What was odd about them.
    pub warnings: Vec<Warning>,
    /// Which registry serves what, and with which credentials.
    pub(super) registries: RegistryConfig,
    /// The folder that addresses in the environment and on the command line are relative to.
    pub(super) directory: PathBuf,
    /// The user's folder, which `~/` stands for.
    pub(super) home: Option<PathBuf>,
    /// The `npm` to ask for its registry where nothing names one.
    pub(super) npm: Option<PathBuf>,
    /// What the files say to others than us, by key: see [`foreign_entries`].
    pub(crate) foreign: BTreeMap<String, String>,
    /// The user's `.npmrc`, present or not.
    pub(crate) user_file: Option<PathBuf>,
}

impl LoadedSettings {
    /// Reads the settings for the project at `root`.
    ///
    /// # Errors
    /// [`SettingsError`] for a file that cannot be read and a value that cannot be.
    pub fn load(
        root: &Path,
        host: &Host,
        request: &SettingsRequest,
    ) -> Result<Self, SettingsError> {
        let mut locations = Locations::of(host)?;
        let files = npmrc_files(root, host, request);
        let sources = read_sources(&files, host, request)?;
        let layers: Vec<Layer> = sources.iter().map(to_layer).collect();
        let Merged {
            settings,
            sources: set_by,
            mut warnings,
        } = Settings::merge(&layers)?;
        if let Some(store) = &settings.store_dir {
            locations.store = plain_path(&host.directory.join(store));
        }
        if let Some(cache) = &settings.cache_dir {
            locations.cache = plain_path(&host.directory.join(cache));
        }
        let lookup = |name: &str| host.variables.get(name).cloned();
        let (registries, told) =
            RegistryConfig::build(&sources, &lookup).map_err(|error| SettingsError::Npmrc {
                message: error.to_string(),
            })?;
        warnings.extend(
            told.into_iter()
                .map(|text| Warning::new("WARN_PKG_NPMRC", text)),
        );
        let of_user = files
            .iter()
            .find(|(source, _)| *source == ConfigSource::User);
        let user_file = of_user.map(|(_, path)| path.clone());
        let mut paths: Vec<PathBuf> = files.into_iter().map(|(_, path)| path).collect();
        paths.push(locations.config.join("registry"));
        Ok(Self {
            settings,
            set_by,
            locations,
            files: paths,
            warnings,
            registries,
            directory: host.directory.clone(),
            home: host.home().map(Path::to_path_buf),
            npm: host.find_program("npm"),
            foreign: foreign_entries(&sources, &lookup),
            user_file,
        })
    }
}

/// A path without `.` and `..`. What stands before a `..` may be a link: then what it leads to counts.
fn plain_path(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if plain.is_symlink()
                    && let Ok(real) = plain.canonicalize()
                {
                    plain = real;
                }
                plain.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                plain.push(component);
            }
        }
    }
    plain
}

/// The settings files, lowest first: the user's, then the project's.
fn npmrc_files(
    root: &Path,
    host: &Host,
    request: &SettingsRequest,
) -> Vec<(ConfigSource, PathBuf)> {
    let named = request.userconfig.clone().or_else(|| {
        let names = [
            "PKG_CONFIG_USERCONFIG",
            "npm_config_userconfig",
            "NPM_CONFIG_USERCONFIG",
        ];
        names
            .iter()
            .find_map(|name| host.variable(name))
            .map(|path| host.directory.join(path))
    });
    let user = named.or_else(|| host.home().map(|home| home.join(".npmrc")));
    let project = root.join(".npmrc");
    let mut files = Vec::new();
    if let Some(user) = user.filter(|user| *user != project) {
        files.push((ConfigSource::User, user));
    }
    files.push((ConfigSource::Project, project));
    files
}

/// All sources, lowest first.
fn read_sources(
    files: &[(ConfigSource, PathBuf)],
    host: &Host,
    request: &SettingsRequest,
) -> Result<Vec<ConfigLayer>, SettingsError> {
    let mut sources = Vec::new();
    for (source, path) in files {
        if let Some(bytes) = pkg_fs::read_regular_file_if_exists(path, NPMRC_LIMIT)? {
            let text = String::from_utf8_lossy(&bytes);
            sources.push(ConfigLayer::from_ini(
                *source,
                &path.to_string_lossy(),
                &text,
            ));
        }
    }
    for layer in environment_layers(host) {
        let shown_origin = match &layer.origin {
            Origin::Environment(name) => name.clone(),
            origin => origin.to_string(),
        };
        let entries = layer.entries;
        sources.push(ConfigLayer {
            source: ConfigSource::Environment,
            shown_origin,
            entries,
        });
    }
    sources.push(ConfigLayer {
        source: ConfigSource::CommandLine,
        shown_origin: "command line".to_owned(),
        entries: request.flags.clone(),
    });
    Ok(sources)
}

/// A source as the table of settings sees it.
fn to_layer(source: &ConfigLayer) -> Layer {
    let shown = || source.shown_origin.clone();
    let origin = match source.source {
        ConfigSource::Builtin | ConfigSource::Global => Origin::GlobalFile(shown().into()),
        ConfigSource::User => Origin::UserFile(shown().into()),
        ConfigSource::Project => Origin::ProjectFile(shown().into()),
        ConfigSource::Environment => Origin::Environment(shown()),
        ConfigSource::CommandLine => Origin::CommandLine,
    };
    Layer {
        origin,
        entries: source.entries.clone(),
    }
}
