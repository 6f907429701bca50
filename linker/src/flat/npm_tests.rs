//! Random graphs, planned by npm and by us. Skipped where there is no npm.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::npm_tree::{NpmTree, is_below_modules};
use crate::layout::{Layout, plan};
use crate::tree::{Entry, Tree};

/// How many graphs of a kind are compared.
const GRAPHS: &str = "8";

/// What npm made of a number of graphs; `None` where it is not installed.
fn planned_by_npm(kind: &str) -> Option<Vec<Value>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/differential/npm.mjs");
    let output = Command::new("node")
        .args([script, "1", GRAPHS, kind])
        .output()
        .ok()?;
    let is_there = output.status.success();
    let lines = String::from_utf8(output.stdout).ok()?;
    let graphs = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    is_there.then(|| graphs.collect())
}

/// The places of a tree: each with its package, or with the place that it links to.
fn places(tree: &Tree) -> BTreeSet<String> {
    let line = |(path, entry): (&pkg_manifest::RelativePath, &Entry)| match entry {
        Entry::Package { snapshot, .. } => format!("{path} = {}", snapshot.id()),
        Entry::Symlink { target } => format!("{path} -> {}", joined(path.as_str(), target)),
        Entry::Bin { .. } | Entry::Archive { .. } | Entry::File { .. } => path.to_string(),
    };
    tree.entries().map(line).collect()
}

fn joined(path: &str, target: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

fn places_of_npm(npm: &NpmTree, inert: &Value) -> BTreeSet<String> {
    let is_inert = |path: &str| {
        let mut inert = inert.as_array().unwrap().iter();
        inert.any(|location| location.as_str() == Some(path))
    };
    let packages = npm.packages.iter();
    let installed = packages.filter(|(path, _)| is_below_modules(path) && !is_inert(path));
    installed
        .map(|(path, package)| match package["resolved"].as_str() {
            Some(to) if package["link"] == true => format!("{path} -> {to}"),
            _ => format!("{path} = {}", npm.id(path)),
        })
        .collect()
}

/// Compares the trees of a kind of graphs; gives the graphs that differ.
#[expect(clippy::print_stderr, reason = "says why nothing was tested")]
fn differing(kind: &str, layout: Layout) -> Vec<String> {
    let Some(graphs) = planned_by_npm(kind) else {
        eprintln!("skipped: npm is not here");
        return Vec::new();
    };
    let mut differing = Vec::new();
    for mut graph in graphs {
        if !graph["error"].is_null() {
            continue;
        }
        let npm = NpmTree::new(graph["packages"].take());
        let tree = plan(&npm.lockfile(), layout, &npm.options()).unwrap();
        let (ours, theirs) = (places(&tree), places_of_npm(&npm, &graph["inert"]));
        if ours != theirs {
            let missing: Vec<_> = theirs.difference(&ours).collect();
            let added: Vec<_> = ours.difference(&theirs).collect();
            let number = &graph["graph"];
            differing.push(format!(
                "{kind} {number}: npm has {missing:#?}, and not {added:#?}"
            ));
        }
    }
    differing
}

#[test]
fn npm_makes_the_same_trees_of_random_graphs() {
    for (kind, layout) in [
        ("exact", Layout::Flat),
        ("exact-nested", Layout::Nested),
        ("exact-peers", Layout::Flat),
        ("exact-peers-nested", Layout::Nested),
        ("exact-workspace", Layout::Flat),
    ] {
        let differing = differing(kind, layout);
        assert!(differing.is_empty(), "{}", differing.join("\n"));
    }
}
