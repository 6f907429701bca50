//! Kinds of releases: incrementing to one, truncating to one, and naming the step between two.

use std::fmt;
use std::str::FromStr;

use semver::{BuildMetadata, Prerelease};

use crate::precedence::{compare, compare_identifiers, compare_main, is_number};
use crate::scan::are_identifiers;
use crate::version::is_held_as_number;
use crate::{Mode, Version};

/// A kind of release, as in npm's `inc`, `diff` and `truncate`.
///
/// ```
/// use pkg_range::ReleaseType;
///
/// let release: ReleaseType = "preminor".parse().unwrap();
/// assert_eq!(release, ReleaseType::Preminor);
/// assert_eq!(release.to_string(), "preminor");
/// assert!("tiny".parse::<ReleaseType>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReleaseType {
    /// Up to the next `x.0.0`.
    Major,
    /// The first prerelease of the next major version.
    Premajor,
    /// Up to the next `x.y.0`.
    Minor,
    /// The first prerelease of the next minor version.
    Preminor,
    /// Up to the next `x.y.z`.
    Patch,
    /// The first prerelease of the next patch version.
    Prepatch,
    /// The next prerelease; of the next patch version where there is none yet.
    Prerelease,
    /// The prerelease's own release.
    Release,
    /// The next prerelease, without going up to the next patch version first.
    Pre,
}

impl ReleaseType {
    /// The name that npm gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Premajor => "premajor",
            Self::Minor => "minor",
            Self::Preminor => "preminor",
            Self::Patch => "patch",
            Self::Prepatch => "prepatch",
            Self::Prerelease => "prerelease",
            Self::Release => "release",
            Self::Pre => "pre",
        }
    }

    /// Whether it makes a prerelease.
    fn is_prerelease(self) -> bool {
        self.as_str().starts_with("pre")
    }
}

impl fmt::Display for ReleaseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ReleaseType {
    type Err = IncrementError;

    fn from_str(text: &str) -> Result<Self, IncrementError> {
        Ok(match text {
            "major" => Self::Major,
            "premajor" => Self::Premajor,
            "minor" => Self::Minor,
            "preminor" => Self::Preminor,
            "patch" => Self::Patch,
            "prepatch" => Self::Prepatch,
            "prerelease" => Self::Prerelease,
            "release" => Self::Release,
            "pre" => Self::Pre,
            _ => return Err(IncrementError::UnknownRelease),
        })
    }
}

/// The number that a new prerelease starts with.
///
/// ```
/// use pkg_range::{IdentifierBase, ReleaseType, Version, increment};
///
/// let next = |base| {
///     let release = ReleaseType::Prerelease;
///     increment(&Version::new(1, 2, 3), release, Some("beta"), base).unwrap().to_string()
/// };
/// assert_eq!(next(IdentifierBase::Zero), "1.2.4-beta.0");
/// assert_eq!(next(IdentifierBase::One), "1.2.4-beta.1");
/// assert_eq!(next(IdentifierBase::Absent), "1.2.4-beta");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum IdentifierBase {
    /// `beta.0`
    #[default]
    Zero,
    /// `beta.1`
    One,
    /// `beta`, without number (npm's `false`).
    Absent,
}

/// Why a version could not be incremented.
///
/// ```
/// use pkg_range::{IdentifierBase, IncrementError, ReleaseType, Version, increment};
///
/// let version = Version::new(1, 2, 3);
/// let error = increment(&version, ReleaseType::Release, None, IdentifierBase::Zero).unwrap_err();
/// assert_eq!(error, IncrementError::NotAPrerelease);
/// assert_eq!(error.to_string(), "version is not a prerelease");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IncrementError {
    /// The text names no kind of release.
    UnknownRelease,
    /// [`ReleaseType::Release`] of a version that is no prerelease.
    NotAPrerelease,
    /// [`IdentifierBase::Absent`] without an identifier leaves nothing to append.
    MissingIdentifier,
    /// The identifier could not stand in a version.
    InvalidIdentifier,
    /// [`IdentifierBase::Absent`] with the identifier that the version has already.
    IdentifierExists,
}

impl fmt::Display for IncrementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownRelease => "not a kind of release",
            Self::NotAPrerelease => "version is not a prerelease",
            Self::MissingIdentifier => "identifier is empty",
            Self::InvalidIdentifier => "identifier could not stand in a version",
            Self::IdentifierExists => "version has this identifier already",
        })
    }
}

impl std::error::Error for IncrementError {}

/// The next version of the kind `release`, without build metadata.
///
/// `identifier` (npm's `--preid`) and `base` matter to prereleases only; an empty identifier is
/// none.
///
/// ```
/// use pkg_range::{IdentifierBase, Mode, ReleaseType, increment, parse_version};
///
/// let next = |text, release, identifier, base| {
///     let version = parse_version(text, Mode::Strict).unwrap();
///     increment(&version, release, identifier, base).unwrap().to_string()
/// };
/// assert_eq!(next("1.2.3", ReleaseType::Minor, None, IdentifierBase::Zero), "1.3.0");
/// assert_eq!(next("1.3.0-rc.4", ReleaseType::Minor, None, IdentifierBase::Zero), "1.3.0");
/// assert_eq!(
///     next("1.2.3", ReleaseType::Premajor, Some("beta"), IdentifierBase::One),
///     "2.0.0-beta.1",
/// );
/// assert_eq!(
///     next("2.0.0-beta.1", ReleaseType::Prerelease, Some("beta"), IdentifierBase::One),
///     "2.0.0-beta.2",
/// );
/// ```
///
/// # Errors
/// See [`IncrementError`]; [`IncrementError::UnknownRelease`] is not among them.
pub fn increment(
    version: &Version,
    release: ReleaseType,
    identifier: Option<&str>,
    base: IdentifierBase,
) -> Result<Version, IncrementError> {
    let identifier = identifier.filter(|identifier| !identifier.is_empty());
    if release.is_prerelease() {
        match identifier {
            None if base == IdentifierBase::Absent => {
                return Err(IncrementError::MissingIdentifier);
            }
            Some(identifier) if !are_identifiers(identifier, Mode::Strict) => {
                return Err(IncrementError::InvalidIdentifier);
            }
            _ => {}
        }
    }
    let version = Version {
        build: BuildMetadata::EMPTY,
        ..version.clone()
    };
    let bare = |version: Version| Version {
        pre: Prerelease::EMPTY,
        ..version
    };
    match release {
        ReleaseType::Major => Ok(next_major(&version)),
        ReleaseType::Minor => Ok(next_minor(&version)),
        ReleaseType::Patch => Ok(next_patch(&version)),
        ReleaseType::Premajor => next_prerelease(next_major(&bare(version)), identifier, base),
        ReleaseType::Preminor => next_prerelease(next_minor(&bare(version)), identifier, base),
        ReleaseType::Prepatch => next_prerelease(next_patch(&bare(version)), identifier, base),
        ReleaseType::Prerelease if version.pre.is_empty() => {
            next_prerelease(next_patch(&version), identifier, base)
        }
        ReleaseType::Prerelease | ReleaseType::Pre => next_prerelease(version, identifier, base),
        ReleaseType::Release if version.pre.is_empty() => Err(IncrementError::NotAPrerelease),
        ReleaseType::Release => Ok(bare(version)),
    }
}

/// `version` reduced to the numbers that a release of this kind sets, without build metadata.
///
/// The kinds of prereleases take the build only. [`ReleaseType::Release`] and
/// [`ReleaseType::Pre`] are none of npm's release types and give `None`.
///
/// ```
/// use pkg_range::{Mode, ReleaseType, parse_version, truncate};
///
/// let version = parse_version("1.2.3-rc.1+build", Mode::Strict).unwrap();
/// let text = |release| truncate(&version, release).unwrap().to_string();
/// assert_eq!(text(ReleaseType::Minor), "1.2.0");
/// assert_eq!(text(ReleaseType::Patch), "1.2.3");
/// assert_eq!(text(ReleaseType::Prerelease), "1.2.3-rc.1");
/// ```
pub fn truncate(version: &Version, release: ReleaseType) -> Option<Version> {
    let Version {
        major,
        minor,
        patch,
        ..
    } = *version;
    Some(match release {
        ReleaseType::Major => Version::new(major, 0, 0),
        ReleaseType::Minor => Version::new(major, minor, 0),
        ReleaseType::Patch => Version::new(major, minor, patch),
        ReleaseType::Premajor
        | ReleaseType::Preminor
        | ReleaseType::Prepatch
        | ReleaseType::Prerelease => Version {
            build: BuildMetadata::EMPTY,
            ..version.clone()
        },
        ReleaseType::Release | ReleaseType::Pre => return None,
    })
}

/// The kind of release that leads from the lower to the higher of two versions.
///
/// `None` where neither is higher. From a prerelease to a release, the kind is the one that the
/// prerelease announced.
///
/// ```
/// use pkg_range::{Mode, ReleaseType, difference, parse_version};
///
/// let difference = |left, right| {
///     let version = |text| parse_version(text, Mode::Strict).unwrap();
///     difference(&version(left), &version(right))
/// };
/// assert_eq!(difference("1.2.3", "1.3.0"), Some(ReleaseType::Minor));
/// assert_eq!(difference("1.2.3", "2.0.0-rc.1"), Some(ReleaseType::Premajor));
/// assert_eq!(difference("1.0.0", "1.0.0-rc.1"), Some(ReleaseType::Major));
/// assert_eq!(difference("1.0.0", "1.0.0+build"), None);
/// ```
pub fn difference(left: &Version, right: &Version) -> Option<ReleaseType> {
    let (low, high) = match compare(left, right) {
        std::cmp::Ordering::Less => (left, right),
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Greater => (right, left),
    };
    let to_prerelease = !high.pre.is_empty();
    if !low.pre.is_empty() && !to_prerelease {
        if low.minor == 0 && low.patch == 0 {
            return Some(ReleaseType::Major);
        }
        if compare_main(low, high).is_eq() {
            let is_minor = low.patch == 0;
            return Some(if is_minor {
                ReleaseType::Minor
            } else {
                ReleaseType::Patch
            });
        }
    }
    let kind = |release, prerelease| Some(if to_prerelease { prerelease } else { release });
    if low.major != high.major {
        kind(ReleaseType::Major, ReleaseType::Premajor)
    } else if low.minor != high.minor {
        kind(ReleaseType::Minor, ReleaseType::Preminor)
    } else if low.patch != high.patch {
        kind(ReleaseType::Patch, ReleaseType::Prepatch)
    } else {
        Some(ReleaseType::Prerelease)
    }
}

fn next_major(version: &Version) -> Version {
    let is_reached = version.minor == 0 && version.patch == 0 && !version.pre.is_empty();
    Version::new(version.major.saturating_add(u64::from(!is_reached)), 0, 0)
}

fn next_minor(version: &Version) -> Version {
    let is_reached = version.patch == 0 && !version.pre.is_empty();
    Version::new(
        version.major,
        version.minor.saturating_add(u64::from(!is_reached)),
        0,
    )
}

fn next_patch(version: &Version) -> Version {
    let is_reached = !version.pre.is_empty();
    let patch = version.patch.saturating_add(u64::from(!is_reached));
    Version::new(version.major, version.minor, patch)
}

/// The prerelease after that of `version`, with the identifier asked for.
fn next_prerelease(
    version: Version,
    identifier: Option<&str>,
    base: IdentifierBase,
) -> Result<Version, IncrementError> {
    let number = if base == IdentifierBase::One {
        "1"
    } else {
        "0"
    };
    let mut identifiers: Vec<String> = version
        .pre
        .split('.')
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect();
    match identifiers.iter_mut().rfind(|id| is_held_as_number(id)) {
        Some(last_number) => *last_number = plus_one(last_number),
        None => {
            let exists = identifier == Some(version.pre.as_str());
            if exists && base == IdentifierBase::Absent {
                return Err(IncrementError::IdentifierExists);
            }
            identifiers.push(number.to_owned());
        }
    }
    let text = match identifier {
        Some(identifier) if !keeps_counting(&identifiers, identifier) => match base {
            IdentifierBase::Absent => identifier.to_owned(),
            IdentifierBase::Zero | IdentifierBase::One => format!("{identifier}.{number}"),
        },
        _ => identifiers.join("."),
    };
    let pre = Prerelease::new(&text).map_err(|_| IncrementError::InvalidIdentifier)?;
    Ok(Version { pre, ..version })
}

/// Whether `identifiers` start with those of `identifier` and go on with a number.
fn keeps_counting(identifiers: &[String], identifier: &str) -> bool {
    let wanted: Vec<&str> = identifier.split('.').collect();
    identifiers
        .get(wanted.len())
        .is_some_and(|next| counts_as_number(next))
        && wanted
            .iter()
            .zip(identifiers)
            .all(|(a, b)| compare_identifiers(a, b).is_eq())
}

/// Whether the reference's `isNaN` takes `identifier` for a number: it knows all of JavaScript's.
fn counts_as_number(identifier: &str) -> bool {
    let radix = |prefixes: [&str; 2]| prefixes.iter().find_map(|it| identifier.strip_prefix(it));
    if let Some(digits) = radix(["0x", "0X"]) {
        return !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    }
    if let Some(digits) = radix(["0o", "0O"]) {
        return !digits.is_empty() && digits.bytes().all(|digit| matches!(digit, b'0'..=b'7'));
    }
    if let Some(digits) = radix(["0b", "0B"]) {
        return !digits.is_empty() && digits.bytes().all(|digit| matches!(digit, b'0' | b'1'));
    }
    let number = identifier.strip_prefix('-').unwrap_or(identifier);
    match number.split_once(['e', 'E']) {
        _ if number == "Infinity" => true,
        Some((digits, exponent)) => {
            is_number(digits) && is_number(exponent.strip_prefix('-').unwrap_or(exponent))
        }
        None => is_number(number),
    }
}

/// One more than `number`, which is below 2^53.
fn plus_one(number: &str) -> String {
    number
        .parse::<u64>()
        .map_or_else(|_| number.to_owned(), |number| (number + 1).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_javascript_takes_for_numbers_count() {
        for text in [
            "1",
            "-1",
            "1e3",
            "1e-3",
            "-1E3",
            "0x1F",
            "0b10",
            "0o17",
            "-Infinity",
        ] {
            assert!(counts_as_number(text), "{text}");
        }
        for text in [
            "-", "e3", "1e", "0x", "0xg", "0b2", "0o8", "-0x1", "infinity", "1-", "--1",
        ] {
            assert!(!counts_as_number(text), "{text}");
        }
    }
}
