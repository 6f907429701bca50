//! Folders: made with their parents, listed, and moved out of the way.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::gate::creating;
use crate::stat::{FileKind, stat_if_exists};
use crate::temporary::{TRIES, temporary_path};
use crate::write::rename_if_absent;

/// Creates one folder; tells whether it was created, or was there.
///
/// # Errors
/// When its parent is missing, a file stands there, or the system refuses.
pub fn create_directory(path: &Path, mode: u32) -> Result<bool, FsError> {
    match creating(|| rustix::fs::mkdir(path, Mode::from_raw_mode(mode))) {
        Ok(()) => Ok(true),
        Err(errno) => existing_directory(path, errno).map(|()| false),
    }
}

/// Creates a folder and those above it that are missing.
///
/// # Errors
/// When a file stands in the way, or the system refuses.
pub fn create_directory_all(path: &Path, mode: u32) -> Result<(), FsError> {
    let mut missing: Vec<&Path> = Vec::new();
    for ancestor in path.ancestors() {
        if ancestor.as_os_str().is_empty() {
            break;
        }
        match creating(|| rustix::fs::mkdir(ancestor, Mode::from_raw_mode(mode))) {
            Ok(()) => break,
            Err(Errno::NOENT) => missing.push(ancestor),
            Err(errno) => {
                existing_directory(ancestor, errno)?;
                break;
            }
        }
    }
    for folder in missing.into_iter().rev() {
        create_directory(folder, mode)?;
    }
    Ok(())
}

/// Accepts a folder, or a link to one, that another process may just have made; a read-only parent says so although
/// the folder is there.
fn existing_directory(path: &Path, errno: Errno) -> Result<(), FsError> {
    match stat_if_exists(path)? {
        Some(stat) if stat.kind == FileKind::Directory => Ok(()),
        Some(_) if errno == Errno::EXIST => Err(Errno::NOTDIR).at("create the folder", path),
        Some(_) | None => Err(errno).at("create the folder", path),
    }
}

/// Lists the names in a folder, sorted by bytes, with what each one is; links are not followed.
///
/// # Errors
/// When it is not a folder or cannot be read.
pub fn list_directory(path: &Path) -> Result<Vec<(OsString, FileKind)>, FsError> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path).at("list", path)? {
        let entry = entry.at("list", path)?;
        let kind = match entry.file_type().at("look at", &entry.path())? {
            kind if kind.is_file() => FileKind::File,
            kind if kind.is_dir() => FileKind::Directory,
            kind if kind.is_symlink() => FileKind::Symlink,
            _ => crate::stat_link(&entry.path())?.kind,
        };
        entries.push((entry.file_name(), kind));
    }
    entries.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(entries)
}

/// Moves whatever stands at `path` into `trash` under a new name and returns that; `None` when nothing was there.
///
/// Nothing is followed and nothing is deleted: a folder full of the user's files is still whole in `trash`.
///
/// # Errors
/// When `trash` cannot be made or lies on another file system, or the system refuses.
pub fn move_aside(path: &Path, trash: &Path) -> Result<Option<PathBuf>, FsError> {
    create_directory_all(trash, 0o755)?;
    for _ in 0..TRIES {
        let place = temporary_path(trash);
        match rename_if_absent(path, &place) {
            Ok(true) => return Ok(Some(place)),
            Ok(false) => {}
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Err(FsError::new("move aside", path, Errno::EXIST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_made_with_their_parents_and_twice_is_fine() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b/c/d");
        create_directory_all(&deep, 0o755).unwrap();
        create_directory_all(&deep, 0o755).unwrap();
        assert!(!create_directory(&deep, 0o755).unwrap());
        assert!(create_directory(&deep.join("e"), 0o755).unwrap());
    }

    #[test]
    fn a_file_in_place_of_a_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        crate::write_new(&file, b"", 0o644).unwrap();
        let error = create_directory_all(&file.join("below"), 0o755).unwrap_err();
        assert_eq!(error.kind(), crate::FsErrorKind::WrongType);
        let error = create_directory_all(&file, 0o755).unwrap_err();
        assert_eq!(
            (error.kind(), error.path()),
            (crate::FsErrorKind::WrongType, file.as_path())
        );
    }

    #[test]
    fn eight_threads_make_one_folder() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("@scope/a/b");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| create_directory_all(&deep, 0o755).unwrap());
            }
        });
        assert!(deep.is_dir());
    }

    #[test]
    fn what_is_moved_aside_is_whole_in_the_trash() {
        let folder = tempfile::tempdir().unwrap();
        let (tree, trash) = (folder.path().join("tree"), folder.path().join("t/trash"));
        create_directory_all(&tree.join("a"), 0o755).unwrap();
        crate::write_new(&tree.join("a/file"), b"mine", 0o644).unwrap();
        let place = move_aside(&tree, &trash).unwrap().unwrap();
        assert_eq!(
            crate::read_regular_file(&place.join("a/file"), 9).unwrap(),
            b"mine"
        );
        assert_eq!(move_aside(&tree, &trash).unwrap(), None);
    }

    #[test]
    fn a_listing_is_sorted_and_follows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        create_directory(&folder.path().join("b"), 0o755).unwrap();
        crate::create_symlink(Path::new("b"), &folder.path().join("c")).unwrap();
        crate::write_new(&folder.path().join("a"), b"", 0o644).unwrap();
        let listed = list_directory(folder.path()).unwrap();
        let expected = [
            ("a".into(), FileKind::File),
            ("b".into(), FileKind::Directory),
            ("c".into(), FileKind::Symlink),
        ];
        assert_eq!(listed, expected);
    }
}
