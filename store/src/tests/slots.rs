//! The shared virtual store from outside: when a slot is believed, and which ones are kept.

use std::os::unix::fs::symlink;
use std::time::Duration;

use pkg_fs::LockOptions;

use super::*;
use crate::{Keep, SlotName, SlotState};

fn slot(name: &str, key: u8) -> SlotName {
    SlotName::new(&name.parse().unwrap(), Some("1.0.0"), &[key; 32])
}

/// Makes a slot that links to others under their own names.
fn make(store: &Store, slot: &SlotName, links: &[&SlotName], package: &PackageFiles) {
    let built = store.begin_slot().unwrap();
    let modules = built.join("node_modules");
    std::fs::create_dir_all(modules.join(slot.package())).unwrap();
    for link in links {
        let place = modules.join(link.package());
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        let up = "../"
            .repeat(3 + slot.as_str().matches('@').count() + link.as_str().matches('@').count());
        symlink(format!("{up}../{}", link.package_folder()), place).unwrap();
    }
    let closure = format!(
        "pkg closure 1\npackage {} 1.0.0 {}\nslot 0\n",
        slot.package(),
        package.integrity
    );
    pkg_fs::write_new(&built.join("closure"), closure.as_bytes(), 0o644).unwrap();
    store.publish_slot(&built, slot).unwrap();
}

fn prune(store: &Store, keep: &dyn Fn(&Path) -> bool) -> crate::PruneReport {
    let wait = LockOptions {
        patience: Duration::ZERO,
        on_wait: &|_| false,
    };
    let keep = Keep {
        package: &|_| false,
        project: keep,
    };
    store.prune(&keep, &wait).unwrap()
}

#[test]
fn pruning_keeps_what_projects_link_to_with_all_that_this_reaches() {
    let place = Place::new();
    let store = &place.store;
    let package = place.import(sample()).files;
    let [a, b, c, d] = [slot("a", 1), slot("@s/b", 2), slot("c", 3), slot("d", 4)];
    make(store, &a, &[&b], &package);
    make(store, &b, &[&c], &package);
    make(store, &c, &[&b], &package);
    make(store, &d, &[&c], &package);
    let (one, two) = (Path::new("/projects/one"), Path::new("/projects/two"));
    for (project, root) in [(one, &a), (two, &d)] {
        store.register_project(project).unwrap();
        store
            .note_slots(project, std::slice::from_ref(root), None)
            .unwrap();
    }
    let report = prune(store, &|_| true);
    assert_eq!((report.kept_slots, report.removed_slots), (4, 0));
    assert_eq!(report.kept_packages, 1, "that of the slots");

    let report = prune(store, &|project| project == one);
    assert_eq!((report.kept_slots, report.removed_slots), (3, 1));
    assert_eq!(store.slots().unwrap(), [b, a.clone(), c]);
    assert_eq!(store.projects().unwrap(), [one]);
    assert_eq!(store.noted_slots(two).unwrap(), []);
    assert!(!store.links().join("d").exists(), "no empty folder is left");

    // A project that has another layout now.
    store.note_slots(one, &[], None).unwrap();
    let report = prune(store, &|_| true);
    assert_eq!((report.kept_slots, report.removed_slots), (0, 3));
    assert_eq!((report.kept_packages, report.removed_packages), (0, 1));
    assert_eq!(place.list("links"), ["generation"]);
    assert!(place.list("tmp").is_empty());
    assert_eq!(store.slot_state(&a).unwrap(), SlotState::Absent);
}

#[test]
fn whatever_else_lies_among_slots_is_left_alone_and_leads_nowhere() {
    let place = Place::new();
    let store = &place.store;
    let package = place.import(sample()).files;
    let a = slot("a", 1);
    make(store, &a, &[], &package);
    let links = store.links();
    std::fs::create_dir_all(links.join("notes/1/2")).unwrap();
    std::fs::create_dir_all(place.path("elsewhere/a/1.0.0")).unwrap();
    symlink(place.path("elsewhere"), links.join("@linked")).unwrap();
    // A link that leaves `links/` is no slot.
    let modules = store.slot_path(&a).join("node_modules");
    symlink("../../../../../../elsewhere/a", modules.join("x")).unwrap();
    store.register_project(Path::new("/p")).unwrap();
    store
        .note_slots(Path::new("/p"), std::slice::from_ref(&a), None)
        .unwrap();
    assert_eq!(store.slots().unwrap(), [a]);
    let report = prune(store, &|_| false);
    assert_eq!((report.kept_slots, report.removed_slots), (0, 1));
    assert!(links.join("notes/1/2").exists() && place.path("elsewhere/a/1.0.0").exists());
}

#[test]
fn slots_noted_for_a_project_are_read_back_and_replaced() {
    let place = Place::new();
    let project = Path::new("/p");
    let (a, b) = (slot("a", 1), slot("b", 2));
    assert_eq!(place.store.noted_slots(project).unwrap(), []);
    for roots in [vec![a.clone(), b.clone()], vec![b], vec![a]] {
        place.store.note_slots(project, &roots, None).unwrap();
        assert_eq!(place.store.noted_slots(project).unwrap(), roots);
    }
    assert!(place.list("tmp").is_empty());
    place.store.forget_project(project).unwrap();
    assert_eq!(place.store.noted_slots(project).unwrap(), []);
}

#[test]
fn a_slot_is_doubted_after_a_loss_of_power_and_after_a_repair() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let a = slot("a", 1);
    make(&place.store, &a, &[], &package);
    assert_eq!(place.store.slot_state(&a).unwrap(), SlotState::Ready);
    // An epoch of a kernel that no longer runs.
    let epoch = place.v1("epochs/00000000-0000-4000-8000-000000000000.lost");
    pkg_fs::write_new(&epoch, b"", 0o644).unwrap();
    let wait = LockOptions {
        patience: Duration::ZERO,
        on_wait: &|_| false,
    };
    drop(place.again().lock_shared(&wait).unwrap());
    assert_eq!(place.store.slot_state(&a).unwrap(), SlotState::Suspect);
    place.store.trust_slot(&a).unwrap();
    assert_eq!(place.store.slot_state(&a).unwrap(), SlotState::Ready);
    overwrite(&place.file(&package, "lib/b.js"), b"c");
    assert_eq!(place.again().repair(&wait).unwrap().damaged_files.len(), 1);
    assert_eq!(place.store.slot_state(&a).unwrap(), SlotState::Suspect);
}

#[test]
fn the_generation_changes_when_a_slot_goes_and_not_when_one_comes() {
    let place = Place::new();
    let store = &place.store;
    let package = place.import(sample()).files;
    let [a, b] = [slot("a", 1), slot("b", 2)];
    let project = Path::new("/p");
    make(store, &a, &[], &package);
    store.register_project(project).unwrap();
    store
        .note_slots(project, std::slice::from_ref(&a), None)
        .unwrap();
    let first = read(&store.slots_generation());
    make(store, &b, &[], &package);
    store
        .note_slots(project, &[a.clone(), b.clone()], None)
        .unwrap();
    prune(store, &|_| true);
    assert_eq!(read(&store.slots_generation()), first);
    store
        .note_slots(project, std::slice::from_ref(&a), None)
        .unwrap();
    prune(store, &|_| true);
    let second = read(&store.slots_generation());
    assert_ne!(second, first);
    store.doubt_all_slots().unwrap();
    assert_ne!(read(&store.slots_generation()), second);
}

#[test]
fn a_set_is_noted_as_ready_until_the_generation_ends_or_the_set_is_another() {
    let place = Place::new();
    let store = &place.store;
    let package = place.import(sample()).files;
    let [a, b] = [slot("a", 1), slot("b", 2)];
    let (project, other) = (Path::new("/p"), Path::new("/q"));
    make(store, &a, &[], &package);
    let set = |slots: &[&SlotName]| store.slot_set(slots.iter().copied()).unwrap().unwrap();
    let is_ready = |project, set| store.is_noted_ready(project, set).unwrap();
    let first = set(&[&a, &b]);
    assert!(!is_ready(project, &first));
    let roots = std::slice::from_ref(&a);
    store.note_slots(project, roots, None).unwrap();
    assert!(!is_ready(project, &first));
    store.note_slots(project, roots, Some(&first)).unwrap();
    let turned = set(&[&b, &a]);
    assert!(is_ready(project, &first) && is_ready(project, &turned));
    let fewer = set(&[&a]);
    assert!(!is_ready(project, &fewer) && !is_ready(other, &first));
    assert_eq!(store.noted_slots(project).unwrap(), roots);
    // What was taken before something was doubted is not taken for ready after it.
    store.doubt_all_slots().unwrap();
    let second = set(&[&a, &b]);
    assert!(!is_ready(project, &second));
    store.note_slots(project, roots, Some(&first)).unwrap();
    assert!(!is_ready(project, &second));
    store.note_slots(project, roots, Some(&second)).unwrap();
    assert!(is_ready(project, &second));
    store.note_slots(project, &[], None).unwrap();
    assert!(!is_ready(project, &second));
}
