//! Whose files are: root that works in somebody's folder leaves them theirs.

use std::ffi::OsStr;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::{AtFlags, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::folder::Folder;
use crate::gate::changing;
use crate::stat::FileKind;
use crate::system::current_user;

/// A user and a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    /// Number of the user.
    pub user: u32,
    /// Number of the group.
    pub group: u32,
}

impl Ownership {
    /// Whose folder or file this is, where the process is root's and that is somebody else's.
    ///
    /// # Errors
    /// When nothing is there, or the system refuses.
    pub fn of_somebody_else(path: &Path) -> Result<Option<Self>, FsError> {
        if current_user() != 0 {
            return Ok(None);
        }
        let stat = rustix::fs::stat(path).at("look at", path)?;
        let found = Self {
            user: stat.st_uid,
            group: stat.st_gid,
        };
        Ok((found.user != 0).then_some(found))
    }

    fn ids(self) -> (Option<Uid>, Option<Gid>) {
        (
            Some(Uid::from_raw(self.user)),
            Some(Gid::from_raw(self.group)),
        )
    }
}

impl Folder {
    /// Gives what has this name to somebody, and all below it. What is not root's stays whose it is, and so does a file that
    /// has other names too, since those may be anywhere. No link is followed; what goes away meanwhile is none.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn give(&self, name: &OsStr, owner: Ownership) -> Result<(), FsError> {
        let given = self.give_one(name, owner);
        let kind = match given {
            Err(Errno::NOENT) => return Ok(()),
            given => given.at("give away", &self.path().join(name))?,
        };
        if kind != FileKind::Directory {
            return Ok(());
        }
        let below = self.open_folder(name)?;
        for (name, _) in below.entries()? {
            below.give(&name, owner)?;
        }
        Ok(())
    }

    /// Gives what has this name to somebody, and nothing below it.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn give_only(&self, name: &OsStr, owner: Ownership) -> Result<(), FsError> {
        let given = self.give_one(name, owner).map(drop);
        given.at("give away", &self.path().join(name))
    }

    /// Looks at what has this name, and gives away the very thing that was looked at.
    fn give_one(&self, name: &OsStr, owner: Ownership) -> Result<FileKind, Errno> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(self.as_fd(), name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&opened)?;
        let kind: FileKind = rustix::fs::FileType::from_raw_mode(stat.st_mode).into();
        let is_alone = kind == FileKind::Directory || stat.st_nlink == 1;
        if stat.st_uid == 0 && is_alone {
            let (user, group) = owner.ids();
            let given =
                changing(|| rustix::fs::chownat(&opened, "", user, group, AtFlags::EMPTY_PATH));
            where_possible(given)?;
        }
        Ok(kind)
    }
}

/// Gives a new file to whoever has the one that it replaces, else the folder that it is in, where root writes it.
pub(crate) fn keep_owner(file: impl AsFd, path: &Path, folder: &Path) -> Result<(), FsError> {
    if current_user() != 0 {
        return Ok(());
    }
    let former = match rustix::fs::lstat(path) {
        Ok(stat) => stat,
        Err(_) => rustix::fs::stat(folder).at("look at", folder)?,
    };
    if former.st_uid == 0 {
        return Ok(());
    }
    let owner = Ownership {
        user: former.st_uid,
        group: former.st_gid,
    };
    let (user, group) = owner.ids();
    where_possible(changing(|| rustix::fs::fchown(file, user, group))).at("give away", path)
}

/// Some roots can give nothing away, and some file systems have one owner: then it stays as it is made.
fn where_possible(given: Result<(), Errno>) -> Result<(), Errno> {
    match given {
        Err(Errno::PERM | Errno::INVAL | Errno::NOTSUP) => Ok(()),
        given => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stat::stat_link;

    /// Only root can give anything away.
    #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
    fn is_root() -> bool {
        let is_root = current_user() == 0;
        if !is_root {
            eprintln!("skipped: this is not root");
        }
        is_root
    }

    #[test]
    fn what_root_made_is_given_and_what_is_elsewhere_is_not() {
        if !is_root() {
            return;
        }
        let outside = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(path("tree/inner")).unwrap();
        for (name, text) in [("tree/inner/file", "x"), ("tree/linked", "y")] {
            crate::write_new(&path(name), text.as_bytes(), 0o644).unwrap();
        }
        crate::write_new(&outside.path().join("theirs"), b"z", 0o644).unwrap();
        std::fs::hard_link(path("tree/linked"), outside.path().join("linked")).unwrap();
        std::os::unix::fs::symlink(outside.path(), path("tree/away")).unwrap();
        let owner = Ownership {
            user: 12345,
            group: 54321,
        };
        let opened = Folder::open(folder.path()).unwrap();
        opened.give(OsStr::new("tree"), owner).unwrap();
        opened.give(OsStr::new("nothing"), owner).unwrap();
        let owner_of = |path: &Path| stat_link(path).unwrap().owner;
        for name in ["tree", "tree/inner", "tree/inner/file", "tree/away"] {
            assert_eq!(owner_of(&path(name)), 12345, "{name}");
        }
        assert_eq!(owner_of(&path("tree/linked")), 0, "it has another name");
        assert_eq!(owner_of(&outside.path().join("theirs")), 0);
        assert_eq!(owner_of(outside.path()), 0);
    }

    #[test]
    fn a_file_that_is_replaced_stays_whose_it_is() {
        if !is_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::chown(folder.path(), Some(12345), Some(54321)).unwrap();
        let file = folder.path().join("file");
        crate::write_atomic(&file, b"x", 0o644).unwrap();
        assert_eq!(stat_link(&file).unwrap().owner, 12345, "as the folder is");
        std::os::unix::fs::chown(&file, Some(11111), None).unwrap();
        crate::write_atomic(&file, b"y", 0o644).unwrap();
        assert_eq!(stat_link(&file).unwrap().owner, 11111);
        let found = Ownership::of_somebody_else(folder.path()).unwrap();
        assert_eq!(
            found,
            Some(Ownership {
                user: 12345,
                group: 54321
            })
        );
    }
}
