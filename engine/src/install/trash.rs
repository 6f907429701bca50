//! Deleting what an install moved out of the way, when nobody waits for it.
//!
//! There are as many files in an old tree as in a new one, and deleting one costs half of linking one. So the install only
//! moves it to a folder that no run builds in; a process of its own deletes it. Whatever is still there when the next
//! install of this project is not at once up to date, that one hands over again.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use pkg_fs::FsError;
use pkg_linker::TRASH;

use super::{link::Linked, session::Session};

/// What may be deleted at any time by anybody, below the project. Everything in it has a name that is used once.
const OLD: &str = "node_modules/.pkg/trash.old";
/// The command that deletes it.
pub const SWEEP: &str = "sweep-trash";
/// So few packages are deleted sooner than a process is started.
const FEW: usize = 64;

/// Deletes what this install, or one before that was killed, moved out of the way.
pub(super) fn empty(session: &Session<'_>, linked: &Linked) -> Result<(), FsError> {
    let root = &session.project.root;
    retire(root, &root.join(TRASH))?;
    if pkg_fs::stat_link_if_exists(&root.join(OLD))?.is_none() {
        return Ok(());
    }
    // A machine that ends with this process, as in CI, would keep what is left.
    let is_worth_it = linked.retired > FEW && !session.host.is_ci();
    match &session.host.program {
        Some(program) if is_worth_it && hand_over(program, SWEEP, root) => Ok(()),
        Some(_) | None => empty_trash(root),
    }
}

/// Moves a folder, if it is there, to where it may be deleted at any time.
pub(super) fn retire(root: &Path, folder: &Path) -> Result<Option<PathBuf>, FsError> {
    if pkg_fs::stat_link_if_exists(folder)?.is_none() {
        return Ok(None);
    }
    let old = root.join(OLD);
    loop {
        match pkg_fs::move_aside(folder, &old) {
            // Whoever empties it took the folder away in between.
            Err(error) if error.is_not_found() => {}
            moved => return moved,
        }
    }
}

/// Starts a process that nobody waits for, to do what `command` says in a folder; tells whether one was started.
pub(super) fn hand_over(program: &Path, command: &str, folder: &Path) -> bool {
    use std::os::unix::process::CommandExt as _;
    let mut process = Command::new(program);
    process
        .arg(command)
        .arg(folder)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A key that ends whatever the terminal runs next is not meant for it.
        .process_group(0);
    process.spawn().is_ok()
}

/// Deletes what installs of a project moved out of the way.
///
/// # Errors
/// When the system refuses; the next install tries again.
pub fn empty_trash(root: &Path) -> Result<(), FsError> {
    let old = root.join(OLD);
    let entries = match pkg_fs::list_directory(&old) {
        Ok(entries) => entries,
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => return Err(error),
    };
    for (name, _) in entries {
        pkg_fs::remove_tree(&old.join(name))?;
    }
    // An install that moves something there meanwhile keeps the folder.
    std::fs::remove_dir(&old).unwrap_or_default();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_retired_is_gone_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let trash = root.join(TRASH);
        pkg_fs::create_directory_all(&trash.join("a/b"), 0o755).unwrap();
        let kept = root.join("node_modules/.pkg/kept");
        pkg_fs::create_directory_all(&kept, 0o755).unwrap();
        assert!(retire(root, &trash).unwrap().is_some());
        assert_eq!(retire(root, &trash).unwrap(), None);
        assert!(root.join(OLD).is_dir());
        empty_trash(root).unwrap();
        empty_trash(root).unwrap();
        assert!(kept.is_dir() && !root.join(OLD).exists());
    }
}
