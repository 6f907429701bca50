//! How the map calls an instance: a name, and a reference that tells it from all others of that name.

use std::fmt::Write;

use pkg_lockfile::{PackageId, SnapshotKey};
use sha2::{Digest, Sha256};

/// Bytes of the hash that tells one instance of a package from another.
const HASH_BYTES: usize = 16;
/// Hexadecimal digits of it in a folder's name.
const SHORT_DIGITS: usize = 10;

/// The reference of a package, whatever its peers: `npm:1.2.3`, or its source.
pub(crate) fn reference(id: &PackageId) -> String {
    match id.version() {
        Some(_) => format!("npm:{}", id.reference()),
        None => id.reference().to_owned(),
    }
}

/// The reference of one of several instances: `virtual:HASH#npm:1.2.3`.
pub(crate) fn virtual_reference(key: &SnapshotKey) -> String {
    format!("virtual:{}#{}", hash(key.as_str()), reference(key.id()))
}

/// What a path has in place of an instance: a name for people, and a hash.
pub(crate) fn virtual_slug(key: &SnapshotKey) -> String {
    let name = key.id().name().as_str().replace('/', "-");
    format!("{name}-virtual-{}", &hash(key.as_str())[..SHORT_DIGITS])
}

/// A hash as the beginning of a name can hold it.
pub(crate) fn short_hash(text: &str) -> String {
    let mut digits = hash(text);
    digits.truncate(SHORT_DIGITS);
    digits
}

fn hash(text: &str) -> String {
    let mut digits = String::with_capacity(2 * HASH_BYTES);
    for byte in &Sha256::digest(text.as_bytes())[..HASH_BYTES] {
        write!(digits, "{byte:02x}").expect("a string takes all that is written to it");
    }
    digits
}
