//! The resolved graph and its file format: `pkg.lock`. The graph is the file; there is no second
//! in-memory form. Text in, text out: no disk.

mod graph;
mod key;

pub use graph::{
    DependencyRef, Importer, ImporterDependency, Lockfile, Package, Resolution, Snapshot,
};
pub use key::{ImporterId, KeyError, PackageId, SnapshotKey};
