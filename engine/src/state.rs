//! The state of a project's tree: which files, flags and settings shaped it. It is written last, so that
//! a tree without it is not installed, and read first, so that a repeated install ends at once.

use std::{
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use pkg_fs::{FsError, Stat};
use pkg_linker::Layout;
use pkg_lockfile::Groups;
use sha2::{Digest as _, Sha256};

use crate::VirtualStore;

/// First line of the file; another format is another first line.
const HEADER: &str = concat!("pkg-state 2 ", env!("CARGO_PKG_VERSION"));
/// The most that a state, or a file named in one, may have.
const LIMIT: u64 = 256 << 20;

/// Where the state lies below a project.
pub(crate) fn state_path(root: &Path) -> PathBuf {
    root.join("node_modules/.pkg/state")
}

/// Says what a tree was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// Hash of everything that is no file: flags and environment that settings come from.
    pub(crate) request: String,
    /// How the tree was made.
    pub(crate) made: Made,
    /// The files that shaped the tree: manifests, lockfile, settings.
    pub(crate) files: Vec<FileRecord>,
    /// Folders of the tree whose entries must not have changed.
    pub(crate) folders: Vec<FolderRecord>,
}

/// How a tree was made: what another install has to ask for to make it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) layout: Layout,
    pub(crate) virtual_store: VirtualStore,
    pub(crate) groups: Groups,
    /// Whether it holds copies of folders, which can change without a trace in the files of the project: an install looks
    /// at them every time.
    pub(crate) has_copies: bool,
}

impl Made {
    fn to_text(self) -> String {
        let Groups {
            prod,
            dev,
            optional,
        } = self.groups;
        let (layout, store) = (self.layout.name(), self.virtual_store.name());
        format!(
            "{layout} {store} {prod} {dev} {optional} {}",
            self.has_copies
        )
    }

    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split(' ').collect();
        let [layout, store, flags @ ..] = fields.as_slice() else {
            return None;
        };
        let flags: Vec<bool> = flags.iter().filter_map(|flag| flag.parse().ok()).collect();
        let [prod, dev, optional, has_copies] = flags.as_slice() else {
            return None;
        };
        let stores = [VirtualStore::Project, VirtualStore::Shared];
        Some(Self {
            layout: Layout::ALL
                .into_iter()
                .find(|known| known.name() == *layout)?,
            virtual_store: stores.into_iter().find(|known| known.name() == *store)?,
            groups: Groups {
                prod: *prod,
                dev: *dev,
                optional: *optional,
            },
            has_copies: *has_copies,
        })
    }
}

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileRecord {
    path: PathBuf,
    /// Size, times, inode; `None` where there was no file.
    stamp: Option<String>,
    /// Hash of the content.
    hash: String,
}

/// A folder and when its list of entries changed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FolderRecord {
    path: PathBuf,
    stamp: String,
}

/// Whether a tree is what its project asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpToDate {
    /// Nothing that shaped the tree has changed.
    Yes,
    /// Something has changed, or nobody knows.
    Unknown,
}

/// Hashes flags and environment to one text.
pub(crate) fn request_hash<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// All of a file's metadata that an edit changes, one that resets the modification time included.
fn stamp(stat: &Stat) -> String {
    format!(
        "{} {}.{:09} {}.{:09} {}",
        stat.size,
        stat.mtime_seconds,
        stat.mtime_nanoseconds,
        stat.ctime_seconds,
        stat.ctime_nanoseconds,
        stat.inode
    )
}

fn content_hash(path: &Path) -> Result<String, FsError> {
    Ok(match pkg_fs::read_regular_file_if_exists(path, LIMIT)? {
        Some(bytes) => hex(&Sha256::digest(&bytes)),
        None => "absent".to_owned(),
    })
}

impl FileRecord {
    /// Reads a file, present or not.
    pub(crate) fn of(path: PathBuf) -> Result<Self, FsError> {
        let stamp = pkg_fs::stat_if_exists(&path)?.map(|stat| stamp(&stat));
        let hash = content_hash(&path)?;
        Ok(Self { path, stamp, hash })
    }

    /// Whether the file is as it was: by its metadata, else by its content.
    fn holds(&self, written: (i64, i64)) -> bool {
        let Ok(stat) = pkg_fs::stat_if_exists(&self.path) else {
            return false;
        };
        match (stat, &self.stamp) {
            (None, None) => true,
            (Some(stat), Some(recorded)) => {
                // A change within the clock's grain of our own writing could hide behind an equal stamp.
                let is_settled = stat.ctime_seconds + 2 < written.0;
                (is_settled && stamp(&stat) == *recorded)
                    || content_hash(&self.path).is_ok_and(|hash| hash == self.hash)
            }
            _ => false,
        }
    }
}

impl FolderRecord {
    /// Notes a folder as it is.
    pub(crate) fn of(path: PathBuf) -> Result<Option<Self>, FsError> {
        let found = pkg_fs::stat_link_if_exists(&path)?;
        Ok(found.map(|stat| Self {
            path,
            stamp: folder_stamp(&stat),
        }))
    }

    fn holds(&self) -> bool {
        pkg_fs::stat_link_if_exists(&self.path)
            .is_ok_and(|stat| stat.is_some_and(|stat| folder_stamp(&stat) == self.stamp))
    }
}

fn folder_stamp(stat: &Stat) -> String {
    format!(
        "{}.{:09} {}",
        stat.mtime_seconds, stat.mtime_nanoseconds, stat.inode
    )
}

impl State {
    /// The state as text: a header, the request, then a line a file or folder. Paths are written in hex
    /// where they hold a line break.
    pub(crate) fn to_text(&self) -> String {
        let made = self.made.to_text();
        let mut text = format!("{HEADER}\nrequest {}\nmade {made}\n", self.request);
        for file in &self.files {
            let stamp = file.stamp.as_deref().unwrap_or("absent");
            let path = hex(file.path.as_os_str().as_bytes());
            text.push_str(&format!("file\t{path}\t{stamp}\t{}\n", file.hash));
        }
        for folder in &self.folders {
            let path = hex(folder.path.as_os_str().as_bytes());
            text.push_str(&format!("folder\t{path}\t{}\n", folder.stamp));
        }
        text.push_str("end\n");
        text
    }

    /// Reads what [`State::to_text`] wrote; anything else is no state.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != HEADER {
            return None;
        }
        let request = lines.next()?.strip_prefix("request ")?.to_owned();
        let made = Made::parse(lines.next()?.strip_prefix("made ")?)?;
        let mut state = Self {
            request,
            made,
            files: Vec::new(),
            folders: Vec::new(),
        };
        for line in lines {
            let fields: Vec<_> = line.split('\t').collect();
            match fields.as_slice() {
                ["file", path, stamp, hash] => state.files.push(FileRecord {
                    path: unhex(path)?,
                    stamp: (*stamp != "absent").then(|| (*stamp).to_owned()),
                    hash: (*hash).to_owned(),
                }),
                ["folder", path, stamp] => {
                    state.folders.push(FolderRecord {
                        path: unhex(path)?,
                        stamp: (*stamp).to_owned(),
                    });
                }
                ["end"] => return Some(state),
                _ => return None,
            }
        }
        None
    }
}

fn unhex(text: &str) -> Option<PathBuf> {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt as _};
    let digits = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Some(PathBuf::from(OsString::from_vec(bytes?)))
}

/// Whether the tree below `root` is what a request with this hash would make, as far as a look at a few
/// files can tell. Never says yes where it is not sure.
pub fn up_to_date<'a>(root: &Path, request: impl Iterator<Item = &'a [u8]>) -> UpToDate {
    let Some(state) = State::read(root) else {
        return UpToDate::Unknown;
    };
    let is_same = state.request == request_hash(request) && !state.made.has_copies;
    if is_same && state.holds(root) {
        UpToDate::Yes
    } else {
        UpToDate::Unknown
    }
}

impl State {
    /// Reads the state of the tree below `root`, if it has one.
    pub(crate) fn read(root: &Path) -> Option<Self> {
        let bytes = pkg_fs::read_regular_file_if_exists(&state_path(root), LIMIT);
        Self::parse(std::str::from_utf8(&bytes.ok()??).ok()?)
    }

    /// Whether everything that shaped the tree is as it was.
    pub(crate) fn holds(&self, root: &Path) -> bool {
        let Ok(own) = pkg_fs::stat_link(&state_path(root)) else {
            return false;
        };
        let written = (own.mtime_seconds, i64::from(own.mtime_nanoseconds));
        self.files.iter().all(|file| file.holds(written))
            && self.folders.iter().all(FolderRecord::holds)
    }
}
