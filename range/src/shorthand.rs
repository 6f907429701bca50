//! Questions about texts: what a command line or a script asks.

use std::borrow::Cow;

use semver::BuildMetadata;

use crate::text::trim;
use crate::{Mode, ParseError, Prereleases, Range, Version, compare, parse_version};

/// Whether `version` satisfies `range`, both given as text; false where either is invalid.
///
/// ```
/// use pkg_range::{Mode, Prereleases, satisfies};
///
/// assert!(satisfies("1.4.2", "^1.2 || 3", Mode::Strict, Prereleases::Gated));
/// assert!(!satisfies("1.4.2", "next", Mode::Strict, Prereleases::Gated));
/// ```
pub fn satisfies(version: &str, range: &str, mode: Mode, prereleases: Prereleases) -> bool {
    let Ok(version) = parse_version(version, mode) else {
        return false;
    };
    Range::parse_for(range, mode, prereleases)
        .is_ok_and(|range| range.contains(&version, prereleases))
}

/// The normal form of a version, without prefix and build; `None` if `text` is none.
///
/// ```
/// use pkg_range::{Mode, valid};
///
/// assert_eq!(valid(" v1.2.3-rc.1+build ", Mode::Strict).as_deref(), Some("1.2.3-rc.1"));
/// assert_eq!(valid("1.2", Mode::Strict), None);
/// ```
pub fn valid(text: &str, mode: Mode) -> Option<String> {
    let version = parse_version(text, mode).ok()?;
    Some(without_build(version).to_string())
}

/// npm's canonical text of a range; `None` if `text` is none.
///
/// ```
/// use pkg_range::{Mode, Prereleases, valid_range};
///
/// let text = |text| valid_range(text, Mode::Strict, Prereleases::Gated);
/// assert_eq!(text("^1.2 || 3.x").unwrap(), ">=1.2.0 <2.0.0-0||>=3.0.0 <4.0.0-0");
/// assert_eq!(text("").unwrap(), "*");
/// assert_eq!(text("latest"), None);
/// ```
pub fn valid_range(text: &str, mode: Mode, prereleases: Prereleases) -> Option<String> {
    let range = Range::parse_for(text, mode, prereleases).ok()?;
    Some(range.canonical(prereleases).to_string())
}

/// Reads a version after cutting off white space and any run of `=` and `v`; drops its build.
///
/// ```
/// use pkg_range::{Mode, clean};
///
/// assert_eq!(clean("  =v1.2.3+b ", Mode::Strict).unwrap().to_string(), "1.2.3");
/// assert_eq!(clean("= v 1.2.3", Mode::Strict), None);
/// ```
pub fn clean(text: &str, mode: Mode) -> Option<Version> {
    let text = trim(text).trim_start_matches(['=', 'v']);
    parse_version(text, mode).ok().map(without_build)
}

/// Compares by an operator given as text; `None` if it is none of npm's.
///
/// The operators are `<`, `<=`, `>`, `>=`, `!=` and, for equal precedence, `=`, `==` and the empty
/// text; `===` and `!==` compare the texts without build.
///
/// ```
/// use pkg_range::{Mode, compare_by, parse_version};
///
/// let version = |text| parse_version(text, Mode::Strict).unwrap();
/// assert_eq!(compare_by(&version("1.10.0"), ">=", &version("1.9.0")), Some(true));
/// assert_eq!(compare_by(&version("1.10.0"), "=>", &version("1.9.0")), None);
/// ```
pub fn compare_by(left: &Version, operator: &str, right: &Version) -> Option<bool> {
    let order = compare(left, right);
    let has_same_text = || {
        (left.major, left.minor, left.patch, &left.pre)
            == (right.major, right.minor, right.patch, &right.pre)
    };
    Some(match operator {
        "===" => has_same_text(),
        "!==" => !has_same_text(),
        "" | "=" | "==" => order.is_eq(),
        "!=" => order.is_ne(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        _ => return None,
    })
}

/// Sorts `versions` and finds a shorter range that contains the same ones of them.
///
/// Gives `range` itself back where that is not longer (in UTF-16 units).
///
/// ```
/// use pkg_range::{Mode, Prereleases, parse_version, simplify};
///
/// let mut versions: Vec<_> = ["1.0.0", "1.1.0", "1.2.0", "2.0.0"]
///     .map(|text| parse_version(text, Mode::Strict).unwrap())
///     .into();
/// let range = "1.0.0 || 1.1.0 || 1.2.0";
/// let simple = simplify(&mut versions, range, Mode::Strict, Prereleases::Gated).unwrap();
/// assert_eq!(simple, "<=1.2.0");
/// ```
///
/// # Errors
/// `range` is no range. (npm gives an empty text then.)
pub fn simplify<'t>(
    versions: &mut [Version],
    range: &'t str,
    mode: Mode,
    prereleases: Prereleases,
) -> Result<Cow<'t, str>, ParseError> {
    let parsed = Range::parse_for(range, mode, prereleases)?;
    crate::precedence::sort_by(versions, compare);
    let mut runs = Vec::new();
    let mut start = 0;
    for run in versions.chunk_by(|left, right| {
        parsed.contains(left, prereleases) == parsed.contains(right, prereleases)
    }) {
        if parsed.contains(&run[0], prereleases) {
            runs.push(describe_run(versions, start, run.len()));
        }
        start += run.len();
    }
    let simple = runs.join(" || ");
    let is_shorter = simple.len() < range.encode_utf16().count();
    Ok(if is_shorter {
        Cow::Owned(simple)
    } else {
        Cow::Borrowed(range)
    })
}

/// The range from the version at `start` over `length` versions of the sorted list.
fn describe_run(versions: &[Version], start: usize, length: usize) -> String {
    let (least, greatest) = (&versions[start], &versions[start + length - 1]);
    let from_first = *least == versions[0];
    let to_last = start + length == versions.len();
    match (from_first, to_last) {
        (true, true) => "*".to_owned(),
        (false, true) => format!(">={least}"),
        _ if least == greatest => least.to_string(),
        (true, false) => format!("<={greatest}"),
        (false, false) => format!("{least} - {greatest}"),
    }
}

fn without_build(version: Version) -> Version {
    Version {
        build: BuildMetadata::EMPTY,
        ..version
    }
}
