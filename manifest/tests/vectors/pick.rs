use pkg_manifest::{Packument, PickError, PickOptions, Specifier, parse_time, pick};
use serde_json::Value;

use crate::{Tally, document, rows};

/// Why a query is not one that this crate answers, or answers by another rule.
fn not_comparable(row: &Value) -> Option<&'static str> {
    let options = row[2].as_object().unwrap();
    match row[0].as_str().unwrap() {
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

fn found(packument: &Value, row: &Value) -> String {
    let packument = match Packument::parse(packument.to_string().into_bytes()) {
        Ok(packument) => packument,
        Err(error) => return error.to_string(),
    };
    let text = row[1].as_str().unwrap_or_default();
    let Ok(specifier) = Specifier::parse(text) else {
        return "no specifier".to_owned();
    };
    let before = row[2]["before"].as_str();
    let before = before.map(|day| parse_time(&format!("{day}T00:00:00Z")).unwrap());
    match pick(&packument, &specifier, PickOptions { before }) {
        Ok(picked) => picked.version.to_string(),
        Err(PickError::NoMatch { .. } | PickError::TooYoung { .. }) => "ETARGET".to_owned(),
        Err(PickError::NoVersions { .. }) => "ENOVERSIONS".to_owned(),
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
        let found = found(&document["packuments"][row[0].as_str().unwrap()], row);
        let wanted = row[3]["version"].as_str().or(row[3]["error"].as_str());
        tally.compare(&row.to_string(), &found, wanted.unwrap());
    }
    tally.finish(0, &[]);
}
