//! `verify`: what stands in the project is held against its lockfile and the store, file by file, by hash.
//!
//! Law: looking changes nothing, not even a time; what is put right loses nothing that somebody made.

mod aside;
mod built;
mod error;
mod fix;
mod report;
mod standing;

use std::path::Path;

use pkg_linker::{CheckOptions, Entry, Owner, TreeCheck, check_tree};
use pkg_lockfile::PackageId;
use pkg_store::{Store, StoredFile};

pub use self::{
    error::VerifyError,
    fix::{Fixed, fix},
    report::{PackageDifferences, StoreDamage, Unchecked, UncheckedReason, VerifyReport},
};
use self::{
    report::group,
    standing::{Site, Standing},
};
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
    check(&store, &standing)
}

/// Holds all that stands there against what should.
fn check(store: &Store, standing: &Standing) -> Result<VerifyReport, VerifyError> {
    let mut all = TreeCheck::default();
    for (index, site) in standing.sites.iter().enumerate() {
        let mut found = check_site(store, standing, site)?;
        if index == 0 {
            found
                .differences
                .retain(|difference| !standing.built.explains(difference));
        }
        for difference in &mut found.differences {
            if index > 0 {
                // It is not the project's own: it is named in full.
                difference.path = site.root.join(&difference.path);
            } else if let Some(id) = linked_package(&standing.sites, &difference.path) {
                difference.owner = Owner::Package(id);
            }
        }
        all.differences.append(&mut found.differences);
        all.damaged_in_store.append(&mut found.damaged_in_store);
        all.counts.add(found.counts);
    }
    all.differences.sort();
    all.damaged_in_store
        .sort_by(|left, right| (&left.0, &left.1.path).cmp(&(&right.0, &right.1.path)));
    all.damaged_in_store.dedup();
    Ok(VerifyReport {
        layout: standing.shape.layout,
        counts: all.counts,
        packages: group(all.differences, all.damaged_in_store),
        unchecked: standing.unchecked.clone(),
    })
}

/// The package that a link of the project should lead to, where that stands outside of the project.
fn linked_package(sites: &[Site], link: &Path) -> Option<PackageId> {
    let (project, others) = sites.split_first()?;
    let Some(Entry::Symlink { target }) = project.tree.get(link.to_str()?) else {
        return None;
    };
    others.iter().find_map(|site| {
        let inside = Path::new(target).strip_prefix(&site.root).ok()?;
        match site.tree.get(inside.to_str()?)? {
            Entry::Package { snapshot, .. } => Some(snapshot.id().clone()),
            Entry::Archive { .. }
            | Entry::Symlink { .. }
            | Entry::Bin { .. }
            | Entry::File { .. } => None,
        }
    })
}

fn check_site(store: &Store, standing: &Standing, site: &Site) -> Result<TreeCheck, VerifyError> {
    let options = CheckOptions {
        root: &site.root,
        store,
        packages: &|id| standing.packages.get(id).cloned(),
    };
    let mut found = check_tree(&site.tree, &options)?;
    let in_store = |(id, _): &(PackageId, StoredFile)| !standing.copied.contains(id);
    found.damaged_in_store.retain(in_store);
    Ok(found)
}
