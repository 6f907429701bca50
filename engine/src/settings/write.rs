//! `pkg config set` and `delete`: changes one `.npmrc`, and nothing of it but the lines that were meant.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FileKind, FsError};
use thiserror::Error;

use super::{
    Scope, Settings, SettingsRequest,
    alias::{kebab_case, translate},
    edit::{delete_entry, ini_value, set_entry},
    known::{self, Kind},
    load::{global_npmrc, project_npmrc, user_npmrc},
};
use crate::Host;

/// The most that an `.npmrc` may have, in bytes.
const NPMRC_LIMIT: u64 = 1 << 20;

/// Whose file is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigPlace {
    /// The user's, for all projects.
    User,
    /// The project's, for all its users.
    Project,
    /// The machine's, for all its users.
    Global,
}

/// One change: a key, and its value; without one the key is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigEdit {
    /// The key, as the user wrote it.
    pub key: String,
    /// The text of its value.
    pub value: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug, Error, Diagnostic)]
pub enum WriteError {
    /// Nobody knows the key.
    #[error("there is no setting `{}`", key.escape_debug())]
    #[diagnostic(code(ERR_PKG_UNKNOWN_SETTING))]
    Unknown {
        /// The key.
        key: String,
        /// The nearest.
        #[help]
        help: String,
    },
    /// The value is not of the setting's kind.
    #[error("`{}` is no value for the setting `{key}`: {reason}", text.escape_debug())]
    #[diagnostic(code(ERR_PKG_SETTING_VALUE))]
    Value {
        /// The key.
        key: String,
        /// The refused text.
        text: String,
        /// What it should be.
        reason: String,
    },
    /// A project's file may not have the setting, or must not hold such a secret.
    #[error("`{}` may not stand in a project's file", key.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_SETTING_PLACE),
        help("{why}: use `--location user`, which is for you alone")
    )]
    Place {
        /// The key.
        key: String,
        /// Why.
        why: &'static str,
    },
    /// A credential for no registry.
    #[error("`{}` is for no registry", key.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_SETTING_PLACE),
        help("write for which: `//registry.example.test/:{key}`")
    )]
    ForNoRegistry {
        /// The key.
        key: String,
    },
    /// There is no such file on this machine.
    #[error("it is not known where the {which} settings are")]
    #[diagnostic(code(ERR_PKG_NO_HOME), help("{help}"))]
    NoFile {
        /// Whose.
        which: &'static str,
        /// What to set.
        help: &'static str,
    },
    /// The file is not one that can be changed.
    #[error("`{}` {reason}", DisplayPath(path))]
    #[diagnostic(code(ERR_PKG_NPMRC))]
    NotAFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The file cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
}

/// Makes changes to one file, all at once, and gives its path.
///
/// Comments, order and line ends stay. A file with credentials is for its owner alone (0600).
///
/// # Errors
/// [`WriteError`]; then the file is as it was.
pub fn edit_config(
    root: &Path,
    host: &Host,
    request: &SettingsRequest,
    (place, edits): (ConfigPlace, &[ConfigEdit]),
) -> Result<PathBuf, WriteError> {
    for edit in edits {
        check(edit, place)?;
    }
    let path = file(root, host, request, place)?;
    let (path, found) = real_file(path, place)?;
    let before = match &found {
        Some(_) => pkg_fs::read_regular_file(&path, NPMRC_LIMIT)?,
        None => Vec::new(),
    };
    let Ok(before) = String::from_utf8(before) else {
        let reason = "is not UTF-8: save it as that";
        return Err(WriteError::NotAFile { path, reason });
    };
    let after = edits
        .iter()
        .fold(before.clone(), |text, edit| applied(&text, edit));
    if after == before {
        return Ok(path);
    }
    if let Some(folder) = path.parent() {
        pkg_fs::create_directory_all(folder, 0o755)?;
    }
    let fresh = if place == ConfigPlace::User {
        0o600
    } else {
        0o644
    };
    let mode = found.map_or(fresh, |mode| mode & 0o777);
    let mode = if has_secret(&after) {
        mode & 0o600
    } else {
        mode
    };
    pkg_fs::write_atomic(&path, after.as_bytes(), mode)?;
    Ok(path)
}

fn applied(text: &str, edit: &ConfigEdit) -> String {
    let key = kebab_case(&edit.key);
    let Some(value) = &edit.value else {
        return delete_entry(text, &key);
    };
    // A list over several lines gives way to the one line.
    let is_list = |line: &str| {
        line.split('=')
            .next()
            .unwrap_or_default()
            .trim()
            .ends_with("[]")
    };
    let has_list = text
        .lines()
        .any(|line| is_list(line) && super::edit::is_of(line, &key));
    let text = if has_list {
        delete_entry(text, &key)
    } else {
        text.to_owned()
    };
    set_entry(&text, &key, &ini_value(value))
}

/// Whether a text holds credentials.
fn has_secret(text: &str) -> bool {
    pkg_manifest::parse_ini(text)
        .keys()
        .any(|key| known::is_secret(key))
}

/// Refuses what cannot be set there.
fn check(edit: &ConfigEdit, place: ConfigPlace) -> Result<(), WriteError> {
    let key = kebab_case(&edit.key);
    let is_odd = |character: char| {
        character.is_control() || character.is_whitespace() || "=;#[]\"'".contains(character)
    };
    let kind = known::kind(&key);
    // What somebody wrote by hand may always be taken out.
    let Some(value) = &edit.value else {
        return Ok(());
    };
    if kind == Kind::Unknown || key.contains(is_odd) {
        let help = match known::nearest_keys(&key).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`pkg help settings` lists them".to_owned(),
        };
        let key = edit.key.clone();
        return Err(WriteError::Unknown { key, help });
    }
    if known::is_secret(&key) && !key.starts_with("//") {
        let key = edit.key.clone();
        return Err(WriteError::ForNoRegistry { key });
    }
    if place == ConfigPlace::Project {
        check_project(&key)?;
    }
    check_value(&key, value)
}

fn check_project(key: &str) -> Result<(), WriteError> {
    let own = translate(key, "true").map_or(key, |translated| translated.key);
    let is_users_only = Settings::scope(own)
        .map_or_else(|| known::is_users_only(own), |scope| scope == Scope::User);
    let why = if known::is_secret(key) || key.ends_with(":username") {
        "it is a credential, and whoever sees the project would have it"
    } else if is_users_only || (key.starts_with("//") && !key.ends_with(":email")) {
        "a project must not choose it for its users"
    } else {
        return Ok(());
    };
    let key = key.to_owned();
    Err(WriteError::Place { key, why })
}

fn check_value(key: &str, text: &str) -> Result<(), WriteError> {
    let fail = |reason: &str| {
        let (key, reason) = (key.to_owned(), reason.to_owned());
        let text = text.to_owned();
        Err(WriteError::Value { key, text, reason })
    };
    if key == "registry" || key.ends_with(":registry") {
        return match pkg_manifest::RegistryUrl::parse(text) {
            Ok(_) => Ok(()),
            Err(_) if text.contains("${") => Ok(()),
            Err(error) => fail(&format!("it is {error}")),
        };
    }
    let translated = translate(key, text);
    let (own, value) = match &translated {
        Some(translated) if translated.text.is_empty() => return Ok(()),
        Some(translated) => (translated.key, translated.text.as_str()),
        None => (key, text),
    };
    match Settings::default().set(own, value) {
        Ok(_) => Ok(()),
        Err(reason) => fail(reason),
    }
}

fn file(
    root: &Path,
    host: &Host,
    request: &SettingsRequest,
    place: ConfigPlace,
) -> Result<PathBuf, WriteError> {
    let (found, which, help) = match place {
        ConfigPlace::Project => return Ok(project_npmrc(root)),
        ConfigPlace::User => (
            user_npmrc(host, request),
            "user's",
            "set `HOME`, or use `--userconfig FILE`",
        ),
        ConfigPlace::Global => (
            global_npmrc(host),
            "machine's",
            "set `npm_config_globalconfig` to a file: there is no Node.js on PATH to find it by",
        ),
    };
    found.ok_or(WriteError::NoFile { which, help })
}

/// The file behind a link of the user's own, and its mode. A link of a project leads nowhere.
fn real_file(path: PathBuf, place: ConfigPlace) -> Result<(PathBuf, Option<u32>), WriteError> {
    let Some(found) = pkg_fs::stat_link_if_exists(&path)? else {
        return Ok((path, None));
    };
    match found.kind {
        FileKind::File => Ok((path, Some(found.mode))),
        FileKind::Symlink if place == ConfigPlace::User => {
            let target = path.canonicalize().ok();
            let stat = target
                .as_deref()
                .map(pkg_fs::stat_link_if_exists)
                .transpose()?
                .flatten();
            match (target, stat) {
                (Some(target), Some(stat))
                    if stat.kind == FileKind::File && stat.owner == pkg_fs::current_user() =>
                {
                    Ok((target, Some(stat.mode)))
                }
                _ => {
                    let reason = "is a link to what is no file of yours";
                    Err(WriteError::NotAFile { path, reason })
                }
            }
        }
        _ => {
            let reason = "is no plain file";
            Err(WriteError::NotAFile { path, reason })
        }
    }
}
