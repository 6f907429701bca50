//! One file: what it is, what its permissions are, and whether its bytes are those that they should be.

use std::sync::{Mutex, PoisonError};

use pkg_fs::{FileKind, Folder, FsError, FsErrorKind, stat_open};
use pkg_manifest::Digest;
use pkg_store::{StoredFile, hash_file};
use rustc_hash::FxHashMap;

use crate::check::difference::{DifferenceKind, Item};

/// Permission bits by which a program runs as somebody else.
const SET_ID: u32 = 0o6000;
/// As many threads can note what they read without waiting for one another.
const SHARDS: usize = 16;

/// Hashes of files that have more names than two: those are met again, as names of the same bytes.
#[derive(Default)]
pub(crate) struct Hashes {
    shards: [Mutex<FxHashMap<(u64, u64), Digest>>; SHARDS],
}

/// What one look at a file cost and found.
pub(crate) struct Looked {
    pub(crate) difference: Option<DifferenceKind>,
    pub(crate) bytes: u64,
    pub(crate) bytes_read: u64,
}

impl Looked {
    fn differs(difference: DifferenceKind) -> Self {
        Self {
            difference: Some(difference),
            bytes: 0,
            bytes_read: 0,
        }
    }
}

impl Hashes {
    /// Compares the file of a name with what it should be. Never waits, never follows a link.
    pub(crate) fn look(&self, folder: &Folder, name: &str, expected: &StoredFile) -> Looked {
        let file = match folder.open_entry(name) {
            Ok(file) => file,
            Err(error) => return Looked::differs(refused(&error, Item::File)),
        };
        let found = match stat_open(&file) {
            Ok(found) => found,
            Err(error) => return Looked::differs(unreadable(&error)),
        };
        if found.kind != FileKind::File {
            return Looked::differs(DifferenceKind::Replaced {
                expected: Item::File,
                found: found.kind,
            });
        }
        let mut looked = Looked {
            difference: None,
            bytes: found.size,
            bytes_read: 0,
        };
        if found.size != expected.size {
            looked.difference = Some(DifferenceKind::Changed {
                expected: expected.digest,
                found: None,
            });
            return looked;
        }
        let key = (found.links > 2).then_some((found.device, found.inode));
        let digest = match key.and_then(|key| self.get(key)) {
            Some(digest) => digest,
            None => match hash_file(&file, found.size) {
                Ok(digest) => {
                    looked.bytes_read = found.size;
                    self.note(key, digest);
                    digest
                }
                Err(error) => return Looked::differs(unreadable(&error)),
            },
        };
        if digest != expected.digest {
            looked.difference = Some(DifferenceKind::Changed {
                expected: expected.digest,
                found: Some(digest),
            });
        } else if (found.mode & 0o100 != 0) != expected.executable || found.mode & SET_ID != 0 {
            looked.difference = Some(DifferenceKind::Mode {
                executable: expected.executable,
                found: found.mode,
            });
        }
        looked
    }

    fn get(&self, key: (u64, u64)) -> Option<Digest> {
        self.shard(key).get(&key).copied()
    }

    fn note(&self, key: Option<(u64, u64)>, digest: Digest) {
        if let Some(key) = key {
            self.shard(key).insert(key, digest);
        }
    }

    fn shard(&self, key: (u64, u64)) -> std::sync::MutexGuard<'_, FxHashMap<(u64, u64), Digest>> {
        let place = usize::try_from(key.1 % SHARDS as u64).unwrap_or_default();
        self.shards[place]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it means that something cannot be opened as what it should be.
pub(crate) fn refused(error: &FsError, expected: Item) -> DifferenceKind {
    match error.kind() {
        FsErrorKind::NotFound => DifferenceKind::Missing { expected },
        FsErrorKind::Link => DifferenceKind::Replaced {
            expected,
            found: FileKind::Symlink,
        },
        _ => {
            let reason = std::error::Error::source(error);
            DifferenceKind::Unreadable {
                reason: reason.map_or_else(|| error.to_string(), ToString::to_string),
            }
        }
    }
}

fn unreadable(error: &std::io::Error) -> DifferenceKind {
    DifferenceKind::Unreadable {
        reason: error.to_string(),
    }
}
