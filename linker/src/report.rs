//! What happened while a tree was put in place.

use std::path::PathBuf;

use pkg_fs::Placed;
use pkg_lockfile::PackageId;
use pkg_manifest::RelativePath;

use crate::record::TreeRecord;

/// Something that happened, told from whichever thread it happened on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkEvent<'a> {
    /// Before anything is touched: how many packages will be put in place, and how many entries will be made, changed or
    /// removed, those of the packages among them.
    Started { packages: usize, changes: usize },
    /// A package is in place.
    Package { id: &'a PackageId, files: usize },
}

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkReport {
    /// Packages that were put in place, or found whole where no record told so.
    pub packages: usize,
    /// Those of them that only had to be moved from elsewhere in the tree.
    pub moved: usize,
    /// Links and commands that were made or changed.
    pub links: usize,
    /// How the files were placed.
    pub placed: PlacedCounts,
    /// Entries of the former tree that are gone.
    pub removed: usize,
    /// The packages among them.
    pub removed_packages: usize,
    /// What stood in the way and was not ours.
    pub moved_aside: Vec<MovedAside>,
    /// What is now in place: to be written down for the next run.
    pub record: TreeRecord,
}

/// Files by the way in which they were placed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlacedCounts {
    pub reflinked: usize,
    pub hardlinked: usize,
    pub copied: usize,
}

/// Something that was in the way, and where it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedAside {
    pub path: RelativePath,
    pub moved_to: PathBuf,
}

impl PlacedCounts {
    /// All files.
    pub fn total(self) -> usize {
        self.reflinked + self.hardlinked + self.copied
    }

    pub(crate) fn count(&mut self, placed: Placed) {
        match placed {
            Placed::Reflink => self.reflinked += 1,
            Placed::Hardlink => self.hardlinked += 1,
            Placed::Copy => self.copied += 1,
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.reflinked += other.reflinked;
        self.hardlinked += other.hardlinked;
        self.copied += other.copied;
    }
}
