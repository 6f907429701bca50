//! Packing by the vectors of the reference, and what they do not say.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{TooManyRules, packed};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/spec/pack.json");

fn names(files: &BTreeMap<String, String>) -> Result<Vec<String>, TooManyRules> {
    let read = |path: &str| files.get(path).cloned();
    let found = packed(files.keys().map(String::as_str), &read)?;
    Ok(found.into_iter().map(str::to_owned).collect())
}

fn tree(files: &[(&str, &str)]) -> Vec<String> {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    names(&files.collect()).unwrap()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test says what it skips")]
fn packs_what_the_reference_packs() {
    let Ok(bytes) = std::fs::read(VECTORS) else {
        eprintln!("skipped: there is no {VECTORS}");
        return;
    };
    let vectors: Value = serde_json::from_slice(&bytes).unwrap();
    let texts = |value: &Value| -> Vec<(String, String)> {
        let object = value.as_object().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        object
            .iter()
            .map(|(path, content)| (path.clone(), text(content)))
            .collect()
    };
    let mut count = 0;
    let mut wrong = Vec::new();
    for vector in vectors["vectors"].as_array().unwrap() {
        let name = vector[0].as_str().unwrap();
        // The reference failed on one of the trees.
        let Some(expected) = vector[5].as_array() else {
            continue;
        };
        let mut expected: Vec<&str> = expected.iter().map(|path| path.as_str().unwrap()).collect();
        expected.sort_unstable();
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        if vector[2] == true {
            files.extend(texts(&vectors["common"]));
        }
        files.extend(texts(&vector[3]));
        files.insert("package.json".to_owned(), vector[1].to_string());
        let found = names(&files).unwrap();
        count += 1;
        if found != expected {
            wrong.push(format!("{name}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(count, 66);
}

#[test]
fn an_ignore_file_below_counts_inside_what_files_lists() {
    let files = [
        (
            "package.json",
            r#"{"files": ["dist/**/*.js", "!dist/**/*.test.js"]}"#,
        ),
        ("dist/a.js", ""),
        ("dist/a.test.js", ""),
        ("dist/a.ts", ""),
        ("dist/deep/.npmignore", "hidden.js\n"),
        ("dist/deep/b.js", ""),
        ("dist/deep/hidden.js", ""),
        ("src/a.js", ""),
        ("pkg.lock", ""),
    ];
    assert_eq!(
        tree(&files),
        ["dist/a.js", "dist/deep/b.js", "package.json"]
    );
}

#[test]
fn a_folder_of_ignored_things_can_give_some_of_them_back() {
    let files = [
        ("package.json", "{}"),
        (".gitignore", "dist/*\n!dist/keep.js\nlogs/\n*.log\n"),
        ("dist/keep.js", ""),
        ("dist/drop.js", ""),
        ("a/logs/x", ""),
        ("a/b.log", ""),
        ("a/c", ""),
    ];
    assert_eq!(tree(&files), ["a/c", "dist/keep.js", "package.json"]);
}

#[test]
fn more_rules_than_anybody_needs_are_refused() {
    let files = [
        ("package.json".to_owned(), "{}".to_owned()),
        (".npmignore".to_owned(), "x\n".repeat(6000)),
    ];
    assert_eq!(names(&files.into()), Err(TooManyRules));
    let many = (0..5000).map(|number| (format!("{number}"), String::new()));
    let ignore = (".npmignore".to_owned(), "x\n".repeat(4500));
    assert_eq!(names(&many.chain([ignore]).collect()), Err(TooManyRules));
}

#[test]
fn a_commit_without_a_manifest_is_packed_by_its_ignore_file() {
    let files = [
        (".gitignore", "a\n"),
        ("a", ""),
        ("b", ""),
        ("node_modules/x/i.js", ""),
    ];
    assert_eq!(tree(&files), ["b"]);
}
