//! What was put in place, so that the next run touches only what changed.

use std::collections::BTreeMap;

use miette::Diagnostic;
use pkg_manifest::RelativePath;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::tree::{Entry, Tree};

const MAGIC: &[u8; 8] = b"pkgtree1";
const CHECKSUM: usize = 32;

/// The entries that a run put in place; stored beside them, and the only list of what may be removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TreeRecord {
    /// Sorted by path.
    pub(crate) entries: Vec<(RelativePath, Recorded)>,
    /// Whether the run that wrote it had not ended: what is listed may be there, in part, or not.
    pub(crate) is_unfinished: bool,
}

/// One entry, as text that is equal when the entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) kind: Kind,
    /// Of a package its id, the hash that was wanted, and that of the index that it came from, each after a space; of
    /// a link its text; of a file its hash.
    pub(crate) text: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Package,
    Symlink,
    Bin,
    File,
    /// A package as one zip file.
    Archive,
}

/// Why a record cannot be read: it counts as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Diagnostic)]
#[error("the record of what is in `node_modules` is damaged, or of another version")]
#[diagnostic(
    code(ERR_PKG_LINK_RECORD),
    help("install again: everything is then checked and what is missing is made")
)]
pub struct RecordError;

impl Recorded {
    /// What is known of an entry before it is put in place; a package's index is added then.
    pub(crate) fn of(entry: &Entry) -> Self {
        let (kind, text) = match entry {
            Entry::Package {
                snapshot,
                integrity,
            }
            | Entry::Archive {
                snapshot,
                integrity,
            } => {
                let kind = match entry {
                    Entry::Archive { .. } => Kind::Archive,
                    _ => Kind::Package,
                };
                let integrity = integrity.as_ref().map(ToString::to_string);
                let wanted = integrity.as_deref().unwrap_or("-").replace(' ', ",");
                (kind, format!("{} {wanted}", snapshot.id()))
            }
            Entry::Symlink { target } => (Kind::Symlink, target.clone()),
            Entry::Bin { target, .. } => (Kind::Bin, target.clone()),
            Entry::File { digest, .. } => (Kind::File, digest.to_string()),
        };
        let text = text.into();
        Self { kind, text }
    }

    /// Whether the record is of this entry.
    pub(crate) fn is_of(&self, entry: &Entry) -> bool {
        match entry {
            Entry::Package { .. } | Entry::Archive { .. } => {
                let wanted = Self::of(entry);
                let rest = self.text.strip_prefix(&*wanted.text);
                self.kind == wanted.kind && rest.is_some_and(|rest| rest.starts_with(' '))
            }
            Entry::Symlink { target } => self.kind == Kind::Symlink && *self.text == **target,
            Entry::Bin { target, .. } => self.kind == Kind::Bin && *self.text == **target,
            Entry::File { .. } => *self == Self::of(entry),
        }
    }

    /// Of a package, folder or file, the hash that names its index in the store.
    pub(crate) fn index(&self) -> Option<&str> {
        let (_, index) = self.text.rsplit_once(' ')?;
        matches!(self.kind, Kind::Package | Kind::Archive).then_some(index)
    }
}

impl TreeRecord {
    /// What is written down before a run begins: all that was there and all that will be, neither of it certain.
    ///
    /// With it in place of the former record, a run that is interrupted is repaired by the next one.
    pub fn unfinished(previous: Option<&Self>, tree: &Tree) -> Self {
        let before = previous
            .into_iter()
            .flat_map(|record| record.entries.iter());
        let mut entries: BTreeMap<&RelativePath, Recorded> = before
            .map(|(path, recorded)| (path, recorded.clone()))
            .collect();
        for (path, entry) in &tree.entries {
            // Where a package takes the place of a link, or the reverse, a folder there must be known to be ours.
            if matches!(entry, Entry::Package { .. }) {
                entries.insert(path, Recorded::of(entry));
            } else {
                entries.entry(path).or_insert_with(|| Recorded::of(entry));
            }
        }
        let entries = entries
            .into_iter()
            .map(|(path, recorded)| (path.clone(), recorded));
        Self {
            entries: entries.collect(),
            is_unfinished: true,
        }
    }

    /// One record of what several runs put in place, each something else.
    pub fn united(records: impl IntoIterator<Item = Self>) -> Self {
        let mut united = Self::default();
        for record in records {
            united.is_unfinished |= record.is_unfinished;
            united.entries.extend(record.entries);
        }
        united
            .entries
            .sort_unstable_by(|left, right| left.0.cmp(&right.0));
        united.entries.dedup_by(|left, right| left.0 == right.0);
        united
    }

    /// The record without some entries, which the next run then makes again. `paths` are sorted.
    pub fn without(mut self, paths: &[RelativePath]) -> Self {
        self.entries
            .retain(|(path, _)| paths.binary_search(path).is_err());
        self
    }

    /// The record with some package folders whose contents nobody knows any more: the next run makes them anew, or takes
    /// them away, and puts them nowhere else. `paths` are sorted.
    pub fn doubting(mut self, paths: &[RelativePath]) -> Self {
        for (path, recorded) in &mut self.entries {
            if recorded.kind == Kind::Package && paths.binary_search(path).is_ok() {
                recorded.text = "".into();
            }
        }
        self
    }

    /// Whether the run that wrote it had not ended.
    pub fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// How many entries it lists.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was put in place.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The paths that were put in place, sorted.
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &RelativePath> {
        self.entries.iter().map(|(path, _)| path)
    }

    pub(crate) fn get(&self, path: &RelativePath) -> Option<&Recorded> {
        let found = self
            .entries
            .binary_search_by(|(entry, _)| entry.cmp(path))
            .ok()?;
        Some(&self.entries[found].1)
    }

    /// The record as bytes: paths without what they share with the one before, and a hash of all.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + self.entries.len() * 64);
        bytes.extend_from_slice(&[0; CHECKSUM]);
        bytes.extend_from_slice(MAGIC);
        bytes.push(u8::from(self.is_unfinished));
        put_number(&mut bytes, self.entries.len());
        let mut before = "";
        for (path, recorded) in &self.entries {
            let path = path.as_str();
            let shared = shared_prefix(before, path);
            put_number(&mut bytes, shared);
            put_text(&mut bytes, &path[shared..]);
            bytes.push(recorded.kind as u8);
            put_text(&mut bytes, &recorded.text);
            before = path;
        }
        let checksum = Sha256::digest(&bytes[CHECKSUM..]);
        bytes[..CHECKSUM].copy_from_slice(&checksum);
        bytes
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`RecordError`] for anything that [`TreeRecord::to_bytes`] did not make.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let (checksum, rest) = bytes.split_at_checked(CHECKSUM).ok_or(RecordError)?;
        if Sha256::digest(rest)[..] != *checksum {
            return Err(RecordError);
        }
        let rest = rest.strip_prefix(MAGIC).ok_or(RecordError)?;
        Reader { rest }.record().ok_or(RecordError)
    }
}

/// Bytes that two texts begin with, both of which can be cut there.
fn shared_prefix(left: &str, right: &str) -> usize {
    let pairs = left.bytes().zip(right.bytes());
    let mut shared = pairs.take_while(|(left, right)| left == right).count();
    while !right.is_char_boundary(shared) {
        shared -= 1;
    }
    shared
}

/// Seven bits a byte, lowest first.
fn put_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn record(&mut self) -> Option<TreeRecord> {
        let is_unfinished = match self.byte()? {
            0 => false,
            1 => true,
            _ => return None,
        };
        let count = self.number()?;
        let mut entries: Vec<(RelativePath, Recorded)> = Vec::with_capacity(count.min(1 << 16));
        let mut path = String::new();
        for _ in 0..count {
            let shared = self.number()?;
            if !path.is_char_boundary(shared) {
                return None;
            }
            path.truncate(shared);
            path.push_str(self.text()?);
            let parsed: RelativePath = path.parse().ok()?;
            if entries.last().is_some_and(|(before, _)| *before >= parsed) {
                return None;
            }
            let kind = self.kind()?;
            let text = self.text()?.into();
            entries.push((parsed, Recorded { kind, text }));
        }
        self.rest.is_empty().then_some(TreeRecord {
            entries,
            is_unfinished,
        })
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0_usize;
        for shift in (0..28).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    fn kind(&mut self) -> Option<Kind> {
        [
            Kind::Package,
            Kind::Symlink,
            Kind::Bin,
            Kind::File,
            Kind::Archive,
        ]
        .get(usize::from(self.byte()?))
        .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::{Layout, LinkOptions, plan};
    use crate::test_graph::{graph, linux};
    use proptest::prelude::*;

    fn record() -> TreeRecord {
        let graph = graph(". a@1 @s/e=b@1; a@1 -> b@1; b@1");
        let tree = plan(&graph, Layout::Isolated, &LinkOptions::for_host(linux())).unwrap();
        TreeRecord::unfinished(None, &tree)
    }

    #[test]
    fn a_record_is_read_back() {
        let record = record();
        assert!(record.len() > 5 && record.is_unfinished());
        assert_eq!(TreeRecord::from_bytes(&record.to_bytes()), Ok(record));
        let empty = TreeRecord::default();
        assert_eq!(TreeRecord::from_bytes(&empty.to_bytes()), Ok(empty));
    }

    #[test]
    fn a_damaged_record_is_refused_wherever_the_damage_is() {
        let bytes = record().to_bytes();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert_eq!(
                TreeRecord::from_bytes(&damaged),
                Err(RecordError),
                "{place}"
            );
            assert_eq!(TreeRecord::from_bytes(&bytes[..place]), Err(RecordError));
        }
    }

    #[test]
    fn a_record_cannot_name_a_path_outside() {
        let mut bytes = vec![0; CHECKSUM];
        bytes.extend_from_slice(MAGIC);
        bytes.push(0);
        put_number(&mut bytes, 1);
        put_number(&mut bytes, 0);
        put_text(&mut bytes, "../x");
        bytes.push(Kind::Package as u8);
        put_text(&mut bytes, "x");
        let checksum = Sha256::digest(&bytes[CHECKSUM..]);
        bytes[..CHECKSUM].copy_from_slice(&checksum);
        assert_eq!(TreeRecord::from_bytes(&bytes), Err(RecordError));
    }

    proptest! {
        #[test]
        fn whatever_stands_in_a_record_is_read_back(
            entries in prop::collection::btree_map("[a-dé]{1,3}(/[a-dé]{1,3}){0,3}", ".{0,9}", 0..20),
            is_unfinished in any::<bool>(),
        ) {
            let entries = entries.into_iter().map(|(path, text)| {
                let kind = if text.len() % 2 == 0 { Kind::Symlink } else { Kind::Package };
                (path.parse().unwrap(), Recorded { kind, text: text.into() })
            });
            let mut record = TreeRecord { entries: entries.collect(), is_unfinished };
            record.entries.sort_by(|left: &(RelativePath, _), right| left.0.cmp(&right.0));
            prop_assert_eq!(TreeRecord::from_bytes(&record.to_bytes()), Ok(record));
        }
    }
}
