//! The files of an archive by their paths inside the package, sorted, without collisions.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};

use super::entry_path::push_entry_path;
use super::error::{ArchiveError, escape};
use super::walk::{Content, Entry, Span, Walked};

/// A package's files; `C` says where the bytes of each are.
#[derive(Debug)]
pub(crate) struct FileMap<C> {
    paths: String,
    files: Vec<MapEntry<C>>,
    /// The bytes of the package's `package.json`.
    manifest: Manifest,
    /// What was left out, with the reason for it.
    pub(crate) dropped: Vec<(String, &'static str)>,
}

/// The package's `package.json`.
#[derive(Debug)]
pub(crate) enum Manifest {
    Missing,
    /// It has more bytes than any.
    TooLarge,
    Read(Vec<u8>),
}

#[derive(Debug, Clone)]
struct MapEntry<C> {
    path: Range<usize>,
    content: C,
    is_executable: bool,
}

/// One file of a [`FileMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MappedFile<'m, C> {
    pub(crate) path: &'m str,
    pub(crate) content: C,
    pub(crate) is_executable: bool,
}

/// Reads the files at some places of an archive, which ascend, and gives a hash of each.
pub(crate) type HashSpans<'h> = &'h mut dyn FnMut(&[Span]) -> Result<Vec<[u8; 32]>, ArchiveError>;

impl FileMap<Span> {
    /// Takes the package's folder off the paths, drops what is no file, and refuses what collides.
    ///
    /// Files that share a path are compared by what `hash` gives, which is called once at most.
    pub(crate) fn new(walked: Walked, hash: HashSpans<'_>) -> Result<Self, ArchiveError> {
        let Walked {
            paths,
            entries,
            manifests,
        } = walked;
        let wrapper = Wrapper::find(&paths, &entries);
        let mut sorted = Sorted::default();
        for entry in &entries {
            sorted.add(&paths, entry, wrapper);
        }
        sorted.check(&paths, &entries, wrapper)?;
        let dropped = sorted.dropped;
        let mut files = sorted.files;
        files.sort_by(|left, right| paths[left.path.clone()].cmp(&paths[right.path.clone()]));
        let spans = shared_spans(&paths, &files);
        let hashes = if spans.is_empty() {
            Vec::new()
        } else {
            hash(&spans)?
        };
        let hash_of = |span: &Span| spans.binary_search(span).ok().and_then(|at| hashes.get(at));
        let is_same =
            |left: &Span, right: &Span| left.size == right.size && hash_of(left) == hash_of(right);
        let files = merge_duplicates(&paths, files, &is_same)?;
        let mut map = Self {
            paths,
            files,
            manifest: Manifest::Missing,
            dropped,
        };
        if let Some(span) = map.get("package.json") {
            let mut manifests = manifests.into_iter();
            let kept = manifests.find(|(start, _)| *start == span.start);
            map.manifest = kept.map_or(Manifest::TooLarge, |(_, bytes)| Manifest::Read(bytes));
        }
        Ok(map)
    }
}

impl<'a> FileMap<&'a [u8]> {
    /// Takes files whose paths are already those inside the package and need no folder taken off.
    pub(crate) fn from_files<'f>(
        files: impl Iterator<Item = (&'f str, &'a [u8], bool)>,
    ) -> Result<Self, ArchiveError> {
        let mut paths = String::new();
        let mut found = Vec::new();
        for (path, content, is_executable) in files {
            let start = paths.len();
            push_entry_path(path.as_bytes(), &mut paths)?;
            if paths[start..] != *path {
                let reason = "its name cannot be a path on every system";
                return Err(ArchiveError::UnsafePath {
                    entry: escape(path.as_bytes()),
                    reason,
                });
            }
            found.push(MapEntry {
                path: start..paths.len(),
                content,
                is_executable,
            });
        }
        found.sort_by(|left, right| paths[left.path.clone()].cmp(&paths[right.path.clone()]));
        let files = merge_duplicates(&paths, found, &|left, right| left == right)?;
        let mut map = Self {
            paths,
            files,
            manifest: Manifest::Missing,
            dropped: Vec::new(),
        };
        if let Some(bytes) = map.get("package.json") {
            map.manifest = Manifest::Read(bytes.to_vec());
        }
        Ok(map)
    }
}

impl<C: Copy> FileMap<C> {
    /// The files, sorted by the bytes of their paths.
    pub(crate) fn files(&self) -> impl ExactSizeIterator<Item = MappedFile<'_, C>> {
        self.files.iter().map(|file| MappedFile {
            path: &self.paths[file.path.clone()],
            content: file.content,
            is_executable: file.is_executable,
        })
    }

    /// The bytes of the package's `package.json`.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Whether there is such a file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.get(path).is_some()
    }

    fn get(&self, path: &str) -> Option<C> {
        let found = self
            .files
            .binary_search_by(|file| self.paths[file.path.clone()].cmp(path))
            .ok()?;
        Some(self.files[found].content)
    }
}

/// Whether all is inside one folder that is not part of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrapper {
    /// The first component of each path is the folder, whatever its name.
    Folder,
    /// The package's files stand at the top.
    None,
}

impl Wrapper {
    /// Packages have a folder, by convention `package`; those packed without have their `package.json` at the top.
    fn find(paths: &str, entries: &[Entry]) -> Self {
        let has_file = |wanted: &str| {
            entries.iter().any(|entry| {
                matches!(entry.content, Content::File { .. })
                    && paths[entry.path.clone()] == *wanted
            })
        };
        if has_file("package.json") && !has_file("package/package.json") {
            Self::None
        } else {
            Self::Folder
        }
    }

    /// The part of a path that lies inside the package; empty for the folder itself and what lies beside it.
    fn strip(self, paths: &str, path: Range<usize>) -> Range<usize> {
        if self == Self::None {
            return path;
        }
        match paths[path.clone()].find('/') {
            Some(slash) => path.start + slash + 1..path.end,
            None => path.end..path.end,
        }
    }
}

/// The entries by what they are.
#[derive(Default)]
struct Sorted<'a> {
    files: Vec<MapEntry<Span>>,
    directories: Vec<Range<usize>>,
    links: Vec<(Range<usize>, Option<&'a [u8]>)>,
    dropped: Vec<(String, &'static str)>,
}

impl<'a> Sorted<'a> {
    fn add(&mut self, paths: &str, entry: &'a Entry, wrapper: Wrapper) {
        let path = wrapper.strip(paths, entry.path.clone());
        let is_inside = !path.is_empty();
        let reason = match &entry.content {
            Content::File {
                span,
                is_executable,
            } if is_inside => {
                self.files.push(MapEntry {
                    path,
                    content: *span,
                    is_executable: *is_executable,
                });
                return;
            }
            Content::Directory => {
                if is_inside {
                    self.directories.push(path);
                }
                return;
            }
            Content::File { .. } => "it lies outside of the package's folder",
            Content::Symlink => "it is a symbolic link",
            Content::HardLink(_) => "it is a hard link",
            Content::Other => "it is not a regular file",
        };
        if is_inside {
            let target = match &entry.content {
                Content::HardLink(target) => Some(target.as_slice()),
                _ => None,
            };
            self.links.push((path, target));
        }
        self.dropped
            .push((escape(paths[entry.path.clone()].as_bytes()), reason));
    }

    /// Refuses paths that cannot stand beside each other.
    fn check(&self, paths: &str, entries: &[Entry], wrapper: Wrapper) -> Result<(), ArchiveError> {
        check_top(paths, entries)?;
        let places = Places::new(self, paths);
        for file in &self.files {
            places.check_file(&paths[file.path.clone()])?;
        }
        for directory in &self.directories {
            let path = &paths[directory.clone()];
            if places.files.contains(path) || places.links.contains(path) {
                return Err(conflict(path, "a file or link and a folder have its path"));
            }
        }
        for (link, target) in &self.links {
            places.check_link(&paths[link.clone()], *target, wrapper)?;
        }
        Ok(())
    }
}

/// Every path that something claims.
struct Places<'p> {
    files: FxHashSet<&'p str>,
    links: FxHashSet<&'p str>,
    /// Folders that some file, folder or link lies in.
    parents: FxHashSet<&'p str>,
}

impl<'p> Places<'p> {
    fn new(sorted: &Sorted<'_>, paths: &'p str) -> Self {
        let files: FxHashSet<&str> = sorted
            .files
            .iter()
            .map(|file| &paths[file.path.clone()])
            .collect();
        let links: FxHashSet<&str> = sorted
            .links
            .iter()
            .map(|(link, _)| &paths[link.clone()])
            .collect();
        let mut parents = FxHashSet::default();
        let explicit = sorted
            .directories
            .iter()
            .map(|directory| &paths[directory.clone()]);
        for path in files
            .iter()
            .copied()
            .chain(links.iter().copied())
            .chain(explicit)
        {
            for parent in ancestors(path) {
                if !parents.insert(parent) {
                    break;
                }
            }
        }
        Self {
            files,
            links,
            parents,
        }
    }

    fn check_file(&self, path: &str) -> Result<(), ArchiveError> {
        if self.parents.contains(path) {
            return Err(conflict(
                path,
                "it is a file, and other entries lie below it",
            ));
        }
        if self.links.contains(path) {
            return Err(conflict(path, "a link entry has the same path"));
        }
        Ok(())
    }

    fn check_link(
        &self,
        path: &str,
        hard_target: Option<&[u8]>,
        wrapper: Wrapper,
    ) -> Result<(), ArchiveError> {
        if self.parents.contains(path) {
            return Err(conflict(
                path,
                "it is a link entry, and other entries lie below it",
            ));
        }
        let Some(target) = hard_target else {
            return Ok(());
        };
        let mut plain = String::new();
        // A target that cannot be a path inside the package leads to no entry; the link is dropped anyway.
        if push_entry_path(target, &mut plain).is_err() {
            return Ok(());
        }
        let inside = wrapper.strip(&plain, 0..plain.len());
        let inside = &plain[inside];
        let mut passed = std::iter::once(inside).chain(ancestors(inside));
        if passed.any(|step| self.links.contains(step) && step != path) {
            return Err(conflict(
                path,
                "it is a hard link that leads through another link",
            ));
        }
        Ok(())
    }
}

/// A file or link at the top may not be the folder of another entry.
fn check_top(paths: &str, entries: &[Entry]) -> Result<(), ArchiveError> {
    let top = |entry: &Entry| {
        let path = &paths[entry.path.clone()];
        path.split_once('/')
            .map_or((path, false), |(first, _)| (first, true))
    };
    // Whether something that is no folder stands at the top, and whether something lies below it.
    let mut tops: FxHashMap<&str, (bool, bool)> = FxHashMap::default();
    for entry in entries {
        let (first, is_below) = top(entry);
        let (is_blocked, has_below) = tops.entry(first).or_default();
        *has_below |= is_below;
        *is_blocked |= !is_below && !matches!(entry.content, Content::Directory);
        if *is_blocked && *has_below && !first.is_empty() {
            return Err(conflict(
                first,
                "it is no folder, and other entries lie below it",
            ));
        }
    }
    Ok(())
}

/// The contents that must be compared since they share a path and a size, ascending.
fn shared_spans(paths: &str, files: &[MapEntry<Span>]) -> Vec<Span> {
    let mut spans: Vec<Span> = files
        .windows(2)
        .filter(|pair| {
            paths[pair[0].path.clone()] == paths[pair[1].path.clone()]
                && pair[0].content.size == pair[1].content.size
        })
        .flat_map(|pair| [pair[0].content, pair[1].content])
        .collect();
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// Makes one of files that share a path and their bytes; `files` are sorted by path.
fn merge_duplicates<C>(
    paths: &str,
    files: Vec<MapEntry<C>>,
    is_same: &dyn Fn(&C, &C) -> bool,
) -> Result<Vec<MapEntry<C>>, ArchiveError> {
    let mut merged: Vec<MapEntry<C>> = Vec::with_capacity(files.len());
    for file in files {
        match merged.last_mut() {
            Some(last) if paths[last.path.clone()] == paths[file.path.clone()] => {
                if !is_same(&last.content, &file.content) {
                    let path = &paths[file.path];
                    return Err(conflict(
                        path,
                        "two entries with different content have its path",
                    ));
                }
                last.is_executable |= file.is_executable;
            }
            _ => merged.push(file),
        }
    }
    Ok(merged)
}

fn conflict(path: &str, reason: &'static str) -> ArchiveError {
    ArchiveError::Conflict {
        entry: escape(path.as_bytes()),
        reason,
    }
}

/// The folders that a path lies in, innermost first.
pub(crate) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |&folder| parent(folder))
}

fn parent(path: &str) -> Option<&str> {
    path.rfind('/').map(|slash| &path[..slash])
}
