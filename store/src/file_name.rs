//! The name and the time that a file of the store has, both from the hash of its content alone.

/// Seconds since 1970 of the first time that a stamp can be: 2000-01-01.
const FIRST_STAMP: i64 = 946_684_800;
/// Stamps lie within twenty years: all are in the past, and each file system can hold them.
const STAMP_RANGE: u32 = 20 * 365 * 24 * 60 * 60;

/// Permission bits of a store file, the same on every machine.
pub(crate) fn mode(is_executable: bool) -> u32 {
    if is_executable { 0o755 } else { 0o644 }
}

/// The time of last change that a complete file has: set only once all of its bytes are written.
///
/// It depends on the content alone, so that the index need not hold it and is the same on every machine; whoever
/// changes the file changes it, unless they mean to hide.
pub(crate) fn stamp(digest: &[u8; 32]) -> i64 {
    let [a, b, c, d, ..] = *digest;
    FIRST_STAMP + i64::from(u32::from_le_bytes([a, b, c, d]) % STAMP_RANGE)
}

/// Where a content lies below `files/`: two hexadecimal digits, a slash, the rest, and `-x` for the executable twin.
#[derive(Clone, Copy)]
pub(crate) struct FileName {
    text: [u8; Self::MAX],
    length: usize,
}

impl FileName {
    const MAX: usize = 2 + 1 + 62 + 2;

    pub(crate) fn new(digest: &[u8; 32], is_executable: bool) -> Self {
        let mut text = [b'/'; Self::MAX];
        let places = [0, 1].into_iter().chain(3..);
        let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        for (place, digit) in places.zip(digits) {
            text[place] = b"0123456789abcdef"[usize::from(digit)];
        }
        text[Self::MAX - 2..].copy_from_slice(b"-x");
        Self {
            text,
            length: if is_executable {
                Self::MAX
            } else {
                Self::MAX - 2
            },
        }
    }

    /// Reads a name as it stands in a folder; `None` when it is not one of ours.
    pub(crate) fn parse(shard: &str, rest: &str) -> Option<([u8; 32], bool)> {
        let (digits, is_executable) = match rest.strip_suffix("-x") {
            Some(digits) => (digits, true),
            None => (rest, false),
        };
        let hex = [shard, digits].concat();
        let is_ours = shard.len() == 2 && hex.len() == 64;
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        is_ours.then_some((digest, is_executable))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).expect("hexadecimal digits are ASCII")
    }

    /// The folder that it lies in.
    pub(crate) fn shard(&self) -> &str {
        &self.as_str()[..2]
    }
}

pub(crate) fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_are_read_back(digest in any::<[u8; 32]>(), is_executable in any::<bool>()) {
            let name = FileName::new(&digest, is_executable);
            let (shard, rest) = name.as_str().split_once('/').unwrap();
            prop_assert_eq!(shard, name.shard());
            prop_assert_eq!(FileName::parse(shard, rest), Some((digest, is_executable)));
            let stamp = stamp(&digest);
            prop_assert!((946_684_800..946_684_800 + 631_152_000).contains(&stamp));
        }

        #[test]
        fn other_names_are_not_ours(shard in "[0-9a-fA-F/]{0,3}", rest in "[0-9a-fg.x-]{0,66}") {
            if let Some((digest, is_executable)) = FileName::parse(&shard, &rest) {
                let name = FileName::new(&digest, is_executable);
                prop_assert_eq!(name.as_str(), format!("{shard}/{rest}"));
            }
        }
    }
}
