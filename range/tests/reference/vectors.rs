//! Finds and reads the vector files.

use std::path::PathBuf;

use pkg_range::{Mode, Prereleases, Range, Version, parse_version};
use serde_json::Value;

/// The options of one row.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) prereleases: Prereleases,
}

impl Options {
    /// Reads an object of flags or a bit mask (1 = loose, 2 = includePrerelease).
    pub(crate) fn of(value: &Value) -> Self {
        let bits = value.as_u64().unwrap_or_default();
        let has = |name: &str, bit: u64| value[name].as_bool().unwrap_or(bits & bit != 0);
        Self {
            mode: if has("loose", 1) {
                Mode::Loose
            } else {
                Mode::Strict
            },
            prereleases: if has("includePrerelease", 2) {
                Prereleases::All
            } else {
                Prereleases::Gated
            },
        }
    }

    pub(crate) fn version(self, text: &Value) -> Option<Version> {
        parse_version(text.as_str().expect("a text"), self.mode).ok()
    }

    pub(crate) fn range(self, text: &Value) -> Option<Range> {
        Range::parse_for(text.as_str().expect("a text"), self.mode, self.prereleases).ok()
    }
}

/// Runs `check` on every row of a file, all of which must have run.
pub(crate) fn each(name: &str, check: impl Fn(&[Value])) {
    let Some(text) = read(name) else {
        skipped(name);
        return;
    };
    let file: Value = serde_json::from_str(&text).expect("vectors are JSON");
    let rows = file["vectors"].as_array().expect("vectors are a list");
    assert_eq!(
        rows.len() as u64,
        file["count"].as_u64().expect("a count"),
        "{name}"
    );
    for row in rows {
        check(row.as_array().expect("a row is a list"));
    }
    report(name, rows.len());
}

fn read(name: &str) -> Option<String> {
    let here = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"));
    let specification = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/spec/ranges"
    ));
    let file = format!("{name}.json");
    [here, specification].iter().find_map(|folder| {
        let bytes = std::fs::read(folder.join(&file)).ok()?;
        Some(String::from_utf8(bytes).expect("vectors are UTF-8"))
    })
}

#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn skipped(name: &str) {
    eprintln!("skipped: {name}.json is not here");
}

#[expect(clippy::print_stderr, reason = "the number of rows is the evidence")]
fn report(name: &str, rows: usize) {
    eprintln!("{name}: {rows} rows");
}
