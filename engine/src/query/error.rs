//! Why a question has no answer.

use std::path::PathBuf;

use miette::Diagnostic;
use pkg_fs::DisplayPath;
use pkg_linker::PlanError;
use pkg_registry::RegistryError;
use pkg_store::StoreError;
use thiserror::Error;

use crate::{InstallError, ProjectError, SettingsError};

/// Why a question has no answer.
#[derive(Debug, Error, Diagnostic)]
pub enum QueryError {
    /// The project cannot be worked with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    /// The store cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The registry did not answer.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] RegistryError),
    /// The graph has no tree.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// What would be installed cannot be found out.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Resolve(#[from] Box<InstallError>),
    /// Nothing was resolved yet.
    #[error("there is no pkg.lock in `{}`", DisplayPath(root))]
    #[diagnostic(code(ERR_PKG_NO_LOCKFILE), help("run `pkg install` first"))]
    NoLockfile {
        /// The project.
        root: PathBuf,
    },
    /// A pattern cannot be.
    #[error("`{}` names no packages: {reason}", text.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_PATTERN),
        help("write `name`, `name@range` or `@scope/*`")
    )]
    Pattern {
        /// The refused text.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The project has no such package.
    #[error("this project has no package `{}`", wanted.escape_debug())]
    #[diagnostic(code(ERR_PKG_NOT_INSTALLED))]
    NotInstalled {
        /// What was asked for.
        wanted: String,
        /// What is near it.
        #[help]
        help: String,
    },
    /// A package has no version that was asked for.
    #[error("`{name}` has no version `{}`", wanted.escape_debug())]
    #[diagnostic(code(ERR_PKG_NO_MATCH))]
    NoVersion {
        /// The package.
        name: String,
        /// The range or tag.
        wanted: String,
        /// What there is.
        #[help]
        help: String,
    },
}
