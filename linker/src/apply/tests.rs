//! Trees on disk, from a real store.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use pkg_fs::Preference;

use crate::apply::test_site::{GRAPH, IDS, TestSite, linked, write};
use crate::error::LinkError;
use crate::layout::Layout;
use crate::report::LinkEvent;
use crate::test_graph::key;

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
            LinkEvent::Started { packages, .. } => format!("{packages} packages"),
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
