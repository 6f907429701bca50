//! The walk over the blocks of a tar archive.
//!
//! References: POSIX.1-2017 `pax` for ustar and extended headers; the GNU tar manual for long names.

use std::borrow::Cow;
use std::ops::Range;

use super::entry_path::push_entry_path;
use super::error::{ArchiveError, escape};
use super::feed::Feed;
use super::header::{BLOCK, EntryKind, is_executable, kind, read_header, size};
use super::pax::{Overrides, check_global_pax, read_pax};
use crate::limits::{MAX_ENTRIES, MAX_EXTENDED_HEADER, MAX_FILE, MAX_MANIFESTS, MAX_PACKAGE_JSON};

/// What the walk found, in the archive's order.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    /// All paths, one after the other.
    pub(crate) paths: String,
    pub(crate) entries: Vec<Entry>,
    /// The contents of what may be the package's `package.json`, by where they begin.
    pub(crate) manifests: Vec<(u64, Vec<u8>)>,
}

/// One entry that is no header for another.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Where its path stands in [`Walked::paths`].
    pub(crate) path: Range<usize>,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    File {
        span: Span,
        is_executable: bool,
    },
    Directory,
    Symlink,
    /// With the path of the file that it is another name of.
    HardLink(Vec<u8>),
    /// Something that is no file, folder or link.
    Other,
}

/// Where the bytes of a file stand in its unpacked archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) size: u64,
}

/// Whether these bytes begin a tar archive.
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    bytes
        .first_chunk::<BLOCK>()
        .is_some_and(|block| read_header(block).is_ok())
}

/// Lists the entries of a tar archive, to its very end.
pub(crate) fn walk(feed: &mut dyn Feed) -> Result<Walked, ArchiveError> {
    let mut walker = Walker {
        feed,
        position: 0,
        walked: Walked::default(),
        pending: Pending::default(),
        kept: 0,
    };
    let mut headers = 0;
    while let Some(block) = walker.next_header()? {
        headers += 1;
        if headers > MAX_ENTRIES {
            return Err(ArchiveError::limit("entries in an archive", MAX_ENTRIES));
        }
        walker.read_entry(read_header(&block)?)?;
    }
    if walker.pending.is_any() {
        return Err(ArchiveError::corrupt("tar: the last entry is missing"));
    }
    Ok(walker.walked)
}

struct Walker<'f> {
    feed: &'f mut dyn Feed,
    /// Bytes that were taken.
    position: u64,
    walked: Walked,
    pending: Pending,
    /// Bytes in [`Walked::manifests`].
    kept: u64,
}

/// What was said about the next entry.
#[derive(Default)]
struct Pending {
    pax: Option<Overrides>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl Pending {
    fn is_any(&self) -> bool {
        self.pax.is_some() || self.long_name.is_some() || self.long_link.is_some()
    }
}

impl Walker<'_> {
    /// Takes the next header; `None` at the end, after which only zeros may stand.
    ///
    /// The end is two blocks of zeros, or the end of the bytes: some writers leave the zeros out.
    fn next_header(&mut self) -> Result<Option<[u8; BLOCK]>, ArchiveError> {
        let mut block = [0; BLOCK];
        let mut length = 0;
        self.take_each(BLOCK as u64, &mut |bytes| {
            block[length..length + bytes.len()].copy_from_slice(bytes);
            length += bytes.len();
        })?;
        if length == BLOCK && block.iter().any(|&byte| byte != 0) {
            return Ok(Some(block));
        }
        let mut is_clean = block.iter().all(|&byte| byte == 0);
        self.take_each(u64::MAX, &mut |bytes| {
            is_clean &= bytes.iter().all(|&byte| byte == 0);
        })?;
        if is_clean {
            Ok(None)
        } else {
            Err(ArchiveError::corrupt(
                "tar: something follows the end of the archive",
            ))
        }
    }

    fn read_entry(&mut self, header: &tar::Header) -> Result<(), ArchiveError> {
        let kind = kind(header);
        match kind {
            EntryKind::LocalPax | EntryKind::GlobalPax => {
                let body = self.take_extended(header)?;
                self.read_pax(kind, &body)
            }
            EntryKind::LongName | EntryKind::LongLink => {
                let body = self.take_extended(header)?;
                self.read_long(kind, &body)
            }
            EntryKind::Unsupported(flag) => Err(ArchiveError::corrupt(format!(
                "tar: entries of type `{}` are not supported",
                escape(&[flag])
            ))),
            EntryKind::File
            | EntryKind::Directory
            | EntryKind::HardLink
            | EntryKind::Symlink
            | EntryKind::Other(_) => self.read_content(header, kind),
        }
    }

    fn read_pax(&mut self, kind: EntryKind, body: &[u8]) -> Result<(), ArchiveError> {
        if kind == EntryKind::GlobalPax {
            return check_global_pax(body);
        }
        set_once(&mut self.pending.pax, read_pax(body)?)
    }

    fn read_long(&mut self, kind: EntryKind, body: &[u8]) -> Result<(), ArchiveError> {
        let end = body
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(body.len());
        let (name, padding) = body.split_at(end);
        if name.is_empty() || padding.iter().any(|&byte| byte != 0) {
            return Err(ArchiveError::corrupt("tar: a long name is malformed"));
        }
        let pending = match kind {
            EntryKind::LongName => &mut self.pending.long_name,
            _ => &mut self.pending.long_link,
        };
        set_once(pending, name.to_vec())
    }

    fn read_content(&mut self, header: &tar::Header, kind: EntryKind) -> Result<(), ArchiveError> {
        let pending = std::mem::take(&mut self.pending);
        let overrides = pending.pax.unwrap_or_default();
        let name = name(header, pending.long_name, overrides.path)?;
        let start = self.walked.paths.len();
        push_entry_path(&name, &mut self.walked.paths)?;
        let path = start..self.walked.paths.len();
        let size = match overrides.size {
            Some(size) => size,
            None => size(header)?,
        };
        let content = match kind {
            EntryKind::File if !ends_as_directory(&name) => {
                let span = Span {
                    start: self.position,
                    size,
                };
                if may_be_manifest(&self.walked.paths[path.clone()]) {
                    self.keep(span, &name)?;
                } else {
                    self.take(size, &name, &mut |_| ())?;
                }
                Content::File {
                    span,
                    is_executable: is_executable(header),
                }
            }
            // Unknown kinds may carry data, which every reader skips by its size.
            EntryKind::Other(flag) if !matches!(flag, b'3' | b'4' | b'6') => {
                self.take(size, &name, &mut |_| ())?;
                Content::Other
            }
            _ if size != 0 => {
                return Err(ArchiveError::corrupt(format!(
                    "tar: `{}` has a size but can hold no data",
                    escape(&name)
                )));
            }
            EntryKind::Symlink => Content::Symlink,
            EntryKind::HardLink => {
                Content::HardLink(link_target(header, pending.long_link, overrides.link_path))
            }
            EntryKind::Other(_) => Content::Other,
            _ => Content::Directory,
        };
        self.walked.entries.push(Entry { path, content });
        Ok(())
    }

    /// Takes what may be the package's `package.json`, of which the import needs more than its hash. One that is too
    /// large to be one is not kept.
    fn keep(&mut self, span: Span, name: &[u8]) -> Result<(), ArchiveError> {
        let mut bytes = Vec::new();
        let is_kept = span.size <= MAX_PACKAGE_JSON as u64;
        self.take(span.size, name, &mut |piece| {
            if is_kept {
                bytes.extend_from_slice(piece);
            }
        })?;
        if !is_kept {
            return Ok(());
        }
        self.kept += span.size;
        if self.kept > MAX_MANIFESTS {
            return Err(ArchiveError::limit(
                "bytes in files `package.json`",
                MAX_MANIFESTS,
            ));
        }
        self.walked.manifests.push((span.start, bytes));
        Ok(())
    }

    /// Takes the data of a header for other entries. Readers differ in whether they know such headers in formats that
    /// have none of them.
    fn take_extended(&mut self, header: &tar::Header) -> Result<Vec<u8>, ArchiveError> {
        if header.as_ustar().is_none() && header.as_gnu().is_none() {
            return Err(ArchiveError::corrupt(
                "tar: an extended header of an unknown format",
            ));
        }
        let size = size(header)?;
        if size > MAX_EXTENDED_HEADER {
            return Err(ArchiveError::limit(
                "bytes in an extended header",
                MAX_EXTENDED_HEADER,
            ));
        }
        let mut body = Vec::new();
        self.take(size, b"extended header", &mut |bytes| {
            body.extend_from_slice(bytes);
        })?;
        Ok(body)
    }

    /// Takes an entry's data and the padding after it; the last entry's padding may be missing.
    fn take(
        &mut self,
        size: u64,
        name: &[u8],
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), ArchiveError> {
        if size > MAX_FILE {
            return Err(ArchiveError::limit("bytes in one file", MAX_FILE));
        }
        if self.take_each(size, each)? < size {
            return Err(ArchiveError::corrupt(format!(
                "tar: the archive breaks off inside `{}`",
                escape(name)
            )));
        }
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        self.take_each(padding, &mut |_| ())?;
        Ok(())
    }

    fn take_each(&mut self, count: u64, each: &mut dyn FnMut(&[u8])) -> Result<u64, ArchiveError> {
        let taken = self.feed.take(count, each)?;
        self.position += taken;
        Ok(taken)
    }
}

/// Whether a file can be the package's own `package.json`: at the top, or in the folder that is taken off.
fn may_be_manifest(path: &str) -> bool {
    let inside = path.split_once('/').map_or(path, |(_, inside)| inside);
    path == "package.json" || inside == "package.json"
}

fn set_once<T>(slot: &mut Option<T>, value: T) -> Result<(), ArchiveError> {
    if slot.replace(value).is_some() {
        return Err(ArchiveError::corrupt(
            "tar: two extended headers stand before one entry",
        ));
    }
    Ok(())
}

/// The name of an entry by its header and what preceded it; those that contradict each other are refused.
fn name(
    header: &tar::Header,
    long_name: Option<Vec<u8>>,
    pax: Option<Vec<u8>>,
) -> Result<Cow<'_, [u8]>, ArchiveError> {
    match (long_name, pax) {
        (Some(long), Some(pax)) if long != pax => Err(ArchiveError::corrupt(
            "tar: an entry has two different long names",
        )),
        (Some(name), _) | (None, Some(name)) => Ok(Cow::Owned(name)),
        (None, None) => Ok(header.path_bytes()),
    }
}

fn link_target(header: &tar::Header, long: Option<Vec<u8>>, pax: Option<Vec<u8>>) -> Vec<u8> {
    let field = &header.as_old().linkname;
    let end = field
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(field.len());
    pax.or(long).unwrap_or_else(|| field[..end].to_vec())
}

/// Old archives have no kind for folders: there it is the slash at the end that tells.
fn ends_as_directory(name: &[u8]) -> bool {
    matches!(name, [.., b'/' | b'\\'])
}
