//! White space as the reference implementation sees it, and texts reduced to single spaces.
//!
//! The rules are those of ECMAScript's `\s` and `String.prototype.trim`, which differ from Rust's
//! `char::is_whitespace` in two characters: U+FEFF counts, U+0085 does not.

use std::borrow::Cow;

/// Longest version text that is looked at, in UTF-16 code units, white space included.
pub(crate) const MAX_LENGTH: usize = 256;

/// Whether `character` is white space to the reference implementation.
pub(crate) fn is_white_space(character: char) -> bool {
    matches!(
        character,
        '\t'..='\r'
            | ' '
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
            | '\u{feff}'
    )
}

/// Cuts white space off both ends.
pub(crate) fn trim(text: &str) -> &str {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim_matches(is_white_space),
    }
}

/// Whether `text` has more than [`MAX_LENGTH`] UTF-16 code units.
pub(crate) fn is_too_long(text: &str) -> bool {
    // A character has never more UTF-16 units than bytes.
    text.len() > MAX_LENGTH && text.encode_utf16().take(MAX_LENGTH + 1).count() > MAX_LENGTH
}

/// Trims `text` and makes one space of each run of white space inside.
pub(crate) fn collapse(text: &str) -> Cow<'_, str> {
    let trimmed = trim(text);
    if is_collapsed(trimmed.as_bytes()) {
        return Cow::Borrowed(trimmed);
    }
    let mut collapsed = String::with_capacity(trimmed.len());
    for character in trimmed.chars() {
        if !is_white_space(character) {
            collapsed.push(character);
        } else if !collapsed.ends_with(' ') {
            collapsed.push(' ');
        }
    }
    Cow::Owned(collapsed)
}

/// Whether the only white space is single spaces; any byte above ASCII counts as not known.
fn is_collapsed(bytes: &[u8]) -> bool {
    let mut after_space = false;
    for &byte in bytes {
        let is_space = byte == b' ';
        if (is_space && after_space) || !(is_space || byte.is_ascii_graphic()) {
            return false;
        }
        after_space = is_space;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn byte_order_mark_is_white_space_and_next_line_is_not() {
        assert_eq!(trim("\u{feff}1\u{3000}"), "1");
        assert_eq!(trim("\u{85}1"), "\u{85}1");
    }

    #[test]
    fn runs_become_one_space() {
        assert_eq!(collapse(" a \t\u{2003} b  "), "a b");
        assert!(matches!(collapse("a b"), Cow::Borrowed("a b")));
    }

    #[test]
    fn length_is_counted_in_utf16_units() {
        assert!(!is_too_long(&"a".repeat(256)));
        assert!(is_too_long(&"a".repeat(257)));
        assert!(!is_too_long(&"\u{2003}".repeat(256)));
        assert!(is_too_long(&"\u{1f600}".repeat(129)));
    }
}
