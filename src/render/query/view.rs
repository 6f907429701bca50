//! What a registry says of a package.

use pkg_engine::query::{View, ViewedVersion};
use serde_json::{Map, Value, json};

use super::{
    age::{age, timestamp},
    size::bytes,
};
use crate::render::{counted, escape};

/// The most dependencies that are shown.
const MOST_DEPENDENCIES: usize = 24;

/// The package for people.
pub(crate) fn view_text(view: &View, now: i64) -> String {
    let mut text = String::new();
    for version in &view.viewed {
        text.push_str(&version_text(view, version, now));
        text.push('\n');
    }
    if view.viewed.is_empty() {
        text.push_str(&format!(
            "{}: no version is tagged `latest`\n\n",
            escape(view.name.as_str())
        ));
    }
    text.push_str("tags\n");
    for (tag, version) in &view.tags {
        text.push_str(&format!("  {}: {version}\n", escape(tag)));
    }
    text
}

fn version_text(view: &View, version: &ViewedVersion, now: i64) -> String {
    let field = |name: &str| version.document.get(name);
    let words = |name: &str| field(name).and_then(Value::as_str).map(escape);
    let count = |name: &str| field(name).and_then(Value::as_object).map_or(0, Map::len);
    let mut text = format!(
        "\x1b[1m{}@{}\x1b[0m · {} · {} · {}\n",
        escape(view.name.as_str()),
        version.version,
        words("license").unwrap_or_else(|| "no licence".into()),
        match count("dependencies") {
            1 => "1 dependency".to_owned(),
            count => format!("{count} dependencies"),
        },
        counted(view.versions.len(), "version")
    );
    for name in ["description", "homepage"] {
        text.extend(words(name).map(|words| format!("{words}\n")));
    }
    if let Some(reason) = words("deprecated") {
        text.push_str(&format!("\x1b[33mdeprecated\x1b[0m: {reason}\n"));
    }
    let dist = field("dist");
    let dist = |name: &str| dist.and_then(|dist| dist.get(name));
    text.extend(
        dist("integrity")
            .and_then(Value::as_str)
            .map(|hash| format!("integrity: {}\n", escape(hash))),
    );
    text.extend(
        dist("unpackedSize")
            .and_then(Value::as_u64)
            .map(|size| format!("unpacked: {}\n", bytes(size))),
    );
    text.extend(
        version
            .published
            .map(|published| format!("published: {} ago\n", age(published, now))),
    );
    let bins = field("bin").and_then(Value::as_object);
    if let Some(bins) = bins.filter(|bins| !bins.is_empty()) {
        let names: Vec<_> = bins.keys().map(|name| escape(name)).collect();
        text.push_str(&format!("commands: {}\n", names.join(", ")));
    }
    if let Some(dependencies) = field("dependencies")
        .and_then(Value::as_object)
        .filter(|all| !all.is_empty())
    {
        text.push_str("dependencies\n");
        for (name, range) in dependencies.iter().take(MOST_DEPENDENCIES) {
            let range = range.as_str().unwrap_or_default();
            text.push_str(&format!("  {} {}\n", escape(name), escape(range)));
        }
        let hidden = dependencies.len().saturating_sub(MOST_DEPENDENCIES);
        if hidden > 0 {
            text.push_str(&format!("  … and {hidden} more\n"));
        }
    }
    text
}

/// What one version says, with what the whole package says beside it.
fn document(view: &View, version: &ViewedVersion) -> Value {
    let mut document = version.document.as_object().cloned().unwrap_or_default();
    let versions: Vec<_> = view
        .versions
        .iter()
        .map(|(version, _)| version.to_string())
        .collect();
    document.insert("versions".to_owned(), json!(versions));
    let tags: Map<_, _> = view
        .tags
        .iter()
        .map(|(tag, version)| (tag.clone(), json!(version.to_string())))
        .collect();
    document.insert("dist-tags".to_owned(), Value::Object(tags));
    let times = view.versions.iter().filter_map(|(version, published)| {
        Some((version.to_string(), json!(timestamp((*published)?))))
    });
    let times: Map<_, _> = times.collect();
    if !times.is_empty() {
        document.insert("time".to_owned(), Value::Object(times));
    }
    Value::Object(document)
}

/// A field of a document; dots lead into objects.
fn field<'d>(document: &'d Value, path: &str) -> Option<&'d Value> {
    // A key may hold dots itself.
    if let Some(value) = document.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    match document {
        Value::Array(items) => field(items.get(first.parse::<usize>().ok()?)?, rest),
        _ => field(document.get(first)?, rest),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => escape(text).into_owned(),
        value => format!("{value:#}"),
    }
}

/// Some fields, as npm prints them: the bare value where one field of one version was asked for.
pub(crate) fn view_fields(view: &View, fields: &[String]) -> String {
    let mut text = String::new();
    let is_one_version = view.viewed.len() == 1;
    for version in &view.viewed {
        let document = document(view, version);
        for path in fields {
            let Some(value) = field(&document, path) else {
                continue;
            };
            let value = shown(value);
            let line = match (is_one_version, fields.len() == 1) {
                (true, true) => format!("{value}\n"),
                (true, false) => format!("{} = {value}\n", escape(path)),
                (false, true) => format!(
                    "{}@{} {value}\n",
                    escape(view.name.as_str()),
                    version.version
                ),
                (false, false) => format!(
                    "{}@{} {} = {value}\n",
                    escape(view.name.as_str()),
                    version.version,
                    escape(path)
                ),
            };
            text.push_str(&line);
        }
    }
    text
}

/// The documents, or some fields of them, for programs.
pub(crate) fn view_json(view: &View, fields: &[String]) -> Value {
    let answers: Vec<Value> = view
        .viewed
        .iter()
        .map(|version| {
            let document = document(view, version);
            match fields {
                [] => document,
                [path] => field(&document, path).cloned().unwrap_or(Value::Null),
                paths => {
                    let found = paths
                        .iter()
                        .filter_map(|path| Some((path.clone(), field(&document, path)?.clone())));
                    Value::Object(found.collect())
                }
            }
        })
        .collect();
    match <[Value; 1]>::try_from(answers) {
        Ok([answer]) => answer,
        Err(answers) => Value::Array(answers),
    }
}
