//! `package.json`: one parsed manifest.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use miette::Diagnostic;
use pkg_range::{Mode, Version, parse_version};
use serde_json::{Map, Value};
use thiserror::Error;

use crate::{Engines, PackageName, PackageVersion, PeerMeta, Platform, RelativePath, document};

/// One parsed `package.json`.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `None` where it has none, or one that is no package name.
    pub name: Option<PackageName>,
    /// `None` where it has none, or one that is no version.
    pub version: Option<Version>,
    pub dependencies: BTreeMap<PackageName, String>,
    pub dev_dependencies: BTreeMap<PackageName, String>,
    pub optional_dependencies: BTreeMap<PackageName, String>,
    pub peer_dependencies: BTreeMap<PackageName, String>,
    pub peer_meta: BTreeMap<PackageName, PeerMeta>,
    pub bundled: Vec<PackageName>,
    pub platform: Platform,
    pub engines: Engines,
    pub bins: BTreeMap<String, RelativePath>,
    /// Scripts in the order of the file.
    pub scripts: IndexMap<String, String>,
    /// `packageManager`, as written.
    pub package_manager: Option<String>,
    /// All fields, as they stand in the file.
    pub fields: Map<String, Value>,
}

/// Why a text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum ManifestError {
    /// The text is not JSON.
    #[error("it is not JSON: {message} at line {line}, column {column}")]
    #[diagnostic(
        code(ERR_PKG_MANIFEST_JSON),
        help("mend it and run the same command again")
    )]
    Json {
        /// What the parser says.
        message: String,
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The text is JSON, but no object.
    #[error("it is {found}, not an object")]
    #[diagnostic(
        code(ERR_PKG_MANIFEST_JSON),
        help("mend it and run the same command again")
    )]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// A dependency group is no object.
    #[error("its `{field}` is {found}, not an object")]
    #[diagnostic(
        code(ERR_PKG_INVALID_DEPENDENCY),
        help(
            "write it as names and what to install of them: `\"{field}\": {{\"some-name\": \"^1.0.0\"}}`"
        )
    )]
    Group {
        /// The group.
        field: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// An entry of a dependency group cannot be.
    #[error("its `{field}` has an entry `{}` that cannot be: {reason}", name.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_INVALID_DEPENDENCY),
        help(
            "an entry is a name and a text that says what to install: `\"some-name\": \"^1.0.0\"`"
        )
    )]
    Dependency {
        /// The group.
        field: &'static str,
        /// The key.
        name: String,
        /// What is wrong, in words.
        reason: String,
    },
}

impl ManifestError {
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        let message = error.to_string();
        let message = message
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned();
        Self::Json {
            message,
            line: error.line(),
            column: error.column(),
        }
    }
}

/// Parses a text to an object of JSON; a leading byte order mark is skipped.
pub(crate) fn parse_object(text: &[u8]) -> Result<Map<String, Value>, ManifestError> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let value: Value = serde_json::from_slice(text).map_err(|error| ManifestError::json(&error))?;
    match value {
        Value::Object(fields) => Ok(fields),
        value => Err(ManifestError::NotAnObject {
            found: kind(&value),
        }),
    }
}

/// What kind of value it is, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "an object",
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
    }
}

impl Manifest {
    /// Parses the text of a `package.json`. Of a key that stands twice the last counts.
    ///
    /// # Errors
    /// [`ManifestError`], with line and column for what is not JSON, and with field and key for a
    /// dependency that cannot be. A name or version that is none is not an error: a project needs neither.
    pub fn parse(text: &[u8]) -> Result<Self, ManifestError> {
        let fields = parse_object(text)?;
        let text_of = |field: &str| fields.get(field).and_then(Value::as_str);
        let name: Option<PackageName> = text_of("name").and_then(|name| name.parse().ok());
        let dependencies = document::dependencies(&fields, "dependencies")?;
        let (peer_dependencies, peer_meta) = document::peers(&fields)?;
        let scripts = match fields.get("scripts") {
            Some(Value::Object(scripts)) => scripts
                .iter()
                .filter_map(|(name, command)| Some((name.clone(), command.as_str()?.to_owned())))
                .collect(),
            _ => IndexMap::new(),
        };
        Ok(Self {
            version: text_of("version").and_then(|text| parse_version(text, Mode::Loose).ok()),
            dev_dependencies: document::dependencies(&fields, "devDependencies")?,
            optional_dependencies: document::dependencies(&fields, "optionalDependencies")?,
            peer_dependencies,
            peer_meta,
            bundled: document::bundled(&fields, &dependencies),
            platform: document::platform(&fields),
            engines: document::engines(&fields),
            bins: document::bins(&fields, name.as_ref()),
            scripts,
            package_manager: text_of("packageManager").map(str::to_owned),
            name,
            dependencies,
            fields,
        })
    }

    /// The manifest of a folder or tarball as a version of a package: under `name`, which the dependent
    /// gives it, where it has none of its own; without version it is 0.0.0.
    pub fn to_package_version(&self, name: &PackageName) -> PackageVersion {
        let scripts = ["preinstall", "install", "postinstall"];
        PackageVersion {
            name: self.name.clone().unwrap_or_else(|| name.clone()),
            version: self
                .version
                .clone()
                .unwrap_or_else(|| Version::new(0, 0, 0)),
            dependencies: self.dependencies.clone(),
            optional_dependencies: self.optional_dependencies.clone(),
            peer_dependencies: self.peer_dependencies.clone(),
            peer_meta: self.peer_meta.clone(),
            bundled: self.bundled.clone(),
            platform: self.platform.clone(),
            engines: self.engines.clone(),
            bins: self.bins.clone(),
            deprecated: None,
            has_install_scripts: scripts.iter().any(|name| self.scripts.contains_key(*name)),
            dist: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(text.as_bytes())
    }

    #[test]
    fn broken_json_has_line_and_column() {
        let error = parse("{\n  \"name\": \"a\",\n  \"version\" 1\n}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "it is not JSON: expected `:` at line 3, column 13"
        );
    }

    #[test]
    fn a_specifier_that_is_no_text_is_named() {
        let error = parse(r#"{"devDependencies": {"a": 42}}"#).unwrap_err();
        let wanted = "its `devDependencies` has an entry `a` that cannot be: its specifier is a number, not a text";
        assert_eq!(error.to_string(), wanted);
    }

    /// As npm has it: what has entries, and is no object, is refused; what has none is nothing.
    #[test]
    fn a_group_that_is_no_object_is_named() {
        for group in [r#"["x"]"#, r#""x""#] {
            let error = parse(&format!(r#"{{"optionalDependencies": {group}}}"#)).unwrap_err();
            let message = error.to_string();
            assert!(
                message.starts_with("its `optionalDependencies` is a "),
                "{message}"
            );
        }
        for group in ["[]", "null", "{}", "\"\"", "true"] {
            let manifest = parse(&format!(r#"{{"dependencies": {group}}}"#)).unwrap();
            assert!(manifest.dependencies.is_empty());
        }
    }

    #[test]
    fn a_dependency_name_that_is_a_path_is_refused() {
        for name in [
            "../x",
            ".bin",
            "node_modules",
            "@scope",
            "@s/../x",
            "a/b",
            "",
            "a ",
        ] {
            let text = format!(r#"{{"dependencies": {{"{name}": "1"}}}}"#);
            assert!(parse(&text).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_a_missing_name_are_fine() {
        let manifest = parse("\u{feff}{}").unwrap();
        assert_eq!(manifest.name, None);
        assert_eq!(
            parse("[]").unwrap_err().to_string(),
            "it is a list, not an object"
        );
    }

    #[test]
    fn an_optional_peer_needs_no_range() {
        let manifest = parse(r#"{"peerDependenciesMeta": {"a": {"optional": true}}}"#).unwrap();
        assert_eq!(manifest.peer_dependencies.values().next().unwrap(), "*");
    }
}
