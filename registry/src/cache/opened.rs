//! A cached packument, of which a large document stays on the disk: its index is read, and a version when it is asked
//! for. Reading the whole of what is cached of a project's dependencies would be most of the time of a question.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use pkg_manifest::{FragmentSource, Packument};

use super::{EntryKey, Validators, entry};
use crate::limits;

/// What is read of a file at once; a smaller file is read whole.
const BEGINNING: usize = 64 << 10;
/// The most files that are kept open. Systems allow a process as few as 256.
const MOST_OPEN: usize = 100;

/// How many files are open, of packuments that are read by and by.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenFiles(Arc<AtomicUsize>);

/// One of the files that may be open; free again when dropped.
#[derive(Debug)]
struct Opened(Arc<AtomicUsize>);

impl OpenFiles {
    fn take(&self) -> Option<Opened> {
        let opened = Opened(Arc::clone(&self.0));
        let before = self.0.fetch_add(1, Ordering::Relaxed);
        (before < MOST_OPEN).then_some(opened)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A document in a file.
#[derive(Debug)]
struct Document {
    file: File,
    /// Where it begins.
    start: usize,
    _opened: Opened,
}

impl FragmentSource for Document {
    fn fragment(&self, range: Range<usize>) -> Option<Vec<u8>> {
        read_at(
            &self.file,
            self.start.checked_add(range.start)?,
            range.len(),
        )
    }
}

impl EntryKey {
    /// Reads the packument of the entry; a file that is damaged in any way counts as absent.
    ///
    /// A file is replaced as a whole, so one that is open stays what it is. The packument has checksums of its own, of
    /// its index and of each version: the one of the whole document is not looked at.
    pub(crate) fn open(
        &self,
        cache_dir: &Path,
        open_files: &OpenFiles,
    ) -> Option<(Validators, Packument)> {
        let path = self.path(cache_dir);
        let (file, stat) = pkg_fs::open_regular_file_if_exists(&path).ok()??;
        if stat.size > limits::PACKUMENT_BYTES + (1 << 20) {
            return None;
        }
        let size = usize::try_from(stat.size).ok()?;
        let mut bytes = read_at(&file, 0, size.min(BEGINNING))?;
        let (head, start) = entry::split(&bytes)?;
        let validators = self.own(head)?;
        if size > bytes.len()
            && let Some(opened) = open_files.take()
        {
            let end = start.checked_add(Packument::cache_index_end(&bytes[start..])?)?;
            if end > size {
                return None;
            }
            let missing = end.saturating_sub(bytes.len());
            bytes.extend(read_at(&file, bytes.len(), missing)?);
            let document = Document {
                file,
                start,
                _opened: opened,
            };
            let source = Arc::new(document);
            let packument = Packument::from_cache_index(&bytes[start..], size - start, source)?;
            return Some((validators, packument));
        }
        bytes.extend(read_at(&file, bytes.len(), size - bytes.len())?);
        let document = Bytes::from(bytes).slice(start..);
        Some((validators, Packument::from_cache_bytes(document)?))
    }
}

fn read_at(file: &File, start: usize, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let start = u64::try_from(start).ok()?;
    file.read_exact_at(&mut bytes, start).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::Entry;
    use crate::options::Detail;

    fn key() -> EntryKey {
        EntryKey {
            registry: "https://registry.example.test/".parse().unwrap(),
            name: "greet".parse().unwrap(),
            detail: Detail::Full,
        }
    }

    /// A packument with so many bytes in each of its versions.
    fn packument(versions: usize, filling: usize) -> Packument {
        let versions: Vec<String> = (0..versions)
            .map(|minor| {
                format!(
                    r#""1.{minor}.0":{{"version":"1.{minor}.0","readme":"{}","dist":{{"tarball":"https://registry.example.test/a.tgz"}}}}"#,
                    "x".repeat(filling)
                )
            })
            .collect();
        let json = format!(
            r#"{{"name":"greet","dist-tags":{{"latest":"1.0.0"}},"versions":{{{}}}}}"#,
            versions.join(",")
        );
        Packument::parse(json.into_bytes()).unwrap()
    }

    fn write(folder: &Path, packument: &Packument) {
        let entry = Entry {
            validators: Validators::default(),
            document: packument.to_cache_bytes().into(),
        };
        key().write(folder, &entry).unwrap();
    }

    #[test]
    fn small_and_large_documents_are_read_alike_and_large_ones_hold_a_file() {
        let folder = tempfile::tempdir().unwrap();
        // The last has an index that is larger than what is read at once.
        for (versions, filling, held) in [(3, 10, 0), (3, 100_000, 1), (2_000, 10, 1)] {
            let original = packument(versions, filling);
            write(folder.path(), &original);
            let open_files = OpenFiles::default();
            let (_, read) = key().open(folder.path(), &open_files).unwrap();
            assert_eq!(open_files.0.load(Ordering::Relaxed), held);
            assert!(read.versions().eq(original.versions()));
            for version in original.versions() {
                assert_eq!(read.version(version), original.version(version));
            }
            drop(read);
            assert_eq!(open_files.0.load(Ordering::Relaxed), 0);
        }
    }

    #[test]
    fn where_too_many_files_are_open_a_document_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &packument(3, 100_000));
        let open_files = OpenFiles::default();
        let held: Vec<_> = (0..=MOST_OPEN)
            .filter_map(|_| key().open(folder.path(), &open_files))
            .collect();
        assert_eq!(open_files.0.load(Ordering::Relaxed), MOST_OPEN);
        let (_, last) = held.last().unwrap();
        assert!(last.version(&"1.2.0".parse().unwrap()).unwrap().is_some());
    }

    #[test]
    fn a_document_that_was_replaced_or_removed_stays_what_it_was_for_whoever_read_it() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &packument(3, 100_000));
        let (_, read) = key().open(folder.path(), &OpenFiles::default()).unwrap();
        write(folder.path(), &packument(1, 1));
        let version = "1.2.0".parse().unwrap();
        assert!(read.version(&version).unwrap().is_some());
        let (_, read) = key().open(folder.path(), &OpenFiles::default()).unwrap();
        assert_eq!(read.version(&version), Ok(None));
    }

    #[test]
    fn a_large_file_that_is_cut_off_anywhere_is_absent() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &packument(3, 50_000));
        let path = key().path(folder.path());
        let whole = pkg_fs::read_regular_file(&path, 1 << 20).unwrap();
        for cut in (0..whole.len()).step_by(4_999).chain([whole.len() - 1]) {
            pkg_fs::write_atomic(&path, &whole[..cut], 0o600).unwrap();
            let read = key().open(folder.path(), &OpenFiles::default());
            assert!(read.is_none(), "cut at {cut}");
        }
    }
}
