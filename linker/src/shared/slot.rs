//! One slot as it is to be: whose files, beside which others, and the text that its key is the hash of.

use std::sync::Arc;

use pkg_lockfile::PackageId;
use pkg_manifest::{Algorithm, Integrity, PackageName};
use pkg_store::SlotName;
use sha2::{Digest as _, Sha256};

/// First line of the text that a key is the hash of.
pub(crate) const HEADER: &str = "pkg closure 1\n";

/// A slot of the shared virtual store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub(crate) name: SlotName,
    pub(crate) id: PackageId,
    /// The hash of the tarball that the files come from.
    pub(crate) integrity: Integrity,
    /// What is linked beside the package, sorted by the names that it finds it by.
    pub(crate) links: Vec<SlotLink>,
    /// What the key is the hash of, without the last line, which says whose key it is.
    pub(crate) text: Arc<str>,
    pub(crate) place: usize,
}

/// A slot that another one links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SlotLink {
    pub(crate) alias: PackageName,
    pub(crate) slot: SlotName,
    pub(crate) id: PackageId,
}

impl Slot {
    /// The slot of a package that stands alone, for those who say by other means what it finds. It is that of the
    /// same package where it depends on nothing. `None` when its hash does not tell for sure which bytes it has.
    pub fn alone(id: &PackageId, version: Option<&str>, integrity: &Integrity) -> Option<Self> {
        Self::alone_with(id, version, integrity, None)
    }

    /// As [`Slot::alone`], but for packages of which somebody has found out that they may lie there: that the slot is
    /// there tells so.
    pub fn known_as(
        id: &PackageId,
        version: Option<&str>,
        integrity: &Integrity,
        what: &str,
    ) -> Option<Self> {
        Self::alone_with(id, version, integrity, Some(what))
    }

    fn alone_with(
        id: &PackageId,
        version: Option<&str>,
        integrity: &Integrity,
        what: Option<&str>,
    ) -> Option<Self> {
        let label = label(id.name(), version, &content_hash(integrity)?, what);
        // As a component of one that links nothing tells it.
        let text: Arc<str> = [HEADER, &label].concat().into();
        let name = SlotName::new(id.name(), version, &key(&text, 0));
        Some(Self {
            name,
            id: id.clone(),
            integrity: integrity.clone(),
            links: Vec::new(),
            text,
            place: 0,
        })
    }

    /// Where it lies in the store.
    pub fn name(&self) -> &SlotName {
        &self.name
    }

    /// The package that lies in it.
    pub fn id(&self) -> &PackageId {
        &self.id
    }

    /// The packages that must be known to make it: its own, and those that it links, for their commands.
    pub fn packages(&self) -> impl Iterator<Item = &PackageId> {
        std::iter::once(&self.id).chain(self.links.iter().map(|link| &link.id))
    }

    /// What the slot keeps beside the package: the text that has the key as its SHA-256.
    pub(crate) fn closure(&self) -> String {
        format!("{}{}", self.text, last_line(self.place))
    }
}

/// The key of the package at a place of a component.
pub(crate) fn key(text: &str, place: usize) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(text);
    hash.update(last_line(place));
    hash.finalize().into()
}

fn last_line(place: usize) -> String {
    format!("slot {place}\n")
}

/// What a package is by itself: two with the same label have the same files, and the same folder to be in.
pub(crate) fn label(
    name: &PackageName,
    version: Option<&str>,
    content: &str,
    result: Option<&str>,
) -> String {
    let version = version.unwrap_or("-");
    // Only the results that a package was given can hold characters that part lines.
    let result = result.map(|text| text.escape_default().to_string());
    let mut label = ["package ", name.as_str(), " ", version, " ", content].concat();
    if let Some(result) = result {
        label.push(' ');
        label.push_str(&result);
    }
    label.push('\n');
    label
}

/// The hash that decides which bytes a package has; `None` where one hash, strong enough, does not.
pub(crate) fn content_hash(integrity: &Integrity) -> Option<String> {
    let algorithm = integrity.algorithm();
    let mut hashes = integrity.strongest();
    let (Some(hash), None) = (hashes.next(), hashes.next()) else {
        return None;
    };
    if algorithm == Algorithm::Sha1 {
        return None;
    }
    Integrity::from_hash(algorithm, hash).map(|only| only.to_string())
}
