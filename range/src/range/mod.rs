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
/// all prereleases are included, a range may hold two expansions.
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
    /// # Errors
    /// Says what is wrong with `text`, and where.
    pub fn parse(text: &str, mode: Mode) -> Result<Self, ParseError> {
        Self::parse_for(text, mode, Prereleases::Gated)
    }

    /// Reads a range that is to be used with `prereleases` only.
    ///
    /// A handful of texts are ranges under one option and not under the other: `1 - =2.0.0` with
    /// [`Prereleases::All`] alone, `1 - 1.0.9007199254740991` with [`Prereleases::Gated`] alone.
    /// Such a range contains nothing under the other option.
    ///
    /// # Errors
    /// Says what is wrong with `text`, and where.
    pub fn parse_for(text: &str, mode: Mode, prereleases: Prereleases) -> Result<Self, ParseError> {
        parse::parse(text, mode, prereleases)
    }

    /// The range `*`: every version but prereleases.
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
    pub fn is_any(&self) -> bool {
        matches!(self.gated.comparators.as_slice(), [comparator] if comparator.is_any())
    }

    /// Whether `version` is in this range. Allocates nothing.
    #[inline]
    pub fn contains(&self, version: &Version, prereleases: Prereleases) -> bool {
        self.expansion(prereleases)
            .contains(version, prereleases == Prereleases::Gated)
    }

    /// The highest of `versions` in this range; the first one among equals.
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
    pub fn sets(&self, prereleases: Prereleases) -> impl Iterator<Item = &[Comparator]> {
        let comparators = &self.expansion(prereleases).comparators;
        comparators.split_inclusive(|comparator| comparator.ends_set)
    }

    /// npm's canonical text of the expansion for `prereleases`.
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
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.gated.fmt(f)
    }
}
