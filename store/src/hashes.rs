//! Hashes of whole tarballs as this crate needs them.

use pkg_manifest::{Algorithm, Integrity};

/// The integrity of a tarball whose hash is known.
pub(crate) fn integrity(algorithm: Algorithm, digest: &[u8]) -> Integrity {
    Integrity::from_hash(algorithm, digest).expect("a hash has the length of its algorithm")
}

/// The SHA-512 that a package's index is named by.
pub(crate) fn sha512_of(integrity: &Integrity) -> Option<[u8; 64]> {
    let digest = integrity.strongest().next()?;
    digest
        .try_into()
        .ok()
        .filter(|_| integrity.algorithm() == Algorithm::Sha512)
}
