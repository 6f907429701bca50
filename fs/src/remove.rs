//! Removing: by handle, never through a link, never into another file system.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::gate::changing;

/// Folders deeper than this are moved up before they are removed, so that few handles are open at a time.
const MAX_DEPTH: usize = 16;

/// Removes a file or a link.
///
/// # Errors
/// When nothing is there, a folder is, or the system refuses.
pub fn remove_file(path: &Path) -> Result<(), FsError> {
    changing(|| rustix::fs::unlink(path)).at("remove", path)
}

/// Removes a file or a link, if there is one; tells whether there was.
///
/// # Errors
/// When a folder is there, or the system refuses.
pub fn remove_file_if_exists(path: &Path) -> Result<bool, FsError> {
    match changing(|| rustix::fs::unlink(path)) {
        Ok(()) => Ok(true),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
        Err(errno) => Err(errno).at("remove", path),
    }
}

/// Removes whatever stands at `path`: a file, a link itself, or a folder with all that it holds.
///
/// No link is followed, also when somebody swaps a folder for one meanwhile: folders are opened without following and
/// entries are removed through the open handles. A folder on another device than `path` stops the removal. What somebody
/// else removes meanwhile is as good as removed.
///
/// # Errors
/// When the system refuses; what could be removed before is gone.
pub fn remove_tree(path: &Path) -> Result<(), FsError> {
    match changing(|| rustix::fs::unlink(path)) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(errno) => return Err(errno).at("remove", path),
    }
    let root = match open_directory(CWD, path) {
        Ok(Some(root)) => root,
        Ok(None) => return remove_file_if_exists(path).map(drop),
        Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(errno).at("open", path),
    };
    let device = rustix::fs::fstat(&root).at("look at", path)?.st_dev;
    let mut removal = Removal {
        root: root.as_fd(),
        path,
        device,
        moved: 0,
    };
    removal.empty(root.as_fd(), 0)?;
    remove_folder(CWD, path).at("remove", path)
}

/// One run of [`remove_tree`].
struct Removal<'a> {
    root: BorrowedFd<'a>,
    path: &'a Path,
    device: rustix::fs::Dev,
    moved: u64,
}

impl Removal<'_> {
    /// Empties a folder; again and again while others that were too deep were moved up into the root.
    fn empty(&mut self, folder: BorrowedFd<'_>, depth: usize) -> Result<(), FsError> {
        loop {
            let moved_before = self.moved;
            let entries = match entries(folder) {
                // Somebody else has removed the folder that is open here.
                Err(Errno::NOENT) => return Ok(()),
                entries => entries.at("list", self.path)?,
            };
            for (name, kind) in entries {
                self.remove_entry(folder, &name, kind, depth)?;
            }
            if depth > 0 || self.moved == moved_before {
                return Ok(());
            }
        }
    }

    fn remove_entry(
        &mut self,
        folder: BorrowedFd<'_>,
        name: &CString,
        kind: FileType,
        depth: usize,
    ) -> Result<(), FsError> {
        if kind != FileType::Directory {
            match changing(|| rustix::fs::unlinkat(folder, name, AtFlags::empty())) {
                Ok(()) | Err(Errno::NOENT) => return Ok(()),
                // The kind was not told, or has changed since.
                Err(Errno::ISDIR | Errno::PERM) => {}
                Err(errno) => return Err(errno).at("remove a file in", self.path),
            }
        }
        if depth >= MAX_DEPTH {
            return self.move_up(folder, name);
        }
        let child = match open_directory(folder, name) {
            Ok(Some(child)) => child,
            Ok(None) => {
                let removed = changing(|| rustix::fs::unlinkat(folder, name, AtFlags::empty()));
                return removed.at("remove a file in", self.path);
            }
            Err(Errno::NOENT) => return Ok(()),
            Err(errno) => return Err(errno).at("open a folder in", self.path),
        };
        if rustix::fs::fstat(&child).at("look at", self.path)?.st_dev != self.device {
            return Err(Errno::XDEV).at("remove another file system mounted in", self.path);
        }
        self.empty(child.as_fd(), depth + 1)?;
        remove_folder(folder, name).at("remove a folder in", self.path)
    }

    /// Moves a deep folder into the root of the removal, which is listed once more for it.
    fn move_up(&mut self, folder: BorrowedFd<'_>, name: &CString) -> Result<(), FsError> {
        loop {
            self.moved += 1;
            let place = format!(".pkg-removing-{}", self.moved);
            match changing(|| rustix::fs::renameat(folder, name, self.root, &*place)) {
                Ok(()) | Err(Errno::NOENT) => return Ok(()),
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
                Err(errno) => return Err(errno).at("remove a folder in", self.path),
            }
        }
    }
}

/// Removes an empty folder, if it is still there.
fn remove_folder(at: BorrowedFd<'_>, name: impl rustix::path::Arg) -> Result<(), Errno> {
    match changing(|| rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR)) {
        Err(Errno::NOENT) => Ok(()),
        removed => removed,
    }
}

/// Opens a folder without following a link; `None` when it is a link or a file.
fn open_directory(
    at: BorrowedFd<'_>,
    name: impl rustix::path::Arg,
) -> Result<Option<OwnedFd>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::openat(at, name, flags, Mode::empty()) {
        Ok(opened) => Ok(Some(opened)),
        Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn entries(folder: BorrowedFd<'_>) -> Result<Vec<(CString, FileType)>, Errno> {
    let mut found = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != c"." && name != c".." {
            found.push((name.to_owned(), entry.file_type()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{create_directory_all, create_symlink, read_regular_file, write_new};

    #[test]
    fn what_a_link_points_at_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (canary, tree) = (folder.path().join("canary"), folder.path().join("tree"));
        create_directory_all(&canary, 0o755).unwrap();
        create_directory_all(&tree.join("a"), 0o755).unwrap();
        write_new(&canary.join("file"), b"canary", 0o644).unwrap();
        create_symlink(&canary, &tree.join("a/link")).unwrap();
        create_symlink(Path::new("nowhere"), &tree.join("dangling")).unwrap();
        create_symlink(&tree, &folder.path().join("to-tree")).unwrap();
        remove_tree(&folder.path().join("to-tree")).unwrap();
        assert!(tree.is_dir());
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert_eq!(
            read_regular_file(&canary.join("file"), 10).unwrap(),
            b"canary"
        );
    }

    #[test]
    fn a_tree_far_deeper_than_the_open_handles_goes() {
        let folder = tempfile::tempdir().unwrap();
        let tree = folder.path().join("tree");
        let mut path = tree.clone();
        for depth in 0..200 {
            path.push(format!("d{depth}"));
        }
        create_directory_all(&path, 0o755).unwrap();
        write_new(&path.join("file"), b"", 0o644).unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }

    #[test]
    fn two_who_remove_the_same_tree_both_succeed() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let tree = folder.path().join("tree");
            for number in 0..40 {
                let path = tree.join(format!("{}/{number}/deep", number % 4));
                create_directory_all(&path, 0o755).unwrap();
                write_new(&path.join("file"), b"", 0o644).unwrap();
            }
            std::thread::scope(|scope| {
                let removals = [(), ()].map(|()| scope.spawn(|| remove_tree(&tree)));
                for removal in removals {
                    removal.join().unwrap().unwrap();
                }
            });
            assert!(!tree.exists());
        }
    }

    #[test]
    fn nothing_to_remove_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        remove_tree(&folder.path().join("none")).unwrap();
        assert!(!remove_file_if_exists(&folder.path().join("none")).unwrap());
        assert!(
            remove_file(&folder.path().join("none"))
                .unwrap_err()
                .is_not_found()
        );
    }
}
