//! Why a plan cannot be made, and why one cannot be carried out.

use std::path::PathBuf;

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FsError};
use pkg_lockfile::{KeyError, PackageId};
use pkg_manifest::{RelativePath, RelativePathError};
use pkg_store::StoreError;
use thiserror::Error;

/// Why there is no tree for a lockfile.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum PlanError {
    /// An edge leads nowhere.
    #[error("the lockfile has no entry `{to}`, which `{from}` depends on")]
    #[diagnostic(
        code(ERR_PKG_LOCKFILE_MISSING_ENTRY),
        help("resolve the project again, so that the lockfile is whole")
    )]
    MissingEntry { from: String, to: String },
    /// Something would lie at a path that no file system takes.
    #[error("`{what}` has no place below `node_modules`")]
    #[diagnostic(
        code(ERR_PKG_LINK_PATH),
        help("its name or source is too long, or holds characters that a path cannot have")
    )]
    Path {
        what: String,
        #[source]
        source: RelativePathError,
    },
    /// A linked folder has no path.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Link(KeyError),
    /// Two things would lie at one path.
    #[error("two entries would both be `{path}`")]
    #[diagnostic(
        code(ERR_PKG_LINK_COLLISION),
        help("a project lies inside the `node_modules` of another one: move it")
    )]
    Collision { path: RelativePath },
    /// Versions and peers that exclude one another are nested in one another without measure.
    #[error("the layout needs more than {most} folders")]
    #[diagnostic(
        code(ERR_PKG_LINK_TOO_MANY_FOLDERS),
        help("the layout `isolated` has one folder an instance: `pkg layout isolated`")
    )]
    TooManyFolders { most: usize },
    /// The layout has a map in place of a tree.
    #[error("the layout `pnp` has no tree of folders")]
    #[diagnostic(
        code(ERR_PKG_LINK_NO_TREE),
        help("this is a bug of the program: its map is planned, not its tree")
    )]
    NoTree,
    /// A pattern of names cannot be read.
    #[error("`{}` is not a pattern of package names: {reason}", pattern.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_LINK_PATTERN),
        help("`*` stands for anything, `!` before a pattern negates it")
    )]
    Pattern { pattern: String, reason: String },
}

/// Why a tree is not, or not wholly, in place. The next run repairs what was begun.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum LinkError {
    /// Files of the store are missing or changed.
    #[error("the store's files of {} are damaged", list(packages))]
    #[diagnostic(
        code(ERR_PKG_LINK_STORE_DAMAGED),
        help("the packages must be fetched again")
    )]
    StoreDamaged { packages: Vec<PackageId> },
    /// Packages of the tree are not in the store.
    #[error("{} must be fetched before linking", list(packages))]
    #[diagnostic(code(ERR_PKG_LINK_NOT_FETCHED), help("this is a bug of the program"))]
    NotFetched { packages: Vec<PackageId> },
    /// A package has more files or bytes than a zip file can have.
    #[error("`{package}` is too large for a zip file")]
    #[diagnostic(
        code(ERR_PKG_ARCHIVE_TOO_LARGE),
        help(
            "have it unplugged: `\"dependenciesMeta\": {{\"{package}\": {{\"unplugged\": true}}}}` in package.json"
        )
    )]
    ArchiveTooLarge { package: String },
    /// The folder that all is written to belongs to somebody else.
    #[error("`{}` is a link", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_LINK_NODE_MODULES),
        help("what it leads to is not this project's: remove the link, and run again")
    )]
    NodeModulesIsLink { path: PathBuf },
    /// Something has no place.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Plan(#[from] PlanError),
    /// The store refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// The file system refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fs(#[from] FsError),
}

/// A few packages by name, and how many more there are.
fn list(packages: &[PackageId]) -> String {
    const SHOWN: usize = 5;
    let names: Vec<String> = packages
        .iter()
        .take(SHOWN)
        .map(|id| format!("`{id}`"))
        .collect();
    match packages.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
