//! Ranges: sets of comparators, one of which must hold in full.

mod expand;
mod expansion;
mod explain;
mod intersects;
mod min_version;
mod outside;
mod parse;
mod respace;
mod subset;

use std::fmt;
use std::str::FromStr;

pub use outside::Side;

use expansion::Expansion;

use crate::precedence::compare;
use crate::{Comparator, Mode, ParseError, Prereleases, Version};

/// A set of versions, as npm's ranges describe it.
///
/// Ranges are expanded when they are parsed, and because npm expands some of them differently when
/// all prereleases are included, a range may hold two expansions. Ranges are equal if both their
/// expansions are, however they were written.
///
/// ```
/// use pkg_range::Range;
///
/// let range: Range = "~> 1.2".parse()?;
/// assert_eq!(range.to_string(), ">=1.2.0 <1.3.0-0");
/// assert_eq!(range, "1.2.x".parse()?);
/// # Ok::<(), pkg_range::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The expansion for [`Prereleases::Gated`].
    gated: Expansion,
    /// The expansion for [`Prereleases::All`] where it is another.
    all: Option<Box<Expansion>>,
}

impl Range {
    /// Reads a range as npm does by default.
    ///
    /// ```
    /// use pkg_range::{Mode, ParseErrorKind, Range};
    ///
    /// let range = Range::parse(" >= 1.2.3\t< 2 ", Mode::Strict)?;
    /// assert_eq!(range.to_string(), ">=1.2.3 <2.0.0-0");
    /// let error = Range::parse("latest", Mode::Strict).unwrap_err();
    /// assert_eq!(error.kind(), ParseErrorKind::ExpectedNumber);
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// Says what is wrong with `text`, and where.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, ParseError> {
        Self::parse_for(text, mode, Prereleases::Gated)
    }

    /// Reads a range that is to be used with `prereleases` only.
    ///
    /// A handful of texts are ranges under one option and not under the other: `1 - =2.0.0` with
    /// [`Prereleases::All`] alone, `1 - 1.0.9007199254740991` with [`Prereleases::Gated`] alone.
    /// Such a range contains nothing under the other option, and its canonical text there is empty.
    ///
    /// ```
    /// use pkg_range::{Mode, Prereleases, Range};
    ///
    /// assert!(Range::parse_for("1 - =2.0.0", Mode::Strict, Prereleases::Gated).is_err());
    /// let range = Range::parse_for("1 - =2.0.0", Mode::Strict, Prereleases::All)?;
    /// assert_eq!(range.canonical(Prereleases::All).to_string(), ">=1.0.0-0 <2.0.1-0");
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// Says what is wrong with `text`, and where.
    pub fn parse_for(text: &str, mode: Mode, prereleases: Prereleases) -> Result<Self, ParseError> {
        parse::parse(text, mode, prereleases)
    }

    /// The range `*`: every version but, by npm's default rule, prereleases.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range, Version};
    ///
    /// assert!(Range::any().contains(&Version::new(0, 0, 1), Prereleases::Gated));
    /// assert_eq!(Range::any(), "x || 1.2.3".parse()?);
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    pub fn any() -> Self {
        let any = Comparator {
            ends_set: true,
            ..Comparator::ANY
        };
        Self {
            gated: Expansion::new(vec![any]),
            all: None,
        }
    }

    /// Whether this is the range `*`, however it was written.
    ///
    /// ```
    /// use pkg_range::Range;
    ///
    /// assert!("".parse::<Range>()?.is_any());
    /// assert!(">=0.0.0".parse::<Range>()?.is_any());
    /// assert!(!">=0.0.1".parse::<Range>()?.is_any());
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    pub fn is_any(&self) -> bool {
        matches!(self.gated.comparators.as_slice(), [comparator] if comparator.is_any())
    }

    /// Whether `version` is in this range. Allocates nothing.
    ///
    /// ```
    /// use pkg_range::{Mode, Prereleases, Range, parse_version};
    ///
    /// let range: Range = ">=1.2 <1.4 || 3".parse()?;
    /// let contains = |text| {
    ///     range.contains(&parse_version(text, Mode::Strict).unwrap(), Prereleases::Gated)
    /// };
    /// assert!(contains("1.3.9") && contains("3.1.4"));
    /// assert!(!contains("1.4.0") && !contains("1.3.0-rc.1"));
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    #[inline]
    pub fn contains(&self, version: &Version, prereleases: Prereleases) -> bool {
        self.expansion(prereleases)
            .contains(version, prereleases == Prereleases::Gated)
    }

    /// The highest of `versions` in this range; the first one among equals.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range, Version};
    ///
    /// let versions = [Version::new(1, 1, 0), Version::new(1, 9, 0), Version::new(2, 0, 0)];
    /// let best = "1.x".parse::<Range>()?.max_satisfying(&versions, Prereleases::Gated);
    /// assert_eq!(best, Some(&versions[1]));
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    pub fn max_satisfying<'v>(
        &self,
        versions: impl IntoIterator<Item = &'v Version>,
        prereleases: Prereleases,
    ) -> Option<&'v Version> {
        let mut best: Option<&Version> = None;
        for version in versions {
            if self.contains(version, prereleases)
                && best.is_none_or(|best| compare(version, best).is_gt())
            {
                best = Some(version);
            }
        }
        best
    }

    /// The lowest of `versions` in this range; the first one among equals.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range, Version};
    ///
    /// let versions = [Version::new(0, 9, 0), Version::new(1, 9, 0), Version::new(1, 1, 0)];
    /// let least = "1.x".parse::<Range>()?.min_satisfying(&versions, Prereleases::Gated);
    /// assert_eq!(least, Some(&versions[2]));
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    pub fn min_satisfying<'v>(
        &self,
        versions: impl IntoIterator<Item = &'v Version>,
        prereleases: Prereleases,
    ) -> Option<&'v Version> {
        let mut best: Option<&Version> = None;
        for version in versions {
            if self.contains(version, prereleases)
                && best.is_none_or(|best| compare(version, best).is_lt())
            {
                best = Some(version);
            }
        }
        best
    }

    /// The alternatives of this range; a version is inside when it satisfies all of one.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range};
    ///
    /// let range: Range = "^1.2 || 3.0.0".parse()?;
    /// let sets: Vec<Vec<String>> = range
    ///     .sets(Prereleases::Gated)
    ///     .map(|set| set.iter().map(|comparator| comparator.to_string()).collect())
    ///     .collect();
    /// assert_eq!(sets, [vec![">=1.2.0", "<2.0.0-0"], vec!["3.0.0"]]);
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    pub fn sets(&self, prereleases: Prereleases) -> impl Iterator<Item = &[Comparator]> {
        let comparators = &self.expansion(prereleases).comparators;
        comparators.split_inclusive(|comparator| comparator.ends_set)
    }

    /// npm's canonical text of the expansion for `prereleases`.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range};
    ///
    /// let range: Range = "~1.2".parse()?;
    /// assert_eq!(range.canonical(Prereleases::Gated).to_string(), ">=1.2.0 <1.3.0-0");
    /// assert_eq!(range.canonical(Prereleases::All).to_string(), ">=1.2.0-0 <1.3.0-0");
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    pub fn canonical(&self, prereleases: Prereleases) -> impl fmt::Display {
        self.expansion(prereleases)
    }

    #[inline]
    fn expansion(&self, prereleases: Prereleases) -> &Expansion {
        match (prereleases, &self.all) {
            (Prereleases::All, Some(all)) => all,
            _ => &self.gated,
        }
    }
}

impl FromStr for Range {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text, Mode::Strict)
    }
}

/// Writes npm's canonical text of the default expansion.
///
/// Read again, it is the same range for [`Prereleases::Gated`], save for an oddity of npm: a lower
/// bound of 0.0.0 that was not written as `>=0.0.0` (but as `>=v0.0.0`, say) is `*` when read again.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gated.fmt(f)
    }
}
