//! What lies in a slot: the files of its package, links to other slots, and the commands of those.

use std::sync::Arc;

use pkg_fs::FsError;
use pkg_lockfile::{DependencyRef, PackageId, SnapshotKey};
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, Store};

use crate::apply::form_of_file;
use crate::bins::plan_bins;
use crate::error::{LinkError, PlanError};
use crate::isolated::candidate;
use crate::relative::link_text;
use crate::shared::make::SlotOptions;
use crate::shared::slot::Slot;
use crate::shim::{BinForm, shim_text};
use crate::tree::{BinFolder, BinOwner, Entry, Reach, Tree};

/// The file whose SHA-256 is the slot's key, beside the slot's `node_modules`.
pub(crate) const CLOSURE_FILE: &str = "closure";
const MODULES: &str = "node_modules";

/// Something in a slot that is not a file of the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// A link with this text.
    Link(String),
    /// An executable file with this text.
    Script(String),
}

/// All that lies in a slot, but for the text of its closure.
#[derive(Debug)]
pub(crate) struct SlotContents {
    pub(crate) files: Arc<PackageFiles>,
    /// Sorted by path, from the slot's folder.
    pub(crate) items: Vec<(RelativePath, Item)>,
}

impl SlotContents {
    /// Finds out what is to lie in a slot; or which packages must be fetched before that is known.
    pub(crate) fn of(
        slot: &Slot,
        options: &SlotOptions<'_>,
    ) -> Result<Result<Self, Vec<PackageId>>, LinkError> {
        let known = |id: &&PackageId| (options.packages)(id).is_none();
        let missing: Vec<PackageId> = slot.packages().filter(known).cloned().collect();
        let Some(files) = (options.packages)(&slot.id).filter(|_| missing.is_empty()) else {
            return Ok(Err(missing));
        };
        let items = items(slot, &files, options)?;
        Ok(Ok(Self { files, items }))
    }
}

fn items(
    slot: &Slot,
    files: &PackageFiles,
    options: &SlotOptions<'_>,
) -> Result<Vec<(RelativePath, Item)>, LinkError> {
    let lookup = |owner: &BinOwner| match owner {
        BinOwner::Package(id) => (options.packages)(id)
            .map(|files| {
                files
                    .bins
                    .iter()
                    .map(|bin| (bin.name.clone(), bin.path.clone()))
                    .collect()
            })
            .unwrap_or_default(),
        BinOwner::Folder(_) => Vec::new(),
    };
    let mut tree = Tree::default();
    let entries = links(slot, "", &mut tree.bin_folders)?;
    tree.extend(entries)?;
    // Who wins a command in the folder of a package is its publisher's concern: nobody is warned.
    let (tree, _) = plan_bins(tree, &lookup)?;
    let mut items = Vec::with_capacity(tree.entries.len());
    for (path, entry) in tree.entries {
        // What a package brings along stays: its own commands, where it has some.
        let inside = path
            .as_str()
            .strip_prefix(&format!("{MODULES}/{}/", slot.name.package()));
        if inside.is_some_and(|inside| files.file(inside).is_some()) {
            continue;
        }
        if let Some(item) = item(entry, options)? {
            items.push((path, item));
        }
    }
    Ok(items)
}

/// The links of a slot, and the folder for their commands; `before` is the way to the slot from wherever the tree begins.
pub(crate) fn links(
    slot: &Slot,
    before: &str,
    bin_folders: &mut Vec<BinFolder>,
) -> Result<Vec<(RelativePath, Entry)>, PlanError> {
    let mut entries = Vec::with_capacity(slot.links.len());
    let mut candidates = Vec::with_capacity(slot.links.len());
    let modules = format!("{before}{MODULES}");
    for link in &slot.links {
        let text = format!("{MODULES}/{}", link.alias);
        let folder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
        let from = format!("{}/{folder}", slot.name);
        let target = link_text(&from, &link.slot.package_folder());
        let path = path_of(&format!("{before}{text}"))?;
        entries.push((path, Entry::Symlink { target }));
        let owner = DependencyRef::Snapshot(SnapshotKey::new(link.id.clone(), ""));
        candidates.push(candidate(&modules, &link.alias, &owner, Reach::Declared));
    }
    if !candidates.is_empty() {
        bin_folders.push(BinFolder {
            path: format!("{modules}/{}/{MODULES}/.bin", slot.name.package()),
            candidates,
        });
    }
    Ok(entries)
}

/// Plans what stands in slots, from the folder of the shared virtual store.
///
/// # Errors
/// [`PlanError`] when something has no place of its own.
pub fn links_tree(slots: &[&Slot]) -> Result<Tree, PlanError> {
    let mut tree = Tree::default();
    let mut entries = Vec::with_capacity(slots.len() * 4);
    for slot in slots {
        let package = Entry::Package {
            snapshot: SnapshotKey::new(slot.id.clone(), ""),
            integrity: Some(slot.integrity.clone()),
        };
        entries.push((path_of(&slot.name.package_folder())?, package));
        let bytes = slot.closure().into_bytes();
        let closure = path_of(&format!("{}/{CLOSURE_FILE}", slot.name))?;
        entries.push((closure, Entry::file(bytes, false)));
        let before = format!("{}/", slot.name);
        entries.extend(links(slot, &before, &mut tree.bin_folders)?);
    }
    tree.extend(entries)?;
    Ok(tree)
}

fn path_of(text: &str) -> Result<RelativePath, PlanError> {
    text.parse().map_err(|source| PlanError::Path {
        what: text.to_owned(),
        source,
    })
}

fn item(entry: Entry, options: &SlotOptions<'_>) -> Result<Option<Item>, FsError> {
    Ok(match entry {
        Entry::Symlink { target } => Some(Item::Link(target)),
        Entry::Bin {
            target,
            owner: BinOwner::Package(id),
            path,
        } => {
            let files = (options.packages)(&id);
            let form = match &files {
                Some(files) => form(options.store, files, &path)?,
                None => BinForm::Link,
            };
            Some(match form {
                BinForm::Link => Item::Link(target),
                BinForm::Shim(words) => Item::Script(shim_text(&words, &target)),
            })
        }
        Entry::Bin { .. } | Entry::Package { .. } | Entry::Archive { .. } | Entry::File { .. } => {
            None
        }
    })
}

fn form(store: &Store, files: &PackageFiles, path: &RelativePath) -> Result<BinForm, FsError> {
    match files.file(path.as_str()) {
        Some(stored) => form_of_file(&store.path(stored), path.file_name(), stored.executable),
        None => Ok(BinForm::Link),
    }
}
