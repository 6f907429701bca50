//! The order that npm puts names and paths into: that of a dictionary, not that of bytes.
//!
//! Letters that differ in case only stand beside each other, the small one first, and signs come before digits. What
//! comes first is placed first, so that the order shapes the tree.

/// The signs of ASCII as a dictionary has them (the root collation of Unicode); digits and letters follow.
const SIGNS: &[u8] = b" _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
/// The weight of the first sign: smaller ones separate the parts of a key.
const FIRST_SIGN: u8 = 2;
/// The weight of everything that is not ASCII; its bytes follow.
const OTHER: u8 = 0xFE;
const SMALL: u8 = 1;
const CAPITAL: u8 = 2;

/// A key whose bytes compare as the texts do.
pub(super) fn order_key(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() * 2 + 1);
    for byte in text.bytes() {
        if !byte.is_ascii() {
            key.push(OTHER);
        }
        key.push(weight(byte));
    }
    key.push(0);
    key.extend(text.bytes().map(case));
    key
}

fn case(byte: u8) -> u8 {
    if byte.is_ascii_uppercase() {
        CAPITAL
    } else {
        SMALL
    }
}

const fn weight(byte: u8) -> u8 {
    const WEIGHTS: [u8; 256] = weights();
    WEIGHTS[byte as usize]
}

#[expect(clippy::cast_possible_truncation, reason = "there are 256 bytes")]
const fn weights() -> [u8; 256] {
    let mut weights = [0; 256];
    let mut byte = 0;
    let digits = FIRST_SIGN + SIGNS.len() as u8;
    while byte < 256 {
        let small = (byte as u8).to_ascii_lowercase();
        weights[byte] = match small {
            b'0'..=b'9' => digits + small - b'0',
            b'a'..=b'z' => digits + 10 + small - b'a',
            // Control characters do not occur in names, and weigh as little as the separator allows.
            0..0x80 => 1,
            _ => small,
        };
        byte += 1;
    }
    let mut sign = 0;
    while sign < SIGNS.len() {
        weights[SIGNS[sign] as usize] = FIRST_SIGN + sign as u8;
        sign += 1;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_as_in_a_dictionary() {
        let sorted = [
            "_a", "-a", ".a", "@s/a", "~a", "0a", "a", "A", "a_b", "a-b", "a.b", "a/b", "a1", "ab",
            "aB", "Ab", "ac", "b", "é",
        ];
        for pair in sorted.windows(2) {
            assert!(order_key(pair[0]) < order_key(pair[1]), "{pair:?}");
        }
    }
}
