//! Why settings cannot be used.

use std::path::PathBuf;

use miette::Diagnostic;
use pkg_fs::DisplayPath;
use thiserror::Error;

use super::{Origin, Source};

/// Why settings cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum SettingsError {
    /// There is no home folder to keep things in.
    #[error("there is no folder for the store: `HOME` is not set")]
    #[diagnostic(
        code(ERR_PKG_NO_HOME),
        help("set `HOME`, or `PKG_HOME` to a folder of your choice")
    )]
    NoHome,
    /// A value is not of its setting's kind.
    #[error("`{}` is no value for the setting `{key}` ({origin}): {reason}", text.escape_debug())]
    #[diagnostic(code(ERR_PKG_SETTING_VALUE))]
    Value {
        /// The setting.
        key: String,
        /// The refused value.
        text: String,
        /// Where it was set.
        origin: Origin,
        /// What it should be.
        reason: &'static str,
    },
    /// A settings file cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] pkg_fs::FsError),
    /// A settings file does not say what it must.
    #[error("{message}")]
    #[diagnostic(code(ERR_PKG_NPMRC))]
    Npmrc {
        /// What is wrong, and in which file.
        message: String,
    },
    /// A `pnpm-workspace.yaml` is not plain YAML.
    #[error("`{}` cannot be read: {message}", DisplayPath(path))]
    #[diagnostic(code(ERR_PKG_WORKSPACE_YAML))]
    Workspace {
        /// The file.
        path: PathBuf,
        /// What is wrong, and in which line.
        message: String,
    },
    /// The name of a setting that guards is misspelt: it would not guard.
    #[error("unknown setting `{}` ({origin})", key.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_UNKNOWN_SETTING),
        help("did you mean `{near}`? It guards, so a mistake in its name is not passed over")
    )]
    MisspeltGuard {
        /// The key as written.
        key: String,
        /// Where.
        origin: Origin,
        /// The setting that was most probably meant.
        near: &'static str,
    },
    /// No registry is named anywhere, and there is no npm to ask.
    #[error("no registry is set")]
    #[diagnostic(
        code(ERR_PKG_NO_REGISTRY),
        help("set one: `registry=https://registry.example.test/` in `.npmrc`, or `--registry`")
    )]
    NoRegistry,
    /// A layout that does not exist.
    #[error("`{}` is no layout ({set_by})", set_by.text.escape_debug())]
    #[diagnostic(code(ERR_PKG_UNKNOWN_LAYOUT))]
    UnknownLayout {
        /// What was asked for, and by whom.
        set_by: Box<Source>,
        /// The layouts that there are, and the nearest.
        #[help]
        help: String,
    },
}
