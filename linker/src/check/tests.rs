//! A tree on disk held against its plan: isolated, flat and nested ones, each kind of damage.

use std::os::unix::fs::symlink;

use crate::apply::test_site::{GRAPH, TestSite, linked, write};
use crate::check::{CheckOptions, DifferenceKind, Item, Owner, TreeCheck, check_tree};
use crate::layout::Layout;

fn check(site: &TestSite, graph: &str) -> TreeCheck {
    let options = CheckOptions {
        root: &site.root(),
        store: &site.store,
        packages: &|id| site.packages.get(id).cloned(),
    };
    check_tree(&site.tree(graph), &options).unwrap()
}

/// What differs, a line each: owner, path, and what.
fn lines(check: &TreeCheck) -> Vec<String> {
    let line = |difference: &super::Difference| {
        let owner = match &difference.owner {
            Owner::Project => "-".to_owned(),
            Owner::Package(id) => id.to_string(),
            Owner::Stranger(name) => format!("?{name}"),
        };
        let kind = match &difference.kind {
            DifferenceKind::Changed { .. } => "changed".to_owned(),
            DifferenceKind::Mode { .. } => "mode".to_owned(),
            DifferenceKind::Missing { expected } => format!("missing {expected:?}"),
            DifferenceKind::Replaced { expected, found } => format!("{expected:?} is {found}"),
            DifferenceKind::Elsewhere { found, .. } => format!("leads to {found}"),
            DifferenceKind::Command => "command".to_owned(),
            DifferenceKind::Foreign { .. } => "foreign".to_owned(),
            DifferenceKind::Unlisted { .. } => "unlisted".to_owned(),
            DifferenceKind::Unreadable { reason } => format!("unreadable: {reason}"),
        };
        format!("{owner} {} {kind}", difference.path.display())
    };
    check.differences.iter().map(line).collect()
}

#[test]
fn what_was_just_put_in_place_has_no_difference_in_any_layout() {
    for layout in [Layout::Isolated, Layout::Flat, Layout::Nested] {
        let mut site = TestSite::new();
        site.layout = layout;
        site.packages("a@1 @s/b@1 c@1 c@2");
        site.link(GRAPH);
        let found = check(&site, GRAPH);
        assert_eq!(lines(&found), [""; 0], "{layout:?}");
        assert!(found.counts.packages >= 4 && found.counts.files >= 8);
        assert_eq!(found.damaged_in_store, []);
    }
}

#[test]
fn packages_that_lie_in_packages_are_told_from_foreign_files() {
    let mut site = TestSite::new();
    site.layout = Layout::Flat;
    let graph = ". a@1 b@1; a@1 -> b@2; b@1; b@2";
    site.packages("a@1 b@1 b@2");
    site.link(graph);
    write(&site.path("node_modules/a/node_modules/x/index.js"), "");
    write(&site.path("node_modules/a/node_modules/b/extra.js"), "");
    write(&site.path("node_modules/a/node_modules/.cache/x"), "");
    write(&site.path("node_modules/a/x/index.js"), "");
    std::fs::remove_file(site.path("node_modules/a/node_modules/b/package.json")).unwrap();
    assert_eq!(
        lines(&check(&site, graph)),
        [
            "a@1.0.0 node_modules/a/node_modules/.cache foreign",
            "a@1.0.0 node_modules/a/x foreign",
            "b@2.0.0 node_modules/a/node_modules/b/extra.js foreign",
            "b@2.0.0 node_modules/a/node_modules/b/package.json missing File",
            "?x node_modules/a/node_modules/x unlisted",
        ]
    );
}

#[test]
fn a_package_whose_files_nobody_knows_is_not_looked_into() {
    let mut site = linked();
    let a = crate::test_graph::key("a@1").id().clone();
    site.packages.remove(&a);
    write(
        &site.path("node_modules/.pkg/a@1.0.0/node_modules/a/extra.js"),
        "",
    );
    let before = site.packages.len();
    let found = check(&site, GRAPH);
    assert_eq!(lines(&found), [""; 0]);
    assert_eq!(found.counts.packages, before as u64);
}

#[test]
fn nothing_is_looked_at_through_a_link() {
    let site = linked();
    let outside = site.folder.path().join("outside");
    write(&outside.join("b/package.json"), "not ours");
    std::fs::remove_dir_all(site.path("node_modules/@s")).unwrap();
    symlink(&outside, site.path("node_modules/@s")).unwrap();
    let slot = "node_modules/.pkg/c@1.0.0";
    std::fs::remove_dir_all(site.path(slot)).unwrap();
    symlink(&outside, site.path(slot)).unwrap();
    assert_eq!(
        lines(&check(&site, GRAPH)),
        [
            "- node_modules/@s Folder is a symbolic link",
            &format!("c@1.0.0 {slot} Folder is a symbolic link"),
        ]
    );
    std::fs::remove_dir_all(site.path("node_modules")).unwrap();
    symlink(&outside, site.path("node_modules")).unwrap();
    assert_eq!(
        lines(&check(&site, GRAPH)),
        ["- node_modules Folder is a symbolic link"]
    );
}

#[test]
fn a_damaged_file_of_the_store_is_told_with_the_tree_and_only_then() {
    let site = linked();
    let a = crate::test_graph::key("a@1").id().clone();
    let file = site.packages[&a].file("lib/deep/index.js").unwrap().clone();
    let placed = "node_modules/.pkg/a@1.0.0/node_modules/a/lib/deep/index.js";
    std::fs::remove_file(site.path(placed)).unwrap();
    write(&site.path(placed), "a@2");
    let found = check(&site, GRAPH);
    assert_eq!(lines(&found), [format!("a@1.0.0 {placed} changed")]);
    assert_eq!(found.damaged_in_store, []);
    std::fs::remove_file(site.store.path(&file)).unwrap();
    let found = check(&site, GRAPH);
    assert_eq!(found.damaged_in_store, [(a, file)]);
}

#[test]
fn a_tree_that_is_gone_misses_every_entry_once() {
    let site = linked();
    std::fs::remove_dir_all(site.path("node_modules")).unwrap();
    let found = check(&site, GRAPH);
    let tree = site.tree(GRAPH);
    assert_eq!(found.differences.len(), tree.entries().len());
    let packages = found.differences.iter().filter(|difference| {
        difference.kind
            == DifferenceKind::Missing {
                expected: Item::Package,
            }
    });
    assert_eq!(packages.count(), 4);
}
