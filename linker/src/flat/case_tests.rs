//! npm's own trees: a lockfile with the versions that npm resolved gives the tree that npm made.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::npm_tree::NpmTree;
use crate::bins::plan_bins;
use crate::layout::{Layout, plan};

/// The lines that npm's tree has, without its own files and what came out of tarballs.
fn expected(npm: &NpmTree, folder: &Path) -> BTreeSet<String> {
    let text = read(&folder.join("layout.txt"));
    let is_ours = |line: &&str| {
        let mut words = line.split(' ');
        let (kind, path) = (words.next(), words.next().unwrap_or_default());
        let is_bundled = || {
            let package = npm.packages.get(path);
            package.is_some_and(|package| package["inBundle"] == true)
        };
        matches!(kind, Some("D" | "L")) && !is_bundled()
    };
    text.lines().filter(is_ours).map(str::to_owned).collect()
}

fn read(path: &Path) -> String {
    String::from_utf8(std::fs::read(path).unwrap()).unwrap()
}

fn recorded(folder: &Path) -> Value {
    let text = read(&folder.join("package-lock.json"));
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document["packages"].take()
}

/// Compares every case that `takes` has nothing against; gives how many there were.
#[expect(clippy::print_stderr, reason = "says why nothing was tested")]
fn check_cases(layout: Layout, takes: &dyn Fn(&str) -> bool) -> Option<usize> {
    let cases = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/spec/lockfiles/package-lock-v3"
    ));
    let Ok(folders) = std::fs::read_dir(cases) else {
        eprintln!("skipped: the vectors are not here");
        return None;
    };
    let mut count = 0;
    for folder in folders.map(|folder| folder.unwrap().path()) {
        let case = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if !takes(&case) {
            continue;
        }
        let npm = NpmTree::new(recorded(&folder));
        let tree = plan(&npm.lockfile(), layout, &npm.options()).unwrap();
        let (tree, _) = plan_bins(tree, &|owner| npm.bins(owner)).unwrap();
        let (ours, theirs) = (npm.lines(&tree), expected(&npm, &folder));
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let added: Vec<_> = ours.difference(&theirs).collect();
        assert!(
            ours == theirs,
            "{case}: npm has {missing:#?}, and not {added:#?}"
        );
        count += 1;
    }
    Some(count)
}

#[test]
fn flat_trees_are_those_of_npm() {
    let count = check_cases(Layout::Flat, &|case| !case.contains("--"));
    assert!(count.is_none_or(|count| count >= 11), "{count:?}");
}

#[test]
fn nested_trees_are_those_of_npm() {
    let count = check_cases(Layout::Nested, &|case| case.ends_with("--nested"));
    assert!(count.is_none_or(|count| count >= 4), "{count:?}");
}
