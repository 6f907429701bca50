//! Bytes that were held against the hash that was expected of them: the only ones that are unpacked.

use pkg_manifest::Algorithm;
use sha2::{Digest as _, Sha512};

use crate::error::StoreError;
use crate::expected::Expected;
use crate::hashes::integrity;

/// A tarball whose hash is right, or that none was recorded of; only [`Verified::check`] makes one.
pub(crate) struct Verified<'a> {
    bytes: &'a [u8],
    sha512: [u8; 64],
    /// The expected hash, when that is a weaker one.
    weaker: Option<(Algorithm, Vec<u8>)>,
}

impl<'a> Verified<'a> {
    /// Compares the bytes with the strongest hash that is expected.
    pub(crate) fn check(bytes: &'a [u8], expected: &Expected) -> Result<Self, StoreError> {
        let sha512: [u8; 64] = Sha512::digest(bytes).into();
        let Some(wanted) = &expected.integrity else {
            return Ok(Self {
                bytes,
                sha512,
                weaker: None,
            });
        };
        let algorithm = wanted.algorithm();
        let actual = match algorithm {
            Algorithm::Sha512 => sha512.to_vec(),
            Algorithm::Sha1 | Algorithm::Sha256 | Algorithm::Sha384 => algorithm.hash(bytes),
        };
        if !wanted.strongest().any(|digest| digest == actual) {
            return Err(StoreError::Integrity {
                package: expected.label(),
                expected: wanted.to_string(),
                actual: integrity(algorithm, &actual).to_string(),
            });
        }
        let weaker = (algorithm != Algorithm::Sha512).then_some((algorithm, actual));
        Ok(Self {
            bytes,
            sha512,
            weaker,
        })
    }

    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn sha512(&self) -> &[u8; 64] {
        &self.sha512
    }

    pub(crate) fn weaker(&self) -> Option<(Algorithm, &[u8])> {
        self.weaker
            .as_ref()
            .map(|(algorithm, digest)| (*algorithm, digest.as_slice()))
    }
}
