//! What the plan does not have: whose it is, and whether it is anybody's business.

use std::ffi::OsStr;

use pkg_fs::FileKind;

use crate::check::difference::{DifferenceKind, Owner};
use crate::isolated::VIRTUAL_STORE;

/// Names in the virtual store that are the program's own; names with a dot before them are what it is writing.
const RECORDS: [&str; 8] = [
    "building",
    "builds",
    "former",
    "lock",
    "state",
    "trash",
    "trash.old",
    "tree",
];
/// What the folders begin with that keep what was moved aside.
const ASIDE: &str = "aside-";

/// Judges a name that the plan does not have, in a folder of the plan that is no package's own.
///
/// `None` for the program's records, and for what tools keep in the `node_modules` of a project under names that begin
/// with a dot.
pub(crate) fn stranger(
    folder: &str,
    name: &OsStr,
    found: FileKind,
) -> Option<(Owner, DifferenceKind)> {
    let shown = name.to_string_lossy();
    let last = folder.rsplit('/').next().unwrap_or_default();
    let is_package = matches!(found, FileKind::Directory | FileKind::Symlink);
    let unlisted = |name: &str| {
        let owner = Owner::Stranger(name.to_owned());
        Some((owner, DifferenceKind::Unlisted { found }))
    };
    if folder == VIRTUAL_STORE || folder == ".pkg" {
        let is_own = shown.starts_with('.')
            || shown.starts_with(ASIDE)
            || RECORDS.iter().any(|record| *record == shown);
        return if is_own { None } else { unlisted(&shown) };
    }
    let is_in_virtual_store = folder.starts_with(VIRTUAL_STORE);
    if last == "node_modules" {
        if shown.starts_with('.') && shown != ".bin" && !is_in_virtual_store {
            return None;
        }
        if is_package && !shown.starts_with('.') {
            return unlisted(&shown);
        }
    } else if last.starts_with('@') && is_package {
        return unlisted(&format!("{last}/{shown}"));
    }
    Some((Owner::Project, DifferenceKind::Foreign { found }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_and_what_tools_keep_are_nobodys_business() {
        for (folder, name) in [
            ("node_modules/.pkg", "state"),
            ("node_modules/.pkg", "aside-1"),
            ("node_modules/.pkg", ".pkg-1-2.tmp"),
            ("node_modules", ".cache"),
            ("node_modules", ".vite"),
            ("packages/a/node_modules", ".package-lock.json"),
        ] {
            let found = stranger(folder, name.as_ref(), FileKind::Directory);
            assert_eq!(found, None, "{folder}/{name}");
        }
    }

    #[test]
    fn packages_are_named_and_files_are_the_projects() {
        for (folder, name, found, owner) in [
            ("node_modules", "left", FileKind::Directory, Some("left")),
            ("node_modules", "left", FileKind::Symlink, Some("left")),
            ("node_modules", "left", FileKind::File, None),
            (
                "node_modules/@s",
                "left",
                FileKind::Directory,
                Some("@s/left"),
            ),
            ("node_modules/.pkg", "a@1", FileKind::Directory, Some("a@1")),
            (
                "node_modules/.pkg/a@1/node_modules",
                ".x",
                FileKind::Directory,
                None,
            ),
            ("node_modules/.bin", "tool", FileKind::Symlink, None),
            ("node_modules", ".bin", FileKind::Directory, None),
        ] {
            let told = stranger(folder, name.as_ref(), found).map(|told| told.0);
            let owner = owner.map_or(Owner::Project, |name| Owner::Stranger(name.to_owned()));
            assert_eq!(told, Some(owner), "{folder}/{name}");
        }
    }
}
