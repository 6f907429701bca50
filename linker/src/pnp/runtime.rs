//! The text of the map's file: the data, and the program that reads them.

use memchr::memchr3;

/// The map, which `--require` loads.
pub const MAP_FILE: &str = ".pnp.cjs";
/// The same data as JSON, for programs that read the map themselves.
pub const DATA_FILE: &str = ".pnp.data.json";
/// What makes `import` follow the map.
pub const LOADER_FILE: &str = ".pnp.loader.mjs";

/// What the map's file begins with; nobody else's does.
const HEADER: &str = "#!/usr/bin/env node\n/* eslint-disable */\n// @ts-nocheck\n// Made by pkg.\n\"use strict\";\n\n";
/// The program that reads the map; `build.rs` puts it together.
const RUNTIME: &str = include_str!(concat!(env!("OUT_DIR"), "/pnp_runtime.cjs"));
const LOADER: &str = include_str!("runtime/template/loader.mjs");

/// Whether a file is a map that this program made.
pub fn is_our_map(beginning: &[u8]) -> bool {
    beginning.starts_with(HEADER.as_bytes())
}

/// The map's file. Without the data in it, it reads them from the file beside it.
pub(crate) fn map_text(data: &str, is_inlined: bool) -> String {
    let mut text = String::with_capacity(HEADER.len() + RUNTIME.len() + data.len() * 9 / 8 + 64);
    text.push_str(HEADER);
    if is_inlined {
        text.push_str("const RAW_RUNTIME_STATE =\n'");
        put_escaped(&mut text, data.trim_end());
        text.push_str("';\n");
    } else {
        text.push_str("const RAW_RUNTIME_STATE = null;\n");
    }
    text.push_str(RUNTIME);
    text
}

/// What makes `import` follow the map.
pub(crate) fn loader_text() -> &'static str {
    LOADER
}

/// Writes text as it stands in a string of JavaScript, a line a line. Readers that are no JavaScript take the
/// character behind a backslash as it is, so that nothing else can be escaped; nothing else need be, in JSON.
fn put_escaped(text: &mut String, data: &str) {
    let mut rest = data;
    while let Some(at) = memchr3(b'\\', b'\'', b'\n', rest.as_bytes()) {
        let (plain, special) = rest.split_at(at);
        text.push_str(plain);
        text.push('\\');
        text.push_str(&special[..1]);
        rest = &special[1..];
    }
    text.push_str(rest);
}
