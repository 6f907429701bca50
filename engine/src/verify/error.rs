//! Why a tree could not be looked at.

use miette::Diagnostic;
use pkg_fs::FsError;
use pkg_linker::{LinkError, PlanError};
use pkg_store::StoreError;
use thiserror::Error;

use crate::{InstallError, ProjectError};

/// Why a tree could not be held against its lockfile, or not be put right.
#[derive(Debug, Error, Diagnostic)]
pub enum VerifyError {
    /// The project cannot be worked with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// There is nothing to hold the tree against.
    #[error("there is no pkg.lock to hold the tree against")]
    #[diagnostic(code(ERR_PKG_NO_LOCKFILE), help("run `pkg install`"))]
    NoLockfile,
    /// The lockfile is in the middle of a merge.
    #[error("pkg.lock holds the markers of an unfinished merge")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_CONFLICT),
        help("run `pkg install`, which merges it")
    )]
    Conflict,
    /// Nothing of ours stands there.
    #[error("nothing that pkg made stands in this project")]
    #[diagnostic(code(ERR_PKG_NOT_INSTALLED), help("run `pkg install`"))]
    NotInstalled,
    /// The lockfile has no tree.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// The tree cannot be reached.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Link(#[from] LinkError),
    /// The store cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// A file of the project cannot be read or moved.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// The lockfile cannot be believed, or what is missing cannot be brought.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Install(#[from] InstallError),
}
