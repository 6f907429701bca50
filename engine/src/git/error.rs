//! Why a repository did not give what was asked of it.

use miette::Diagnostic;
use pkg_fs::FsError;
use thiserror::Error;

/// Why a repository did not give what was asked of it.
#[derive(Debug, Error, Diagnostic)]
pub enum GitError {
    /// There is no git.
    #[error("`{address}` is a git repository, and there is no `git` on PATH")]
    #[diagnostic(code(ERR_PKG_NO_GIT), help("install git"))]
    NoProgram {
        /// The repository.
        address: String,
    },
    /// The network may not be asked.
    #[error("`{address}` must be asked for a commit, and `offline` is set")]
    #[diagnostic(
        code(ERR_PKG_OFFLINE_MISSING),
        help("run it once without `--offline`; the commit is then in pkg.lock and in the store")
    )]
    Offline {
        /// The repository.
        address: String,
    },
    /// git failed.
    #[error("git cannot {what} `{address}`")]
    #[diagnostic(
        code(ERR_PKG_GIT),
        help(
            "git asks nothing here: see that `git ls-remote` with this address works without a prompt"
        )
    )]
    Failed {
        /// What it was to do.
        what: &'static str,
        /// The repository.
        address: String,
        /// What git said.
        #[source]
        source: Said,
    },
    /// It has no such branch, tag or version.
    #[error("`{address}` has no {wanted}")]
    #[diagnostic(code(ERR_PKG_GIT_NO_COMMIT))]
    NoCommit {
        /// The repository.
        address: String,
        /// What was asked for, in words.
        wanted: String,
        /// What there is.
        #[help]
        help: String,
    },
    /// The commit has no such folder.
    #[error("`{source_text}` has no folder `{folder}`")]
    #[diagnostic(code(ERR_PKG_GIT_NO_FOLDER), help("see what stands behind `path:`"))]
    NoFolder {
        /// Repository and commit.
        source_text: String,
        /// The folder.
        folder: String,
    },
    /// The commit holds more than a package may.
    #[error("`{source_text}` holds too much for a package: {what}")]
    #[diagnostic(code(ERR_PKG_GIT_LIMIT))]
    TooMuch {
        /// Repository and commit.
        source_text: String,
        /// What there is too much of.
        what: &'static str,
    },
    /// A file or a folder cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
}

/// The last words of git, without what may be a password.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Said(pub(super) String);

impl GitError {
    /// What to say where what was asked for does not exist, as far as the repository knows.
    pub(crate) fn absence(&self) -> Option<String> {
        match self {
            Self::NoCommit { help, .. } => Some(format!("{self}; {help}")),
            Self::NoFolder { .. } => Some(self.to_string()),
            Self::NoProgram { .. }
            | Self::Offline { .. }
            | Self::Failed { .. }
            | Self::TooMuch { .. }
            | Self::File(_) => None,
        }
    }
}
