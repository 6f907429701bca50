//! What is repaired, and what is said of what cannot be.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use proptest::prelude::*;

use crate::apply::test_site::{GRAPH, IDS, TestSite, linked, write};
use crate::error::LinkError;
use crate::layout::Layout;
use crate::record::TreeRecord;
use crate::test_graph::key;
use crate::verify::verify;

#[test]
fn a_run_without_a_record_repairs_whatever_is_there() {
    let mut site = linked();
    let fresh = site.listing();
    site.record = None;
    let slot = |name: &str| site.path("node_modules/.pkg").join(name);
    std::fs::remove_file(slot("a@1.0.0/node_modules/a/package.json")).unwrap();
    std::fs::remove_dir_all(slot("c@1.0.0")).unwrap();
    std::fs::remove_dir_all(slot("c@2.0.0/node_modules/c")).unwrap();
    write(
        &slot("c@2.0.0/node_modules/c"),
        "a file in place of a folder",
    );
    std::fs::remove_file(site.path("node_modules/a")).unwrap();
    symlink("dangling", site.path("node_modules/a")).unwrap();
    std::fs::create_dir(slot("trash")).unwrap();
    write(
        &slot("trash/half/package.json"),
        "left by a run that was killed",
    );
    let report = site.link(GRAPH);
    assert_eq!(report.moved_aside, []);
    assert_eq!(site.listing(), fresh);
}

#[test]
fn an_unfinished_run_is_repaired_and_what_it_no_longer_wants_is_removed() {
    let mut site = linked();
    let wanted = ". a@1 d@1; a@1; d@1";
    site.packages("d@1");
    let tree = site.tree(wanted);
    let unfinished = TreeRecord::unfinished(site.record.as_ref(), &tree);
    let bytes = unfinished.to_bytes();
    // Killed after half of `d`, with one entry of the former tree gone already.
    let half = site.path("node_modules/.pkg/d@1.0.0/node_modules/d");
    write(&half.join("lib/deep/index.js"), "torn");
    std::fs::remove_file(site.path("node_modules/@s/b")).unwrap();
    site.record = Some(TreeRecord::from_bytes(&bytes).unwrap());
    assert!(site.record.as_ref().unwrap().is_unfinished());
    site.link(wanted);
    let mut fresh = TestSite::new();
    fresh.packages("a@1 d@1");
    fresh.link(wanted);
    assert_eq!(site.listing(), fresh.listing());
    assert_eq!(site.record, fresh.record);
}

#[test]
fn damaged_packages_are_all_named_and_the_others_are_in_place() {
    let mut site = TestSite::new();
    site.packages(IDS);
    let stored = |site: &TestSite, id: &str| {
        let files = &site.packages[key(id).id()];
        site.store.path(files.file("lib/deep/index.js").unwrap())
    };
    std::fs::remove_file(stored(&site, "c@1")).unwrap();
    let changed = stored(&site, "@s/b@1");
    std::fs::remove_file(&changed).unwrap();
    write(&changed, "other");
    let error = site.apply(&site.tree(GRAPH), &|_| {}).unwrap_err();
    let LinkError::StoreDamaged { packages } = &error else {
        panic!("{error}");
    };
    assert_eq!(packages, &["@s/b@1", "c@1"].map(|id| key(id).id().clone()));
    assert!(site.path("node_modules/a/package.json").is_file());
    let torn = site.path("node_modules/.pkg/c@1.0.0/node_modules/c/package.json");
    assert!(!torn.exists());
    site.packages("c@1 @s/b@1");
    site.link(GRAPH);
    assert_eq!(site.listing(), linked().listing());
}

#[test]
fn a_package_that_was_not_fetched_is_named() {
    let mut site = TestSite::new();
    site.packages("a@1");
    let error = site
        .apply(&site.tree(". a@1 b@1; a@1; b@1"), &|_| {})
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`b@1.0.0` must be fetched before linking"
    );
}

#[test]
fn a_run_after_a_failed_one_keeps_the_packages_that_are_whole() {
    let mut site = TestSite::new();
    site.packages(IDS);
    let files = &site.packages[key("c@1").id()];
    std::fs::remove_file(site.store.path(files.file("lib/deep/index.js").unwrap())).unwrap();
    let tree = site.tree(GRAPH);
    let journal = TreeRecord::unfinished(None, &tree);
    site.apply(&tree, &|_| {}).unwrap_err();
    let inode = |site: &TestSite| {
        let folder = site.path("node_modules/.pkg/a@1.0.0/node_modules/a");
        std::fs::metadata(folder).unwrap().ino()
    };
    let before = inode(&site);
    site.packages("c@1");
    site.record = Some(journal);
    let report = site.link(GRAPH);
    assert_eq!((inode(&site), report.placed.total()), (before, 2));
    assert_eq!(site.listing(), linked().listing());
}

/// What may happen to one entry between two runs.
fn spoil(path: &Path, kind: usize) {
    let is_folder = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir());
    if is_folder {
        std::fs::remove_dir_all(path).unwrap();
    } else if std::fs::remove_file(path).is_err() {
        return;
    }
    match kind {
        0 => {}
        1 => write(path, "a file"),
        2 => symlink("nowhere", path).unwrap(),
        3 => std::fs::create_dir(path).unwrap(),
        _ => write(&path.join("package.json"), "{}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn whatever_an_interrupted_run_left_the_next_one_makes_a_fresh_tree(
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..5), 0..12),
        is_flat in any::<bool>(),
    ) {
        let wanted = ". a@1 d@1; a@1 -> @s/b@1 c@2; @s/b@1 -> c@1; c@1; c@2; d@1 -> c@2";
        let layout = if is_flat { Layout::Flat } else { Layout::Isolated };
        let mut site = TestSite::new();
        site.layout = layout;
        site.packages("a@1 @s/b@1 c@1 c@2 d@1");
        site.link(GRAPH);
        let tree = site.tree(wanted);
        let journal = TreeRecord::unfinished(site.record.as_ref(), &tree);
        let listed: Vec<_> = journal.paths().cloned().collect();
        for (index, kind) in damage {
            spoil(&index.get(&listed).below(&site.root()), kind);
        }
        site.record = Some(journal);
        let report = site.link(wanted);
        // What is in the place of a link is kept: it may be anybody's.
        for moved in &report.moved_aside {
            pkg_fs::remove_tree(moved.moved_to.as_path()).unwrap();
        }
        pkg_fs::remove_tree(&site.path("node_modules/.pkg/aside-1")).unwrap();
        let mut fresh = TestSite::new();
        fresh.layout = layout;
        fresh.packages("a@1 @s/b@1 c@1 c@2 d@1");
        fresh.link(wanted);
        // Former links that were replaced by something else are not ours to remove.
        let wanted_lines = fresh.listing();
        let lines = site.listing();
        prop_assert!(wanted_lines.iter().all(|line| lines.contains(line)), "{:?}\n{:?}", lines, wanted_lines);
        prop_assert_eq!(Some(&report.record), fresh.record.as_ref());
    }
}

#[test]
fn a_look_at_the_tree_finds_what_is_gone_and_only_that_is_made_again() {
    let mut site = TestSite::new();
    site.packages("@s/b@1 c@1 c@2");
    site.package("a@1", r#","bin":"cli""#, &[("cli", "#!/bin/sh\n")]);
    site.link(GRAPH);
    let fresh = site.listing();
    let record = site.record.clone().unwrap();
    assert_eq!(verify(&record, &site.root()).unwrap(), []);
    let gone = [
        "node_modules/.bin/a",
        "node_modules/.pkg/c@2.0.0/node_modules/c",
        "node_modules/@s/b",
    ];
    std::fs::remove_file(site.path(gone[0])).unwrap();
    std::fs::remove_dir_all(site.path(gone[1])).unwrap();
    std::fs::remove_file(site.path(gone[2])).unwrap();
    symlink("elsewhere", site.path(gone[2])).unwrap();
    let found = verify(&record, &site.root()).unwrap();
    assert_eq!(found, gone.map(|path| path.parse().unwrap()));
    site.record = Some(record.clone().without(&found));
    let report = site.link(GRAPH);
    assert_eq!((report.packages, report.links), (1, 2));
    assert_eq!((site.listing(), site.record), (fresh, Some(record)));
}

#[test]
fn what_two_interrupted_runs_left_is_ours_to_remove() {
    let mut site = TestSite::new();
    site.packages("a@1 a@2 b@1");
    site.link(". a@1 b@1; a@1; b@1");
    // The first run changed the link, the second one does not want it at all.
    let tree = site.tree(". a@2 b@1; a@2; b@1");
    let journal = TreeRecord::unfinished(site.record.as_ref(), &tree);
    site.apply(&tree, &|_| {}).unwrap();
    site.record = Some(TreeRecord::unfinished(
        Some(&journal),
        &site.tree(". b@1; b@1"),
    ));
    site.link(". b@1; b@1");
    let mut fresh = TestSite::new();
    fresh.packages("b@1");
    fresh.link(". b@1; b@1");
    assert_eq!(site.listing(), fresh.listing());
}

#[test]
fn an_interrupted_change_of_layout_is_carried_on() {
    let mut site = linked();
    site.layout = Layout::Flat;
    let tree = site.tree(GRAPH);
    site.record = Some(TreeRecord::unfinished(site.record.as_ref(), &tree));
    // Killed before any record was written; the next run goes back to the former layout.
    site.apply(&tree, &|_| {}).unwrap();
    site.layout = Layout::Isolated;
    let report = site.link(GRAPH);
    assert_eq!(report.moved_aside, []);
    assert_eq!(site.listing(), linked().listing());
}
