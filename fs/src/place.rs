//! Placing: a file of one tree appears in another by the cheapest way that the two file systems allow.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::folder::Folder;
use crate::gate::creating;
use crate::write::{create_new_file, discard};

/// Which ways of placing a caller accepts, cheapest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// Share blocks if the file system can, else share the inode, else copy.
    Reflink,
    /// Share the inode, else copy.
    Hardlink,
    /// Share blocks, else copy: for files that their new owner may change in place.
    Separate,
    /// Always copy.
    Copy,
}

/// How a file was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// As a file of its own that shares its blocks until one side changes.
    Reflink,
    /// As a second name of the same file.
    Hardlink,
    /// As a copy of the bytes.
    Copy,
}

/// Ways that were found not to work between this pair of directories.
const NO_REFLINK: u8 = 1;
const NO_HARDLINK: u8 = 2;
/// Ways that have worked at least once: later refusals concern one file, not the pair.
const REFLINK_WORKS: u8 = 4;
const HARDLINK_WORKS: u8 = 8;

/// Places files from one directory tree into another and remembers what the pair can do.
///
/// Make one for each pair of roots (a store and one `node_modules`); share it over threads. A way that the pair does
/// not support is tried once or twice and then never again; a single file that cannot be linked, for instance because
/// it has all the names that its file system allows, is copied and changes nothing for its neighbours.
#[derive(Debug)]
pub struct Placer {
    preference: Preference,
    known: AtomicU8,
}

impl Placer {
    /// Starts with nothing known about the pair.
    pub fn new(preference: Preference) -> Self {
        Self {
            preference,
            known: AtomicU8::new(0),
        }
    }

    /// Makes `destination` hold what `source` holds; neither is followed when it is a link.
    ///
    /// A copy has the permission bits of `source`, less those that the process takes from all new files.
    ///
    /// # Errors
    /// When something stands at `destination` already, its folder is missing or full, or `source` is missing. Nothing
    /// is left at `destination` by a failure.
    pub fn place(&self, source: &Path, destination: &Path) -> Result<Placed, FsError> {
        let knows = |bit| self.known.load(Ordering::Relaxed) & bit != 0;
        let shares_blocks = matches!(self.preference, Preference::Reflink | Preference::Separate);
        if shares_blocks && !knows(NO_REFLINK) {
            match reflink(source, destination) {
                Ok(()) => return Ok(self.worked(REFLINK_WORKS, Placed::Reflink)),
                Err(Refusal::Unsupported) => self.refused(REFLINK_WORKS, NO_REFLINK),
                Err(Refusal::Failed(error)) => return Err(error),
            }
        }
        let shares_inode = matches!(self.preference, Preference::Reflink | Preference::Hardlink);
        if shares_inode && !knows(NO_HARDLINK) {
            match creating(|| rustix::fs::linkat(CWD, source, CWD, destination, AtFlags::empty())) {
                Ok(()) => return Ok(self.worked(HARDLINK_WORKS, Placed::Hardlink)),
                Err(Errno::MLINK) => {}
                Err(errno) if is_unsupported(errno) => self.refused(HARDLINK_WORKS, NO_HARDLINK),
                Err(errno) => return Err(blame(errno, source, destination)),
            }
        }
        copy(source, destination)?;
        Ok(Placed::Copy)
    }

    /// As [`Placer::place`], from one open folder into another: where a link can be made, neither path is walked.
    ///
    /// # Errors
    /// As [`Placer::place`].
    pub fn place_in(
        &self,
        (from, source): (&Folder, &str),
        (to, destination): (&Folder, &str),
    ) -> Result<Placed, FsError> {
        let is_refused = self.known.load(Ordering::Relaxed) & NO_HARDLINK != 0;
        if self.preference == Preference::Hardlink && !is_refused {
            let link = || rustix::fs::linkat(from, source, to, destination, AtFlags::empty());
            if creating(link).is_ok() {
                return Ok(self.worked(HARDLINK_WORKS, Placed::Hardlink));
            }
        }
        // What is in the way is found out, and told, by the whole paths.
        self.place(&from.path_of(source), &to.path_of(destination))
    }

    fn worked(&self, bit: u8, placed: Placed) -> Placed {
        if self.known.load(Ordering::Relaxed) & bit == 0 {
            self.known.fetch_or(bit, Ordering::Relaxed);
        }
        placed
    }

    fn refused(&self, works: u8, never: u8) {
        if self.known.load(Ordering::Relaxed) & works == 0 {
            self.known.fetch_or(never, Ordering::Relaxed);
        }
    }
}

/// Places one file; for many between the same directories use a [`Placer`].
///
/// # Errors
/// As [`Placer::place`].
pub fn place_file(
    source: &Path,
    destination: &Path,
    preference: Preference,
) -> Result<Placed, FsError> {
    Placer::new(preference).place(source, destination)
}

enum Refusal {
    Unsupported,
    Failed(FsError),
}

impl From<FsError> for Refusal {
    fn from(error: FsError) -> Self {
        Self::Failed(error)
    }
}

/// What says that this pair (or this file) cannot be linked, and that a copy may still work.
fn is_unsupported(errno: Errno) -> bool {
    let codes = [
        Errno::XDEV,
        Errno::PERM,
        Errno::OPNOTSUPP,
        Errno::NOSYS,
        Errno::INVAL,
    ];
    codes.contains(&errno) || [Errno::NOTTY, Errno::TXTBSY, Errno::ACCESS].contains(&errno)
}

/// A link call does not tell which of its two paths was missing.
fn blame(errno: Errno, source: &Path, destination: &Path) -> FsError {
    if errno == Errno::NOENT && rustix::fs::lstat(source).is_err() {
        return FsError::new("open", source, errno);
    }
    FsError::new("create", destination, errno)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn reflink(source: &Path, destination: &Path) -> Result<(), Refusal> {
    let (from, mode) = open_source(source)?;
    let new = create_new_file(destination, mode)?;
    let Err(errno) = creating(|| rustix::fs::ioctl_ficlone(&new.file, &from)) else {
        return Ok(());
    };
    discard(destination);
    if is_unsupported(errno) {
        return Err(Refusal::Unsupported);
    }
    Err(FsError::new("copy to", destination, errno).into())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn reflink(_source: &Path, _destination: &Path) -> Result<(), Refusal> {
    Err(Refusal::Unsupported)
}

fn copy(source: &Path, destination: &Path) -> Result<(), FsError> {
    let (from, mode) = open_source(source)?;
    let mut new = create_new_file(destination, mode)?;
    // The standard library copies inside the kernel where it can, and by hand where it cannot.
    let copied = creating(|| io::copy(&mut File::from(from), &mut new.file));
    let copied = copied.at("copy to", destination);
    if copied.is_err() {
        discard(destination);
    }
    copied.map(drop)
}

fn open_source(source: &Path) -> Result<(OwnedFd, u32), FsError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let from = rustix::fs::open(source, flags, Mode::empty()).at("open", source)?;
    let mode = rustix::fs::fstat(&from).at("look at", source)?.st_mode;
    Ok((from, Mode::from_raw_mode(mode).as_raw_mode() & 0o777))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_regular_file, stat, write_new};

    #[test]
    fn a_placed_file_holds_the_bytes_whatever_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        write_new(&source, b"bytes", 0o755).unwrap();
        let all = [
            Preference::Reflink,
            Preference::Hardlink,
            Preference::Separate,
            Preference::Copy,
        ];
        for (number, preference) in all.into_iter().enumerate() {
            let placed = folder.path().join(format!("placed{number}"));
            let way = place_file(&source, &placed, preference).unwrap();
            assert_eq!(read_regular_file(&placed, 10).unwrap(), b"bytes");
            assert_eq!(stat(&placed).unwrap().mode & 0o100, 0o100);
            let same = stat(&placed).unwrap().inode == stat(&source).unwrap().inode;
            assert_eq!(same, way == Placed::Hardlink);
            assert!(preference != Preference::Separate || way != Placed::Hardlink);
            assert!(preference != Preference::Copy || way == Placed::Copy);
        }
    }

    #[test]
    fn another_file_system_means_copies_and_is_tried_once() {
        let shared = Path::new("/dev/shm");
        let (here, Ok(there)) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in(shared)) else {
            return;
        };
        if stat(here.path()).unwrap().device == stat(there.path()).unwrap().device {
            return;
        }
        let source = here.path().join("source");
        write_new(&source, b"bytes", 0o644).unwrap();
        let placer = Placer::new(Preference::Reflink);
        let placed = there.path().join("placed");
        assert_eq!(placer.place(&source, &placed).unwrap(), Placed::Copy);
        assert_eq!(
            placer.known.load(Ordering::Relaxed),
            NO_REFLINK | NO_HARDLINK
        );
        let again = there.path().join("again");
        assert_eq!(placer.place(&source, &again).unwrap(), Placed::Copy);
        assert_eq!(read_regular_file(&again, 10).unwrap(), b"bytes");
    }

    #[test]
    fn one_refused_file_does_not_change_a_pair_that_works() {
        let placer = Placer::new(Preference::Hardlink);
        placer.worked(HARDLINK_WORKS, Placed::Hardlink);
        placer.refused(HARDLINK_WORKS, NO_HARDLINK);
        assert_eq!(placer.known.load(Ordering::Relaxed), HARDLINK_WORKS);
    }

    #[test]
    fn a_file_with_all_the_names_it_can_have_is_copied_and_its_neighbours_linked() {
        let folder = tempfile::tempdir().unwrap();
        let [source, neighbour] = ["source", "neighbour"].map(|name| folder.path().join(name));
        write_new(&source, b"full", 0o644).unwrap();
        write_new(&neighbour, b"free", 0o644).unwrap();
        let placer = Placer::new(Preference::Hardlink);
        let many = folder.path().join("many");
        crate::create_directory(&many, 0o755).unwrap();
        let limit = (0..70_000).find(|number| {
            placer
                .place(&source, &many.join(number.to_string()))
                .unwrap()
                == Placed::Copy
        });
        // A file system without a limit below this number has nothing to show here.
        if limit.is_some() {
            let copied = folder.path().join("copied");
            assert_eq!(placer.place(&source, &copied).unwrap(), Placed::Copy);
            assert_eq!(read_regular_file(&copied, 10).unwrap(), b"full");
        }
        let linked = folder.path().join("linked");
        assert_eq!(placer.place(&neighbour, &linked).unwrap(), Placed::Hardlink);
    }

    #[test]
    fn from_folder_to_folder_the_same_is_placed_and_the_same_refused() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        write_new(&folder.path_of("source"), b"bytes", 0o644).unwrap();
        for preference in [Preference::Hardlink, Preference::Separate] {
            let placer = Placer::new(preference);
            let name = format!("{preference:?}");
            let put = |from: &str| placer.place_in((&folder, from), (&folder, &name));
            let is_shared = put("source").unwrap() == Placed::Hardlink;
            assert_eq!(is_shared, preference == Preference::Hardlink);
            assert_eq!(
                read_regular_file(&folder.path_of(&name), 10).unwrap(),
                b"bytes"
            );
            assert!(put("source").unwrap_err().is_already_exists());
            folder.remove(&name).unwrap();
            assert_eq!(put("none").unwrap_err().path(), folder.path_of("none"));
        }
    }

    #[test]
    fn what_stands_at_the_destination_is_never_touched() {
        let folder = tempfile::tempdir().unwrap();
        let [source, canary, link] = ["source", "canary", "link"].map(|n| folder.path().join(n));
        write_new(&source, b"bytes", 0o644).unwrap();
        write_new(&canary, b"canary", 0o644).unwrap();
        crate::create_symlink(&canary, &link).unwrap();
        let all = [Preference::Reflink, Preference::Hardlink, Preference::Copy];
        for preference in all {
            for destination in [&canary, &link] {
                let error = place_file(&source, destination, preference).unwrap_err();
                assert!(error.is_already_exists());
                assert_eq!(error.path(), destination.as_path());
            }
        }
        assert_eq!(read_regular_file(&canary, 10).unwrap(), b"canary");
    }

    #[test]
    fn a_missing_source_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("none");
        for preference in [Preference::Hardlink, Preference::Copy] {
            let error = place_file(&source, &folder.path().join("new"), preference).unwrap_err();
            assert_eq!(
                (error.is_not_found(), error.path()),
                (true, source.as_path())
            );
        }
    }
}
