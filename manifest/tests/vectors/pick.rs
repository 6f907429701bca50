use pkg_manifest::{Packument, PickError, PickOptions, Specifier, parse_time, pick};
use serde_json::{Value, json};

use crate::{Tally, document, rows};

/// The reference looks an exact version up by its text, which fails for `v1.0.2` and `1.0.1+b`.
const ODD_KEY: &str = "a version is found by what it is, not by how its key is written";

/// Why a query is not one that this crate answers, or answers by another rule.
fn not_comparable(row: &Value) -> Option<&'static str> {
    let options = row[2].as_object().expect("options are an object");
    match row[0].as_str().expect("it is a text") {
        "engines" | "enginesDep" => return Some("engines do not steer the choice"),
        "staged" | "restricted" => return Some("staged and restricted versions are not known"),
        _ => {}
    }
    if options.contains_key("avoid") {
        return Some("no version is avoided");
    }
    if options.contains_key("defaultTag") {
        return Some("the default tag is always `latest`");
    }
    None
}

/// The packument with a tarball for each version, which the reference does not need to choose one.
fn with_tarballs(packument: &Value) -> Vec<u8> {
    let mut packument = packument.clone();
    if let Some(versions) = packument["versions"].as_object_mut() {
        for version in versions.values_mut() {
            version["dist"] = json!({ "tarball": "https://files.example.test/pk.tgz" });
        }
    }
    packument.to_string().into_bytes()
}

fn found(packument: &Value, row: &Value) -> String {
    let packument = match Packument::parse(with_tarballs(packument)) {
        Ok(packument) => packument,
        Err(error) => return error.to_string(),
    };
    let text = row[1].as_str().unwrap_or_default();
    let Ok(specifier @ (Specifier::Range(_) | Specifier::Tag(_))) = Specifier::parse(text) else {
        return "ERROR".to_owned();
    };
    let before = row[2]["before"].as_str();
    let before = before.map(|day| parse_time(&format!("{day}T00:00:00Z")).expect("it is a day"));
    match pick(&packument, &specifier, PickOptions { before }) {
        Ok(picked) => picked.version.to_string(),
        Err(PickError::NoMatch { .. } | PickError::TooYoung { .. }) => "ETARGET".to_owned(),
        Err(PickError::NoVersions { .. }) => "ETARGET".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn versions_are_picked_as_by_the_reference() {
    let Some(document) = document("pick.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        if let Some(reason) = not_comparable(row) {
            tally.not_compared(reason);
            continue;
        }
        let found = found(
            &document["packuments"][row[0].as_str().expect("it is a text")],
            row,
        );
        let wanted = row[3]["version"].as_str().or(row[3]["error"].as_str());
        // Which of the two errors it is depends on what is counted as available.
        let wanted = wanted.unwrap().replace("ENOVERSIONS", "ETARGET");
        let is_odd_key = matches!(
            (row[0].as_str(), row[1].as_str()),
            (Some("build"), Some("1.0.1")) | (Some("loose"), Some("1.0.2" | "1.0.1-beta"))
        );
        if is_odd_key {
            tally.differs(ODD_KEY, &row.to_string(), &found, &wanted);
        } else {
            tally.compare(&row.to_string(), &found, &wanted);
        }
    }
    tally.finish(
        136,
        &[
            ("engines do not steer the choice", 18),
            ("staged and restricted versions are not known", 12),
            ("no version is avoided", 40),
            ("the default tag is always `latest`", 6),
            (ODD_KEY, 3),
        ],
    );
}
