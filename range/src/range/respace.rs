//! Takes the space out between an operator and its version: `> 1.2` becomes `>1.2`.
//!
//! The reference does this with three global replacements; which spaces go depends on where each
//! match ends, so the matches are followed here exactly. Needs its text to have single spaces,
//! save where build metadata was cut out.

use std::borrow::Cow;

use crate::Mode;
use crate::scan::{component_length, identifier_length, number_length};

/// Removes the spaces that belong to operators.
pub(super) fn respace(text: &str) -> Cow<'_, str> {
    if !needs_respacing(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let text = respace_comparisons(text);
    let text = respace_after(&text, |bytes| match bytes {
        [b'~', b'>', b' ', ..] => Some(2),
        [b'~', b' ', ..] => Some(1),
        _ => None,
    });
    let text = respace_after(&text, |bytes| bytes.starts_with(b"^ ").then_some(1));
    Cow::Owned(text)
}

/// Whether a space follows an operator or another space.
fn needs_respacing(bytes: &[u8]) -> bool {
    bytes
        .windows(2)
        .any(|pair| pair[1] == b' ' && matches!(pair[0], b'<' | b'>' | b'=' | b'~' | b'^' | b' '))
}

/// Deletes the space after `<`, `<=`, `>`, `>=`, `=` or nothing where a version follows.
fn respace_comparisons(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut output = String::with_capacity(bytes.len());
    let mut copied = 0;
    let mut position = 0;
    while position < bytes.len() {
        let operator_end = position + operator_length(&bytes[position..]);
        let space = usize::from(bytes.get(operator_end) == Some(&b' '));
        let operand = operator_end + space;
        let prefix = prefix_length(&bytes[operand..]);
        match version_length(&bytes[operand + prefix..]) {
            Some(length) => {
                output.push_str(&text[copied..operator_end]);
                copied = operand;
                position = operand + prefix + length;
            }
            // No start inside this prefix leads to a version, but its last space may precede an
            // operator. Skipping keeps long runs of prefix characters linear.
            None => position = (position + 1).max((operand + prefix).saturating_sub(1)),
        }
    }
    output.push_str(&text[copied..]);
    output
}

/// Length of an optional space and an optional comparison.
fn operator_length(bytes: &[u8]) -> usize {
    let mut length = usize::from(bytes.first() == Some(&b' '));
    length += usize::from(matches!(bytes.get(length), Some(b'<' | b'>')));
    length + usize::from(bytes.get(length) == Some(&b'='))
}

/// Length of the run of characters that may stand before a version.
fn prefix_length(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| matches!(byte, b'v' | b'=' | b' '))
        .count()
}

/// Length of the version or partial version that `bytes` start with.
fn version_length(bytes: &[u8]) -> Option<usize> {
    loose_version_length(bytes).or_else(|| partial_length(bytes))
}

/// Length of the full version in loose form that `bytes` start with.
fn loose_version_length(bytes: &[u8]) -> Option<usize> {
    let mut end = number_length(bytes, Mode::Loose);
    for _ in 0..2 {
        if end == 0 || bytes.get(end) != Some(&b'.') {
            return None;
        }
        let length = number_length(&bytes[end + 1..], Mode::Loose);
        if length == 0 {
            return None;
        }
        end += 1 + length;
    }
    let hyphen = usize::from(bytes.get(end) == Some(&b'-'));
    let hyphenated = hyphen + identifiers_length(&bytes[end + hyphen..], Mode::Loose);
    if hyphenated > hyphen {
        return Some(end + hyphenated);
    }
    Some(end + identifiers_length(&bytes[end..], Mode::Loose))
}

/// Length of the partial version in strict form that `bytes` start with.
fn partial_length(bytes: &[u8]) -> Option<usize> {
    let mut end = component_length(bytes, Mode::Strict)?;
    for _ in 0..2 {
        let next = bytes
            .get(end + 1..)
            .and_then(|rest| component_length(rest, Mode::Strict));
        match next {
            Some(length) if bytes[end] == b'.' => end += 1 + length,
            _ => return Some(end),
        }
    }
    if bytes.get(end) == Some(&b'-') {
        let length = identifiers_length(&bytes[end + 1..], Mode::Strict);
        end += if length > 0 { 1 + length } else { 0 };
    }
    Some(end)
}

/// Length of the dot-separated identifiers that `bytes` start with.
fn identifiers_length(bytes: &[u8], mode: Mode) -> usize {
    let mut end = identifier_length(bytes, mode);
    while end > 0 && bytes.get(end) == Some(&b'.') {
        match identifier_length(&bytes[end + 1..], mode) {
            0 => break,
            length => end += 1 + length,
        }
    }
    end
}

/// Deletes one space after each match of `operator`, which gives the match's length without it.
fn respace_after(text: &str, operator: impl Fn(&[u8]) -> Option<usize>) -> String {
    let bytes = text.as_bytes();
    let mut output = String::with_capacity(bytes.len());
    let mut copied = 0;
    let mut position = 0;
    while position < bytes.len() {
        match operator(&bytes[position..]) {
            Some(length) => {
                output.push_str(&text[copied..position]);
                output.push(char::from(bytes[position]));
                copied = position + length + 1;
                position = copied;
            }
            None => position += 1,
        }
    }
    output.push_str(&text[copied..]);
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_after_operators_go() {
        assert_eq!(
            respace("> 1.2 <= 2 ~ 1 ~> 1 ^ 1 = x"),
            ">1.2 <=2 ~1 ~>1 ^1 =x"
        );
    }

    #[test]
    fn spaces_inside_a_prefix_stay() {
        assert_eq!(respace("> = 1.2.3"), ">= 1.2.3");
        assert_eq!(respace("^ v 1.2.3"), "^v 1.2.3");
        assert_eq!(respace("v = 1"), "v = 1");
    }

    #[test]
    fn a_version_that_ends_in_v_is_no_prefix() {
        assert_eq!(respace("1.2.3-v = 1"), "1.2.3-v =1");
        assert_eq!(respace("1.2-v = 1"), "1.2-v = 1");
    }
}
