//! Why a change of the manifest was not made.

use miette::Diagnostic;
use pkg_fs::FsError;
use pkg_manifest::ArgumentError;
use pkg_registry::RegistryError;
use pkg_store::StoreError;
use thiserror::Error;

use crate::{GitError, InstallError, ProjectError, SettingsError, query::QueryError};

/// Why a change of the manifest was not made.
#[derive(Debug, Error, Diagnostic)]
pub enum ChangeError {
    /// The install that follows from the change failed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Install(#[from] Box<InstallError>),
    /// The project cannot be worked with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    /// A file cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// The store refused a tarball.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// A repository did not give what was asked for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
    /// The registry did not give what was asked for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] RegistryError),
    /// The lockfile cannot be asked.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Query(#[from] QueryError),
    /// An argument names no package.
    #[error("`{}` names no package", text.escape_debug())]
    #[diagnostic(help(
        "write `name`, `name@range`, `name@tag`, a folder, a tarball or its address"
    ))]
    Argument {
        /// The refused text.
        text: String,
        /// What is wrong with it.
        #[source]
        #[diagnostic_source]
        source: ArgumentError,
    },
    /// A specifier is of a kind that cannot be installed.
    #[error("`{}` cannot be added: {kind} cannot be installed yet", text.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_NOT_SUPPORTED),
        help("name a version, a range, a tag, a folder, a tarball or its address")
    )]
    NotYet {
        /// The refused text.
        text: String,
        /// What it is, in words.
        kind: &'static str,
    },
    /// An address holds what may not be written down.
    #[error(
        "`{address}` is asked for with a password or a token, which would stand in package.json and pkg.lock"
    )]
    #[diagnostic(
        code(ERR_PKG_ADDRESS_WITH_SECRET),
        help(
            "give the address without it; what its host wants to know stands in your own `.npmrc`"
        )
    )]
    Secret {
        /// The address without it.
        address: String,
    },
    /// A package from a folder or a tarball does not say its name.
    #[error("`{}` does not say what it is called", text.escape_debug())]
    #[diagnostic(code(ERR_PKG_NO_NAME), help("give it a name: `pkg add NAME@{text}`"))]
    NoName {
        /// The argument.
        text: String,
    },
    /// The manifest does not ask for what is to be removed.
    #[error("package.json does not ask for {}", names.join(", "))]
    #[diagnostic(code(ERR_PKG_NOT_A_DEPENDENCY))]
    NotADependency {
        /// The names, quoted.
        names: Vec<String>,
        /// What it asks for that is near.
        #[help]
        help: String,
    },
}

impl ChangeError {
    /// Whether somebody else changed the manifest while the change was worked out.
    pub(super) fn is_late(&self) -> bool {
        let Self::Install(error) = self else {
            return false;
        };
        matches!(
            **error,
            InstallError::Project(ProjectError::ManifestMoved { .. })
        )
    }
}
