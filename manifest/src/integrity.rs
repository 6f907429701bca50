//! Hashes: subresource-integrity strings of tarballs, and the raw digest of one file.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use miette::Diagnostic;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use thiserror::Error;

/// A hash function that an integrity string may name, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// Old and broken; accepted where a registry has nothing better.
    Sha1,
    Sha256,
    Sha384,
    /// What registries publish, and what the lockfile records.
    Sha512,
}

impl Algorithm {
    /// The name in an integrity string.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512]
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }

    fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Hashes `bytes`.
    pub fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// The hashes that a tarball must have: one or more, of which the strongest algorithm counts.
///
/// Within the strongest algorithm any one of its hashes may match, as in subresource integrity.
/// Display prints them strongest first, joined by a space.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integrity {
    /// Sorted, strongest first; never empty.
    hashes: Vec<(Algorithm, Vec<u8>)>,
}

/// Why an integrity text is unusable.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("`{}` is not a usable integrity: {reason}", text.escape_debug())]
#[diagnostic(code(ERR_PKG_UNUSABLE_INTEGRITY))]
pub struct IntegrityError {
    /// The refused text.
    pub text: String,
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl Integrity {
    /// The sha512 of `bytes`.
    pub fn sha512(bytes: &[u8]) -> Self {
        Self {
            hashes: vec![(Algorithm::Sha512, Algorithm::Sha512.hash(bytes))],
        }
    }

    /// Makes an integrity of one raw hash; `None` where the length is not the algorithm's.
    pub fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Option<Self> {
        (hash.len() == algorithm.length()).then(|| Self {
            hashes: vec![(algorithm, hash.to_vec())],
        })
    }

    /// The strongest algorithm present, which alone is checked.
    pub fn algorithm(&self) -> Algorithm {
        self.hashes[0].0
    }

    /// The hashes of the strongest algorithm.
    pub fn strongest(&self) -> impl Iterator<Item = &[u8]> {
        let strongest = self.algorithm();
        self.hashes
            .iter()
            .take_while(move |(algorithm, _)| *algorithm == strongest)
            .map(|(_, hash)| hash.as_slice())
    }

    /// Whether `bytes` have one of the hashes of the strongest algorithm.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        let hash = self.algorithm().hash(bytes);
        self.strongest().any(|wanted| wanted == hash)
    }
}

impl FromStr for Integrity {
    type Err = IntegrityError;

    fn from_str(text: &str) -> Result<Self, IntegrityError> {
        let refuse = |reason| IntegrityError {
            text: text.chars().take(200).collect(),
            reason,
        };
        let mut hashes = Vec::new();
        for item in text.split_ascii_whitespace() {
            let Some((name, rest)) = item.split_once('-') else {
                return Err(refuse("a hash is written `algorithm-base64`"));
            };
            let Some(algorithm) = Algorithm::from_name(name) else {
                continue;
            };
            let encoded = rest.split('?').next().unwrap_or_default();
            let hash = STANDARD
                .decode(encoded)
                .map_err(|_| refuse("its base64 is broken"))?;
            if hash.len() != algorithm.length() {
                return Err(refuse("the hash has the wrong length"));
            }
            hashes.push((algorithm, hash));
        }
        if hashes.is_empty() {
            return Err(refuse("it names no algorithm that is known"));
        }
        hashes.sort_by(|left, right| right.cmp(left));
        hashes.dedup();
        Ok(Self { hashes })
    }
}

impl fmt::Display for Integrity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (algorithm, hash)) in self.hashes.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(
                formatter,
                "{space}{}-{}",
                algorithm.name(),
                STANDARD.encode(hash)
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Integrity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The SHA-256 of one file: its name in the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Hashes the content of a file.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads a hash from its 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 64 || !text.bytes().all(is_hex) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, place) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[place..place + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}
