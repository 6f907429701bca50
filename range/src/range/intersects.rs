//! Whether two ranges overlap.
//!
//! The reference compares all pairs of comparators. What that comes to is computed here from each
//! set's strictest bounds, so that long sets take linear time.

use super::Range;
use crate::precedence::compare;
use crate::{Comparator, Operator, Prereleases};

impl Range {
    /// Whether the bounds of both ranges overlap, by npm's default rule for prereleases.
    ///
    /// Like npm this looks at bounds, not at versions: `>1.0.0 <1.0.1` intersects itself, though no
    /// version lies between but prereleases that it does not contain.
    ///
    /// ```
    /// use pkg_range::Range;
    ///
    /// let range = |text: &str| text.parse::<Range>().unwrap();
    /// assert!(range("^1.2").intersects(&range("<1.3 || 4")));
    /// assert!(!range("^1.2").intersects(&range("<1.2 || 4")));
    /// ```
    pub fn intersects(&self, other: &Self) -> bool {
        self.intersects_for(other, Prereleases::Gated)
    }

    /// Whether the bounds of both ranges overlap under `prereleases`.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range};
    ///
    /// let range = |text: &str| text.parse::<Range>().unwrap();
    /// assert!(range("1.2.x").intersects_for(&range("1.2.0-rc.1"), Prereleases::All));
    /// assert!(!range("1.2.x").intersects_for(&range("1.2.0-rc.1"), Prereleases::Gated));
    /// ```
    pub fn intersects_for(&self, other: &Self, prereleases: Prereleases) -> bool {
        let theirs = other.satisfiable_sets(prereleases);
        let ours = self.satisfiable_sets(prereleases);
        ours.iter()
            .any(|ours| theirs.iter().any(|theirs| ours.meet(theirs)))
    }

    fn satisfiable_sets(&self, prereleases: Prereleases) -> Vec<Bounds<'_>> {
        let bounds = self
            .sets(prereleases)
            .map(|set| Bounds::of(set, prereleases));
        bounds.filter(Bounds::are_satisfiable).collect()
    }
}

impl Comparator {
    /// Whether two comparators overlap under `prereleases`.
    ///
    /// As in npm the answer is not quite symmetric: `*` intersects `1.2.3-rc.1`, which without
    /// [`Prereleases::All`] does not intersect `*`.
    ///
    /// ```
    /// use pkg_range::{Comparator, Mode, Prereleases};
    ///
    /// let comparator = |text| Comparator::parse(text, Mode::Strict).unwrap();
    /// assert!(comparator(">=1.3.0").intersects(&comparator("<=1.3.0"), Prereleases::Gated));
    /// assert!(!comparator(">1.3.0").intersects(&comparator("<=1.3.0"), Prereleases::Gated));
    /// ```
    pub fn intersects(&self, other: &Self, prereleases: Prereleases) -> bool {
        let ours = Bounds::of(std::slice::from_ref(self), prereleases);
        ours.meet(&Bounds::of(std::slice::from_ref(other), prereleases))
    }

    /// The lower bound that is the higher one, `self` if both are the same.
    pub(super) fn higher_lower_bound<'c>(&'c self, other: &'c Self) -> &'c Self {
        let is_stricter =
            other.operator == Operator::Greater && self.operator == Operator::GreaterOrEqual;
        let order = compare(&self.version, &other.version);
        if order.is_lt() || (order.is_eq() && is_stricter) {
            other
        } else {
            self
        }
    }

    /// The upper bound that is the lower one, `self` if both are the same.
    pub(super) fn lower_upper_bound<'c>(&'c self, other: &'c Self) -> &'c Self {
        let is_stricter =
            other.operator == Operator::Less && self.operator == Operator::LessOrEqual;
        let order = compare(&self.version, &other.version);
        if order.is_gt() || (order.is_eq() && is_stricter) {
            other
        } else {
            self
        }
    }
}

/// One set, and what decides whether it overlaps with others.
struct Bounds<'r> {
    set: &'r [Comparator],
    prereleases: Prereleases,
    exact: Vec<&'r Comparator>,
    lower: Option<&'r Comparator>,
    upper: Option<&'r Comparator>,
    /// Number of lower and upper bounds.
    count: usize,
    /// Whether an upper bound has nothing below it.
    is_bottomless: bool,
}

impl<'r> Bounds<'r> {
    fn of(set: &'r [Comparator], prereleases: Prereleases) -> Self {
        let mut bounds = Self {
            set,
            prereleases,
            exact: Vec::new(),
            lower: None,
            upper: None,
            count: 0,
            is_bottomless: false,
        };
        for comparator in set {
            match comparator.operator {
                Operator::Any => {}
                Operator::Exact => bounds.exact.push(comparator),
                Operator::Greater | Operator::GreaterOrEqual => {
                    let lower = bounds.lower.unwrap_or(comparator);
                    bounds.lower = Some(lower.higher_lower_bound(comparator));
                    bounds.count += 1;
                }
                Operator::Less | Operator::LessOrEqual => {
                    let upper = bounds.upper.unwrap_or(comparator);
                    bounds.upper = Some(upper.lower_upper_bound(comparator));
                    bounds.count += 1;
                    bounds.is_bottomless |= is_bottom(comparator, prereleases);
                }
            }
        }
        bounds
    }

    /// Whether each comparator intersects those before it.
    fn are_satisfiable(&self) -> bool {
        if self.is_bottomless && self.count > 1 {
            return false;
        }
        let pairs_of_exact = self.exact.iter().enumerate().all(|(index, earlier)| {
            self.exact[index + 1..]
                .iter()
                .all(|later| self.contain(earlier, later))
        });
        pairs_of_exact
            && overlap(self.lower, self.upper)
            && self
                .exact
                .iter()
                .all(|exact| self.contains_in_bounds(exact))
    }

    /// Whether all comparators of this set intersect all of `other`.
    fn meet(&self, other: &Self) -> bool {
        if self.set[0].is_any() {
            return true;
        }
        if !self.exact.iter().all(|exact| other.contains_in_all(exact)) {
            return false;
        }
        if other.set[0].is_any() {
            return true;
        }
        if !other
            .exact
            .iter()
            .all(|exact| self.contains_in_bounds(exact))
        {
            return false;
        }
        self.count == 0
            || other.count == 0
            || (!self.is_bottomless
                && !other.is_bottomless
                && overlap(self.lower, other.upper)
                && overlap(other.lower, self.upper))
    }

    fn contain(&self, comparator: &Comparator, exact: &Comparator) -> bool {
        comparator.contains_gated(&exact.version, self.prereleases)
    }

    fn contains_in_all(&self, exact: &Comparator) -> bool {
        self.set
            .iter()
            .all(|comparator| self.contain(comparator, exact))
    }

    fn contains_in_bounds(&self, exact: &Comparator) -> bool {
        let mut bounds = self
            .set
            .iter()
            .filter(|bound| bound.operator != Operator::Exact);
        bounds.all(|bound| self.contain(bound, exact))
    }
}

/// Whether nothing is below this upper bound, as the reference decides it.
fn is_bottom(upper: &Comparator, prereleases: Prereleases) -> bool {
    let version = &upper.version;
    match prereleases {
        Prereleases::All => upper.is_null(),
        Prereleases::Gated => {
            upper.operator == Operator::Less
                && (version.major, version.minor, version.patch) == (0, 0, 0)
        }
    }
}

/// Whether a lower and an upper bound overlap; they do where one is missing.
fn overlap(lower: Option<&Comparator>, upper: Option<&Comparator>) -> bool {
    let (Some(lower), Some(upper)) = (lower, upper) else {
        return true;
    };
    let touch = lower.operator.is_inclusive()
        && upper.operator.is_inclusive()
        && lower.version == upper.version;
    touch || compare(&lower.version, &upper.version).is_lt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mode;

    /// The law of the reference: all pairs intersect.
    fn all_pairs(left: &[Comparator], right: &[Comparator], prereleases: Prereleases) -> bool {
        left.iter().all(|left| {
            right
                .iter()
                .all(|right| left.intersects(right, prereleases))
        })
    }

    fn check(set: &[Comparator], others: &[Comparator], prereleases: Prereleases) {
        let bounds = Bounds::of(set, prereleases);
        let expected = all_pairs(&set[1..], &set[..1], prereleases);
        assert_eq!(bounds.are_satisfiable(), expected, "{set:?}");
        for other in others.chunks(1) {
            let meet = bounds.meet(&Bounds::of(other, prereleases));
            assert_eq!(
                meet,
                all_pairs(set, other, prereleases),
                "{set:?} {other:?}"
            );
        }
    }

    #[test]
    fn sets_meet_exactly_when_all_pairs_do() {
        let texts = [
            "1.0.0",
            "1.0.0-a",
            ">1.0.0-a",
            ">=1.0.0-a",
            "<1.0.0",
            "<=1.0.0",
            "<0.0.0",
            "<=0.0.0",
            "<0.0.0-a",
            ">=0.0.0-a",
            ">1.0.0",
            ">=1.0.0",
            "<2.0.0-0",
            "2.0.0",
        ];
        let comparators = texts.map(|text| Comparator::parse(text, Mode::Strict).unwrap());
        for (index, first) in comparators.iter().enumerate() {
            for second in &comparators[index + 1..] {
                let set = [first.clone(), second.clone()];
                check(&set, &comparators, Prereleases::Gated);
                check(&set, &comparators, Prereleases::All);
            }
        }
    }
}
