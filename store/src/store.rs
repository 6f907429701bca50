//! The store: looking a package up, and checking it before it is used.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use pkg_fs::{Folder, FsError, Placed, Placer};
use pkg_manifest::Integrity;

use crate::access::check_access;
use crate::contents::ContentState;
use crate::epoch::{Doubt, Epoch, find_doubt, is_any_left_behind, seal};
use crate::error::StoreError;
use crate::index::decode_named_index;
use crate::index_name::IndexName;
use crate::layout::{Layout, Reading, Writing};
use crate::limits::MAX_INDEX;
use crate::package_files::{PackageFiles, StoredFile};

/// A content-addressed store of packages below one folder.
///
/// It can be shared by threads, and by processes that do not know of each other.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    pub(crate) layout: Layout,
    /// What an earlier loss of power leaves in doubt; found out once.
    doubt: OnceLock<Option<Doubt>>,
    pub(crate) epoch: Mutex<Option<Epoch>>,
    /// An archive that unpacks to more is inflated twice, piece by piece, instead of held in memory.
    pub(crate) most_in_memory: usize,
}

/// Inflating twice costs a fifth more time on packages that are larger than this, which hardly any are.
const MOST_IN_MEMORY: usize = 64 * 1024 * 1024;

/// Whether a package can be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageState {
    /// All of its files are there and unchanged.
    Intact,
    /// A file is missing or changed: the package must be fetched and imported again, which repairs it.
    Damaged,
}

thread_local! {
    static INDEX_BYTES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Store {
    /// Opens the store below `root`, which need not exist: folders are made when something is first written.
    ///
    /// # Errors
    /// [`StoreError::Untrusted`] when the store or a folder above it can be written to by other users.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let layout = Layout::new(root);
        let inside = [
            layout.base().to_path_buf(),
            layout.files_path(),
            layout.packages_path(),
            layout.links_path(),
        ];
        check_access(root, &inside)?;
        let doubt = OnceLock::new();
        Ok(Self {
            root: root.to_path_buf(),
            layout,
            doubt,
            epoch: Mutex::new(None),
            most_in_memory: MOST_IN_MEMORY,
        })
    }

    /// The folder that the store was opened by.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that [`Store::repair`] moves things to.
    pub fn quarantine(&self) -> PathBuf {
        self.layout.quarantine_path()
    }

    /// Looks a package up by the strongest hash of its tarball; `None` when it must be fetched.
    ///
    /// An index that is damaged or of another format counts as absent. That the files are there is only known after
    /// [`Store::check`].
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn get(&self, integrity: &Integrity) -> Result<Option<PackageFiles>, StoreError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(None);
        };
        for digest in integrity.strongest() {
            let name = IndexName::new(integrity.algorithm(), digest);
            if let Some(package) = self.read_index(reading, &name)? {
                return Ok(Some(package));
            }
        }
        Ok(None)
    }

    /// Looks at each file of a package before it is linked: one look at size, time and mode. A file that differs is
    /// read: the right bytes get their time back, others are never believed again.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn check(&self, package: &PackageFiles) -> Result<PackageState, StoreError> {
        for file in &package.files {
            if self.check_file(file)? == PackageState::Damaged {
                return Ok(PackageState::Damaged);
            }
        }
        Ok(PackageState::Intact)
    }

    /// Looks at one file as [`Store::check`] does.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn check_file(&self, file: &StoredFile) -> Result<PackageState, StoreError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(PackageState::Damaged);
        };
        Ok(reading.contents.check(&file.content())?.into())
    }

    /// Gives a file of the store a name in a folder, after one look at it as [`Store::check`] does; `None` where it is
    /// damaged or missing.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn place(
        &self,
        file: &StoredFile,
        placer: &Placer,
        (folder, name): (&Folder, &str),
    ) -> Result<Option<Placed>, FsError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(None);
        };
        let content = file.content();
        if reading.contents.check(&content)? == ContentState::Damaged {
            return Ok(None);
        }
        let stored = content.name();
        let from = (reading.contents.folder(), stored.as_str());
        match placer.place_in(from, (folder, name)) {
            // It went away after it was looked at.
            Err(error) if error.is_not_found() && error.path() == self.path(file) => Ok(None),
            placed => placed.map(Some),
        }
    }

    /// The path of a file in the store: place it elsewhere, and never write to it.
    pub fn path(&self, file: &StoredFile) -> PathBuf {
        self.layout
            .files_path()
            .join(file.content().name().as_str())
    }

    /// Looks a package up and checks its files and its identity, so that it can be used as it is.
    ///
    /// # Errors
    /// [`StoreError::ManifestMismatch`] when the hash is that of another package than the expected one; and when the
    /// file system refuses.
    pub fn get_checked(
        &self,
        integrity: &Integrity,
        expected: &crate::Expected,
    ) -> Result<Option<PackageFiles>, StoreError> {
        let Some(package) = self.get(integrity)? else {
            return Ok(None);
        };
        package.check_identity(expected)?;
        Ok((self.check(&package)? == PackageState::Intact).then_some(package))
    }

    /// Reads one index by its name below `packages/`; `None` when it is missing or cannot be believed.
    pub(crate) fn read_index(
        &self,
        reading: &Reading,
        name: &IndexName,
    ) -> Result<Option<PackageFiles>, StoreError> {
        let found = INDEX_BYTES.with_borrow_mut(|bytes| {
            match reading.packages.read_into(name.as_str(), MAX_INDEX, bytes) {
                Ok(stat) => Ok(decode_named_index(bytes, name).map(|package| (package, stat))),
                Err(error) if is_no_index(&error) => Ok(None),
                Err(error) => Err(error),
            }
        })?;
        let Some((package, stat)) = found else {
            return Ok(None);
        };
        if self.doubts(stat.ctime_seconds)? {
            for content in package.contents() {
                if reading.contents.recheck(&content)? == ContentState::Damaged {
                    return Ok(None);
                }
            }
        }
        Ok(Some(package))
    }

    /// Since when nothing can be believed unread.
    pub(crate) fn distrust_since(&self) -> Result<Option<i64>, StoreError> {
        Ok(self.doubt()?.map(|doubt| doubt.since))
    }

    pub(crate) fn doubts(&self, written: i64) -> Result<bool, StoreError> {
        Ok(self.distrust_since()?.is_some_and(|since| written >= since))
    }

    pub(crate) fn doubt(&self) -> Result<Option<&Doubt>, StoreError> {
        if let Some(doubt) = self.doubt.get() {
            return Ok(doubt.as_ref());
        }
        let found = find_doubt(&self.layout.epochs_path())?;
        Ok(self.doubt.get_or_init(|| found).as_ref())
    }

    /// The folders to write to, after making sure that what is written belongs to an epoch.
    pub(crate) fn writing(&self) -> Result<(&Reading, &Writing), StoreError> {
        let (reading, writing) = self.layout.writing()?;
        let mut epoch = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        if epoch.is_none() {
            *epoch = Some(Epoch::begin(&writing.epochs)?);
        }
        Ok((reading, writing))
    }

    /// Brings all that was imported to the disk by one sync of the store's file system. Call it once, after linking;
    /// without it, everything that was imported is read once more after a loss of power.
    ///
    /// # Errors
    /// When the disk reports that it could not write.
    pub fn seal(&self) -> Result<(), StoreError> {
        let epoch = self
            .epoch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match seal(
            epoch.as_ref(),
            &self.layout.epochs_path(),
            &self.layout.temporary_path(),
        ) {
            // Nothing of ours can be unwritten on a store that cannot be written to.
            Err(error) if error.is_read_only() => Ok(()),
            sealed => Ok(sealed?),
        }
    }

    /// Leaves it to a later [`Store::seal`], of this process or another, to bring to the disk what was imported; tells
    /// whether there is anything that waits for one.
    ///
    /// # Errors
    /// When the folder of epochs cannot be read.
    pub fn leave_unsealed(&self) -> Result<bool, StoreError> {
        let epoch = self
            .epoch
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let is_open = epoch.is_some();
        drop(epoch);
        Ok(is_open || is_any_left_behind(&self.layout.epochs_path())?)
    }
}

impl From<ContentState> for PackageState {
    fn from(state: ContentState) -> Self {
        match state {
            ContentState::Intact => Self::Intact,
            ContentState::Damaged => Self::Damaged,
        }
    }
}

/// Missing, or something that cannot be an index: a folder, a link, a file without end.
pub(crate) fn is_no_index(error: &FsError) -> bool {
    error.is_not_found()
        || matches!(error, FsError::NotRegular { .. } | FsError::TooLarge { .. })
        || error.kind() == pkg_fs::FsErrorKind::Link
}
