use pkg_manifest::Manifest;
use serde_json::{Map, Value};

use crate::{Tally, document, rows};

#[test]
fn commands_are_normalized_as_in_the_reference() {
    let Some(document) = document("bin-normalize.json") else {
        return;
    };
    let mut tally = Tally::default();
    for row in rows(&document, "vectors") {
        let text = row[0].to_string();
        let manifest = Manifest::parse(text.as_bytes()).unwrap();
        let bins = manifest.bins.iter();
        let found: Map<_, _> = bins
            .map(|(name, path)| (name.clone(), Value::from(path.as_str())))
            .collect();
        let found = match found.is_empty() {
            true => Value::Null,
            false => Value::Object(found),
        };
        tally.compare(&text, &found.to_string(), &row[1].to_string());
    }
    tally.finish(20, &[]);
}
