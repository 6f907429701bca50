//! Finds something like a version in any text.

use crate::scan::{
    MAX_BUILD_IDENTIFIER, digits, identifier_length, is_identifier_byte, number_length,
};
use crate::{Mode, Prereleases, Version, parse_version};

/// Most digits of a component.
const MAX_DIGITS: usize = 16;

/// From which end [`coerce`] looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The left-most version: `1.2.3.4` is `1.2.3`.
    #[default]
    LeftToRight,
    /// The right-most version that is no part of a longer one with the same end: `1.2.3.4` is
    /// `2.3.4`.
    RightToLeft,
}

/// Makes a version out of the numbers found in `text`.
///
/// Takes up to three numbers of up to 16 digits, separated by dots; what is missing is zero.
/// [`Prereleases::All`] takes a prerelease and build metadata that follow, too. `None` where there
/// is no such number, or where the result is no version: it is read by [`parse_version`] in `mode`.
/// Takes time linear in the length of `text`.
///
/// ```
/// use pkg_range::{Direction, Mode, Prereleases, coerce};
///
/// let text = |text, direction, prereleases| {
///     coerce(text, direction, prereleases, Mode::Strict).map(|version| version.to_string())
/// };
/// let gated = Prereleases::Gated;
/// assert_eq!(text("node v20.11", Direction::LeftToRight, gated).unwrap(), "20.11.0");
/// assert_eq!(text("1.2.3.4", Direction::RightToLeft, gated).unwrap(), "2.3.4");
/// assert_eq!(text("v2-rc.1", Direction::LeftToRight, Prereleases::All).unwrap(), "2.0.0-rc.1");
/// assert_eq!(text("latest", Direction::LeftToRight, gated), None);
/// ```
pub fn coerce(
    text: &str,
    direction: Direction,
    prereleases: Prereleases,
    mode: Mode,
) -> Option<Version> {
    let mut search = Search {
        text,
        prereleases,
        position: 0,
        known: Chain::default(),
    };
    let mut found = search.next()?;
    if direction == Direction::RightToLeft {
        while found.end != text.len() {
            let Some(next) = search.next() else { break };
            if next.end != found.end {
                found = next;
            }
        }
    }
    let component = |found: Option<&'_ str>| found.unwrap_or("0").to_owned();
    let [major, minor, patch] = found.numbers.map(component);
    parse_version(&format!("{major}.{minor}.{patch}{}", found.tail), mode).ok()
}

/// The numbers found in a text, from left to right.
struct Search<'t> {
    text: &'t str,
    prereleases: Prereleases,
    /// Where the search goes on.
    position: usize,
    known: Chain,
}

/// One to three numbers, and what follows.
struct Found<'t> {
    numbers: [Option<&'t str>; 3],
    /// Prerelease and build, with their signs.
    tail: &'t str,
    /// The end of the match, which includes one character after the version.
    end: usize,
}

/// A list of identifiers that was followed to its end, so that no other start follows it again.
#[derive(Clone, Copy, Default)]
struct Chain {
    start: usize,
    last: usize,
    end: usize,
    /// Where the build begins and ends that was looked for last.
    build: (usize, usize),
}

impl<'t> Search<'t> {
    /// The next number of at most 16 digits, with what belongs to it.
    fn next(&mut self) -> Option<Found<'t>> {
        let bytes = self.text.as_bytes();
        loop {
            let skipped = bytes[self.position..].iter().position(u8::is_ascii_digit)?;
            let start = self.position + skipped;
            let run = bytes[start..]
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            self.position = start + run;
            if run <= MAX_DIGITS {
                return Some(self.found(start));
            }
        }
    }

    /// What is found at `start`, where a run of at most 16 digits begins.
    fn found(&mut self, start: usize) -> Found<'t> {
        let bytes = self.text.as_bytes();
        let major_end = start + digits(&bytes[start..]);
        let mut numbers = [Some(&self.text[start..major_end]), None, None];
        let mut end = major_end;
        for number in &mut numbers[1..] {
            let length = match bytes.get(end) {
                Some(b'.') => digits(&bytes[end + 1..]),
                _ => 0,
            };
            if length == 0 || length > MAX_DIGITS {
                break;
            }
            *number = Some(&self.text[end + 1..end + 1 + length]);
            end += 1 + length;
        }
        let tail_end = if self.prereleases == Prereleases::All {
            self.tail_end(end)
        } else {
            end
        };
        // One UTF-16 unit follows, which may be but half of a character.
        let next = match self.text[tail_end..].chars().next() {
            Some(character) if character.len_utf16() == 1 => character.len_utf8(),
            Some(_) => 1,
            None => 0,
        };
        Found {
            numbers,
            tail: &self.text[end..tail_end],
            end: tail_end + next,
        }
    }

    /// The end of the prerelease and the build after `start`, each of which may be missing.
    fn tail_end(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let prerelease_end = match bytes.get(start) {
            Some(b'-') => self.prerelease_end(start + 1).unwrap_or(start),
            _ => start,
        };
        if bytes.get(prerelease_end) != Some(&b'+') {
            return prerelease_end;
        }
        if self.known.build.0 != prerelease_end {
            self.known.build = (prerelease_end, build_end(bytes, prerelease_end));
        }
        self.known.build.1
    }

    /// The end of the identifiers that begin at `start`; no digit may follow.
    fn prerelease_end(&mut self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut last = start;
        let mut end = start + identifier_length(&bytes[start..], Mode::Strict);
        while end > last && bytes.get(end) == Some(&b'.') {
            if self.known.start < end && end < self.known.last {
                (last, end) = (self.known.last, self.known.end);
                break;
            }
            let length = identifier_length(&bytes[end + 1..], Mode::Strict);
            if length == 0 {
                break;
            }
            last = end + 1;
            end = last + length;
        }
        if end == last {
            return None;
        }
        self.known = Chain {
            start,
            last,
            end,
            ..self.known
        };
        let shortened = identifier_end(bytes, last, end);
        shortened.or_else(|| (last > start).then(|| last - 1))
    }
}

/// The end of the identifier from `start` to at most `end` after which no digit follows.
fn identifier_end(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let is_followed_by_digit = |end: usize| bytes.get(end).is_some_and(u8::is_ascii_digit);
    let leading = digits(&bytes[start..end]);
    let letter = start + leading;
    if letter < end
        && let Some(end) = (letter + 1..=end)
            .rev()
            .find(|&end| !is_followed_by_digit(end))
    {
        return Some(end);
    }
    let number_end = start + number_length(&bytes[start..], Mode::Strict);
    (number_end > start && !is_followed_by_digit(number_end)).then_some(number_end)
}

/// The end of the build that begins with the plus sign at `start`; `start` if there is none.
fn build_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    let mut separator = b'+';
    while bytes.get(end) == Some(&separator) {
        let rest = bytes[end + 1..].iter().take(MAX_BUILD_IDENTIFIER);
        let length = rest.take_while(|&&byte| is_identifier_byte(byte)).count();
        let is_sound =
            |length: &usize| !bytes.get(end + 1 + length).is_some_and(u8::is_ascii_digit);
        let Some(length) = (1..=length).rev().find(is_sound) else {
            break;
        };
        end += 1 + length;
        separator = b'.';
    }
    end
}
