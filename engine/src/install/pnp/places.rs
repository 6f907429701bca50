//! Where each package is to be: in a slot of the store, in a folder of the project, or in a zip file of it.

use pkg_linker::{
    Located, Place, PnpSelection, Skipped, Slot, Traits, is_native_bin, is_unplugged, missing_slots,
};
use pkg_lockfile::{Lockfile, Package, PackageId, Resolution};
use pkg_store::{PackageFiles, SlotName, SlotSet, StoredBin};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;

use super::{
    super::{
        gather::{Packages, Plan},
        note::{is_noted_ready, noted_slots},
    },
    options::{Look, MapOptions, MapSources},
    read_beginning,
};
use crate::InstallError;

/// What the slots are called of packages that were found out to need no folder in the project.
const PLAIN: &str = "plain";
/// The most that a package's manifest may have, in bytes.
const MANIFEST_LIMIT: u64 = 8 << 20;

/// The packages of a map, and what is known of them before any is read.
pub(super) struct Wanted {
    selection: PnpSelection,
    /// The slots of those that may lie in one.
    slots: FxHashMap<PackageId, Slot>,
    /// Those whose slots are not there.
    missing: FxHashSet<PackageId>,
    /// All of them, in the generation in which they were looked at.
    slot_set: Option<SlotSet>,
    /// Those whose files must be known: sorted.
    unknown: Vec<PackageId>,
}

impl Plan for Wanted {
    fn packages(&self) -> Vec<&PackageId> {
        self.unknown.iter().collect()
    }

    fn skipped(&self) -> &[Skipped] {
        &self.selection.skipped
    }
}

impl Wanted {
    /// Looks at the slots.
    pub(super) fn new(
        sources: &MapSources<'_>,
        lockfile: &Lockfile,
        options: &MapOptions,
    ) -> Result<Self, InstallError> {
        let selection = PnpSelection::new(lockfile, &options.link)?;
        let slots: FxHashMap<PackageId, Slot> = selection
            .packages
            .par_iter()
            .filter_map(|id| {
                let slot = slot(id, lockfile.packages.get(id)?, options)?;
                Some((id.clone(), slot))
            })
            .collect();
        if sources.look == Look::Inside {
            let all = slots.values().map(Slot::name);
            sources.store.doubt_these_slots(all)?;
        }
        let slot_set = match sources.look {
            Look::AtEach => None,
            Look::AsNoted | Look::Inside => {
                sources.store.slot_set(slots.values().map(Slot::name))?
            }
        };
        let missing = missing(sources, &slots, slot_set.as_ref())?;
        let is_unknown = |id: &&PackageId| {
            !slots.contains_key(*id)
                || missing.contains(*id)
                || selection.commanding.binary_search(id).is_ok()
                || lockfile
                    .packages
                    .get(*id)
                    .is_some_and(|package| !package.bundled.is_empty())
        };
        let unknown = selection
            .packages
            .iter()
            .filter(is_unknown)
            .cloned()
            .collect();
        Ok(Self {
            selection,
            slots,
            missing,
            slot_set,
            unknown,
        })
    }

    /// All slots, in the generation in which they were looked at: nothing where nobody is to note them.
    pub(super) fn slot_set(&self) -> Option<&SlotSet> {
        self.slot_set.as_ref()
    }

    /// The packages for this machine: sorted.
    pub(super) fn installed(&self) -> &[PackageId] {
        &self.selection.packages
    }
}

/// The packages whose slots must be made, or made sure of.
fn missing(
    sources: &MapSources<'_>,
    slots: &FxHashMap<PackageId, Slot>,
    set: Option<&SlotSet>,
) -> Result<FxHashSet<PackageId>, InstallError> {
    let (store, root) = (sources.store, &sources.project.root);
    let all: Vec<&Slot> = slots.values().collect();
    let missing = match sources.look {
        Look::Inside => all,
        Look::AsNoted if is_noted_ready(store, root, set)? => {
            // What was found to belong into the project has no slot, and its name among them all.
            let noted = noted_slots(store, root)?;
            let is_other = |slot: &&&Slot| noted.binary_search(slot.name()).is_err();
            let others: Vec<&Slot> = all.iter().filter(is_other).copied().collect();
            missing_slots(store, &others)?
        }
        Look::AsNoted | Look::AtEach => missing_slots(store, &all)?,
    };
    Ok(missing.into_iter().map(|slot| slot.id().clone()).collect())
}

/// Where packages are to be, and which slots are not there yet.
pub(super) struct Places {
    known: FxHashMap<PackageId, Place>,
    missing: Vec<Slot>,
    /// All slots that the map points to: sorted.
    slots: Vec<SlotName>,
    /// Where those are said to be that are not for this machine.
    elsewhere: Place,
}

impl Places {
    /// Decides, by the files of those packages whose slots are not there.
    pub(super) fn new(
        sources: &MapSources<'_>,
        lockfile: &Lockfile,
        wanted: &Wanted,
        packages: &Packages,
        options: &MapOptions,
    ) -> Self {
        let place =
            |id: &PackageId| {
                let slot = wanted.slots.get(id);
                if let Some(slot) = slot.filter(|_| !wanted.missing.contains(id)) {
                    return folder(slot, options);
                }
                let is_plain = packages.get(id).zip(lockfile.packages.get(id)).is_some_and(
                    |(files, package)| !must_be_unplugged(sources, (id, package), files, options),
                );
                match slot {
                    _ if !is_plain => Place::Unplugged,
                    _ if options.is_archived => Place::Archive,
                    Some(slot) => folder(slot, options),
                    None => Place::Unplugged,
                }
            };
        let known: FxHashMap<PackageId, Place> = wanted
            .selection
            .packages
            .par_iter()
            .map(|id| (id.clone(), place(id)))
            .collect();
        let is_to_make = |slot: &&Slot| {
            wanted.missing.contains(slot.id())
                && matches!(known.get(slot.id()), Some(Place::Folder(_)))
        };
        let mut missing: Vec<Slot> = wanted.slots.values().filter(is_to_make).cloned().collect();
        missing.sort_by(|left, right| left.id().cmp(right.id()));
        let is_used = |slot: &&Slot| matches!(known.get(slot.id()), Some(Place::Folder(_)));
        let used = wanted.slots.values().filter(is_used);
        let mut slots: Vec<SlotName> = used.map(|slot| slot.name().clone()).collect();
        slots.sort();
        let elsewhere = if options.is_archived {
            Place::Archive
        } else {
            Place::Unplugged
        };
        Self {
            known,
            missing,
            slots,
            elsewhere,
        }
    }

    /// Where a package is.
    pub(super) fn of(&self, id: &PackageId) -> Located {
        let known = self.known.get(id);
        Located {
            place: known.unwrap_or(&self.elsewhere).clone(),
            is_here: known.is_some(),
        }
    }

    /// The slots that the map points to.
    pub(super) fn slot_names(&self) -> &[SlotName] {
        &self.slots
    }

    /// The slots that the map points to, as those who look into them need them.
    pub(super) fn used<'w>(&self, wanted: &'w Wanted) -> Vec<&'w Slot> {
        let is_used = |slot: &&Slot| self.slots.binary_search(slot.name()).is_ok();
        wanted.slots.values().filter(is_used).collect()
    }

    /// The slots that must be made.
    pub(super) fn missing_slots(&self) -> &[Slot] {
        &self.missing
    }
}

/// The slot of a package that need not lie in the project, as far as can be told without its files.
fn slot(id: &PackageId, package: &Package, options: &MapOptions) -> Option<Slot> {
    if options.is_archived || matches!(package.resolution, Resolution::Directory { .. }) {
        return None;
    }
    let version = id.version().map(ToString::to_string);
    let integrity = package.resolution.integrity()?;
    match options.is_unplugged(id) {
        Some(true) => None,
        Some(false) => Slot::alone(id, version.as_deref(), integrity),
        None if is_unplugged(&traits(id, package), [].into_iter()) => None,
        None => Slot::known_as(id, version.as_deref(), integrity, PLAIN),
    }
}

/// What the lockfile tells.
fn traits<'a>(id: &'a PackageId, package: &'a Package) -> Traits<'a> {
    Traits {
        name: id.name(),
        platform: &package.platform,
        prefers: None,
        has_native_bin: false,
    }
}

fn folder(slot: &Slot, options: &MapOptions) -> Place {
    Place::Folder(format!(
        "{}/{}",
        options.slots,
        slot.name().package_folder()
    ))
}

/// Whether a package must lie in the project, by all that is known of it.
fn must_be_unplugged(
    sources: &MapSources<'_>,
    (id, package): (&PackageId, &Package),
    files: &PackageFiles,
    options: &MapOptions,
) -> bool {
    if matches!(package.resolution, Resolution::Directory { .. }) {
        return true;
    }
    if let Some(wanted) = options.is_unplugged(id) {
        return wanted;
    }
    let is_native = |bin: &StoredBin| {
        files.file(bin.path.as_str()).is_some_and(|file| {
            is_native_bin(&read_beginning(&sources.store.path(file)), &bin.path)
        })
    };
    let traits = Traits {
        prefers: preference(sources, files),
        has_native_bin: files.bins.iter().any(is_native),
        ..traits(id, package)
    };
    is_unplugged(&traits, files.files.iter().map(|file| file.path.as_str()))
}

/// What a package's manifest says of where it wants to be.
fn preference(sources: &MapSources<'_>, files: &PackageFiles) -> Option<bool> {
    #[derive(Deserialize)]
    struct Preferring {
        #[serde(rename = "preferUnplugged")]
        unplugged: Option<bool>,
    }
    let manifest = sources.store.path(files.file("package.json")?);
    let bytes = pkg_fs::read_regular_file(&manifest, MANIFEST_LIMIT).ok()?;
    serde_json::from_slice::<Preferring>(&bytes).ok()?.unplugged
}
