//! A registry in a folder: no server, no network.
//!
//! Below the folder a package is either plain files, which are packed when asked for,
//!
//! ```text
//! greet/1.0.0/package.json             @fixture/greet/1.0.0/package.json
//! greet/1.0.0/index.js
//! greet/tags.json                      optional: {"dist-tags": {}, "time": {}, "deprecated": {}}
//! ```
//!
//! or a static mirror, which is what an HTTP registry would have sent:
//!
//! ```text
//! greet/packument.json
//! greet/-/greet-1.0.0.tgz              @fixture/greet/-/greet-1.0.0.tgz
//! ```
//!
//! Where both are, the mirror's packument counts. Its addresses of tarballs are replaced by those
//! of the folder, so that nothing leaves the machine.

mod document;
mod pack;

pub use pack::{PackedFile, list_files, pack_directory, pack_files};

use std::path::{Path, PathBuf};

use bytes::Bytes;
use pkg_manifest::{PackageName, Packument, Version};
use url::Url;

use crate::document::Unusable;
use crate::error::RegistryError;
use crate::limits;
use crate::shown::ShownUrl;

/// A folder that serves packages.
#[derive(Debug, Clone)]
pub struct FolderRegistry {
    root: PathBuf,
}

impl FolderRegistry {
    /// Takes the folder, which is read when asked.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The address that settings give to this registry.
    ///
    /// # Errors
    /// When the folder's path is relative.
    pub fn url(&self) -> Result<Url, RegistryError> {
        Url::from_directory_path(&self.root).map_err(|()| RegistryError::Setup {
            path: self.root.clone(),
            reason: "a folder registry needs an absolute path".to_owned(),
        })
    }

    /// Makes the packument of `name`, in full detail.
    ///
    /// # Errors
    /// As [`FolderRegistry::packument_json`].
    pub fn packument(&self, name: &PackageName) -> Result<Packument, RegistryError> {
        let json = self.packument_json(name)?;
        crate::document::parse(name, &json).map_err(|unusable| RegistryError::Setup {
            path: self.package_folder(name),
            reason: match unusable {
                Unusable::NotJson => "its packument is no JSON".to_owned(),
                Unusable::Wrong(reason) => reason,
            },
        })
    }

    /// Makes the document that a registry would send for `name`.
    ///
    /// # Errors
    /// When the folder has no such package, or a file of it is unreadable or no JSON.
    pub fn packument_json(&self, name: &PackageName) -> Result<Bytes, RegistryError> {
        let package = self.package_folder(name);
        let mirrored = package.join("packument.json");
        let url = self.url()?;
        match pkg_fs::read_regular_file_if_exists(&mirrored, limits::PACKUMENT_BYTES)? {
            Some(json) => document::mirrored(&mirrored, &json, &url, name),
            None => self.assembled(name, &package, &url),
        }
    }

    fn assembled(
        &self,
        name: &PackageName,
        package: &Path,
        url: &Url,
    ) -> Result<Bytes, RegistryError> {
        let versions = document::versions(package)?;
        if versions.is_empty() {
            return Err(RegistryError::NotFound {
                what: format!("`{name}`"),
                url: ShownUrl::new(url),
                status: 404,
                excerpt: crate::shown::Excerpt::new(b"", &[]),
            });
        }
        document::assemble(name, package, &versions, url)
    }

    /// Reads or packs the tarball that `url` names, which must be this folder's and of `name`.
    ///
    /// # Errors
    /// When `url` is another one, or the version is not in the folder or unreadable.
    pub fn tarball(&self, name: &PackageName, url: &Url) -> Result<Bytes, RegistryError> {
        let version = self.version_of(name, url)?;
        let package = self.package_folder(name);
        let mirrored = package
            .join("-")
            .join(format!("{}-{version}.tgz", name.bare()));
        if let Some(bytes) = pkg_fs::read_regular_file_if_exists(&mirrored, limits::TARBALL_BYTES)?
        {
            return Ok(bytes.into());
        }
        let files = package.join(version.to_string());
        if pkg_fs::stat_if_exists(&files.join("package.json"))?.is_none() {
            return Err(RegistryError::NotFound {
                what: format!("`{name}@{version}`"),
                url: ShownUrl::new(url),
                status: 404,
                excerpt: crate::shown::Excerpt::new(b"", &[]),
            });
        }
        Ok(pack_directory(&files)?.into())
    }

    /// Reads the version out of an address, the reverse of the convention for tarballs.
    fn version_of(&self, name: &PackageName, url: &Url) -> Result<Version, RegistryError> {
        let base = self.url()?;
        let prefix = format!("{base}{name}/-/{}-", name.bare());
        url.as_str()
            .strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(".tgz"))
            .and_then(|version| Version::parse(version).ok())
            .ok_or_else(|| RegistryError::Refused {
                url: ShownUrl::new(url),
                reason: format!("it is no tarball of `{name}` in the folder registry"),
            })
    }

    fn package_folder(&self, name: &PackageName) -> PathBuf {
        let mut folder = self.root.clone();
        folder.extend(name.as_str().split('/'));
        folder
    }
}
