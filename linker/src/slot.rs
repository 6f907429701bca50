//! Names of the folders of the virtual store: one for each instance, as pnpm names them.

use rustc_hash::FxHashMap;
use std::fmt::Write;

use pkg_lockfile::SnapshotKey;
use sha2::{Digest, Sha256};

/// Separator and 32 hexadecimal digits.
const HASH_UNITS: usize = 33;
/// What a component of a path may have on every file system.
const MAX_BYTES: usize = 255;

/// Names the folder of an instance: its key with the characters replaced that a folder cannot have everywhere. A name
/// that is too long, or that differs from another one in case only, ends in a hash.
pub fn slot_name(key: &str, max_length: usize) -> String {
    let name = readable(key);
    let has_case = name != name.to_lowercase() && !name.starts_with("file+");
    if name.encode_utf16().count() > max_length || has_case || name.len() > MAX_BYTES {
        hashed(&name, &name, max_length)
    } else {
        name
    }
}

fn readable(key: &str) -> String {
    let key = key.strip_prefix('/').unwrap_or(key);
    let mut name = String::with_capacity(key.len());
    let has_peers = key.contains('(');
    let key = if has_peers {
        key.strip_suffix(')').unwrap_or(key)
    } else {
        key
    };
    let mut characters = key.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|' | '#' => name.push('+'),
            ')' if has_peers => {
                if characters.peek() == Some(&'(') {
                    characters.next();
                }
                name.push('_');
            }
            '(' => name.push('_'),
            other => name.push(other),
        }
    }
    name
}

/// The beginning of a name with a hash of `text`.
fn hashed(name: &str, text: &str, max_length: usize) -> String {
    let units = max_length.saturating_sub(HASH_UNITS);
    let mut kept = String::new();
    let mut count = 0;
    for character in name.chars() {
        count += character.len_utf16();
        if count > units || kept.len() + character.len_utf8() + HASH_UNITS > MAX_BYTES {
            break;
        }
        kept.push(character);
    }
    kept.push('_');
    for byte in &Sha256::digest(text.as_bytes())[..16] {
        write!(kept, "{byte:02x}").expect("a string takes all that is written to it");
    }
    kept
}

/// The folders of all instances. Keys that would share one, since they differ only in characters that are replaced,
/// all get a hash of the key itself.
pub(crate) fn slot_names<'a>(
    keys: impl Iterator<Item = &'a SnapshotKey>,
    max_length: usize,
) -> FxHashMap<&'a SnapshotKey, String> {
    let mut owners: FxHashMap<String, Vec<&SnapshotKey>> = FxHashMap::default();
    for key in keys {
        let name = slot_name(key.as_str(), max_length);
        owners.entry(name).or_default().push(key);
    }
    let mut names = FxHashMap::default();
    for (name, keys) in owners {
        if let [key] = keys[..] {
            names.insert(key, name);
            continue;
        }
        for key in keys {
            names.insert(
                key,
                hashed(&readable(key.as_str()), key.as_str(), max_length),
            );
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::print_stderr, reason = "says why nothing was tested")]
    fn names_are_those_of_the_reference() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/spec/layouts/dep-path-filenames.json"
        );
        let Ok(bytes) = std::fs::read(path) else {
            eprintln!("skipped: the vectors are not here");
            return;
        };
        let document: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let vectors = document["vectors"].as_array().unwrap();
        assert!(vectors.len() >= 44);
        for vector in vectors {
            let key = vector[0].as_str().unwrap();
            let max_length = usize::try_from(vector[1].as_u64().unwrap()).unwrap();
            assert_eq!(slot_name(key, max_length), vector[2], "{key}");
        }
    }

    #[test]
    fn a_few_names_of_the_reference() {
        for (key, name) in [
            ("foo@1.0.0", "foo@1.0.0"),
            ("@s/a@1.0.0(react@18.2.0)", "@s+a@1.0.0_react@18.2.0"),
            (
                "a@1.0.0(b@1.0.0(c@1.0.0)(d@1.0.0))",
                "a@1.0.0_b@1.0.0_c@1.0.0_d@1.0.0_",
            ),
            (
                "JSONStream@1.3.5",
                "JSONStream@1.3.5_fb8f73c374dcf7070ffed90b688edabd",
            ),
        ] {
            assert_eq!(slot_name(key, 120), name);
        }
    }

    #[test]
    fn keys_that_differ_only_in_replaced_characters_have_two_folders() {
        let keys = ["a@file:x/y", "a@file:x+y", "a@1.0.0"].map(|key| key.parse().unwrap());
        let names = slot_names(keys.iter(), 120);
        assert_ne!(names[&keys[0]], names[&keys[1]]);
        assert_eq!(names[&keys[2]], "a@1.0.0");
    }

    #[test]
    fn every_name_fits_a_component() {
        let long = format!("a@file:{}", "é".repeat(200));
        for max_length in [33, 60, 120, 1000] {
            let name = slot_name(&long, max_length);
            assert!(name.len() <= MAX_BYTES, "{}", name.len());
        }
    }
}
