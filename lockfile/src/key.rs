//! The keys of the graph: importers, packages, and instances of packages.

use std::{borrow::Borrow, cmp::Ordering, fmt, hash, str::FromStr, sync::Arc};

use miette::Diagnostic;
use pkg_manifest::{GitSource, PackageName, RelativePath, Version};
use thiserror::Error;

use crate::path::{after_scheme, check_authority};

/// A workspace project as a root of the graph: its folder, relative to the lockfile; the root is `.`.
/// Orders by the bytes of its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImporterId(Option<RelativePath>);

impl ImporterId {
    /// The project beside the lockfile.
    pub fn root() -> Self {
        Self(None)
    }

    /// The project in a folder below the lockfile's.
    pub(crate) fn of(path: RelativePath) -> Self {
        Self(Some(path))
    }

    /// The project's folder below the lockfile's; `None` for the root.
    pub fn path(&self) -> Option<&RelativePath> {
        self.0.as_ref()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().map_or(".", RelativePath::as_str)
    }
}

impl PartialOrd for ImporterId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ImporterId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl FromStr for ImporterId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if text == "." {
            return Ok(Self::root());
        }
        match text.parse() {
            Ok(path) => Ok(Self(Some(path))),
            Err(_) => Err(KeyError::new(
                text,
                "an importer is `.` or a folder below it",
            )),
        }
    }
}

impl fmt::Display for ImporterId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Why a text is no key of a lockfile.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("`{}` is not a key of a lockfile: {reason}", text.escape_debug())]
#[diagnostic(code(ERR_PKG_LOCKFILE_KEY))]
pub struct KeyError {
    /// The refused text (its beginning).
    pub text: String,
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl KeyError {
    pub(crate) fn new(text: &str, reason: &'static str) -> Self {
        Self {
            text: text.chars().take(300).collect(),
            reason,
        }
    }
}

/// Name and version of a package, or name and source of one that no registry has:
/// `name@1.2.3`, `name@file:../x.tgz`, `name@https://…`. Key of [`crate::Lockfile::packages`].
///
/// Cheap to clone; orders by the bytes of its text.
#[derive(Clone)]
pub struct PackageId(Arc<IdParts>);

struct IdParts {
    text: Box<str>,
    name: PackageName,
    /// The version, where the source is a registry.
    version: Option<Version>,
}

impl PackageId {
    /// The id of a registry's package. Build metadata of the version is dropped.
    pub fn registry(name: &PackageName, version: &Version) -> Self {
        let mut version = version.clone();
        version.build = Default::default();
        let text = format!("{name}@{version}").into();
        Self(Arc::new(IdParts {
            text,
            name: name.clone(),
            version: Some(version),
        }))
    }

    /// The id of a package from elsewhere; `source` is its specifier, such as `file:../x.tgz`.
    ///
    /// # Errors
    /// [`KeyError`] if the source could not stand in a key.
    pub fn exotic(name: &PackageName, source: &str) -> Result<Self, KeyError> {
        format!("{name}@{source}").parse()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The package's own name (never an alias).
    pub fn name(&self) -> &PackageName {
        &self.0.name
    }

    /// The version, if the package is a registry's.
    pub fn version(&self) -> Option<&Version> {
        self.0.version.as_ref()
    }

    /// What stands after the name and its `@`: a version, or a source.
    pub fn reference(&self) -> &str {
        &self.0.text[self.0.name.as_str().len() + 1..]
    }
}

impl FromStr for PackageId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let refuse = |reason| KeyError::new(text, reason);
        let at = text[usize::from(text.starts_with('@'))..]
            .find('@')
            .map(|at| at + usize::from(text.starts_with('@')))
            .ok_or_else(|| refuse("it is written `name@version`"))?;
        let name: PackageName = text[..at]
            .parse()
            .map_err(|_| refuse("its name is no package name"))?;
        let reference = &text[at + 1..];
        let version = match Version::parse(reference) {
            Ok(version) if version.build.is_empty() => Some(version),
            _ if is_source(reference) => None,
            _ => return Err(refuse("after the name stands a version or a source")),
        };
        Ok(Self(Arc::new(IdParts {
            text: text.into(),
            name,
            version,
        })))
    }
}

/// Whether a text may stand as the source in an id.
///
/// A URL has no user or password in it, and a repository has a whole commit behind it: see [`GitSource`].
pub(crate) fn is_source(text: &str) -> bool {
    let is_path = |scheme: &str| text.len() > scheme.len() && text.starts_with(scheme);
    if text.contains(['(', ')']) || text.chars().any(char::is_control) {
        return false;
    }
    if is_path("file:") || is_path("link:") {
        return true;
    }
    if text.starts_with("git+") {
        return text.parse::<GitSource>().is_ok();
    }
    if text.contains(char::is_whitespace) {
        return false;
    }
    if let Some(rest) = after_scheme(text.strip_prefix("registry+").unwrap_or(text)) {
        return check_authority(rest).is_ok();
    }
    false
}

/// One instance of a package: its id, and the peers that it was resolved against, in parentheses:
/// `vitest@5.1.1(vite@8.3.8)`. Key of [`crate::Lockfile::snapshots`].
///
/// Cheap to clone; orders by the bytes of its text.
#[derive(Clone)]
pub struct SnapshotKey(Arc<KeyParts>);

struct KeyParts {
    /// The id's text, then the peers' suffix.
    text: Box<str>,
    id: PackageId,
}

impl SnapshotKey {
    /// The instance with `peers`: the text `(a@1)(b@2(a@1))`, or nothing.
    pub fn new(id: PackageId, peers: &str) -> Self {
        let text = format!("{id}{peers}").into();
        Self(Arc::new(KeyParts { text, id }))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The package that this is an instance of.
    pub fn id(&self) -> &PackageId {
        &self.0.id
    }

    /// The suffix that names the peers: `(a@1)(b@2)`, or nothing.
    pub fn peers(&self) -> &str {
        &self.0.text[self.0.id.as_str().len()..]
    }

    /// Whether `name` is among the peers that the suffix names. Where a hash stands for them, it may be.
    pub fn may_have_peer(&self, name: &PackageName) -> bool {
        let mut depth = 0_usize;
        let mut has_names = false;
        for (at, byte) in self.peers().bytes().enumerate() {
            match byte {
                b'(' => {
                    let inner = &self.peers()[at + 1..];
                    let after = inner.strip_prefix(name.as_str());
                    if depth == 0 && after.is_some_and(|after| after.starts_with('@')) {
                        return true;
                    }
                    depth += 1;
                }
                b')' => depth = depth.saturating_sub(1),
                byte => has_names |= byte == b'@',
            }
        }
        !self.peers().is_empty() && !has_names
    }

    /// What stands after the name and its `@`: how a dependency on this instance is written.
    pub fn reference(&self) -> &str {
        &self.0.text[self.0.id.name().as_str().len() + 1..]
    }
}

impl SnapshotKey {
    /// The text of the id in the text of a key, whose peers are checked.
    pub(crate) fn id_in(text: &str) -> Result<&str, KeyError> {
        let name_end = text.get(1..).and_then(|rest| rest.find('@'));
        let name_end = name_end.map_or(0, |at| at + 1);
        let split = text[name_end..]
            .find('(')
            .map_or(text.len(), |at| at + name_end);
        let (id, peers) = text.split_at(split);
        let mut depth = 0_usize;
        for byte in peers.bytes() {
            depth = match byte {
                b'(' => depth + 1,
                b')' if depth > 0 => depth - 1,
                b')' => return Err(KeyError::new(text, "its parentheses do not match")),
                _ if depth == 0 || byte.is_ascii_control() => {
                    return Err(KeyError::new(text, "its peers do not stand in parentheses"));
                }
                _ => depth,
            };
        }
        if depth > 0 {
            return Err(KeyError::new(text, "its parentheses do not match"));
        }
        Ok(id)
    }

    /// The key that is written `text`, which begins with `id`.
    pub(crate) fn of_text(text: &str, id: PackageId) -> Self {
        let text = text.into();
        Self(Arc::new(KeyParts { text, id }))
    }
}

impl FromStr for SnapshotKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let id = Self::id_in(text)?.parse()?;
        Ok(Self::of_text(text, id))
    }
}

macro_rules! text_key {
    ($key:ident) => {
        impl PartialEq for $key {
            fn eq(&self, other: &Self) -> bool {
                Arc::ptr_eq(&self.0, &other.0) || self.0.text == other.0.text
            }
        }
        impl Eq for $key {}
        impl PartialOrd for $key {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $key {
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.text.cmp(&other.0.text)
            }
        }
        impl hash::Hash for $key {
            fn hash<H: hash::Hasher>(&self, state: &mut H) {
                self.0.text.hash(state);
            }
        }
        impl Borrow<str> for $key {
            fn borrow(&self) -> &str {
                &self.0.text
            }
        }
        impl fmt::Display for $key {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0.text)
            }
        }
        impl fmt::Debug for $key {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0.text, formatter)
            }
        }
    };
}

text_key!(PackageId);
text_key!(SnapshotKey);
