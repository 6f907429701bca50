//! The scripts that installing a package runs, and all of the package that they name: what somebody approves.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::PackageId;
use pkg_manifest::Digest;
use pkg_store::{PackageFiles, Store, StoredFile};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::references::{PackageText, find_references, words};

/// The scripts of an install, in the order in which they run.
pub(crate) const EVENTS: [&str; 3] = ["preinstall", "install", "postinstall"];
/// Those that make a package of a repository out of its sources, in the order in which they run.
pub(crate) const PREPARATION: [&str; 3] = ["preprepare", "prepare", "postprepare"];
/// The one without which there is nothing to make.
const PREPARE: &str = "prepare";
/// What a `binding.gyp` stands for where nothing else is said.
pub(crate) const IMPLIED: &str = "node-gyp rebuild";
const GYP: &str = "binding.gyp";
const MANIFEST: &str = "package.json";
/// The most that a file may have to be read for what it names, in bytes.
const MOST: u64 = 1 << 20;

/// Where a package comes from, which decides what of its scripts runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// As its author packed it.
    Packed,
    /// As its author wrote it.
    Commit,
}

impl Origin {
    fn of(id: &PackageId) -> Self {
        match id.reference().starts_with("git+") {
            true => Self::Commit,
            false => Self::Packed,
        }
    }
}

/// Whether a package can have scripts, as far as that is told without reading it.
pub(crate) fn may_have_scripts(id: &PackageId, files: &PackageFiles) -> bool {
    files.has_install_scripts() || Origin::of(id) == Origin::Commit
}

/// Whether a package of a repository with these scripts is made out of its sources first.
pub(crate) fn is_prepared_by<'n>(mut names: impl Iterator<Item = &'n str>) -> bool {
    names.any(|name| name == PREPARE)
}

/// Texts by the names of the scripts, and hashes of files by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScriptSet {
    /// Scripts of an install, and others of the package that they run by name.
    pub(crate) scripts: BTreeMap<String, String>,
    /// SHA-256, in hex, of each file that they name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) files: BTreeMap<String, String>,
}

impl ScriptSet {
    /// Reads the scripts of a package of the store; `None` for one that cannot be read, or that has none.
    pub(crate) fn read(store: &Store, id: &PackageId, package: &PackageFiles) -> Option<Self> {
        let stored = Stored { store, package };
        let text = stored.text(MANIFEST)?;
        let manifest: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        let mut set = Self {
            scripts: scripts(&manifest, package.file(GYP).is_some(), Origin::of(id)),
            files: BTreeMap::new(),
        };
        if set.scripts.is_empty() {
            return None;
        }
        let mut paths = find_references(set.scripts.values().map(String::as_str), &stored);
        // What is compiled is not run, but what says how to compile is.
        paths.extend(package.file(GYP).map(|_| GYP.to_owned()));
        paths.remove(MANIFEST);
        set.files = hashes(package, &paths);
        Some(set)
    }

    /// The scripts of an install, in the order in which they run.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&'static str, &str)> {
        EVENTS
            .into_iter()
            .filter_map(|event| Some((event, self.scripts.get(event)?.as_str())))
    }

    /// Those that make the package out of its sources, in the order in which they run, if it is one that is: before them those of an
    /// install, as for any other project.
    pub(crate) fn preparation(&self, id: &PackageId) -> Vec<(&'static str, &str)> {
        let names = self.scripts.keys().map(String::as_str);
        if Origin::of(id) == Origin::Packed || !is_prepared_by(names) {
            return Vec::new();
        }
        let own = PREPARATION
            .into_iter()
            .filter_map(|event| Some((event, self.scripts.get(event)?.as_str())));
        self.events().chain(own).collect()
    }

    /// A hash of all of it.
    pub(crate) fn digest(&self) -> Digest {
        let mut hasher = Sha256::new();
        for (name, text) in self
            .scripts
            .iter()
            .chain([(&String::new(), &String::new())])
            .chain(&self.files)
        {
            for part in [name, text] {
                hasher.update((part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        Digest(hasher.finalize().into())
    }
}

/// The scripts that an install runs, with the others that their texts name.
fn scripts(manifest: &Value, has_gyp: bool, origin: Origin) -> BTreeMap<String, String> {
    let text = |name: &str| {
        let text = manifest.get("scripts")?.get(name)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let mut found: BTreeMap<String, String> = EVENTS
        .into_iter()
        .filter_map(|event| Some((event.to_owned(), text(event)?)))
        .collect();
    let refuses_gyp = manifest.get("gypfile") == Some(&Value::Bool(false));
    if has_gyp
        && !refuses_gyp
        && !found.contains_key("install")
        && !found.contains_key("preinstall")
    {
        found.insert("install".to_owned(), IMPLIED.to_owned());
    }
    if origin == Origin::Commit && text(PREPARE).is_some() {
        let own = PREPARATION.into_iter();
        found.extend(own.filter_map(|event| Some((event.to_owned(), text(event)?))));
    }
    let mut waiting: Vec<String> = found.values().cloned().collect();
    while let Some(script) = waiting.pop() {
        for word in words(&script) {
            if !found.contains_key(word)
                && let Some(text) = text(word)
            {
                found.insert(word.to_owned(), text.clone());
                waiting.push(text);
            }
        }
    }
    found
}

fn hashes(package: &PackageFiles, paths: &BTreeSet<String>) -> BTreeMap<String, String> {
    let hash = |path: &String| Some((path.clone(), package.file(path)?.digest.to_string()));
    paths.iter().filter_map(hash).collect()
}

/// A package of the store, to be read.
struct Stored<'a> {
    store: &'a Store,
    package: &'a PackageFiles,
}

impl PackageText for Stored<'_> {
    fn has(&self, path: &str) -> bool {
        self.package.file(path).is_some()
    }

    fn text(&self, path: &str) -> Option<String> {
        read_text(self.store, self.package.file(path)?)
    }
}

/// What a file of the store holds, where it is a text.
pub(crate) fn read_text(store: &Store, file: &StoredFile) -> Option<String> {
    let bytes = pkg_fs::read_regular_file(&store.path(file), MOST.max(8 << 20)).ok()?;
    let is_small = bytes.len() as u64 <= MOST || file.path.as_str() == MANIFEST;
    is_small.then(|| String::from_utf8(bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(manifest: &Value, has_gyp: bool) -> Vec<String> {
        scripts(manifest, has_gyp, Origin::Packed)
            .into_keys()
            .collect()
    }

    #[test]
    fn a_gyp_file_implies_an_install_unless_something_else_is_said() {
        assert_eq!(
            scripts(&json!({}), true, Origin::Packed)["install"],
            IMPLIED
        );
        assert_eq!(names(&json!({}), false), [""; 0]);
        assert_eq!(names(&json!({"gypfile": false}), true), [""; 0]);
        let own = json!({"scripts": {"preinstall": "x"}});
        assert_eq!(names(&own, true), ["preinstall"]);
    }

    #[test]
    fn scripts_that_are_run_by_name_belong_to_it() {
        let manifest = json!({"scripts": {
            "postinstall": "npm run build", "build": "npm run -s deep", "deep": "node x", "test": "node t",
            "empty": "", "number": 3
        }});
        assert_eq!(names(&manifest, false), ["build", "deep", "postinstall"]);
    }

    #[test]
    fn what_makes_a_package_counts_for_a_commit_only() {
        let manifest =
            json!({"scripts": {"prepare": "npm run build", "postprepare": "x", "build": "tool"}});
        let of =
            |origin| -> Vec<String> { scripts(&manifest, false, origin).into_keys().collect() };
        assert_eq!(of(Origin::Packed), [""; 0]);
        assert_eq!(of(Origin::Commit), ["build", "postprepare", "prepare"]);
        let set = ScriptSet {
            scripts: scripts(&manifest, false, Origin::Commit),
            files: BTreeMap::new(),
        };
        let name: pkg_manifest::PackageName = "a".parse().unwrap();
        let id = |text| PackageId::exotic(&name, text).unwrap();
        let commit = id("git+https://h.example.test/a#0123456789abcdef0123456789abcdef01234567");
        assert_eq!(
            set.preparation(&commit),
            [("prepare", "npm run build"), ("postprepare", "x")]
        );
        assert_eq!(set.preparation(&id("file:../a")), []);
        let only_after = json!({"scripts": {"postprepare": "x"}});
        assert!(scripts(&only_after, false, Origin::Commit).is_empty());
    }

    #[test]
    fn the_digest_changes_with_every_part() {
        let set = |scripts: &[(&str, &str)], files: &[(&str, &str)]| {
            let owned = |pairs: &[(&str, &str)]| {
                pairs
                    .iter()
                    .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                    .collect()
            };
            ScriptSet {
                scripts: owned(scripts),
                files: owned(files),
            }
            .digest()
        };
        let one = set(&[("install", "x")], &[]);
        assert_ne!(one, set(&[("install", "y")], &[]));
        assert_ne!(one, set(&[("postinstall", "x")], &[]));
        assert_ne!(one, set(&[], &[("install", "x")]));
        assert_ne!(one, set(&[("install", "x")], &[("x.js", "1")]));
    }
}
