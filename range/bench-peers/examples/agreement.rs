//! Counts how often each library answers otherwise than the reference, on the vectors of this crate.
//!
//! `cargo run --example agreement [folder with more vectors]`

use std::path::{Path, PathBuf};

use pkg_range::{Mode, Prereleases};
use serde_json::Value;

/// How a library answers "does this version satisfy this range?".
type Satisfies = fn(version: &str, range: &str) -> bool;

const PEERS: [(&str, Satisfies); 3] = [
    ("pkg-range", |version, range| {
        pkg_range::satisfies(version, range, Mode::Strict, Prereleases::Gated)
    }),
    ("node-semver", |version, range| {
        let range = node_semver::Range::parse(range);
        node_semver::Version::parse(version)
            .is_ok_and(|version| range.is_ok_and(|range| range.satisfies(&version)))
    }),
    ("nodejs-semver", |version, range| {
        let range = nodejs_semver::Range::parse(range);
        nodejs_semver::Version::parse(version)
            .is_ok_and(|version| range.is_ok_and(|range| range.satisfies(&version)))
    }),
];

/// The questions of a file that are asked without options, with the reference's answers.
fn questions(file: &Path) -> Vec<(String, String, bool)> {
    let Ok(text) = std::fs::read_to_string(file) else {
        return Vec::new();
    };
    let file: Value = serde_json::from_str(&text).expect("vectors are JSON");
    let rows = file["vectors"].as_array().expect("a list");
    let is_plain = |options: &Value| match options {
        Value::Object(flags) => flags.is_empty(),
        bits => bits.as_u64() == Some(0),
    };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let answer = |value: &Value| value.as_bool().unwrap_or(value.as_u64() == Some(1));
    rows.iter()
        .filter(|row| is_plain(&row[2]))
        .map(|row| (text(&row[0]), text(&row[1]), answer(&row[3])))
        .collect()
}

fn main() {
    // A library that panics is counted; what it prints then is of no use here.
    std::panic::set_hook(Box::new(|_| {}));
    let own = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors"));
    let more = std::env::args()
        .nth(1)
        .map_or_else(|| own.clone(), PathBuf::from);
    for (folder, name) in [
        (&own, "range-include"),
        (&own, "range-exclude"),
        (&more, "random-satisfies"),
    ] {
        let questions = questions(&folder.join(format!("{name}.json")));
        print!("{name}, {} questions:", questions.len());
        for (peer, satisfies) in PEERS {
            let answers = questions.iter().map(|(range, version, answer)| {
                std::panic::catch_unwind(|| satisfies(version, range)).map(|ours| ours == *answer)
            });
            let (answered, panicked): (Vec<_>, Vec<_>) = answers.partition(Result::is_ok);
            let differ = answered
                .into_iter()
                .flatten()
                .filter(|agrees| !agrees)
                .count();
            print!("  {peer} {differ} (and {} panics)", panicked.len());
        }
        println!();
    }
}
