//! The resolved graph and its file format: `pkg.lock`. The graph is the file; there is no second
//! in-memory form. Text in, text out: no disk.

mod check;
mod diff;
mod error;
mod extra;
mod graph;
mod intern;
mod key;
mod merge;
mod parse;
mod path;
mod print;
mod reader;
mod select;
#[cfg(test)]
mod tests;

pub use check::{Difference, Group, Outdated, Wanted};
pub use diff::{Direct, DirectChange, LockfileDiff};
pub use error::{LockfileError, MissingEntry, Position};
pub use extra::Extra;
pub use graph::{
    DependencyRef, Importer, ImporterDependency, Lockfile, Package, Resolution, Snapshot,
};
pub use key::{ImporterId, KeyError, PackageId, SnapshotKey};
pub use select::Groups;
