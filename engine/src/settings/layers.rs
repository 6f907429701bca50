//! Where values come from, lowest first, and how they are merged.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use super::{Scope, Settings, SettingsError};
use crate::{Host, Warning, run::edit_distance};

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

impl Origin {
    fn may_set(&self, scope: Scope) -> bool {
        scope == Scope::Anyone || !matches!(self, Self::ProjectFile(_))
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

impl Settings {
    /// Merges layers, lowest first, onto the defaults.
    ///
    /// # Errors
    /// [`SettingsError::Value`] for a value that is not of its setting's kind.
    pub(super) fn merge(layers: &[Layer]) -> Result<(Self, Vec<Warning>), SettingsError> {
        let mut settings = Self::default();
        let mut warnings = Vec::new();
        for layer in layers {
            for (key, text) in &layer.entries {
                let Some((_, scope)) = Self::KEYS.iter().find(|(known, _)| known == key) else {
                    warnings.extend(misspelt(key, &layer.origin));
                    continue;
                };
                if !layer.origin.may_set(*scope) {
                    let message = format!(
                        "a project may not set `{key}` ({}): put it into your own settings",
                        layer.origin
                    );
                    warnings.push(Warning::new("WARN_PKG_SETTING_REFUSED", message));
                    continue;
                }
                settings
                    .set(key, text)
                    .map_err(|reason| SettingsError::Value {
                        key: key.clone(),
                        text: text.clone(),
                        origin: layer.origin.clone(),
                        reason,
                    })?;
            }
        }
        Ok((settings, warnings))
    }
}

/// A warning for a key that is nearly one of ours; npm's and pnpm's many other keys pass in silence.
fn misspelt(key: &str, origin: &Origin) -> Option<Warning> {
    let near = Settings::KEYS
        .iter()
        .find(|(known, _)| edit_distance(key, known) == 1)?;
    let message = format!(
        "unknown setting `{}` ({origin}): did you mean `{}`?",
        key.escape_debug(),
        near.0
    );
    Some(Warning::new("WARN_PKG_UNKNOWN_SETTING", message))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(Settings::merge(&layers[..2]).unwrap().0.fetch_retries, 7);
        assert_eq!(Settings::merge(&layers).unwrap().0.fetch_retries, 9);
    }

    #[test]
    fn a_project_cannot_move_the_store_nor_lower_the_release_age() {
        let layers = [
            layer(project(), "store-dir", "/elsewhere"),
            layer(project(), "minimum-release-age", "0"),
        ];
        let (settings, warnings) = Settings::merge(&layers).unwrap();
        assert_eq!(settings.store_dir, None);
        assert_eq!(settings.minimum_release_age, 1440);
        assert_eq!(warnings.len(), 2);
    }

    #[test]
    fn a_bad_value_names_its_setting_and_its_origin() {
        let error = Settings::merge(&[layer(project(), "offline", "maybe")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`maybe` is no value for the setting `offline` (in `.npmrc`): it is `true` or `false`"
        );
    }

    #[test]
    fn a_misspelt_setting_is_told_with_the_nearest() {
        let (_, warnings) = Settings::merge(&[layer(project(), "ofline", "true")]).unwrap();
        assert!(warnings[0].message.contains("did you mean `offline`?"));
    }
}
