//! One package folder.

use std::path::Path;

use pkg_fs::{
    Folder, FsError, Placer, Preference, Stat, create_directory, rename, rename_if_absent,
    stat_link_if_exists,
};
use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, PackageState as FileState, Store, StoredFile};
use rayon::iter::ParallelIterator;
use rayon::slice::ParallelSlice;

use crate::apply::path_buffer::PathBuffer;
use crate::apply::site::{FOLDER_MODE, Site, is_folder};
use crate::error::LinkError;
use crate::report::PlacedCounts;

const MANIFEST: &str = "package.json";
/// As many files of a package are placed by one thread before another may take the next: what is lost where threads meet
/// in one folder is won where a package is as large as all others together.
const AT_ONCE: usize = 256;

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageState {
    InPlace,
    /// A file of the store is missing or changed.
    Damaged,
}

/// Puts a package in place: where nothing stands, directly; else it is built elsewhere and takes the place of what is
/// there, so that the folder is never half of one and half of the other.
pub(crate) fn put_package(
    site: &Site<'_>,
    path: &RelativePath,
    files: &PackageFiles,
    (preference, placed): (Preference, &mut PlacedCounts),
) -> Result<PackageState, LinkError> {
    let folder = path.below(site.options.root);
    let mut filler = Filler {
        store: site.options.store,
        placer: site.placer(preference),
        placed,
    };
    match create_directory(&folder, FOLDER_MODE) {
        Ok(true) => return filler.fill(&folder, files),
        Ok(false) => {}
        Err(error) if stat_link_if_exists(&folder)?.is_none() => return Err(error.into()),
        Err(_) => {}
    }
    let may_be_whole = preference == Preference::Hardlink && !held_another(site, path, files);
    if may_be_whole && filler.is_whole(&folder, files)? {
        return Ok(PackageState::InPlace);
    }
    let building = site.building_place()?;
    create_directory(&building, FOLDER_MODE)?;
    if filler.fill(&building, files)? == PackageState::Damaged {
        return Ok(PackageState::Damaged);
    }
    site.clear(path.as_str())?;
    rename(&building, &folder)?;
    Ok(PackageState::InPlace)
}

/// Whether another package stood here, as the record tells: what this one lacks of it is to go.
fn held_another(site: &Site<'_>, path: &RelativePath, files: &PackageFiles) -> bool {
    let record = site
        .options
        .previous
        .filter(|record| !record.is_unfinished());
    let recorded = record.and_then(|record| record.get(path));
    let index = recorded.and_then(|recorded| recorded.index());
    index.is_some_and(|index| index != files.integrity.to_string())
}

/// Moves the folder of a package, whole already, to where it belongs.
pub(crate) fn put_salvaged(
    site: &Site<'_>,
    path: &RelativePath,
    folder: &Path,
) -> Result<(), FsError> {
    let place = path.below(site.options.root);
    if rename_if_absent(folder, &place)? {
        return Ok(());
    }
    site.clear(path.as_str())?;
    rename(folder, &place)
}

/// Fills the folder of a package from the store.
pub(crate) struct Filler<'a> {
    pub(crate) store: &'a Store,
    pub(crate) placer: &'a Placer,
    pub(crate) placed: &'a mut PlacedCounts,
}

impl Filler<'_> {
    /// Whether every file is there already, as a second name of an intact one of the store.
    fn is_whole(&self, folder: &Path, files: &PackageFiles) -> Result<bool, LinkError> {
        let mut paths = PathBuffer::new(folder);
        if !is_folder(folder)? {
            return Ok(false);
        }
        for file in &files.files {
            let identity = |stat: Stat| (stat.device, stat.inode);
            let placed = stat_link_if_exists(paths.at(file.path.as_str()))?.map(identity);
            let stored = stat_link_if_exists(&self.store.path(file))?.map(identity);
            if placed.is_none()
                || placed != stored
                || self.store.check_file(file)? == FileState::Damaged
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Folders, parents first; then files, the manifest last: with it the package is complete.
    pub(crate) fn fill(
        &mut self,
        folder: &Path,
        files: &PackageFiles,
    ) -> Result<PackageState, LinkError> {
        let folder = Folder::open(folder)?;
        for directory in &files.directories {
            folder.create_folder(directory.as_str(), FOLDER_MODE)?;
        }
        let is_manifest = |file: &&StoredFile| file.path.as_str() == MANIFEST;
        let (manifest, others): (Vec<_>, Vec<_>) = files.files.iter().partition(is_manifest);
        let from = (self.store, self.placer);
        let parts: Vec<_> = others
            .par_chunks(AT_ONCE)
            .map(|part| fill_part(from, &folder, part))
            .collect::<Result<_, FsError>>()?;
        if parts.iter().any(Option::is_none) {
            return Ok(PackageState::Damaged);
        }
        let last = fill_part(from, &folder, &manifest)?;
        for placed in parts.into_iter().chain([last]) {
            match placed {
                Some(placed) => self.placed.add(placed),
                None => return Ok(PackageState::Damaged),
            }
        }
        Ok(PackageState::InPlace)
    }
}

/// Places some files of a package; `None` where one of them is missing in the store or damaged.
fn fill_part(
    (store, placer): (&Store, &Placer),
    folder: &Folder,
    files: &[&StoredFile],
) -> Result<Option<PlacedCounts>, FsError> {
    let mut counts = PlacedCounts::default();
    for file in files {
        match store.place(file, placer, (folder, file.path.as_str()))? {
            Some(placed) => counts.count(placed),
            None => return Ok(None),
        }
    }
    Ok(Some(counts))
}
