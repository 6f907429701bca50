//! Which package a commit is: asked once, and remembered in the cache.

use std::path::{Path, PathBuf};

use pkg_manifest::{GitSource, Integrity};
use sha2::{Digest as _, Sha256};

/// How commits become packages: another word for another way, so that nothing is believed that was made otherwise.
const RULE: &str = "packed";

/// The hash of the package that a commit is, if it was made on this machine.
pub(crate) fn known(cache: &Path, source: &GitSource) -> Option<Integrity> {
    let bytes = pkg_fs::read_regular_file_if_exists(&path(cache, source), 1024).ok()??;
    str::from_utf8(&bytes).ok()?.trim().parse().ok()
}

/// Remembers which package a commit is. That it could not be is no failure: it is asked again.
pub(crate) fn remember(cache: &Path, source: &GitSource, integrity: &Integrity) {
    let path = path(cache, source);
    let folder = cache.join("git");
    if pkg_fs::create_directory_all(&folder, 0o755).is_ok() {
        drop(pkg_fs::write_atomic(
            &path,
            format!("{integrity}\n").as_bytes(),
            0o644,
        ));
    }
}

fn path(cache: &Path, source: &GitSource) -> PathBuf {
    let digest = Sha256::digest(format!("{RULE} {source}").as_bytes());
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    cache.join("git").join(name)
}
