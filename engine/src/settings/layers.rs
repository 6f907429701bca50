//! Where values come from, lowest first, and how they are merged.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use pkg_manifest::edit_distance;

use super::{
    Scope, Settings, SettingsError,
    alias::{is_foreign, kebab_case, translate},
    documents::is_document,
    known::{self, Kind},
    layout::layout_help,
};
use crate::{Host, Warning};

/// A source of settings. Later ones win over earlier ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A file of npm's that holds for the whole machine.
    GlobalFile(PathBuf),
    /// A file of the user.
    UserFile(PathBuf),
    /// A file of the project: as trustworthy as the project.
    ProjectFile(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// The command line.
    CommandLine,
}

/// What a project may set of a setting that it can only make stricter.
const STRICTEST: [&str; 2] = ["true", "required"];

impl Origin {
    fn may_set(&self, scope: Scope, text: &str) -> bool {
        match scope {
            Scope::Anyone => true,
            Scope::Stricter if STRICTEST.contains(&text.trim()) => true,
            Scope::User | Scope::Stricter => !matches!(self, Self::ProjectFile(_)),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = |path: &Path| format!("in `{}`", path.display());
        formatter.write_str(&match self {
            Self::GlobalFile(path) | Self::UserFile(path) | Self::ProjectFile(path) => file(path),
            Self::Environment(name) => format!("in the environment, as `{name}`"),
            Self::CommandLine => "on the command line".to_owned(),
        })
    }
}

/// The entries of one source.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Where they come from.
    pub origin: Origin,
    /// Keys in kebab case, and the texts of their values.
    pub entries: Vec<(String, String)>,
}

/// Prefixes of variables that hold settings, weakest first.
const PREFIXES: [&str; 3] = ["npm_config_", "pnpm_config_", "pkg_config_"];

/// The settings of the environment, weakest first.
pub(super) fn environment_layers(host: &Host) -> Vec<Layer> {
    let mut layers = Vec::new();
    for prefix in PREFIXES {
        for (name, value) in &host.variables {
            let Some(start) = name.get(..prefix.len()) else {
                continue;
            };
            if !start.eq_ignore_ascii_case(prefix) || value.is_empty() {
                continue;
            }
            let rest = &name[prefix.len()..];
            // Keys of one registry are case-sensitive and hold underscores of their own.
            let key = if rest.starts_with("//") || rest.starts_with('@') {
                rest.to_owned()
            } else {
                rest.to_ascii_lowercase().replace('_', "-")
            };
            let origin = Origin::Environment(name.clone());
            layers.push(Layer {
                origin,
                entries: vec![(key, value.clone())],
            });
        }
    }
    layers
}

/// Where a value was set, and how it is spelt there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The layer.
    pub origin: Origin,
    /// The key as it was written: another manager's, perhaps.
    pub key: String,
    /// The text as it was written.
    pub text: String,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin, self.key.as_str()) {
            // The variable's name tells the key.
            (Origin::Environment(_), _) | (_, "layout") => self.origin.fmt(formatter),
            (_, key) => write!(formatter, "{}, as `{key}`", self.origin),
        }
    }
}

/// All layers in one.
pub(super) struct Merged {
    pub(super) settings: Settings,
    /// Who said so last, by key; what is a default has no entry.
    pub(super) sources: BTreeMap<&'static str, Source>,
    pub(super) warnings: Vec<Warning>,
}

impl Settings {
    /// Merges layers, lowest first, onto the defaults. In one layer our own key wins over that of another manager.
    ///
    /// # Errors
    /// [`SettingsError::Value`] for a value that is not of its setting's kind, [`SettingsError::UnknownLayout`] for a
    /// layout that does not exist.
    pub(super) fn merge(layers: &[Layer]) -> Result<Merged, SettingsError> {
        let mut merged = Merged {
            settings: Self::default(),
            sources: BTreeMap::new(),
            warnings: Vec::new(),
        };
        for layer in layers {
            let entries = listed(layer).into_iter();
            let (foreign, own): (Vec<_>, Vec<_>) = entries.partition(|(key, _)| is_foreign(key));
            for (key, text) in foreign.into_iter().chain(own) {
                merged.take(&layer.origin, &key, &text)?;
            }
        }
        Ok(merged)
    }
}

/// The entries of a layer, by key in kebab case: what is said several times of a list, as by `key[]=`, is one list. On the
/// command line the last of them counts.
fn listed(layer: &Layer) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::with_capacity(layer.entries.len());
    for (key, text) in &layer.entries {
        let key = kebab_case(key);
        let is_list = Settings::is_list(&key) && layer.origin != Origin::CommandLine;
        match entries
            .iter_mut()
            .find(|(known, _)| is_list && *known == key)
        {
            Some((_, list)) => {
                list.push('\n');
                list.push_str(text);
            }
            None => entries.push((key, text.clone())),
        }
    }
    entries
}

impl Merged {
    /// Takes one entry of a layer.
    fn take(&mut self, origin: &Origin, key: &str, text: &str) -> Result<(), SettingsError> {
        let translated = translate(key, text);
        let (own, value) = match &translated {
            Some(translated) if translated.text.is_empty() => return Ok(()),
            Some(translated) => (translated.key, translated.text.as_str()),
            None => (key, text),
        };
        let Some((own, scope)) = Settings::key(own) else {
            return self.take_other(origin, key);
        };
        if !origin.may_set(scope, value) {
            self.refuse(origin, key);
            return Ok(());
        }
        let source = Source {
            origin: origin.clone(),
            key: key.to_owned(),
            text: text.to_owned(),
        };
        match self.settings.set(own, value) {
            Ok(_) => drop(self.sources.insert(own, source)),
            Err(reason) => return Err(bad_value(own, source, reason)),
        }
        Ok(())
    }
}

impl Merged {
    /// Looks at an entry that is no setting of the table.
    fn take_other(&mut self, origin: &Origin, key: &str) -> Result<(), SettingsError> {
        let kind = known::kind(key);
        if kind == Kind::Unknown
            && let Some(near) = known::misspelt_guard(key)
        {
            let (key, origin) = (key.to_owned(), origin.clone());
            return Err(SettingsError::MisspeltGuard { key, origin, near });
        }
        match kind {
            Kind::Unknown => self.warnings.extend(misspelt(key, origin)),
            // The reader of registries tells what is its own.
            Kind::Foreign if matches!(origin, Origin::ProjectFile(_)) => {
                if known::is_users_only(key) {
                    self.refuse(origin, key);
                }
            }
            Kind::OfRegistries if matches!(origin, Origin::ProjectFile(_)) => {
                if matches!(key, "userconfig" | "globalconfig") {
                    self.refuse(origin, key);
                }
            }
            Kind::Own | Kind::OfRegistries | Kind::Foreign => {}
        }
        Ok(())
    }

    fn refuse(&mut self, origin: &Origin, key: &str) {
        let message =
            format!("a project may not set `{key}` ({origin}): put it into your own settings");
        self.warnings
            .push(Warning::new("WARN_PKG_SETTING_REFUSED", message));
    }
}

/// Why a value cannot be taken.
fn bad_value(own: &str, source: Source, reason: &'static str) -> SettingsError {
    if own == "layout" {
        return SettingsError::UnknownLayout {
            help: layout_help(&source.text),
            set_by: Box::new(source),
        };
    }
    SettingsError::Value {
        key: source.key,
        text: source.text,
        origin: source.origin,
        reason,
    }
}

/// A warning for a key that is nobody's.
///
/// The environment is full of others' variables (`PKG_CONFIG_PATH` belongs to a program of C's world): there only what
/// is nearly ours is told. What is in an `.npmrc` and not near may be for programs that scripts start.
fn misspelt(key: &str, origin: &Origin) -> Option<Warning> {
    let near = known::nearest_keys(key).into_iter().next();
    let is_of_environment = matches!(origin, Origin::Environment(_));
    let is_ours_alone = match origin {
        Origin::ProjectFile(path) => is_document(&path.to_string_lossy()),
        Origin::CommandLine => true,
        Origin::GlobalFile(_) | Origin::UserFile(_) | Origin::Environment(_) => false,
    };
    let advice = match near {
        Some(near) if !is_of_environment || edit_distance(key, near) == 1 => {
            format!("did you mean `{near}`?")
        }
        _ if is_ours_alone => "it is ignored".to_owned(),
        _ => return None,
    };
    let message = format!(
        "unknown setting `{}` ({origin}): {advice}",
        key.escape_debug()
    );
    Some(Warning::new("WARN_PKG_UNKNOWN_SETTING", message))
}

#[cfg(test)]
mod tests {
    use pkg_linker::Layout;

    use super::*;
    use crate::Sandbox;

    fn layer(origin: Origin, key: &str, text: &str) -> Layer {
        Layer {
            origin,
            entries: vec![(key.to_owned(), text.to_owned())],
        }
    }

    fn project() -> Origin {
        Origin::ProjectFile(".npmrc".into())
    }

    #[test]
    fn later_layers_win() {
        let layers = [
            layer(Origin::UserFile("u".into()), "fetch-retries", "5"),
            layer(project(), "fetch-retries", "7"),
            layer(Origin::CommandLine, "fetch-retries", "9"),
        ];
        assert_eq!(
            Settings::merge(&layers[..2])
                .unwrap()
                .settings
                .fetch_retries,
            7
        );
        assert_eq!(Settings::merge(&layers).unwrap().settings.fetch_retries, 9);
    }

    #[test]
    fn a_project_cannot_move_the_store_nor_lower_the_release_age() {
        let layers = [
            layer(project(), "store-dir", "/elsewhere"),
            layer(project(), "minimum-release-age", "0"),
        ];
        let Merged {
            settings, warnings, ..
        } = Settings::merge(&layers).unwrap();
        assert_eq!(settings.store_dir, None);
        assert_eq!(settings.minimum_release_age, 1440);
        assert_eq!(warnings.len(), 2);
    }

    #[test]
    fn a_project_can_make_the_jail_stricter_and_never_looser() {
        let user = Origin::UserFile("u".into());
        let layers = [
            layer(user.clone(), "sandbox", "required"),
            layer(user, "strict-dep-builds", "true"),
            layer(project(), "sandbox", "off"),
            layer(project(), "strict-dep-builds", "false"),
        ];
        let merged = Settings::merge(&layers).unwrap();
        assert_eq!(merged.settings.sandbox, Sandbox::Required);
        assert!(merged.settings.strict_dep_builds);
        assert_eq!(merged.warnings.len(), 2);
        let merged = Settings::merge(&[layer(project(), "sandbox", "required")]).unwrap();
        assert_eq!(merged.settings.sandbox, Sandbox::Required);
    }

    #[test]
    fn a_bad_value_names_its_setting_and_its_origin() {
        let layers = [layer(project(), "offline", "maybe")];
        let error = Settings::merge(&layers).err().unwrap();
        assert_eq!(
            error.to_string(),
            "`maybe` is no value for the setting `offline` (in `.npmrc`): it is `true` or `false`"
        );
    }

    #[test]
    fn a_misspelt_setting_is_told_with_the_nearest() {
        let merged = Settings::merge(&[layer(project(), "ofline", "true")]).unwrap();
        assert!(
            merged.warnings[0]
                .message
                .contains("did you mean `offline`?")
        );
    }

    fn merged(layers: &[(&str, &str)]) -> Merged {
        let layer = Layer {
            origin: project(),
            entries: layers
                .iter()
                .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
                .collect(),
        };
        Settings::merge(&[layer]).unwrap()
    }

    #[test]
    fn a_key_of_another_manager_gives_way_to_ours_in_the_same_file() {
        for entries in [
            [("layout", "nested"), ("node-linker", "hoisted")],
            [("nodeLinker", "hoisted"), ("layout", "nested")],
        ] {
            let merged = merged(&entries);
            assert_eq!(merged.settings.layout, Layout::Nested, "{entries:?}");
            assert_eq!(merged.sources["layout"].to_string(), "in `.npmrc`");
        }
        let alone = merged(&[("node-linker", "hoisted")]);
        assert_eq!(alone.settings.layout, Layout::Flat);
        assert_eq!(
            alone.sources["layout"].to_string(),
            "in `.npmrc`, as `node-linker`"
        );
    }

    #[test]
    fn what_is_said_several_times_of_a_list_is_one_list() {
        let entries = [
            ("hoist-pattern", "a"),
            ("offline", "true"),
            ("hoistPattern", "!b"),
            ("offline", "false"),
        ];
        let settings = merged(&entries).settings;
        assert_eq!(settings.hoist_pattern, ["a", "!b"]);
        assert!(!settings.offline);
        let [below, above] = ["a", "b"].map(|text| layer(project(), "hoist-pattern", text));
        let settings = Settings::merge(&[below, above]).unwrap().settings;
        assert_eq!(settings.hoist_pattern, ["b"]);
    }

    #[test]
    fn a_switch_of_npm_that_is_off_changes_nothing() {
        let merged = merged(&[("layout", "flat"), ("legacy-bundling", "false")]);
        assert_eq!(merged.settings.layout, Layout::Flat);
    }

    #[test]
    fn an_unknown_layout_names_its_origin_and_the_nearest() {
        let layers = [layer(project(), "node-linker", "isolate")];
        let error = Settings::merge(&layers).err().unwrap();
        assert_eq!(
            error.to_string(),
            "`isolate` is no layout (in `.npmrc`, as `node-linker`)"
        );
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.ends_with("did you mean `isolated`?"), "{help}");
    }
}
