//! Packuments: all versions and dist-tags of one name, as a registry serves them.
//!
//! Law: reading one skips over the versions; a version is decoded when it is asked for, and once.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    hash::Hasher as _,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use indexmap::IndexMap;
use memchr::memmem;
use miette::Diagnostic;
use pkg_range::{Mode, Version, compare, parse_version};
use rustc_hash::FxHasher;
use serde::Deserialize;
use serde_json::value::RawValue;
use thiserror::Error;
use url::Url;

use crate::{
    Algorithm, Dist, Integrity, ManifestError, PackageName, PackageVersion, document,
    fragments::Fragments, manifest,
};

/// All versions of one package.
#[derive(Debug)]
pub struct Packument {
    pub(crate) name: PackageName,
    pub(crate) dist_tags: BTreeMap<String, Version>,
    /// When anything was published last, seconds since 1970.
    pub(crate) modified: Option<i64>,
    /// Whether the registry said when versions were published.
    pub(crate) has_times: bool,
    /// What the versions' JSON is cut from.
    pub(crate) fragments: Fragments,
    /// Ascending by precedence.
    pub(crate) versions: Vec<Entry>,
}

/// The bytes that a packument is read from and keeps: whoever has [`Bytes`] or a `Vec` gives them without a copy.
#[derive(Debug, Clone)]
pub struct PackumentBytes(pub(crate) Bytes);

impl From<Bytes> for PackumentBytes {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for PackumentBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&[u8]> for PackumentBytes {
    fn from(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }
}

/// One version: where its JSON stands, and what it says once somebody asked.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) version: Version,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Seconds since 1970.
    pub(crate) published: Option<i64>,
    pub(crate) is_deprecated: bool,
    /// Of the JSON, where it was read from a cache: looked at before the JSON is believed.
    pub(crate) checksum: Option<u64>,
    /// The error is boxed: there are many entries, and errors are few.
    pub(crate) decoded: OnceLock<Result<Arc<PackageVersion>, Box<PackumentError>>>,
}

/// Why a packument, or one version of it, is unusable.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum PackumentError {
    /// The text is not what a packument is.
    #[error("the registry's answer is no packument: {message}")]
    #[diagnostic(code(ERR_PKG_BAD_PACKUMENT))]
    Json {
        /// What the parser says.
        message: String,
    },
    /// It has no name, or one that is none.
    #[error("the registry's answer names no package")]
    #[diagnostic(code(ERR_PKG_BAD_PACKUMENT))]
    Name,
    /// One version's document is unusable.
    #[error("`{package}` cannot be used: {reason}")]
    #[diagnostic(code(ERR_PKG_BAD_VERSION))]
    Version {
        /// `name@version`.
        package: String,
        /// What is wrong, in words.
        reason: String,
    },
}

/// The document, with all that is not needed left as it stands.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "dist-tags")]
    dist_tags: Option<&'a RawValue>,
    #[serde(borrow, default)]
    modified: Option<&'a RawValue>,
    #[serde(borrow, default)]
    time: Option<&'a RawValue>,
    #[serde(borrow, default)]
    versions: Option<IndexMap<Cow<'a, str>, &'a RawValue>>,
}

impl Packument {
    /// Parses a registry's answer, abbreviated or full. Versions whose key is no version are left out.
    ///
    /// # Errors
    /// [`PackumentError::Json`] and [`PackumentError::Name`]. A version that is unusable is an error only
    /// when it is asked for.
    pub fn parse(json: impl Into<PackumentBytes>) -> Result<Self, PackumentError> {
        let json = json.into().0;
        let refuse = |message: String| PackumentError::Json { message };
        // Checked once for the whole, or each fragment would be checked by itself.
        let text = std::str::from_utf8(&json).map_err(|error| refuse(error.to_string()))?;
        let document: Document<'_> =
            serde_json::from_str(text).map_err(|error| refuse(error.to_string()))?;
        let deprecated = memmem::Finder::new(b"\"deprecated\"");
        let name = document
            .name
            .and_then(|name| name.parse().ok())
            .ok_or(PackumentError::Name)?;
        let times = text_map(document.time);
        let modified = document
            .modified
            .and_then(|raw| serde_json::from_str::<String>(raw.get()).ok())
            .or_else(|| times.get("modified").cloned());
        let base = json.as_ptr() as usize;
        let mut versions = Vec::new();
        for (text, raw) in document.versions.unwrap_or_default() {
            let Ok(version) = parse_version(&text, Mode::Loose) else {
                continue;
            };
            let raw = raw.get();
            // The raw text is borrowed from the document, so the difference is its place there.
            let start = raw.as_ptr() as usize - base;
            versions.push(Entry {
                published: times.get(text.as_ref()).and_then(|time| parse_time(time)),
                is_deprecated: deprecated.find(raw.as_bytes()).is_some() && is_deprecated(raw),
                checksum: None,
                version,
                start,
                end: start + raw.len(),
                decoded: OnceLock::new(),
            });
        }
        versions.sort_by(|left, right| compare(&left.version, &right.version));
        let dist_tags = text_map(document.dist_tags)
            .into_iter()
            .filter_map(|(tag, text)| Some((tag, parse_version(&text, Mode::Loose).ok()?)))
            .collect();
        Ok(Self {
            name,
            dist_tags,
            modified: modified.and_then(|time| parse_time(&time)),
            has_times: !times.is_empty(),
            versions,
            fragments: Fragments::Held(json),
        })
    }

    /// The package that the answer is about: hold it against the one that was asked for.
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// The versions that the registry gave names to.
    pub fn dist_tags(&self) -> &BTreeMap<String, Version> {
        &self.dist_tags
    }

    /// When anything was published last, seconds since 1970.
    pub fn modified(&self) -> Option<i64> {
        self.modified
    }

    /// All versions, ascending by precedence.
    pub fn versions(&self) -> impl DoubleEndedIterator<Item = &Version> + ExactSizeIterator {
        self.versions.iter().map(|entry| &entry.version)
    }

    /// When a version was published, seconds since 1970, where the registry said so.
    pub fn published(&self, version: &Version) -> Option<i64> {
        self.entry(version)?.published
    }

    /// Whether to know how old versions are takes the full document: it may matter, and this one does not say.
    pub fn lacks_times(&self, before: i64) -> bool {
        !self.has_times && self.modified.is_none_or(|modified| modified > before)
    }

    /// Whether a version is deprecated.
    pub fn is_deprecated(&self, version: &Version) -> bool {
        self.entry(version).is_some_and(|entry| entry.is_deprecated)
    }

    /// One version's document; `None` where there is no such version. Build metadata does not count.
    ///
    /// # Errors
    /// [`PackumentError::Version`] where the document is unusable: it says another version, has no tarball,
    /// or a dependency that cannot be.
    pub fn version(
        &self,
        version: &Version,
    ) -> Result<Option<Arc<PackageVersion>>, PackumentError> {
        let Some(entry) = self.entry(version) else {
            return Ok(None);
        };
        let decoded = entry.decoded.get_or_init(|| {
            self.fragment(entry)
                .and_then(|json| decode(&self.name, &entry.version, &json))
                .map(Arc::new)
                .map_err(|reason| {
                    Box::new(PackumentError::Version {
                        package: format!("{}@{}", self.name, entry.version),
                        reason,
                    })
                })
        });
        match decoded {
            Ok(version) => Ok(Some(Arc::clone(version))),
            Err(error) => Err(PackumentError::clone(error)),
        }
    }

    /// One version's document as the registry wrote it, all fields included; `None` where there is none, or it is damaged.
    pub fn document(&self, version: &Version) -> Option<serde_json::Value> {
        let json = self.fragment(self.entry(version)?).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// The JSON of a version, or why it is not what it was.
    fn fragment(&self, entry: &Entry) -> Result<Cow<'_, [u8]>, String> {
        let json = self.fragments.get(entry.start..entry.end);
        let json = json.filter(|json| entry.checksum.is_none_or(|known| known == checksum(json)));
        json.ok_or_else(|| "the cache's copy of its document is damaged".to_owned())
    }

    pub(crate) fn entry(&self, version: &Version) -> Option<&Entry> {
        let found = self
            .versions
            .binary_search_by(|entry| compare(&entry.version, version))
            .ok()?;
        Some(&self.versions[found])
    }
}

/// A fast checksum against torn and rotten files; it is no defence against anybody.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

/// An object whose values are texts; other values are left out, and so is what is no object.
fn text_map(raw: Option<&RawValue>) -> BTreeMap<String, String> {
    let Some(raw) = raw else {
        return BTreeMap::new();
    };
    let values: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
    let texts = values
        .into_iter()
        .filter_map(|(key, value)| Some((key, serde_json::from_str::<String>(value.get()).ok()?)));
    texts.collect()
}

fn is_deprecated(raw: &str) -> bool {
    #[derive(Deserialize)]
    struct Deprecated {
        #[serde(default)]
        deprecated: serde_json::Value,
    }
    serde_json::from_str::<Deprecated>(raw)
        .is_ok_and(|found| deprecation(&found.deprecated).is_some())
}

/// The message of a deprecation; an empty one, `false` and `null` are none.
fn deprecation(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(message) if !message.is_empty() => Some(message.clone()),
        serde_json::Value::Bool(true) => Some("this version is deprecated".to_owned()),
        _ => None,
    }
}

/// Reads one version's document, or says why it is unusable.
fn decode(name: &PackageName, version: &Version, json: &[u8]) -> Result<PackageVersion, String> {
    let fields = manifest::parse_object(json).map_err(|error| error.to_string())?;
    let own = fields
        .get("version")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let is_own = parse_version(own, Mode::Loose).is_ok_and(|own| compare(&own, version).is_eq());
    if !is_own {
        return Err(format!(
            "its document says version `{}`",
            own.escape_debug()
        ));
    }
    let reason = |error: ManifestError| error.to_string();
    let dependencies = document::dependencies(&fields, "dependencies").map_err(reason)?;
    let (peer_dependencies, peer_meta) = document::peers(&fields).map_err(reason)?;
    let scripts = fields.get("scripts").and_then(serde_json::Value::as_object);
    let has_script = |name: &str| scripts.is_some_and(|scripts| scripts.contains_key(name));
    let says_so = fields
        .get("hasInstallScript")
        .and_then(serde_json::Value::as_bool)
        .unwrap_or(false);
    Ok(PackageVersion {
        name: name.clone(),
        version: version.clone(),
        optional_dependencies: document::dependencies(&fields, "optionalDependencies")
            .map_err(reason)?,
        bundled: document::bundled(&fields, &dependencies),
        dependencies,
        peer_dependencies,
        peer_meta,
        platform: document::platform(&fields),
        engines: document::engines(&fields),
        bins: document::bins(&fields, Some(name)),
        deprecated: fields.get("deprecated").and_then(deprecation),
        has_install_scripts: says_so
            || ["preinstall", "install", "postinstall"]
                .into_iter()
                .any(has_script),
        dist: Some(decode_dist(&fields)?),
    })
}

fn decode_dist(fields: &serde_json::Map<String, serde_json::Value>) -> Result<Dist, String> {
    let dist = fields.get("dist").ok_or("it has no tarball")?;
    let text = |field: &str| dist.get(field).and_then(serde_json::Value::as_str);
    let tarball = text("tarball").ok_or("it has no tarball")?;
    let tarball = Url::parse(tarball).map_err(|_| "its tarball's address is none".to_owned())?;
    let integrity = match (text("integrity"), text("shasum")) {
        (Some(integrity), _) => Some(
            integrity
                .parse::<Integrity>()
                .map_err(|error| error.to_string())?,
        ),
        (None, Some(shasum)) => Some(from_hex(shasum).ok_or("its shasum is no hash")?),
        (None, None) => None,
    };
    let number = |field: &str| dist.get(field).and_then(serde_json::Value::as_u64);
    Ok(Dist {
        tarball,
        integrity,
        unpacked_size: number("unpackedSize"),
        file_count: number("fileCount"),
    })
}

/// The SHA-1 that `shasum` is, in hexadecimal.
fn from_hex(text: &str) -> Option<Integrity> {
    if text.len() % 2 == 1 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = text.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Integrity::from_hash(Algorithm::Sha1, &bytes?)
}

/// Seconds since 1970 of a time as registries write it: `2026-11-25T05:06:45.123Z`.
pub fn parse_time(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let is_shaped = text.len() >= 19
        && text.as_bytes()[4] == b'-'
        && matches!(text.as_bytes()[10], b'T' | b' ')
        && text.as_bytes()[13] == b':';
    if !is_shaped {
        return None;
    }
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Days since 1970 in the Gregorian calendar, counting years from March.
    let shifted = year - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    Some(days * 86_400 + number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(parse_time("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(parse_time("2026-11-25T05:06:45.123Z"), Some(1_795_583_205));
        assert_eq!(parse_time("2000-02-29T12:00:00Z"), Some(951_825_600));
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn a_version_whose_document_says_another_is_unusable() {
        let json =
            r#"{"name":"a","versions":{"1.0.0":{"version":"2.0.0","dist":{}},"../../x":{}}}"#;
        let found = Packument::parse(json.as_bytes().to_vec()).unwrap();
        assert_eq!(found.versions().len(), 1);
        let error = found.version(&Version::new(1, 0, 0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a@1.0.0` cannot be used: its document says version `2.0.0`"
        );
    }
}
