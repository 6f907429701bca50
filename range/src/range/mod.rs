//! Ranges: sets of comparators, one of which must hold in full.

mod expand;
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

use crate::precedence::compare;
use crate::{Comparator, Mode, ParseError, Prereleases, Version};

/// A set of versions, as npm's ranges describe it.
///
/// Ranges are expanded when they are parsed, and because npm expands some of them differently when
/// all prereleases are included, a range may hold two expansions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Range {
    /// The expansion for [`Prereleases::Gated`].
    gated: Sets,
    /// The expansion for [`Prereleases::All`] where it is another.
    all: Option<Sets>,
}

/// The comparators of all sets, one set after the other; empty if the text is no range.
type Sets = Vec<Comparator>;

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
        Self {
            gated: vec![Comparator {
                ends_set: true,
                ..Comparator::ANY
            }],
            all: None,
        }
    }

    /// Whether this is the range `*`, however it was written.
    pub fn is_any(&self) -> bool {
        matches!(self.gated.as_slice(), [comparator] if comparator.is_any())
    }

    /// Whether `version` is in this range. Allocates nothing.
    #[inline]
    pub fn contains(&self, version: &Version, prereleases: Prereleases) -> bool {
        let is_gated = prereleases == Prereleases::Gated && !version.pre.is_empty();
        let mut holds = true;
        let mut is_admitted = !is_gated;
        for comparator in self.expansion(prereleases) {
            if holds {
                holds = comparator.contains(version);
                is_admitted = is_admitted || comparator.admits_prereleases_of(version);
            }
            if comparator.ends_set {
                if holds && is_admitted {
                    return true;
                }
                holds = true;
                is_admitted = !is_gated;
            }
        }
        false
    }

    /// The highest of `versions` in this range; the first one among equals.
    pub fn max_satisfying<'v>(
        &self,
        versions: impl IntoIterator<Item = &'v Version>,
        prereleases: Prereleases,
    ) -> Option<&'v Version> {
        let mut best: Option<&Version> = None;
        for version in versions {
            if best.is_none_or(|best| compare(version, best).is_gt())
                && self.contains(version, prereleases)
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
            if best.is_none_or(|best| compare(version, best).is_lt())
                && self.contains(version, prereleases)
            {
                best = Some(version);
            }
        }
        best
    }

    /// The alternatives of this range; a version is inside when it satisfies all of one.
    pub fn sets(&self, prereleases: Prereleases) -> impl Iterator<Item = &[Comparator]> {
        self.expansion(prereleases)
            .split_inclusive(|comparator| comparator.ends_set)
    }

    pub(crate) fn expansion(&self, prereleases: Prereleases) -> &[Comparator] {
        match (prereleases, &self.all) {
            (Prereleases::All, Some(all)) => all,
            _ => &self.gated,
        }
    }

    /// npm's canonical text of the expansion for `prereleases`.
    pub fn canonical(&self, prereleases: Prereleases) -> impl fmt::Display {
        Canonical(self.expansion(prereleases))
    }
}

impl FromStr for Range {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text, Mode::Strict)
    }
}

/// Writes npm's canonical text: comparators joined by a space, sets by `||`, and `*` for all.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Canonical(&self.gated).fmt(f)
    }
}

struct Canonical<'r>(&'r [Comparator]);

impl fmt::Display for Canonical<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [comparator] = self.0
            && comparator.is_any()
        {
            return f.write_str("*");
        }
        for (index, comparator) in self.0.iter().enumerate() {
            let is_last = index + 1 == self.0.len();
            let separator = match (is_last, comparator.ends_set) {
                (true, _) => "",
                (false, true) => "||",
                (false, false) => " ",
            };
            write!(f, "{comparator}{separator}")?;
        }
        Ok(())
    }
}
