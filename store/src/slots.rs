//! The shared virtual store: package folders that stand ready to be linked, below `links/`.
//!
//! A slot is built in `tmp/` and appears by one rename, with the time of last change of its package's folder set to a
//! function of its key. One look at that folder thus tells that the slot was finished and that nothing was added to
//! its top level or taken from it since. What lies in a slot is the business of whoever builds it.

use std::fs::File;
use std::path::{Path, PathBuf};

use pkg_fs::{
    At, FileKind, FsError, create_directory, create_directory_all, exchange, list_directory,
    make_temporary, read_regular_file_if_exists, remove_file_if_exists, remove_tree, rename,
    rename_if_absent, set_mtime, stat_link_if_exists, unique_name, write_new,
};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use crate::error::StoreError;
use crate::file_name::stamp;
use crate::slot_name::SlotName;
use crate::store::Store;

const FOLDER_MODE: u32 = 0o755;
/// Bytes of the file that names a generation, at most.
const MAX_GENERATION: u64 = 4096;
/// The time of a folder that must be looked into: no stamp is ever this one.
const NO_STAMP: i64 = 0;

/// What one look at a slot tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// It was finished, and its top level is as it was.
    Ready,
    /// There is something else: only a look at all of it can tell whether it can be used.
    Suspect,
    Absent,
}

impl Store {
    /// The folder of the shared virtual store, whether it is there or not.
    pub fn links(&self) -> PathBuf {
        self.layout.links_path()
    }

    /// Where a slot lies, whether it is there or not.
    pub fn slot_path(&self, slot: &SlotName) -> PathBuf {
        self.layout.links_path().join(slot.as_str())
    }

    /// Where the package of a slot lies, whether it is there or not.
    pub fn slot_package_path(&self, slot: &SlotName) -> PathBuf {
        self.layout.links_path().join(slot.package_folder())
    }

    /// The file that is another one after slots were removed or doubted: whoever found all of his to be ready need not
    /// look at them again while it is the same.
    pub fn slots_generation(&self) -> PathBuf {
        self.layout.links_path().join("generation")
    }

    /// What the file says of the generation that is now.
    pub(crate) fn generation(&self) -> Result<Option<String>, FsError> {
        let bytes = read_regular_file_if_exists(&self.slots_generation(), MAX_GENERATION)?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
    }

    /// Makes sure that there is a generation.
    pub(crate) fn begin_generation(&self) -> Result<(), StoreError> {
        if stat_link_if_exists(&self.slots_generation())?.is_some() {
            return Ok(());
        }
        self.write_generation(|from, to| match rename_if_absent(from, to)? {
            true => Ok(()),
            // Another process was sooner.
            false => remove_file_if_exists(from).map(drop),
        })
    }

    /// Begins another generation.
    pub(crate) fn renew_generation(&self) -> Result<(), StoreError> {
        self.write_generation(rename)
    }

    fn write_generation(
        &self,
        place: impl Fn(&Path, &Path) -> Result<(), FsError>,
    ) -> Result<(), StoreError> {
        create_directory_all(&self.links(), FOLDER_MODE)?;
        let built = self.build_file(format!("{}\n", unique_name()).as_bytes())?;
        Ok(place(&built, &self.slots_generation())?)
    }

    /// Writes a file that is then renamed to where it belongs. What a killed process leaves there, a later one removes.
    pub(crate) fn build_file(&self, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        self.writing()?;
        let file = self.layout.temporary_path().join(unique_name());
        make_temporary(file.clone(), |file| write_new(file, bytes, 0o644))?;
        Ok(file)
    }

    /// Looks at a slot once.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn slot_state(&self, slot: &SlotName) -> Result<SlotState, FsError> {
        let Some(links) = self.layout.links()? else {
            return Ok(SlotState::Absent);
        };
        Ok(match links.stat_entry(&slot.package_folder())? {
            Some(found)
                if found.kind == FileKind::Directory
                    && (found.mtime_seconds, found.mtime_nanoseconds) == (slot_stamp(slot), 0) =>
            {
                SlotState::Ready
            }
            Some(_) => SlotState::Suspect,
            // What has the slot's name without a package in it is in the way of the right one.
            None => match links.stat_entry(slot.as_str())? {
                Some(_) => SlotState::Suspect,
                None => SlotState::Absent,
            },
        })
    }

    /// Makes an empty folder to build a slot in. What a killed process leaves there, a later one removes.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn begin_slot(&self) -> Result<PathBuf, StoreError> {
        // What is built now belongs to an epoch, as files do: a loss of power leaves it in doubt.
        self.writing()?;
        let folder = self.layout.temporary_path().join(unique_name());
        make_temporary(folder.clone(), |folder| {
            create_directory(folder, FOLDER_MODE)
        })?;
        Ok(folder)
    }

    /// Lets a slot appear that was built in a folder of [`Store::begin_slot`]. Whoever comes second keeps what is
    /// there, unless that is suspect: then it is exchanged in one step, so that nobody finds nothing there.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn publish_slot(&self, built: &Path, slot: &SlotName) -> Result<(), FsError> {
        set_slot_time(
            &built.join("node_modules").join(slot.package()),
            slot_stamp(slot),
        )?;
        let place = self.slot_path(slot);
        let placed = match rename_if_absent(built, &place) {
            Err(error) if error.is_not_found() => {
                if let Some(parent) = place.parent() {
                    create_directory_all(parent, FOLDER_MODE)?;
                }
                rename_if_absent(built, &place)
            }
            placed => placed,
        };
        if placed? {
            return Ok(());
        }
        if self.slot_state(slot)? != SlotState::Ready {
            exchange(built, &place)?;
        }
        remove_tree(built)
    }

    /// Says of a slot that was looked into that it can be used as it is.
    ///
    /// # Errors
    /// When the file system refuses, other than by being read-only.
    pub fn trust_slot(&self, slot: &SlotName) -> Result<(), FsError> {
        tolerate_read_only(set_slot_time(
            &self.slot_package_path(slot),
            slot_stamp(slot),
        ))
    }

    /// Says of a slot that it must be looked into before it is used again.
    ///
    /// # Errors
    /// When the file system refuses, other than by being read-only.
    pub fn doubt_slot(&self, slot: &SlotName) -> Result<(), FsError> {
        match set_slot_time(&self.slot_package_path(slot), NO_STAMP) {
            Err(error) if error.is_not_found() => Ok(()),
            set => tolerate_read_only(set),
        }
    }

    /// Says of some slots that they must be looked into, whoever noted them as ready.
    ///
    /// # Errors
    /// When the file system refuses, other than by being read-only.
    pub fn doubt_these_slots<'a>(
        &self,
        slots: impl Iterator<Item = &'a SlotName>,
    ) -> Result<(), StoreError> {
        match self.renew_generation() {
            Err(StoreError::Fs(error)) if error.is_read_only() => return Ok(()),
            renewed => renewed?,
        }
        for slot in slots {
            self.doubt_slot(slot)?;
        }
        Ok(())
    }

    /// Lists the slots that are there, sorted. Anything else below `links/` is left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn slots(&self) -> Result<Vec<SlotName>, FsError> {
        let mut packages = Vec::new();
        for name in folders_of(&self.links(), "")? {
            if name.starts_with('@') {
                packages.extend(folders_of(&self.links(), &name)?);
            } else {
                packages.push(name);
            }
        }
        let slots: Vec<Vec<SlotName>> = packages
            .par_iter()
            .map(|package| {
                let mut slots = Vec::new();
                for version in folders_of(&self.links(), package)? {
                    let keys = folders_of(&self.links(), &version)?;
                    slots.extend(keys.iter().filter_map(|key| SlotName::parse(key)));
                }
                Ok(slots)
            })
            .collect::<Result<_, FsError>>()?;
        let mut slots = slots.concat();
        slots.sort();
        Ok(slots)
    }

    /// Says of all slots that they must be looked into: after something in the store was found changed, each may have a
    /// second name of it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn doubt_all_slots(&self) -> Result<(), StoreError> {
        self.doubt_slots(i64::MIN)
    }

    /// Doubts every slot that was made or changed since a time. Nothing happens in a store that cannot be written to.
    pub(crate) fn doubt_slots(&self, since: i64) -> Result<(), StoreError> {
        let slots = self.slots()?;
        if slots.is_empty() {
            return Ok(());
        }
        match self.renew_generation() {
            Err(StoreError::Fs(error)) if error.is_read_only() => return Ok(()),
            renewed => renewed?,
        }
        slots.into_par_iter().try_for_each(|slot| {
            let found = stat_link_if_exists(&self.slot_package_path(&slot))?;
            match found {
                Some(found) if found.ctime_seconds >= since => Ok(self.doubt_slot(&slot)?),
                Some(_) | None => Ok(()),
            }
        })
    }
}

/// The time that the folder of a finished slot's package has.
fn slot_stamp(slot: &SlotName) -> i64 {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&slot.stamp_bytes());
    stamp(&key)
}

fn set_slot_time(folder: &Path, seconds: i64) -> Result<(), FsError> {
    let opened = File::open(folder).at("open", folder)?;
    set_mtime(&opened, seconds).at("set the time of", folder)
}

fn tolerate_read_only(result: Result<(), FsError>) -> Result<(), FsError> {
    match result {
        Err(error) if error.is_read_only() => Ok(()),
        result => result,
    }
}

/// The folders in a folder below `links/`, as ways from there.
fn folders_of(links: &Path, below: &str) -> Result<Vec<String>, FsError> {
    let listed = match list_directory(&links.join(below)) {
        Ok(listed) => listed,
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = listed.into_iter().filter_map(|(name, kind)| {
        let name = name.into_string().ok()?;
        (kind == FileKind::Directory).then_some(name)
    });
    Ok(names
        .map(|name| match below {
            "" => name,
            below => format!("{below}/{name}"),
        })
        .collect())
}
