//! The lowest version of a range.

use semver::Prerelease;

use super::Range;
use crate::precedence::compare;
use crate::version::lowest_prerelease;
use crate::{Comparator, Operator, Prereleases, Version};

impl Range {
    /// The lowest version that this range contains, by npm's default rule for prereleases.
    ///
    /// ```
    /// use pkg_range::Range;
    ///
    /// let min_version = |text: &str| text.parse::<Range>().unwrap().min_version();
    /// assert_eq!(min_version("^2 || >1.4.0").unwrap().to_string(), "1.4.1");
    /// assert_eq!(min_version(">1.2.3-beta").unwrap().to_string(), "1.2.3-beta.0");
    /// assert_eq!(min_version(">4 <3"), None);
    /// ```
    pub fn min_version(&self) -> Option<Version> {
        self.min_version_for(Prereleases::Gated)
    }

    /// The lowest version that this range contains under `prereleases`.
    ///
    /// As in npm, this takes the lowest of the sets' lower bounds and gives up when the range does
    /// not contain it: `>4 <3 || 5` has none.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range};
    ///
    /// let range: Range = "1.x".parse().unwrap();
    /// assert_eq!(range.min_version_for(Prereleases::All).unwrap().to_string(), "1.0.0-0");
    /// ```
    pub fn min_version_for(&self, prereleases: Prereleases) -> Option<Version> {
        let zero = Version::new(0, 0, 0);
        if self.contains(&zero, prereleases) {
            return Some(zero);
        }
        let lowest = Version {
            pre: lowest_prerelease(),
            ..zero
        };
        if self.contains(&lowest, prereleases) {
            return Some(lowest);
        }
        let mut least: Option<Version> = None;
        for set_least in self.sets(prereleases).filter_map(least_of_set) {
            if least
                .as_ref()
                .is_none_or(|least| compare(least, &set_least).is_gt())
            {
                least = Some(set_least);
            }
        }
        least.filter(|version| self.contains(version, prereleases))
    }
}

/// The highest of the lower bounds of one set.
fn least_of_set(set: &[Comparator]) -> Option<Version> {
    let mut highest: Option<Version> = None;
    for comparator in set {
        let bound = match comparator.operator {
            Operator::Greater => next(&comparator.version),
            Operator::Exact | Operator::GreaterOrEqual => comparator.version.clone(),
            Operator::Any | Operator::Less | Operator::LessOrEqual => continue,
        };
        if highest
            .as_ref()
            .is_none_or(|highest| compare(&bound, highest).is_gt())
        {
            highest = Some(bound);
        }
    }
    highest
}

/// The next version after `version`: of the same tuple if that has a prerelease.
fn next(version: &Version) -> Version {
    let mut next = version.clone();
    if version.pre.is_empty() {
        next.patch = next.patch.saturating_add(1);
    } else if let Ok(prerelease) = Prerelease::new(&format!("{}.0", version.pre)) {
        next.pre = prerelease;
    }
    next
}
