//! A packument as the cache keeps it: read at once, and no JSON is parsed before a version is asked for.
//!
//! Layout, all numbers little-endian: magic, length and checksum of the index; the index, which is name,
//! modified, whether times are known, tags, and versions (text, flags, time, place and checksum of the JSON);
//! the JSON of the versions. Reading looks at the index alone, and asking for a version at that version's JSON:
//! a thousand popular packages have hundreds of megabytes of it, of which an install asks for a thousandth. So the
//! JSON may as well stay on the disk until then ([`Packument::from_cache_index`]).

use std::{borrow::Cow, collections::BTreeMap, sync::Arc, sync::OnceLock};

use pkg_range::Version;
use semver::{BuildMetadata, Prerelease};

use crate::{
    FragmentSource, Packument, PackumentBytes,
    fragments::Fragments,
    packument::{Entry, checksum},
};

const MAGIC: &[u8; 8] = b"pkgmeta3";
/// Magic, length and checksum of the index.
const HEAD: usize = MAGIC.len() + 4 + 8;
/// The least bytes that a version takes in the index.
const ENTRY: usize = 57;
/// A time that nobody knows.
const NEVER: i64 = i64::MIN;

impl Packument {
    /// The packument as bytes.
    pub fn to_cache_bytes(&self) -> Vec<u8> {
        let index = self.index_bytes();
        let mut bytes = MAGIC.to_vec();
        put_number(&mut bytes, index.len());
        bytes.extend(checksum(&index).to_le_bytes());
        let fragments = self.versions.iter().map(|entry| entry.end - entry.start);
        bytes.reserve(index.len() + fragments.sum::<usize>());
        bytes.extend(index);
        for entry in &self.versions {
            bytes.extend(self.json_of(entry).as_ref());
        }
        bytes
    }

    fn index_bytes(&self) -> Vec<u8> {
        let mut index = Vec::with_capacity(64 * (1 + self.versions.len()));
        put_text(&mut index, self.name.as_str());
        index.extend(self.modified.unwrap_or(NEVER).to_le_bytes());
        index.push(u8::from(self.has_times));
        put_number(&mut index, self.dist_tags.len());
        for (tag, version) in &self.dist_tags {
            put_text(&mut index, tag);
            put_version(&mut index, version);
        }
        put_number(&mut index, self.versions.len());
        let mut start = 0;
        for entry in &self.versions {
            put_version(&mut index, &entry.version);
            index.push(u8::from(entry.is_deprecated));
            index.extend(entry.published.unwrap_or(NEVER).to_le_bytes());
            put_number(&mut index, start);
            start += entry.end - entry.start;
            put_number(&mut index, start);
            // What came from a cache and rotted there must not become sound by being written again.
            let sum = entry
                .checksum
                .unwrap_or_else(|| checksum(&self.json_of(entry)));
            index.extend(sum.to_le_bytes());
        }
        index
    }

    /// The JSON of a version; where it cannot be had, as many bytes that its checksum refuses.
    fn json_of(&self, entry: &Entry) -> Cow<'_, [u8]> {
        let json = self.fragments.get(entry.start..entry.end);
        json.unwrap_or_else(|| vec![0; entry.end - entry.start].into())
    }

    /// Reads what [`Packument::to_cache_bytes`] wrote; `None` for anything else.
    ///
    /// Damage in a version's own JSON is found when the version is asked for, and is its error.
    pub fn from_cache_bytes(bytes: impl Into<PackumentBytes>) -> Option<Self> {
        let bytes = bytes.into().0;
        read(&bytes, bytes.len(), Fragments::Held(bytes.clone()))
    }

    /// How many bytes of a cached packument, from its beginning, [`Packument::from_cache_index`] needs.
    pub fn cache_index_end(beginning: &[u8]) -> Option<usize> {
        let mut reader = Reader {
            rest: beginning.strip_prefix(MAGIC)?,
        };
        HEAD.checked_add(reader.number()?)
    }

    /// Reads the beginning of what [`Packument::to_cache_bytes`] wrote, of `whole` bytes; the versions' JSON is asked of
    /// `source` when a version is asked for.
    pub fn from_cache_index(
        beginning: &[u8],
        whole: usize,
        source: Arc<dyn FragmentSource>,
    ) -> Option<Self> {
        read(beginning, whole, Fragments::Left(source))
    }
}

/// Reads the index, which stands in `beginning`.
fn read(beginning: &[u8], whole: usize, fragments: Fragments) -> Option<Packument> {
    let mut reader = Reader {
        rest: beginning.strip_prefix(MAGIC)?,
    };
    let length = reader.number()?;
    let sum = reader.long()?;
    let index = reader.rest.get(..length)?;
    if checksum(index) != sum {
        return None;
    }
    let base = HEAD.checked_add(length)?;
    let mut reader = Reader { rest: index };
    let name = reader.text()?.parse().ok()?;
    let modified = reader.time()?;
    let has_times = reader.byte()? != 0;
    let mut dist_tags = BTreeMap::new();
    for _ in 0..reader.number()? {
        let tag = reader.text()?.to_owned();
        dist_tags.insert(tag, reader.version()?);
    }
    let count = reader.number()?;
    let mut versions = Vec::with_capacity(count.min(index.len() / ENTRY));
    for _ in 0..count {
        versions.push(reader.entry(base, whole)?);
    }
    let end = versions.last().map_or(base, |entry| entry.end);
    let is_whole = end == whole && reader.rest.is_empty();
    is_whole.then_some(Packument {
        name,
        dist_tags,
        modified,
        has_times,
        fragments,
        versions,
    })
}

fn put_number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len());
    bytes.extend(text.as_bytes());
}

/// A version as its numbers, since to parse its text would be most of the time of reading.
fn put_version(bytes: &mut Vec<u8>, version: &Version) {
    for number in [version.major, version.minor, version.patch] {
        bytes.extend(number.to_le_bytes());
    }
    put_text(bytes, &version.pre);
    put_text(bytes, &version.build);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    /// A version, whose JSON lies between `base` and `end` of the whole.
    fn entry(&mut self, base: usize, end: usize) -> Option<Entry> {
        let entry = Entry {
            version: self.version()?,
            is_deprecated: self.byte()? != 0,
            published: self.time()?,
            start: base.checked_add(self.number()?)?,
            end: base.checked_add(self.number()?)?,
            checksum: Some(self.long()?),
            decoded: OnceLock::new(),
        };
        (entry.start <= entry.end && entry.end <= end).then_some(entry)
    }

    fn version(&mut self) -> Option<Version> {
        let (major, minor, patch) = (self.long()?, self.long()?, self.long()?);
        let mut version = Version::new(major, minor, patch);
        // Both are empty for almost all versions.
        let (pre, build) = (self.text()?, self.text()?);
        if !pre.is_empty() {
            version.pre = Prerelease::new(pre).ok()?;
        }
        if !build.is_empty() {
            version.build = BuildMetadata::new(build).ok()?;
        }
        Some(version)
    }

    fn long(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn time(&mut self) -> Option<Option<i64>> {
        let time = i64::from_le_bytes(self.take(8)?.try_into().ok()?);
        Some((time != NEVER).then_some(time))
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        ops::Range,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn damage_in_the_cache_is_never_believed() {
        let version = |text: &str| {
            format!(
                r#""{text}":{{"version":"{text}","deprecated":"old","dist":{{"tarball":"https://registry.example.test/a.tgz"}}}}"#
            )
        };
        let (first, second) = (version("1.0.0"), version("2.0.0-rc.1"));
        let json = format!(
            r#"{{"name":"a","dist-tags":{{"latest":"1.0.0"}},"versions":{{{first},{second}}}}}"#
        );
        let bytes = Packument::parse(json.into_bytes())
            .unwrap()
            .to_cache_bytes();
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            // Damage in the index is none of a packument; damage in a version is that version's.
            let Some(read) = Packument::from_cache_bytes(broken) else {
                continue;
            };
            let unusable = read
                .versions()
                .filter(|version| read.version(version).is_err());
            assert_eq!(unusable.count(), 1, "byte {at}");
        }
        assert!(Packument::from_cache_bytes(bytes[..bytes.len() - 1].to_vec()).is_none());
    }

    /// A file of which only the index is read; what is asked for after that is counted.
    #[derive(Debug)]
    struct Source {
        bytes: Vec<u8>,
        asked: AtomicUsize,
    }

    impl FragmentSource for Source {
        fn fragment(&self, range: Range<usize>) -> Option<Vec<u8>> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.bytes.get(range).map(<[u8]>::to_vec)
        }
    }

    #[test]
    fn a_version_that_was_left_on_the_disk_is_read_when_it_is_asked_for_and_once() {
        let version = |text: &str| {
            format!(
                r#""{text}":{{"version":"{text}","dist":{{"tarball":"https://registry.example.test/a.tgz"}}}}"#
            )
        };
        let json = format!(
            r#"{{"name":"a","dist-tags":{{"latest":"1.0.0"}},"versions":{{{},{}}}}}"#,
            version("1.0.0"),
            version("2.0.0")
        );
        let bytes = Packument::parse(json.into_bytes())
            .unwrap()
            .to_cache_bytes();
        let end = Packument::cache_index_end(&bytes[..30]).unwrap();
        assert!(end < bytes.len());
        let left = |bytes: &[u8]| {
            let source = Arc::new(Source {
                bytes: bytes.to_vec(),
                asked: AtomicUsize::new(0),
            });
            let given = Arc::clone(&source) as Arc<dyn FragmentSource>;
            let read = Packument::from_cache_index(&bytes[..end], bytes.len(), given);
            (read.unwrap(), source)
        };
        let (read, source) = left(&bytes);
        let one = Version::new(1, 0, 0);
        assert_eq!(source.asked.load(Ordering::Relaxed), 0);
        assert!(read.version(&one).unwrap().is_some());
        assert!(read.version(&one).unwrap().is_some());
        assert_eq!(source.asked.load(Ordering::Relaxed), 1);
        assert_eq!(read.to_cache_bytes(), bytes);
        // What is on the disk no longer is what it was.
        let mut rotten = bytes.clone();
        *rotten.last_mut().unwrap() ^= 1;
        let (read, _) = left(&rotten);
        assert!(read.version(&one).is_ok());
        assert!(read.version(&Version::new(2, 0, 0)).is_err());
        let source = Arc::new(Source {
            bytes: Vec::new(),
            asked: AtomicUsize::new(0),
        });
        let whole = bytes.len();
        assert!(
            Packument::from_cache_index(&bytes[..end], whole + 1, Arc::clone(&source) as _)
                .is_none()
        );
        assert!(Packument::from_cache_index(&bytes[..end - 1], whole, source).is_none());
    }
}
