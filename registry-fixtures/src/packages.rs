//! What there is to serve: the folder, and what a test published besides.

use std::collections::BTreeMap;

use pkg_manifest::{Algorithm, Digest, Integrity, PackageName};
use pkg_registry::{FolderRegistry, PackedFile, pack_files};
use serde_json::{Map, Value, json};

/// The fields of a version's document that the abbreviated form keeps.
const ABBREVIATED: &[&str] = &[
    "name",
    "version",
    "deprecated",
    "dependencies",
    "optionalDependencies",
    "devDependencies",
    "bundleDependencies",
    "bundledDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bin",
    "directories",
    "dist",
    "engines",
    "os",
    "cpu",
    "libc",
    "funding",
    "hasInstallScript",
];

/// When everything was published that says nothing else.
const PUBLISHED: &str = "2020-01-01T00:00:00.000Z";

/// Packages by name, full packuments with addresses of tarballs below `/`.
pub(crate) struct Packages {
    folder: Option<FolderRegistry>,
    published: BTreeMap<String, Value>,
    tarballs: BTreeMap<String, Vec<u8>>,
}

impl Packages {
    pub(crate) fn new(folder: Option<FolderRegistry>) -> Self {
        Self {
            folder,
            published: BTreeMap::new(),
            tarballs: BTreeMap::new(),
        }
    }

    /// Publishes a version, or replaces it.
    pub(crate) fn publish(&mut self, manifest: &Value, files: &[(&str, &str)]) {
        let text = |key: &str| {
            manifest[key]
                .as_str()
                .expect("a manifest has it")
                .to_owned()
        };
        let (name, version) = (text("name"), text("version"));
        let mut packed = vec![PackedFile {
            path: "package.json".to_owned(),
            content: manifest.to_string().into_bytes(),
            is_executable: false,
        }];
        packed.extend(files.iter().map(|(path, content)| PackedFile {
            path: (*path).to_owned(),
            content: content.as_bytes().to_vec(),
            is_executable: content.starts_with("#!"),
        }));
        packed.sort_by(|left, right| left.path.cmp(&right.path));
        let tarball = pack_files(&packed).expect("test packages can be packed");
        let bare = name.rsplit('/').next().unwrap_or_default();
        let path = format!("/{name}/-/{bare}-{version}.tgz");
        let mut document = manifest.clone();
        document["dist"] = dist(&path, &tarball, packed.len());
        self.tarballs.insert(path, tarball);
        let packument = self.edit(&name);
        packument["versions"][&version] = document;
        packument["time"][&version] = json!(PUBLISHED);
        if !version.contains('-') || packument["dist-tags"].get("latest").is_none() {
            packument["dist-tags"]["latest"] = json!(version);
        }
    }

    /// The packument of a published package, to be changed at will; made when there is none.
    pub(crate) fn edit(&mut self, name: &str) -> &mut Value {
        self.published.entry(name.to_owned()).or_insert_with(|| {
            json!({
                "name": name,
                "dist-tags": {},
                "versions": {},
                "time": {"modified": PUBLISHED},
                "modified": PUBLISHED,
            })
        })
    }

    /// Replaces the bytes at a tarball's path.
    pub(crate) fn set_tarball(&mut self, path: &str, bytes: Vec<u8>) {
        self.tarballs.insert(path.to_owned(), bytes);
    }

    /// Serves headers of Node.js, and the list of their hash.
    pub(crate) fn publish_headers(&mut self, version: &str, files: &[(&str, &str)]) {
        let packed: Vec<PackedFile> = files
            .iter()
            .map(|(path, content)| PackedFile {
                path: (*path).to_owned(),
                content: content.as_bytes().to_vec(),
                is_executable: false,
            })
            .collect();
        let tarball = pack_files(&packed).expect("headers can be packed");
        let hash = Digest::of(&tarball);
        let name = format!("node-v{version}-headers.tar.gz");
        let list = format!(
            "{}  node-v{version}.tar.gz\n{hash}  {name}\n",
            "0".repeat(64)
        );
        let folder = format!("/dist/v{version}");
        self.set_tarball(&format!("{folder}/SHASUMS256.txt"), list.into_bytes());
        self.set_tarball(&format!("{folder}/{name}"), tarball);
    }

    /// The full packument, its tarballs' addresses below `origin`.
    pub(crate) fn packument(&mut self, name: &str, origin: &str) -> Option<Value> {
        if !self.published.contains_key(name) {
            let from_folder = self.read_folder(name)?;
            self.published.insert(name.to_owned(), from_folder);
        }
        let mut packument = self.published.get(name)?.clone();
        let versions = packument
            .get_mut("versions")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten();
        for (_, document) in versions {
            let path = document.pointer("/dist/tarball").and_then(Value::as_str);
            if let Some(path) = path.filter(|path| path.starts_with('/')) {
                document["dist"]["tarball"] = json!(format!("{origin}{path}"));
            }
        }
        Some(packument)
    }

    fn read_folder(&self, name: &str) -> Option<Value> {
        let folder = self.folder.as_ref()?;
        let name: PackageName = name.parse().ok()?;
        let json = folder.packument_json(&name).ok()?;
        let mut packument: Value = serde_json::from_slice(&json).ok()?;
        let base = folder.url().ok()?.to_string();
        let mut times = Map::new();
        for (version, document) in packument["versions"].as_object_mut()? {
            let url = document["dist"]["tarball"].as_str()?;
            document["dist"]["tarball"] =
                json!(url.strip_prefix(&base).map(|path| format!("/{path}")));
            times.insert(version.clone(), json!(PUBLISHED));
        }
        times.insert("modified".to_owned(), json!(PUBLISHED));
        if let Some(given) = packument["time"].as_object() {
            times.extend(given.clone());
        }
        packument["modified"] = times["modified"].clone();
        packument["time"] = Value::Object(times);
        Some(packument)
    }

    /// The tarball at a path.
    pub(crate) fn tarball(&mut self, path: &str) -> Option<Vec<u8>> {
        if let Some(tarball) = self.tarballs.get(path) {
            return Some(tarball.clone());
        }
        let folder = self.folder.as_ref()?;
        let (name, _) = path.strip_prefix('/')?.split_once("/-/")?;
        let base = folder.url().ok()?.to_string();
        let url = format!("{base}{}", &path[1..]).parse().ok()?;
        let tarball = folder.tarball(&name.parse().ok()?, &url).ok()?.to_vec();
        self.tarballs.insert(path.to_owned(), tarball.clone());
        Some(tarball)
    }
}

fn dist(path: &str, tarball: &[u8], file_count: usize) -> Value {
    let shasum: String = Algorithm::Sha1
        .hash(tarball)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({
        "tarball": path,
        "integrity": Integrity::sha512(tarball).to_string(),
        "shasum": shasum,
        "fileCount": file_count,
    })
}

/// The short form of a full packument.
pub(crate) fn abbreviate(full: &Value) -> Value {
    let mut versions = Map::new();
    for (version, document) in full["versions"].as_object().into_iter().flatten() {
        let kept: Map<String, Value> = document
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, _)| ABBREVIATED.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        versions.insert(version.clone(), Value::Object(kept));
    }
    json!({
        "name": full["name"],
        "dist-tags": full["dist-tags"],
        "modified": full["modified"],
        "versions": versions,
    })
}
