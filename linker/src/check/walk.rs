//! The walk: one task a folder, each opened from the one above it, so that no link is followed.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pkg_fs::{FileKind, Folder};
use pkg_lockfile::PackageId;
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, StoredFile};
use rayon::Scope;
use rustc_hash::FxHashSet;

use crate::apply::{BinSources, archive_of, bin_form_of};
use crate::check::CheckOptions;
use crate::check::content::{Hashes, refused};
use crate::check::difference::{CheckCounts, Difference, DifferenceKind, Item, Owner, TreeCheck};
use crate::check::expected::Node;
use crate::check::folder_files::{FolderFiles, below};
use crate::check::single::{wrong_command, wrong_file, wrong_link};
use crate::check::strangers::stranger;
use crate::tree::{BinOwner, Entry};

/// What all tasks of one check share.
pub(crate) struct Walk<'a> {
    pub(crate) options: &'a CheckOptions<'a>,
    pub(crate) root: &'a Node<'a>,
    pub(crate) hashes: Hashes,
    pub(crate) found: Mutex<TreeCheck>,
    /// Whether the files, and so the commands, of some package are not known.
    pub(crate) is_partly_unknown: bool,
}

/// One folder that is to be looked into.
pub(crate) struct Place<'a> {
    folder: Folder,
    /// From the root; empty for the root itself.
    path: String,
    node: Option<&'a Node<'a>>,
    inside: Option<Inside<'a>>,
}

/// That a folder belongs to a package.
#[derive(Clone)]
struct Inside<'a> {
    id: &'a PackageId,
    /// `None` where nobody knows them.
    files: Option<Arc<PackageFiles>>,
    /// The folder in the package: empty, or with a slash at its end.
    prefix: String,
}

/// What one task found.
#[derive(Default)]
struct Notes {
    differences: Vec<Difference>,
    counts: CheckCounts,
}

impl Notes {
    /// Counts a file that is read as a whole.
    fn count(&mut self, bytes: u64) {
        self.counts.files += 1;
        self.counts.bytes += bytes;
        self.counts.bytes_read += bytes;
    }
}

impl<'a> Place<'a> {
    pub(crate) fn root(folder: Folder, node: &'a Node<'a>) -> Self {
        Self {
            folder,
            path: String::new(),
            node: Some(node),
            inside: None,
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", self.path)
        }
    }

    /// Whether all that lies in it is an install's. Of a project's own folders only what leads to such ones is looked at.
    fn is_ours(&self) -> bool {
        let mut components = self.path.split('/');
        self.path == ".pkg"
            || self.path.starts_with(".pkg/")
            || components.any(|component| component == "node_modules")
    }
}

impl<'a> Walk<'a> {
    /// Looks at everything in a folder; folders in it become tasks of their own.
    pub(crate) fn look_into<'s>(&'s self, scope: &Scope<'s>, place: Place<'s>)
    where
        'a: 's,
    {
        let mut notes = Notes::default();
        let place = Arc::new(place);
        if place.is_ours() {
            match place.folder.entries() {
                Ok(entries) => self.look_at_all(scope, &place, entries, &mut notes),
                Err(error) => {
                    let kind = refused(&error, Item::Folder);
                    self.note(&mut notes, &place.path, place.node, kind);
                }
            }
        } else {
            for (name, node) in place.node.into_iter().flat_map(|node| &node.children) {
                self.look_for(scope, &place, (name, node), &mut notes);
            }
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.differences.extend(notes.differences);
        found.counts.add(notes.counts);
    }

    fn look_at_all<'s>(
        &'s self,
        scope: &Scope<'s>,
        place: &Arc<Place<'s>>,
        entries: Vec<(OsString, FileKind)>,
        notes: &mut Notes,
    ) where
        'a: 's,
    {
        let files = place
            .inside
            .as_ref()
            .and_then(|inside| inside.files.clone());
        let prefix = place.inside.as_ref().map_or("", |inside| &inside.prefix);
        let mut wanted = files.as_ref().map(|files| FolderFiles::new(files, prefix));
        let mut met: FxHashSet<&str> = FxHashSet::default();
        for (name, found) in entries {
            let known = name.to_str();
            let node = known.and_then(|name| place.node?.children.get_key_value(name));
            if let Some((name, node)) = node {
                met.insert(name);
                if let Some(wanted) = &mut wanted {
                    wanted.take_folder(name);
                }
                self.look_at(scope, place, (name, node), found, notes);
                continue;
            }
            let is_looked_at = match (known, &mut wanted) {
                (Some(name), Some(wanted)) => {
                    self.look_at_packaged(scope, place, (name, found), wanted, notes)
                }
                (None, _) | (_, None) => false,
            };
            if !is_looked_at {
                self.look_at_stranger(place, &name, found, notes);
            }
        }
        self.note_missing(place, &met, wanted.as_ref(), notes);
    }

    /// Looks at what the plan has under a name, in a folder that is the project's own.
    fn look_for<'s>(
        &'s self,
        scope: &Scope<'s>,
        place: &Arc<Place<'s>>,
        (name, node): (&'s str, &'s Node<'s>),
        notes: &mut Notes,
    ) where
        'a: 's,
    {
        match place.folder.stat_entry(name) {
            Ok(Some(found)) => self.look_at(scope, place, (name, node), found.kind, notes),
            Ok(None) => self.note_all_missing(&place.path_of(name), node, notes),
            Err(error) => {
                let kind = refused(&error, node.item());
                self.note(notes, &place.path_of(name), Some(node), kind);
            }
        }
    }

    /// Looks at something that the plan has.
    fn look_at<'s>(
        &'s self,
        scope: &Scope<'s>,
        place: &Arc<Place<'s>>,
        (name, node): (&'s str, &'s Node<'s>),
        found: FileKind,
        notes: &mut Notes,
    ) where
        'a: 's,
    {
        let path = place.path_of(name);
        let wrong = match node.entry {
            None if found == FileKind::Directory => {
                let inside = place.inside.as_ref().map(|inside| inside.deeper(name));
                self.descend(scope, place, name, (Some(node), inside));
                return;
            }
            Some(Entry::Package { snapshot, .. }) if found == FileKind::Directory => {
                let files = (self.options.packages)(snapshot.id());
                notes.counts.packages += u64::from(files.is_some());
                let inside = Inside {
                    id: snapshot.id(),
                    files,
                    prefix: String::new(),
                };
                self.descend(scope, place, name, (Some(node), Some(inside)));
                return;
            }
            Some(Entry::Symlink { target }) if found == FileKind::Symlink => {
                notes.counts.links += 1;
                wrong_link(&place.folder, name, target)
            }
            Some(Entry::Bin {
                target,
                owner,
                path,
            }) => {
                notes.counts.links += 1;
                self.wrong_bin(&place.folder, (name, found), target, (owner, path))
            }
            Some(Entry::File {
                bytes,
                is_executable,
                ..
            }) if found == FileKind::File => {
                notes.count(bytes.len() as u64);
                wrong_file(&place.folder, name, (bytes, *is_executable))
            }
            Some(Entry::Archive { snapshot, .. }) if found == FileKind::File => {
                self.wrong_archive(&place.folder, name, snapshot.id(), notes)
            }
            None
            | Some(
                Entry::Package { .. }
                | Entry::Archive { .. }
                | Entry::Symlink { .. }
                | Entry::File { .. },
            ) => Some(DifferenceKind::Replaced {
                expected: node.item(),
                found,
            }),
        };
        if let Some(kind) = wrong {
            self.note(notes, &path, Some(node), kind);
        }
    }

    fn wrong_bin(
        &self,
        folder: &Folder,
        (name, found): (&str, FileKind),
        target: &str,
        (owner, file): (&BinOwner, &RelativePath),
    ) -> Option<DifferenceKind> {
        let sources = BinSources {
            root: self.options.root,
            store: self.options.store,
            packages: self.options.packages,
        };
        match bin_form_of(&sources, owner, file) {
            Ok(form) => wrong_command(folder, (name, found), &form, target),
            Err(error) => Some(refused(&error, Item::Command)),
        }
    }

    /// Holds the zip file of a package against the one that the store's files make.
    fn wrong_archive(
        &self,
        folder: &Folder,
        name: &str,
        id: &PackageId,
        notes: &mut Notes,
    ) -> Option<DifferenceKind> {
        let files = (self.options.packages)(id)?;
        notes.counts.packages += 1;
        match archive_of(self.options.store, id.name(), &files) {
            Ok(Some(bytes)) => {
                notes.count(bytes.len() as u64);
                wrong_file(folder, name, (&bytes, false))
            }
            Ok(None) => Some(DifferenceKind::Unreadable {
                reason: "what it is made of is damaged in the store".to_owned(),
            }),
            Err(error) => Some(DifferenceKind::Unreadable {
                reason: error.to_string(),
            }),
        }
    }

    /// Makes a task of a folder. It is opened when its turn comes, so that few are open at once.
    fn descend<'s>(
        &'s self,
        scope: &Scope<'s>,
        place: &Arc<Place<'s>>,
        name: &str,
        (node, inside): (Option<&'s Node<'s>>, Option<Inside<'s>>),
    ) where
        'a: 's,
    {
        let (above, name) = (Arc::clone(place), name.to_owned());
        scope.spawn(move |scope| {
            let path = above.path_of(&name);
            match above.folder.open_folder(OsStr::new(&name)) {
                Ok(folder) => {
                    drop(above);
                    let place = Place {
                        folder,
                        path,
                        node,
                        inside,
                    };
                    self.look_into(scope, place);
                }
                Err(error) => {
                    let owner = match &inside {
                        Some(inside) => Owner::Package(inside.id.clone()),
                        None => self.root.owner(&path, node.and_then(|node| node.entry)),
                    };
                    let kind = refused(&error, Item::Folder);
                    let difference = Difference {
                        owner,
                        path: path.into(),
                        kind,
                    };
                    let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.differences.push(difference);
                }
            }
        });
    }

    /// Looks at a name that the package may have; tells whether it has it.
    fn look_at_packaged<'s>(
        &'s self,
        scope: &Scope<'s>,
        place: &Arc<Place<'s>>,
        (name, found): (&str, FileKind),
        wanted: &mut FolderFiles<'_>,
        notes: &mut Notes,
    ) -> bool
    where
        'a: 's,
    {
        let Some(inside) = &place.inside else {
            return false;
        };
        if let Some(file) = wanted.take_file(name) {
            let kind = self.wrong_packaged_file(&place.folder, (name, found), file, notes);
            notes.differences.extend(kind.map(|kind| Difference {
                owner: Owner::Package(inside.id.clone()),
                path: place.path_of(name).into(),
                kind,
            }));
            return true;
        }
        if !wanted.take_folder(name) {
            return false;
        }
        if found == FileKind::Directory {
            let deeper = inside.deeper(name);
            self.descend(scope, place, name, (None, Some(deeper)));
        } else {
            notes.differences.push(Difference {
                owner: Owner::Package(inside.id.clone()),
                path: place.path_of(name).into(),
                kind: DifferenceKind::Replaced {
                    expected: Item::Folder,
                    found,
                },
            });
        }
        true
    }

    fn wrong_packaged_file(
        &self,
        folder: &Folder,
        (name, found): (&str, FileKind),
        file: &StoredFile,
        notes: &mut Notes,
    ) -> Option<DifferenceKind> {
        notes.counts.files += 1;
        if found != FileKind::File {
            return Some(DifferenceKind::Replaced {
                expected: Item::File,
                found,
            });
        }
        let looked = self.hashes.look(folder, name, file);
        notes.counts.bytes += looked.bytes;
        notes.counts.bytes_read += looked.bytes_read;
        looked.difference
    }

    fn look_at_stranger(
        &self,
        place: &Place<'_>,
        name: &OsStr,
        found: FileKind,
        notes: &mut Notes,
    ) {
        let shown = name.to_string_lossy();
        let path = PathBuf::from(&place.path).join(name);
        let is_modules = place.path.ends_with("/node_modules") && place.node.is_some();
        let (owner, kind) = match &place.inside {
            // What is in a package that nobody knows, nobody can tell.
            Some(inside) if inside.files.is_none() && !is_modules => return,
            Some(inside) if !is_modules || shown.starts_with('.') || found == FileKind::File => (
                Owner::Package(inside.id.clone()),
                DifferenceKind::Foreign { found },
            ),
            Some(_) | None => match stranger(&place.path, name, found) {
                Some(told) => told,
                None => return,
            },
        };
        if self.is_partly_unknown && (place.path.ends_with("/.bin") || shown == ".bin") {
            return;
        }
        notes.differences.push(Difference { owner, path, kind });
    }

    fn note_missing(
        &self,
        place: &Place<'_>,
        met: &FxHashSet<&str>,
        wanted: Option<&FolderFiles<'_>>,
        notes: &mut Notes,
    ) {
        let children = place.node.into_iter().flat_map(|node| &node.children);
        for (name, node) in children.filter(|(name, _)| !met.contains(*name)) {
            self.note_all_missing(&place.path_of(name), node, notes);
        }
        let (Some(inside), Some(wanted)) = (&place.inside, wanted) else {
            return;
        };
        let Some(files) = &inside.files else { return };
        let start = place.path.len() - inside.prefix.trim_end_matches('/').len();
        let base = place.path[..start].trim_end_matches('/');
        let folders = wanted.missing_folders();
        let in_folders = folders.flat_map(|folder| {
            let prefix = format!("{}{folder}/", inside.prefix);
            below(&files.files, &prefix, |file| file.path.as_str()).collect::<Vec<_>>()
        });
        for file in wanted.missing_files().chain(in_folders) {
            notes.differences.push(Difference {
                owner: Owner::Package(inside.id.clone()),
                path: format!("{base}/{}", file.path).into(),
                kind: DifferenceKind::Missing {
                    expected: Item::File,
                },
            });
        }
    }

    /// Notes that nothing of the plan is there.
    pub(crate) fn miss_all(&self) {
        let mut notes = Notes::default();
        for (name, node) in &self.root.children {
            self.note_all_missing(name, node, &mut notes);
        }
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.differences.append(&mut notes.differences);
    }

    /// Notes that something of the plan is not there, and so nothing that lies in it.
    fn note_all_missing(&self, path: &str, node: &Node<'_>, notes: &mut Notes) {
        if node.entry.is_some() {
            let kind = DifferenceKind::Missing {
                expected: node.item(),
            };
            self.note(notes, path, Some(node), kind);
        }
        for (name, child) in &node.children {
            self.note_all_missing(&format!("{path}/{name}"), child, notes);
        }
    }

    fn note(&self, notes: &mut Notes, path: &str, node: Option<&Node<'_>>, kind: DifferenceKind) {
        let owner = self.root.owner(path, node.and_then(|node| node.entry));
        let path = path.into();
        notes.differences.push(Difference { owner, path, kind });
    }
}

impl Inside<'_> {
    fn deeper(&self, name: &str) -> Self {
        Self {
            prefix: format!("{}{name}/", self.prefix),
            ..self.clone()
        }
    }
}
