//! Manifests and packuments in, graph out: a state machine without I/O.
//!
//! [`Resolver::step`] says what is needed, [`Resolver::answer`] takes it, in any order, and
//! [`Resolver::finish`] gives the lockfile. The law of the resolver: *answers in any order give the
//! same lockfile*. It holds because a pick depends on nothing that was picked before, only on the
//! specifier, the packument, the previous lockfile and the projects' specifiers; and because peers
//! are looked at only when nothing is left to ask.

mod advance;
mod asked;
mod bits;
mod deduped;
mod error;
mod exotic;
mod grow;
mod locked;
mod optional;
mod options;
mod output;
mod peers;
mod pick;
mod plain;
mod record;
mod resolver;
mod single;
mod specifier;
mod step;
#[cfg(test)]
mod tests;
mod warning;

use pkg_lockfile::Lockfile;

pub use asked::Asked;
pub use error::{Chain, Failure, ResolveError};
pub use options::{PeerIssues, Project, Registries, ResolveOptions, Update};
pub use resolver::Resolver;
pub use single::pick_single;
pub use step::{Answer, Detail, Need, Picked, Step};
pub use warning::Warning;

/// What a resolution ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub lockfile: Lockfile,
    /// What a user should know, in order, each once.
    pub warnings: Vec<Warning>,
}
