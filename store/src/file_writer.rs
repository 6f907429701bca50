//! Writing the files of a package, whose archive was found right before: all from memory, or piece by piece.

use pkg_fs::Folder;
use pkg_manifest::Digest;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::archive::{ArchiveError, Feed, FileMap, MappedFile, Span};
use crate::contents::{ContentId, Contents};
use crate::error::StoreError;
use crate::expected::Expected;
use crate::import::parse_path;
use crate::package_files::{StoredBin, StoredFile};

/// A package of more files and bytes than this is written by several threads.
const SPLIT_FILES: usize = 64;
const SPLIT_BYTES: u64 = 2 * 1024 * 1024;
/// Bytes of a stream that are in memory at once, and written together.
const WINDOW: u64 = 8 * 1024 * 1024;

/// What all files of one package are written with.
pub(crate) struct FileWriter<'w> {
    pub(crate) contents: &'w Contents,
    pub(crate) temporary: &'w Folder,
    /// See [`crate::Store`]: since when nothing is believed unread.
    pub(crate) distrust_since: Option<i64>,
    pub(crate) bins: &'w [StoredBin],
    pub(crate) expected: &'w Expected,
}

/// Files of a stream that are in memory together.
#[derive(Default)]
struct Window<'m> {
    bytes: Vec<u8>,
    /// By their place in the sorted list, with where their bytes begin in `bytes`.
    files: Vec<(usize, MappedFile<'m, Span>, usize)>,
}

impl FileWriter<'_> {
    /// Writes all files from memory, where `bytes` finds them.
    pub(crate) fn write_all<'b, C: Copy + Send + Sync>(
        &self,
        map: &FileMap<C>,
        bytes: &(dyn Fn(C) -> &'b [u8] + Sync),
    ) -> Result<Vec<StoredFile>, StoreError> {
        let write = |file: &MappedFile<'_, C>| self.write(file, bytes(file.content));
        let size: u64 = map
            .files()
            .map(|file| bytes(file.content).len() as u64)
            .sum();
        if map.files().len() >= SPLIT_FILES && size >= SPLIT_BYTES {
            let files: Vec<MappedFile<'_, C>> = map.files().collect();
            files.par_iter().map(write).collect()
        } else {
            map.files().map(|file| write(&file)).collect()
        }
    }

    /// Writes all files from a stream, which was read to its end before, and holds no more than a window of it.
    pub(crate) fn write_stream(
        &self,
        map: &FileMap<Span>,
        feed: &mut dyn Feed,
    ) -> Result<Vec<StoredFile>, StoreError> {
        let mut files: Vec<(usize, MappedFile<'_, Span>)> = map.files().enumerate().collect();
        files.sort_unstable_by_key(|(_, file)| file.content);
        let mut written: Vec<Option<StoredFile>> = vec![None; files.len()];
        let mut window = Window::default();
        let mut position = 0;
        for (place, file) in files {
            let span = file.content;
            self.take(feed, span.start - position, &mut |_| ())?;
            position = span.start + span.size;
            if window.bytes.len() as u64 + span.size > WINDOW {
                self.write_window(&mut window, &mut written)?;
            }
            if span.size > WINDOW {
                written[place] = Some(self.write_large(&file, feed)?);
                continue;
            }
            window.files.push((place, file, window.bytes.len()));
            let bytes = &mut window.bytes;
            self.take(feed, span.size, &mut |piece| bytes.extend_from_slice(piece))?;
        }
        self.write_window(&mut window, &mut written)?;
        Ok(written
            .into_iter()
            .map(|file| file.expect("every file of the map was written"))
            .collect())
    }

    fn write_window(
        &self,
        window: &mut Window<'_>,
        written: &mut [Option<StoredFile>],
    ) -> Result<(), StoreError> {
        let Window { bytes, files } = window;
        let write = |(place, file, start): &(usize, MappedFile<'_, Span>, usize)| {
            let rest = &bytes[*start..];
            let size = usize::try_from(file.content.size).unwrap_or(rest.len());
            Ok((*place, self.write(file, &rest[..size])?))
        };
        let done: Result<Vec<(usize, StoredFile)>, StoreError> =
            files.par_iter().map(write).collect();
        for (place, file) in done? {
            written[place] = Some(file);
        }
        bytes.clear();
        files.clear();
        Ok(())
    }

    fn write<C>(&self, file: &MappedFile<'_, C>, bytes: &[u8]) -> Result<StoredFile, StoreError> {
        let described = describe_file(file, bytes, self.bins, self.expected)?;
        self.contents.write(
            &described.content(),
            bytes,
            self.temporary,
            self.distrust_since,
        )?;
        Ok(described)
    }

    /// Writes a file that is larger than a window: its name is only known when all of it is written.
    fn write_large(
        &self,
        file: &MappedFile<'_, Span>,
        feed: &mut dyn Feed,
    ) -> Result<StoredFile, StoreError> {
        let path = parse_path(file.path, self.expected)?;
        let mut draft = self
            .contents
            .begin_draft(is_executable(file, self.bins), self.temporary)?;
        let taken = self.take(feed, file.content.size, &mut |piece| draft.write(piece));
        if taken.is_err() {
            draft.discard();
        }
        taken?;
        let id = self.contents.finish_draft(draft, self.distrust_since)?;
        Ok(stored(path, &id))
    }

    /// Takes bytes of a stream that had them when it was read before.
    fn take(
        &self,
        feed: &mut dyn Feed,
        count: u64,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), StoreError> {
        let taken = feed
            .take(count, each)
            .map_err(|error| error.of_package(&self.expected.label()))?;
        if taken < count {
            let error = ArchiveError::corrupt("it breaks off where it did not before");
            return Err(error.of_package(&self.expected.label()));
        }
        Ok(())
    }
}

/// A file of a package as its index has it.
pub(crate) fn describe_file<C>(
    file: &MappedFile<'_, C>,
    bytes: &[u8],
    bins: &[StoredBin],
    expected: &Expected,
) -> Result<StoredFile, StoreError> {
    let id = ContentId::of(bytes, is_executable(file, bins));
    Ok(stored(parse_path(file.path, expected)?, &id))
}

/// What a command starts is executable.
fn is_executable<C>(file: &MappedFile<'_, C>, bins: &[StoredBin]) -> bool {
    let is_bin = |bin: &StoredBin| bin.path.as_str() == file.path;
    file.is_executable || bins.iter().any(is_bin)
}

fn stored(path: pkg_manifest::RelativePath, id: &ContentId) -> StoredFile {
    StoredFile {
        path,
        executable: id.is_executable,
        size: id.size,
        digest: Digest(id.digest),
    }
}
