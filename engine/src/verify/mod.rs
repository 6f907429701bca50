//! `verify`: what stands in the project is held against its lockfile and the store, file by file, by hash.
//!
//! Law: looking changes nothing, not even a time; what is put right loses nothing that somebody made.

mod aside;
mod error;
mod fix;
mod report;
mod standing;

use pkg_linker::{CheckOptions, check_tree};
use pkg_lockfile::PackageId;
use pkg_store::{Store, StoredFile};

pub use self::{
    error::VerifyError,
    fix::{Fixed, fix},
    report::{PackageDifferences, StoreDamage, Unchecked, UncheckedReason, VerifyReport},
};
use self::{report::group, standing::Standing};
use crate::{Host, LoadedSettings, Project};

/// Holds the tree of a project against its lockfile and the store.
///
/// The layout and the groups of dependencies are those that stand there, whatever the settings say. Blocks, and uses all
/// processors.
///
/// # Errors
/// See [`VerifyError`]. What is wrong with the tree is no error but the report.
pub fn verify(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
) -> Result<VerifyReport, VerifyError> {
    let store = Store::open(&settings.locations.store)?;
    let standing = Standing::find(project, settings, host, &store)?;
    check(project, &store, &standing)
}

/// Holds the tree against what should stand there.
fn check(
    project: &Project,
    store: &Store,
    standing: &Standing,
) -> Result<VerifyReport, VerifyError> {
    let options = CheckOptions {
        root: &project.root,
        store,
        packages: &|id| standing.packages.get(id).cloned(),
    };
    let mut found = check_tree(&standing.tree, &options)?;
    let in_store = |(id, _): &(PackageId, StoredFile)| !standing.copied.contains(id);
    found.damaged_in_store.retain(in_store);
    Ok(VerifyReport {
        layout: standing.shape.layout,
        counts: found.counts,
        packages: group(found.differences, found.damaged_in_store),
        unchecked: standing.unchecked.clone(),
    })
}
