//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::gate::{changing, creating};
use crate::ownership::keep_owner;
use crate::stat::{FileKind, stat_link_if_exists};
use crate::temporary::{TRIES, make_temporary, parent, temporary_path};

/// A file of our own making, not yet seen by anybody under another name.
#[derive(Debug)]
pub struct NewFile {
    /// The open file.
    pub file: File,
    /// Where it was created.
    pub path: PathBuf,
}

/// Writes `bytes` so that `path` holds either its former content or all of them, also after a loss of power.
///
/// A temporary file beside `path` is written, brought to the disk and renamed over it. A symbolic link at `path` is
/// replaced and never written through. A regular file's permissions are kept, unless `mode` keeps the group and
/// others out: then it is applied as it is.
///
/// # Errors
/// When the folder cannot be written to or has no space; the former content is then untouched and no temporary file
/// is left.
pub fn write_atomic(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FsError> {
    replace(path, bytes, mode, |file| {
        changing(|| file.sync_all()).at("write to disk", path)
    })?;
    sync_directory(parent(path))
}

/// As [`write_atomic`], but nothing is brought to the disk: after a loss of power `path` may hold neither, or less than
/// all. For files whose readers see that, and that say of others what is then not certain either.
///
/// # Errors
/// As [`write_atomic`].
pub fn write_atomic_unsynced(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FsError> {
    replace(path, bytes, mode, |_| Ok(()))
}

fn replace(
    path: &Path,
    bytes: &[u8],
    mode: u32,
    sync: impl FnOnce(&File) -> Result<(), FsError>,
) -> Result<(), FsError> {
    let new = create_temporary(parent(path), mode)?;
    let written = fill(&new.file, path, bytes)
        .and_then(|()| keep_permissions(&new.file, path, mode))
        .and_then(|()| keep_owner(&new.file, path, parent(path)))
        .and_then(|()| sync(&new.file))
        .and_then(|()| changing(|| rustix::fs::rename(&new.path, path)).at("replace", path));
    if written.is_err() {
        discard(&new.path);
    }
    written
}

/// Writes a file that must not exist yet. It is not brought to the disk, and a failure leaves no part of it.
///
/// # Errors
/// When something stands at `path` already, or it cannot be written.
pub fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FsError> {
    let new = create_new_file(path, mode)?;
    let written = fill(&new.file, path, bytes);
    if written.is_err() {
        discard(&new.path);
    }
    written
}

/// Creates a file that must not exist yet; a symbolic link at `path` counts as existing.
///
/// # Errors
/// When something stands at `path` already, or the folder cannot be written to.
pub fn create_new_file(path: &Path, mode: u32) -> Result<NewFile, FsError> {
    let file = creating(|| rustix::fs::open(path, exclusive(), Mode::from_raw_mode(mode)))
        .at("create", path)?;
    Ok(NewFile {
        file: file.into(),
        path: path.to_path_buf(),
    })
}

/// Writes all of `bytes` where an open file's position is.
///
/// # Errors
/// When the disk is full or fails; the caller knows the path.
pub fn write_all(mut file: &File, bytes: &[u8]) -> io::Result<()> {
    creating(|| file.write_all(bytes))
}

/// Renames `from` to `to`, replacing a file there.
///
/// # Errors
/// When the system refuses; the error names `to`.
pub fn rename(from: &Path, to: &Path) -> Result<(), FsError> {
    changing(|| rustix::fs::rename(from, to)).at("rename to", to)
}

/// Renames a file to `to` unless something is there already; tells whether it was renamed.
///
/// Where the file system cannot do that in one step, the file gets its second name by a hard link and then loses its
/// first one.
///
/// # Errors
/// When the system refuses for another reason than that `to` exists.
pub fn rename_if_absent(from: &Path, to: &Path) -> Result<bool, FsError> {
    let cwd = rustix::fs::CWD;
    match changing(|| rustix::fs::renameat_with(cwd, from, cwd, to, RenameFlags::NOREPLACE)) {
        Ok(()) => return Ok(true),
        Err(Errno::EXIST) => return Ok(false),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        Err(errno) => return Err(errno).at("rename to", to),
    }
    match creating(|| rustix::fs::link(from, to)) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Ok(false),
        Err(errno) => return Err(errno).at("link to", to),
    }
    changing(|| rustix::fs::unlink(from)).at("remove", from)?;
    Ok(true)
}

/// Lets two things change places, whatever they are. Where the system cannot do that in one step, `to` is missing for a
/// moment.
///
/// # Errors
/// When one of them is missing, or the system refuses.
pub fn exchange(from: &Path, to: &Path) -> Result<(), FsError> {
    let cwd = rustix::fs::CWD;
    match changing(|| rustix::fs::renameat_with(cwd, from, cwd, to, RenameFlags::EXCHANGE)) {
        Ok(()) => return Ok(()),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        Err(errno) => return Err(errno).at("exchange", to),
    }
    let between = temporary_path(parent(from));
    rename(to, &between)?;
    rename(from, to)?;
    rename(&between, from)
}

pub(crate) fn exclusive() -> OFlags {
    OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC
}

pub(crate) fn create_temporary(folder: &Path, mode: u32) -> Result<NewFile, FsError> {
    for _ in 0..TRIES {
        match make_temporary(temporary_path(folder), |path| create_new_file(path, mode)) {
            Err(error) if error.is_already_exists() => {}
            created => return created,
        }
    }
    Err(FsError::new(
        "create a temporary file in",
        folder,
        Errno::EXIST,
    ))
}

/// Removes a temporary file of ours after a failure; that failure is what the caller reports.
pub(crate) fn discard(path: &Path) {
    changing(|| rustix::fs::unlink(path)).ok();
}

fn fill(file: &File, path: &Path, bytes: &[u8]) -> Result<(), FsError> {
    write_all(file, bytes).at("write", path)
}

fn keep_permissions(file: &File, path: &Path, mode: u32) -> Result<(), FsError> {
    let kept = match stat_link_if_exists(path)? {
        Some(former) if former.kind == FileKind::File && mode & 0o077 != 0 => former.mode & 0o777,
        Some(_) | None if mode & 0o077 == 0 => mode,
        Some(_) | None => return Ok(()),
    };
    changing(|| rustix::fs::fchmod(file, Mode::from_raw_mode(kept)))
        .at("set the permissions of", path)
}

pub(crate) fn sync_directory(folder: &Path) -> Result<(), FsError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(folder, flags, Mode::empty()).at("open", folder)?;
    match changing(|| rustix::fs::fsync(opened)) {
        // Some network and user-space file systems cannot bring a folder to the disk.
        Ok(()) | Err(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
        Err(errno) => Err(errno).at("write to disk", folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::read_regular_file;
    use crate::stat::{stat, stat_link};

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_link_at_the_target_is_replaced_and_never_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let (canary, path) = (folder.path().join("canary"), folder.path().join("file"));
        write_atomic(&canary, b"canary", 0o644).unwrap();
        for write in [write_atomic, write_atomic_unsynced] {
            std::os::unix::fs::symlink(&canary, &path).unwrap();
            write(&path, b"new", 0o644).unwrap();
            assert_eq!(read_regular_file(&canary, 10).unwrap(), b"canary");
            assert_eq!(read_regular_file(&path, 10).unwrap(), b"new");
            assert_eq!(stat_link(&path).unwrap().kind, FileKind::File);
            assert_eq!(names(folder.path()), ["canary", "file"]);
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn permissions_are_kept_unless_the_mode_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_new(&path, b"1", 0o640).unwrap();
        write_atomic(&path, b"2", 0o644).unwrap();
        assert_eq!(stat(&path).unwrap().mode, 0o640);
        write_atomic(&path, b"3", 0o600).unwrap();
        assert_eq!(stat(&path).unwrap().mode, 0o600);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_temporary_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        std::fs::create_dir(&path).unwrap();
        std::fs::create_dir(path.join("child")).unwrap();
        write_atomic(&path, b"x", 0o644).unwrap_err();
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn an_existing_name_is_never_reused() {
        let folder = tempfile::tempdir().unwrap();
        let (path, dangling) = (folder.path().join("file"), folder.path().join("dangling"));
        write_new(&path, b"first", 0o644).unwrap();
        assert!(
            write_new(&path, b"second", 0o644)
                .unwrap_err()
                .is_already_exists()
        );
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        assert!(
            write_new(&dangling, b"x", 0o644)
                .unwrap_err()
                .is_already_exists()
        );
        assert_eq!(read_regular_file(&path, 10).unwrap(), b"first");
    }

    #[test]
    fn two_things_change_places_whatever_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("file"), folder.path().join("other"));
        write_new(&file, b"x", 0o644).unwrap();
        std::fs::create_dir_all(other.join("in")).unwrap();
        exchange(&file, &other).unwrap();
        assert!(file.join("in").is_dir());
        assert_eq!(read_regular_file(&other, 10).unwrap(), b"x");
        exchange(&folder.path().join("nothing"), &file).unwrap_err();
        assert_eq!(names(folder.path()), ["file", "other"]);
    }

    #[test]
    fn the_second_rename_to_one_name_loses() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two, to] = ["one", "two", "to"].map(|name| folder.path().join(name));
        write_new(&one, b"1", 0o644).unwrap();
        write_new(&two, b"2", 0o644).unwrap();
        assert!(rename_if_absent(&one, &to).unwrap());
        assert!(!rename_if_absent(&two, &to).unwrap());
        assert_eq!(read_regular_file(&to, 10).unwrap(), b"1");
    }
}
