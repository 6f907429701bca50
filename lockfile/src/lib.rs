//! The resolved graph and its file format: `pkg.lock`. The graph is the file; there is no second
//! in-memory form. Text in, text out: no disk.
//!
//! Laws, each of them a test: what was printed is parsed to an equal graph; an equal graph has equal
//! bytes; entries stand one a line, sorted by bytes; no edge of a parsed lockfile leads nowhere, no
//! package of it lacks a strong hash, and no name, version, path or address in it leads out of its
//! place; fields that a newer minor version wrote are kept.
//!
//! Besides importers, packages and snapshots it holds `settings` where they are not the defaults. An optional
//! dependency that could not be had is `["specifier"]`, without a target; `peers` of an importer are those that
//! were installed for what is below it, which its own dependencies do not show.
//!
//! ```
//! use pkg_lockfile::{Groups, Lockfile};
//!
//! let text = r#"{
//! "lockfileVersion": 1,
//! "importers": {
//! ".": {"dependencies":{"here":["link:here","link:here"]}}
//! },
//! "packages": {},
//! "snapshots": {}
//! }
//! "#;
//! let lockfile = Lockfile::parse(text)?;
//! assert!(lockfile.select(Groups::PROD).is_empty());
//! assert_eq!(lockfile.to_text(), text);
//! # Ok::<(), pkg_lockfile::LockfileError>(())
//! ```

mod ahead;
mod check;
mod diff;
mod error;
mod extra;
mod graph;
mod intern;
mod key;
mod merge;
mod moves;
mod parse;
mod path;
mod print;
mod reader;
mod salvage;
mod select;
#[cfg(test)]
mod tests;

pub use check::{Difference, Group, Outdated, SettingDifference, Wanted};
pub use diff::{Direct, DirectChange, LockfileDiff};
pub use error::{LockfileError, MissingEntry, Position};
pub use extra::Extra;
pub use graph::{
    DependencyRef, Importer, ImporterDependency, LockedSettings, Lockfile, Package, Resolution,
    Snapshot,
};
pub use key::{ImporterId, KeyError, PackageId, SnapshotKey};
pub use moves::Move;
pub use path::normalized_path;
pub use select::Groups;
