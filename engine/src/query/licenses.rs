//! `licenses`: what the packages say about their licences.

use std::collections::BTreeMap;

use pkg_lockfile::{Groups, PackageId, SnapshotKey};
use pkg_manifest::Manifest;
use pkg_store::{Store, StoreError};
use rayon::prelude::*;
use serde_json::Value;

use super::{QueryError, lockfile_of, manifests};
use crate::{LoadedSettings, Project};

/// The packages under one licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseGroup {
    /// As the packages say it; `Unknown` where one says nothing.
    pub license: String,
    /// Sorted by id.
    pub packages: Vec<LicensedPackage>,
}

/// One package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicensedPackage {
    /// The package.
    pub id: PackageId,
    /// Who made it, as it says.
    pub author: Option<String>,
    /// Where it has its page.
    pub homepage: Option<String>,
}

/// The licences of what a project depends on, sorted; read from the packages in the store.
///
/// # Errors
/// [`QueryError::NoLockfile`]; and when the store cannot be read.
pub fn licenses(
    project: &Project,
    settings: &LoadedSettings,
    groups: Groups,
) -> Result<Vec<LicenseGroup>, QueryError> {
    let store = &Store::open(&settings.locations.store)?;
    let lockfile = lockfile_of(project)?;
    let mut ids: Vec<&PackageId> = lockfile
        .select(groups)
        .into_iter()
        .map(SnapshotKey::id)
        .collect();
    ids.dedup();
    let manifests: Vec<Option<Manifest>> = ids
        .par_iter()
        .map(|id| {
            let files = manifests::files(store, &lockfile, id)?;
            Ok(files.and_then(|files| manifests::read(store, &files)))
        })
        .collect::<Result<_, StoreError>>()?;
    let mut groups: BTreeMap<String, Vec<LicensedPackage>> = BTreeMap::new();
    for (id, manifest) in ids.into_iter().zip(manifests) {
        let field = |name: &str| {
            manifest
                .as_ref()
                .and_then(|manifest| manifest.fields.get(name))
        };
        let license = field("license").and_then(license).or_else(|| {
            let old = field("licenses")?.as_array()?;
            let names: Vec<_> = old.iter().filter_map(license).collect();
            (!names.is_empty()).then(|| names.join(" OR "))
        });
        let package = LicensedPackage {
            id: id.clone(),
            author: field("author").and_then(person),
            homepage: field("homepage").and_then(Value::as_str).map(str::to_owned),
        };
        groups
            .entry(license.unwrap_or_else(|| "Unknown".to_owned()))
            .or_default()
            .push(package);
    }
    Ok(groups
        .into_iter()
        .map(|(license, packages)| LicenseGroup { license, packages })
        .collect())
}

/// A licence as text, or as the object of older times.
fn license(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("type")?.as_str())?;
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// A person as text, or as an object with a name.
fn person(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("name")?.as_str())?;
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}
