//! Finds what is wrong with an item that is no partial version.

use crate::scan::{component_length, digits, identifier_length};
use crate::{Mode, ParseErrorKind};

/// The reason why `text` is no partial version, and where in it.
pub(super) fn explain(text: &str, mode: Mode) -> (ParseErrorKind, usize) {
    let bytes = text.as_bytes();
    let mut position = 0;
    for index in 0..3 {
        let Some(length) = component_length(&bytes[position..], mode) else {
            return missing_component(&bytes[position..], position);
        };
        if bytes[position] == b'0' && digits(&bytes[position..]) > length {
            return (ParseErrorKind::LeadingZero, position);
        }
        position += length;
        match bytes.get(position) {
            None => return (ParseErrorKind::NumberAfterWildcard, 0),
            Some(b'.') if index < 2 => position += 1,
            Some(b'-') if index == 2 => return explain_prerelease(bytes, position + 1, mode),
            Some(_) => break,
        }
    }
    (ParseErrorKind::UnexpectedText, position)
}

fn missing_component(rest: &[u8], position: usize) -> (ParseErrorKind, usize) {
    let kind = match rest.first() {
        Some(b'<' | b'>' | b'=' | b'~' | b'^' | b'|') => ParseErrorKind::MisplacedOperator,
        None if position == 0 => ParseErrorKind::MisplacedOperator,
        _ => ParseErrorKind::ExpectedNumber,
    };
    (kind, position)
}

fn explain_prerelease(bytes: &[u8], start: usize, mode: Mode) -> (ParseErrorKind, usize) {
    let mut position = start;
    loop {
        let length = identifier_length(&bytes[position..], mode);
        match bytes.get(position + length) {
            Some(b'.') if length > 0 => position += length + 1,
            Some(byte) if length > 0 && byte.is_ascii_digit() => {
                return (ParseErrorKind::LeadingZero, position);
            }
            _ => return (ParseErrorKind::InvalidIdentifier, position + length),
        }
    }
}
