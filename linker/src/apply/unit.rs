//! One unit of work: everything in one folder of the virtual store, or in one folder of links.

use std::path::Path;

use pkg_fs::{
    FileKind, FsError, create_symlink, make_temporary, read_regular_file, read_symlink,
    remove_file_if_exists, rename, replace_symlink, stat_link_if_exists, write_new,
};
use pkg_lockfile::PackageId;
use pkg_manifest::RelativePath;
use rustc_hash::FxHashSet;

use crate::apply::Change;
use crate::apply::archive::put_archive;
use crate::apply::bin::put_bin;
use crate::apply::package::{PackageState, put_package, put_salvaged};
use crate::apply::removal::MAX_FILE;
use crate::apply::salvage::Salvaged;
use crate::apply::site::{OWN_FOLDER, Site, modules_root};
use crate::error::LinkError;
use crate::isolated::VIRTUAL_STORE;
use crate::report::{LinkEvent, PlacedCounts};
use crate::tree::Entry;

/// What a unit did, and what kept it from doing all.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Entries of packages that are now in place, with the hashes of their indexes.
    pub(crate) indexes: Vec<(usize, String)>,
    pub(crate) links: usize,
    pub(crate) placed: PlacedCounts,
    pub(crate) damaged: Vec<PackageId>,
    pub(crate) missing: Vec<PackageId>,
    pub(crate) error: Option<LinkError>,
}

/// Names the unit of an entry: a folder of the virtual store, a package with all that lies in it, or a folder of links.
pub(crate) fn unit_of<'a>(path: &'a RelativePath, entry: &Entry) -> &'a str {
    let text = path.as_str();
    let inside = text
        .strip_prefix(VIRTUAL_STORE)
        .and_then(|rest| rest.strip_prefix('/'));
    if let Some(slot) = inside.and_then(|inside| inside.split('/').next()) {
        return match slot {
            "node_modules" => parent(text),
            slot => &text[..VIRTUAL_STORE.len() + 1 + slot.len()],
        };
    }
    let root = modules_root(path);
    if root == OWN_FOLDER {
        let end = text.match_indices('/').nth(2);
        return &text[..end.map_or(text.len(), |(end, _)| end)];
    }
    let rest = &text[root.len()..];
    if !matches!(entry, Entry::Package { .. }) && !rest.contains("/node_modules/") {
        return parent(text);
    }
    let components = if rest.starts_with("/@") { 2 } else { 1 };
    let end = rest.match_indices('/').nth(components);
    &text[..root.len() + end.map_or(rest.len(), |(end, _)| end)]
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Puts all entries of a unit in place.
pub(crate) fn run_unit<'a>(
    site: &Site<'_>,
    changes: &[Change<'a>],
    salvaged: &Salvaged,
    on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
) -> Outcome {
    let mut unit = Unit {
        site,
        salvaged,
        made: FxHashSet::default(),
        outcome: Outcome::default(),
    };
    for change in changes {
        if site.is_stopped() {
            break;
        }
        if let Err(error) = unit.put(change, on_event) {
            site.stop();
            unit.outcome.error = Some(error);
            break;
        }
    }
    unit.outcome
}

struct Unit<'s, 'a> {
    site: &'s Site<'s>,
    salvaged: &'s Salvaged,
    /// Folders that are known to be there.
    made: FxHashSet<&'a str>,
    outcome: Outcome,
}

impl<'a> Unit<'_, 'a> {
    fn put(
        &mut self,
        change: &Change<'a>,
        on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
    ) -> Result<(), LinkError> {
        let path = change.path;
        self.make_folders(parent(path.as_str()), modules_root(path))?;
        match change.entry {
            Entry::Package { snapshot, .. } | Entry::Archive { snapshot, .. } => {
                self.put_package(change, snapshot.id(), on_event)?;
            }
            Entry::Symlink { target } => {
                self.outcome.links += usize::from(put_symlink(self.site, path, target)?);
            }
            Entry::Bin {
                target,
                owner,
                path: file,
            } => {
                self.outcome.links += usize::from(put_bin(self.site, path, target, (owner, file))?);
            }
            Entry::File {
                bytes,
                is_executable,
                ..
            } => {
                let mode = if *is_executable { 0o755 } else { 0o644 };
                self.outcome.links += usize::from(put_file(self.site, path, bytes, mode)?);
            }
        }
        Ok(())
    }

    /// Makes the folders above an entry, parents first, each once.
    fn make_folders(&mut self, folder: &'a str, root: &str) -> Result<(), FsError> {
        if folder.len() <= root.len() || folder == VIRTUAL_STORE || self.made.contains(folder) {
            return Ok(());
        }
        self.make_folders(parent(folder), root)?;
        self.site.make_folder(folder)?;
        self.made.insert(folder);
        Ok(())
    }

    fn put_package(
        &mut self,
        change: &Change<'_>,
        id: &PackageId,
        on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
    ) -> Result<(), LinkError> {
        let Some(files) = (self.site.options.packages)(id) else {
            self.outcome.missing.push(id.clone());
            return Ok(());
        };
        if let Some(folder) = self.salvaged.get(&change.index) {
            put_salvaged(self.site, change.path, folder)?;
            let index = files.integrity.to_string();
            self.outcome.indexes.push((change.index, index));
            let files = files.files.len();
            on_event(LinkEvent::Package { id, files });
            return Ok(());
        }
        let preference = (self.site.options.preference)(id);
        let placed = &mut self.outcome.placed;
        let put = match change.entry {
            Entry::Archive { .. } => put_archive(self.site, change.path, id.name(), &files)?,
            _ => put_package(self.site, change.path, &files, (preference, placed))?,
        };
        match put {
            PackageState::InPlace => {
                let index = files.integrity.to_string();
                self.outcome.indexes.push((change.index, index));
                let files = files.files.len();
                on_event(LinkEvent::Package { id, files });
            }
            PackageState::Damaged => self.outcome.damaged.push(id.clone()),
        }
        Ok(())
    }
}

/// Makes sure that a file is there; tells whether it had to be written. What somebody else wrote there is kept aside.
fn put_file(
    site: &Site<'_>,
    path: &RelativePath,
    bytes: &[u8],
    mode: u32,
) -> Result<bool, FsError> {
    let place = path.below(site.options.root);
    let found = stat_link_if_exists(&place)?;
    if found.is_some_and(|found| found.kind == FileKind::File) {
        let text = read_regular_file(&place, MAX_FILE);
        if text.is_ok_and(|text| text == bytes) {
            return Ok(false);
        }
    }
    if found.is_some() && !site.is_ours(path.as_str())? {
        site.clear(path.as_str())?;
    }
    replace_file(&place, bytes, mode).map(|()| true)
}

/// Writes a file that any run can make again: in one step, but without waiting for the disk. After a loss of power it
/// may be torn, which the next run finds out.
pub(crate) fn replace_file(place: &Path, bytes: &[u8], mode: u32) -> Result<(), FsError> {
    let new = place.with_file_name(format!(".pkg-{}.tmp", pkg_fs::unique_name()));
    make_temporary(new.clone(), |new| write_new(new, bytes, mode))?;
    rename(&new, place).inspect_err(|_| {
        // What is left of it is in nobody's way.
        remove_file_if_exists(&new).unwrap_or_default();
    })
}

/// Makes sure that a link is there; tells whether anything had to change.
pub(crate) fn put_symlink(
    site: &Site<'_>,
    path: &RelativePath,
    target: &str,
) -> Result<bool, FsError> {
    let (link, target) = (path.below(site.options.root), target.as_ref());
    match create_symlink(target, &link) {
        Ok(()) => return Ok(true),
        Err(error) if error.is_already_exists() => {}
        Err(error) => return Err(error),
    }
    match read_symlink(&link)? {
        Some(text) if text == target => Ok(false),
        Some(_) => replace_symlink(target, &link).map(|()| true),
        None => {
            site.clear(path.as_str())?;
            create_symlink(target, &link).map(|()| true)
        }
    }
}
