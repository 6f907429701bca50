//! One file per content: written once under its final name, and believed only while size, time and mode are its own.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use pkg_fs::{At, FileKind, Folder, FsError, FsErrorKind, Stat, set_mode, set_mtime, stat_open};
use sha2::{Digest as _, Sha256};

use crate::file_name::{FileName, mode, stamp};
use crate::hash_file::hash_file;

/// The time of a file that must not be believed: no stamp is ever this one.
const NO_STAMP: i64 = 0;

/// The folder of contents.
#[derive(Debug)]
pub(crate) struct Contents {
    files: Folder,
    /// Permission bits that this process takes from new files; all of them where the system does not tell.
    umask: u32,
}

/// What makes one file of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ContentId {
    pub(crate) digest: [u8; 32],
    pub(crate) size: u64,
    pub(crate) is_executable: bool,
}

impl ContentId {
    pub(crate) fn of(bytes: &[u8], is_executable: bool) -> Self {
        let digest = Sha256::digest(bytes).into();
        Self {
            digest,
            size: bytes.len() as u64,
            is_executable,
        }
    }

    pub(crate) fn name(&self) -> FileName {
        FileName::new(&self.digest, self.is_executable)
    }

    /// Whether a file looks complete and unchanged: a file that is being written has no stamp yet, one that was
    /// changed has lost it.
    fn is_stamped(&self, found: &Stat) -> bool {
        found.kind == FileKind::File
            && found.size == self.size
            && (found.mtime_seconds, found.mtime_nanoseconds) == (stamp(&self.digest), 0)
            && found.mode & 0o777 == mode(self.is_executable)
    }
}

/// Whether a content can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentState {
    Intact,
    /// It is missing, changed or torn: it must be written again.
    Damaged,
}

impl Contents {
    pub(crate) fn new(files: Folder) -> Self {
        Self {
            files,
            umask: pkg_fs::umask().unwrap_or(0o777),
        }
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.files
    }

    /// The path of a content, whether it is there or not.
    pub(crate) fn path(&self, id: &ContentId) -> PathBuf {
        self.files.path_of(id.name().as_str())
    }

    /// Makes sure that the store has these bytes, whose hash `id` is.
    ///
    /// In the common case four calls: create exclusively, write, stamp, close. When the name is taken, the file there
    /// is complete if it has its stamp. If not, it may be torn, changed, or just being written by another process: a
    /// complete one is renamed over it, which is right in all three cases.
    pub(crate) fn write(
        &self,
        id: &ContentId,
        bytes: &[u8],
        temporary: &Folder,
        distrust_since: Option<i64>,
    ) -> Result<(), FsError> {
        let name = id.name();
        let created = match self.files.create_new(name.as_str(), mode(id.is_executable)) {
            Err(error) if error.is_not_found() => {
                self.files.create_folder(name.shard(), 0o755)?;
                self.files.create_new(name.as_str(), mode(id.is_executable))
            }
            created => created,
        };
        match created {
            Ok(file) => self.fill(&file, id, bytes),
            Err(error) if error.is_already_exists() => {
                if self.is_complete(id, distrust_since)? {
                    return Ok(());
                }
                self.replace(id, bytes, temporary)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the content is there and looks as it should, by one look.
    pub(crate) fn is_stamped(&self, id: &ContentId) -> Result<bool, FsError> {
        let found = self.files.stat_entry(id.name().as_str())?;
        Ok(found.is_some_and(|found| id.is_stamped(&found)))
    }

    /// As [`Contents::is_stamped`], but a file that was written since a time of doubt is also read.
    fn is_complete(&self, id: &ContentId, distrust_since: Option<i64>) -> Result<bool, FsError> {
        let Some(found) = self.files.stat_entry(id.name().as_str())? else {
            return Ok(false);
        };
        if distrust_since.is_some_and(|since| found.ctime_seconds >= since) {
            return Ok(self.recheck(id)? == ContentState::Intact);
        }
        Ok(id.is_stamped(&found))
    }

    /// Looks at a content before it is used, and reads it when it does not look as it should.
    pub(crate) fn check(&self, id: &ContentId) -> Result<ContentState, FsError> {
        if self.is_stamped(id)? {
            return Ok(ContentState::Intact);
        }
        self.recheck(id)
    }

    /// Reads a content and compares it with its name. The right bytes get their stamp back; others lose it, so that
    /// nobody believes them until they are written again.
    pub(crate) fn recheck(&self, id: &ContentId) -> Result<ContentState, FsError> {
        let name = id.name();
        let file = match self.files.open_entry(name.as_str()) {
            Ok(file) => file,
            Err(error) if error.kind() == FsErrorKind::TooManyOpen => return Err(error),
            // Missing, a link, or closed to us: in each case the way out is to write it again.
            Err(_) => return Ok(ContentState::Damaged),
        };
        let found = stat_open(&file).at("look at", &self.path(id))?;
        let is_right = has_content(&file, &found, id).at("read", &self.path(id))?;
        if is_right && id.is_stamped(&found) {
            return Ok(ContentState::Intact);
        }
        let stamped = if is_right {
            set_mode(&file, mode(id.is_executable))
                .and_then(|()| set_mtime(&file, stamp(&id.digest)))
        } else {
            set_mtime(&file, NO_STAMP)
        };
        match stamped.at("set the time of", &self.path(id)) {
            Err(error) if !error.is_read_only() => Err(error),
            // On a read-only store the next look reads the file again.
            Ok(()) | Err(_) if is_right => Ok(ContentState::Intact),
            Ok(()) | Err(_) => Ok(ContentState::Damaged),
        }
    }

    /// Reads a content and compares it with its name; changes nothing.
    pub(crate) fn read_through(&self, id: &ContentId) -> Result<ContentState, FsError> {
        let name = id.name();
        let file = match self.files.open_entry(name.as_str()) {
            Ok(file) => file,
            Err(error) if error.kind() == FsErrorKind::TooManyOpen => return Err(error),
            Err(_) => return Ok(ContentState::Damaged),
        };
        let found = stat_open(&file).at("look at", &self.path(id))?;
        let is_right = has_content(&file, &found, id).at("read", &self.path(id))?;
        Ok(if is_right {
            ContentState::Intact
        } else {
            ContentState::Damaged
        })
    }

    /// Gives a new file the permission bits that this process takes from all of them.
    pub(crate) fn apply_mode(&self, file: &File, mode: u32) -> io::Result<()> {
        if mode & self.umask == 0 {
            Ok(())
        } else {
            set_mode(file, mode)
        }
    }

    fn replace(&self, id: &ContentId, bytes: &[u8], temporary: &Folder) -> Result<(), FsError> {
        let (temporary_name, file) = temporary.create_temporary(mode(id.is_executable))?;
        let replaced = self
            .fill(&file, id, bytes)
            .and_then(|()| self.clear_way(id))
            .and_then(|()| temporary.rename(&temporary_name, &self.files, id.name().as_str()));
        if replaced.is_err() {
            temporary.remove(&temporary_name).ok();
        }
        replaced
    }

    /// Begins a content whose hash is only known at its end.
    pub(crate) fn begin_draft<'t>(
        &self,
        is_executable: bool,
        temporary: &'t Folder,
    ) -> Result<Draft<'t>, FsError> {
        let (name, file) = temporary.create_temporary(mode(is_executable))?;
        Ok(Draft {
            temporary,
            name,
            file,
            is_executable,
            hasher: Sha256::new(),
            size: 0,
            failed: None,
        })
    }

    /// Gives a content its name, unless the store has it already.
    pub(crate) fn finish_draft(
        &self,
        mut draft: Draft<'_>,
        distrust_since: Option<i64>,
    ) -> Result<ContentId, FsError> {
        let id = ContentId {
            digest: std::mem::take(&mut draft.hasher).finalize().into(),
            size: draft.size,
            is_executable: draft.is_executable,
        };
        let finished = match draft.failed.take() {
            Some(error) => Err(FsError::new("write", &draft.path(), error)),
            None => self.place_draft(&draft, &id, distrust_since),
        };
        match finished {
            Ok(true) => Ok(id),
            Ok(false) => {
                draft.temporary.remove(&draft.name)?;
                Ok(id)
            }
            Err(error) => {
                draft.discard();
                Err(error)
            }
        }
    }

    /// Whether the draft was needed; then it has its name.
    fn place_draft(
        &self,
        draft: &Draft<'_>,
        id: &ContentId,
        distrust_since: Option<i64>,
    ) -> Result<bool, FsError> {
        if self.is_complete(id, distrust_since)? {
            return Ok(false);
        }
        self.finish(&draft.file, id)?;
        self.clear_way(id)?;
        let name = id.name();
        let placed = draft
            .temporary
            .rename(&draft.name, &self.files, name.as_str());
        match placed {
            Err(error) if error.is_not_found() => {
                self.files.create_folder(name.shard(), 0o755)?;
                draft
                    .temporary
                    .rename(&draft.name, &self.files, name.as_str())?;
            }
            placed => placed?,
        }
        Ok(true)
    }

    /// A folder at the place of a file cannot be renamed over.
    fn clear_way(&self, id: &ContentId) -> Result<(), FsError> {
        let name = id.name();
        match self.files.stat_entry(name.as_str())? {
            Some(found) if found.kind == FileKind::Directory => {
                pkg_fs::remove_tree(&self.files.path_of(name.as_str()))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn fill(&self, file: &File, id: &ContentId, bytes: &[u8]) -> Result<(), FsError> {
        if let Err(error) = pkg_fs::write_all(file, bytes) {
            // Without a stamp nobody believes what was written; it need not keep a full disk full.
            file.set_len(0).ok();
            return Err(FsError::new("write", &self.path(id), error));
        }
        self.finish(file, id)
    }

    /// Says that a file is complete.
    fn finish(&self, file: &File, id: &ContentId) -> Result<(), FsError> {
        self.apply_mode(file, mode(id.is_executable))
            .map_err(|error| FsError::new("set the permissions of", &self.path(id), error))?;
        set_mtime(file, stamp(&id.digest))
            .map_err(|error| FsError::new("set the time of", &self.path(id), error))
    }
}

/// A content that is being written, piece by piece.
pub(crate) struct Draft<'t> {
    temporary: &'t Folder,
    name: String,
    file: File,
    is_executable: bool,
    hasher: Sha256,
    size: u64,
    /// The first failure; told when the draft is finished.
    failed: Option<io::Error>,
}

impl Draft<'_> {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.hasher.update(bytes);
            self.size += bytes.len() as u64;
            self.failed = pkg_fs::write_all(&self.file, bytes).err();
        }
    }

    /// Gives it up.
    pub(crate) fn discard(&self) {
        // What is left there is swept with other temporary files.
        self.temporary.remove(&self.name).ok();
    }

    fn path(&self) -> PathBuf {
        self.temporary.path_of(&self.name)
    }
}

/// Whether an open file is a regular one that holds the content.
fn has_content(file: &File, found: &Stat, id: &ContentId) -> io::Result<bool> {
    let can_be = found.kind == FileKind::File && found.size == id.size;
    Ok(can_be && hash_file(file, id.size)?.0 == id.digest)
}
