//! The folder that is worked in: what stands in the way is moved, what is ours is thrown away.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use pkg_fs::{
    FileKind, FsError, FsErrorKind, Placer, Preference, create_directory, create_directory_all,
    move_aside, remove_tree, rename_if_absent, stat_link_if_exists,
};
use pkg_manifest::RelativePath;

use crate::apply::{ApplyOptions, TRASH, Trash};
use crate::error::LinkError;
use crate::isolated::VIRTUAL_STORE;
use crate::record::{Kind, TreeRecord};
use crate::report::MovedAside;
use crate::verify::is_what_was_put;

pub(crate) const FOLDER_MODE: u32 = 0o755;
const MODULES: &str = "node_modules";
/// What lies in the project itself, in a layout without `node_modules`.
pub(crate) const OWN_FOLDER: &str = ".pkg";

/// What all units share.
pub(crate) struct Site<'a> {
    pub(crate) options: &'a ApplyOptions<'a>,
    placers: [Placer; 4],
    /// What of ours is to be deleted at the end, and what is built before it is moved in.
    trash: PathBuf,
    has_trash: AtomicBool,
    aside: Mutex<Aside>,
    is_stopped: AtomicBool,
}

/// Where what is not ours goes.
#[derive(Default)]
struct Aside {
    folder: Option<PathBuf>,
    moved: Vec<MovedAside>,
}

impl<'a> Site<'a> {
    pub(crate) fn new(options: &'a ApplyOptions<'a>) -> Self {
        Self {
            options,
            placers: PREFERENCES.map(Placer::new),
            trash: options.root.join(TRASH),
            has_trash: AtomicBool::new(false),
            aside: Mutex::default(),
            is_stopped: AtomicBool::new(false),
        }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.options.root.join(relative)
    }

    pub(crate) fn placer(&self, preference: Preference) -> &Placer {
        let found = PREFERENCES.iter().position(|known| *known == preference);
        &self.placers[found.expect("all preferences are listed")]
    }

    /// Makes the folders that everything lies in, and throws away what an interrupted run left.
    pub(crate) fn prepare<'p>(
        &self,
        paths: impl Iterator<Item = &'p RelativePath>,
    ) -> Result<(), LinkError> {
        let mut roots: BTreeSet<&str> = paths.map(modules_root).collect();
        // The project's folder is there.
        roots.remove("");
        roots.insert(MODULES);
        for root in roots {
            self.check_way(root)?;
            let path = self.path(root);
            if !is_created(&path)? && !is_folder(&path)? {
                return Err(LinkError::NodeModulesIsLink { path });
            }
        }
        let virtual_store = self.path(VIRTUAL_STORE);
        if is_created(&virtual_store)? {
            return Ok(());
        }
        if is_folder(&virtual_store)? {
            if self.options.trash == Trash::Empty {
                remove_tree(&self.trash)?;
            }
            return Ok(());
        }
        self.put_virtual_store_aside()?;
        create_directory(&virtual_store, FOLDER_MODE)?;
        Ok(())
    }

    /// Refuses a project whose folder is reached through a link: what is behind it is not ours.
    fn check_way(&self, root: &str) -> Result<(), LinkError> {
        for (end, _) in root.match_indices('/') {
            let path = self.path(&root[..end]);
            if !is_folder(&path)? {
                return Err(LinkError::NodeModulesIsLink { path });
            }
        }
        Ok(())
    }

    /// What is no folder but has the name of the virtual store cannot be kept in it.
    fn put_virtual_store_aside(&self) -> Result<(), FsError> {
        let place = self.path(VIRTUAL_STORE);
        let mut number = 1;
        loop {
            let moved_to = place.with_file_name(format!(".pkg-aside-{number}"));
            if rename_if_absent(&place, &moved_to)? {
                self.tell_moved(VIRTUAL_STORE, moved_to);
                return Ok(());
            }
            number += 1;
        }
    }

    fn tell_moved(&self, relative: &str, moved_to: PathBuf) {
        if let Ok(path) = relative.parse() {
            let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
            aside.moved.push(MovedAside { path, moved_to });
        }
    }

    /// Makes sure that a folder, and no link to one, is there; tells whether it is new.
    pub(crate) fn make_folder(&self, relative: &str) -> Result<bool, FsError> {
        let path = self.path(relative);
        if is_created(&path)? {
            return Ok(true);
        }
        if is_folder(&path)? {
            return Ok(false);
        }
        self.clear(relative)?;
        create_directory(&path, FOLDER_MODE)
    }

    /// Moves away whatever stands at a path: what is ours is deleted at the end, all else is kept aside.
    pub(crate) fn clear(&self, relative: &str) -> Result<(), FsError> {
        if self.is_ours(relative)? {
            self.throw_away(relative)
        } else {
            self.put_aside(relative)
        }
    }

    /// The virtual store is nobody else's; elsewhere ours is what is recorded, as long as it is what was put there.
    pub(crate) fn is_ours(&self, relative: &str) -> Result<bool, FsError> {
        let inside = relative
            .strip_prefix(VIRTUAL_STORE)
            .is_some_and(|rest| rest.starts_with('/'));
        if inside {
            return Ok(true);
        }
        let recorded = relative
            .parse()
            .ok()
            .and_then(|path: RelativePath| self.options.previous?.get(&path));
        let found = stat_link_if_exists(&self.path(relative))?.map(|found| found.kind);
        let is_unfinished = self.options.previous.is_some_and(TreeRecord::is_unfinished);
        if is_unfinished && recorded.is_some() && found == Some(FileKind::Symlink) {
            return Ok(true);
        }
        Ok(match recorded.map(|recorded| recorded.kind) {
            Some(Kind::Package) => found == Some(FileKind::Directory),
            Some(Kind::Archive) => found == Some(FileKind::File),
            Some(Kind::Symlink | Kind::Bin) => found == Some(FileKind::Symlink),
            Some(Kind::File) => {
                found == Some(FileKind::File) && (is_unfinished || self.is_as_recorded(relative)?)
            }
            None => false,
        })
    }

    fn is_as_recorded(&self, relative: &str) -> Result<bool, FsError> {
        let path = relative.parse().ok();
        let recorded = path.and_then(|path: RelativePath| self.options.previous?.get(&path));
        recorded.map_or(Ok(false), |recorded| {
            is_what_was_put(&self.path(relative), recorded)
        })
    }

    pub(crate) fn throw_away(&self, relative: &str) -> Result<(), FsError> {
        self.has_trash.store(true, Ordering::Relaxed);
        move_aside(&self.path(relative), &self.trash).map(drop)
    }

    /// The path of a new folder to build something in; left behind, it is deleted with the trash.
    pub(crate) fn building_place(&self) -> Result<PathBuf, FsError> {
        self.has_trash.store(true, Ordering::Relaxed);
        create_directory_all(&self.trash, FOLDER_MODE)?;
        Ok(self.trash.join(pkg_fs::unique_name()))
    }

    fn put_aside(&self, relative: &str) -> Result<(), FsError> {
        let moved_to = self.aside_folder()?.join(relative);
        if let Some(parent) = moved_to.parent() {
            create_directory_all(parent, FOLDER_MODE)?;
        }
        match rename_if_absent(&self.path(relative), &moved_to) {
            Ok(_) => self.tell_moved(relative, moved_to),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn aside_folder(&self) -> Result<PathBuf, FsError> {
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        if aside.folder.is_none() {
            aside.folder = Some(self.new_aside_folder()?);
        }
        Ok(aside.folder.clone().unwrap_or_default())
    }

    fn new_aside_folder(&self) -> Result<PathBuf, FsError> {
        let base = self.path(VIRTUAL_STORE);
        let mut number = 1;
        loop {
            let folder = base.join(format!("aside-{number}"));
            if is_created(&folder)? {
                return Ok(folder);
            }
            number += 1;
        }
    }

    pub(crate) fn empty_trash(&self) -> Result<(), FsError> {
        if self.has_trash.load(Ordering::Relaxed) {
            remove_tree(&self.trash)?;
        }
        Ok(())
    }

    /// After a failure that others would meet too, units that have not begun do not.
    pub(crate) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Relaxed)
    }

    pub(crate) fn into_moved_aside(self) -> Vec<MovedAside> {
        let aside = self.aside.into_inner();
        let mut moved = aside.unwrap_or_else(PoisonError::into_inner).moved;
        moved.sort_by(|left, right| left.path.cmp(&right.path));
        moved
    }
}

const PREFERENCES: [Preference; 4] = [
    Preference::Reflink,
    Preference::Hardlink,
    Preference::Separate,
    Preference::Copy,
];

/// The folder that holds all of one kind: the `node_modules` of the project that a path lies in, which is its first
/// component of that name with all before it; or the project's own folder; or the project itself, which is the empty path.
pub(crate) fn modules_root(path: &RelativePath) -> &str {
    let text = path.as_str();
    let mut start = 0;
    for component in text.split('/') {
        let end = start + component.len();
        if component == MODULES || (start == 0 && component == OWN_FOLDER) {
            return &text[..end];
        }
        start = end + 1;
    }
    ""
}

/// Makes a folder; `false` when something is there already, whatever it is.
fn is_created(path: &Path) -> Result<bool, FsError> {
    match create_directory(path, FOLDER_MODE) {
        Err(error) if error.is_already_exists() || error.kind() == FsErrorKind::WrongType => {
            // A folder above that is none is another matter.
            if stat_link_if_exists(path)?.is_none() {
                return Err(error);
            }
            Ok(false)
        }
        created => created,
    }
}

/// Whether a folder, and no link to one, is there.
pub(crate) fn is_folder(path: &Path) -> Result<bool, FsError> {
    let found = stat_link_if_exists(path)?;
    Ok(found.is_some_and(|found| found.kind == FileKind::Directory))
}
