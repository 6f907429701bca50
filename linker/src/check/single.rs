//! Links, commands and files that are entries of the plan by themselves.

use std::ffi::OsStr;

use pkg_fs::{FileKind, Folder, FsError, stat_open};
use pkg_manifest::Digest;
use pkg_store::hash_file;

use crate::apply::MAX_SHIM;
use crate::check::content::refused;
use crate::check::difference::{DifferenceKind, Item};
use crate::shim::{BinForm, shim_text};

/// Compares a command with the way in which it should start its file.
pub(crate) fn wrong_command(
    folder: &Folder,
    (name, found): (&str, FileKind),
    form: &BinForm,
    target: &str,
) -> Option<DifferenceKind> {
    match (form, found) {
        (BinForm::Link, FileKind::Symlink) => wrong_link(folder, name, target),
        (BinForm::Shim(words), FileKind::File) => {
            wrong_shim(folder, name, &shim_text(words, target))
        }
        (BinForm::Link, FileKind::File) | (BinForm::Shim(_), FileKind::Symlink) => {
            Some(DifferenceKind::Command)
        }
        (BinForm::Link | BinForm::Shim(_), found) => Some(DifferenceKind::Replaced {
            expected: Item::Command,
            found,
        }),
    }
}

/// Compares the text of a link.
pub(crate) fn wrong_link(folder: &Folder, name: &str, target: &str) -> Option<DifferenceKind> {
    match folder.read_link(OsStr::new(name)) {
        Ok(text) if text == *target => None,
        Ok(text) => Some(DifferenceKind::Elsewhere {
            expected: target.to_owned(),
            found: text.to_string_lossy().into_owned(),
        }),
        Err(error) => Some(refused(&error, Item::Link)),
    }
}

fn wrong_shim(folder: &Folder, name: &str, text: &str) -> Option<DifferenceKind> {
    let mut bytes = Vec::new();
    match folder.read_into(name, MAX_SHIM, &mut bytes) {
        Ok(found) if bytes == text.as_bytes() && found.mode & 0o100 != 0 => None,
        Ok(_) | Err(FsError::TooLarge { .. }) => Some(DifferenceKind::Command),
        Err(error) => Some(refused(&error, Item::Command)),
    }
}

/// Compares a file of the program's own.
pub(crate) fn wrong_file(
    folder: &Folder,
    name: &str,
    (expected, executable): (&[u8], bool),
) -> Option<DifferenceKind> {
    let file = match folder.open_entry(name) {
        Ok(file) => file,
        Err(error) => return Some(refused(&error, Item::File)),
    };
    let changed = |found| {
        let expected = Digest::of(expected);
        Some(DifferenceKind::Changed { expected, found })
    };
    let unreadable = |error: std::io::Error| {
        let reason = error.to_string();
        Some(DifferenceKind::Unreadable { reason })
    };
    let found = match stat_open(&file) {
        Ok(found) => found,
        Err(error) => return unreadable(error),
    };
    match found.kind {
        FileKind::File if found.size != expected.len() as u64 => changed(None),
        FileKind::File => match hash_file(&file, found.size) {
            Ok(digest) if digest == Digest::of(expected) => {
                let is_right = (found.mode & 0o100 != 0) == executable;
                (!is_right).then_some(DifferenceKind::Mode {
                    executable,
                    found: found.mode,
                })
            }
            Ok(digest) => changed(Some(digest)),
            Err(error) => unreadable(error),
        },
        found => Some(DifferenceKind::Replaced {
            expected: Item::File,
            found,
        }),
    }
}
