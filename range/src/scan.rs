//! Recognises numbers, identifiers and partial versions, with the reference's limits on each.
//!
//! Everything here looks at bytes: only ASCII is ever part of a version, so any other byte stops.
//! The reference uses regular expressions whose repetitions are bounded; the bounds show only in
//! absurd texts, but there they decide between "dropped" and "refused" in loose mode.

use crate::Mode;

/// Most digits that one number token takes (one more after a first non-zero digit in strict mode).
const MAX_DIGITS: usize = 256;
/// Most letters, digits and hyphens after the first letter or hyphen of an identifier.
const MAX_IDENTIFIER_REST: usize = 250;

/// One to three dot-separated components, each a number, `x`, `X` or `*`, as they stand in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Partial<'t> {
    components: [Option<&'t str>; 3],
    pub(crate) prerelease: Option<&'t str>,
}

impl<'t> Partial<'t> {
    /// The major number, unless it is wild.
    pub(crate) fn major(&self) -> Option<&'t str> {
        self.number(0)
    }

    /// The minor number, unless it is wild or missing.
    pub(crate) fn minor(&self) -> Option<&'t str> {
        self.number(1)
    }

    /// The patch number, unless it is wild or missing.
    pub(crate) fn patch(&self) -> Option<&'t str> {
        self.number(2)
    }

    /// Whether a number follows a wildcard.
    pub(crate) fn is_misordered(&self) -> bool {
        let is_after_wild =
            |index| self.number(index - 1).is_none() && self.number(index).is_some();
        is_after_wild(1) || is_after_wild(2)
    }

    fn number(&self, index: usize) -> Option<&'t str> {
        self.components[index].filter(|component| !matches!(*component, "x" | "X" | "*"))
    }

    /// Recognises all of `text`, which has neither operator nor prefix nor build metadata.
    pub(crate) fn parse(text: &'t str, mode: Mode) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut components = [None; 3];
        let mut start = 0;
        for component in &mut components[..2] {
            let end = start + component_length(&bytes[start..], mode)?;
            *component = Some(&text[start..end]);
            match bytes.get(end) {
                None => {
                    return Some(Self {
                        components,
                        prerelease: None,
                    });
                }
                Some(b'.') => start = end + 1,
                Some(_) => return None,
            }
        }
        let tail = &text[start..];
        let patch_length = component_length(tail.as_bytes(), mode)?;
        let (patch, prerelease) = split_patch(tail, patch_length, mode)?;
        components[2] = Some(patch);
        Some(Self {
            components,
            prerelease,
        })
    }
}

/// Splits what follows `MAJOR.MINOR.` into the patch number and the prerelease.
///
/// Loose mode does not ask for the hyphen, so a number that cannot be followed by the rest gives
/// its last digit to the prerelease: `1.2.34.5` is `1.2.3-4.5`.
pub(crate) fn split_patch(
    tail: &str,
    patch_length: usize,
    mode: Mode,
) -> Option<(&str, Option<&str>)> {
    if patch_length == tail.len() {
        return Some((tail, None));
    }
    let (patch, rest) = tail.split_at(patch_length);
    let hyphenated = rest
        .strip_prefix('-')
        .filter(|ids| are_identifiers(ids, mode));
    if let Some(prerelease) = hyphenated {
        return Some((patch, Some(prerelease)));
    }
    if mode == Mode::Strict {
        return None;
    }
    if are_identifiers(rest, mode) {
        return Some((patch, Some(rest)));
    }
    let gives_digit = patch_length >= 2 && rest.starts_with('.');
    let (patch, rest) = tail.split_at(patch_length - usize::from(gives_digit));
    (gives_digit && are_identifiers(rest, mode)).then_some((patch, Some(rest)))
}

/// Length of the component that `bytes` start with.
pub(crate) fn component_length(bytes: &[u8], mode: Mode) -> Option<usize> {
    match bytes.first()? {
        b'x' | b'X' | b'*' => Some(1),
        b'0' if mode == Mode::Strict => Some(1),
        b'0'..=b'9' => Some(number_length(bytes, mode)),
        _ => None,
    }
}

/// Length of the number that `bytes` start with, 0 when they do not.
pub(crate) fn number_length(bytes: &[u8], mode: Mode) -> usize {
    match (bytes.first(), mode) {
        (Some(b'0'), Mode::Strict) => 1,
        (Some(b'1'..=b'9'), Mode::Strict) => 1 + digits(&bytes[1..]).min(MAX_DIGITS),
        _ => digits(bytes).min(MAX_DIGITS),
    }
}

/// Number of ASCII digits that `bytes` start with; counts no further than one above the limit.
pub(crate) fn digits(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take(MAX_DIGITS + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

/// Whether all of `text` is a dot-separated list of prerelease identifiers.
pub(crate) fn are_identifiers(text: &str, mode: Mode) -> bool {
    let bytes = text.as_bytes();
    let mut start = 0;
    loop {
        let length = identifier_length(&bytes[start..], mode);
        if length == 0 {
            return false;
        }
        match bytes.get(start + length) {
            None => return true,
            Some(b'.') => start += length + 1,
            Some(_) => return false,
        }
    }
}

/// Length of the prerelease identifier that `bytes` start with, 0 when they do not.
pub(crate) fn identifier_length(bytes: &[u8], mode: Mode) -> usize {
    let leading = digits(bytes);
    let has_letter = bytes
        .get(leading)
        .is_some_and(|&byte| is_identifier_byte(byte));
    if has_letter && leading <= MAX_DIGITS {
        let rest = bytes[leading + 1..]
            .iter()
            .take_while(|&&byte| is_identifier_byte(byte));
        return leading + 1 + rest.take(MAX_IDENTIFIER_REST).count();
    }
    number_length(bytes, mode)
}

/// Whether `byte` may stand in a prerelease or build identifier.
pub(crate) fn is_identifier_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// Longest build identifier of a version; where builds are cut out of a range there is no limit.
pub(crate) const MAX_BUILD_IDENTIFIER: usize = 250;

/// Length of the build metadata, plus sign included, that `bytes` start with; 0 when they do not.
///
/// An identifier that goes on after `longest` characters ends there.
pub(crate) fn build_length(bytes: &[u8], longest: usize) -> usize {
    let mut end = 0;
    let mut separator = b'+';
    while bytes.get(end) == Some(&separator) {
        let identifier = bytes[end + 1..].iter().take(longest);
        let length = identifier
            .take_while(|&&byte| is_identifier_byte(byte))
            .count();
        if length == 0 {
            break;
        }
        end += 1 + length;
        separator = b'.';
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_are_one_to_three_components() {
        for text in [
            "1",
            "1.2",
            "1.2.3",
            "x",
            "1.*",
            "1.2.X",
            "1.2.3-a.0",
            "*.*.*-a",
        ] {
            assert!(Partial::parse(text, Mode::Strict).is_some(), "{text}");
        }
        for text in [
            "", "1.", "01", "1.2.3.4", "1-a", "1.2-a", "1.2.3-01", "1.2.3-", "a",
        ] {
            assert!(Partial::parse(text, Mode::Strict).is_none(), "{text}");
        }
    }

    #[test]
    fn loose_patch_gives_its_last_digit_when_only_that_helps() {
        let partial = Partial::parse("1.2.34.5", Mode::Loose).unwrap();
        assert_eq!(
            (partial.patch(), partial.prerelease),
            (Some("3"), Some("4.5"))
        );
        assert!(Partial::parse("1.2.3.4", Mode::Loose).is_none());
    }

    #[test]
    fn build_metadata_ends_before_an_empty_identifier() {
        assert_eq!(build_length(b"+a.b c", 9), 4);
        assert_eq!(build_length(b"+a..b", 9), 2);
        assert_eq!(build_length(b"+", 9), 0);
    }
}
