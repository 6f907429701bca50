//! The store, the room on its disk, and how its files come into the project.

use std::path::{Path, PathBuf};

use pkg_fs::{Placed, Preference};
use pkg_store::Store;

use super::Finding;
use crate::LoadedSettings;

/// Below this, installs will soon fail.
const LITTLE: u64 = 1 << 30;
/// Below this, they fail.
const NONE: u64 = 100 << 20;

pub(super) fn check(root: &Path, settings: &LoadedSettings) -> Vec<Finding> {
    let store = &settings.locations.store;
    vec![access(store), links(root, store), room(store)]
}

fn access(store: &Path) -> Finding {
    let made = pkg_fs::create_directory_all(store, 0o755);
    if let Err(error) = made {
        return Finding::of_error("store", &error, "choose another `store-dir`");
    }
    match Store::open(store) {
        Ok(_) => Finding::ok(
            "store",
            format!("`{}` is yours alone to write to", store.display()),
        ),
        Err(error) => Finding::of_error("store", &error, "choose another `store-dir`"),
    }
}

/// Places one file as an install would, and takes it away.
fn links(root: &Path, store: &Path) -> Finding {
    const TOPIC: &str = "links";
    let name = pkg_fs::unique_name();
    let source = store.join(format!("doctor-{name}"));
    let target = root.join(format!(".pkg-doctor-{name}"));
    let placed = pkg_fs::write_atomic(&source, b"x", 0o644)
        .and_then(|()| pkg_fs::place_file(&source, &target, Preference::Reflink));
    let removed = [&source, &target].map(|path| pkg_fs::remove_file_if_exists(path));
    let placed = removed
        .into_iter()
        .find_map(Result::err)
        .map_or(placed, Err);
    let help = "put the store on the file system of your projects: `store-dir`";
    match placed {
        Ok(Placed::Reflink) => Finding::ok(
            TOPIC,
            "files of the store come into the project as reflinks",
        ),
        Ok(Placed::Hardlink) => Finding::ok(
            TOPIC,
            "files of the store come into the project as hard links",
        ),
        Ok(Placed::Copy) => Finding::warn(
            TOPIC,
            "files of the store are copied into the project, which takes time and room",
            help,
        ),
        Err(error) => Finding::of_error(
            TOPIC,
            &error,
            "see who owns the project's folder and the store",
        ),
    }
}

fn room(store: &Path) -> Finding {
    const TOPIC: &str = "disk";
    let existing = store.ancestors().find(|folder| folder.exists());
    let there = existing.map_or_else(|| PathBuf::from("/"), Path::to_path_buf);
    let Ok(found) = rustix::fs::statvfs(&there) else {
        return Finding::warn(
            TOPIC,
            format!("the room at `{}` is not known", there.display()),
            "see `df`",
        );
    };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let message = format!("{} free at `{}`", size(free), there.display());
    let help =
        "make room; `pkg store path` prints what may be deleted when nothing is being installed";
    // File systems without a fixed number of files say 0 of 0.
    let has_no_files = found.f_files > 0 && found.f_favail < 1000;
    match free {
        _ if has_no_files => Finding::bad(
            TOPIC,
            format!("{message}, but for {} files only", found.f_favail),
            help,
        ),
        free if free < NONE => Finding::bad(TOPIC, message, help),
        free if free < LITTLE => Finding::warn(TOPIC, message, help),
        _ => Finding::ok(TOPIC, message),
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes >= 1 << 30 => format!("{} GiB", bytes >> 30),
        bytes => format!("{} MiB", bytes >> 20),
    }
}
