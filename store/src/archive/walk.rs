//! The walk over the blocks of a tar archive.
//!
//! References: POSIX.1-2017 `pax` for ustar and extended headers; the GNU tar manual for long names.

use std::borrow::Cow;
use std::ops::Range;

use super::entry_path::push_entry_path;
use super::error::{ArchiveError, escape};
use super::header::{BLOCK, EntryKind, is_executable, kind, read_header, size};
use super::pax::{Overrides, check_global_pax, read_pax};
use crate::limits::{MAX_ENTRIES, MAX_EXTENDED_HEADER, MAX_FILE};

/// What the walk found, in the archive's order.
#[derive(Debug, Default)]
pub(crate) struct Walked<'a> {
    /// All paths, one after the other.
    pub(crate) paths: String,
    pub(crate) entries: Vec<Entry<'a>>,
}

/// One entry that is no header for another.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// Where its path stands in [`Walked::paths`].
    pub(crate) path: Range<usize>,
    pub(crate) content: Content<'a>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'a> {
    File {
        bytes: &'a [u8],
        is_executable: bool,
    },
    Directory,
    Symlink,
    /// With the path of the file that it is another name of.
    HardLink(&'a [u8]),
    /// Something that is no file, folder or link.
    Other,
}

/// Whether these bytes begin a tar archive.
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    bytes
        .first_chunk::<BLOCK>()
        .is_some_and(|block| read_header(block).is_ok())
}

/// Lists the entries of a tar archive.
pub(crate) fn walk(tar: &[u8]) -> Result<Walked<'_>, ArchiveError> {
    let mut walker = Walker {
        rest: tar,
        walked: Walked::default(),
        pending: Pending::default(),
        headers: 0,
    };
    while let Some(header) = walker.next_header()? {
        walker.headers += 1;
        if walker.headers > MAX_ENTRIES {
            return Err(ArchiveError::limit("entries in an archive", MAX_ENTRIES));
        }
        walker.read_entry(header)?;
    }
    if walker.pending.is_any() {
        return Err(ArchiveError::corrupt("tar: the last entry is missing"));
    }
    Ok(walker.walked)
}

struct Walker<'a> {
    rest: &'a [u8],
    walked: Walked<'a>,
    pending: Pending<'a>,
    headers: usize,
}

/// What was said about the next entry.
#[derive(Default)]
struct Pending<'a> {
    pax: Option<Overrides<'a>>,
    long_name: Option<&'a [u8]>,
    long_link: Option<&'a [u8]>,
}

impl Pending<'_> {
    fn is_any(&self) -> bool {
        self.pax.is_some() || self.long_name.is_some() || self.long_link.is_some()
    }
}

impl<'a> Walker<'a> {
    /// Takes the next header; `None` at the end, after which only zeros may stand.
    ///
    /// The end is two blocks of zeros, or the end of the bytes: some writers leave the zeros out.
    fn next_header(&mut self) -> Result<Option<&'a tar::Header>, ArchiveError> {
        let Some((block, rest)) = self.rest.split_first_chunk::<BLOCK>() else {
            return self.end();
        };
        if block[0] == 0 && block.iter().all(|&byte| byte == 0) {
            return self.end();
        }
        self.rest = rest;
        read_header(block).map(Some)
    }

    fn end(&self) -> Result<Option<&'a tar::Header>, ArchiveError> {
        if self.rest.iter().any(|&byte| byte != 0) {
            return Err(ArchiveError::corrupt(
                "tar: something follows the end of the archive",
            ));
        }
        Ok(None)
    }

    fn read_entry(&mut self, header: &'a tar::Header) -> Result<(), ArchiveError> {
        let kind = kind(header);
        match kind {
            EntryKind::LocalPax | EntryKind::GlobalPax => {
                let body = self.take_extended(header)?;
                self.read_pax(kind, body)
            }
            EntryKind::LongName | EntryKind::LongLink => {
                let body = self.take_extended(header)?;
                self.read_long(kind, body)
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

    fn read_pax(&mut self, kind: EntryKind, body: &'a [u8]) -> Result<(), ArchiveError> {
        if kind == EntryKind::GlobalPax {
            return check_global_pax(body);
        }
        set_once(&mut self.pending.pax, read_pax(body)?)
    }

    fn read_long(&mut self, kind: EntryKind, body: &'a [u8]) -> Result<(), ArchiveError> {
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
        set_once(pending, name)
    }

    fn read_content(
        &mut self,
        header: &'a tar::Header,
        kind: EntryKind,
    ) -> Result<(), ArchiveError> {
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
                let bytes = self.take(size, &name)?;
                Content::File {
                    bytes,
                    is_executable: is_executable(header),
                }
            }
            // Unknown kinds may carry data, which every reader skips by its size.
            EntryKind::Other(flag) if !matches!(flag, b'3' | b'4' | b'6') => {
                self.take(size, &name)?;
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

    /// Takes the data of a header for other entries. Readers differ in whether they know such headers in formats that
    /// have none of them.
    fn take_extended(&mut self, header: &'a tar::Header) -> Result<&'a [u8], ArchiveError> {
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
        self.take(size, b"extended header")
    }

    /// Takes an entry's data and the padding after it; the last entry's padding may be missing.
    fn take(&mut self, size: u64, name: &[u8]) -> Result<&'a [u8], ArchiveError> {
        if size > MAX_FILE {
            return Err(ArchiveError::limit("bytes in one file", MAX_FILE));
        }
        let taken = usize::try_from(size)
            .ok()
            .and_then(|size| self.rest.split_at_checked(size));
        let Some((bytes, after)) = taken else {
            return Err(ArchiveError::corrupt(format!(
                "tar: the archive breaks off inside `{}`",
                escape(name)
            )));
        };
        let padding = bytes.len().next_multiple_of(BLOCK) - bytes.len();
        self.rest = &after[padding.min(after.len())..];
        Ok(bytes)
    }
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
fn name<'a>(
    header: &'a tar::Header,
    long_name: Option<&'a [u8]>,
    pax: Option<&'a [u8]>,
) -> Result<Cow<'a, [u8]>, ArchiveError> {
    match (long_name, pax) {
        (Some(long), Some(pax)) if long != pax => Err(ArchiveError::corrupt(
            "tar: an entry has two different long names",
        )),
        (Some(name), _) | (None, Some(name)) => Ok(Cow::Borrowed(name)),
        (None, None) => Ok(header.path_bytes()),
    }
}

fn link_target<'a>(
    header: &'a tar::Header,
    long: Option<&'a [u8]>,
    pax: Option<&'a [u8]>,
) -> &'a [u8] {
    let field = &header.as_old().linkname;
    let end = field
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(field.len());
    pax.or(long).unwrap_or(&field[..end])
}

/// Old archives have no kind for folders: there it is the slash at the end that tells.
fn ends_as_directory(name: &[u8]) -> bool {
    matches!(name, [.., b'/' | b'\\'])
}
