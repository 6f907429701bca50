//! Commands: a link, or a script of ours.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use pkg_fs::{
    At, FileKind, FsError, read_regular_file, stat_if_exists, stat_link_if_exists, write_new,
};
use pkg_lockfile::PackageId;
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, Store};

use crate::apply::site::Site;
use crate::apply::unit::put_symlink;
use crate::shim::{BinForm, LOOKED_AT, bin_form, is_shim, shim_text};
use crate::tree::BinOwner;

pub(crate) const SHIM_MODE: u32 = 0o755;
/// No script of ours is larger.
pub(crate) const MAX_SHIM: u64 = 64 * 1024;

/// Makes sure that a command is there; tells whether anything had to change.
pub(crate) fn put_bin(
    site: &Site<'_>,
    path: &RelativePath,
    target: &str,
    (owner, file): (&BinOwner, &RelativePath),
) -> Result<bool, FsError> {
    let sources = BinSources {
        root: site.options.root,
        store: site.options.store,
        packages: site.options.packages,
    };
    match bin_form_of(&sources, owner, file)? {
        BinForm::Link => {
            clear_shim(site, path)?;
            put_symlink(site, path, target)
        }
        BinForm::Shim(words) => put_shim(site, path, &shim_text(&words, target)),
    }
}

fn put_shim(site: &Site<'_>, path: &RelativePath, text: &str) -> Result<bool, FsError> {
    let place = path.below(site.options.root);
    match stat_link_if_exists(&place)?.map(|found| found.kind) {
        None => {}
        Some(FileKind::Symlink) => site.throw_away(path.as_str())?,
        Some(FileKind::File) => match read_regular_file(&place, MAX_SHIM) {
            Ok(bytes) if bytes == text.as_bytes() => return Ok(false),
            Ok(bytes) if is_shim(&bytes) => site.throw_away(path.as_str())?,
            Ok(_) | Err(_) => site.clear(path.as_str())?,
        },
        Some(_) => site.clear(path.as_str())?,
    }
    write_new(&place, text.as_bytes(), SHIM_MODE).map(|()| true)
}

/// A script of ours makes way for a link.
fn clear_shim(site: &Site<'_>, path: &RelativePath) -> Result<(), FsError> {
    if is_our_shim(&path.below(site.options.root)) {
        site.throw_away(path.as_str())?;
    }
    Ok(())
}

/// Whether a file at this path, not behind a link, is a script of ours.
pub(crate) fn is_our_shim(path: &Path) -> bool {
    read_regular_file(path, MAX_SHIM).is_ok_and(|bytes| is_shim(&bytes))
}

/// Where the files that commands start are found.
#[derive(Clone, Copy)]
pub(crate) struct BinSources<'a> {
    pub(crate) root: &'a Path,
    pub(crate) store: &'a Store,
    pub(crate) packages: &'a (dyn Fn(&PackageId) -> Option<Arc<PackageFiles>> + Sync),
}

/// Decides how a command starts its file, by looking at that.
pub(crate) fn bin_form_of(
    sources: &BinSources<'_>,
    owner: &BinOwner,
    file: &RelativePath,
) -> Result<BinForm, FsError> {
    let (path, is_executable) = match owner {
        BinOwner::Package(id) => {
            let files = (sources.packages)(id);
            let stored = files.as_ref().and_then(|files| files.file(file.as_str()));
            match stored {
                Some(stored) => (sources.store.path(stored), stored.executable),
                None => return Ok(BinForm::Link),
            }
        }
        BinOwner::Folder(folder) => {
            let path = file.below(&sources.root.join(folder));
            match stat_if_exists(&path)? {
                Some(found) if found.kind == FileKind::File => (path, found.mode & 0o100 != 0),
                Some(_) | None => return Ok(BinForm::Link),
            }
        }
    };
    form_of_file(&path, file.file_name(), is_executable)
}

/// How a command starts the file at a path, whose name is `file_name` where it will be started.
pub(crate) fn form_of_file(
    path: &Path,
    file_name: &str,
    is_executable: bool,
) -> Result<BinForm, FsError> {
    match beginning(path) {
        Ok(beginning) => Ok(bin_form(&beginning, file_name, is_executable)),
        Err(error) if error.is_not_found() => Ok(BinForm::Link),
        Err(error) => Err(error),
    }
}

fn beginning(path: &Path) -> Result<Vec<u8>, FsError> {
    let file = File::open(path).at("open", path)?;
    let mut bytes = Vec::with_capacity(LOOKED_AT);
    let limit = u64::try_from(LOOKED_AT).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut bytes).at("read", path)?;
    Ok(bytes)
}
