//! Packuments of folders: put together from `package.json` files, or taken from a mirror.

use std::path::Path;

use bytes::Bytes;
use pkg_fs::FileKind;
use pkg_manifest::{Algorithm, Integrity, PackageName, Version};
use serde_json::{Map, Value, json};
use url::Url;

use super::pack::{list_files, pack_directory};
use crate::access::conventional_tarball_url;
use crate::error::RegistryError;
use crate::limits;

/// The versions that lie in the folder of a package, ascending.
pub(super) fn versions(package: &Path) -> Result<Vec<Version>, RegistryError> {
    if pkg_fs::stat_if_exists(package)?.is_none() {
        return Ok(Vec::new());
    }
    let mut versions: Vec<Version> = pkg_fs::list_directory(package)?
        .into_iter()
        .filter(|(_, kind)| *kind == FileKind::Directory)
        .filter_map(|(name, _)| Version::parse(name.to_str()?).ok())
        .collect();
    versions.sort();
    Ok(versions)
}

/// Puts a packument together from the versions in a folder.
pub(super) fn assemble(
    name: &PackageName,
    package: &Path,
    versions: &[Version],
    registry: &Url,
) -> Result<Bytes, RegistryError> {
    let tags_path = package.join("tags.json");
    let tags = read_json(&tags_path)?.unwrap_or_default();
    let mut documents = Map::new();
    for version in versions {
        let folder = package.join(version.to_string());
        let mut document = version_document(name, version, &folder, registry)?;
        if let Some(message) = tags
            .get("deprecated")
            .and_then(|deprecated| deprecated.get(version.to_string()))
        {
            document.insert("deprecated".to_owned(), message.clone());
        }
        documents.insert(version.to_string(), Value::Object(document));
    }
    let mut dist_tags = Map::new();
    if let Some(latest) = latest(versions) {
        dist_tags.insert("latest".to_owned(), json!(latest.to_string()));
    }
    if let Some(given) = tags.get("dist-tags").and_then(Value::as_object) {
        dist_tags.extend(given.clone());
    }
    let mut packument = json!({
        "name": name.as_str(),
        "dist-tags": dist_tags,
        "versions": documents,
    });
    if let Some(time) = tags.get("time") {
        packument["time"] = time.clone();
    }
    Ok(to_bytes(&packument))
}

/// The highest release, or the highest prerelease where there is no other.
fn latest(versions: &[Version]) -> Option<&Version> {
    versions
        .iter()
        .rfind(|version| version.pre.is_empty())
        .or(versions.last())
}

fn version_document(
    name: &PackageName,
    version: &Version,
    folder: &Path,
    registry: &Url,
) -> Result<Map<String, Value>, RegistryError> {
    let manifest_path = folder.join("package.json");
    let unusable = |reason: String| RegistryError::Setup {
        path: manifest_path.clone(),
        reason,
    };
    let mut document =
        read_json(&manifest_path)?.ok_or_else(|| unusable("it is missing".to_owned()))?;
    let says = |key: &str| {
        document
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    if says("name") != name.as_str() || says("version") != version.to_string() {
        return Err(unusable(format!(
            "its folder says `{name}@{version}`, it says `{}@{}`",
            says("name").escape_debug(),
            says("version").escape_debug()
        )));
    }
    let files = list_files(folder)?;
    complete(&mut document, &files);
    let tarball = pack_directory(folder)?;
    let url = conventional_tarball_url(registry, name, version)
        .ok_or_else(|| unusable("its tarball has no address".to_owned()))?;
    document.insert("dist".to_owned(), dist(&url, &tarball, files.len()));
    Ok(document)
}

/// Adds what a registry adds: commands of `directories.bin`, and whether there are install scripts.
fn complete(document: &mut Map<String, Value>, files: &[String]) {
    let directory = document
        .get("directories")
        .and_then(|directories| directories.get("bin"))
        .and_then(Value::as_str);
    if let (None, Some(directory)) = (document.get("bin"), directory) {
        let directory = directory.trim_start_matches("./").trim_end_matches('/');
        let prefix = format!("{directory}/");
        let bins: Map<String, Value> = files
            .iter()
            .filter(|path| path.starts_with(&prefix))
            .filter_map(|path| {
                let name = path.rsplit('/').next()?;
                Some((name.to_owned(), json!(path)))
            })
            .collect();
        document.insert("bin".to_owned(), Value::Object(bins));
    }
    let scripts = document.get("scripts");
    let has_script = |name| scripts.is_some_and(|scripts| scripts.get(name).is_some());
    let is_gyp = files.iter().any(|path| path == "binding.gyp");
    if is_gyp
        || ["preinstall", "install", "postinstall"]
            .into_iter()
            .any(has_script)
    {
        document.insert("hasInstallScript".to_owned(), json!(true));
    }
}

fn dist(url: &Url, tarball: &[u8], file_count: usize) -> Value {
    let shasum: String = Algorithm::Sha1
        .hash(tarball)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({
        "tarball": url.as_str(),
        "integrity": Integrity::sha512(tarball).to_string(),
        "shasum": shasum,
        "fileCount": file_count,
    })
}

/// Takes a mirror's packument, with the addresses of its tarballs in this folder.
pub(super) fn mirrored(
    path: &Path,
    bytes: &[u8],
    registry: &Url,
    name: &PackageName,
) -> Result<Bytes, RegistryError> {
    let mut packument = parse(path, bytes)?;
    let versions = packument
        .get_mut("versions")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten();
    for (version, document) in versions {
        let Ok(version) = Version::parse(version) else {
            continue;
        };
        let url = conventional_tarball_url(registry, name, &version);
        if let (Some(dist), Some(url)) = (document.get_mut("dist"), url)
            && dist.is_object()
        {
            dist["tarball"] = json!(url.as_str());
        }
    }
    Ok(to_bytes(&Value::Object(packument)))
}

fn read_json(path: &Path) -> Result<Option<Map<String, Value>>, RegistryError> {
    let bytes = pkg_fs::read_regular_file_if_exists(path, limits::PACKAGE_JSON_BYTES)?;
    bytes.map(|bytes| parse(path, &bytes)).transpose()
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Map<String, Value>, RegistryError> {
    serde_json::from_slice(bytes).map_err(|error| RegistryError::Setup {
        path: path.to_path_buf(),
        reason: format!("it is no JSON object: {error}"),
    })
}

fn to_bytes(value: &Value) -> Bytes {
    serde_json::to_vec(value)
        .expect("a JSON value becomes JSON")
        .into()
}
