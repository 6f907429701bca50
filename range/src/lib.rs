//! npm versions and ranges over `semver::Version`.
#![forbid(unsafe_code)]

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The grammar of Semantic Versioning and of npm's ranges.
    #[default]
    Strict,
    /// Also leading zeros, prereleases without hyphen, prefixes, and ranges with foreign words.
    Loose,
}

/// Which prereleases a range contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Prereleases {
    /// npm's rule: only those of a `major.minor.patch` that the range names with a prerelease.
    #[default]
    Gated,
    /// All that lie between the bounds (npm's `includePrerelease`).
    All,
}
