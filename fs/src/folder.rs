//! A folder that is opened once and worked in by name, so that its path is neither walked nor built each time.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::gate::{changing, creating};
use crate::read::read_opened;
use crate::stat::Stat;
use crate::temporary::{TRIES, make_temporary, temporary_name};
use crate::write::exclusive;

/// An open folder. The names that its methods take are relative to it and chosen by the program, never by a package.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens an existing folder.
    ///
    /// # Errors
    /// When nothing or no folder is there, or the system refuses.
    pub fn open(path: &Path) -> Result<Self, FsError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty()).at("open", path)?;
        Ok(Self {
            handle,
            path: path.to_path_buf(),
        })
    }

    /// A folder that is open already.
    pub(crate) fn from_handle(handle: OwnedFd, path: PathBuf) -> Self {
        Self { handle, path }
    }

    /// The path that it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Looks at the folder itself.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn stat(&self) -> Result<Stat, FsError> {
        rustix::fs::fstat(&self.handle)
            .map(Stat::from)
            .at("look at", &self.path)
    }

    /// Looks at what stands in it, not through a link; `None` when nothing does.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn stat_entry(&self, name: &str) -> Result<Option<Stat>, FsError> {
        match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat.into())),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(self.error("look at", name, errno)),
        }
    }

    /// Creates a file for writing that must not exist yet.
    ///
    /// # Errors
    /// When something stands there already, or the system refuses.
    pub fn create_new(&self, name: &str, mode: u32) -> Result<File, FsError> {
        creating(|| rustix::fs::openat(&self.handle, name, exclusive(), Mode::from_raw_mode(mode)))
            .map(File::from)
            .map_err(|errno| self.error("create", name, errno))
    }

    /// Creates a file for writing under a new name that nobody else has, and tells the name.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create_temporary(&self, mode: u32) -> Result<(String, File), FsError> {
        for _ in 0..TRIES {
            let name = temporary_name();
            match make_temporary(self.path_of(&name), |_| self.create_new(&name, mode)) {
                Err(error) if error.is_already_exists() => {}
                created => return created.map(|file| (name, file)),
            }
        }
        Err(FsError::new(
            "create a temporary file in",
            &self.path,
            Errno::EXIST,
        ))
    }

    /// Opens what stands there for reading, whatever it is, without waiting and not through a link.
    ///
    /// # Errors
    /// When nothing is there, a link is, or the system refuses.
    pub fn open_entry(&self, name: &str) -> Result<File, FsError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(&self.handle, name, flags, Mode::empty())
            .map(File::from)
            .map_err(|errno| self.error("open", name, errno))
    }

    /// Reads a regular file of at most `limit` bytes into `bytes`, whose memory is used again.
    ///
    /// # Errors
    /// When it is missing, not a regular file, too large, or cannot be read.
    pub fn read_into(&self, name: &str, limit: u64, bytes: &mut Vec<u8>) -> Result<Stat, FsError> {
        let file = self.open_entry(name)?;
        read_opened(&file, || self.path_of(name), limit, bytes)
    }

    /// Creates a folder in it, unless it is there.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn create_folder(&self, name: &str, mode: u32) -> Result<(), FsError> {
        match creating(|| rustix::fs::mkdirat(&self.handle, name, Mode::from_raw_mode(mode))) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(self.error("create the folder", name, errno)),
        }
    }

    /// Moves a file of this folder into another one, over a file that has the name there.
    ///
    /// # Errors
    /// When the system refuses; the error names the new place.
    pub fn rename(&self, from: &str, folder: &Self, to: &str) -> Result<(), FsError> {
        changing(|| rustix::fs::renameat(&self.handle, from, &folder.handle, to))
            .map_err(|errno| folder.error("rename to", to, errno))
    }

    /// Moves a file of this folder into another one unless the name is taken there; tells whether it was moved.
    ///
    /// # Errors
    /// When the system refuses for another reason; the error names the new place.
    pub fn rename_if_absent(&self, from: &str, folder: &Self, to: &str) -> Result<bool, FsError> {
        let (here, there) = (&self.handle, &folder.handle);
        match changing(|| rustix::fs::renameat_with(here, from, there, to, RenameFlags::NOREPLACE))
        {
            Ok(()) => return Ok(true),
            Err(Errno::EXIST) => return Ok(false),
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(errno) => return Err(folder.error("rename to", to, errno)),
        }
        match creating(|| rustix::fs::linkat(here, from, there, to, AtFlags::empty())) {
            Ok(()) => self.remove(from).map(|()| true),
            Err(Errno::EXIST) => Ok(false),
            Err(errno) => Err(folder.error("link to", to, errno)),
        }
    }

    /// Removes a file or link in it, if there is one.
    ///
    /// # Errors
    /// When a folder is there, or the system refuses.
    pub fn remove(&self, name: &str) -> Result<(), FsError> {
        match changing(|| rustix::fs::unlinkat(&self.handle, name, AtFlags::empty())) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.error("remove", name, errno)),
        }
    }

    fn error(&self, operation: &'static str, name: &str, errno: Errno) -> FsError {
        FsError::new(operation, &self.path_of(name), errno)
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

/// Sets the time of the last change of an open file to whole seconds since 1970.
///
/// # Errors
/// When the file is not ours or the file system has no such times; the caller knows the path.
pub fn set_mtime(file: &File, seconds: i64) -> io::Result<()> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT as _,
        },
        last_modification: Timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        },
    };
    Ok(changing(|| rustix::fs::futimens(file, &times))?)
}

/// Sets the permission bits of an open file, whatever this process takes from new files.
///
/// # Errors
/// When the file is not ours; the caller knows the path.
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    Ok(changing(|| {
        changing(|| rustix::fs::fchmod(file, Mode::from_raw_mode(mode)))
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn work_in_a_folder_goes_by_names() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        folder.create_folder("ab", 0o755).unwrap();
        folder.create_folder("ab", 0o755).unwrap();
        let mut file = folder.create_new("ab/file", 0o644).unwrap();
        file.write_all(b"bytes").unwrap();
        set_mtime(&file, 1_000_000_000).unwrap();
        set_mode(&file, 0o755).unwrap();
        let stat = folder.stat_entry("ab/file").unwrap().unwrap();
        assert_eq!((stat.size, stat.mode), (5, 0o755));
        assert_eq!(
            (stat.mtime_seconds, stat.mtime_nanoseconds),
            (1_000_000_000, 0)
        );
        assert!(
            folder
                .create_new("ab/file", 0o644)
                .unwrap_err()
                .is_already_exists()
        );
        let (temporary, _) = folder.create_temporary(0o644).unwrap();
        assert!(
            !folder
                .rename_if_absent(&temporary, &folder, "ab/file")
                .unwrap()
        );
        assert!(folder.rename_if_absent(&temporary, &folder, "new").unwrap());
        folder.remove("new").unwrap();
        folder.remove("new").unwrap();
        let mut bytes = Vec::new();
        folder.rename("ab/file", &folder, "file").unwrap();
        folder.read_into("file", 10, &mut bytes).unwrap();
        assert_eq!(
            (&*bytes, folder.stat_entry("ab/file").unwrap()),
            (&b"bytes"[..], None)
        );
    }

    #[test]
    fn a_link_is_looked_at_itself_and_never_read_through() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        crate::create_symlink(Path::new("/dev/zero"), &folder.path_of("link")).unwrap();
        let stat = folder.stat_entry("link").unwrap().unwrap();
        assert_eq!(stat.kind, crate::FileKind::Symlink);
        let error = folder.read_into("link", 10, &mut Vec::new()).unwrap_err();
        assert_eq!(
            (error.kind(), error.path()),
            (crate::FsErrorKind::Link, &*folder.path_of("link"))
        );
        let error = folder.read_into("none", 10, &mut Vec::new()).unwrap_err();
        assert!(error.is_not_found());
    }
}
