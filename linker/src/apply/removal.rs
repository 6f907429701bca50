//! Removing what an earlier run put in place and this one does not want.

use std::collections::BTreeSet;

use pkg_fs::{FsError, read_symlink, remove_file_if_exists};
use pkg_manifest::RelativePath;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::apply::ApplyOptions;
use crate::apply::site::{OWN_FOLDER, Site, is_folder, modules_root};
use crate::isolated::VIRTUAL_STORE;
use crate::record::{Kind, Recorded, TreeRecord};
use crate::relative::is_inside;
use crate::tree::Tree;
use crate::verify::is_what_was_put;

/// The largest file of ours that is compared.
pub(crate) const MAX_FILE: u64 = 64 * 1024 * 1024;

/// An entry of the record.
pub(crate) type Listed<'a> = (&'a RelativePath, &'a Recorded);

/// What is to go: only what the record lists, and only while it still is what the record says.
pub(crate) struct Removal<'a> {
    pub(crate) unwanted: Vec<Listed<'a>>,
    /// Packages where something else is wanted, and what lies in their folders: whatever comes there takes them away.
    pub(crate) replaced: Vec<Listed<'a>>,
    /// Folders of the virtual store in which nothing is wanted.
    dead_slots: BTreeSet<String>,
    /// Folders that something was taken out of.
    pub(crate) emptied: BTreeSet<RelativePath>,
    /// Folders that were looked at: whether they, and all above them, are folders and no links.
    real: FxHashMap<String, bool>,
    pub(crate) removed: Removed,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Removed {
    /// Packages, links, commands and files.
    pub(crate) entries: usize,
    /// Packages alone.
    pub(crate) packages: usize,
}

impl Removed {
    pub(crate) fn count(&mut self, kind: Kind, count: usize) {
        self.entries += count;
        if kind == Kind::Package {
            self.packages += count;
        }
    }
}

impl<'a> Removal<'a> {
    pub(crate) fn new(tree: &Tree, options: &ApplyOptions<'a>) -> Self {
        let listed = options
            .previous
            .into_iter()
            .flat_map(|record| &record.entries);
        let mut wanted = tree.entries.iter().peekable();
        let (mut unwanted, mut replaced) = (Vec::new(), Vec::new());
        let mut folders = FxHashSet::default();
        for (path, recorded) in listed {
            while wanted.next_if(|(wanted, _)| wanted < path).is_some() {}
            let Some((_, entry)) = wanted.peek().filter(|(wanted, _)| wanted == path) else {
                unwanted.push((path, recorded));
                continue;
            };
            let is_replaced = recorded.kind == Kind::Package && !recorded.is_of(entry);
            if is_replaced || is_inside(path.as_str(), &folders) {
                folders.insert(path.as_str());
                replaced.push((path, recorded));
            }
        }
        Self {
            dead_slots: dead_slots(&unwanted, tree),
            unwanted,
            replaced,
            emptied: BTreeSet::new(),
            real: FxHashMap::default(),
            removed: Removed::default(),
        }
    }

    /// Whether a path lies in a folder of the virtual store in which nothing is wanted.
    pub(crate) fn is_in_dead_slot(&self, path: &RelativePath) -> bool {
        slot_of(path).is_some_and(|slot| self.dead_slots.contains(slot))
    }

    /// How many entries are to go.
    pub(crate) fn len(&self) -> usize {
        self.unwanted.len()
    }

    /// What will not stay where it is, sorted by path.
    pub(crate) fn leaving(&self) -> Vec<Listed<'a>> {
        let mut leaving = [self.unwanted.as_slice(), &self.replaced].concat();
        leaving.sort_unstable_by_key(|(path, _)| *path);
        leaving
    }

    /// Removes, deepest first, and then the folders that are empty; tells what is gone.
    pub(crate) fn run(mut self, site: &Site<'_>) -> Result<Removed, FsError> {
        let dead_slots = std::mem::take(&mut self.dead_slots);
        for slot in &dead_slots {
            site.throw_away(slot)?;
        }
        let unwanted = std::mem::take(&mut self.unwanted);
        let packages = packages_of(&unwanted);
        for (path, recorded) in unwanted.into_iter().rev() {
            // Folders of packages, and slots, go with all that lies in them.
            if is_inside(path.as_str(), &packages)
                || slot_of(path).is_some_and(|slot| dead_slots.contains(slot))
            {
                self.removed.count(recorded.kind, 1);
                continue;
            }
            // What has no folder above it lies in the project itself.
            let parent = path.parent();
            let is_real = match &parent {
                Some(parent) => self.is_real(site, parent.as_str())?,
                None => true,
            };
            if is_real {
                let count = usize::from(remove(site, path, recorded)?);
                self.removed.count(recorded.kind, count);
                self.emptied.extend(parent);
            }
        }
        for folder in std::mem::take(&mut self.emptied).into_iter().rev() {
            let root = match modules_root(&folder) {
                OWN_FOLDER => String::new(),
                root => root.to_owned(),
            };
            remove_empty(site, folder, &root);
        }
        Ok(self.removed)
    }

    pub(crate) fn is_real(&mut self, site: &Site<'_>, folder: &str) -> Result<bool, FsError> {
        if let Some(known) = self.real.get(folder) {
            return Ok(*known);
        }
        let above = match folder.rsplit_once('/') {
            Some((above, _)) => self.is_real(site, above)?,
            None => true,
        };
        let is_real = above && is_folder(&site.path(folder))?;
        self.real.insert(folder.to_owned(), is_real);
        Ok(is_real)
    }
}

/// The folders of packages among entries.
pub(crate) fn packages_of<'a>(listed: &[Listed<'a>]) -> FxHashSet<&'a str> {
    let packages = listed
        .iter()
        .filter(|(_, recorded)| recorded.kind == Kind::Package);
    packages.map(|(path, _)| path.as_str()).collect()
}

/// The folder of the virtual store that a path lies in.
fn slot_of(path: &RelativePath) -> Option<&str> {
    let text = path.as_str();
    let inside = text.strip_prefix(VIRTUAL_STORE)?.strip_prefix('/')?;
    let slot = inside.split('/').next()?;
    Some(&text[..VIRTUAL_STORE.len() + 1 + slot.len()])
}

/// Those that hold nothing but what is to go: each is moved away in one step.
fn dead_slots(unwanted: &[Listed<'_>], tree: &Tree) -> BTreeSet<String> {
    let mut slots: BTreeSet<&str> = unwanted
        .iter()
        .filter_map(|(path, _)| slot_of(path))
        .collect();
    if !slots.is_empty() {
        for slot in tree.entries.iter().filter_map(|(path, _)| slot_of(path)) {
            slots.remove(slot);
        }
    }
    slots.into_iter().map(str::to_owned).collect()
}

/// Removes one entry; tells whether it was there. A file that somebody has changed is kept aside.
pub(crate) fn remove(
    site: &Site<'_>,
    path: &RelativePath,
    recorded: &Recorded,
) -> Result<bool, FsError> {
    let place = path.below(site.options.root);
    if is_what_was_put(&place, recorded)? {
        return match recorded.kind {
            Kind::Package => site.throw_away(path.as_str()).map(|()| true),
            Kind::Symlink | Kind::Bin | Kind::File | Kind::Archive => remove_file_if_exists(&place),
        };
    }
    // A run that had not ended may have put another link or file there than the one that is listed.
    let is_unfinished = site.options.previous.is_some_and(TreeRecord::is_unfinished);
    let is_link = read_symlink(&place)?.is_some();
    if is_unfinished && (is_link || recorded.kind == Kind::File) {
        return remove_file_if_exists(&place);
    }
    if recorded.kind == Kind::File {
        site.clear(path.as_str())?;
    }
    Ok(false)
}

/// Removes a folder and those above it as long as they are empty, up to `root`, which stays.
pub(crate) fn remove_empty(site: &Site<'_>, folder: RelativePath, root: &str) {
    let mut next = Some(folder);
    while let Some(folder) = next.filter(|folder| folder.as_str().len() > root.len()) {
        // Whatever is not empty stays, and so does all above it.
        if std::fs::remove_dir(folder.below(site.options.root)).is_err() {
            return;
        }
        next = folder.parent();
    }
}
