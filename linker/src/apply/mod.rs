//! A tree is put in place: what changed is made, what is no longer wanted goes, and nothing else is touched.
//!
//! The unit of work is one folder of the virtual store, so that threads do not meet in a folder. A package that is new
//! is written where it belongs, its `package.json` last; one that replaces another is built aside and moved in.

mod archive;
mod bin;
mod package;
mod path_buffer;
mod removal;
#[cfg(test)]
mod repair_tests;
mod salvage;
#[cfg(test)]
mod salvage_tests;
mod site;
#[cfg(test)]
pub(crate) mod test_site;
#[cfg(test)]
mod tests;
mod unit;

use std::path::Path;
use std::sync::Arc;

use pkg_fs::Preference;
use pkg_lockfile::PackageId;
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, Store};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rustc_hash::FxHashSet;

use crate::error::LinkError;
use crate::record::{Recorded, TreeRecord};
use crate::relative::is_inside;
use crate::report::{LinkEvent, LinkReport};
use crate::tree::{Entry, Tree};

pub(crate) use archive::{archive_of, is_archive};
pub(crate) use bin::{BinSources, MAX_SHIM, SHIM_MODE, bin_form_of, form_of_file, is_our_shim};
pub(crate) use package::{Filler, PackageState};
pub(crate) use path_buffer::PathBuffer;
pub(crate) use removal::MAX_FILE;
pub(crate) use site::{FOLDER_MODE, is_folder};

use removal::Removal;
use salvage::claims;
use site::Site;
use unit::{Outcome, run_unit, unit_of};

/// Where a tree is put in place, and from what.
#[derive(Clone, Copy)]
pub struct ApplyOptions<'a> {
    /// The folder of the root project.
    pub root: &'a Path,
    /// Where the files come from.
    pub store: &'a Store,
    /// The files of a package; asked from several threads, and only for packages that changed.
    pub packages: &'a (dyn Fn(&PackageId) -> Option<Arc<PackageFiles>> + Sync),
    /// How the files of a package are placed: those that scripts or users will change must be separate.
    pub preference: &'a (dyn Fn(&PackageId) -> Preference + Sync),
    /// What an earlier run put in place. Without it everything is looked at, and nothing is removed.
    pub previous: Option<&'a TreeRecord>,
    /// Who deletes what was moved out of the way.
    pub trash: Trash,
}

/// Where the run moves what is to be deleted, from the project's root.
pub const TRASH: &str = "node_modules/.pkg/trash";

/// What becomes of the folders that a run moved to [`TRASH`]: there are as many files in them as in what they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trash {
    /// The run deletes them before it ends.
    Empty,
    /// The caller deletes them, when nobody waits for it.
    Keep,
}

/// Puts a tree in place.
///
/// Before it, the caller replaces the record on disk by [`TreeRecord::unfinished`], and after it by that of the report:
/// then a run that is interrupted, or fails, is repaired by the next one.
///
/// # Errors
/// [`LinkError::StoreDamaged`] names all packages that must be fetched again; everything else is then in place.
pub fn apply(
    tree: &Tree,
    options: &ApplyOptions<'_>,
    on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
) -> Result<LinkReport, LinkError> {
    let changes = changes(tree, options);
    let mut removal = Removal::new(tree, options);
    let is_package = |change: &&Change<'_>| matches!(change.entry, Entry::Package { .. });
    let packages = changes.iter().filter(is_package).count();
    on_event(LinkEvent::Started {
        packages,
        changes: changes.len() + removal.len(),
    });
    let site = Site::new(options);
    if !changes.is_empty() || removal.len() > 0 {
        site.prepare(changes.iter().map(|change| change.path))?;
    }
    let salvaged = removal.salvage(&site, &claims(&removal, &changes, options))?;
    let units: Vec<&[Change<'_>]> = changes
        .chunk_by(|left, right| left.unit == right.unit)
        .collect();
    let outcomes: Vec<Outcome> = units
        .par_iter()
        .map(|unit| run_unit(&site, unit, &salvaged, on_event))
        .collect();
    let mut report = collect(outcomes, tree, &changes, options)?;
    let removed = removal.run(&site)?;
    report.moved = salvaged.len();
    report.removed = removed.entries;
    report.removed_packages = removed.packages;
    if options.trash == Trash::Empty {
        site.empty_trash()?;
    }
    report.moved_aside = site.into_moved_aside();
    Ok(report)
}

/// An entry that is not known to be in place.
struct Change<'a> {
    /// Where it is among the entries of the tree.
    index: usize,
    /// What is put in place by one thread.
    unit: &'a str,
    path: &'a RelativePath,
    entry: &'a Entry,
}

fn changes<'a>(tree: &'a Tree, options: &ApplyOptions<'_>) -> Vec<Change<'a>> {
    let mut replaced: FxHashSet<&str> = FxHashSet::default();
    let mut changes = Vec::new();
    for (index, (path, entry)) in tree.entries.iter().enumerate() {
        if is_in_place(path, entry, options) && !is_inside(path.as_str(), &replaced) {
            continue;
        }
        if matches!(entry, Entry::Package { .. }) {
            replaced.insert(path.as_str());
        }
        let unit = unit_of(path, entry);
        changes.push(Change {
            index,
            unit,
            path,
            entry,
        });
    }
    // A package comes before what lies in it, but `a-b` may stand between `a` and `a/node_modules`.
    changes.sort_by_key(|change| change.unit);
    changes
}

fn is_in_place(path: &RelativePath, entry: &Entry, options: &ApplyOptions<'_>) -> bool {
    let Some(recorded) = trusted(options).and_then(|record| record.get(path)) else {
        return false;
    };
    match entry {
        Entry::Package {
            snapshot,
            integrity: None,
        } => {
            let files = (options.packages)(snapshot.id());
            let index = files.map(|files| files.integrity.to_string());
            recorded.is_of(entry) && recorded.index() == index.as_deref()
        }
        Entry::Package { .. }
        | Entry::Archive { .. }
        | Entry::Symlink { .. }
        | Entry::Bin { .. }
        | Entry::File { .. } => recorded.is_of(entry),
    }
}

/// The record of an earlier run that had ended.
fn trusted<'a>(options: &ApplyOptions<'a>) -> Option<&'a TreeRecord> {
    options.previous.filter(|record| !record.is_unfinished())
}

fn collect(
    outcomes: Vec<Outcome>,
    tree: &Tree,
    changes: &[Change<'_>],
    options: &ApplyOptions<'_>,
) -> Result<LinkReport, LinkError> {
    let mut report = LinkReport::default();
    let (mut damaged, mut missing) = (Vec::new(), Vec::new());
    let mut indexes = rustc_hash::FxHashMap::default();
    for outcome in outcomes {
        if let Some(error) = outcome.error {
            return Err(error);
        }
        damaged.extend(outcome.damaged);
        missing.extend(outcome.missing);
        report.packages += outcome.indexes.len();
        report.links += outcome.links;
        report.placed.add(outcome.placed);
        indexes.extend(outcome.indexes);
    }
    for packages in [&mut damaged, &mut missing] {
        packages.sort();
        packages.dedup();
    }
    if !missing.is_empty() {
        return Err(LinkError::NotFetched { packages: missing });
    }
    if !damaged.is_empty() {
        return Err(LinkError::StoreDamaged { packages: damaged });
    }
    let changed: FxHashSet<usize> = changes.iter().map(|change| change.index).collect();
    let record = |(index, (path, entry)): (usize, &(RelativePath, Entry))| {
        let kept = trusted(options).and_then(|record| record.get(path));
        let recorded = match kept.filter(|_| !changed.contains(&index)) {
            Some(kept) => kept.clone(),
            None => completed(entry, indexes.get(&index).map(String::as_str)),
        };
        (path.clone(), recorded)
    };
    report.record.entries = tree.entries.iter().enumerate().map(record).collect();
    Ok(report)
}

/// The record of an entry, with the index that a package came from.
fn completed(entry: &Entry, index: Option<&str>) -> Recorded {
    let mut recorded = Recorded::of(entry);
    if let Some(index) = index {
        recorded.text = format!("{} {index}", recorded.text).into();
    }
    recorded
}
