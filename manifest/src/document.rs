//! Fields that a `package.json` and a version of a packument have in common.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    Engines, ManifestError, PackageName, PeerMeta, Platform, RelativePath, manifest::kind,
};

/// A dependency group: names and the texts of their specifiers.
pub(crate) fn dependencies(
    document: &Map<String, Value>,
    field: &'static str,
) -> Result<BTreeMap<PackageName, String>, ManifestError> {
    let entries = match document.get(field) {
        Some(Value::Object(entries)) => entries,
        // npm reads a list as entries named by number, and a text by its letters: neither is meant.
        Some(Value::Array(items)) if !items.is_empty() => {
            return Err(ManifestError::Group {
                field,
                found: "a list",
            });
        }
        Some(Value::String(text)) if !text.is_empty() => {
            return Err(ManifestError::Group {
                field,
                found: "a text",
            });
        }
        // What has no entries is nothing, as npm has it.
        _ => return Ok(BTreeMap::new()),
    };
    let mut found = BTreeMap::new();
    for (name, specifier) in entries {
        let fail = |reason: String| ManifestError::Dependency {
            field,
            name: name.clone(),
            reason,
        };
        let parsed: PackageName = name
            .parse()
            .map_err(|error: crate::NameError| fail(error.reason.to_owned()))?;
        let Value::String(specifier) = specifier else {
            let found = kind(specifier);
            return Err(fail(format!("its specifier is {found}, not a text")));
        };
        found.insert(parsed, specifier.clone());
    }
    Ok(found)
}

type Peers = BTreeMap<PackageName, String>;
type PeerMetas = BTreeMap<PackageName, PeerMeta>;

/// `peerDependencies` and `peerDependenciesMeta`; an entry of the second alone is an optional peer of any version.
pub(crate) fn peers(document: &Map<String, Value>) -> Result<(Peers, PeerMetas), ManifestError> {
    let mut peers = dependencies(document, "peerDependencies")?;
    let mut meta = BTreeMap::new();
    if let Some(Value::Object(entries)) = document.get("peerDependenciesMeta") {
        for (name, value) in entries {
            let optional = value
                .get("optional")
                .and_then(Value::as_bool)
                .unwrap_or(false);
            let Ok(name) = name.parse::<PackageName>() else {
                continue;
            };
            if optional {
                peers.entry(name.clone()).or_insert_with(|| "*".to_owned());
            }
            meta.insert(name, PeerMeta { optional });
        }
    }
    Ok((peers, meta))
}

/// `bundleDependencies`, by either spelling: a list, or `true` for all dependencies.
pub(crate) fn bundled(
    document: &Map<String, Value>,
    dependencies: &BTreeMap<PackageName, String>,
) -> Vec<PackageName> {
    let field = document
        .get("bundleDependencies")
        .or_else(|| document.get("bundledDependencies"));
    match field {
        Some(Value::Bool(true)) => dependencies.keys().cloned().collect(),
        Some(Value::Array(names)) => names
            .iter()
            .filter_map(Value::as_str)
            .filter_map(|name| name.parse().ok())
            .collect(),
        _ => Vec::new(),
    }
}

/// `os`, `cpu` and `libc`: each a text or a list of texts.
pub(crate) fn platform(document: &Map<String, Value>) -> Platform {
    let list = |field: &str| match document.get(field) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    Platform {
        os: list("os"),
        cpu: list("cpu"),
        libc: list("libc"),
    }
}

/// `engines`; the old form of a list says nothing.
pub(crate) fn engines(document: &Map<String, Value>) -> Engines {
    let Some(Value::Object(entries)) = document.get("engines") else {
        return Engines::default();
    };
    let entries = entries
        .iter()
        .filter_map(|(name, range)| Some((name, range.as_str()?)));
    Engines(
        entries
            .map(|(name, range)| (name.clone(), range.to_owned()))
            .collect(),
    )
}

/// `bin`, with names and paths made safe as npm makes them; what is not safe then is left out.
pub(crate) fn bins(
    document: &Map<String, Value>,
    name: Option<&PackageName>,
) -> BTreeMap<String, RelativePath> {
    let mut found = BTreeMap::new();
    let mut add = |command: &str, path: &Value| {
        let Some(path) = path.as_str() else { return };
        let command = command.replace(['\\', ':'], "/");
        let command = command
            .rsplit('/')
            .find(|part| !part.is_empty())
            .unwrap_or_default();
        let is_name = !matches!(command, "" | "." | "..") && !command.contains(char::is_control);
        if let (true, Some(path)) = (is_name, normalized(path)) {
            found.insert(command.to_owned(), path);
        }
    };
    match document.get("bin") {
        Some(path @ Value::String(_)) => {
            if let Some(name) = name {
                add(name.bare(), path);
            }
        }
        Some(Value::Object(entries)) => {
            entries
                .iter()
                .for_each(|(command, path)| add(command, path));
        }
        // A list names each command after its file.
        Some(Value::Array(paths)) => {
            paths
                .iter()
                .for_each(|path| add(path.as_str().unwrap_or_default(), path));
        }
        _ => {}
    }
    found
}

/// A path inside the package: `.` and `..` are resolved and never leave it.
fn normalized(path: &str) -> Option<RelativePath> {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/").parse().ok()
}
