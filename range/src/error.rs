//! What is wrong with a text, and where.

use std::fmt;

/// Most characters of the offending text that an error keeps.
const EXCERPT_WIDTH: usize = 60;

/// A text that is no version, no range or no comparator.
///
/// The one-line message is [`Display`](fmt::Display); the alternate form (`{:#}`) adds the text with
/// a caret below the place. What is kept of the text is a short excerpt in which control characters
/// are replaced, so that it can be printed on a terminal whatever the text was.
///
/// ```
/// use pkg_range::{Mode, ParseErrorKind, Range};
///
/// let error = Range::parse("^1.2 || 2.beta", Mode::Strict).unwrap_err();
/// assert_eq!(error.kind(), ParseErrorKind::ExpectedNumber);
/// assert_eq!(error.position(), 10);
/// assert_eq!(
///     format!("{error:#}"),
///     "expected a number, `x` or `*` at position 10\n  ^1.2 || 2.beta\n            ^",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    kind: ParseErrorKind,
    position: usize,
    excerpt: Box<str>,
    column: usize,
}

/// The reasons for which a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// There is nothing but white space where a version should be.
    Empty,
    /// A version has more than 256 UTF-16 code units.
    TooLong,
    /// A component, or a bound computed from it, is above 2^53 − 1.
    NumberTooLarge,
    /// A number has a leading zero, which only loose mode accepts.
    LeadingZero,
    /// A number should stand here; in a range `x` or `*` may, too.
    ExpectedNumber,
    /// A version has fewer than three components.
    ExpectedDot,
    /// A prerelease or build identifier is empty or has a character that none may have.
    InvalidIdentifier,
    /// A number follows a wildcard (`1.x.3`).
    NumberAfterWildcard,
    /// The text goes on after what could be read.
    UnexpectedText,
    /// An operator has no version after it, or stands where none may.
    MisplacedOperator,
}

impl ParseError {
    pub(crate) fn new(kind: ParseErrorKind, text: &str, position: usize) -> Self {
        let position = floor_boundary(text, position);
        let before: Vec<char> = text[..position]
            .chars()
            .rev()
            .take(EXCERPT_WIDTH / 2)
            .collect();
        let after = text[position..].chars().take(EXCERPT_WIDTH - before.len());
        let column = before.len();
        let excerpt: String = before
            .into_iter()
            .rev()
            .chain(after)
            .map(printable)
            .collect();
        Self {
            kind,
            position,
            excerpt: excerpt.into(),
            column,
        }
    }

    /// The reason.
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// Where in the text the reading stopped, as a byte offset that is a character boundary.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Up to 60 characters of the text around the position, safe to print.
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.kind, self.position)?;
        if f.alternate() {
            write!(
                f,
                "\n  {}\n  {:>width$}",
                self.excerpt,
                '^',
                width = self.column + 1
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "expected a version",
            Self::TooLong => "version is longer than 256 characters",
            Self::NumberTooLarge => "number is larger than 9007199254740991",
            Self::LeadingZero => "number has a leading zero",
            Self::ExpectedNumber => "expected a number, `x` or `*`",
            Self::ExpectedDot => "expected `.` and a number",
            Self::InvalidIdentifier => "invalid prerelease or build identifier",
            Self::NumberAfterWildcard => "number after a wildcard",
            Self::UnexpectedText => "unexpected text",
            Self::MisplacedOperator => "misplaced operator",
        })
    }
}

/// Replaces what could move the cursor or reorder the text on a terminal.
fn printable(character: char) -> char {
    let reorders = matches!(
        character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}'
    );
    match character {
        ' '..='~' => character,
        _ if reorders || character.is_control() => '\u{fffd}',
        _ if character.is_whitespace() => ' ',
        _ => character,
    }
}

fn floor_boundary(text: &str, position: usize) -> usize {
    let mut position = position.min(text.len());
    while !text.is_char_boundary(position) {
        position -= 1;
    }
    position
}
