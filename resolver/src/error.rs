//! Why a resolution fails, and who asked for what failed.

use std::fmt;

use miette::Diagnostic;
use pkg_lockfile::{ImporterId, KeyError, PackageId};
use pkg_manifest::{PackageName, nearest};
use thiserror::Error;

use crate::{Need, Warning};

/// Why there is no lockfile.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ResolveError {
    /// A dependency that is not optional cannot be had.
    #[error("{failure}\n  wanted by {chain}{}", Details(failure))]
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
    #[error("no version of `{name}` matches `{}`", specifier.escape_debug())]
    #[diagnostic(code(ERR_PKG_NO_MATCHING_VERSION))]
    NoMatchingVersion {
        name: PackageName,
        specifier: String,
        /// The published versions that come nearest, with their dist-tags: `1.3.0 (latest)`.
        nearest: Vec<String>,
        /// How many are published besides.
        more: usize,
        /// What to ask for instead.
        #[help]
        advice: String,
    },
    #[error("every version of `{name}` that matches `{}` is too young{}", specifier.escape_debug(), Young(.young))]
    #[diagnostic(
        code(ERR_PKG_TOO_YOUNG),
        help(
            "wait, or name the package in `minimum-release-age-exclude`; if they are old enough, the clock of this machine \
             is wrong"
        )
    )]
    TooYoung {
        name: PackageName,
        specifier: String,
        /// The versions that match.
        young: Vec<String>,
    },
    #[error("no version of `{name}` that matches `{}` has a time of publishing, so none is known to be old enough", specifier.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_NO_PUBLISH_TIME),
        help(
            "its registry does not tell them; name the package in `minimum-release-age-exclude`, or set \
             `minimum-release-age=0`, if you trust it"
        )
    )]
    Undated {
        name: PackageName,
        specifier: String,
    },
    #[error("`{name}` cannot be had: {}", reason.escape_debug())]
    #[diagnostic(code(ERR_PKG_NOT_FOUND), help("{}", Advice(nearest)))]
    NotFound {
        name: PackageName,
        reason: String,
        /// The known name that it was most probably meant to be.
        nearest: Option<PackageName>,
    },
    #[error("`{name}` cannot be had: {}", reason.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_NOT_FOUND),
        help(
            "check what package.json says of it: a path is relative to the folder of package.json"
        )
    )]
    NoSource { name: PackageName, reason: String },
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

impl ResolveError {
    /// The name of the package that no registry has, if that is why there is no lockfile.
    pub fn unknown_name(&self) -> Option<&PackageName> {
        match self {
            Self::Dependency { failure, .. } => match &**failure {
                Failure::NotFound { name, .. } => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a version is missing that may have been published since the packuments were read.
    pub fn is_unknown_version(&self) -> bool {
        matches!(self, Self::Dependency { failure, .. } if matches!(**failure, Failure::NoMatchingVersion { .. }))
    }

    /// Tells the user which of some known names, and of those in the graph, the missing package was most probably meant to
    /// be.
    #[must_use]
    pub fn with_known_names(mut self, known: &[PackageName]) -> Self {
        if let Self::Dependency { failure, .. } = &mut self
            && let Failure::NotFound { name, nearest, .. } = &mut **failure
        {
            *nearest = nearest_name(name, known.iter().chain(nearest.as_ref()));
        }
        self
    }
}

/// The known name that a missing one was most probably meant to be. A scope that both have is no likeness.
pub(crate) fn nearest_name<'n>(
    missing: &PackageName,
    known: impl Iterator<Item = &'n PackageName>,
) -> Option<PackageName> {
    let is_like = |name: &&PackageName| {
        name.scope() != missing.scope()
            || !nearest(missing.bare(), [name.bare()].into_iter()).is_empty()
    };
    let like = known.filter(is_like).map(PackageName::as_str);
    nearest(missing.as_str(), like).first()?.parse().ok()
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

/// What is to be done about a package that does not exist.
struct Advice<'n>(&'n Option<PackageName>);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(nearest) => write!(formatter, "did you mean `{nearest}`?"),
            None => formatter.write_str(
                "check the name, and which registry is asked; a private package looks like this \
                 without credentials",
            ),
        }
    }
}

/// The line below a message that lists versions.
struct Details<'f>(&'f Failure);

impl fmt::Display for Details<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure::NoMatchingVersion { nearest, more, .. } = self.0 else {
            return Ok(());
        };
        if nearest.is_empty() {
            return formatter.write_str("\n  published no version at all");
        }
        write!(formatter, "\n  published {}", nearest.join(", "))?;
        match more {
            0 => Ok(()),
            more => write!(formatter, " and {more} more"),
        }
    }
}

/// The end of a message that lists versions.
struct Young<'v>(&'v [String]);

impl fmt::Display for Young<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, ": {}", self.0.join(", "))
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
