//! What install scripts made of packages: an entry names the files that were added, changed and removed, by their contents.
//!
//! Law: an entry appears only after all contents that it names. What it means is the caller's: the key is a hash of all
//! that the result could depend on.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pkg_fs::{FileKind, create_directory_all, list_directory, read_regular_file_if_exists};
use pkg_manifest::{Digest, Integrity, RelativePath};
use serde::{Deserialize, Serialize};

use crate::contents::ContentId;
use crate::error::StoreError;
use crate::package_files::StoredFile;
use crate::prune::Pruning;
use crate::store::{PackageState, Store};

/// Bytes of the largest entry that is read.
const MAX_ENTRY: u64 = 256 * 1024 * 1024;
/// The first line of an entry, before the hash of what follows.
const HEADER: &str = "pkg build result 1 ";

/// How the files of a package differ after its scripts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildResult {
    /// Files that were added or changed, each path once.
    pub files: Vec<StoredFile>,
    /// Folders that were added, parents first.
    pub folders: Vec<RelativePath>,
    /// Symbolic links that were added, with their texts.
    pub links: BTreeMap<RelativePath, String>,
    /// Files of the package that are gone.
    pub removed: Vec<RelativePath>,
}

/// An entry as text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// The package that it belongs to: with it, the entry is removed.
    package: String,
    /// Path, SHA-256, bytes, whether it is executable.
    files: Vec<(String, String, u64, bool)>,
    folders: Vec<String>,
    links: BTreeMap<String, String>,
    removed: Vec<String>,
}

impl Store {
    /// Puts the content of a file that a script made into the store.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn add_content(
        &self,
        path: &RelativePath,
        bytes: &[u8],
        executable: bool,
    ) -> Result<StoredFile, StoreError> {
        let id = ContentId::of(bytes, executable);
        let (reading, writing) = self.writing()?;
        let distrust = self.distrust_since()?;
        reading
            .contents
            .write(&id, bytes, &writing.temporary, distrust)?;
        Ok(StoredFile {
            path: path.clone(),
            executable,
            size: id.size,
            digest: Digest(id.digest),
        })
    }

    /// Notes what the scripts of a package made, whose contents are all in the store. An entry that is there is kept.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn keep_build(
        &self,
        key: &Digest,
        package: &Integrity,
        result: &BuildResult,
    ) -> Result<(), StoreError> {
        let path = self.build_path(key);
        if let Some(folder) = path.parent() {
            create_directory_all(folder, 0o755)?;
        }
        let text = result.to_text(package);
        // It may be lost with the power, as its contents: it tells by its own hash, and theirs are looked at again.
        Ok(pkg_fs::write_atomic_unsynced(
            &path,
            text.as_bytes(),
            0o644,
        )?)
    }

    /// Finds what the scripts of a package made. What is damaged counts as absent; whether the contents are there tells
    /// only [`Store::check_file`].
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn build_result(&self, key: &Digest) -> Result<Option<BuildResult>, StoreError> {
        let path = self.build_path(key);
        let Some(stat) = pkg_fs::stat_link_if_exists(&path)? else {
            return Ok(None);
        };
        let bytes = read_regular_file_if_exists(&path, MAX_ENTRY)?;
        let parsed = bytes.and_then(|bytes| BuildResult::parse(&bytes));
        let Some((_, result)) = parsed else {
            return Ok(None);
        };
        if self.doubts(stat.ctime_seconds)? {
            for file in &result.files {
                if self.recheck_file(file)? == PackageState::Damaged {
                    return Ok(None);
                }
            }
        }
        Ok(Some(result))
    }

    /// Removes the results of packages that are not kept; returns the contents that the others need.
    pub(crate) fn prune_builds(
        &self,
        is_kept: &dyn Fn(&Integrity) -> bool,
        pruning: Pruning,
    ) -> Result<Vec<([u8; 32], bool)>, StoreError> {
        let mut needed = Vec::new();
        for path in self.build_paths()? {
            let bytes = read_regular_file_if_exists(&path, MAX_ENTRY)?.unwrap_or_default();
            match BuildResult::parse(&bytes) {
                Some((package, result)) if is_kept(&package) => {
                    let contents = result.files.iter().map(StoredFile::content);
                    needed.extend(contents.map(|content| (content.digest, content.is_executable)));
                }
                Some(_) | None if pruning == Pruning::Remove => {
                    pkg_fs::remove_file_if_exists(&path)?;
                }
                Some(_) | None => {}
            }
        }
        Ok(needed)
    }

    fn build_path(&self, key: &Digest) -> PathBuf {
        let name = key.to_string();
        let (shard, rest) = name.split_at(2);
        self.layout.builds_path().join(shard).join(rest)
    }

    fn build_paths(&self) -> Result<Vec<PathBuf>, StoreError> {
        let builds = self.layout.builds_path();
        let mut paths = Vec::new();
        let shards = match list_directory(&builds) {
            Err(error) if error.is_not_found() => return Ok(paths),
            shards => shards?,
        };
        for (shard, kind) in shards {
            if kind == FileKind::Directory {
                let shard = builds.join(shard);
                let entries = list_directory(&shard)?.into_iter();
                paths.extend(entries.map(|(name, _)| shard.join(name)));
            }
        }
        paths.sort();
        Ok(paths)
    }
}

impl BuildResult {
    fn to_text(&self, package: &Integrity) -> String {
        let texts = |paths: &[RelativePath]| paths.iter().map(ToString::to_string).collect();
        let file = |file: &StoredFile| {
            (
                file.path.to_string(),
                file.digest.to_string(),
                file.size,
                file.executable,
            )
        };
        let links = self.links.iter();
        let entry = Entry {
            package: package.to_string(),
            files: self.files.iter().map(file).collect(),
            folders: texts(&self.folders),
            links: links
                .map(|(path, target)| (path.to_string(), target.clone()))
                .collect(),
            removed: texts(&self.removed),
        };
        let body = serde_json::json!(entry).to_string();
        format!("{HEADER}{}\n{body}\n", Digest::of(body.as_bytes()))
    }

    fn parse(bytes: &[u8]) -> Option<(Integrity, Self)> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (hash, body) = text.strip_prefix(HEADER)?.split_once('\n')?;
        let body = body.strip_suffix('\n')?;
        if Digest::of(body.as_bytes()).to_string() != hash {
            return None;
        }
        let entry: Entry = serde_json::from_str(body).ok()?;
        let paths = |texts: Vec<String>| -> Option<Vec<RelativePath>> {
            texts.iter().map(|text| text.parse().ok()).collect()
        };
        let file = |(path, digest, size, executable): (String, String, u64, bool)| {
            Some(StoredFile {
                path: path.parse().ok()?,
                digest: Digest::from_hex(&digest)?,
                size,
                executable,
            })
        };
        let links = entry.links.into_iter();
        let result = Self {
            files: entry.files.into_iter().map(file).collect::<Option<_>>()?,
            folders: paths(entry.folders)?,
            links: links
                .map(|(path, target)| Some((path.parse().ok()?, target)))
                .collect::<Option<_>>()?,
            removed: paths(entry.removed)?,
        };
        Some((entry.package.parse().ok()?, result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(store: &Store) -> BuildResult {
        let path: RelativePath = "build/out.node".parse().unwrap();
        BuildResult {
            files: vec![store.add_content(&path, b"made", true).unwrap()],
            folders: vec!["build".parse().unwrap()],
            links: [("build/python".parse().unwrap(), "/usr/bin/x".to_owned())].into(),
            removed: vec!["install.js".parse().unwrap()],
        }
    }

    #[test]
    fn a_result_is_read_back_and_a_damaged_one_counts_as_absent() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (key, package) = (Digest::of(b"key"), Integrity::sha512(b"package"));
        assert_eq!(store.build_result(&key).unwrap(), None);
        let result = sample(&store);
        store.keep_build(&key, &package, &result).unwrap();
        assert_eq!(store.build_result(&key).unwrap(), Some(result.clone()));
        let text = result.to_text(&package);
        for place in 0..text.len() {
            let mut damaged = text.clone().into_bytes();
            damaged[place] ^= 1;
            assert!(BuildResult::parse(&damaged).is_none(), "{place}");
            assert!(BuildResult::parse(&text.as_bytes()[..place]).is_none());
        }
    }

    #[test]
    fn a_result_cannot_name_a_path_outside() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let text = sample(&store).to_text(&Integrity::sha512(b"package"));
        let body = text.lines().nth(1).unwrap();
        for (good, bad) in [
            ("build/out.node", "../out.node"),
            ("build/python", "/etc/x"),
        ] {
            let body = body.replace(good, bad);
            let forged = format!("{HEADER}{}\n{body}\n", Digest::of(body.as_bytes()));
            assert!(BuildResult::parse(forged.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn pruning_keeps_the_results_of_packages_that_stay_with_their_contents() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let result = sample(&store);
        let [kept, gone] =
            [b"kept", b"gone"].map(|name| (Digest::of(name), Integrity::sha512(name)));
        store.keep_build(&kept.0, &kept.1, &result).unwrap();
        store.keep_build(&gone.0, &gone.1, &result).unwrap();
        let needed = store
            .prune_builds(&|package| *package == kept.1, Pruning::Remove)
            .unwrap();
        assert_eq!(needed, [(result.files[0].digest.0, true)]);
        assert!(store.build_result(&kept.0).unwrap().is_some());
        assert!(store.build_result(&gone.0).unwrap().is_none());
    }
}
