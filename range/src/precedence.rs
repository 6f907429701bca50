//! Order of versions: npm's precedence, with and without build metadata.
//!
//! `semver::Version` has an `Ord` of its own, which takes build metadata into account and compares
//! numbers of any length exactly. npm ignores the build and compares numeric identifiers as
//! IEEE doubles, so two numbers beyond 2^53 may be equal there.

use std::cmp::Ordering;

use crate::Version;

/// Longest number of decimal digits that every double holds exactly.
const EXACT_DIGITS: usize = 15;

/// Compares two versions by npm's precedence, which ignores build metadata.
///
/// Unlike `Version::cmp`, versions that differ in their build alone are equal. Numeric prerelease
/// identifiers are compared as doubles, and the first pair of identifiers whose texts differ
/// decides, even when they are equal as doubles.
///
/// ```
/// use std::cmp::Ordering;
/// use pkg_range::{Mode, compare, parse_version};
///
/// let version = |text| parse_version(text, Mode::Strict).unwrap();
/// assert_eq!(compare(&version("1.2.3-rc.10"), &version("1.2.3-rc.9")), Ordering::Greater);
/// assert_eq!(compare(&version("1.2.3+linux"), &version("1.2.3+mac")), Ordering::Equal);
/// ```
#[inline]
pub fn compare(left: &Version, right: &Version) -> Ordering {
    let main = compare_main(left, right);
    if main != Ordering::Equal {
        return main;
    }
    match (left.pre.is_empty(), right.pre.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => compare_lists(left.pre.as_str(), right.pre.as_str()),
    }
}

/// Compares two versions by precedence, then by build metadata.
///
/// A version without build is lower than one with; the identifiers of two builds are compared by
/// the rules of prerelease identifiers. This is the order of [`sort`](crate::sort).
///
/// ```
/// use std::cmp::Ordering;
/// use pkg_range::{Mode, compare_build, parse_version};
///
/// let version = |text| parse_version(text, Mode::Strict).unwrap();
/// assert_eq!(compare_build(&version("1.2.3+2"), &version("1.2.3+10")), Ordering::Less);
/// assert_eq!(compare_build(&version("1.2.3"), &version("1.2.3+0")), Ordering::Less);
/// ```
pub fn compare_build(left: &Version, right: &Version) -> Ordering {
    compare(left, right).then_with(|| match (left.build.is_empty(), right.build.is_empty()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => compare_lists(left.build.as_str(), right.build.as_str()),
    })
}

/// Compares two prerelease or build identifiers.
///
/// Identifiers of digits alone compare as numbers (doubles) and are below all others, which compare
/// by their bytes.
///
/// ```
/// use std::cmp::Ordering;
/// use pkg_range::compare_identifiers;
///
/// assert_eq!(compare_identifiers("10", "9"), Ordering::Greater);
/// assert_eq!(compare_identifiers("10", "-"), Ordering::Less);
/// assert_eq!(compare_identifiers("Foo", "foo"), Ordering::Less);
/// ```
pub fn compare_identifiers(left: &str, right: &str) -> Ordering {
    match (is_number(left), is_number(right)) {
        (true, true) => compare_numbers(left, right),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => left.cmp(right),
    }
}

/// Sorts by [`compare_build`], lowest first; equal versions keep their order.
///
/// ```
/// use pkg_range::{Mode, parse_version, sort};
///
/// let mut versions =
///     ["1.10.0", "1.9.0+b", "1.9.0", "1.9.0-rc.1"].map(|t| parse_version(t, Mode::Strict).unwrap());
/// sort(&mut versions);
/// assert_eq!(versions.map(|v| v.to_string()), ["1.9.0-rc.1", "1.9.0", "1.9.0+b", "1.10.0"]);
/// ```
pub fn sort(versions: &mut [Version]) {
    sort_by(versions, compare_build);
}

/// Sorts by [`compare_build`], highest first; equal versions keep their order.
///
/// ```
/// use pkg_range::{Mode, parse_version, sort_descending};
///
/// let mut versions = ["1.9.0", "1.10.0"].map(|text| parse_version(text, Mode::Strict).unwrap());
/// sort_descending(&mut versions);
/// assert_eq!(versions.map(|version| version.to_string()), ["1.10.0", "1.9.0"]);
/// ```
pub fn sort_descending(versions: &mut [Version]) {
    sort_by(versions, |left, right| compare_build(right, left));
}

/// Sorts stably by an order that need not be transitive.
///
/// npm's order is not where identifiers beyond 2^53 are equal as doubles, and the standard
/// library's sort may panic then. Such lists go through a plain merge sort.
pub(crate) fn sort_by(versions: &mut [Version], order: fn(&Version, &Version) -> Ordering) {
    let is_exact = |id: &str| (id.len() <= EXACT_DIGITS && !id.starts_with('0')) || !is_number(id);
    let are_exact = |text: &str| text.split('.').all(|id| id == "0" || is_exact(id));
    if versions
        .iter()
        .all(|version| are_exact(&version.pre) && are_exact(&version.build))
    {
        versions.sort_by(order);
    } else {
        let sorted = merge_sorted(versions, order);
        versions.clone_from_slice(&sorted);
    }
}

fn merge_sorted(versions: &[Version], order: fn(&Version, &Version) -> Ordering) -> Vec<Version> {
    if versions.len() <= 1 {
        return versions.to_vec();
    }
    let (left, right) = versions.split_at(versions.len() / 2);
    let mut left = merge_sorted(left, order).into_iter().peekable();
    let mut right = merge_sorted(right, order).into_iter().peekable();
    let mut merged = Vec::with_capacity(versions.len());
    while let (Some(from_left), Some(from_right)) = (left.peek(), right.peek()) {
        let side = if order(from_right, from_left).is_lt() {
            &mut right
        } else {
            &mut left
        };
        merged.extend(side.next());
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// Compares major, minor and patch.
#[inline]
pub(crate) fn compare_main(left: &Version, right: &Version) -> Ordering {
    left.major
        .cmp(&right.major)
        .then_with(|| left.minor.cmp(&right.minor))
        .then_with(|| left.patch.cmp(&right.patch))
}

/// Whether major, minor and patch are the same.
#[inline]
pub(crate) fn is_same_tuple(left: &Version, right: &Version) -> bool {
    left.major == right.major && left.minor == right.minor && left.patch == right.patch
}

/// Whether `identifier` is digits alone.
pub(crate) fn is_number(identifier: &str) -> bool {
    !identifier.is_empty() && identifier.bytes().all(|byte| byte.is_ascii_digit())
}

/// Compares two dot-separated lists, neither of them empty.
fn compare_lists(left: &str, right: &str) -> Ordering {
    let mut left = left.split('.');
    let mut right = right.split('.');
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) if left == right => {}
            // The first difference in the text decides, as in the reference, even if it is none
            // by value.
            (Some(left), Some(right)) => return compare_identifiers(left, right),
        }
    }
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    let left = left.trim_start_matches('0');
    let right = right.trim_start_matches('0');
    if left.len() <= EXACT_DIGITS && right.len() <= EXACT_DIGITS {
        return left.len().cmp(&right.len()).then_with(|| left.cmp(right));
    }
    as_double(left).total_cmp(&as_double(right))
}

/// The value of a run of digits as the reference holds it; infinite beyond the largest double.
pub(crate) fn as_double(digits: &str) -> f64 {
    digits.parse().unwrap_or(0.0)
}
