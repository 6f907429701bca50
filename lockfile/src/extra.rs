//! What a newer minor version of the format wrote and this one does not know: kept, and printed again.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{ImporterId, Lockfile, print::print_string};

/// Fields by name, each with the text of its JSON value in the one spelling.
pub(crate) type Fields = BTreeMap<String, String>;

/// The fields of a lockfile that this version does not know. Empty unless a newer one wrote the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extra {
    /// The text of `lockfileVersion`, unless it is `1`.
    pub(crate) version: Option<String>,
    /// Beside the sections.
    pub(crate) top: Fields,
    pub(crate) settings: Fields,
    pub(crate) importers: BTreeMap<String, Fields>,
    pub(crate) packages: BTreeMap<String, Fields>,
    pub(crate) snapshots: BTreeMap<String, Fields>,
}

impl Extra {
    /// Whether the lockfile has no field that is unknown here.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what `other` has and this one lacks.
    pub(crate) fn absorb(&mut self, other: &Self) {
        if self.version.is_none() {
            self.version.clone_from(&other.version);
        }
        add_missing(&mut self.top, &other.top);
        add_missing(&mut self.settings, &other.settings);
        add_missing(&mut self.importers, &other.importers);
        add_missing(&mut self.packages, &other.packages);
        add_missing(&mut self.snapshots, &other.snapshots);
    }
}

impl Lockfile {
    /// Takes over what a newer version of the format wrote into an older state of this lockfile.
    /// Fields of entries that are gone go with them.
    pub fn carry_extra(&mut self, older: &Self) {
        self.extra.absorb(&older.extra);
        self.prune_extra();
    }

    /// Drops the fields of entries that are gone.
    pub(crate) fn prune_extra(&mut self) {
        let Extra {
            importers,
            packages,
            snapshots,
            ..
        } = &mut self.extra;
        let known = &self.importers;
        importers.retain(|id, _| {
            id.parse()
                .is_ok_and(|id: ImporterId| known.contains_key(&id))
        });
        packages.retain(|id, _| self.packages.contains_key(id.as_str()));
        snapshots.retain(|key, _| self.snapshots.contains_key(key.as_str()));
    }
}

fn add_missing<V: Clone>(into: &mut BTreeMap<String, V>, from: &BTreeMap<String, V>) {
    for (key, value) in from {
        if !into.contains_key(key) {
            into.insert(key.clone(), value.clone());
        }
    }
}

/// The text of a JSON value without white space between its tokens, its strings in the one spelling.
pub(crate) fn minified(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = rest.find('"') {
        push_tokens(&mut text, &rest[..start]);
        let end = start + string_length(&rest[start..]);
        let string = &rest[start..end];
        match serde_json::from_str::<Cow<'_, str>>(string) {
            Ok(value) => print_string(&mut text, &value),
            // Half a surrogate pair: JSON has it, a text cannot.
            Err(_) => text.push_str(string),
        }
        rest = &rest[end..];
    }
    push_tokens(&mut text, rest);
    text
}

fn push_tokens(text: &mut String, tokens: &str) {
    text.extend(tokens.split([' ', '\n', '\r', '\t']));
}

/// How long the string is that a text begins with, with its quotes.
fn string_length(text: &str) -> usize {
    let mut is_escaped = true;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}
