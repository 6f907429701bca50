//! Under which name an index stands: the hash of the tarball, as hexadecimal digits.

use pkg_manifest::{Algorithm, Integrity};

/// The algorithms that an index may also be found by.
const WEAKER: [Algorithm; 3] = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha384];

/// Where an index lies below `packages/`: two digits, a slash, the rest, and `.sha1` or another name after it when the
/// hash is a weaker one than SHA-512.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IndexName {
    text: String,
    /// The hash, if it is the one that the index itself names its tarball by.
    sha512: Option<[u8; 64]>,
}

impl IndexName {
    pub(crate) fn new(algorithm: Algorithm, digest: &[u8]) -> Self {
        let mut text = String::with_capacity(2 * digest.len() + 8);
        for (place, byte) in digest.iter().enumerate() {
            if place == 1 {
                text.push('/');
            }
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
            }
        }
        if algorithm != Algorithm::Sha512 {
            text.push('.');
            text.push_str(algorithm.name());
        }
        let sha512 = digest
            .try_into()
            .ok()
            .filter(|_| algorithm == Algorithm::Sha512);
        Self { text, sha512 }
    }

    /// Reads a name as it stands below `packages/`; `None` when it is not one of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (hex, algorithm) = match text.split_once('.') {
            Some((hex, name)) => (hex, WEAKER.into_iter().find(|a| a.name() == name)?),
            None => (text, Algorithm::Sha512),
        };
        let (shard, rest) = hex.split_once('/')?;
        let digits: Option<Vec<u8>> = shard
            .bytes()
            .chain(rest.bytes())
            .map(crate::file_name::digit)
            .collect();
        let digest: Vec<u8> = digits?
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
            .collect();
        let name = Self::new(algorithm, &digest);
        (name.text == text && Integrity::from_hash(algorithm, &digest).is_some()).then_some(name)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The folder that it lies in.
    pub(crate) fn shard(&self) -> &str {
        &self.text[..2]
    }

    /// Whether the index of a tarball with this hash may stand here, so that one that was moved is not another
    /// package. Names by weaker hashes cannot tell.
    pub(crate) fn is_of(&self, sha512: &[u8; 64]) -> bool {
        self.sha512.is_none_or(|own| own == *sha512)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_are_read_back(bytes in any::<[u8; 64]>()) {
            let all = WEAKER.into_iter().chain([Algorithm::Sha512]);
            for algorithm in all {
                let name = IndexName::new(algorithm, &algorithm.hash(&bytes));
                prop_assert_eq!(IndexName::parse(name.as_str()), Some(name));
            }
        }

        #[test]
        fn other_names_are_not_ours(text in "[0-9a-fA-F]{0,3}/?[0-9a-f]{0,130}(\\.(sha1|sha256|sha9|))?") {
            if let Some(name) = IndexName::parse(&text) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
    }
}
