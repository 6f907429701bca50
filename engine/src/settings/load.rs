//! Reading the sources of settings: files, environment, command line.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use pkg_fs::FsErrorKind;
use pkg_manifest::{ConfigLayer, ConfigSource, RegistryConfig};

use super::{
    Layer, Origin, Settings, SettingsError, Source,
    documents::{document_layers, is_document, workspace_file},
    exposed::exposed_credentials,
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
#[derive(Clone)]
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
    /// What each source says, weakest first. It holds secrets.
    pub(super) sources: Vec<ConfigLayer>,
    /// Which registry serves what, and with which credentials.
    pub(crate) registries: RegistryConfig,
    /// The folder that addresses in the environment and on the command line are relative to.
    pub(super) directory: PathBuf,
    /// The user's folder, which `~/` stands for.
    pub(super) home: Option<PathBuf>,
    /// The `npm` to ask for its registry where nothing names one.
    pub(crate) npm: Option<PathBuf>,
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
        let mut warnings = Vec::new();
        let sources = read_sources(root, &files, (host, request), &mut warnings)?;
        let layers: Vec<Layer> = sources.iter().map(to_layer).collect();
        let Merged {
            settings,
            sources: set_by,
            warnings: odd,
        } = Settings::merge(&layers)?;
        warnings.extend(odd);
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
        paths.push(workspace_file(root));
        paths.push(locations.config.join("registry"));
        let foreign = foreign_entries(sources.iter().filter(is_npmrc), &lookup);
        Ok(Self {
            settings,
            set_by,
            locations,
            files: paths,
            warnings,
            sources,
            registries,
            directory: host.directory.clone(),
            home: host.home().map(Path::to_path_buf),
            npm: host.find_program("npm"),
            foreign,
            user_file,
        })
    }
}

/// Whether a layer is an `.npmrc`, which others read, too.
fn is_npmrc(source: &&ConfigLayer) -> bool {
    !is_document(&source.shown_origin)
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

/// The settings files, lowest first: the machine's, the user's, then the project's.
fn npmrc_files(
    root: &Path,
    host: &Host,
    request: &SettingsRequest,
) -> Vec<(ConfigSource, PathBuf)> {
    let project = project_npmrc(root);
    let mut files = Vec::new();
    let global = global_npmrc(host).map(|path| (ConfigSource::Global, path));
    let user = user_npmrc(host, request).map(|path| (ConfigSource::User, path));
    for (source, path) in global.into_iter().chain(user) {
        if path != project && files.iter().all(|(_, known)| *known != path) {
            files.push((source, path));
        }
    }
    files.push((ConfigSource::Project, project));
    files
}

/// The project's file.
pub(super) fn project_npmrc(root: &Path) -> PathBuf {
    root.join(".npmrc")
}

/// The user's file: as the command line or the environment say, else `~/.npmrc`.
pub(super) fn user_npmrc(host: &Host, request: &SettingsRequest) -> Option<PathBuf> {
    let named = request
        .userconfig
        .clone()
        .or_else(|| path_variable(host, "userconfig"));
    named.or_else(|| host.home().map(|home| home.join(".npmrc")))
}

/// npm's file of the machine: as the environment says, else `etc/npmrc` below where Node.js is.
pub(super) fn global_npmrc(host: &Host) -> Option<PathBuf> {
    if let Some(named) = path_variable(host, "globalconfig") {
        return Some(named);
    }
    let prefix = path_variable(host, "prefix").or_else(|| {
        let node = host.find_program("node")?.canonicalize().ok()?;
        Some(node.parent()?.parent()?.to_path_buf())
    });
    prefix.map(|prefix| prefix.join("etc/npmrc"))
}

/// A path that a variable of settings names, the strongest first.
fn path_variable(host: &Host, key: &str) -> Option<PathBuf> {
    ["pkg_config_", "pnpm_config_", "npm_config_"]
        .iter()
        .find_map(|prefix| {
            let wanted = format!("{prefix}{key}");
            let mut variables = host.variables.iter();
            let (_, path) = variables
                .find(|(name, path)| name.eq_ignore_ascii_case(&wanted) && !path.is_empty())?;
            Some(host.directory.join(path))
        })
}

/// The text of an `.npmrc`. One that may not be read is as good as absent, and told.
fn read_npmrc(path: &Path, warnings: &mut Vec<Warning>) -> Result<Option<String>, SettingsError> {
    match pkg_fs::read_regular_file_if_exists(path, NPMRC_LIMIT) {
        Ok(bytes) => Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == FsErrorKind::Access => {
            let message = format!("`{}` is ignored: it may not be read", path.display());
            warnings.push(Warning::new("WARN_PKG_NPMRC", message));
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// All sources, lowest first.
fn read_sources(
    root: &Path,
    files: &[(ConfigSource, PathBuf)],
    (host, request): (&Host, &SettingsRequest),
    warnings: &mut Vec<Warning>,
) -> Result<Vec<ConfigLayer>, SettingsError> {
    let mut sources = Vec::new();
    for (source, path) in files {
        // Of a project's files `.npmrc` is the strongest, so that what is set there counts.
        if *source == ConfigSource::Project {
            sources.extend(document_layers(root)?);
        }
        if let Some(text) = read_npmrc(path, warnings)? {
            let layer = ConfigLayer::from_ini(*source, &path.to_string_lossy(), &text);
            warnings.extend(exposed_credentials(&layer, path));
            sources.push(layer);
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
pub(super) fn to_layer(source: &ConfigLayer) -> Layer {
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
