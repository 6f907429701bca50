//! Bytes of a terminal as keys.

/// What a person pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Up,
    Down,
    Home,
    End,
    Space,
    Enter,
    All,
    Invert,
    /// Escape, or `q`: nothing is chosen.
    Leave,
    /// Ctrl-C, or the end of the input.
    Interrupt,
}

/// Takes the first key off the bytes; `None` where there is none yet, or one that means nothing, which is taken off too.
pub(super) fn take(bytes: &mut Vec<u8>) -> Option<Key> {
    let (key, length) = match bytes.as_slice() {
        [] => return None,
        [0x1b, b'[' | b'O', b'A', ..] => (Some(Key::Up), 3),
        [0x1b, b'[' | b'O', b'B', ..] => (Some(Key::Down), 3),
        [0x1b, b'[' | b'O', b'H', ..] => (Some(Key::Home), 3),
        [0x1b, b'[' | b'O', b'F', ..] => (Some(Key::End), 3),
        // Another sequence ends with its first letter or `~`.
        [0x1b, b'[' | b'O', rest @ ..] => {
            let end = rest.iter().position(|byte| (0x40..=0x7e).contains(byte));
            (None, end.map_or(bytes.len(), |end| end + 3))
        }
        [0x1b, ..] => (Some(Key::Leave), 1),
        [0x03 | 0x04, ..] => (Some(Key::Interrupt), 1),
        [b'k', ..] => (Some(Key::Up), 1),
        [b'j', ..] => (Some(Key::Down), 1),
        [b' ', ..] => (Some(Key::Space), 1),
        [b'\r' | b'\n', ..] => (Some(Key::Enter), 1),
        [b'a', ..] => (Some(Key::All), 1),
        [b'i', ..] => (Some(Key::Invert), 1),
        [b'q', ..] => (Some(Key::Leave), 1),
        [_, ..] => (None, 1),
    };
    bytes.drain(..length);
    key.or_else(|| take(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_keys() {
        let mut bytes = b"\x1b[A\x1bOBjk \r\x1b[5~x\x1b[200~ai\x03\x1b".to_vec();
        let mut keys = Vec::new();
        while let Some(key) = take(&mut bytes) {
            keys.push(key);
        }
        let expected = [
            Key::Up,
            Key::Down,
            Key::Down,
            Key::Up,
            Key::Space,
            Key::Enter,
            Key::All,
            Key::Invert,
            Key::Interrupt,
            Key::Leave,
        ];
        assert_eq!(keys, expected);
        assert!(bytes.is_empty());
    }
}
