//! A slot that does not look as it was left is looked into.

use std::path::Path;

use pkg_fs::{FsError, Stat, read_regular_file, read_symlink, stat_link_if_exists};
use pkg_manifest::Digest;
use pkg_store::{PackageState, Store, StoredFile};

use crate::apply::{MAX_SHIM, PathBuffer, is_folder};
use crate::error::LinkError;
use crate::shared::contents::{CLOSURE_FILE, Item, SlotContents};
use crate::shared::slot::Slot;

/// Whether all that is to lie in a slot lies there as it should. What lies there besides is not looked at.
pub(crate) fn is_whole(
    slot: &Slot,
    contents: &SlotContents,
    store: &Store,
) -> Result<bool, LinkError> {
    let folder = store.slot_path(&slot.name);
    let closure = slot.closure();
    let limit = u64::try_from(closure.len()).unwrap_or(u64::MAX);
    let is_ours = read_regular_file(&folder.join(CLOSURE_FILE), limit)
        .is_ok_and(|bytes| bytes == closure.as_bytes());
    if !is_ours {
        return Ok(false);
    }
    for (path, item) in &contents.items {
        if !is_item(&path.below(&folder), item)? {
            return Ok(false);
        }
    }
    let package = store.slot_package_path(&slot.name);
    if !is_folder(&package)? {
        return Ok(false);
    }
    let mut paths = PathBuffer::new(&package);
    for directory in &contents.files.directories {
        if !is_folder(paths.at(directory.as_str()))? {
            return Ok(false);
        }
    }
    for file in &contents.files.files {
        if !is_file(store, file, paths.at(file.path.as_str()))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_item(place: &Path, item: &Item) -> Result<bool, FsError> {
    match item {
        Item::Link(target) => {
            Ok(read_symlink(place)?.is_some_and(|text| text == Path::new(target)))
        }
        Item::Script(text) => {
            Ok(read_regular_file(place, MAX_SHIM).is_ok_and(|bytes| bytes == text.as_bytes()))
        }
    }
}

/// A second name of an intact file of the store, or a file with the right bytes.
fn is_file(store: &Store, file: &StoredFile, place: &Path) -> Result<bool, LinkError> {
    let Some(found) = stat_link_if_exists(place)? else {
        return Ok(false);
    };
    let identity = |stat: Stat| (stat.device, stat.inode);
    let stored = stat_link_if_exists(&store.path(file))?.map(identity);
    if stored == Some(identity(found)) {
        return Ok(store.check_file(file)? == PackageState::Intact);
    }
    let is_executable = found.mode & 0o100 != 0;
    if found.size != file.size || is_executable != file.executable {
        return Ok(false);
    }
    Ok(read_regular_file(place, file.size).is_ok_and(|bytes| Digest::of(&bytes) == file.digest))
}
