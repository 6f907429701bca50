//! Why an install failed: one enum, each cause as the crate that found it says it.

use std::path::PathBuf;

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FsError};
use pkg_linker::{LinkError, PlanError};
use pkg_lockfile::{LockfileError, Outdated};
use pkg_registry::RegistryError;
use pkg_resolver::ResolveError;
use pkg_store::StoreError;
use thiserror::Error;

use crate::{
    ApprovalError, BuildError, EndedBySignal, GitError, ProjectError, RunError, SettingsError,
};

/// Why an install failed.
#[derive(Debug, Error, Diagnostic)]
pub enum InstallError {
    /// The project cannot be worked with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// The settings cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Settings(#[from] SettingsError),
    /// A file of the project cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// A frozen install would have to change the lockfile.
    #[error("{outdated}")]
    #[diagnostic(code(ERR_PKG_OUTDATED_LOCKFILE))]
    Outdated {
        /// All that differs.
        outdated: Outdated,
        /// Why it is frozen, and what to do.
        #[help]
        help: String,
    },
    /// A frozen install has no lockfile to follow, or one in the middle of a merge.
    #[error("{message}")]
    #[diagnostic(
        code(ERR_PKG_FROZEN_LOCKFILE),
        help("run `pkg install --no-frozen-lockfile` and commit pkg.lock")
    )]
    Frozen {
        /// What is the matter with it.
        message: &'static str,
    },
    /// The lockfile does not say what it must.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lockfile(#[from] LockfileError),
    /// The ranges cannot be resolved.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Resolve(#[from] ResolveError),
    /// The registry did not give what was asked for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] RegistryError),
    /// The store refused a package, or cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// A repository did not give what was asked for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
    /// The graph has no tree.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// The tree cannot be built.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Link(#[from] LinkError),
    /// The lockfile holds an address that is none.
    #[error("`{}` in pkg.lock is no address", text.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_VALUE),
        help("restore pkg.lock from version control")
    )]
    BadAddress {
        /// The refused text.
        text: String,
    },
    /// The lockfile gives a package a folder that is none of its business.
    #[error(
        "pkg.lock gives `{package}` the folder `{}`, which this project does not link",
        path.escape_debug()
    )]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_LINK),
        help("restore pkg.lock from version control")
    )]
    ForeignLink {
        /// The package.
        package: String,
        /// The folder.
        path: String,
    },
    /// The lockfile takes a package from a repository that nobody asked for.
    #[error("pkg.lock takes `{package}` from a repository that package.json does not ask for")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_REPOSITORY),
        help("restore pkg.lock from version control, or run `pkg install --force` without it")
    )]
    ForeignRepository {
        /// The package.
        package: String,
    },
    /// The lockfile has a package at a host that its registry does not name for it.
    #[error(
        "pkg.lock has `{package}` at `{}`, which is not the configured registry, and that knows no such tarball",
        host.escape_debug()
    )]
    #[diagnostic(
        code(ERR_PKG_FOREIGN_TARBALL),
        help(
            "restore pkg.lock from version control; if the registry was changed on purpose, remove the entry and install \
             again"
        )
    )]
    ForeignTarball {
        /// The package.
        package: String,
        /// The host.
        host: String,
    },
    /// Nothing says where a package is.
    #[error("nothing says where the package `{id}` is")]
    #[diagnostic(code(ERR_PKG_NO_SOURCE), help("run `pkg install --force`"))]
    NoSource {
        /// The package.
        id: String,
    },
    /// Something that settings ask for cannot be had in this version.
    #[error("{what} cannot be installed yet")]
    #[diagnostic(
        code(ERR_PKG_NOT_YET),
        help("choose another layout: `--layout=isolated`, or `layout=isolated` in `.npmrc`")
    )]
    NotYet {
        /// What was asked for.
        what: &'static str,
    },
    /// The shared virtual store has a path that no link can be planned to.
    #[error("`{}` cannot be linked to: its path is no text", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_SHARED_STORE_PATH),
        help("choose another `store-dir`, or `virtual-store=project`")
    )]
    SharedStorePath {
        /// Where the shared virtual store is.
        path: PathBuf,
    },
    /// A package could not be built.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] BuildError),
    /// What the project says about scripts of packages cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Approvals(#[from] ApprovalError),
    /// Root would run the scripts of a project of another user.
    #[error(
        "the project belongs to another user (number {owner}), and its script `{script}` would run as root"
    )]
    #[diagnostic(
        code(ERR_PKG_BUILD_AS_ROOT),
        help("install as the project's owner, or with `--ignore-scripts`")
    )]
    AsRoot {
        /// The owner.
        owner: u32,
        /// The first of them.
        script: String,
    },
    /// A script of the project cannot be started.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] RunError),
    /// A script of the project failed.
    #[error("the script `{script}` of this project {end}")]
    #[diagnostic(
        code(ERR_PKG_LIFECYCLE),
        help("mend the script, or install with `--ignore-scripts`")
    )]
    Script {
        /// Its name.
        script: String,
        /// How it ended, in words.
        end: String,
        /// The signal that ended it, which those words name.
        #[source]
        signal: Option<EndedBySignal>,
    },
}
