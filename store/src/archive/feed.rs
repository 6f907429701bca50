//! Where the walk over an archive gets its bytes from: memory, or a gzip stream as it is inflated.

use flate2::Decompress;

use super::error::ArchiveError;
use super::gzip::{GzipReader, Progress};

/// Bytes of a stream that are inflated at once.
const CHUNK: usize = 256 * 1024;

/// An archive's bytes, front to back.
pub(crate) trait Feed {
    /// Bytes that were not taken yet; none at the end alone.
    fn fill(&mut self) -> Result<&[u8], ArchiveError>;

    /// Takes the first `count` of what [`Feed::fill`] gave.
    fn consume(&mut self, count: usize);

    /// Takes up to `count` bytes, hands them to `each` in pieces, and says how many there were.
    fn take(&mut self, count: u64, each: &mut dyn FnMut(&[u8])) -> Result<u64, ArchiveError> {
        let mut left = count;
        while left > 0 {
            let bytes = self.fill()?;
            if bytes.is_empty() {
                break;
            }
            let taken = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            each(&bytes[..taken]);
            self.consume(taken);
            left -= taken as u64;
        }
        Ok(count - left)
    }
}

impl Feed for &[u8] {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        Ok(self)
    }

    fn consume(&mut self, count: usize) {
        *self = &self[count..];
    }
}

/// A gzip stream that is inflated as it is read. What it gave is only certain once its end was reached.
pub(crate) struct Inflating<'a, 'i> {
    reader: GzipReader<'a, 'i>,
    chunk: Vec<u8>,
    taken: usize,
}

impl<'a, 'i> Inflating<'a, 'i> {
    pub(crate) fn new(compressed: &'a [u8], inflater: &'i mut Decompress) -> Self {
        Self {
            reader: GzipReader::new(compressed, inflater),
            chunk: Vec::with_capacity(CHUNK),
            taken: 0,
        }
    }
}

impl Feed for Inflating<'_, '_> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        while self.taken == self.chunk.len() {
            self.chunk.clear();
            self.taken = 0;
            if self.reader.read(&mut self.chunk)? == Progress::Done && self.chunk.is_empty() {
                break;
            }
        }
        Ok(&self.chunk[self.taken..])
    }

    fn consume(&mut self, count: usize) {
        self.taken += count;
    }
}
