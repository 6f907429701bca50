//! A packument as the cache keeps it: read at once, and no JSON is parsed before a version is asked for.
//!
//! Layout, all numbers little-endian: magic, SHA-256 of the rest (first 16 bytes), then name, modified,
//! whether times are known, tags, versions (text, flags, time, place of the JSON), the JSON of the versions.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use pkg_range::Version;

use crate::{Digest, Packument, packument::Entry};

const MAGIC: &[u8; 8] = b"pkgmeta1";
const SUM: usize = 16;
/// A time that nobody knows.
const NEVER: i64 = i64::MIN;

impl Packument {
    /// The packument as bytes.
    pub fn to_cache_bytes(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.json.len() / 2);
        put_text(&mut body, self.name.as_str());
        body.extend(self.modified.unwrap_or(NEVER).to_le_bytes());
        body.push(u8::from(self.has_times));
        put_number(&mut body, self.dist_tags.len());
        for (tag, version) in &self.dist_tags {
            put_text(&mut body, tag);
            put_text(&mut body, &version.to_string());
        }
        put_number(&mut body, self.versions.len());
        let mut start = 0;
        for entry in &self.versions {
            put_text(&mut body, &entry.version.to_string());
            body.push(u8::from(entry.is_deprecated));
            body.extend(entry.published.unwrap_or(NEVER).to_le_bytes());
            put_number(&mut body, start);
            start += entry.end - entry.start;
            put_number(&mut body, start);
        }
        for entry in &self.versions {
            body.extend(&self.json[entry.start..entry.end]);
        }
        let mut bytes = MAGIC.to_vec();
        bytes.extend(&Digest::of(&body).0[..SUM]);
        bytes.extend(body);
        bytes
    }

    /// Reads what [`Packument::to_cache_bytes`] wrote; `None` for anything else.
    pub fn from_cache_bytes(bytes: impl Into<Arc<[u8]>>) -> Option<Self> {
        let bytes: Arc<[u8]> = bytes.into();
        let body = bytes.strip_prefix(MAGIC)?;
        let (sum, body) = body.split_at_checked(SUM)?;
        if Digest::of(body).0[..SUM] != *sum {
            return None;
        }
        let mut reader = Reader { rest: body };
        let name = reader.text()?.parse().ok()?;
        let modified = reader.time()?;
        let has_times = reader.byte()? != 0;
        let mut dist_tags = BTreeMap::new();
        for _ in 0..reader.number()? {
            let tag = reader.text()?.to_owned();
            dist_tags.insert(tag, Version::parse(reader.text()?).ok()?);
        }
        let mut versions = Vec::new();
        for _ in 0..reader.number()? {
            versions.push(Entry {
                version: Version::parse(reader.text()?).ok()?,
                is_deprecated: reader.byte()? != 0,
                published: reader.time()?,
                start: reader.number()?,
                end: reader.number()?,
                decoded: OnceLock::new(),
            });
        }
        let base = bytes.len() - reader.rest.len();
        let length = reader.rest.len();
        for entry in &mut versions {
            if entry.start > entry.end || entry.end > length {
                return None;
            }
            entry.start += base;
            entry.end += base;
        }
        Some(Self {
            name,
            dist_tags,
            modified,
            has_times,
            json: bytes,
            versions,
        })
    }
}

fn put_number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_number(bytes, text.len());
    bytes.extend(text.as_bytes());
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

    fn time(&mut self) -> Option<Option<i64>> {
        let time = i64::from_le_bytes(self.take(8)?.try_into().ok()?);
        Some((time != NEVER).then_some(time))
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok()
    }
}
