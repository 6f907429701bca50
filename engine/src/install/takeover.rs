//! A `node_modules` that another manager made: found by what it left there, and put aside as a whole, once all packages
//! of the new tree are in the store. Until the new tree stands, the old one is not deleted.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use pkg_fs::{FileKind, FsError};
use pkg_linker::{TreeRecord, verify};

use super::{session::Session, trash::retire};
use crate::Warning;

/// Files by which a tree is known, the manager that writes them, and what else of its own has a hidden name.
const MARKERS: [(&str, &str); 6] = [
    (".modules.yaml", "pnpm"),
    (".package-lock.json", "npm"),
    (".yarn-state.yml", "Yarn"),
    (".yarn-integrity", "Yarn 1"),
    (".bun", "bun"),
    (".pnpm", "pnpm"),
];
/// What managers keep below hidden names, besides the markers. All other hidden names are those of tools.
const HIDDEN: [&str; 6] = [
    ".bin",
    ".store",
    ".pnpm-workspace-state-v1.json",
    ".pnpm-workspace-state.json",
    ".ignored",
    ".yarn_integrity",
];
/// Where the former tree waits, below the project, until the new one stands.
const FORMER: &str = "node_modules/.pkg/former";

/// Who made `node_modules`, and what tells so.
struct Maker {
    marker: &'static str,
    manager: &'static str,
}

/// Finds who made `node_modules`, if it was another manager.
fn maker(session: &Session<'_>, record: Option<&TreeRecord>) -> Result<Option<Maker>, FsError> {
    let root = &session.project.root;
    for (marker, manager) in MARKERS {
        let path = root.join("node_modules").join(marker);
        if pkg_fs::stat_link_if_exists(&path)?.is_some() {
            return Ok(Some(Maker { marker, manager }));
        }
    }
    // bun leaves nothing in a tree of folders: its lockfile tells.
    let foreign = session.project.foreign_lockfiles();
    let of_bun = foreign.into_iter().find(|name| name.starts_with("bun."));
    let marker = of_bun.filter(|_| record.is_none());
    Ok(marker.map(|marker| Maker {
        marker,
        manager: "bun",
    }))
}

/// Puts the tree of another manager aside, and says so. What our record lists and is what we made stays, and so does
/// what is nobody's package: files, and the folders of tools.
pub(super) fn put_aside(session: &Session<'_>, record: Option<&TreeRecord>) -> Result<(), FsError> {
    let root = &session.project.root;
    let modules = root.join("node_modules");
    let Some(maker) = maker(session, record)? else {
        return Ok(());
    };
    let former = root.join(FORMER);
    let ours = match record {
        Some(record) => Some(record.clone().without(&verify(record, root)?)),
        None => None,
    };
    let names = packages_of(&modules, ours.as_ref())?;
    for name in &names {
        move_into(&modules, name, &former)?;
    }
    let Maker { marker, manager } = maker;
    // The one that was found goes last, so that whoever is killed before begins again.
    for (name, _) in MARKERS.into_iter().filter(|(name, _)| *name != marker) {
        move_into(&modules, Path::new(name), &former)?;
    }
    move_into(&modules, Path::new(marker), &former)?;
    if pkg_fs::stat_link_if_exists(&former)?.is_some() {
        let message = format!("node_modules was made by {manager} (`{marker}`): it is replaced");
        session.warn(Warning::new("WARN_PKG_FOREIGN_TREE", message));
    }
    Ok(())
}

/// Brings back what was put aside, after the new tree could not be made; what of the new one has taken its place goes.
/// What made the former tree known comes last, as it went last.
pub(super) fn bring_back(session: &Session<'_>) -> Result<(), FsError> {
    let root = &session.project.root;
    let (modules, former) = (root.join("node_modules"), root.join(FORMER));
    if pkg_fs::stat_link_if_exists(&former)?.is_none() {
        return Ok(());
    }
    let is_marker = |name: &str| MARKERS.iter().any(|(marker, _)| *marker == name);
    let mut entries = pkg_fs::list_directory(&former)?;
    entries.sort_by_key(|(name, _)| is_marker(&name.to_string_lossy()));
    for (name, kind) in entries {
        let is_scope = kind == FileKind::Directory && name.to_string_lossy().starts_with('@');
        let (from, to) = (former.join(&name), modules.join(&name));
        if is_scope && pkg_fs::stat_link_if_exists(&to)?.is_some() {
            for (bare, _) in pkg_fs::list_directory(&from)? {
                put_back(&from.join(&bare), &to.join(&bare))?;
            }
        } else {
            put_back(&from, &to)?;
        }
    }
    // By now it has only what the new tree had put in the places of the former one.
    retire(root, &former).map(drop)
}

/// Moves one entry back, in exchange for what stands there now.
fn put_back(from: &Path, to: &Path) -> Result<(), FsError> {
    if pkg_fs::rename_if_absent(from, to)? {
        return Ok(());
    }
    pkg_fs::exchange(from, to)
}

/// The former tree is not wanted any more: the new one stands. Tells whether there was one.
pub(super) fn forget(session: &Session<'_>) -> Result<bool, FsError> {
    let root = &session.project.root;
    retire(root, &root.join(FORMER)).map(|retired| retired.is_some())
}

/// The names below `node_modules` that a manager made, scoped ones in two parts.
fn packages_of(modules: &Path, record: Option<&TreeRecord>) -> Result<Vec<PathBuf>, FsError> {
    let mut found = Vec::new();
    for (name, kind) in pkg_fs::list_directory(modules)? {
        let text = name.to_string_lossy();
        if text.starts_with('.') {
            if HIDDEN.contains(&&*text) && !is_ours(record, &text) {
                found.push(PathBuf::from(&name));
            }
        } else if text.starts_with('@') && kind == FileKind::Directory {
            for (bare, kind) in pkg_fs::list_directory(&modules.join(&name))? {
                let path = Path::new(&name).join(&bare);
                if is_package(modules, &path, kind) && !is_recorded(record, &path) {
                    found.push(path);
                }
            }
        } else {
            let path = PathBuf::from(&name);
            if is_package(modules, &path, kind) && !is_recorded(record, &path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// A link, or a folder with a manifest: anything else is no package.
fn is_package(modules: &Path, path: &Path, kind: FileKind) -> bool {
    match kind {
        FileKind::Symlink => true,
        FileKind::Directory => {
            let manifest = modules.join(path).join("package.json");
            pkg_fs::stat_link_if_exists(&manifest).is_ok_and(|found| found.is_some())
        }
        FileKind::File
        | FileKind::Fifo
        | FileKind::Socket
        | FileKind::Device
        | FileKind::Unknown => false,
    }
}

fn is_recorded(record: Option<&TreeRecord>, path: &Path) -> bool {
    is_ours(record, &path.to_string_lossy())
}

/// Whether our record has something at, or in, this path of `node_modules`.
fn is_ours(record: Option<&TreeRecord>, path: &str) -> bool {
    let at = format!("node_modules/{path}");
    let inside = format!("{at}/");
    record.is_some_and(|record| {
        let mut paths = record.paths();
        paths.any(|path| path.as_str() == at || path.as_str().starts_with(&inside))
    })
}

fn move_into(modules: &Path, name: &Path, former: &Path) -> Result<(), FsError> {
    let to = former.join(name);
    if pkg_fs::stat_link_if_exists(&modules.join(name))?.is_none() {
        return Ok(());
    }
    if let Some(parent) = to.parent() {
        pkg_fs::create_directory_all(parent, 0o755)?;
    }
    if !pkg_fs::rename_if_absent(&modules.join(name), &to)? {
        // A run that was killed has put one there before: this one came later, and is kept beside it.
        pkg_fs::move_aside(&modules.join(name), &former.join("again")).map(drop)?;
    }
    // A scope with nothing in it is of no use to anybody.
    if let Some(scope) = name
        .parent()
        .filter(|scope| scope.as_os_str() != OsStr::new(""))
    {
        std::fs::remove_dir(modules.join(scope)).unwrap_or_default();
    }
    Ok(())
}
