//! What the project says about scripts of packages: `pkg-builds.json`, beside `package.json`.
//!
//! An approval is for a package and the content of its scripts. A registry's package is named by its name, so that a newer
//! version with the same scripts keeps it; any other by its whole id: a folder or a tarball of that name is another package.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use pkg_lockfile::PackageId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{error::ApprovalError, grant::Grant, script_set::ScriptSet};

/// The most that the file may have, in bytes.
const LIMIT: u64 = 8 << 20;

/// The contents of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Approvals {
    /// By package the sets of scripts that may run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) approved: BTreeMap<String, Vec<ScriptSet>>,
    /// Packages whose scripts never run, and of which nobody is told.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) denied: BTreeSet<String>,
    /// By package what its scripts may do besides what all may.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) grants: BTreeMap<String, BTreeSet<Grant>>,
}

/// What was said about the scripts of one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Approved,
    Denied,
    /// Other scripts of this package were approved.
    Changed,
    /// Nobody has looked at them.
    Unknown,
}

/// Where a project keeps them.
pub(crate) fn approvals_path(root: &Path) -> PathBuf {
    root.join("pkg-builds.json")
}

/// What a package is named by.
pub(crate) fn key(id: &PackageId) -> &str {
    match id.version() {
        Some(_) => id.name().as_str(),
        None => id.as_str(),
    }
}

/// The same as a shell takes it for one word.
pub(crate) fn key_in_a_shell(id: &PackageId) -> String {
    let key = key(id);
    if key.contains(['&', ';', '(', ')', '~']) {
        format!("'{key}'")
    } else {
        key.to_owned()
    }
}

impl Approvals {
    /// Reads what a project says; where it says nothing, nothing is approved.
    pub(crate) fn read(root: &Path) -> Result<Self, ApprovalError> {
        let path = approvals_path(root);
        let Some(bytes) = pkg_fs::read_regular_file_if_exists(&path, LIMIT)? else {
            return Ok(Self::default());
        };
        // A list would pass for an object without names.
        let object: Result<serde_json::Map<String, Value>, _> = serde_json::from_slice(&bytes);
        let approvals = object.and_then(|object| serde_json::from_value(Value::Object(object)));
        approvals.map_err(|error| ApprovalError::Format {
            path,
            reason: error.to_string(),
        })
    }

    /// Writes it.
    pub(crate) fn write(&self, root: &Path) -> Result<(), ApprovalError> {
        let path = approvals_path(root);
        let text = serde_json::to_string_pretty(self).map_err(|error| ApprovalError::Format {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        Ok(pkg_fs::write_atomic(
            &path,
            format!("{text}\n").as_bytes(),
            0o644,
        )?)
    }

    /// Whether something of this package was approved, whichever scripts.
    pub(crate) fn has(&self, id: &PackageId) -> bool {
        let key = key(id);
        self.approved.contains_key(key) && !self.denied.contains(key)
    }

    /// Whether no script of this package runs, and nobody wants to hear of it.
    pub(crate) fn is_denied(&self, id: &PackageId) -> bool {
        self.denied.contains(key(id))
    }

    /// What was said about these scripts of a package.
    pub(crate) fn decide(&self, id: &PackageId, scripts: &ScriptSet) -> Decision {
        if self.is_denied(id) {
            return Decision::Denied;
        }
        match self.approved.get(key(id)) {
            Some(sets) if sets.contains(scripts) => Decision::Approved,
            Some(sets) if !sets.is_empty() => Decision::Changed,
            Some(_) | None => Decision::Unknown,
        }
    }

    /// What the scripts of a package may do besides.
    pub(crate) fn grants(&self, id: &PackageId) -> impl Iterator<Item = &Grant> {
        self.grants.get(key(id)).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> ScriptSet {
        ScriptSet {
            scripts: [("install".to_owned(), text.to_owned())].into(),
            files: BTreeMap::new(),
        }
    }

    #[test]
    fn an_approval_is_for_the_scripts_and_for_the_registrys_package_only() {
        let registry: PackageId = "a@1.0.0".parse().unwrap();
        let newer: PackageId = "a@2.0.0".parse().unwrap();
        let name = registry.name().clone();
        let folder = PackageId::exotic(&name, "file:../a").unwrap();
        let mut approvals = Approvals::default();
        assert_eq!(approvals.decide(&registry, &set("x")), Decision::Unknown);
        approvals.approved.insert("a".to_owned(), vec![set("x")]);
        assert_eq!(approvals.decide(&registry, &set("x")), Decision::Approved);
        assert_eq!(approvals.decide(&newer, &set("x")), Decision::Approved);
        assert_eq!(approvals.decide(&newer, &set("y")), Decision::Changed);
        assert_eq!(approvals.decide(&folder, &set("x")), Decision::Unknown);
        approvals.denied.insert("a".to_owned());
        assert_eq!(approvals.decide(&registry, &set("x")), Decision::Denied);
    }

    #[test]
    fn what_is_written_is_read_back_and_anything_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut approvals = Approvals::read(folder.path()).unwrap();
        approvals.approved.insert("a".to_owned(), vec![set("x")]);
        approvals
            .grants
            .insert("a".to_owned(), [Grant::Network].into());
        approvals.write(folder.path()).unwrap();
        assert_eq!(Approvals::read(folder.path()).unwrap(), approvals);
        for text in [
            "",
            "[]",
            "{\"aproved\":{}}",
            "{\"grants\":{\"a\":[\"all\"]}}",
        ] {
            pkg_fs::write_atomic(&approvals_path(folder.path()), text.as_bytes(), 0o644).unwrap();
            assert!(Approvals::read(folder.path()).is_err(), "{text}");
        }
    }
}
