//! A packument's document as it came, checked for what it must be.

use std::collections::BTreeMap;

use bytes::Bytes;
use pkg_manifest::PackageName;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The most versions that a packument may list.
const VERSIONS: usize = 100_000;

/// One packument in the form in which the registry sent it.
#[derive(Debug, Clone)]
pub struct PackumentDocument {
    name: PackageName,
    json: Bytes,
}

/// Why a document is no packument of the package asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unusable {
    NotJson,
    Wrong(String),
}

#[derive(Deserialize)]
struct Outline {
    name: Option<String>,
    versions: Option<BTreeMap<String, IgnoredAny>>,
}

impl PackumentDocument {
    /// Checks that `json` is a packument of `asked`.
    pub(crate) fn parse(asked: &PackageName, json: Bytes) -> Result<Self, Unusable> {
        let outline: Outline = serde_json::from_slice(&json).map_err(|error| {
            let starts_as_json = json.trim_ascii_start().starts_with(b"{");
            if starts_as_json {
                Unusable::Wrong(format!("it is broken JSON: {error}"))
            } else {
                Unusable::NotJson
            }
        })?;
        let answered = outline.name.unwrap_or_default();
        if answered != asked.as_str() {
            return Err(Unusable::Wrong(format!(
                "asked for `{asked}`, it describes `{}`",
                answered
                    .chars()
                    .take(200)
                    .collect::<String>()
                    .escape_debug()
            )));
        }
        let count = outline.versions.map_or(0, |versions| versions.len());
        if count > VERSIONS {
            return Err(Unusable::Wrong(format!(
                "it lists {count} versions, more than the limit of {VERSIONS}"
            )));
        }
        Ok(Self {
            name: asked.clone(),
            json,
        })
    }

    /// The package that it describes.
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    /// The document, decoded.
    pub fn json(&self) -> &Bytes {
        &self.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<PackumentDocument, Unusable> {
        PackumentDocument::parse(
            &"greet".parse().unwrap(),
            Bytes::copy_from_slice(json.as_bytes()),
        )
    }

    #[test]
    fn a_document_about_another_package_is_refused() {
        assert!(parse(r#"{"name":"greet","versions":{}}"#).is_ok());
        let error = parse(r#"{"name":"gree\u001bt","versions":{}}"#).unwrap_err();
        assert_eq!(
            error,
            Unusable::Wrong("asked for `greet`, it describes `gree\\u{1b}t`".to_owned())
        );
    }

    #[test]
    fn a_page_is_told_from_broken_json() {
        assert_eq!(parse("<html>").unwrap_err(), Unusable::NotJson);
        assert!(matches!(
            parse("{\"name\"").unwrap_err(),
            Unusable::Wrong(_)
        ));
    }

    #[test]
    fn deep_nesting_is_refused_without_a_crash() {
        let deep = format!(
            r#"{{"name":"greet","x":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(matches!(parse(&deep).unwrap_err(), Unusable::Wrong(_)));
    }

    #[test]
    fn too_many_versions_are_refused() {
        let versions: Vec<String> = (0..200_000).map(|n| format!("\"{n}.0.0\":0")).collect();
        let json = format!(
            r#"{{"name":"greet","versions":{{{}}}}}"#,
            versions.join(",")
        );
        assert!(matches!(parse(&json).unwrap_err(), Unusable::Wrong(_)));
    }
}
