//! From one layout to another: what is made, what is kept, what is gone.

use std::os::unix::fs::{MetadataExt, symlink};

use pkg_manifest::RelativePath;
use proptest::prelude::*;

use crate::apply::test_site::{TestSite, write};
use crate::apply::{TRASH, Trash};
use crate::layout::Layout;
use crate::record::{Recorded, TreeRecord};
use crate::test_graph::graph;
use crate::tree::{Entry, Tree};
use crate::{LinkOptions, test_graph::linux};

const LAYOUTS: [Layout; 3] = [Layout::Isolated, Layout::Flat, Layout::Nested];
/// Two versions of a package, a scope, a package below another, a cycle.
const SWITCHED: &str =
    ". a@1 @s/b@1 c@2; a@1 -> @s/b@1 c@1; @s/b@1 -> c@1 d@1; c@1; c@2 -> d@1; d@1 -> a@1";
const PACKAGES: &str = "a@1 @s/b@1 c@1 c@2 d@1";

fn site(layout: Layout) -> TestSite {
    let mut site = TestSite::new();
    site.packages(PACKAGES);
    site.package(
        "a@1",
        r#","bin":"cli.js""#,
        &[("cli.js", "#!/usr/bin/env node\n")],
    );
    site.layout = layout;
    site.link(SWITCHED);
    site
}

fn folder_of(site: &TestSite, name: &str) -> u64 {
    let metadata = std::fs::metadata(site.path("node_modules").join(name)).unwrap();
    metadata.ino()
}

#[test]
fn a_switch_leaves_what_a_fresh_run_makes() {
    for from in LAYOUTS {
        for to in LAYOUTS {
            let mut site = site(from);
            site.layout = to;
            let report = site.link(SWITCHED);
            let fresh = self::site(to);
            assert_eq!(site.listing(), fresh.listing(), "{from:?} to {to:?}");
            assert_eq!(site.record, fresh.record, "{from:?} to {to:?}");
            assert_eq!(report.moved_aside, [], "{from:?} to {to:?}");
        }
    }
}

#[test]
fn folders_of_packages_are_moved_and_not_linked_anew() {
    let mut site = site(Layout::Isolated);
    let before = ["a", "@s/b", "c"].map(|name| folder_of(&site, name));
    site.layout = Layout::Flat;
    let report = site.link(SWITCHED);
    assert_eq!(
        ["a", "@s/b", "c"].map(|name| folder_of(&site, name)),
        before
    );
    // The flat tree has one of them twice.
    assert_eq!((report.packages, report.moved), (6, 5));
    assert_eq!((report.placed.total(), report.removed_packages), (2, 0));
    site.layout = Layout::Isolated;
    let report = site.link(SWITCHED);
    assert_eq!(
        ["a", "@s/b", "c"].map(|name| folder_of(&site, name)),
        before
    );
    assert_eq!((report.packages, report.moved), (5, 5));
    assert_eq!(report.removed_packages, 1);
}

#[test]
fn foreign_files_stay_through_every_switch() {
    for from in LAYOUTS {
        for to in LAYOUTS {
            let mut site = site(from);
            write(&site.path("node_modules/.cache/tool/entry"), "cache");
            write(&site.path("node_modules/mine/index.js"), "mine");
            write(&site.path("node_modules/@s/mine/index.js"), "mine");
            symlink("/nowhere", site.path("node_modules/linked")).unwrap();
            site.layout = to;
            site.link(SWITCHED);
            assert_eq!(site.read("node_modules/.cache/tool/entry"), "cache");
            assert_eq!(site.read("node_modules/mine/index.js"), "mine");
            assert_eq!(site.read("node_modules/@s/mine/index.js"), "mine");
            let target = std::fs::read_link(site.path("node_modules/linked")).unwrap();
            assert_eq!(target.to_str(), Some("/nowhere"), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn an_interrupted_switch_is_finished_by_whatever_comes_next() {
    for from in LAYOUTS {
        for to in LAYOUTS {
            for then in LAYOUTS {
                let mut site = site(from);
                site.layout = to;
                let tree = site.tree(SWITCHED);
                let unfinished = TreeRecord::unfinished(site.record.as_ref(), &tree);
                // Killed with one folder on its way and another one already where it belongs.
                let folders = package_folders(&site);
                std::fs::create_dir_all(site.path(TRASH)).unwrap();
                let on_its_way = site.path(TRASH).join("on-its-way");
                std::fs::rename(site.path(folders[0].as_str()), on_its_way).unwrap();
                arrive(&site, &tree, &folders[1]);
                site.record = Some(unfinished);
                site.layout = then;
                site.link(SWITCHED);
                let fresh = self::site(then);
                let name = format!("{from:?} to {to:?}, then {then:?}");
                assert_eq!(site.listing(), fresh.listing(), "{name}");
                assert_eq!(site.record, fresh.record, "{name}");
            }
        }
    }
}

/// Folders of packages in which no other one lies.
fn package_folders(site: &TestSite) -> Vec<RelativePath> {
    let tree = site.record.as_ref().unwrap();
    let paths: Vec<_> = tree
        .entries
        .iter()
        .filter(|(_, recorded)| recorded.index().is_some())
        .map(|(path, _)| path.clone())
        .collect();
    let is_outermost = |path: &&RelativePath| {
        let inside = format!("{path}/");
        !paths
            .iter()
            .any(|other| other.as_str().starts_with(&inside))
    };
    paths.iter().filter(is_outermost).cloned().collect()
}

/// Moves a folder of the former tree to where the new one has the same package.
fn arrive(site: &TestSite, tree: &Tree, folder: &RelativePath) {
    let recorded = site.record.as_ref().unwrap().get(folder).unwrap().clone();
    let is_same = |entry: &Entry| {
        matches!(entry, Entry::Package { .. })
            && recorded.text.starts_with(&*Recorded::of(entry).text)
    };
    let (place, _) = tree.entries().find(|(_, entry)| is_same(entry)).unwrap();
    let place = site.path(place.as_str());
    if place.symlink_metadata().is_ok() {
        return;
    }
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::rename(site.path(folder.as_str()), place).unwrap();
}

#[test]
fn a_package_that_the_record_does_not_vouch_for_is_not_moved() {
    let mut site = site(Layout::Isolated);
    let before = folder_of(&site, "a");
    // The lockfile now has another hash for it.
    site.package("a@1", "", &[("lib/deep/index.js", "other")]);
    site.layout = Layout::Flat;
    site.link(SWITCHED);
    assert_ne!(folder_of(&site, "a"), before);
    assert_eq!(site.read("node_modules/a/lib/deep/index.js"), "other");
}

#[test]
fn what_was_thrown_away_waits_for_the_caller_where_it_asks_for_that() {
    let mut site = site(Layout::Isolated);
    site.trash = Trash::Keep;
    site.link(". c@2; c@2");
    let left = pkg_fs::list_directory(&site.path(TRASH)).unwrap();
    assert!(left.len() >= 3, "{left:?}");
    std::fs::remove_dir_all(site.path(TRASH)).unwrap();
    let mut fresh = TestSite::new();
    fresh.packages("c@2");
    fresh.link(". c@2; c@2");
    assert_eq!(site.listing(), fresh.listing());
}

fn map(text: &str) -> Tree {
    let graph = graph(SWITCHED);
    let options = LinkOptions::for_host(linux());
    let isolated = crate::plan(&graph, Layout::Isolated, &options).unwrap();
    let unplugged = ".pkg/unplugged/a@1.0.0/node_modules/a";
    let a = isolated
        .entries
        .into_iter()
        .find_map(|(_, entry)| match entry {
            Entry::Package { ref snapshot, .. } if snapshot.id().name().as_str() == "a" => {
                Some(entry)
            }
            _ => None,
        });
    let mut tree = Tree::default();
    let file = Entry::file(text.into(), false);
    let entries = [(".pnp.cjs", file), (unplugged, a.unwrap())];
    tree.extend(entries.map(|(path, entry)| (path.parse().unwrap(), entry)))
        .unwrap();
    tree
}

fn put(site: &mut TestSite, tree: &Tree) -> crate::LinkReport {
    let report = site.apply(tree, &|_| {}).unwrap();
    site.record = Some(report.record.clone());
    report
}

#[test]
fn a_map_and_unplugged_packages_come_and_go() {
    for layout in LAYOUTS {
        let mut site = site(layout);
        let fresh = site.listing();
        put(&mut site, &map("first"));
        let alone = [
            ".pkg/",
            ".pkg/unplugged/",
            ".pkg/unplugged/a@1.0.0/",
            ".pkg/unplugged/a@1.0.0/node_modules/",
            ".pkg/unplugged/a@1.0.0/node_modules/a/",
            ".pkg/unplugged/a@1.0.0/node_modules/a/cli.js 20",
            ".pkg/unplugged/a@1.0.0/node_modules/a/package.json 45",
            ".pnp.cjs 5",
            "node_modules/",
            "node_modules/.pkg/",
        ];
        assert_eq!(site.listing(), alone, "{layout:?}");
        let report = put(&mut site, &map("second"));
        assert_eq!((report.links, site.read(".pnp.cjs")), (1, "second".into()));
        site.link(SWITCHED);
        assert_eq!(site.listing(), fresh, "{layout:?}");
    }
}

#[test]
fn a_map_that_is_not_ours_or_was_edited_is_kept_aside() {
    let mut site = site(Layout::Isolated);
    write(&site.path(".pnp.cjs"), "another manager's");
    let report = put(&mut site, &map("ours"));
    let aside = &report.moved_aside[0].moved_to;
    assert_eq!(std::fs::read(aside).unwrap(), b"another manager's");
    assert_eq!(site.read(".pnp.cjs"), "ours");
    std::fs::remove_file(site.path(".pnp.cjs")).unwrap();
    write(&site.path(".pnp.cjs"), "edited");
    let report = {
        let report = site.apply(&site.tree(SWITCHED), &|_| {}).unwrap();
        site.record = Some(report.record.clone());
        report
    };
    let aside = &report.moved_aside[0].moved_to;
    assert_eq!(std::fs::read(aside).unwrap(), b"edited");
    assert!(!site.path(".pnp.cjs").exists());
}

/// For each of four packages the version that somebody depends on, if any.
fn edges() -> impl Strategy<Value = [Option<u8>; 4]> {
    prop::array::uniform4(prop::option::of(1..=2_u8))
}

/// A graph of eight instances: what the project and each of them depend on.
fn graph_text((project, packages): &([Option<u8>; 4], Vec<[Option<u8>; 4]>)) -> String {
    let shown = |edges: &[Option<u8>; 4], own: Option<usize>| {
        let targets = edges
            .iter()
            .enumerate()
            .filter(|(name, _)| Some(*name) != own);
        targets
            .filter_map(|(name, version)| {
                Some(format!(
                    " {}@{}",
                    ["a", "b", "@s/c", "d"][name],
                    (*version)?
                ))
            })
            .collect::<String>()
    };
    let mut text = format!(".{}", shown(project, None));
    for (index, edges) in packages.iter().enumerate() {
        let (name, version) = (index / 2, index % 2 + 1);
        let name_text = ["a", "b", "@s/c", "d"][name];
        text.push_str(&format!(
            "; {name_text}@{version} ->{}",
            shown(edges, Some(name))
        ));
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn whatever_was_there_a_run_leaves_what_a_fresh_one_makes(
        before in (edges(), prop::collection::vec(edges(), 8)),
        after in (edges(), prop::collection::vec(edges(), 8)),
        from in 0..3_usize, to in 0..3_usize,
    ) {
        let ids = "a@1 a@2 b@1 b@2 @s/c@1 @s/c@2 d@1 d@2";
        let mut site = TestSite::new();
        site.packages(ids);
        site.layout = LAYOUTS[from];
        site.link(&graph_text(&before));
        site.layout = LAYOUTS[to];
        let report = site.link(&graph_text(&after));
        let mut fresh = TestSite::new();
        fresh.packages(ids);
        fresh.layout = LAYOUTS[to];
        fresh.link(&graph_text(&after));
        let name = format!("{} then {}", graph_text(&before), graph_text(&after));
        let listings = (site.listing(), fresh.listing());
        // An empty tree has no folder of its own where nothing was before.
        let skip = |line: &String| line != "node_modules/" && line != "node_modules/.pkg/";
        let [left, right] = [listings.0, listings.1].map(|lines| lines.into_iter().filter(skip).collect::<Vec<_>>());
        prop_assert_eq!(left, right, "{}", name);
        prop_assert_eq!(&site.record, &fresh.record);
        prop_assert_eq!(report.moved_aside, []);
    }
}
