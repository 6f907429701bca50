//! Linking what is in the store already while the rest of a tree is on its way.
//!
//! Only where nothing is in the way: in a project without a tree, so that there is nothing that must stay whole until all
//! packages are there. The record says beforehand that the tree is unfinished, as for all linking; and when a download
//! fails, what was made is taken away again, so that there is no tree as before.

use std::{path::PathBuf, sync::Arc};

use pkg_fs::{FsError, Preference};
use pkg_linker::{ApplyOptions, LinkError, LinkReport, MovedAside, Trash, Tree, TreeRecord, apply};
use pkg_lockfile::{Lockfile, PackageId, Resolution};
use pkg_store::{PackageFiles, Store};
use rustc_hash::FxHashMap;
use tokio::sync::oneshot::{self, Receiver};

use super::{link::record_path, session::Session};
use crate::{Event, InstallError};

/// Packages of a tree that are put in place, each as soon as it is in the store.
pub(super) struct HeadStart {
    root: PathBuf,
    store: Arc<Store>,
    /// What is to be put in place of each package that was not begun.
    parts: FxHashMap<PackageId, Tree>,
    begun: Vec<Receiver<Result<LinkReport, LinkError>>>,
    /// What stands if it is interrupted.
    unfinished: TreeRecord,
}

/// What stands already of a tree.
#[derive(Default)]
pub(super) struct Started {
    /// All of it; unfinished, if anything went wrong.
    pub(super) record: TreeRecord,
    pub(super) packages: usize,
    pub(super) moved_aside: Vec<MovedAside>,
}

impl HeadStart {
    /// Begins, if nothing is in the way.
    pub(super) fn begin(
        session: &Session<'_>,
        tree: &Tree,
        lockfile: &Lockfile,
    ) -> Result<Option<Self>, FsError> {
        // What is another user's gets copies.
        if session.options.force || session.owner.is_some() || !has_no_tree(session)? {
            return Ok(None);
        }
        let mut parts = tree.parts();
        parts.retain(|id, _| {
            let package = lockfile.packages.get(id);
            // What is on this disk is not waited for.
            let is_remote = package
                .is_some_and(|package| matches!(package.resolution, Resolution::Registry { .. }));
            // Scripts may change the files of what is approved: it gets copies.
            is_remote && !session.approvals.has(id)
        });
        let unfinished = TreeRecord::unfinished(None, tree);
        let path = record_path(&session.project.root);
        pkg_fs::write_atomic_unsynced(&path, &unfinished.to_bytes(), 0o644)?;
        Ok(Some(Self {
            root: session.project.root.clone(),
            store: Arc::clone(&session.store),
            parts,
            begun: Vec::new(),
            unfinished,
        }))
    }

    /// Puts a package in place, on a worker.
    pub(super) fn put(&mut self, id: &PackageId, files: &Arc<PackageFiles>) {
        let Some(part) = self.parts.remove(id) else {
            return;
        };
        let (root, store, files) = (
            self.root.clone(),
            Arc::clone(&self.store),
            Arc::clone(files),
        );
        let (sender, receiver) = oneshot::channel();
        rayon::spawn(move || {
            let options = ApplyOptions {
                root: &root,
                store: &store,
                packages: &|_| Some(Arc::clone(&files)),
                preference: &|_| Preference::Hardlink,
                previous: None,
                trash: Trash::Keep,
            };
            // Nobody waits any more when the install was given up.
            drop(sender.send(apply(&part, &options, &|_| {})));
        });
        self.begun.push(receiver);
    }

    /// Waits for what was begun. What went wrong is found out once more by whoever makes the rest of the tree.
    pub(super) async fn finish(self, session: &Session<'_>) -> Started {
        let mut started = Started::default();
        let mut records = Vec::new();
        let mut is_whole = true;
        for begun in self.begun {
            let Ok(Ok(report)) = begun.await else {
                is_whole = false;
                continue;
            };
            session.reporter.report(Event::Linked);
            started.packages += report.packages;
            started.moved_aside.extend(report.moved_aside);
            records.push(report.record);
        }
        started.record = if is_whole {
            TreeRecord::united(records)
        } else {
            started.packages = 0;
            self.unfinished
        };
        started
    }

    /// Takes away what was made: the rest of the tree does not come.
    pub(super) async fn undo(self) -> Result<(), InstallError> {
        for begun in self.begun {
            // Whatever came of it.
            drop(begun.await);
        }
        let options = ApplyOptions {
            root: &self.root,
            store: &self.store,
            packages: &|_| None,
            preference: &|_| Preference::Hardlink,
            previous: Some(&self.unfinished),
            trash: Trash::Empty,
        };
        apply(&Tree::default(), &options, &|_| {})?;
        pkg_fs::remove_file_if_exists(&record_path(&self.root))?;
        Ok(())
    }
}

/// Whether `node_modules` has nothing but what this install made to be alone.
fn has_no_tree(session: &Session<'_>) -> Result<bool, FsError> {
    let modules = session.project.root.join("node_modules");
    for (folder, only) in [(modules.clone(), ".pkg"), (modules.join(".pkg"), "lock")] {
        let entries = match pkg_fs::list_directory(&folder) {
            Ok(entries) => entries,
            Err(error) if error.is_not_found() => return Ok(true),
            Err(error) => return Err(error),
        };
        if entries.iter().any(|(name, _)| name != only) {
            return Ok(false);
        }
    }
    Ok(true)
}
