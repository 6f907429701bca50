//! One bound of a range.

use std::cmp::Ordering;
use std::fmt;

use semver::Prerelease;

use crate::precedence::{compare, is_same_tuple};
use crate::text::{collapse, is_too_long};
use crate::version::parse_core;
use crate::{Mode, ParseError, ParseErrorKind, Prereleases, Version};

/// How a [`Comparator`] relates a version to its own.
///
/// ```
/// use pkg_range::{Comparator, Mode, Operator};
///
/// let operator = |text| Comparator::parse(text, Mode::Strict).map(|it| it.operator());
/// assert_eq!(operator("1.2.3")?, Operator::Exact);
/// assert_eq!(operator("")?, Operator::Any);
/// assert_eq!(operator("<1.2.3")?.as_str(), "<");
/// # Ok::<(), pkg_range::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// No bound: every version.
    Any,
    /// The version itself, written without operator.
    Exact,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// The operator as it is written; empty for [`Any`](Self::Any) and [`Exact`](Self::Exact).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any | Self::Exact => "",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// Whether this is a lower bound.
    pub(crate) fn is_lower(self) -> bool {
        matches!(self, Self::Greater | Self::GreaterOrEqual)
    }

    /// Whether this is an upper bound.
    pub(crate) fn is_upper(self) -> bool {
        matches!(self, Self::Less | Self::LessOrEqual)
    }

    /// Whether the version of the bound itself is inside.
    pub(crate) fn is_inclusive(self) -> bool {
        matches!(self, Self::LessOrEqual | Self::GreaterOrEqual)
    }
}

/// An operator and a version: what ranges are made of once they are expanded.
///
/// ```
/// use pkg_range::{Comparator, Mode, Operator, parse_version};
///
/// let comparator = Comparator::parse(">= v1.2.3", Mode::Strict).unwrap();
/// assert_eq!(comparator.operator(), Operator::GreaterOrEqual);
/// assert_eq!(comparator.to_string(), ">=1.2.3");
/// assert!(comparator.contains(&parse_version("2.0.0-rc.1", Mode::Strict).unwrap()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Comparator {
    pub(crate) version: Version,
    pub(crate) operator: Operator,
    /// Whether this is the last comparator of its set: sets lie one after the other in a range.
    pub(crate) ends_set: bool,
}

impl Comparator {
    pub(crate) const ANY: Self = Self {
        version: Version::new(0, 0, 0),
        operator: Operator::Any,
        ends_set: false,
    };

    pub(crate) fn new(operator: Operator, version: Version) -> Self {
        Self {
            version,
            operator,
            ends_set: false,
        }
    }

    /// Reads one comparator; the empty text is the one that contains everything.
    ///
    /// A comparator has a full version: `>=1.2` is a range, not a comparator.
    ///
    /// ```
    /// use pkg_range::{Comparator, Mode};
    ///
    /// assert_eq!(Comparator::parse("= 1.2.3", Mode::Strict)?.to_string(), "1.2.3");
    /// assert!(Comparator::parse(">=1.2", Mode::Strict).is_err());
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// Says what is wrong with `text`, and where.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, ParseError> {
        let collapsed = collapse(text);
        if collapsed.is_empty() {
            return Ok(Self::ANY);
        }
        let (operator, rest) = split_operator(&collapsed);
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        Self::with_version(operator, rest, mode).map_err(|(kind, position)| {
            let start = text.find(rest).filter(|_| !rest.is_empty());
            ParseError::new(kind, text, start.map_or(0, |start| start + position))
        })
    }

    /// A comparator of `operator` and the version that `text` denotes, prefix included.
    pub(crate) fn with_version(
        operator: Operator,
        text: &str,
        mode: Mode,
    ) -> Result<Self, (ParseErrorKind, usize)> {
        let core = match mode {
            Mode::Strict => text.strip_prefix('v').unwrap_or(text),
            Mode::Loose => text.trim_start_matches(['v', '=', ' ']),
        };
        let version = parse_core(core, mode)
            .map_err(|(kind, position)| (kind, text.len() - core.len() + position))?;
        if is_too_long(text) {
            return Err((ParseErrorKind::TooLong, 0));
        }
        let version = Version {
            build: semver::BuildMetadata::EMPTY,
            ..version
        };
        Ok(Self::new(operator, version))
    }

    /// The operator.
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// The version, unless the comparator contains everything.
    ///
    /// ```
    /// use pkg_range::{Comparator, Mode, Version};
    ///
    /// let comparator = Comparator::parse("<1.2.3", Mode::Strict)?;
    /// assert_eq!(comparator.version(), Some(&Version::new(1, 2, 3)));
    /// assert!(Comparator::parse("", Mode::Strict)?.version().is_none());
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    pub fn version(&self) -> Option<&Version> {
        (!self.is_any()).then_some(&self.version)
    }

    /// Whether this comparator bounds nothing.
    pub fn is_any(&self) -> bool {
        self.operator == Operator::Any
    }

    /// Whether `version` is on the right side of this bound.
    ///
    /// This compares and nothing else: the rule that keeps prereleases out belongs to a whole set of
    /// comparators, see [`Range::contains`](crate::Range::contains).
    ///
    /// ```
    /// use pkg_range::{Comparator, Mode, Version};
    ///
    /// let comparator = Comparator::parse("<1.2.3", Mode::Strict)?;
    /// assert!(comparator.contains(&Version::new(1, 2, 2)));
    /// # Ok::<(), pkg_range::ParseError>(())
    /// ```
    #[inline]
    pub fn contains(&self, version: &Version) -> bool {
        if self.operator == Operator::Any {
            return true;
        }
        let order = compare(version, &self.version);
        match self.operator {
            Operator::Any => true,
            Operator::Exact => order == Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::Greater => order == Ordering::Greater,
            Operator::GreaterOrEqual => order != Ordering::Less,
        }
    }

    /// Whether this comparator, alone in a set, lets prereleases of `version`'s tuple through.
    #[inline]
    pub(crate) fn admits_prereleases_of(&self, version: &Version) -> bool {
        !self.version.pre.is_empty() && is_same_tuple(&self.version, version)
    }

    /// Whether the range that has this comparator alone contains `version`.
    pub(crate) fn contains_gated(&self, version: &Version, prereleases: Prereleases) -> bool {
        self.contains(version)
            && (version.pre.is_empty()
                || prereleases == Prereleases::All
                || self.admits_prereleases_of(version))
    }

    /// Whether this is `<0.0.0-0`, which nothing satisfies.
    pub(crate) fn is_null(&self) -> bool {
        self.operator == Operator::Less && is_lowest(&self.version)
    }

    /// Whether both have the same operator and version.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.operator == other.operator && self.version == other.version
    }
}

impl fmt::Display for Comparator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return Ok(());
        }
        write!(f, "{}{}", self.operator.as_str(), self.version)
    }
}

/// Splits `text` after the operator `<`, `<=`, `>`, `>=` or `=` that it may start with.
pub(crate) fn split_operator(text: &str) -> (Operator, &str) {
    let bytes = text.as_bytes();
    let or_equal = bytes.get(1) == Some(&b'=');
    let (operator, length) = match bytes.first() {
        Some(b'<') if or_equal => (Operator::LessOrEqual, 2),
        Some(b'<') => (Operator::Less, 1),
        Some(b'>') if or_equal => (Operator::GreaterOrEqual, 2),
        Some(b'>') => (Operator::Greater, 1),
        Some(b'=') => (Operator::Exact, 1),
        _ => (Operator::Exact, 0),
    };
    (operator, &text[length..])
}

/// Whether `version` is `0.0.0-0`, the lowest of all.
fn is_lowest(version: &Version) -> bool {
    version.major == 0 && version.minor == 0 && version.patch == 0 && is_zero(&version.pre)
}

/// Whether `prerelease` is the single identifier `0`.
pub(crate) fn is_zero(prerelease: &Prerelease) -> bool {
    prerelease.as_str() == "0"
}
