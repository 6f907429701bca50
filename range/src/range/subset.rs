//! Whether one range lies inside another.

use super::Range;
use crate::comparator::is_zero;
use crate::precedence::{compare, is_same_tuple};
use crate::version::lowest_prerelease;
use crate::{Comparator, Operator, Prereleases, Version};

/// What is known of a set as part of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Yes,
    No,
    /// The set is empty.
    Nothing,
}

impl Range {
    /// Whether `other` contains all of this range, by npm's default rule for prereleases.
    ///
    /// Each set must lie inside a single set of `other`: `>=1 <3` is not found to be a subset of
    /// `1 || 2`. Empty sets are ignored, unless all are empty.
    ///
    /// ```
    /// use pkg_range::Range;
    ///
    /// let range = |text: &str| text.parse::<Range>().unwrap();
    /// assert!(range("~1.2.3").is_subset_of(&range("^1.2 || 3")));
    /// assert!(!range("^1.2.3-rc.1").is_subset_of(&range("1.x")));
    /// ```
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.is_subset_of_for(other, Prereleases::Gated)
    }

    /// Whether `other` contains all of this range under `prereleases`.
    ///
    /// ```
    /// use pkg_range::{Prereleases, Range};
    ///
    /// let range = |text: &str| text.parse::<Range>().unwrap();
    /// assert!(range("^1.2.3-rc.1").is_subset_of_for(&range("1.x"), Prereleases::All));
    /// ```
    pub fn is_subset_of_for(&self, other: &Self, prereleases: Prereleases) -> bool {
        let mut saw_something = false;
        for set in self.sets(prereleases) {
            let mut is_inside = false;
            for outer in other.sets(prereleases) {
                let inside = inside(set, outer, prereleases);
                saw_something |= inside != Inside::Nothing;
                is_inside = inside == Inside::Yes;
                if is_inside {
                    break;
                }
            }
            if !is_inside && saw_something {
                return false;
            }
        }
        true
    }
}

/// Whether the set `inner` lies inside the set `outer`.
fn inside(inner: &[Comparator], outer: &[Comparator], prereleases: Prereleases) -> Inside {
    // The reference has one object for both, so that even an empty set counts as inside itself.
    let is_same = inner.len() == outer.len()
        && inner
            .iter()
            .zip(outer)
            .all(|(inner, outer)| inner.is_same(outer));
    if is_same {
        return Inside::Yes;
    }
    let all = [lowest_bound(prereleases)];
    let outer = match outer {
        [any] if any.is_any() && prereleases == Prereleases::All => return Inside::Yes,
        [any] if any.is_any() => &all,
        _ => outer,
    };
    let inner = if inner[0].is_any() { &all } else { inner };
    let bounds = match Inner::of(inner, prereleases) {
        Ok(bounds) => bounds,
        Err(answer) => return answer,
    };
    match bounds.exact {
        Some(exact) => yes_if(
            outer
                .iter()
                .all(|comparator| comparator.contains_gated(&exact.version, prereleases)),
        ),
        None => yes_if(bounds.are_inside(outer, prereleases)),
    }
}

/// The comparator that stands for `*`.
fn lowest_bound(prereleases: Prereleases) -> Comparator {
    let mut version = Version::new(0, 0, 0);
    if prereleases == Prereleases::All {
        version.pre = lowest_prerelease();
    }
    Comparator::new(Operator::GreaterOrEqual, version)
}

fn yes_if(is_inside: bool) -> Inside {
    if is_inside { Inside::Yes } else { Inside::No }
}

/// The strictest comparators of the set that may lie inside another.
#[derive(Default)]
struct Inner<'r> {
    exact: Option<&'r Comparator>,
    lower: Option<&'r Comparator>,
    upper: Option<&'r Comparator>,
    /// Whether both bounds are the same version, which is the only one inside.
    is_point: bool,
}

impl<'r> Inner<'r> {
    /// Finds the bounds; `Err` if they leave nothing between them.
    fn of(set: &'r [Comparator], prereleases: Prereleases) -> Result<Self, Inside> {
        let mut inner = Self::default();
        for comparator in set {
            if comparator.operator.is_lower() {
                let lower = inner.lower.unwrap_or(comparator);
                inner.lower = Some(lower.higher_lower_bound(comparator));
            } else if comparator.operator.is_upper() {
                let upper = inner.upper.unwrap_or(comparator);
                inner.upper = Some(upper.lower_upper_bound(comparator));
            } else if inner.exact.replace(comparator).is_some() {
                return Err(Inside::Nothing);
            }
        }
        if let (Some(lower), Some(upper)) = (inner.lower, inner.upper) {
            let order = compare(&lower.version, &upper.version);
            let are_inclusive = lower.operator.is_inclusive() && upper.operator.is_inclusive();
            if order.is_gt() || (order.is_eq() && !are_inclusive) {
                return Err(Inside::Nothing);
            }
            inner.is_point = order.is_eq();
        }
        let bounds = [inner.lower, inner.upper];
        if let Some(exact) = inner.exact
            && !bounds
                .iter()
                .flatten()
                .all(|bound| bound.contains_gated(&exact.version, prereleases))
        {
            return Err(Inside::Nothing);
        }
        Ok(inner)
    }

    /// Whether the bounds lie inside those of `outer`.
    fn are_inside(&self, outer: &[Comparator], prereleases: Prereleases) -> bool {
        let within_each = outer.iter().all(|comparator| {
            let is_exact = comparator.operator == Operator::Exact;
            !self
                .lower
                .is_some_and(|lower| cuts_lower(lower, comparator))
                && !self
                    .upper
                    .is_some_and(|upper| cuts_upper(upper, comparator))
                && (!is_exact || self.is_point)
        });
        let has_lower = outer
            .iter()
            .any(|comparator| comparator.operator.is_lower());
        let has_upper = outer
            .iter()
            .any(|comparator| comparator.operator.is_upper());
        within_each
            && !(has_upper && self.upper.is_none() && self.lower.is_some())
            && !(has_lower && self.lower.is_none() && self.upper.is_some())
            && (prereleases == Prereleases::All || self.prereleases_are_admitted(outer))
    }

    /// Whether the prereleases that the bounds let through may pass `outer`, too.
    fn prereleases_are_admitted(&self, outer: &[Comparator]) -> bool {
        let is_admitted = |bound: &Comparator| {
            bound.version.pre.is_empty()
                || outer.iter().any(|comparator| {
                    !comparator.version.pre.is_empty()
                        && is_same_tuple(&comparator.version, &bound.version)
                })
        };
        // `<1.2.3-0` lets no prerelease of 1.2.3 through.
        let is_below_all =
            |upper: &Comparator| upper.operator == Operator::Less && is_zero(&upper.version.pre);
        self.lower.is_none_or(is_admitted)
            && self
                .upper
                .is_none_or(|upper| is_below_all(upper) || is_admitted(upper))
    }
}

/// Whether `comparator` excludes something that the lower bound lets through.
fn cuts_lower(lower: &Comparator, comparator: &Comparator) -> bool {
    if comparator.operator.is_lower() {
        return !std::ptr::eq(lower.higher_lower_bound(comparator), lower);
    }
    lower.operator == Operator::GreaterOrEqual && !comparator.contains(&lower.version)
}

/// Whether `comparator` excludes something that the upper bound lets through.
fn cuts_upper(upper: &Comparator, comparator: &Comparator) -> bool {
    if comparator.operator.is_upper() {
        return !std::ptr::eq(upper.lower_upper_bound(comparator), upper);
    }
    upper.operator == Operator::LessOrEqual && !comparator.contains(&upper.version)
}
