//! Picks against what npm's reference answered. The vectors lie outside of the repository; where they are not there, the
//! test says so and checks nothing.

use std::collections::BTreeMap;

use pkg_manifest::{Packument, parse_time};
use serde_json::{Value, json};

use crate::{
    error::Failure,
    pick::{PickContext, Undated, pick},
    specifier::Specifier,
};

/// Why a query is not compared: this resolver has no such option, or follows pnpm where npm does otherwise.
fn not_compared(row: &Value) -> Option<&'static str> {
    let is = |packument: &str, wanted: &str| row[0] == packument && row[1] == wanted;
    match row[0].as_str().expect("it is a text") {
        "engines" | "enginesDep" => return Some("engines do not steer the choice"),
        "staged" | "restricted" => return Some("staged and restricted versions are not known"),
        _ => {}
    }
    if !row[2]["avoid"].is_null() {
        return Some("no version is avoided");
    }
    if row[3]["error"] == "ERROR" {
        return Some("only specifiers of a registry are picked");
    }
    if is("build", "1.0.1") || is("loose", "1.0.2") || is("loose", "1.0.1-beta") {
        return Some("a version is found by what it is, not by how its key is written");
    }
    None
}

/// The packument with a tarball for each version, which the reference does not need to choose one.
fn with_tarballs(packument: &Value) -> Packument {
    let mut packument = packument.clone();
    if let Some(versions) = packument["versions"].as_object_mut() {
        for version in versions.values_mut() {
            version["dist"] = json!({ "tarball": "https://files.example.test/pk.tgz" });
        }
    }
    Packument::parse(packument.to_string().into_bytes()).expect("it is a packument")
}

fn picked(packument: &Packument, row: &Value) -> String {
    let text = row[1].as_str().unwrap_or_default();
    let default_tag = row[2]["defaultTag"].as_str().unwrap_or("latest");
    let text = if text.is_empty() && !row[2]["defaultTag"].is_null() {
        default_tag
    } else {
        text
    };
    let Ok(Specifier::Registry { selector, .. }) = Specifier::parse(text) else {
        return "no specifier of a registry".to_owned();
    };
    let before = row[2]["before"].as_str();
    let context = PickContext {
        name: packument.name(),
        text,
        direct: &[],
        default_tag,
        cutoff: before.map(|day| parse_time(&format!("{day}T00:00:00Z")).expect("it is a day")),
        // As npm has it.
        undated: Undated::Old,
        preferred: &[],
    };
    match pick(&context, packument, &selector) {
        Ok(version) => version.version.to_string(),
        Err(Failure::NoMatchingVersion { .. } | Failure::TooYoung { .. }) => "ETARGET".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a test says that it checks nothing")]
fn versions_are_picked_as_by_the_reference() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/spec/pick.json");
    let Ok(text) = std::fs::read(path) else {
        eprintln!("skipped: the vectors `pick.json` are not there");
        return;
    };
    let document: Value = serde_json::from_slice(&text).expect("vectors are JSON");
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut same, mut wrong) = (0, Vec::new());
    for row in document["vectors"].as_array().expect("vectors are a list") {
        if let Some(reason) = not_compared(row) {
            *skipped.entry(reason).or_default() += 1;
            continue;
        }
        let packument =
            with_tarballs(&document["packuments"][row[0].as_str().expect("it is a text")]);
        let wanted = row[3]["version"].as_str().or(row[3]["error"].as_str());
        // Which of the two errors it is depends on what is counted as available.
        let wanted = wanted.expect("a result").replace("ENOVERSIONS", "ETARGET");
        let found = picked(&packument, row);
        if found == wanted {
            same += 1;
        } else {
            wrong.push(format!("{row}: {found}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{same} agree, {skipped:?}, but:\n{}",
        wrong.join("\n")
    );
    assert_eq!((same, skipped.values().sum::<usize>()), (138, 77));
}
