//! Slots are made: each is built aside, whole, and appears by one rename.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pkg_fs::{
    FsError, Placer, Preference, create_directory, create_directory_all, create_symlink,
    remove_tree, write_new,
};
use pkg_lockfile::PackageId;
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, SlotState, Store};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::apply::{FOLDER_MODE, Filler, MAX_SHIM, PackageState, SHIM_MODE};
use crate::error::LinkError;
use crate::report::{LinkEvent, PlacedCounts};
use crate::shared::contents::{CLOSURE_FILE, Item, SlotContents};
use crate::shared::inspect::is_whole;
use crate::shared::slot::Slot;

/// What slots are made from.
#[derive(Clone, Copy)]
pub struct SlotOptions<'a> {
    pub store: &'a Store,
    /// The files of a package: asked from several threads, for all of [`Slot::packages`] of slots that are not ready.
    pub packages: &'a (dyn Fn(&PackageId) -> Option<Arc<PackageFiles>> + Sync),
}

/// What making slots did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlotReport {
    /// Slots that were made, or made again.
    pub made: usize,
    /// How their files were placed.
    pub placed: PlacedCounts,
}

/// Finds the slots that are not known to be ready, by one look at each.
///
/// # Errors
/// When the file system refuses.
pub fn missing_slots<'a>(store: &Store, slots: &[&'a Slot]) -> Result<Vec<&'a Slot>, FsError> {
    let states: Vec<Option<&Slot>> = slots
        .par_iter()
        .map(|slot| {
            let is_ready = store.slot_state(&slot.name)? == SlotState::Ready;
            Ok((!is_ready).then_some(*slot))
        })
        .collect::<Result<_, FsError>>()?;
    Ok(states.into_iter().flatten().collect())
}

/// Makes slots. One that is there, but not as it was left, is looked into, and is made again only where something of it
/// is missing or differs. Other processes may make the same ones meanwhile.
///
/// # Errors
/// [`LinkError::NotFetched`] and [`LinkError::StoreDamaged`] name all packages that must be fetched; all other slots
/// are then made.
pub fn make_slots(
    slots: &[&Slot],
    options: &SlotOptions<'_>,
    on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
) -> Result<SlotReport, LinkError> {
    on_event(LinkEvent::Started {
        packages: slots.len(),
        changes: slots.len(),
    });
    let placer = Placer::new(Preference::Hardlink);
    let outcomes: Vec<Made> = slots
        .par_iter()
        .map(|slot| make_slot(slot, options, &placer, on_event))
        .collect::<Result<_, LinkError>>()?;
    let mut report = SlotReport::default();
    let (mut missing, mut damaged) = (Vec::new(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Made::Already => {}
            Made::New(placed) => {
                report.made += 1;
                report.placed.add(placed);
            }
            Made::NotFetched(packages) => missing.extend(packages),
            Made::Damaged(id) => damaged.push(id),
        }
    }
    for packages in [&mut missing, &mut damaged] {
        packages.sort();
        packages.dedup();
    }
    if !missing.is_empty() {
        return Err(LinkError::NotFetched { packages: missing });
    }
    if !damaged.is_empty() {
        return Err(LinkError::StoreDamaged { packages: damaged });
    }
    Ok(report)
}

/// Makes sure that slots are there, and gives the folder of the package in each.
///
/// For packages that stand alone ([`Slot::alone`]): whoever uses them knows by other means what each of them finds.
///
/// # Errors
/// As [`make_slots`].
pub fn ensure_unpacked(
    slots: &[Slot],
    options: &SlotOptions<'_>,
    on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
) -> Result<Vec<PathBuf>, LinkError> {
    let all: Vec<&Slot> = slots.iter().collect();
    let missing = missing_slots(options.store, &all)?;
    if !missing.is_empty() {
        make_slots(&missing, options, on_event)?;
    }
    let folder = |slot: &Slot| options.store.slot_package_path(&slot.name);
    Ok(slots.iter().map(folder).collect())
}

enum Made {
    /// It is as it should be, by whomever.
    Already,
    New(PlacedCounts),
    NotFetched(Vec<PackageId>),
    Damaged(PackageId),
}

fn make_slot(
    slot: &Slot,
    options: &SlotOptions<'_>,
    placer: &Placer,
    on_event: &(dyn Fn(LinkEvent<'_>) + Sync),
) -> Result<Made, LinkError> {
    let state = options.store.slot_state(&slot.name)?;
    if state == SlotState::Ready {
        return Ok(Made::Already);
    }
    let contents = match SlotContents::of(slot, options)? {
        Ok(contents) => contents,
        Err(missing) => return Ok(Made::NotFetched(missing)),
    };
    if state == SlotState::Suspect && is_whole(slot, &contents, options.store)? {
        options.store.trust_slot(&slot.name)?;
        return Ok(Made::Already);
    }
    let building = options.store.begin_slot()?;
    let mut placed = PlacedCounts::default();
    let built = build(&building, slot, &contents, (options, placer, &mut placed));
    match built {
        Ok(PackageState::InPlace) => {
            options.store.publish_slot(&building, &slot.name)?;
            on_event(LinkEvent::Package {
                id: &slot.id,
                files: contents.files.files.len(),
            });
            Ok(Made::New(placed))
        }
        Ok(PackageState::Damaged) => {
            remove_tree(&building)?;
            Ok(Made::Damaged(slot.id.clone()))
        }
        Err(error) => {
            // The failure is what is told; what stays goes when the store is sealed.
            remove_tree(&building).ok();
            Err(error)
        }
    }
}

fn build(
    building: &Path,
    slot: &Slot,
    contents: &SlotContents,
    (options, placer, placed): (&SlotOptions<'_>, &Placer, &mut PlacedCounts),
) -> Result<PackageState, LinkError> {
    let package = building.join("node_modules").join(slot.name.package());
    create_directory_all(&package, FOLDER_MODE)?;
    let mut filler = Filler {
        store: options.store,
        placer,
        placed,
    };
    if filler.fill(&package, &contents.files)? == PackageState::Damaged {
        return Ok(PackageState::Damaged);
    }
    for (path, item) in &contents.items {
        put(building, path, item)?;
    }
    write_new(
        &building.join(CLOSURE_FILE),
        slot.closure().as_bytes(),
        0o644,
    )?;
    Ok(PackageState::InPlace)
}

fn put(building: &Path, path: &RelativePath, item: &Item) -> Result<(), FsError> {
    let place = path.below(building);
    if let Some(folder) = path.parent() {
        make_folders(building, &folder)?;
    }
    match item {
        Item::Link(target) => create_symlink(target.as_ref(), &place),
        Item::Script(text) => {
            debug_assert!(u64::try_from(text.len()).is_ok_and(|length| length <= MAX_SHIM));
            write_new(&place, text.as_bytes(), SHIM_MODE)
        }
    }
}

/// Makes the folders above an entry that are missing, and nothing through a link.
fn make_folders(building: &Path, folder: &RelativePath) -> Result<(), FsError> {
    let path = folder.below(building);
    match create_directory(&path, FOLDER_MODE) {
        Err(error) if error.is_not_found() => {
            if let Some(above) = folder.parent() {
                make_folders(building, &above)?;
            }
            create_directory(&path, FOLDER_MODE).map(drop)
        }
        made => made.map(drop),
    }
}
