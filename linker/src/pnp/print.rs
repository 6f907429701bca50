//! The map as text: JSON with one line a package, so that two maps can be compared by line.

use crate::pnp::state::{Information, Kind, State, Target};

/// What the first line says to whoever opens the file.
const INFORMATION: &str =
    "made by `pkg install`: what is changed here is lost when it runs the next time";

/// Prints a map as JSON.
pub(crate) fn print(state: &State<'_>) -> String {
    let mut text = String::with_capacity(2048 + state.packages.len() * 512);
    text.push_str("{\"__info\":[");
    put_string(&mut text, INFORMATION);
    text.push_str("],\n\"dependencyTreeRoots\":[");
    for (index, (name, reference)) in state.roots.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str("{\"name\":");
        put_string(&mut text, name);
        text.push_str(",\"reference\":");
        put_string(&mut text, reference);
        text.push('}');
    }
    text.push_str("],\n\"enableTopLevelFallback\":");
    text.push_str(if state.has_fallback { "true" } else { "false" });
    text.push_str(",\n\"ignorePatternData\":");
    match &state.ignore {
        Some(pattern) => put_string(&mut text, pattern),
        None => text.push_str("null"),
    }
    text.push_str(",\n\"fallbackExclusionList\":[");
    put_excluded(&mut text, &state.excluded);
    text.push_str("],\n\"fallbackPool\":[],\n\"packageRegistryData\":[");
    put_packages(&mut text, &state.packages);
    text.push_str("]}\n");
    text
}

fn put_excluded(text: &mut String, excluded: &[(String, String)]) {
    let by_name = excluded.chunk_by(|left, right| left.0 == right.0);
    for (index, of_name) in by_name.enumerate() {
        text.push_str(if index == 0 { "\n[" } else { ",\n[" });
        put_string(text, &of_name[0].0);
        text.push_str(",[");
        for (index, (_, reference)) in of_name.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            put_string(text, reference);
        }
        text.push_str("]]");
    }
}

fn put_packages(text: &mut String, packages: &[Information<'_>]) {
    let by_name = packages.chunk_by(|left, right| left.name == right.name);
    for (index, of_name) in by_name.enumerate() {
        text.push_str(if index == 0 { "\n[" } else { ",\n[" });
        put_optional(text, of_name[0].name.as_deref());
        text.push_str(",[");
        for (index, information) in of_name.iter().enumerate() {
            text.push_str(if index == 0 { "\n[" } else { ",\n[" });
            put_optional(text, information.reference.as_deref());
            text.push(',');
            put_information(text, information);
            text.push(']');
        }
        text.push_str("]]");
    }
}

fn put_information(text: &mut String, information: &Information<'_>) {
    text.push_str("{\"packageLocation\":");
    put_string(text, &information.location);
    text.push_str(",\"packageDependencies\":[");
    for (index, (name, target)) in information.dependencies.iter().enumerate() {
        text.push_str(if index == 0 { "[" } else { ",[" });
        put_string(text, name);
        text.push(',');
        match target {
            Target::Missing => text.push_str("null"),
            Target::Same(reference) => put_string(text, reference),
            Target::Other(name, reference) => {
                text.push('[');
                put_string(text, name);
                text.push(',');
                put_string(text, reference);
                text.push(']');
            }
        }
        text.push(']');
    }
    text.push(']');
    if !information.peers.is_empty() {
        text.push_str(",\"packagePeers\":[");
        for (index, peer) in information.peers.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            put_string(text, peer);
        }
        text.push(']');
    }
    text.push_str(match information.kind {
        Kind::Hard => ",\"linkType\":\"HARD\"",
        Kind::Soft => ",\"linkType\":\"SOFT\"",
    });
    if information.is_discarded {
        text.push_str(",\"discardFromLookup\":true");
    }
    text.push('}');
}

fn put_optional(text: &mut String, value: Option<&str>) {
    match value {
        Some(value) => put_string(text, value),
        None => text.push_str("null"),
    }
}

/// Writes a string of JSON; most need no escapes.
fn put_string(text: &mut String, value: &str) {
    let is_plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
    text.push('"');
    if value.as_bytes().iter().all(is_plain) {
        text.push_str(value);
    } else {
        for character in value.chars() {
            match character {
                '"' => text.push_str("\\\""),
                '\\' => text.push_str("\\\\"),
                control if u32::from(control) < 0x20 => {
                    text.push_str(&format!("\\u{:04x}", u32::from(control)));
                }
                other => text.push(other),
            }
        }
    }
    text.push('"');
}
