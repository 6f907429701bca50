//! Scripts of packages: which may run, and what comes of them.
//!
//! Nothing of a package runs before somebody said so, for that package and the content of its scripts. What runs, runs in
//! the jail (`crate::jail`), on a copy of the package's files that is its own. What it made of them is kept in the store
//! under a key of all that it could depend on, and is put in place without running anything the next time.
//!
//! A package of a repository that is made out of its sources (`prepare`) is made elsewhere first: in a folder of the cache that holds the
//! whole commit, beside what it is developed with.

mod approvals;
mod conditions;
mod denial;
mod difference;
mod effect;
mod environment;
mod error;
mod grant;
mod headers;
mod output;
mod places;
mod plan;
mod prepare;
mod private;
mod record;
mod references;
mod review;
mod run;
mod script;
mod script_set;
mod toolchain;

use pkg_manifest::PackageName;

pub use error::{ApprovalError, BuildError};
pub use grant::{Grant, GrantError};
pub use review::{ApprovalRequest, Approved, Review, ReviewState, ReviewedScript, approve, review};

pub(crate) use approvals::{Approvals, approvals_path};
pub(crate) use headers::HeaderSource;
pub(crate) use plan::{BuildPlan, Elsewhere, Planned};
pub(crate) use prepare::{Workplace, Workshop};
pub(crate) use record::BuildRecord;
pub(crate) use run::{Building, run};
pub(crate) use script_set::is_prepared_by;
pub(crate) use toolchain::Toolchain;

/// Which packages are built anew, although nothing asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Rebuild {
    /// None.
    #[default]
    Nothing,
    /// All whose scripts may run.
    All,
    /// Those of these names.
    Named(Vec<PackageName>),
}

impl Rebuild {
    /// Whether a package of this name is.
    pub(crate) fn has(&self, name: &PackageName) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Named(names) => names.contains(name),
        }
    }
}
