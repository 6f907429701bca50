//! Whether a version lies beyond a whole range.

use std::cmp::Ordering;

use super::Range;
use crate::precedence::compare;
use crate::{Comparator, Operator, Prereleases, Version};

/// The end of a range that a version may lie beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Above all of the range (npm's `gtr`).
    Above,
    /// Below all of the range (npm's `ltr`).
    Below,
}

impl Range {
    /// Whether `version` lies beyond this range on `side`: outside of it and of every gap.
    ///
    /// ```
    /// use pkg_range::{Mode, Prereleases, Range, Side, parse_version};
    ///
    /// let range: Range = "1.x || 3.x".parse().unwrap();
    /// let version = |text| parse_version(text, Mode::Strict).unwrap();
    /// assert!(range.is_outside(&version("4.0.0"), Side::Above, Prereleases::Gated));
    /// assert!(!range.is_outside(&version("2.0.0"), Side::Above, Prereleases::Gated));
    /// assert!(range.is_outside(&version("0.9.0"), Side::Below, Prereleases::Gated));
    /// ```
    pub fn is_outside(&self, version: &Version, side: Side, prereleases: Prereleases) -> bool {
        !self.contains(version, prereleases)
            && self
                .sets(prereleases)
                .all(|set| is_beyond(set, version, side))
    }
}

/// Whether `version`, which the set does not contain, lies beyond it on `side`.
fn is_beyond(set: &[Comparator], version: &Version, side: Side) -> bool {
    let order = |left: &Version, right: &Version| match side {
        Side::Above => compare(left, right),
        Side::Below => compare(right, left),
    };
    let mut far = &set[0];
    let mut near = &set[0];
    for comparator in set {
        if order(&comparator.version, &far.version) == Ordering::Greater {
            far = comparator;
        } else if order(&comparator.version, &near.version) == Ordering::Less {
            near = comparator;
        }
    }
    let (open, closed) = match side {
        Side::Above => (Operator::Greater, Operator::GreaterOrEqual),
        Side::Below => (Operator::Less, Operator::LessOrEqual),
    };
    // `*` counts as `>=0.0.0`.
    let operator = |comparator: &Comparator| match comparator.operator {
        Operator::Any => Operator::GreaterOrEqual,
        operator => operator,
    };
    if operator(far) == open || operator(far) == closed {
        return false;
    }
    let to_near = order(version, &near.version);
    let near = operator(near);
    if near == Operator::Exact || near == open {
        to_near == Ordering::Greater
    } else if near == closed {
        to_near != Ordering::Less
    } else {
        true
    }
}
