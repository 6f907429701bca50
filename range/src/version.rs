//! Reads versions, with npm's limits and its loose forms.

use std::sync::LazyLock;

use semver::{BuildMetadata, Prerelease};

use crate::precedence::{as_double, is_number};
use crate::scan;
use crate::text::{is_too_long, is_white_space, trim};
use crate::{Mode, ParseError, ParseErrorKind, Version};

/// Largest major, minor or patch: 2^53 − 1.
pub(crate) const MAX_COMPONENT: u64 = (1 << 53) - 1;

/// Reads a version as npm does.
///
/// In strict mode that is a version of Semantic Versioning 2.0.0 with an optional `v` before it and
/// white space around it, whose numbers are at most 2^53 − 1 and which has at most 256 UTF-16
/// units. Loose mode also takes any run of `v`, `=` and white space in front, leading zeros, and a
/// prerelease without its hyphen.
///
/// ```
/// use pkg_range::{Mode, parse_version};
///
/// assert_eq!(parse_version(" v1.2.3 ", Mode::Strict).unwrap().to_string(), "1.2.3");
/// assert_eq!(parse_version("=1.02.3beta", Mode::Loose).unwrap().to_string(), "1.2.3-beta");
/// assert!(parse_version("1.2", Mode::Loose).is_err());
/// ```
///
/// # Errors
/// Says what is wrong with `text`, and where.
pub fn parse_version(text: &str, mode: Mode) -> Result<Version, ParseError> {
    if is_too_long(text) {
        return Err(ParseError::new(ParseErrorKind::TooLong, text, 0));
    }
    let trimmed = trim(text);
    let core = match mode {
        Mode::Strict => trimmed.strip_prefix('v').unwrap_or(trimmed),
        Mode::Loose => trimmed.trim_start_matches(is_prefix),
    };
    parse_core(core, mode).map_err(|(kind, position)| {
        let start = core.as_ptr().addr() - text.as_ptr().addr();
        ParseError::new(kind, text, start + position)
    })
}

/// Whether loose mode skips `character` before a version.
fn is_prefix(character: char) -> bool {
    matches!(character, 'v' | '=') || is_white_space(character)
}

/// Reads `MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD]`.
pub(crate) fn parse_core(text: &str, mode: Mode) -> Result<Version, (ParseErrorKind, usize)> {
    if mode == Mode::Strict
        && let Ok(version) = Version::parse(text)
    {
        return check_components(version, text);
    }
    if text.is_empty() {
        return Err((ParseErrorKind::Empty, 0));
    }
    let mut position = 0;
    let major = number(text, &mut position, mode)?;
    dot(text, &mut position)?;
    let minor = number(text, &mut position, mode)?;
    dot(text, &mut position)?;
    let patch_start = position;
    number(text, &mut position, mode)?;
    let patch_end = position;
    let plus = text
        .find('+')
        .filter(|&plus| plus >= patch_end)
        .unwrap_or(text.len());
    let (tail, build) = (&text[patch_start..plus], &text[plus..]);
    let (patch, prerelease) = scan::split_patch(tail, patch_end - patch_start, mode)
        .ok_or_else(|| explain_tail(text, patch_end, plus, mode))?;
    let build_length = scan::build_length(build.as_bytes(), scan::MAX_BUILD_IDENTIFIER);
    if build_length != build.len() {
        return Err((ParseErrorKind::InvalidIdentifier, plus + build_length));
    }
    // Only now that all is known to be a version does the size of its numbers matter.
    let value =
        |digits: &str, start| component(digits).ok_or((ParseErrorKind::NumberTooLarge, start));
    Ok(Version {
        major: value(major, 0)?,
        minor: value(minor, major.len() + 1)?,
        patch: value(patch, patch_start)?,
        pre: prerelease_of(prerelease.unwrap_or_default())
            .ok_or((ParseErrorKind::InvalidIdentifier, patch_end))?,
        build: BuildMetadata::new(build.strip_prefix('+').unwrap_or_default())
            .map_err(|_| (ParseErrorKind::InvalidIdentifier, plus))?,
    })
}

/// The value of a run of digits, unless it is above 2^53 − 1.
pub(crate) fn component(digits: &str) -> Option<u64> {
    let digits = match digits.len() {
        0..=16 => digits,
        _ => digits.trim_start_matches('0'),
    };
    if digits.len() > 16 {
        return None;
    }
    let value = digits
        .bytes()
        .fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    (value <= MAX_COMPONENT).then_some(value)
}

/// One more than the value of a run of digits, unless that is above 2^53 − 1.
pub(crate) fn successor(digits: &str) -> Option<u64> {
    component(digits)
        .filter(|&number| number < MAX_COMPONENT)
        .map(|number| number + 1)
}

/// One more than the value of a run of digits, as the reference writes it.
///
/// From 10^21 on that has an exponent, and what it makes of the text around it may still be a
/// version in loose mode: `<=1.2999999999999999999999` becomes `<1.3e+21.0-0`, which is no version,
/// but `<=1.1200000000000000000000` becomes `<1.1.2e+21.0-0`, which is `<1.1.2-e`.
pub(crate) fn successor_text(digits: &str) -> String {
    const EXPONENT: f64 = 1e21;
    if let Some(successor) = successor(digits) {
        return successor.to_string();
    }
    let successor = as_double(digits) + 1.0;
    if successor < EXPONENT {
        successor.to_string()
    } else {
        format!("{successor:e}").replace('e', "e+")
    }
}

/// The prerelease that `text` denotes, empty for the empty text.
///
/// Leading zeros, which loose mode lets through, are dropped as the reference does; beyond 2^53 the
/// reference keeps them in the text, which `semver::Prerelease` cannot.
pub(crate) fn prerelease_of(text: &str) -> Option<Prerelease> {
    match text {
        "" => return Some(Prerelease::EMPTY),
        "0" => return Some(lowest_prerelease()),
        _ => {}
    }
    if let Ok(prerelease) = Prerelease::new(text) {
        return Some(prerelease);
    }
    let identifiers: Vec<&str> = text.split('.').map(without_leading_zeros).collect();
    Prerelease::new(&identifiers.join(".")).ok()
}

/// The prerelease `0`, the lowest of all.
pub(crate) fn lowest_prerelease() -> Prerelease {
    static LOWEST: LazyLock<Prerelease> =
        LazyLock::new(|| Prerelease::new("0").expect("0 is an identifier"));
    LOWEST.clone()
}

/// Whether the reference holds `identifier` as a number: digits alone and below 2^53 − 1.
pub(crate) fn is_held_as_number(identifier: &str) -> bool {
    const LIMIT: f64 = 9_007_199_254_740_991.0;
    is_number(identifier) && as_double(identifier) < LIMIT
}

fn without_leading_zeros(identifier: &str) -> &str {
    if !is_number(identifier) {
        return identifier;
    }
    match identifier.trim_start_matches('0') {
        "" => "0",
        number => number,
    }
}

/// Refuses numbers above 2^53 − 1. `text` is that of `version`.
fn check_components(version: Version, text: &str) -> Result<Version, (ParseErrorKind, usize)> {
    let Version {
        major,
        minor,
        patch,
        ..
    } = version;
    if major.max(minor).max(patch) <= MAX_COMPONENT {
        return Ok(version);
    }
    let too_large = [major, minor]
        .iter()
        .take_while(|&&number| number <= MAX_COMPONENT)
        .count();
    let start = text
        .split('.')
        .take(too_large)
        .map(|digits| digits.len() + 1)
        .sum();
    Err((ParseErrorKind::NumberTooLarge, start))
}

/// Reads a run of digits, whatever its value.
fn number<'t>(
    text: &'t str,
    position: &mut usize,
    mode: Mode,
) -> Result<&'t str, (ParseErrorKind, usize)> {
    let rest = &text[*position..];
    let length = scan::number_length(rest.as_bytes(), mode);
    if length == 0 {
        return Err((ParseErrorKind::ExpectedNumber, *position));
    }
    if mode == Mode::Strict && scan::digits(rest.as_bytes()) > length {
        return Err((ParseErrorKind::LeadingZero, *position));
    }
    *position += length;
    Ok(&rest[..length])
}

fn dot(text: &str, position: &mut usize) -> Result<(), (ParseErrorKind, usize)> {
    if text.as_bytes().get(*position) != Some(&b'.') {
        return Err((ParseErrorKind::ExpectedDot, *position));
    }
    *position += 1;
    Ok(())
}

/// Why `text` from the end of its patch number to its build is no prerelease.
fn explain_tail(text: &str, start: usize, end: usize, mode: Mode) -> (ParseErrorKind, usize) {
    let bytes = &text.as_bytes()[..end];
    if bytes.get(start) != Some(&b'-') {
        return (ParseErrorKind::UnexpectedText, start);
    }
    let mut position = start + 1;
    loop {
        let length = scan::identifier_length(&bytes[position..], mode);
        let next = bytes.get(position + length);
        if length > 0 && next == Some(&b'.') {
            position += length + 1;
            continue;
        }
        let is_zero = length > 0 && next.is_some_and(u8::is_ascii_digit);
        let kind = if is_zero {
            ParseErrorKind::LeadingZero
        } else {
            ParseErrorKind::InvalidIdentifier
        };
        return (kind, if is_zero { position } else { position + length });
    }
}
