//! What the system knows about a path.

use std::fmt::{self, Display};
use std::path::Path;

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::error::{At, FsError};

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
    /// A device.
    Device,
    /// Something that this system does not name.
    Unknown,
}

impl Display for FileKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::File => "a regular file",
            Self::Directory => "a directory",
            Self::Symlink => "a symbolic link",
            Self::Fifo => "a named pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Unknown => "of an unknown kind",
        })
    }
}

impl From<FileType> for FileKind {
    fn from(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Symlink,
            FileType::Fifo => Self::Fifo,
            FileType::Socket => Self::Socket,
            FileType::CharacterDevice | FileType::BlockDevice => Self::Device,
            FileType::Unknown => Self::Unknown,
        }
    }
}

/// Size, times and identity of what stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: FileKind,
    /// Bytes.
    pub size: u64,
    /// Last change of the content, whole seconds since 1970.
    pub mtime_seconds: i64,
    /// Last change of the content, nanoseconds within the second.
    pub mtime_nanoseconds: u32,
    /// Last change of the inode (content, permissions or number of links), whole seconds since 1970.
    pub ctime_seconds: i64,
    /// Last change of the inode, nanoseconds within the second.
    pub ctime_nanoseconds: u32,
    /// Number of the inode.
    pub inode: u64,
    /// Number of the device that holds it.
    pub device: u64,
    /// Permission bits, with set-id and sticky bits.
    pub mode: u32,
    /// Number of hard links.
    pub links: u64,
    /// Id of the owner.
    pub owner: u32,
}

impl From<rustix::fs::Stat> for Stat {
    #[expect(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        clippy::unnecessary_cast,
        reason = "the widths and signs of these fields differ between systems; none is out of range"
    )]
    fn from(stat: rustix::fs::Stat) -> Self {
        Self {
            kind: FileType::from_raw_mode(stat.st_mode).into(),
            size: stat.st_size as u64,
            mtime_seconds: stat.st_mtime as i64,
            mtime_nanoseconds: stat.st_mtime_nsec as u32,
            ctime_seconds: stat.st_ctime as i64,
            ctime_nanoseconds: stat.st_ctime_nsec as u32,
            inode: stat.st_ino as u64,
            device: stat.st_dev as u64,
            mode: stat.st_mode as u32 & 0o7777,
            links: stat.st_nlink as u64,
            owner: stat.st_uid,
        }
    }
}

/// Looks at what stands at `path`, through a symbolic link.
///
/// # Errors
/// When nothing is there, or the system refuses.
pub fn stat(path: &Path) -> Result<Stat, FsError> {
    rustix::fs::stat(path).map(Stat::from).at("look at", path)
}

/// Looks at what stands at `path`, through a symbolic link; `None` when nothing does.
///
/// # Errors
/// When the system refuses.
pub fn stat_if_exists(path: &Path) -> Result<Option<Stat>, FsError> {
    present(rustix::fs::stat(path), path)
}

/// Looks at what stands at `path`: a symbolic link is looked at itself.
///
/// # Errors
/// When nothing is there, or the system refuses.
pub fn stat_link(path: &Path) -> Result<Stat, FsError> {
    rustix::fs::lstat(path).map(Stat::from).at("look at", path)
}

/// Looks at what stands at `path`, not through a symbolic link; `None` when nothing does.
///
/// # Errors
/// When the system refuses.
pub fn stat_link_if_exists(path: &Path) -> Result<Option<Stat>, FsError> {
    present(rustix::fs::lstat(path), path)
}

fn present(
    found: rustix::io::Result<rustix::fs::Stat>,
    path: &Path,
) -> Result<Option<Stat>, FsError> {
    match found {
        Ok(stat) => Ok(Some(stat.into())),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(errno).at("look at", path),
    }
}
