//! The one error of this crate: which operation failed, on which path, why, and what helps.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use rustix::io::Errno;
use thiserror::Error;

use crate::path::DisplayPath;
use crate::stat::FileKind;

/// An operation on a file that did not work.
#[derive(Debug, Error)]
pub enum FsError {
    /// The system refused.
    #[error("cannot {operation} `{}`", DisplayPath(path))]
    Io {
        /// What was tried, as a verb: `open`, `create`, `rename`.
        operation: &'static str,
        /// Where it was tried.
        path: PathBuf,
        /// What the refusal means.
        kind: FsErrorKind,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something that is not a file stands where a file is needed.
    #[error("`{}` is {found}, not a regular file", DisplayPath(path))]
    NotRegular {
        /// Where it stands.
        path: PathBuf,
        /// What it is.
        found: FileKind,
    },
    /// The file is larger than its reader accepts.
    #[error("`{}` is larger than {limit} bytes", DisplayPath(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes that the reader accepts.
        limit: u64,
    },
}

/// What a refusal of the system means to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsErrorKind {
    /// Nothing is there.
    NotFound,
    /// Something is already there.
    AlreadyExists,
    /// The file system has no free bytes.
    NoSpace,
    /// The file system has bytes but can hold no more files.
    NoInodes,
    /// The user's quota is used up.
    Quota,
    /// The file system is mounted read-only.
    ReadOnly,
    /// The permissions forbid it.
    Access,
    /// This process or the system has too many open files.
    TooManyOpen,
    /// The path or one of its components is too long.
    NameTooLong,
    /// A component of the path is not a directory, or the reverse.
    WrongType,
    /// A symbolic link stands where none may, or links form a loop.
    Link,
    /// Anything else.
    Other,
}

impl FsErrorKind {
    fn of(source: &io::Error, path: &Path) -> Self {
        let Some(errno) = source.raw_os_error().map(Errno::from_raw_os_error) else {
            return Self::Other;
        };
        match errno {
            Errno::NOENT => Self::NotFound,
            Errno::EXIST | Errno::NOTEMPTY => Self::AlreadyExists,
            Errno::NOSPC => space_or_inodes(path),
            Errno::DQUOT => Self::Quota,
            Errno::ROFS => Self::ReadOnly,
            Errno::ACCESS | Errno::PERM => Self::Access,
            Errno::MFILE | Errno::NFILE => Self::TooManyOpen,
            Errno::NAMETOOLONG => Self::NameTooLong,
            Errno::NOTDIR | Errno::ISDIR => Self::WrongType,
            Errno::LOOP => Self::Link,
            _ => Self::Other,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::NotFound => "ERR_PKG_FS_NOT_FOUND",
            Self::AlreadyExists => "ERR_PKG_FS_EXISTS",
            Self::NoSpace => "ERR_PKG_FS_NO_SPACE",
            Self::NoInodes => "ERR_PKG_FS_NO_INODES",
            Self::Quota => "ERR_PKG_FS_QUOTA",
            Self::ReadOnly => "ERR_PKG_FS_READ_ONLY",
            Self::Access => "ERR_PKG_FS_ACCESS",
            Self::TooManyOpen => "ERR_PKG_FS_TOO_MANY_OPEN",
            Self::NameTooLong => "ERR_PKG_FS_NAME_TOO_LONG",
            Self::WrongType => "ERR_PKG_FS_WRONG_TYPE",
            Self::Link => "ERR_PKG_FS_LINK",
            Self::Other => "ERR_PKG_FS_IO",
        }
    }

    fn help(self) -> Option<&'static str> {
        match self {
            Self::NoSpace => Some("the file system has no free space: free some and run again"),
            Self::NoInodes => Some(
                "the file system has free space but no free inodes (it cannot hold more files): \
                 remove files that are not needed and run again",
            ),
            Self::Quota => Some("the quota of this user is used up: free space or raise it"),
            Self::ReadOnly => Some("the file system is mounted read-only"),
            Self::Access => Some("check who owns the path and its folder, and their permissions"),
            Self::TooManyOpen => {
                Some("too many files are open: raise the limit with `ulimit -n 4096`")
            }
            Self::NameTooLong => Some("move the project to a shorter path"),
            Self::WrongType => Some("a file stands where a folder is needed, or the reverse"),
            Self::Link => Some("a symbolic link stands where none is followed: remove it"),
            Self::NotFound | Self::AlreadyExists | Self::Other => None,
        }
    }
}

/// Tells a full disk from one that can hold no more files; only runs once something has already failed.
fn space_or_inodes(path: &Path) -> FsErrorKind {
    let existing = path
        .ancestors()
        .find_map(|ancestor| rustix::fs::statvfs(ancestor).ok());
    match existing {
        Some(found) if found.f_files > 0 && found.f_favail == 0 && found.f_bavail > 0 => {
            FsErrorKind::NoInodes
        }
        _ => FsErrorKind::NoSpace,
    }
}

impl FsError {
    /// Makes an error from what the system said about `operation` on `path`.
    pub fn new(operation: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        let kind = FsErrorKind::of(&source, path);
        Self::Io {
            operation,
            path: path.to_path_buf(),
            kind,
            source,
        }
    }

    /// What it means, where the system refused.
    pub fn kind(&self) -> FsErrorKind {
        match self {
            Self::Io { kind, .. } => *kind,
            Self::NotRegular { .. } => FsErrorKind::WrongType,
            Self::TooLarge { .. } => FsErrorKind::Other,
        }
    }

    /// The path that it happened at.
    pub fn path(&self) -> &Path {
        match self {
            Self::Io { path, .. } | Self::NotRegular { path, .. } | Self::TooLarge { path, .. } => {
                path
            }
        }
    }

    /// Whether nothing stood at the path.
    pub fn is_not_found(&self) -> bool {
        self.kind() == FsErrorKind::NotFound
    }

    /// Whether something already stood at the path.
    pub fn is_already_exists(&self) -> bool {
        self.kind() == FsErrorKind::AlreadyExists
    }

    /// Whether the place cannot be written to, by its mount or by its permissions.
    pub fn is_read_only(&self) -> bool {
        matches!(self.kind(), FsErrorKind::ReadOnly | FsErrorKind::Access)
    }
}

impl Diagnostic for FsError {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let code = match self {
            Self::Io { kind, .. } => kind.code(),
            Self::NotRegular { .. } => "ERR_PKG_FS_NOT_REGULAR",
            Self::TooLarge { .. } => "ERR_PKG_FS_TOO_LARGE",
        };
        Some(Box::new(code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let help = match self {
            Self::Io { kind, .. } => kind.help()?,
            Self::NotRegular { .. } => "put a regular file there",
            Self::TooLarge { .. } => "check that it is the file that was meant",
        };
        Some(Box::new(help))
    }
}

/// Adds the operation and the path to a result of the system.
pub trait At<T> {
    /// Names what was tried and where.
    ///
    /// # Errors
    /// The same failure, as an [`FsError`].
    fn at(self, operation: &'static str, path: &Path) -> Result<T, FsError>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, operation: &'static str, path: &Path) -> Result<T, FsError> {
        self.map_err(|source| FsError::new(operation, path, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(errno: Errno) -> FsError {
        FsError::new("create", Path::new("/a/b"), errno)
    }

    #[test]
    fn an_error_names_the_operation_and_the_path() {
        assert_eq!(error(Errno::IO).to_string(), "cannot create `/a/b`");
        let long = "x".repeat(300);
        let failed = rustix::fs::stat(&*long)
            .at("look at", Path::new(&long))
            .unwrap_err();
        assert_eq!(failed.kind(), FsErrorKind::NameTooLong);
    }

    #[test]
    fn every_common_failure_has_a_code_and_a_help() {
        let cases = [
            (Errno::NOSPC, "ERR_PKG_FS_NO_SPACE", "space"),
            (Errno::DQUOT, "ERR_PKG_FS_QUOTA", "quota"),
            (Errno::ROFS, "ERR_PKG_FS_READ_ONLY", "read-only"),
            (Errno::ACCESS, "ERR_PKG_FS_ACCESS", "permissions"),
            (Errno::PERM, "ERR_PKG_FS_ACCESS", "permissions"),
            (Errno::MFILE, "ERR_PKG_FS_TOO_MANY_OPEN", "ulimit"),
            (Errno::LOOP, "ERR_PKG_FS_LINK", "link"),
        ];
        for (errno, code, word) in cases {
            let error = error(errno);
            assert_eq!(error.code().unwrap().to_string(), code);
            assert!(error.help().unwrap().to_string().contains(word), "{code}");
        }
    }
}
