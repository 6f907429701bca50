//! What stands in the way of the right thing is moved aside, never deleted: somebody may have made it.

use std::path::{Component, Path, PathBuf};

use pkg_fs::{Folder, FsError, create_directory, create_directory_all, rename_if_absent};
use pkg_linker::{Difference, DifferenceKind};
use pkg_store::Store;

use super::{VerifyReport, standing::Standing};

/// Moves everything that differs and has a content of its own into a new folder below `node_modules/.pkg`, or what is not
/// the project's to the store's quarantine; tells what was moved, and where it is now.
pub(super) fn move_aside(
    standing: &Standing,
    store: &Store,
    report: &VerifyReport,
) -> Result<Vec<(PathBuf, PathBuf)>, FsError> {
    let [project, others @ ..] = &*standing.sites else {
        return Ok(Vec::new());
    };
    let differences = report.packages.iter().flat_map(|group| &group.differences);
    let mut moved = Vec::new();
    let mut aside = None;
    for difference in differences.filter(|difference| is_kept(difference)) {
        let path = &difference.path;
        let to = match others.iter().find(|site| path.starts_with(&site.root)) {
            Some(other) => move_from_store(&other.root, store, path)?,
            None => move_in_project(&project.root, &mut aside, path)?,
        };
        moved.extend(to.map(|to| (path.clone(), to)));
    }
    Ok(moved)
}

fn move_from_store(root: &Path, store: &Store, path: &Path) -> Result<Option<PathBuf>, FsError> {
    let inside = path.strip_prefix(root).unwrap_or(path);
    if !is_reached_through_folders(root, inside)? {
        return Ok(None);
    }
    pkg_fs::move_aside(path, &store.quarantine())
}

fn move_in_project(
    root: &Path,
    aside: &mut Option<PathBuf>,
    path: &Path,
) -> Result<Option<PathBuf>, FsError> {
    if !is_reached_through_folders(root, path)? {
        return Ok(None);
    }
    let folder = match aside {
        Some(folder) => folder,
        None => aside.insert(new_folder(root)?),
    };
    let place = folder.join(path);
    if let Some(parent) = place.parent() {
        create_directory_all(&root.join(parent), 0o755)?;
    }
    match rename_if_absent(&root.join(path), &root.join(&place)) {
        Ok(is_moved) => Ok(is_moved.then_some(place)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether what stands there is more than a link or a script that the report has told of.
fn is_kept(difference: &Difference) -> bool {
    match difference.kind {
        DifferenceKind::Changed { .. }
        | DifferenceKind::Replaced { .. }
        | DifferenceKind::Foreign { .. }
        | DifferenceKind::Unlisted { .. }
        | DifferenceKind::Command => true,
        DifferenceKind::Mode { .. }
        | DifferenceKind::Missing { .. }
        | DifferenceKind::Elsewhere { .. }
        | DifferenceKind::Unreadable { .. } => false,
    }
}

/// Whether every folder on the way is one, and no link to one: what lies behind a link is not this project's.
fn is_reached_through_folders(root: &Path, path: &Path) -> Result<bool, FsError> {
    let mut folder = Folder::open(root)?;
    let parent = path.parent().unwrap_or(path);
    for component in parent.components() {
        let Component::Normal(name) = component else {
            return Ok(false);
        };
        match folder.open_folder(name) {
            Ok(opened) => folder = opened,
            Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

/// Makes a folder to move things into, from the root.
fn new_folder(root: &Path) -> Result<PathBuf, FsError> {
    let mut number = 1_u32;
    loop {
        let folder = PathBuf::from(format!("node_modules/.pkg/aside-{number}"));
        if create_directory(&root.join(&folder), 0o755)? {
            return Ok(folder);
        }
        number += 1;
    }
}
