//! The comparators of a range, and what is known of them beforehand.

use std::fmt;

use crate::comparator::is_zero;
use crate::{Comparator, Operator, Version};

/// Bits of each number in a packed version; larger numbers are not packed.
const BITS: u32 = 42;

/// The comparators of all sets, one set after the other; empty if the text is no range.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Expansion {
    pub(super) comparators: Vec<Comparator>,
    releases: Releases,
    /// Whether npm's rule can let any prerelease through.
    admits_prereleases: bool,
}

/// Which versions without prerelease satisfy a range: all those from a first to before another,
/// for each set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Releases {
    One(Interval),
    Many(Box<[Interval]>),
    /// Some number is too large to be packed.
    Unknown,
}

/// Packed versions from the first to before the second.
type Interval = (u128, u128);

impl Expansion {
    pub(super) fn new(comparators: Vec<Comparator>) -> Self {
        let releases = Releases::of(&comparators);
        let admits_prereleases = comparators.iter().any(may_admit_prereleases);
        Self {
            comparators,
            releases,
            admits_prereleases,
        }
    }

    /// Whether `version` satisfies a set, including its prereleases if they are not gated.
    #[inline]
    pub(super) fn contains(&self, version: &Version, is_gated: bool) -> bool {
        if version.pre.is_empty() {
            return match self.releases.contain(version) {
                Some(contains) => contains,
                None => self.satisfies_a_set(version, false),
            };
        }
        if is_gated && !self.admits_prereleases {
            return false;
        }
        self.satisfies_a_set(version, is_gated)
    }

    /// Looks at the comparators themselves.
    fn satisfies_a_set(&self, version: &Version, is_gated: bool) -> bool {
        let mut holds = true;
        let mut is_admitted = !is_gated;
        for comparator in &self.comparators {
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
}

impl Releases {
    fn of(comparators: &[Comparator]) -> Self {
        let sets = comparators.split_inclusive(|comparator| comparator.ends_set);
        let mut intervals = sets.map(interval);
        let first = match (intervals.next(), intervals.size_hint().1) {
            (Some(Some(first)), Some(0)) => return Self::One(first),
            (first, _) => first,
        };
        let all = first
            .into_iter()
            .chain(intervals)
            .collect::<Option<Vec<Interval>>>();
        all.map_or(Self::Unknown, |intervals| Self::Many(intervals.into()))
    }

    /// Whether a version without prerelease is inside, if that is known.
    #[inline]
    fn contain(&self, version: &Version) -> Option<bool> {
        let packed = pack(version)?;
        let is_in = |&(first, end): &Interval| (first <= packed) & (packed < end);
        match self {
            Self::One(interval) => Some(is_in(interval)),
            Self::Many(intervals) => Some(intervals.iter().any(is_in)),
            Self::Unknown => None,
        }
    }
}

/// The versions without prerelease that satisfy a set.
fn interval(set: &[Comparator]) -> Option<Interval> {
    let mut first = 0;
    let mut end = u128::MAX;
    for comparator in set {
        let packed = pack(&comparator.version)?;
        // Next to a bound with a prerelease, its release is the first above.
        let after = packed + u128::from(comparator.version.pre.is_empty());
        match comparator.operator {
            Operator::Any => {}
            Operator::Less => end = end.min(packed),
            Operator::LessOrEqual => end = end.min(after),
            Operator::Greater => first = first.max(after),
            Operator::GreaterOrEqual => first = first.max(packed),
            Operator::Exact => {
                first = first.max(packed);
                end = end.min(after);
            }
        }
    }
    Some((first, end))
}

/// One number that orders versions as their three numbers do.
#[inline]
fn pack(version: &Version) -> Option<u128> {
    let Version {
        major,
        minor,
        patch,
        ..
    } = *version;
    if (major | minor | patch) >> BITS != 0 {
        return None;
    }
    Some((u128::from(major) << (2 * BITS)) | (u128::from(minor) << BITS) | u128::from(patch))
}

/// Whether npm's rule may let a prerelease through for the sake of this comparator.
///
/// `<2.0.0-0` names 2.0.0 with a prerelease, but excludes all of its prereleases itself.
fn may_admit_prereleases(comparator: &Comparator) -> bool {
    let prerelease = &comparator.version.pre;
    let excludes_them = comparator.operator == Operator::Less && is_zero(prerelease);
    !prerelease.is_empty() && !excludes_them
}

/// Writes npm's canonical text: comparators joined by a space, sets by `||`, and `*` for all.
impl fmt::Display for Expansion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [comparator] = self.comparators.as_slice()
            && comparator.is_any()
        {
            return f.write_str("*");
        }
        let mut separator = "";
        for comparator in &self.comparators {
            write!(f, "{separator}{comparator}")?;
            separator = if comparator.ends_set { "||" } else { " " };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Mode, Prereleases, Range, parse_version};

    #[test]
    fn intervals_agree_with_the_comparators() {
        let ranges = [
            "1.2.3",
            "1.2.3-a",
            ">1.2.3",
            ">1.2.3-a",
            ">=1.2.3-a",
            "<1.2.3",
            "<1.2.3-a",
            "<=1.2.3",
            "<=1.2.3-a",
            ">1.2.2 <1.2.3",
            "<0.0.0",
            "*",
            "1.2.2 || >1.2.3 <1.2.5 || 3",
            ">4398046511103.4398046511103.4398046511103",
            "<=4398046511104",
        ];
        let numbers = [
            "0.0.0",
            "1.2.2",
            "1.2.3",
            "1.2.4",
            "1.2.5",
            "3.9.9",
            "4398046511103.0.0",
            "4398046511103.4398046511103.4398046511103",
            "4398046511104.0.0",
        ];
        for text in ranges {
            let range = Range::parse(text, Mode::Strict).unwrap();
            for number in numbers {
                let version = parse_version(number, Mode::Strict).unwrap();
                let expected = range.gated.satisfies_a_set(&version, false);
                let contains = range.contains(&version, Prereleases::Gated);
                assert_eq!(contains, expected, "{text} {number}");
            }
        }
    }
}
