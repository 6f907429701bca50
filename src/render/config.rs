//! Settings, for people and for programs.

use pkg_engine::{ConfigValue, Origin, Said, Verdict};
use serde_json::{Value, json};

use super::escape;

/// A line a setting: key, value, and where it was set.
pub(crate) fn config_list(values: &[ConfigValue]) -> String {
    let width = values.iter().map(|value| value.key.len()).max();
    let width = width.unwrap_or_default().min(40);
    let mut text = String::new();
    for value in values {
        let shown = value.value.as_deref().unwrap_or_default();
        let counting = value
            .said
            .iter()
            .find(|said| said.verdict == Verdict::Counts);
        let place = counting.map_or_else(|| "default".to_owned(), place);
        text.push_str(&format!(
            "{:width$} = {}  \x1b[2m({})\x1b[0m\n",
            escape(&value.key),
            escape(shown),
            escape(&place)
        ));
    }
    text
}

/// Everything about each setting.
pub(crate) fn config_why(values: &[ConfigValue]) -> String {
    let mut texts = Vec::new();
    for value in values {
        let shown = value.value.as_deref().unwrap_or("undefined");
        let mut text = format!("{} = {}\n", escape(&value.key), escape(shown));
        for said in &value.said {
            text.push_str(&format!("  {}\n", escape(&line(said))));
        }
        if let Some(row) = &value.row {
            if !row.default.is_empty() {
                text.push_str(&format!("  default: {}\n", row.default));
            }
            text.push_str(&format!("  takes:   {}\n", row.takes));
        }
        let who = if value.is_users_only {
            "you (file, environment, command line); not a project's files"
        } else {
            "anyone, a project's files included"
        };
        text.push_str(&format!("  set by:  {who}\n"));
        if let Some(row) = &value.row {
            text.push_str(&format!("  {}\n", row.documentation));
        }
        texts.push(text);
    }
    texts.join("\n")
}

fn line(said: &Said) -> String {
    let place = place(said);
    match said.verdict {
        Verdict::Counts => format!("set {place}"),
        Verdict::Hidden => format!("hides `{}`, set {place}", said.text),
        Verdict::Refused => format!("refuses `{}`, set {place}", said.text),
    }
}

/// Where something was said: the file and the line.
fn place(said: &Said) -> String {
    let place = match (&said.origin, said.line) {
        (
            Origin::GlobalFile(path) | Origin::UserFile(path) | Origin::ProjectFile(path),
            Some(line),
        ) => format!("in `{}:{line}`", path.display()),
        (origin, _) => origin.to_string(),
    };
    match &said.origin {
        Origin::Environment(_) => place,
        _ => format!("{place}, as `{}`", said.key),
    }
}

/// All values as one document, by key.
pub(crate) fn config_json(values: &[ConfigValue]) -> Value {
    let pairs = values.iter().map(|value| (value.key.clone(), one(value)));
    Value::Object(pairs.collect())
}

fn one(value: &ConfigValue) -> Value {
    let said = value.said.iter().map(|said| {
        let (kind, file) = match &said.origin {
            Origin::GlobalFile(path) => ("global", Some(path)),
            Origin::UserFile(path) => ("user", Some(path)),
            Origin::ProjectFile(path) => ("project", Some(path)),
            Origin::Environment(_) => ("environment", None),
            Origin::CommandLine => ("command-line", None),
        };
        let verdict = match said.verdict {
            Verdict::Counts => "counts",
            Verdict::Hidden => "hidden",
            Verdict::Refused => "refused",
        };
        json!({
            "source": kind,
            "file": file.map(|path| path.to_string_lossy()),
            "line": said.line,
            "variable": match &said.origin { Origin::Environment(name) => Some(name), _ => None },
            "key": said.key,
            "text": said.text,
            "verdict": verdict,
        })
    });
    json!({
        "value": value.value,
        "default": value.row.as_ref().map(|row| &row.default),
        "setBy": if value.is_users_only { "user" } else { "anyone" },
        "said": said.collect::<Vec<_>>(),
    })
}
