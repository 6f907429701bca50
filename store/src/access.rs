//! Whether the store belongs to its user alone: whoever can write to it can change every project.

use std::path::{Path, PathBuf};

use pkg_fs::{DisplayPath, FileKind, Stat, current_user, stat, stat_link};

use crate::error::StoreError;

const OTHERS_WRITE: u32 = 0o002;
const GROUP_OR_OTHERS_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
/// The administrator can change everything anyway.
const ADMINISTRATOR: u32 = 0;

/// Checks the folders that lead to the store and those of the store itself, as far as they exist.
pub(crate) fn check_access(root: &Path, inside: &[PathBuf]) -> Result<(), StoreError> {
    let mut ancestors: Vec<&Path> = root.ancestors().skip(1).collect();
    ancestors.reverse();
    for ancestor in ancestors {
        if !ancestor.as_os_str().is_empty() && !check_ancestor(ancestor)? {
            return Ok(());
        }
    }
    for path in std::iter::once(root).chain(inside.iter().map(PathBuf::as_path)) {
        match stat_link(path) {
            Ok(found) if found.kind == FileKind::Symlink => {
                check_owner(path, &found, "is a link that belongs to another user")?;
                check_own(path, &stat(path)?)?;
            }
            Ok(found) => check_own(path, &found)?,
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A folder above the store; tells whether it exists.
fn check_ancestor(path: &Path) -> Result<bool, StoreError> {
    let found = match stat_link(path) {
        Ok(found) => found,
        Err(error) if error.is_not_found() => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if found.kind == FileKind::Symlink {
        check_owner(path, &found, "is a link that belongs to another user")?;
    }
    let folder = if found.kind == FileKind::Symlink {
        stat(path)?
    } else {
        found
    };
    if folder.mode & OTHERS_WRITE != 0 && folder.mode & STICKY == 0 {
        let fix = format!("run `chmod o-w {}`", DisplayPath(path));
        let reason = "can be written to by every user";
        return Err(StoreError::Untrusted {
            path: path.to_path_buf(),
            reason,
            fix,
        });
    }
    Ok(true)
}

/// A folder of the store.
fn check_own(path: &Path, found: &Stat) -> Result<(), StoreError> {
    check_owner(path, found, "belongs to another user")?;
    if found.mode & GROUP_OR_OTHERS_WRITE != 0 {
        let fix = format!("run `chmod -R go-w {}`", DisplayPath(path));
        let reason = "can be written to by other users";
        return Err(StoreError::Untrusted {
            path: path.to_path_buf(),
            reason,
            fix,
        });
    }
    Ok(())
}

fn check_owner(path: &Path, found: &Stat, reason: &'static str) -> Result<(), StoreError> {
    if found.owner == current_user() || found.owner == ADMINISTRATOR {
        return Ok(());
    }
    let fix = format!("run `chown -R {} {}`", current_user(), DisplayPath(path));
    Err(StoreError::Untrusted {
        path: path.to_path_buf(),
        reason,
        fix,
    })
}
