//! Symbolic links: made, replaced and read, never followed.

use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::gate::{changing, creating};
use crate::temporary::{TRIES, make_temporary, parent, temporary_path};
use crate::write::discard;

/// Creates a symbolic link at `link` that holds `target` as its text.
///
/// # Errors
/// When something stands at `link` already, or the folder cannot be written to.
pub fn create_symlink(target: &Path, link: &Path) -> Result<(), FsError> {
    creating(|| rustix::fs::symlink(target, link)).at("create the link", link)
}

/// Puts a symbolic link at `link` in one step, in place of a file or link that stands there.
///
/// # Errors
/// When a directory stands at `link`, or the folder cannot be written to.
pub fn replace_symlink(target: &Path, link: &Path) -> Result<(), FsError> {
    let folder = parent(link);
    for _ in 0..TRIES {
        let temporary = temporary_path(folder);
        let make = |path: &Path| creating(|| rustix::fs::symlink(target, path));
        match make_temporary(temporary.clone(), make) {
            Ok(()) => {}
            Err(Errno::EXIST) => continue,
            Err(errno) => return Err(errno).at("create a link in", folder),
        }
        let renamed =
            changing(|| rustix::fs::rename(&temporary, link)).at("replace the link", link);
        if renamed.is_err() {
            discard(&temporary);
        }
        return renamed;
    }
    Err(FsError::new("create a link in", folder, Errno::EXIST))
}

/// Makes sure that `link` is a symbolic link to `target`; tells whether anything had to change.
///
/// # Errors
/// As [`replace_symlink`].
pub fn ensure_symlink(target: &Path, link: &Path) -> Result<bool, FsError> {
    match creating(|| rustix::fs::symlink(target, link)) {
        Ok(()) => return Ok(true),
        Err(Errno::EXIST) => {}
        Err(errno) => return Err(errno).at("create the link", link),
    }
    if read_symlink(link)?.as_deref() == Some(target) {
        return Ok(false);
    }
    replace_symlink(target, link)?;
    Ok(true)
}

/// Reads the text of a symbolic link; `None` when something else, or nothing, stands at `link`.
///
/// # Errors
/// When the system refuses.
pub fn read_symlink(link: &Path) -> Result<Option<PathBuf>, FsError> {
    match rustix::fs::readlink(link, Vec::new()) {
        Ok(text) => Ok(Some(PathBuf::from(std::ffi::OsString::from_vec(
            text.into_bytes(),
        )))),
        Err(Errno::INVAL | Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(errno).at("read the link", link),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_already_points_right_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        assert!(ensure_symlink(Path::new("a"), &link).unwrap());
        let before = crate::stat_link(&link).unwrap();
        assert!(!ensure_symlink(Path::new("a"), &link).unwrap());
        assert_eq!(crate::stat_link(&link).unwrap(), before);
        assert!(ensure_symlink(Path::new("b"), &link).unwrap());
        assert_eq!(read_symlink(&link).unwrap(), Some(PathBuf::from("b")));
    }

    #[test]
    fn a_link_to_a_folder_is_replaced_and_a_folder_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (canary, link) = (folder.path().join("canary"), folder.path().join("link"));
        std::fs::create_dir(&canary).unwrap();
        create_symlink(&canary, &link).unwrap();
        replace_symlink(Path::new("elsewhere"), &link).unwrap();
        assert_eq!(
            read_symlink(&link).unwrap(),
            Some(PathBuf::from("elsewhere"))
        );
        replace_symlink(Path::new("elsewhere"), &canary).unwrap_err();
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!((left, read_symlink(&canary).unwrap()), (2, None));
    }
}
