//! The three roots on disk that are not the project: store, cache, config.

use std::path::{Path, PathBuf};

use crate::{Host, SettingsError};

/// Where store, cache and the user's settings are. All absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locations {
    /// Contents of packages.
    pub store: PathBuf,
    /// The registry's answers: can be deleted at any time.
    pub cache: PathBuf,
    /// The user's settings.
    pub config: PathBuf,
}

impl Locations {
    /// Finds the roots: `PKG_HOME` moves all three, else the XDG folders hold them.
    ///
    /// # Errors
    /// [`SettingsError::NoHome`] where neither is set and there is no home folder either.
    pub fn of(host: &Host) -> Result<Self, SettingsError> {
        if let Some(home) = host.variable("PKG_HOME") {
            let home = host.directory.join(home);
            return Ok(Self {
                store: home.join("store"),
                cache: home.join("cache"),
                config: home.join("config"),
            });
        }
        let below = |variable: &str, default: &str| -> Result<PathBuf, SettingsError> {
            let base = match host.variable(variable).map(Path::new) {
                Some(base) if base.is_absolute() => base.to_path_buf(),
                _ => host.home().ok_or(SettingsError::NoHome)?.join(default),
            };
            Ok(base.join("pkg"))
        };
        Ok(Self {
            store: below("XDG_DATA_HOME", ".local/share")?.join("store"),
            cache: below("XDG_CACHE_HOME", ".cache")?,
            config: below("XDG_CONFIG_HOME", ".config")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn host(variables: &[(&str, &str)]) -> Host {
        let variables: BTreeMap<_, _> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Host {
            variables,
            directory: "/here".into(),
            program: None,
            now: 0,
        }
    }

    #[test]
    fn pkg_home_moves_all_three() {
        let found = Locations::of(&host(&[("PKG_HOME", "x"), ("HOME", "/home/me")])).unwrap();
        assert_eq!(found.store, Path::new("/here/x/store"));
        assert_eq!(found.cache, Path::new("/here/x/cache"));
        assert_eq!(found.config, Path::new("/here/x/config"));
    }

    #[test]
    fn the_defaults_follow_xdg() {
        let variables = [
            ("HOME", "/home/me"),
            ("XDG_CACHE_HOME", "/c"),
            ("XDG_DATA_HOME", "rel"),
        ];
        let found = Locations::of(&host(&variables)).unwrap();
        assert_eq!(found.store, Path::new("/home/me/.local/share/pkg/store"));
        assert_eq!(found.cache, Path::new("/c/pkg"));
        assert_eq!(found.config, Path::new("/home/me/.config/pkg"));
    }

    #[test]
    fn without_a_home_nothing_is_guessed() {
        assert!(Locations::of(&host(&[])).is_err());
    }
}
