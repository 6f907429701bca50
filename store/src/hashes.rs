//! Hashes of whole tarballs: which one counts, and how an index is named by it.

use crate::types::Integrity;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// Hash functions of integrity strings, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// All but SHA-512.
    pub(crate) const WEAKER: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha384];

    /// Bytes of a hash.
    pub(crate) fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }
    pub(crate) fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// The hashes of the strongest function that an integrity names.
pub(crate) fn strongest(integrity: &Integrity) -> Option<(Algorithm, Vec<Vec<u8>>)> {
    let mut found: Option<(Algorithm, Vec<Vec<u8>>)> = None;
    let text = integrity.to_string();
    for part in text.split_whitespace() {
        let Some((name, value)) = part.split_once('-') else {
            continue;
        };
        let Some(a) = [
            Algorithm::Sha1,
            Algorithm::Sha256,
            Algorithm::Sha384,
            Algorithm::Sha512,
        ]
        .into_iter()
        .find(|a| a.name() == name) else {
            continue;
        };
        let Ok(bytes) = BASE64_STANDARD.decode(value) else {
            continue;
        };
        match &mut found {
            Some((b, list)) if *b == a => list.push(bytes),
            Some((b, _)) if *b > a => {}
            _ => found = Some((a, vec![bytes])),
        }
    }
    found
}

pub(crate) fn sha512_integrity(digest: &[u8; 64]) -> Integrity {
    integrity(Algorithm::Sha512, digest)
}

pub(crate) fn integrity(algorithm: Algorithm, digest: &[u8]) -> Integrity {
    format!("{}-{}", algorithm.name(), BASE64_STANDARD.encode(digest))
        .parse()
        .expect("an encoded hash is an integrity")
}

pub(crate) fn sha512_of(integrity: &Integrity) -> Option<[u8; 64]> {
    match strongest(integrity)? {
        (Algorithm::Sha512, list) => list.first()?.as_slice().try_into().ok(),
        _ => None,
    }
}
