use pkg_manifest::{credential_key, expand, parse_ini};
use serde_json::Value;
use url::Url;

use crate::{Tally, document, rows};

#[test]
fn ini_reads_as_the_reference_does() {
    let Some(document) = document("npmrc.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "ini parse [text, object]") {
        let text = row[0].as_str().expect("it is a text");
        let found = Value::Object(parse_ini(text));
        tally.compare(text, &found.to_string(), &row[1].to_string());
    }
    tally.finish(53, &[]);
}

#[test]
fn what_the_reference_writes_reads_back() {
    let Some(document) = document("npmrc.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "ini stringify [object, text]") {
        let text = row[1].as_str().expect("it is a text");
        let found = Value::Object(parse_ini(text)).to_string();
        // Numbers are texts in the file.
        let wanted = row[0].to_string().replace(":1", ":\"1\"");
        tally.compare(text, &found, &wanted);
    }
    tally.finish(12, &[]);
}

#[test]
fn placeholders_expand_as_in_the_reference() {
    let Some(document) = document("npmrc.json") else {
        return;
    };
    let variables = &document["environment used"];
    let lookup = |name: &str| Some(variables[name].as_str()?.to_owned());
    let mut tally = Tally::default();
    let table = "env expansion [text, result] (unset without ? stays as is)";
    for row in rows(&document, table) {
        let text = row[0].as_str().expect("it is a text");
        tally.compare(
            text,
            &expand(text, &lookup),
            row[1].as_str().expect("it is a text"),
        );
    }
    tally.finish(26, &[]);
}

#[test]
fn credential_keys_are_the_references() {
    let Some(document) = document("npmrc.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "registry key of a url [url, key prefix]") {
        let text = row[0].as_str().expect("it is a text");
        let found = credential_key(&Url::parse(text).unwrap());
        tally.compare(
            text,
            &found.unwrap(),
            row[1].as_str().expect("it is a text"),
        );
    }
    tally.finish(13, &[]);
}
