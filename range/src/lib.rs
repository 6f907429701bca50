//! npm's versions and ranges over [`semver::Version`], with the answers of npm's own `semver`.
//!
//! Package managers, bundlers and registries for Node.js must agree with npm on which versions
//! `^1.2.3-rc.1 || ~> 2` lets in. This crate gives the answers of `semver` 7.8.5 for Node.js (the
//! reference), in strict and in loose mode, with and without prereleases, up to its limits and odd
//! corners, and it is tested against it with millions of random questions.
//!
//! ```
//! use pkg_range::{Mode, Prereleases, Range, parse_version};
//!
//! let range: Range = "^1.2.3 || 3.x".parse()?;
//! let versions = ["1.2.2", "1.9.0", "2.0.0", "3.0.0-rc.1"]
//!     .map(|text| parse_version(text, Mode::Strict).unwrap());
//! let best = range.max_satisfying(&versions, Prereleases::Gated);
//! assert_eq!(best, Some(&versions[1]));
//! assert_eq!(range.to_string(), ">=1.2.3 <2.0.0-0||>=3.0.0 <4.0.0-0");
//! # Ok::<(), pkg_range::ParseError>(())
//! ```
//!
//! # What a range may be
//!
//! | text | meaning |
//! |---|---|
//! | `1.2.3`, `=1.2.3`, `v1.2.3` | this version and no other |
//! | `>1.2.3`, `>=1.2.3`, `<1.2.3`, `<=1.2.3` | by precedence |
//! | `^1.2.3`, `^0.2.3`, `^0.0.3` | up to the next change of the left-most number that is not 0 |
//! | `~1.2.3`, `~>1.2.3` | up to the next minor version |
//! | `1.x`, `1.2.*`, `1`, `*`, the empty text | any number in place of what is missing |
//! | `>1.2`, `<=1.2` | beyond, or up to the end of, all of `1.2.x` |
//! | `1.2.3 - 2.3` | from one to the other, whose missing numbers are wild |
//! | `>=1.2 <3 !important` | in [loose mode](Mode::Loose): what is no comparator is ignored |
//!
//! Comparators separated by white space must all hold; sets separated by `||` are alternatives.
//!
//! # Prereleases
//!
//! By [default](Prereleases::Gated) a prerelease is inside only if some comparator *of the same set*
//! has a prerelease of the same `major.minor.patch`: who asks for `^1.2.3-rc.1` wants the release
//! candidates of 1.2.3, not those of 1.3.0. With [`Prereleases::All`] nothing but order counts, and
//! partial versions begin at their lowest prerelease: `1.x` is `>=1.0.0-0 <2.0.0-0`.
//!
//! # Differences from Cargo's `VersionReq`
//!
//! | | here | `semver::VersionReq` |
//! |---|---|---|
//! | `1.2.3` | that version | as `^1.2.3` |
//! | and | white space | comma |
//! | or | `\|\|` | – |
//! | `1.2 - 2.3`, `~>1.2`, `>=v1` | yes | – |
//! | `1.2.3+build` | build ignored | build ignored |
//! | numbers | up to 2^53 − 1 | up to 2^64 − 1 |
//! | length of a version | 256 UTF-16 units | any |
//! | order of versions | [`compare`] ignores the build | `Ord` does not |
//!
//! # npm's functions and ours
//!
//! | `semver` for Node.js | here |
//! |---|---|
//! | `parse`, `new SemVer` | [`parse_version`] |
//! | `valid`, `clean`, `coerce` | [`valid`], [`clean`], [`coerce`](coerce()) |
//! | `major`, `minor`, `patch` | fields of [`Version`] |
//! | `prerelease` | [`prerelease`](prerelease()) |
//! | `compare`, `rcompare`, `eq`, `gt`, … | [`compare`], and `Ordering` |
//! | `cmp` | [`compare_by`] |
//! | `compareBuild`, `compareIdentifiers` | [`compare_build`], [`compare_identifiers`] |
//! | `sort`, `rsort` | [`sort`], [`sort_descending`] |
//! | `inc`, `diff`, `truncate` | [`increment`], [`difference`], [`truncate`] |
//! | `new Range`, `validRange` | [`Range::parse`], [`valid_range`] |
//! | `range.test`, `satisfies` | [`Range::contains`], [`satisfies`] |
//! | `maxSatisfying`, `minSatisfying` | [`Range::max_satisfying`], [`Range::min_satisfying`] |
//! | `minVersion` | [`Range::min_version`] |
//! | `outside`, `gtr`, `ltr` | [`Range::is_outside`] |
//! | `intersects`, `subset` | [`Range::intersects`], [`Range::is_subset_of`] |
//! | `simplifyRange` | [`simplify`] |
//! | `toComparators`, `range.set` | [`Range::sets`] |
//! | `new Comparator` | [`Comparator::parse`] |
//! | `{ loose: true }` | [`Mode::Loose`] |
//! | `{ includePrerelease: true }` | [`Prereleases::All`], methods that end in `_for` |
//!
//! # Known differences from the reference
//!
//! * In loose mode the reference keeps the leading zeros of prerelease numbers beyond 2^53
//!   (`1.2.3-0090071992547409911`), which [`Version`] cannot hold; they are dropped. For the same
//!   reason [`increment`] takes no identifier that is valid in loose mode only.
//! * Where the reference gives an invalid version or throws depending on the options,
//!   [`Range::min_version`] gives the version: `>1.2.9007199254740991` has 1.2.9007199254740992.
//! * The reference throws where it reads its own normal form again and finds it too long, which
//!   happens to loose versions of 256 characters that gain a hyphen.
//! * A set that nothing satisfies counts as a subset of itself. In the reference this depends on how
//!   both were written and on what is in its cache.
//! * [`simplify`] refuses what is no range; the reference returns an empty text.
//!
//! # Costs
//!
//! Everything takes time linear in the length of the text, except that intersections and subsets
//! look at each pair of sets, and simplifying sorts. Reading a simple range makes one allocation;
//! matching and comparing make none.
//!
//! # Features
//!
//! `serde`: [`Range`] and [`Comparator`] as their texts. A range that is written and read again
//! has the meaning that it had for [`Prereleases::Gated`].
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod coerce;
mod comparator;
mod error;
mod precedence;
mod prerelease;
mod range;
mod release;
mod scan;
#[cfg(feature = "serde")]
mod serialize;
mod shorthand;
mod text;
mod version;

pub use coerce::{Direction, coerce};
pub use comparator::{Comparator, Operator};
pub use error::{ParseError, ParseErrorKind};
pub use precedence::{compare, compare_build, compare_identifiers, sort, sort_descending};
pub use prerelease::{Identifier, prerelease};
pub use range::{Range, Side};
pub use release::{IdentifierBase, IncrementError, ReleaseType, difference, increment, truncate};
pub use semver::Version;
pub use shorthand::{clean, compare_by, satisfies, simplify, valid, valid_range};
pub use version::parse_version;

/// How forgiving parsing is.
///
/// ```
/// use pkg_range::{Mode, Range, parse_version};
///
/// assert!(parse_version("=1.2.3beta", Mode::Strict).is_err());
/// assert_eq!(parse_version("=1.2.3beta", Mode::Loose)?.to_string(), "1.2.3-beta");
/// assert_eq!(Range::parse("1.2.3 or so", Mode::Loose)?.to_string(), "1.2.3");
/// # Ok::<(), pkg_range::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The grammar of Semantic Versioning and of npm's ranges.
    #[default]
    Strict,
    /// Also leading zeros, prereleases without hyphen, prefixes, and ranges with foreign words.
    Loose,
}

/// Which prereleases a range contains.
///
/// ```
/// use pkg_range::{Mode, Prereleases, Range, parse_version};
///
/// let range: Range = "^1.2.3-rc.1".parse()?;
/// let version = |text| parse_version(text, Mode::Strict).unwrap();
/// assert!(range.contains(&version("1.2.3-rc.2"), Prereleases::Gated));
/// assert!(!range.contains(&version("1.3.0-rc.1"), Prereleases::Gated));
/// assert!(range.contains(&version("1.3.0-rc.1"), Prereleases::All));
/// # Ok::<(), pkg_range::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prereleases {
    /// npm's rule: only those of a `major.minor.patch` that the range names with a prerelease.
    #[default]
    Gated,
    /// All that lie between the bounds (npm's `includePrerelease`).
    All,
}
