//! Changing a `package.json` and nothing else about it: key order, indentation, line ends and the end of the file stay.

use serde_json::Value;

use crate::{Manifest, ManifestError, PackageName};

/// A text of `package.json` to be changed.
///
/// ```
/// use pkg_manifest::ManifestEditor;
///
/// let mut editor = ManifestEditor::new("{\r\n\t\"dependencies\": {\r\n\t\t\"b\": \"1\"\r\n\t}\r\n}\r\n").unwrap();
/// editor.set_dependency("dependencies", &"a".parse().unwrap(), "^2.0.0");
/// assert_eq!(
///     editor.text(),
///     "{\r\n\t\"dependencies\": {\r\n\t\t\"a\": \"^2.0.0\",\r\n\t\t\"b\": \"1\"\r\n\t}\r\n}\r\n"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEditor {
    text: String,
}

/// One entry of an object: where its key and its value stand, as byte offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    key: String,
    key_start: usize,
    value_start: usize,
    value_end: usize,
}

/// An object: where it stands, and its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Object {
    /// After the opening brace.
    start: usize,
    /// At the closing brace.
    end: usize,
    members: Vec<Member>,
}

impl ManifestEditor {
    /// Takes a text that is a manifest. A byte order mark at its beginning is kept.
    ///
    /// # Errors
    /// As [`Manifest::parse`].
    pub fn new(text: &str) -> Result<Self, ManifestError> {
        Manifest::parse(text.as_bytes())?;
        Ok(Self {
            text: text.to_owned(),
        })
    }

    /// The text as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Sets what a group asks for: where the name stands, it stays there; a new one is put before the first that sorts
    /// after it. A group that is missing is added at the end.
    pub fn set_dependency(&mut self, group: &str, name: &PackageName, specifier: &str) {
        self.set(&[group, name.as_str()], &Value::from(specifier));
    }

    /// Takes a name out of a group; a group that is left empty goes too. Returns whether it was there.
    pub fn remove_dependency(&mut self, group: &str, name: &PackageName) -> bool {
        self.remove(&[group, name.as_str()])
    }

    /// Sets the value at a path of keys; objects on the way that are missing are added, anything else there is replaced. Of
    /// keys that stand there twice the last counts, as for whoever reads the file.
    pub fn set(&mut self, path: &[&str], value: &Value) {
        let mut object = self.root();
        for (depth, key) in path.iter().enumerate() {
            let rest = &path[depth + 1..];
            let member = object.members.iter().rfind(|member| member.key == *key);
            let Some(member) = member else {
                let text = self.nested(rest, value, depth + 1);
                self.insert(&object, key, &text, depth);
                return;
            };
            let is_object = self.text.as_bytes()[member.value_start] == b'{';
            if rest.is_empty() || !is_object {
                let text = self.nested(rest, value, depth + 1);
                self.text
                    .replace_range(member.value_start..member.value_end, &text);
                return;
            }
            object = read_object(&self.text, member.value_start);
        }
    }

    /// Takes the value at a path of keys away, and the objects on the way that it leaves empty; the whole text stays an
    /// object. One that an earlier one of the same key would take the place of is taken away with that. Returns whether it
    /// was there.
    pub fn remove(&mut self, path: &[&str]) -> bool {
        let was_there = self.remove_last(path);
        if was_there {
            while self.remove_last(path) {}
        }
        was_there
    }

    fn remove_last(&mut self, path: &[&str]) -> bool {
        let mut chain: Vec<(Object, usize)> = Vec::new();
        let mut object = self.root();
        for (depth, key) in path.iter().enumerate() {
            let Some(index) = object.members.iter().rposition(|member| member.key == *key) else {
                return false;
            };
            let start = object.members[index].value_start;
            chain.push((object, index));
            if depth + 1 == path.len() {
                break;
            }
            if self.text.as_bytes()[start] != b'{' {
                return false;
            }
            object = read_object(&self.text, start);
        }
        // An object that would be left empty goes with its entry.
        let kept = chain
            .iter()
            .rposition(|(object, _)| object.members.len() > 1)
            .unwrap_or_default();
        let Some((object, index)) = chain.get(kept) else {
            return false;
        };
        let range = match (object.members.get(index + 1), index.checked_sub(1)) {
            (Some(next), _) => object.members[*index].key_start..next.key_start,
            (None, Some(before)) => {
                object.members[before].value_end..object.members[*index].value_end
            }
            (None, None) => object.start..object.end,
        };
        self.text.replace_range(range, "");
        true
    }

    fn root(&self) -> Object {
        let start = self.text.find('{').unwrap_or_default();
        read_object(&self.text, start)
    }

    /// Adds an entry to an object at some depth of the text.
    fn insert(&mut self, object: &Object, key: &str, value: &str, depth: usize) {
        let key_text = Value::from(key).to_string();
        let Some(first) = object.members.first() else {
            let (outer, inner) = (self.indent(depth), self.indent(depth + 1));
            let colon = self.colon();
            let entry = format!("{inner}{key_text}{colon}{value}{outer}");
            self.text.replace_range(object.start..object.end, &entry);
            return;
        };
        // The separators of the first entry are those of the others.
        let after_key = first.key_start + quoted_length(&self.text[first.key_start..]);
        let colon = self.text[after_key..first.value_start].to_owned();
        let between = &self.text[object.start..first.key_start];
        let separator = match between {
            "" if colon == ":" => "",
            "" => " ",
            between => between,
        };
        let separator = separator.to_owned();
        let entry = format!("{key_text}{colon}{value}");
        let is_sorted = object.members.is_sorted_by(|a, b| a.key <= b.key);
        let next = object
            .members
            .iter()
            .find(|member| member.key.as_str() > key);
        match (
            next.filter(|_| is_sorted && depth > 0),
            object.members.last(),
        ) {
            (Some(next), _) => {
                self.text
                    .insert_str(next.key_start, &format!("{entry},{separator}"));
            }
            (None, Some(last)) => {
                self.text
                    .insert_str(last.value_end, &format!(",{separator}{entry}"));
            }
            (None, None) => {}
        }
    }

    /// The text of a value below some keys of its own.
    fn nested(&self, keys: &[&str], value: &Value, depth: usize) -> String {
        match keys.split_first() {
            None => value.to_string(),
            Some((key, rest)) => {
                let value = self.nested(rest, value, depth + 1);
                let key = Value::from(*key);
                let (outer, inner) = (self.indent(depth), self.indent(depth + 1));
                let colon = self.colon();
                format!("{{{inner}{key}{colon}{value}{outer}}}")
            }
        }
    }

    /// What stands between a key and its value.
    fn colon(&self) -> &'static str {
        let root = self.root();
        let is_tight = root.members.first().is_some_and(|first| {
            let after_key = first.key_start + quoted_length(&self.text[first.key_start..]);
            after_key + 1 == first.value_start
        });
        if is_tight { ":" } else { ": " }
    }

    /// What stands before an entry at some depth: the line end and the indentation of this text; nothing where it is
    /// written on one line.
    fn indent(&self, depth: usize) -> String {
        let root = self.root();
        let unit = match root.members.first() {
            Some(first) => &self.text[root.start..first.key_start],
            None => "\n  ",
        };
        let Some(line_end) = unit.rfind('\n') else {
            return String::new();
        };
        let newline = if unit[..line_end].ends_with('\r') {
            "\r\n"
        } else {
            "\n"
        };
        format!("{newline}{}", unit[line_end + 1..].repeat(depth))
    }
}

/// The length of the string that a text begins with, its quotes included.
fn quoted_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Reads the object whose brace stands at `open`, in a text that is known to be JSON.
fn read_object(text: &str, open: usize) -> Object {
    let bytes = text.as_bytes();
    let skip = |mut at: usize| {
        while bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b',' || *byte == b':')
        {
            at += 1;
        }
        at
    };
    let mut members = Vec::new();
    let mut at = skip(open + 1);
    while bytes.get(at) == Some(&b'"') {
        let key_start = at;
        let key_end = at + quoted_length(&text[at..]);
        let value_start = skip(key_end);
        let value_end = end_of_value(text, value_start);
        members.push(Member {
            key: serde_json::from_str(&text[key_start..key_end]).unwrap_or_default(),
            key_start,
            value_start,
            value_end,
        });
        at = skip(value_end);
    }
    Object {
        start: open + 1,
        end: at.min(text.len()),
        members,
    }
}

/// Where the value that begins at `start` ends.
fn end_of_value(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at += quoted_length(&text[at..]);
                if depth == 0 {
                    return at;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return at,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b',' if depth == 0 => return at,
            byte if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
