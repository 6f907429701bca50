//! Going down into a folder one name at a time: no link on the way is followed, whatever is put there meanwhile.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
#[cfg(target_os = "linux")]
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::folder::Folder;
use crate::stat::{FileKind, Stat};

/// Bytes of names that one call reads: most folders take one.
#[cfg(target_os = "linux")]
const ROOM: usize = 8 * 1024;

impl Folder {
    /// Opens a folder that lies in it. A link is not followed.
    ///
    /// # Errors
    /// When nothing or no folder has the name, or the system refuses.
    pub fn open_folder(&self, name: &OsStr) -> Result<Self, FsError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let path = self.path().join(name);
        match rustix::fs::openat(self.as_fd(), name, flags, Mode::empty()) {
            Ok(handle) => Ok(Self::from_handle(handle, path)),
            Err(errno) => Err(FsError::new("open", &path, errno)),
        }
    }

    /// Lists the names in it, in no order, with what each one is. To be called once for each folder that was opened.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn entries(&self) -> Result<Vec<(OsString, FileKind)>, FsError> {
        let mut found = Vec::new();
        self.for_each_name(&mut |name, kind| {
            if name == c"." || name == c".." {
                return Ok(());
            }
            let kind = match kind {
                // Some file systems do not tell.
                FileType::Unknown => {
                    match rustix::fs::statat(self.as_fd(), name, AtFlags::SYMLINK_NOFOLLOW) {
                        Ok(stat) => Stat::from(stat).kind,
                        Err(Errno::NOENT) => return Ok(()),
                        Err(errno) => return Err(errno),
                    }
                }
                kind => kind.into(),
            };
            found.push((OsString::from_vec(name.to_bytes().to_vec()), kind));
            Ok(())
        })
        .at("list", self.path())?;
        Ok(found)
    }

    /// Reads the names by few calls into room on the stack: no handle is opened for it.
    #[cfg(target_os = "linux")]
    fn for_each_name(
        &self,
        each: &mut dyn FnMut(&CStr, FileType) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut names = rustix::fs::RawDir::new(self.as_fd(), &mut room);
        while let Some(entry) = names.next() {
            let entry = entry?;
            each(entry.file_name(), entry.file_type())?;
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn for_each_name(
        &self,
        each: &mut dyn FnMut(&CStr, FileType) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        for entry in rustix::fs::Dir::read_from(self.as_fd())? {
            let entry = entry?;
            each(entry.file_name(), entry.file_type())?;
        }
        Ok(())
    }

    /// Reads the text of a link in it.
    ///
    /// # Errors
    /// When there is no link of this name, or the system refuses.
    pub fn read_link(&self, name: &OsStr) -> Result<OsString, FsError> {
        match rustix::fs::readlinkat(self.as_fd(), name, Vec::new()) {
            Ok(text) => Ok(OsString::from_vec(text.into_bytes())),
            Err(errno) => Err(FsError::new(
                "read the link",
                &self.path().join(OsStr::from_bytes(name.as_bytes())),
                errno,
            )),
        }
    }
}

/// Looks at an open file.
///
/// # Errors
/// When the system refuses; the caller knows the path.
pub fn stat_open(file: &File) -> std::io::Result<Stat> {
    Ok(rustix::fs::fstat(file).map(Stat::from)?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{FsErrorKind, create_directory_all, create_symlink, write_new};

    #[test]
    fn links_are_listed_and_read_but_never_gone_through() {
        let place = tempfile::tempdir().unwrap();
        create_directory_all(&place.path().join("in/side"), 0o755).unwrap();
        write_new(&place.path().join("in/file"), b"", 0o644).unwrap();
        create_symlink(Path::new("side"), &place.path().join("in/link")).unwrap();
        let root = Folder::open(place.path()).unwrap();
        let inside = root.open_folder("in".as_ref()).unwrap();
        let mut entries = inside.entries().unwrap();
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        let entries: Vec<_> = entries
            .iter()
            .map(|(name, kind)| (name.to_str().unwrap(), *kind))
            .collect();
        assert_eq!(
            entries,
            [
                ("file", FileKind::File),
                ("link", FileKind::Symlink),
                ("side", FileKind::Directory)
            ]
        );
        assert_eq!(inside.read_link("link".as_ref()).unwrap(), "side");
        assert!(inside.open_folder("side".as_ref()).is_ok());
        for (name, kind) in [
            ("link", FsErrorKind::WrongType),
            ("file", FsErrorKind::WrongType),
            ("none", FsErrorKind::NotFound),
        ] {
            let error = inside.open_folder(name.as_ref()).unwrap_err();
            assert!(
                error.kind() == kind || error.kind() == FsErrorKind::Link,
                "{error}"
            );
            assert_eq!(error.path(), place.path().join("in").join(name));
        }
        assert!(inside.read_link("file".as_ref()).is_err());
    }
}
