//! Settings in files that hold more than settings: `package.json` (its fields `pkg` and `pnpm`) and
//! `pnpm-workspace.yaml`.

use std::path::{Path, PathBuf};

use pkg_manifest::{ConfigLayer, ConfigSource, parse_yaml};
use serde_json::{Map, Value};

use super::{SettingsError, alias::kebab_case};

/// The most that a `package.json` may have, in bytes.
const MANIFEST_LIMIT: u64 = 8 << 20;
/// The most that a `pnpm-workspace.yaml` may have, in bytes.
const WORKSPACE_LIMIT: u64 = 1 << 20;

/// pnpm's file of a workspace and its settings.
pub(super) fn workspace_file(root: &Path) -> PathBuf {
    root.join("pnpm-workspace.yaml")
}

/// Whether a layer's `shown_origin` is one of these documents.
pub(super) fn is_document(shown_origin: &str) -> bool {
    [
        "pnpm-workspace.yaml",
        "package.json#pkg",
        "package.json#pnpm",
    ]
    .iter()
    .any(|name| shown_origin.ends_with(name))
}

/// The layers of a project's documents, weakest first: pnpm's file, pnpm's field, our field.
///
/// # Errors
/// [`SettingsError::File`] for what cannot be read, [`SettingsError::Workspace`] for a `pnpm-workspace.yaml` that is
/// not plain YAML. A `package.json` that is no JSON is told by whoever reads it as a manifest.
pub(super) fn document_layers(root: &Path) -> Result<Vec<ConfigLayer>, SettingsError> {
    let mut layers = Vec::new();
    let path = workspace_file(root);
    if let Some(bytes) = pkg_fs::read_regular_file_if_exists(&path, WORKSPACE_LIMIT)? {
        let document = parse_yaml(&String::from_utf8_lossy(&bytes)).map_err(|error| {
            SettingsError::Workspace {
                path: path.clone(),
                message: error.to_string(),
            }
        })?;
        layers.extend(document.value.as_object().map(|map| layer(&path, map)));
    }
    let path = root.join("package.json");
    let Some(bytes) = pkg_fs::read_regular_file_if_exists(&path, MANIFEST_LIMIT)? else {
        return Ok(layers);
    };
    let has_field = |field: &[u8]| bytes.windows(field.len()).any(|window| window == field);
    if !has_field(br#""pkg""#) && !has_field(br#""pnpm""#) {
        return Ok(layers);
    }
    let text = String::from_utf8_lossy(&bytes);
    let document: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap_or_default();
    for field in ["pnpm", "pkg"] {
        // The part after `#` is shown; addresses of folders are relative to what stands before the last `/`.
        let shown = path.with_file_name(format!("package.json#{field}"));
        let map = document.get(field).and_then(Value::as_object);
        layers.extend(map.map(|map| layer(&shown, map)));
    }
    Ok(layers)
}

/// The entries of a mapping that are settings: words, numbers, texts and lists of them.
fn layer(path: &Path, map: &Map<String, Value>) -> ConfigLayer {
    let mut entries = Vec::new();
    for (key, value) in map {
        match (key.as_str(), value) {
            ("registries", Value::Object(registries)) => {
                entries.extend(registries.iter().filter_map(registry));
            }
            (_, Value::Array(items)) => {
                let texts = items.iter().filter_map(text);
                entries.extend(texts.map(|text| (kebab_case(key), text)));
            }
            (_, value) => entries.extend(text(value).map(|text| (kebab_case(key), text))),
        }
    }
    ConfigLayer {
        source: ConfigSource::Project,
        shown_origin: path.to_string_lossy().into_owned(),
        entries,
    }
}

/// pnpm's `registries`: one for all, `default`, and one a scope.
fn registry((scope, address): (&String, &Value)) -> Option<(String, String)> {
    Some((registry_key(scope)?, address.as_str()?.to_owned()))
}

/// The key of an entry of `registries`.
pub(super) fn registry_key(scope: &str) -> Option<String> {
    match scope {
        "default" => Some("registry".to_owned()),
        scope if scope.starts_with('@') => Some(format!("{scope}:registry")),
        _ => None,
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(files: &[(&str, &str)]) -> Vec<Vec<(String, String)>> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            pkg_fs::write_atomic(&folder.path().join(name), text.as_bytes(), 0o644).unwrap();
        }
        let layers = document_layers(folder.path()).unwrap();
        layers.into_iter().map(|layer| layer.entries).collect()
    }

    #[test]
    fn our_field_is_stronger_than_pnpms_and_that_than_its_file() {
        let found = entries(&[
            (
                "package.json",
                r#"{"pnpm": {"nodeLinker": "hoisted", "overrides": {"a": "1"}}, "pkg": {"layout": "pnp"}}"#,
            ),
            (
                "pnpm-workspace.yaml",
                "packages: ['x/*']\nregistries:\n  '@s': https://s.example.test/\nfetchRetries: 5\n",
            ),
        ]);
        let pair = |key: &str, text: &str| (key.to_owned(), text.to_owned());
        assert_eq!(
            found,
            [
                vec![
                    pair("packages", "x/*"),
                    pair("@s:registry", "https://s.example.test/"),
                    pair("fetch-retries", "5"),
                ],
                vec![pair("node-linker", "hoisted")],
                vec![pair("layout", "pnp")],
            ]
        );
    }

    #[test]
    fn a_project_without_such_fields_has_no_layers() {
        assert!(entries(&[("package.json", "{\"name\": \"pkg\"}")]).is_empty());
        assert!(entries(&[("package.json", "{\"pkg\": ")]).is_empty());
        assert!(entries(&[]).is_empty());
    }
}
