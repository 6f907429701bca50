use pkg_manifest::{Engines, Manifest, Platform, Version};
use serde_json::{Value, json};

use crate::{Tally, document, rows};

fn platform(fields: &Value) -> Platform {
    Manifest::parse(fields.to_string().as_bytes())
        .expect("it is readable")
        .platform
}

fn engines(engines: &Value) -> Engines {
    let manifest = json!({ "engines": engines }).to_string();
    Manifest::parse(manifest.as_bytes())
        .expect("it is readable")
        .engines
}

#[test]
fn platforms_are_allowed_as_by_the_reference() {
    let Some(document) = document("resolution/platform.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        let host = |field: &str| row[1][field].as_str();
        let (os, cpu) = (
            host("os").expect("it is readable"),
            host("cpu").expect("it is readable"),
        );
        let found = platform(&row[0]).allows(os, cpu, host("libc"));
        let (found, wanted) = (found.to_string(), row[2].to_string());
        let is_empty_list = row[0]["libc"] == json!([]);
        if is_empty_list && host("libc").is_none() {
            let reason = "an empty `libc` asks for nothing, as an empty `os` does";
            tally.differs(reason, &row.to_string(), &found, &wanted);
        } else {
            tally.compare(&row.to_string(), &found, &wanted);
        }
    }
    let empty = ("an empty `libc` asks for nothing, as an empty `os` does", 2);
    tally.finish(78, &[empty]);
}

#[test]
fn engines_are_allowed_as_by_the_reference() {
    let Some(document) = document("resolution/engines.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        let engines = engines(&row[0]);
        let allows = |engine: &str, version: &Value| {
            version.as_str().is_none_or(|version| {
                let version: Version = version.parse().expect("it is readable");
                engines.allows(engine, &version)
            })
        };
        let found = allows("node", &row[1]) && allows("npm", &row[2]);
        tally.compare(&row.to_string(), &found.to_string(), &row[3].to_string());
    }
    tally.finish(12, &[]);
}
