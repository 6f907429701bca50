//! The headers of Node.js, which native addons are compiled with: scripts have no network to fetch them by, and many that
//! start at once would fetch them into one another.
//!
//! Those that lie beside Node.js are taken where they are of its version. Else they are fetched once, held against the list
//! of hashes that is published with them, and kept below the cache for all builds of all projects, which only read them.
//!
//! ```text
//! CACHE/node-headers/v1/VERSION.lock   held while one is fetched
//! CACHE/node-headers/v1/VERSION/       include/node: complete where it is there
//! ```

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use miette::Diagnostic;
use pkg_fs::{FileLock, FsError, Lock, LockMode, LockOptions, Placer, Preference};
use pkg_manifest::{Algorithm, Integrity, Version};
use pkg_registry::{Freshness, Registry, RegistryError};
use pkg_store::{Expected, PackageFiles, Store, StoreError};
use thiserror::Error;
use url::{Host, Url};

use super::{error::BuildError, plan::Build, run::Building, toolchain::Toolchain};
use crate::{Event, Reporter, Warning};

/// Programs that compile addons, as scripts name them.
const COMPILING: [&str; 6] = ["gyp", "prebuild", "cmake-js", "napi", "neon", "make"];
/// The longest list of hashes, in bytes.
const MOST_HASHES: usize = 1 << 20;

/// Why there are no headers.
#[derive(Debug, Error, Diagnostic)]
enum HeadersError {
    /// The setting is no address from which programs are taken.
    #[error("`{address}` is no https address")]
    Address { address: String },
    /// The list has no hash of them.
    #[error("`{list}` has no hash of `{file}`")]
    NoHash { list: Url, file: String },
    /// They are not there, or cannot be reached.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// They are not what the list says, or no archive.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They cannot be kept.
    #[error(transparent)]
    File(#[from] FsError),
}

/// Where headers come from, and where they are kept.
#[derive(Clone, Copy)]
pub(crate) struct HeaderSource<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) store: &'a Store,
    pub(crate) cache: &'a Path,
    /// The folder that has one of each version of Node.js.
    pub(crate) mirror: &'a str,
    pub(crate) reporter: &'a dyn Reporter,
}

/// Whether the scripts of a package may compile something.
fn needs_headers(build: &Build) -> bool {
    let compiles = |text: &String| COMPILING.iter().any(|program| text.contains(program));
    build.files.file("binding.gyp").is_some() || build.scripts.scripts.values().any(compiles)
}

/// The toolchain with the headers of Node.js, where something may want them that is not kept from before. Without them the
/// scripts run all the same: not all that name such a program start it.
pub(super) async fn with_headers(
    building: &Building<'_>,
    toolchain: &Toolchain,
    wanted: &[&Build],
    warnings: &mut Vec<Warning>,
) -> Result<Toolchain, BuildError> {
    let mut wants = false;
    for build in wanted.iter().filter(|build| needs_headers(build)) {
        let is_anew = building.rebuild.has(build.id.name());
        wants |= is_anew || building.store.build_result(&build.key)?.is_none();
    }
    if toolchain.headers.is_some() || !wants {
        return Ok(toolchain.clone());
    }
    match building.headers.complete(toolchain).await {
        Ok(complete) => Ok(complete),
        Err(error) => {
            let version = &toolchain.version;
            let message = format!(
                "the headers of Node.js {version} cannot be had, and what is compiled needs them: {error}"
            );
            warnings.push(Warning::new("WARN_PKG_NO_HEADERS", message));
            Ok(toolchain.clone())
        }
    }
}

impl HeaderSource<'_> {
    /// The toolchain with headers, whoever has to fetch them.
    async fn complete(&self, toolchain: &Toolchain) -> Result<Toolchain, HeadersError> {
        let mut complete = toolchain.clone();
        let folder = self.folder(&toolchain.version).await?;
        complete.read.push(folder.clone());
        complete.headers = Some(folder);
        Ok(complete)
    }

    /// The folder with `include/node` of a version.
    async fn folder(&self, version: &Version) -> Result<PathBuf, HeadersError> {
        let all = self.cache.join("node-headers/v1");
        let folder = all.join(version.to_string());
        if pkg_fs::stat_link_if_exists(&folder)?.is_some() {
            return Ok(folder);
        }
        pkg_fs::create_directory_all(&all, 0o755)?;
        let _lock = self.lock(&all.join(format!("{version}.lock")))?;
        if pkg_fs::stat_link_if_exists(&folder)?.is_some() {
            return Ok(folder);
        }
        let files = self.fetch(version).await?;
        let new = all.join(pkg_fs::unique_name());
        let placed = self.place(&files, &new);
        let kept = placed.and_then(|()| Ok(pkg_fs::rename_if_absent(&new, &folder)?));
        if !matches!(kept, Ok(true)) {
            // What stays is in nobody's way.
            pkg_fs::remove_tree(&new).unwrap_or_default();
        }
        kept.map(|_| folder)
    }

    /// Waits until nobody else fetches them. Without locks both do, and the first is kept.
    fn lock(&self, path: &Path) -> Result<Lock, FsError> {
        let options = LockOptions {
            patience: Duration::from_secs(2),
            on_wait: &|_| {
                let what = "another process fetches the headers of Node.js".to_owned();
                self.reporter.report(Event::Waiting { what });
                true
            },
        };
        FileLock::acquire(path, LockMode::Exclusive, &options)
    }

    /// Fetches them, and holds them against their hash before they are unpacked.
    async fn fetch(&self, version: &Version) -> Result<PackageFiles, HeadersError> {
        let folder = self.address(version)?;
        let file = format!("node-v{version}-headers.tar.gz");
        let list = at(&folder, "SHASUMS256.txt")?;
        let hashes = self
            .registry
            .remote_tarball(&list, Freshness::Cached)
            .await?;
        let integrity = find_hash(&hashes, &file).ok_or_else(|| HeadersError::NoHash {
            list,
            file: file.clone(),
        })?;
        let archive = at(&folder, &file)?;
        let tarball = self
            .registry
            .remote_tarball(&archive, Freshness::Cached)
            .await?;
        let expected = Expected {
            name: None,
            version: None,
            integrity: Some(integrity),
        };
        Ok(self.store.import_tarball(&tarball, &expected)?.files)
    }

    /// The folder of a version; over a way on which nobody changes what comes.
    fn address(&self, version: &Version) -> Result<Url, HeadersError> {
        let text = format!("{}/v{version}/", self.mirror.trim_end_matches('/'));
        let refuse = || HeadersError::Address {
            address: self.mirror.to_owned(),
        };
        let url = Url::parse(&text).map_err(|_| refuse())?;
        let is_here = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(_)) | None => false,
        };
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_here);
        if is_safe { Ok(url) } else { Err(refuse()) }
    }

    fn place(&self, files: &PackageFiles, folder: &Path) -> Result<(), HeadersError> {
        let placer = Placer::new(Preference::Separate);
        pkg_fs::create_directory_all(folder, 0o755)?;
        for inside in &files.directories {
            pkg_fs::create_directory(&inside.below(folder), 0o755)?;
        }
        for file in &files.files {
            placer.place(&self.store.path(file), &file.path.below(folder))?;
        }
        // The name that it gets says for ever that it is complete.
        Ok(pkg_fs::sync_filesystem(folder)?)
    }
}

fn at(folder: &Url, file: &str) -> Result<Url, HeadersError> {
    folder.join(file).map_err(|_| HeadersError::Address {
        address: folder.to_string(),
    })
}

/// The hash of a file, as `sha256sum` lists it.
fn find_hash(list: &[u8], file: &str) -> Option<Integrity> {
    let text = std::str::from_utf8(list.get(..MOST_HASHES).unwrap_or(list)).ok()?;
    let mut hashes = text.lines().filter_map(|line| line.split_once("  "));
    let (hash, _) = hashes.find(|(_, name)| name.trim_start_matches('*') == file)?;
    let bytes = (0..hash.len())
        .step_by(2)
        .map(|start| u8::from_str_radix(hash.get(start..start + 2)?, 16).ok());
    let bytes: Vec<u8> = bytes.collect::<Option<_>>()?;
    Integrity::from_hash(Algorithm::Sha256, &bytes)
}

/// Whether headers are those of a version, as `node_version.h` says.
pub(crate) fn are_of(text: &str, version: &Version) -> bool {
    let number = |name: &str| {
        text.lines().find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["#define", found, value] if *found == name => value.parse::<u64>().ok(),
                _ => None,
            }
        })
    };
    number("NODE_MAJOR_VERSION") == Some(version.major)
        && number("NODE_MINOR_VERSION") == Some(version.minor)
        && number("NODE_PATCH_VERSION") == Some(version.patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_found_by_the_whole_name_of_its_file() {
        let hash = "ab".repeat(32);
        let list = format!("{}  xa.gz\n{hash}  a.gz\nzz  b.gz\n", "cd".repeat(32));
        let expected = Integrity::from_hash(Algorithm::Sha256, &[0xab; 32]);
        assert_eq!(find_hash(list.as_bytes(), "a.gz"), expected);
        assert_eq!(find_hash(list.as_bytes(), "b.gz"), None);
        assert_eq!(find_hash(list.as_bytes(), "c.gz"), None);
    }

    #[test]
    fn headers_of_another_version_are_told_from_those_of_this_one() {
        let text = "#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 2\n";
        let of = |version: &str| are_of(text, &version.parse().unwrap());
        assert!(of("20.1.2"));
        assert!(!of("20.1.3") && !of("21.1.2"));
        assert!(!are_of("", &"0.0.0".parse().unwrap()));
    }
}
