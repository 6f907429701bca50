//! Removing what an earlier run put in place and this one does not want.

use std::collections::BTreeSet;

use pkg_fs::{FsError, read_symlink, remove_file_if_exists};
use pkg_manifest::RelativePath;
use rustc_hash::FxHashMap;

use crate::apply::ApplyOptions;
use crate::apply::site::{MODULES, Site, is_folder, modules_root};
use crate::record::{Kind, Recorded, TreeRecord};
use crate::tree::Tree;
use crate::verify::is_what_was_put;

/// The largest file of ours that is compared.
pub(crate) const MAX_FILE: u64 = 64 * 1024 * 1024;

/// What is to go: only what the record lists, and only while it still is what the record says.
pub(crate) struct Removal<'a> {
    unwanted: Vec<&'a (RelativePath, Recorded)>,
    /// Folders that were looked at: whether they, and all above them, are folders and no links.
    real: FxHashMap<String, bool>,
}

/// How much was removed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Removed {
    /// Packages, links, commands and files.
    pub(crate) entries: usize,
    /// Packages alone.
    pub(crate) packages: usize,
}

impl<'a> Removal<'a> {
    pub(crate) fn new(tree: &Tree, options: &ApplyOptions<'a>) -> Self {
        let listed = options
            .previous
            .into_iter()
            .flat_map(|record| &record.entries);
        let mut wanted = tree.entries.iter().map(|(path, _)| path).peekable();
        let unwanted = listed.filter(|(path, _)| {
            while wanted.next_if(|wanted| *wanted < path).is_some() {}
            wanted.peek() != Some(&path)
        });
        Self {
            unwanted: unwanted.collect(),
            real: FxHashMap::default(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unwanted.is_empty()
    }

    /// Removes, deepest first, and then the folders that are empty; tells what is gone.
    pub(crate) fn run(mut self, site: &Site<'_>) -> Result<Removed, FsError> {
        let mut folders = BTreeSet::new();
        let mut removed = Removed::default();
        for (path, recorded) in std::mem::take(&mut self.unwanted).into_iter().rev() {
            let parent = path.parent();
            let folder = parent.as_ref().map_or("", RelativePath::as_str);
            if self.is_real(site, folder)? {
                let count = usize::from(remove(site, path, recorded)?);
                removed.entries += count;
                if recorded.kind == Kind::Package {
                    removed.packages += count;
                }
                folders.extend(parent);
            }
        }
        for folder in folders.into_iter().rev() {
            remove_empty(site, folder);
        }
        Ok(removed)
    }

    fn is_real(&mut self, site: &Site<'_>, folder: &str) -> Result<bool, FsError> {
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

fn remove(site: &Site<'_>, path: &RelativePath, recorded: &Recorded) -> Result<bool, FsError> {
    let place = path.below(site.options.root);
    if is_what_was_put(&place, recorded)? {
        return match recorded.kind {
            Kind::Package => site.throw_away(path.as_str()).map(|()| true),
            Kind::Symlink | Kind::Bin | Kind::File => remove_file_if_exists(&place),
        };
    }
    if recorded.kind == Kind::File {
        // Whatever somebody made of it is kept, but not where it would still be found.
        return site.clear(path.as_str()).map(|()| true);
    }
    // A run that had not ended may have put another link there than the one that is listed.
    let is_unfinished = site.options.previous.is_some_and(TreeRecord::is_unfinished);
    if is_unfinished && read_symlink(&place)?.is_some() {
        return remove_file_if_exists(&place);
    }
    Ok(false)
}

/// Removes a folder and those above it as long as they are empty: up to `node_modules`, which stays, or `.pkg`.
fn remove_empty(site: &Site<'_>, folder: RelativePath) {
    let root = modules_root(&folder).to_owned();
    let mut next = Some(folder);
    while let Some(folder) = next.filter(|folder| folder.as_str().len() >= root.len()) {
        let is_root = folder.as_str() == root;
        // Whatever is not empty stays, and so does all above it.
        if is_root && folder.file_name() == MODULES
            || std::fs::remove_dir(folder.below(site.options.root)).is_err()
        {
            return;
        }
        next = folder.parent().filter(|_| !is_root);
    }
}
