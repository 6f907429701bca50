//! Slots on disk: made once, made again when damaged, shared by threads, never seen half made.

use std::path::{Path, PathBuf};

use pkg_lockfile::Lockfile;
use pkg_manifest::Digest;
use pkg_store::SlotState;

use super::{
    SharedSlots, Sharing, Slot, SlotOptions, SlotReport, ensure_unpacked, make_slots, missing_slots,
};
use crate::apply::test_site::TestSite;
use crate::bins::plan_bins;
use crate::error::LinkError;
use crate::layout::LinkOptions;
use crate::test_graph::{graph, key, linux};
use crate::tree::{BinOwner, Entry};

const GRAPH: &str = ". a@1; a@1 -> b@1 @s/c=c@2; b@1 -> d@1; c@2; d@1 -> b@1";

fn site() -> TestSite {
    let mut site = TestSite::new();
    site.packages("a@1 c@2 d@1");
    let bin = [("cli.js", "#!/usr/bin/env node\n"), ("lib/x.js", "x")];
    site.package("b@1", r#","bin":{"b":"cli.js","run-b":"lib/x.js"}"#, &bin);
    site
}

fn slots(lockfile: &Lockfile) -> Vec<Slot> {
    let options = LinkOptions::for_host(linux());
    let shared = SharedSlots::plan(lockfile, &options, &|_| Sharing::AsPacked).unwrap();
    let mut slots: Vec<Slot> = shared.slots().into_iter().cloned().collect();
    slots.sort_by(|left, right| left.name.cmp(&right.name));
    slots
}

fn make(site: &TestSite, slots: &[Slot]) -> Result<SlotReport, LinkError> {
    let all: Vec<&Slot> = slots.iter().collect();
    let missing = missing_slots(&site.store, &all)?;
    make_slots(&missing, &options(site, &lookup(site)), &|_| {})
}

type Lookup<'a> = Box<
    dyn Fn(&pkg_lockfile::PackageId) -> Option<std::sync::Arc<pkg_store::PackageFiles>> + Sync + 'a,
>;

fn lookup(site: &TestSite) -> Lookup<'_> {
    Box::new(|id| site.packages.get(id).cloned())
}

fn options<'a>(site: &'a TestSite, packages: &'a Lookup<'a>) -> SlotOptions<'a> {
    let store = &site.store;
    SlotOptions { store, packages }
}

/// The folder of a package in its slot.
fn folder(site: &TestSite, slots: &[Slot], package: &str) -> PathBuf {
    let slot = slots.iter().find(|slot| slot.name.package() == package);
    site.store.slot_package_path(&slot.unwrap().name)
}

fn state(site: &TestSite, slots: &[Slot], package: &str) -> SlotState {
    let slot = slots.iter().find(|slot| slot.name.package() == package);
    site.store.slot_state(&slot.unwrap().name).unwrap()
}

fn leftovers(site: &TestSite) -> Vec<String> {
    let folder = site.store.root().join("v1/tmp");
    let listed = pkg_fs::list_directory(&folder).unwrap();
    listed
        .into_iter()
        .map(|(name, _)| name.into_string().unwrap())
        .collect()
}

fn read(path: &Path) -> String {
    String::from_utf8(pkg_fs::read_regular_file(path, 1 << 20).unwrap()).unwrap()
}

#[test]
fn a_package_finds_its_dependencies_beside_it_and_nothing_else() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    assert_eq!(make(&site, &slots).unwrap().made, 4);
    let a = folder(&site, &slots, "a");
    assert_eq!(read(&a.join("lib/deep/index.js")), "a@1");
    let beside = |name: &str| a.parent().unwrap().join(name).canonicalize().unwrap();
    assert_eq!(
        beside("b"),
        folder(&site, &slots, "b").canonicalize().unwrap()
    );
    assert_eq!(
        beside("@s/c"),
        folder(&site, &slots, "c").canonicalize().unwrap()
    );
    let names = pkg_fs::list_directory(a.parent().unwrap()).unwrap();
    assert_eq!(names.len(), 3, "{names:?}");
    // In a cycle each finds the other, and that one finds the first.
    let b = folder(&site, &slots, "b");
    let around = b.parent().unwrap().join("d").canonicalize().unwrap();
    let around = around.parent().unwrap().join("b").canonicalize().unwrap();
    assert_eq!(around, b.canonicalize().unwrap());
}

#[test]
fn the_commands_of_what_a_package_depends_on_are_in_its_own_folder() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    make(&site, &slots).unwrap();
    let bins = folder(&site, &slots, "a").join("node_modules/.bin");
    let target = bins.join("b").canonicalize().unwrap();
    assert_eq!(
        target,
        folder(&site, &slots, "b")
            .join("cli.js")
            .canonicalize()
            .unwrap()
    );
    let script = read(&bins.join("run-b"));
    assert!(script.starts_with("#!/bin/sh\n") && script.contains("'../../../b/lib/x.js'"));
}

#[test]
fn the_key_is_the_hash_of_the_text_beside_it() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    make(&site, &slots).unwrap();
    for slot in &slots {
        let text = read(&site.store.slot_path(&slot.name).join("closure"));
        assert_eq!(Digest::of(text.as_bytes()).to_string(), slot.name.key());
    }
    assert_eq!(site.store.slots().unwrap().len(), slots.len());
}

#[test]
fn what_is_ready_is_not_made_again() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    make(&site, &slots).unwrap();
    let all: Vec<&Slot> = slots.iter().collect();
    assert_eq!(
        missing_slots(&site.store, &all).unwrap(),
        Vec::<&Slot>::new()
    );
    // Nobody is asked for files then.
    let nothing: Lookup<'_> = Box::new(|_| None);
    assert_eq!(
        make_slots(&all, &options(&site, &nothing), &|_| {})
            .unwrap()
            .made,
        0
    );
    assert_eq!(leftovers(&site), Vec::<String>::new());
}

#[test]
fn files_are_those_of_the_store() {
    use std::os::unix::fs::MetadataExt;
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    make(&site, &slots).unwrap();
    let files = &site.packages[key("a@1").id()];
    let stored = site.store.path(files.file("package.json").unwrap());
    let placed = folder(&site, &slots, "a").join("package.json");
    let inode = |path: &Path| path.metadata().unwrap().ino();
    assert_eq!(inode(&stored), inode(&placed));
}

#[test]
fn whatever_is_wrong_in_a_slot_that_is_looked_into_is_made_again() {
    type Damage = fn(&Path) -> std::io::Result<()>;
    let damages: [(&str, Damage); 9] = [
        ("a file is gone", |a| {
            std::fs::remove_file(a.join("package.json"))
        }),
        ("a deep file is gone", |a| {
            std::fs::remove_file(a.join("lib/deep/index.js"))
        }),
        ("a file is another", |a| {
            std::fs::remove_file(a.join("lib/deep/index.js"))?;
            std::fs::copy(a.join("package.json"), a.join("lib/deep/index.js")).map(drop)
        }),
        ("a folder is gone", |a| {
            std::fs::remove_dir_all(a.join("lib"))
        }),
        ("a folder is a link", |a| {
            std::fs::rename(a.join("lib"), a.join("elsewhere"))?;
            std::os::unix::fs::symlink("elsewhere", a.join("lib"))
        }),
        ("a command is gone", |a| {
            std::fs::remove_file(a.join("node_modules/.bin/b"))
        }),
        ("a link is gone", |a| {
            std::fs::remove_file(a.with_file_name("b"))
        }),
        ("a link leads elsewhere", |a| {
            std::fs::remove_file(a.with_file_name("b"))?;
            std::os::unix::fs::symlink(".", a.with_file_name("b"))
        }),
        ("the closure is gone", |a| {
            let modules = a.parent().expect("a package lies in a folder");
            std::fs::remove_file(modules.with_file_name("closure"))
        }),
    ];
    for (what, damage) in damages {
        let (site, slots) = (site(), slots(&graph(GRAPH)));
        make(&site, &slots).unwrap();
        let a = folder(&site, &slots, "a");
        let before = listing(&a);
        damage(&a).unwrap();
        let slot = slots
            .iter()
            .find(|slot| slot.name.package() == "a")
            .unwrap();
        site.store.doubt_slot(&slot.name).unwrap();
        assert_eq!(make(&site, &slots).unwrap().made, 1, "{what}");
        assert_eq!(listing(&a), before, "{what}");
        assert_eq!(state(&site, &slots, "a"), SlotState::Ready);
        assert_eq!(leftovers(&site), Vec::<String>::new());
    }
}

/// All that is in a slot, with the texts of links.
fn listing(package: &Path) -> Vec<String> {
    let mut open = vec![package.parent().unwrap().parent().unwrap().to_path_buf()];
    let mut lines = Vec::new();
    while let Some(folder) = open.pop() {
        for (name, kind) in pkg_fs::list_directory(&folder).unwrap() {
            let path = folder.join(name);
            let text = std::fs::read_link(&path).unwrap_or_default();
            lines.push(format!("{} {}", path.display(), text.display()));
            if kind == pkg_fs::FileKind::Directory {
                open.push(path);
            }
        }
    }
    lines.sort();
    lines
}

#[test]
fn a_change_at_the_top_of_a_package_is_seen_by_one_look() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    make(&site, &slots).unwrap();
    std::fs::remove_file(folder(&site, &slots, "a").join("package.json")).unwrap();
    assert_eq!(state(&site, &slots, "a"), SlotState::Suspect);
    assert_eq!(make(&site, &slots).unwrap().made, 1);
    // What was added does no harm: it stays, and the slot is believed again.
    std::fs::create_dir(folder(&site, &slots, "a").join(".cache")).unwrap();
    assert_eq!(state(&site, &slots, "a"), SlotState::Suspect);
    assert_eq!(make(&site, &slots).unwrap().made, 0);
    assert_eq!(state(&site, &slots, "a"), SlotState::Ready);
    assert!(folder(&site, &slots, "a").join(".cache").is_dir());
}

#[test]
fn whatever_stands_at_the_place_of_a_slot_makes_way() {
    for kind in ["a file", "a folder", "a link"] {
        let (site, slots) = (site(), slots(&graph(GRAPH)));
        let slot = slots
            .iter()
            .find(|slot| slot.name.package() == "a")
            .unwrap();
        let place = site.store.slot_path(&slot.name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        match kind {
            "a file" => drop(std::fs::File::create(&place).unwrap()),
            "a folder" => std::fs::create_dir_all(place.join("node_modules")).unwrap(),
            _ => std::os::unix::fs::symlink("/nowhere", &place).unwrap(),
        }
        assert_eq!(make(&site, &slots).unwrap().made, 4, "{kind}");
        assert_eq!(state(&site, &slots, "a"), SlotState::Ready, "{kind}");
        assert_eq!(leftovers(&site), Vec::<String>::new(), "{kind}");
    }
}

#[test]
fn a_package_whose_stored_file_was_changed_is_named_and_not_made() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    let files = &site.packages[key("a@1").id()];
    let stored = site.store.path(files.file("lib/deep/index.js").unwrap());
    std::fs::remove_file(&stored).unwrap();
    match make(&site, &slots) {
        Err(LinkError::StoreDamaged { packages }) => {
            assert_eq!(packages, [key("a@1").id().clone()]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(state(&site, &slots, "a"), SlotState::Absent);
    assert_eq!(state(&site, &slots, "b"), SlotState::Ready);
    assert_eq!(leftovers(&site), Vec::<String>::new());
}

#[test]
fn a_package_that_nobody_has_is_named() {
    let (mut site, slots) = (site(), slots(&graph(GRAPH)));
    site.packages.remove(key("d@1").id());
    match make(&site, &slots) {
        Err(LinkError::NotFetched { packages }) => {
            assert_eq!(packages, [key("d@1").id().clone()]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn threads_that_make_the_same_slots_all_find_them() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                make(&site, &slots).unwrap();
                let all: Vec<&Slot> = slots.iter().collect();
                assert!(missing_slots(&site.store, &all).unwrap().is_empty());
            });
        }
    });
    assert_eq!(leftovers(&site), Vec::<String>::new());
    assert_eq!(site.store.slots().unwrap().len(), slots.len());
}

#[test]
fn a_slot_that_was_being_built_when_its_process_died_is_gone_after_the_next_seal() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    let building = site.store.begin_slot().unwrap();
    std::fs::create_dir_all(building.join("node_modules/a/lib")).unwrap();
    assert_eq!(state(&site, &slots, "a"), SlotState::Absent);
    site.store.seal().unwrap();
    assert_eq!(leftovers(&site), Vec::<String>::new());
}

#[test]
fn a_package_alone_has_the_slot_that_it_has_as_a_leaf() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    let lockfile = graph(GRAPH);
    let alone: Vec<Slot> = ["a@1", "c@2"]
        .iter()
        .map(|id| {
            let id = key(id).id().clone();
            let integrity = lockfile.packages[&id]
                .resolution
                .integrity()
                .unwrap()
                .clone();
            let version = id.version().map(ToString::to_string);
            Slot::alone(&id, version.as_deref(), &integrity).unwrap()
        })
        .collect();
    let packages = lookup(&site);
    let folders = ensure_unpacked(&alone, &options(&site, &packages), &|_| {}).unwrap();
    assert_eq!(read(&folders[0].join("lib/deep/index.js")), "a@1");
    assert_ne!(folders[0], folder(&site, &slots, "a"));
    assert_eq!(folders[1], folder(&site, &slots, "c"));
}

#[test]
fn the_plan_of_all_slots_is_what_stands_there() {
    let (site, slots) = (site(), slots(&graph(GRAPH)));
    make(&site, &slots).unwrap();
    let lockfile = graph(GRAPH);
    let options = LinkOptions::for_host(linux());
    let shared = SharedSlots::plan(&lockfile, &options, &|_| Sharing::AsPacked).unwrap();
    let lookup = |owner: &BinOwner| match owner {
        BinOwner::Package(id) => {
            let bins = site.packages[id].bins.iter();
            bins.map(|bin| (bin.name.clone(), bin.path.clone()))
                .collect()
        }
        BinOwner::Folder(_) => Vec::new(),
    };
    let (tree, _) = plan_bins(shared.links_tree().unwrap(), &lookup).unwrap();
    let links = site.store.links();
    let mut kinds = [0; 4];
    for (path, entry) in tree.entries() {
        let place = path.below(&links);
        let kind = match entry {
            Entry::Package { .. } | Entry::Archive { .. } => {
                assert!(place.join("package.json").is_file(), "{path}");
                0
            }
            Entry::Symlink { target } => {
                assert_eq!(
                    std::fs::read_link(&place).unwrap(),
                    Path::new(target),
                    "{path}"
                );
                1
            }
            Entry::Bin { .. } => {
                assert!(place.symlink_metadata().is_ok(), "{path}");
                2
            }
            Entry::File { bytes, .. } => {
                assert_eq!(read(&place).as_bytes(), bytes, "{path}");
                3
            }
        };
        kinds[kind] += 1;
    }
    assert_eq!(kinds, [4, 4, 4, 4]);
}
