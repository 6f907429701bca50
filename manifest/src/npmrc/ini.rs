//! The grammar of `.npmrc`: the one of the reference's `ini` reader, version 7.

use serde_json::{Map, Value};

/// Deeper sections than this are dropped: no setting lives in one, and nesting costs stack.
const MAX_SECTION_DEPTH: usize = 32;

/// Reads the text of an `.npmrc` to keys and values, in the order of the file.
///
/// Values are texts, `true`, `false`, `null`, lists (from `key[] = value`) and whatever JSON stands in
/// quotes; a `[section]` is an object. What is no line of this grammar is skipped, as in the reference.
pub fn parse_ini(text: &str) -> Map<String, Value> {
    let mut top = Map::new();
    let mut section = None;
    let text = text.trim_start_matches('\u{feff}');
    for line in text.split(['\r', '\n']) {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = section_name(line) {
            let name = text_of(unquote(name));
            if name != "__proto__" {
                top.entry(name.clone())
                    .or_insert_with(|| Value::Object(Map::new()));
            }
            section = Some(name);
        } else if let Some(target) = section_of(&mut top, section.as_deref()) {
            add_line(target, line);
        }
    }
    nest_sections(top)
}

/// The text between the brackets of a section's line.
fn section_name(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.trim_end().strip_suffix(']')?;
    (!name.contains(']')).then_some(name)
}

/// The object that lines go to, unless the section's name is taken by something else.
fn section_of<'a>(
    top: &'a mut Map<String, Value>,
    section: Option<&str>,
) -> Option<&'a mut Map<String, Value>> {
    match section {
        None => Some(top),
        Some(name) => top.get_mut(name)?.as_object_mut(),
    }
}

fn add_line(target: &mut Map<String, Value>, line: &str) {
    let (key, value) = match line.split_once('=') {
        Some(("", _)) => return,
        Some((key, value)) => (key, word(unquote(value))),
        None => (line, Value::Bool(true)),
    };
    let key = text_of(unquote(key));
    let (key, is_list) = match key.strip_suffix("[]") {
        Some(name) if !name.is_empty() => (name.to_owned(), true),
        _ => (key, false),
    };
    if key == "__proto__" {
        return;
    }
    match target.get_mut(&key) {
        Some(Value::Array(list)) => list.push(value),
        Some(earlier) if is_list => *earlier = Value::Array(vec![earlier.take(), value]),
        Some(earlier) => *earlier = value,
        None if is_list => {
            target.insert(key, Value::Array(vec![value]));
        }
        None => {
            target.insert(key, value);
        }
    }
}

/// The three words that are values of their own.
fn word(value: Value) -> Value {
    match value.as_str() {
        Some("true") => Value::Bool(true),
        Some("false") => Value::Bool(false),
        Some("null") => Value::Null,
        _ => value,
    }
}

fn text_of(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Takes quotes, escapes and a comment away.
fn unquote(text: &str) -> Value {
    let text = text.trim();
    let is_quoted = |quote| text.starts_with(quote) && text.ends_with(quote);
    if is_quoted('"') {
        return decode_json(text);
    }
    if is_quoted('\'') {
        let inner = text.get(1..text.len() - 1).unwrap_or_default();
        return decode_json(inner);
    }
    Value::String(unescape(text).trim().to_owned())
}

fn decode_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// `\;`, `\#` and `\\` stand for the character; a bare `;` or `#` starts a comment.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            ';' | '#' => break,
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ';' | '#')) => plain.push(escaped),
                Some(other) => plain.extend(['\\', other]),
                None => plain.push('\\'),
            },
            other => plain.push(other),
        }
    }
    plain
}

/// Puts `[a.b]` below `a`; `\.` in a name is a dot that does not split.
fn nest_sections(top: Map<String, Value>) -> Map<String, Value> {
    let mut nested = Map::new();
    for (key, value) in top {
        let mut parts = split_section(&key);
        if !value.is_object() || (parts.len() == 1 && !key.contains("\\.")) {
            nested.insert(key, value);
            continue;
        }
        let last = parts.pop().unwrap_or_default().replace("\\.", ".");
        if parts.len() < MAX_SECTION_DEPTH {
            insert_below(&mut nested, &parts, last, value);
        }
    }
    nested
}

fn insert_below(top: &mut Map<String, Value>, parts: &[&str], last: String, value: Value) {
    let mut place = top;
    for part in parts.iter().filter(|part| **part != "__proto__") {
        let entry = place.entry(*part).or_insert(Value::Null);
        if !entry.is_object() {
            *entry = Value::Object(Map::new());
        }
        let Value::Object(inner) = entry else {
            return;
        };
        place = inner;
    }
    place.insert(last, value);
}

/// Splits at dots that no backslash precedes.
fn split_section(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in name.match_indices('.') {
        if at > 0 && name.as_bytes()[at - 1] == b'\\' {
            continue;
        }
        parts.push(&name[start..at]);
        start = at + 1;
    }
    parts.push(&name[start..]);
    parts
}
