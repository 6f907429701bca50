//! Trees on disk, from a real store.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use pkg_fs::Preference;
use proptest::prelude::*;

use crate::apply::test_site::{TestSite, write};
use crate::error::LinkError;
use crate::layout::Layout;
use crate::record::TreeRecord;
use crate::report::LinkEvent;
use crate::test_graph::key;
use crate::verify::verify;

const GRAPH: &str = ". a@1 @s/b@1; a@1 -> @s/b@1 c@1; @s/b@1 -> c@2; c@1; c@2";
const IDS: &str = "a@1 @s/b@1 c@1 c@2";

fn linked() -> TestSite {
    let mut site = TestSite::new();
    site.packages(IDS);
    site.link(GRAPH);
    site
}

#[test]
fn a_fresh_tree_is_whole_and_every_link_leads_to_its_package() {
    let mut site = TestSite::new();
    site.packages(IDS);
    let report = site.link(GRAPH);
    assert_eq!((report.packages, report.placed.hardlinked), (4, 8));
    assert_eq!((report.placed.total(), report.removed), (8, 0));
    assert_eq!(site.read("node_modules/a/lib/deep/index.js"), "a@1");
    assert_eq!(site.read("node_modules/@s/b/lib/deep/index.js"), "@s/b@1");
    let real = std::fs::canonicalize(site.path("node_modules/a")).unwrap();
    let beside = |name: &str| real.parent().unwrap().join(name).join("lib/deep/index.js");
    assert_eq!(std::fs::read(beside("c")).unwrap(), b"c@1");
    assert_eq!(std::fs::read(beside("@s/b")).unwrap(), b"@s/b@1");
    assert!(!site.path("node_modules/c").exists());
    assert_eq!(
        site.read("node_modules/.pkg/node_modules/c/lib/deep/index.js"),
        "c@2"
    );
    assert_eq!(report.links, site.tree(GRAPH).entries().len() - 4);
}

#[test]
fn the_same_tree_again_touches_nothing_and_asks_for_no_package() {
    let mut site = linked();
    let before = site.listing();
    site.packages.clear();
    let report = site.apply(&linked().tree(GRAPH), &|_| {}).unwrap();
    assert_eq!((report.packages, report.links, report.removed), (0, 0, 0));
    assert_eq!(Some(report.record), site.record);
    assert_eq!(site.listing(), before);
}

#[test]
fn a_change_touches_only_what_changed() {
    let mut site = linked();
    let inode = |site: &TestSite| {
        std::fs::metadata(site.path("node_modules/a"))
            .unwrap()
            .ino()
    };
    let before = inode(&site);
    site.packages("d@1");
    let report = site.link(". a@1 d@1; a@1 -> @s/b@1 c@1; @s/b@1 -> c@1; c@1; d@1");
    assert_eq!(inode(&site), before);
    assert_eq!(report.packages, 1);
    // The project's link to `@s/b`, the package `c@2`.
    assert_eq!(report.removed, 2);
    assert!(!site.path("node_modules/@s").exists());
    assert!(!site.path("node_modules/.pkg/c@2.0.0").exists());
    assert!(!site.path("node_modules/.pkg/trash").exists());
    assert_eq!(site.read("node_modules/d/lib/deep/index.js"), "d@1");
    let fresh = {
        let mut fresh = TestSite::new();
        fresh.packages("a@1 @s/b@1 c@1 d@1");
        fresh.link(". a@1 d@1; a@1 -> @s/b@1 c@1; @s/b@1 -> c@1; c@1; d@1");
        fresh.listing()
    };
    assert_eq!(site.listing(), fresh);
}

#[test]
fn removing_everything_leaves_what_is_not_ours() {
    let mut site = linked();
    write(&site.path("node_modules/.cache/x"), "mine");
    write(&site.path("node_modules/mine/package.json"), "{}");
    write(&site.path("node_modules/@s/mine/x"), "mine");
    std::fs::remove_file(site.path("node_modules/a")).unwrap();
    write(&site.path("node_modules/a/own"), "mine");
    site.link(".");
    assert_eq!(
        site.listing(),
        [
            "node_modules/",
            "node_modules/.cache/",
            "node_modules/.cache/x 4",
            "node_modules/.pkg/",
            "node_modules/@s/",
            "node_modules/@s/mine/",
            "node_modules/@s/mine/x 4",
            "node_modules/a/",
            "node_modules/a/own 4",
            "node_modules/mine/",
            "node_modules/mine/package.json 2",
        ]
    );
}

#[test]
fn what_stands_in_the_way_is_kept_aside() {
    let mut site = TestSite::new();
    site.packages(IDS);
    write(&site.path("node_modules/a/precious"), "mine");
    write(&site.path("node_modules/@s"), "a file");
    let report = site.link(GRAPH);
    let moved: Vec<&str> = report
        .moved_aside
        .iter()
        .map(|moved| moved.path.as_str())
        .collect();
    assert_eq!(moved, ["node_modules/@s", "node_modules/a"]);
    assert_eq!(
        site.read("node_modules/.pkg/aside-1/node_modules/a/precious"),
        "mine"
    );
    assert_eq!(
        site.read("node_modules/.pkg/aside-1/node_modules/@s"),
        "a file"
    );
    assert_eq!(site.read("node_modules/a/lib/deep/index.js"), "a@1");
    write(&site.path("node_modules/b2/x"), "second");
    site.packages("b2@1");
    site.link(". b2@1; b2@1");
    assert_eq!(
        site.read("node_modules/.pkg/aside-2/node_modules/b2/x"),
        "second"
    );
    assert_eq!(
        site.read("node_modules/.pkg/aside-1/node_modules/a/precious"),
        "mine"
    );
}

#[test]
fn links_that_were_put_there_before_are_replaced_and_never_followed() {
    let mut site = TestSite::new();
    site.package(
        "a@1",
        r#","bin":"cli.js""#,
        &[("cli.js", "#!/usr/bin/env node\n")],
    );
    site.packages("@s/b@1");
    let canary = site.folder.path().join("canary");
    write(&canary.join("file"), "canary");
    std::fs::create_dir_all(site.path("node_modules")).unwrap();
    for name in ["a", ".bin", "@s", ".pkg"] {
        symlink(&canary, site.path("node_modules").join(name)).unwrap();
    }
    site.link(". a@1 @s/b@1; a@1; @s/b@1");
    let left: Vec<_> = std::fs::read_dir(&canary)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["file"]);
    assert!(site.path("node_modules/@s/b/package.json").is_file());
    assert!(site.path("node_modules/.bin/a").is_file());
    // A folder of the virtual store that became a link since: nothing behind it is removed.
    let slot = site.path("node_modules/.pkg/a@1.0.0");
    std::fs::rename(&slot, canary.join("slot")).unwrap();
    symlink(canary.join("slot"), &slot).unwrap();
    site.link(". @s/b@1; @s/b@1");
    assert!(canary.join("slot/node_modules/a/package.json").is_file());
}

#[test]
fn node_modules_that_is_a_link_is_refused_and_nothing_behind_it_touched() {
    let mut site = TestSite::new();
    site.packages("a@1");
    let canary = site.folder.path().join("canary");
    std::fs::create_dir(&canary).unwrap();
    symlink(&canary, site.path("node_modules")).unwrap();
    let error = site.apply(&site.tree(". a@1; a@1"), &|_| {}).unwrap_err();
    assert!(
        matches!(&error, LinkError::NodeModulesIsLink { path } if *path == site.path("node_modules"))
    );
    assert_eq!(std::fs::read_dir(&canary).unwrap().count(), 0);
}

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
fn files_that_scripts_may_change_are_separate() {
    let mut site = TestSite::new();
    site.preference = Preference::Separate;
    site.packages("a@1");
    site.link(". a@1; a@1");
    let placed = site.path("node_modules/a/package.json");
    assert_eq!(std::fs::metadata(placed).unwrap().nlink(), 1);
}

#[test]
fn commands_run_as_links_or_scripts() {
    let mut site = TestSite::new();
    let bins = r#","bin":{"plain":"plain","crlf":"bin/cr'l f.sh","js":"x.js"}"#;
    let files = [
        ("plain", "#!/bin/sh\necho plain \"$1\"\n"),
        (
            "bin/cr'l f.sh",
            "#!/bin/sh\r\necho crlf \"$1\"; exit 7 #\r\n",
        ),
        ("x.js", "1"),
    ];
    site.package("a@1", bins, &files);
    site.link(". a@1; a@1");
    let bin = |name: &str| site.path("node_modules/.bin").join(name);
    assert_eq!(
        std::fs::read_link(bin("plain")).unwrap(),
        Path::new("../a/plain")
    );
    assert_eq!(site.packages[key("a@1").id()].files.len(), 4);
    let output = |path: &Path| {
        let output = std::process::Command::new(path)
            .arg("$(x) y")
            .output()
            .unwrap();
        (
            String::from_utf8(output.stdout).unwrap(),
            output.status.code(),
        )
    };
    assert_eq!(
        output(&bin("plain")),
        ("plain $(x) y\n".to_owned(), Some(0))
    );
    assert_eq!(output(&bin("crlf")), ("crlf $(x) y\n".to_owned(), Some(7)));
    // Also through a link from elsewhere.
    let link = site.folder.path().join("link");
    symlink(bin("crlf"), &link).unwrap();
    assert_eq!(output(&link).1, Some(7));
    let shim = std::fs::symlink_metadata(bin("js")).unwrap();
    assert!(shim.is_file() && shim.permissions().mode() & 0o100 != 0);
    assert!(
        site.read("node_modules/.bin/js")
            .contains("exec 'node' \"$folder\"/'../a/x.js'")
    );
    let before = site.listing();
    site.record = None;
    site.link(". a@1; a@1");
    assert_eq!(site.listing(), before);
    site.link(".");
    assert!(!site.path("node_modules/.bin").exists());
}

#[test]
fn a_foreign_command_is_not_removed_and_not_overwritten() {
    let mut site = TestSite::new();
    site.package("a@1", r#","bin":"x.sh""#, &[("x.sh", "echo")]);
    write(&site.path("node_modules/.bin/a"), "mine");
    let report = site.link(". a@1; a@1");
    assert_eq!(report.moved_aside.len(), 1);
    assert_eq!(
        site.read("node_modules/.pkg/aside-1/node_modules/.bin/a"),
        "mine"
    );
    std::fs::remove_file(site.path("node_modules/.bin/a")).unwrap();
    write(&site.path("node_modules/.bin/a"), "mine again");
    site.link(".");
    assert_eq!(site.read("node_modules/.bin/a"), "mine again");
}

#[test]
fn a_package_with_other_bytes_replaces_the_former_one_and_its_commands_stay() {
    let mut site = TestSite::new();
    site.package("a@1", "", &[("old", "old")]);
    site.package("b@1", r#","bin":"b""#, &[("b", "#!/bin/sh\n")]);
    let text = ". a@1; a@1 -> b@1; b@1";
    site.link(text);
    site.package("a@1", "", &[("new", "new")]);
    let mut tree = site.tree(text);
    for (_, entry) in &mut tree.entries {
        if let crate::tree::Entry::Package {
            snapshot,
            integrity,
        } = entry
            && snapshot.id().name().as_str() == "a"
        {
            *integrity = Some(site.packages[snapshot.id()].integrity.clone());
        }
    }
    let report = site.apply(&tree, &|_| {}).unwrap();
    assert_eq!((report.packages, report.links), (1, 1));
    let names: Vec<_> = pkg_fs::list_directory(&site.path("node_modules/a")).unwrap();
    let names: Vec<_> = names.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["new", "node_modules", "package.json"]);
    assert!(site.path("node_modules/a/node_modules/.bin/b").is_file());
}

#[test]
fn events_tell_what_is_coming_and_what_is_done() {
    let mut site = TestSite::new();
    site.packages(IDS);
    let events = std::sync::Mutex::new(Vec::new());
    let on_event = |event: LinkEvent<'_>| {
        events.lock().unwrap().push(match event {
            LinkEvent::Started { packages } => format!("{packages} packages"),
            LinkEvent::Package { id, files } => format!("{id} {files}"),
        });
    };
    site.apply(&site.tree(GRAPH), &on_event).unwrap();
    let mut events = events.into_inner().unwrap();
    assert_eq!(events[0], "4 packages");
    events.sort();
    assert_eq!(
        events[1..],
        ["@s/b@1.0.0 2", "a@1.0.0 2", "c@1.0.0 2", "c@2.0.0 2"]
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

#[test]
fn a_flat_tree_nests_packages_in_packages() {
    let mut site = TestSite::new();
    site.layout = Layout::Flat;
    site.packages("a@1 a-b@1 c@1 c@2");
    let text = ". a@1 a-b@1 c@1; a@1 -> c@2; a-b@1; c@1; c@2";
    site.link(text);
    assert_eq!(site.read("node_modules/c/lib/deep/index.js"), "c@1");
    assert_eq!(
        site.read("node_modules/a/node_modules/c/lib/deep/index.js"),
        "c@2"
    );
    let before = site.listing();
    site.record = None;
    let report = site.link(text);
    assert_eq!(
        (report.placed.total(), &report.moved_aside[..]),
        (0, &[][..])
    );
    assert_eq!(site.listing(), before);
    site.link(". a-b@1; a-b@1");
    let left = pkg_fs::list_directory(&site.path("node_modules")).unwrap();
    let left: Vec<_> = left.into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, [".pkg", "a-b"]);
}

#[test]
fn a_change_of_layout_leaves_nothing_of_the_former_one() {
    let mut site = linked();
    let isolated = site.listing();
    site.layout = Layout::Flat;
    let report = site.link(GRAPH);
    assert_eq!(report.moved_aside, []);
    let mut fresh = TestSite::new();
    fresh.layout = Layout::Flat;
    fresh.packages(IDS);
    fresh.link(GRAPH);
    assert_eq!(site.listing(), fresh.listing());
    site.layout = Layout::Isolated;
    let report = site.link(GRAPH);
    assert_eq!(report.moved_aside, []);
    assert_eq!(site.listing(), isolated);
}

#[test]
fn a_package_that_is_replaced_takes_what_lies_in_it_along() {
    let mut site = TestSite::new();
    site.layout = Layout::Flat;
    site.packages("a@1 a@2 c@1 c@2");
    site.link(". a@1 c@1; a@1 -> c@2; c@1; c@2");
    site.link(". a@2 c@1; a@2 -> c@2; c@1; c@2");
    assert_eq!(site.read("node_modules/a/lib/deep/index.js"), "a@2");
    assert_eq!(
        site.read("node_modules/a/node_modules/c/lib/deep/index.js"),
        "c@2"
    );
    site.link(". a@1 c@1; a@1; c@1");
    assert!(!site.path("node_modules/a/node_modules").exists());
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
