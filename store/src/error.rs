//! What can go wrong between bytes and the store.

use std::path::PathBuf;

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FsError};
use thiserror::Error;

use crate::archive::ArchiveError;

/// Why the store refused or failed.
///
/// `package` is `name@version`, or says where the bytes came from; text out of archives is escaped.
#[derive(Debug, Error, Diagnostic)]
#[non_exhaustive]
pub enum StoreError {
    /// The bytes are not the ones that were asked for.
    #[error("`{package}` has integrity `{actual}`, expected `{expected}`")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_INTEGRITY),
        help(
            "the download was changed or damaged, or the recorded hash is of another file: nothing was stored"
        )
    )]
    Integrity {
        package: String,
        expected: String,
        actual: String,
    },
    /// The bytes are no tarball at all.
    #[error("`{package}` is not a tarball: it begins with `{found}`")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_FORMAT),
        help(
            "tarballs are tar archives, plain or compressed with gzip; a page or another compression was sent"
        )
    )]
    NotATarball { package: String, found: String },
    /// The archive breaks off or contradicts itself.
    #[error("the tarball of `{package}` is corrupt: {reason}")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_CORRUPT),
        help("its hash is the expected one, so it was published this way: use another version")
    )]
    Corrupt { package: String, reason: String },
    /// An entry leads out of the package.
    #[error("the tarball of `{package}` holds the entry `{entry}`: {reason}")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_UNSAFE_PATH),
        help("an honest package holds no such entry: report it to the registry")
    )]
    UnsafePath {
        package: String,
        entry: String,
        reason: &'static str,
    },
    /// Two entries cannot both be there.
    #[error("entries of the tarball of `{package}` collide at `{entry}`: {reason}")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_CONFLICT),
        help(
            "programs would unpack it differently: use another version, or report it to its author"
        )
    )]
    Conflict {
        package: String,
        entry: String,
        reason: &'static str,
    },
    /// The archive is larger than any honest package.
    #[error("the tarball of `{package}` has more than {limit} {what}")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_LIMIT),
        help("the limits are far above all known packages: this one looks like an attack")
    )]
    Limit {
        package: String,
        what: &'static str,
        limit: u64,
    },
    /// The package's own `package.json` cannot be read.
    #[error("the `package.json` of `{package}` is invalid: {reason}")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_PACKAGE_JSON),
        help("use another version, or report it to its author")
    )]
    PackageJson { package: String, reason: String },
    /// The package is another than the one that was asked for.
    #[error("`{package}` was expected, but the package calls itself `{found}`")]
    #[diagnostic(
        code(ERR_PKG_TARBALL_MANIFEST_MISMATCH),
        help(
            "the lockfile or the registry names a tarball of another package: check where it comes from"
        )
    )]
    ManifestMismatch { package: String, found: String },
    /// Something in a folder cannot be part of a package.
    #[error("`{}` cannot be part of a package: {reason}", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_STORE_DIRECTORY),
        help("remove it, or leave it out of the folder that is installed")
    )]
    Directory { path: PathBuf, reason: &'static str },
    /// Other users could change the store.
    #[error("the store cannot be trusted: `{}` {reason}", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_STORE_UNTRUSTED),
        help("{fix}, or choose another `store-dir`")
    )]
    Untrusted {
        path: PathBuf,
        reason: &'static str,
        fix: String,
    },
    /// The lock that the operation needs cannot be had.
    #[error("the store `{}` {reason}", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_STORE_LOCK),
        help("wait until other installs have ended, or put the store on a file system with locks")
    )]
    Lock { path: PathBuf, reason: &'static str },
    /// The file system refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Fs(#[from] FsError),
}

impl ArchiveError {
    /// Says whose archive it is.
    pub(crate) fn of_package(self, package: &str) -> StoreError {
        let package = package.to_owned();
        match self {
            Self::NotATarball(found) => StoreError::NotATarball { package, found },
            Self::Corrupt(reason) => StoreError::Corrupt { package, reason },
            Self::UnsafePath { entry, reason } => StoreError::UnsafePath {
                package,
                entry,
                reason,
            },
            Self::Conflict { entry, reason } => StoreError::Conflict {
                package,
                entry,
                reason,
            },
            Self::Limit { what, limit } => StoreError::Limit {
                package,
                what,
                limit,
            },
            Self::PackageJson(reason) => StoreError::PackageJson { package, reason },
        }
    }
}
