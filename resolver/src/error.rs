//! Why a resolution fails, and who asked for what failed.

use std::fmt;

use miette::Diagnostic;
use pkg_lockfile::{ImporterId, KeyError, PackageId};
use pkg_manifest::PackageName;
use thiserror::Error;

use crate::{Need, Warning};

/// Why there is no lockfile.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ResolveError {
    /// A dependency that is not optional cannot be had.
    #[error("{failure}\n  wanted by {chain}")]
    #[diagnostic(forward(failure))]
    Dependency { failure: Box<Failure>, chain: Chain },
    /// The graph is larger than the caller allows.
    #[error("the dependencies have more than {limit} {what}")]
    #[diagnostic(
        code(ERR_PKG_RESOLUTION_BUDGET),
        help("`pkg list --depth 1` shows which dependency brings them along")
    )]
    Budget { what: &'static str, limit: usize },
    /// Peers are missing or out of range, and the caller wants none such.
    #[error("peer dependencies do not fit{}", Lines(.0))]
    #[diagnostic(
        code(ERR_PKG_PEER_ISSUES),
        help("depend on versions that fit, or unset `strict-peer-dependencies`")
    )]
    Peers(Vec<Warning>),
    /// The caller asked for the result before it answered all.
    #[error("the resolution has not ended: {} answers are missing", .0.len())]
    #[diagnostic(code(ERR_PKG_RESOLUTION_UNFINISHED))]
    Unfinished(Vec<Need>),
    /// An answer does not belong to what was asked.
    #[error("the answer does not fit what was asked: {0:?}")]
    #[diagnostic(code(ERR_PKG_RESOLUTION_ANSWER))]
    Answer(Need),
}

/// Why one dependency cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum Failure {
    #[error("no version of `{name}` matches `{}`{}", specifier.escape_debug(), Published(.nearest))]
    #[diagnostic(
        code(ERR_PKG_NO_MATCHING_VERSION),
        help("ask for one of these, or list all with `pkg view {name} versions`")
    )]
    NoMatchingVersion {
        name: PackageName,
        specifier: String,
        /// The published versions that come nearest.
        nearest: Vec<String>,
    },
    #[error("every version of `{name}` that matches `{}` is too young{}", specifier.escape_debug(), Published(.young))]
    #[diagnostic(
        code(ERR_PKG_TOO_YOUNG),
        help("wait, or name the package in `minimum-release-age-exclude`")
    )]
    TooYoung {
        name: PackageName,
        specifier: String,
        /// The versions that match.
        young: Vec<String>,
    },
    #[error("`{name}` cannot be had: {}", reason.escape_debug())]
    #[diagnostic(code(ERR_PKG_NOT_FOUND))]
    NotFound {
        name: PackageName,
        reason: String,
        /// A name that looks alike.
        #[help]
        suggestion: Option<String>,
    },
    #[error("a package may not depend on `{name}` by `{}`", specifier.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_EXOTIC_DEPENDENCY),
        help("packages may depend on packages of a registry only; override this dependency")
    )]
    Exotic {
        name: PackageName,
        specifier: String,
    },
    #[error("`{name}` cannot be installed yet: `{}` is {kind}", specifier.escape_debug())]
    #[diagnostic(code(ERR_PKG_UNSUPPORTED_SPECIFIER))]
    NotYet {
        name: PackageName,
        specifier: String,
        /// The kind of specifier, in words.
        kind: &'static str,
    },
    #[error("`{}` is no specifier for `{name}`: {reason}", specifier.escape_debug())]
    #[diagnostic(code(ERR_PKG_INVALID_DEPENDENCY))]
    Invalid {
        name: PackageName,
        specifier: String,
        reason: String,
    },
    #[error("{reason}")]
    #[diagnostic(code(ERR_PKG_BAD_VERSION))]
    Unusable {
        /// What is wrong with the version that was picked.
        reason: String,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Key(#[from] KeyError),
}

/// Who asked for a package: the project, and the packages from it down to the one that asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    pub importer: ImporterId,
    pub packages: Vec<PackageId>,
}

impl fmt::Display for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.importer.path() {
            None => formatter.write_str("the project")?,
            Some(path) => write!(formatter, "{path}")?,
        }
        let mut packages = self.packages.iter();
        packages.try_for_each(|package| write!(formatter, " > {package}"))
    }
}

/// The end of a message that lists versions, if there are any.
struct Published<'v>(&'v [String]);

impl fmt::Display for Published<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(formatter, "; published are {}", self.0.join(", "))
    }
}

/// A list below a message.
struct Lines<'w>(&'w [Warning]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut warnings = self.0.iter();
        warnings.try_for_each(|warning| write!(formatter, "\n  {warning}"))
    }
}
