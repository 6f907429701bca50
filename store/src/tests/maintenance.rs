//! Locks, verifying, repairing, pruning, and the list of projects.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pkg_fs::{LockOptions, LockWait};

use pkg_manifest::Integrity;

use super::{Place, overwrite, read, sample};
use crate::test_archive::TestArchive;
use crate::{Expected, Keep, PackageState, PruneReport, Pruning, StoreError};

/// Gives up at once when the lock is not free.
fn at_once() -> LockOptions<'static> {
    LockOptions {
        patience: Duration::ZERO,
        on_wait: &|_| false,
    }
}

/// Keeps some packages, and all projects.
fn keeping(package: &dyn Fn(&Integrity) -> bool) -> Keep<'_> {
    Keep {
        package,
        project: &|_| true,
    }
}

fn other() -> TestArchive {
    TestArchive::of(&[
        (
            "package/package.json",
            r#"{"name":"other","version":"1.0.0"}"#,
        ),
        ("package/shared", "a"),
        ("package/own", "own"),
    ])
}

#[test]
fn installs_share_the_store_and_cleaning_waits_for_them() {
    let place = Place::new();
    let one = place.store.lock_shared(&at_once()).unwrap();
    let two = place.again().lock_shared(&at_once()).unwrap();
    let error = place.again().lock_exclusive(&at_once()).unwrap_err();
    assert!(matches!(error, StoreError::Lock { .. }), "{error}");
    drop((one, two));
    let alone = place.store.lock_exclusive(&at_once()).unwrap();
    let told = Cell::new(None);
    let on_wait = |wait: &LockWait<'_>| {
        told.set(wait.owner);
        false
    };
    let options = LockOptions {
        patience: Duration::ZERO,
        on_wait: &on_wait,
    };
    place.again().lock_shared(&options).unwrap_err();
    assert_eq!(told.get(), Some(std::process::id()));
    drop(alone);
}

#[test]
fn an_intact_store_is_verified_as_such() {
    let place = Place::new();
    assert!(place.store.verify().unwrap().is_intact());
    place.import(sample());
    place.import(other());
    let report = place.store.verify().unwrap();
    assert!(report.is_intact() && report.unfinished_files.is_empty());
    assert_eq!((report.files, report.packages), (7, 2));
}

/// Bytes changed behind the store's back, with size and time as they were.
#[test]
fn verifying_finds_what_no_look_at_size_and_time_can_find() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let intact = place.import(other()).files;
    let path = place.file(&package, "cli.js");
    let time = path.metadata().unwrap().modified().unwrap();
    overwrite(&path, b"#!/usr/bin/env nope\n");
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(time)
        .unwrap();
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
    let report = place.store.verify().unwrap();
    assert_eq!(
        (report.damaged_files.len(), report.damaged_indexes.len()),
        (1, 0)
    );
    let [damaged] = &*report.damaged_packages else {
        panic!("{report:?}");
    };
    assert_eq!(damaged.integrity, package.integrity);
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Damaged);
    assert_eq!(place.store.check(&intact).unwrap(), PackageState::Intact);
    place.import(sample());
    assert!(place.store.verify().unwrap().is_intact());
}

#[test]
fn repairing_puts_what_is_damaged_aside_and_keeps_the_rest() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let intact = place.import(other()).files;
    overwrite(&place.file(&package, "cli.js"), b"changed");
    std::fs::remove_file(place.file(&package, "empty")).unwrap();
    let report = place.store.repair(&at_once()).unwrap();
    let [damaged] = &*report.damaged_packages else {
        panic!("{report:?}");
    };
    assert_eq!(damaged.integrity, package.integrity);
    assert_eq!(place.again().get(&package.integrity).unwrap(), None);
    assert!(place.again().get(&intact.integrity).unwrap().is_some());
    assert_eq!(place.list("quarantine").len(), 2);
    assert!(place.store.verify().unwrap().is_intact());
    place.import(sample());
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
}

/// CON-07.
#[test]
fn a_file_that_is_being_written_is_neither_removed_nor_damage() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let path = place.file(&package, "cli.js");
    let folder = Place::new();
    let in_flight = folder.store.path(package.file("cli.js").unwrap());
    pkg_fs::create_directory_all(in_flight.parent().unwrap(), 0o755).unwrap();
    pkg_fs::create_directory_all(&folder.v1("packages"), 0o755).unwrap();
    let mut writer = pkg_fs::create_new_file(&in_flight, 0o755).unwrap();
    std::io::Write::write_all(&mut writer.file, b"#!/usr/bin").unwrap();
    let report = folder.again().verify().unwrap();
    assert!(report.is_intact());
    assert_eq!(report.unfinished_files.len(), 1);
    std::io::Write::write_all(&mut writer.file, b"/env node\n").unwrap();
    assert_eq!(read(&in_flight), read(&path));
}

#[test]
fn pruning_removes_what_no_kept_package_needs() {
    let place = Place::new();
    let kept = place.import(sample()).files;
    let removed = place.import(other()).files;
    pkg_fs::write_new(&place.v1("tmp/leftover"), b"x", 0o644).unwrap();
    let report = place
        .store
        .prune(
            &keeping(&|integrity| *integrity == kept.integrity),
            &at_once(),
        )
        .unwrap();
    let expected = PruneReport {
        kept_packages: 1,
        removed_packages: 1,
        removed_files: 2,
        removed_bytes: removed.file("own").unwrap().size
            + removed.file("package.json").unwrap().size,
        ..PruneReport::default()
    };
    assert_eq!(report, expected);
    assert_eq!(place.again().get(&removed.integrity).unwrap(), None);
    assert_eq!(place.store.check(&kept).unwrap(), PackageState::Intact);
    assert!(place.list("tmp").is_empty());
    assert_eq!(place.list("files").len(), 5);
}

#[test]
fn what_was_noted_for_a_project_stays_until_it_is_forgotten() {
    let place = Place::new();
    let store = &place.store;
    let noted = place.import(sample()).files;
    place.import(other());
    let away = Path::new("/away");
    store.register_project(away).unwrap();
    assert!(!store.has_noted_needs(away).unwrap());
    store
        .note_needs(away, [&noted.integrity].into_iter())
        .unwrap();
    store
        .note_needs(away, [&noted.integrity].into_iter())
        .unwrap();
    assert!(store.has_noted_needs(away).unwrap());
    let lock = store.lock_exclusive(&at_once()).unwrap();
    let nothing = keeping(&|_| false);
    let counted = store.prune_locked(&nothing, Pruning::Count, &lock).unwrap();
    assert_eq!((counted.kept_packages, counted.removed_packages), (1, 1));
    assert_eq!(place.list("packages").len(), 2, "nothing is removed");
    assert_eq!(
        store
            .prune_locked(&nothing, Pruning::Remove, &lock)
            .unwrap(),
        counted
    );
    assert_eq!(store.check(&noted).unwrap(), PackageState::Intact);
    assert!(place.list("tmp").is_empty());
    let forgetting = Keep {
        package: &|_| false,
        project: &|_| false,
    };
    let pruned = store
        .prune_locked(&forgetting, Pruning::Remove, &lock)
        .unwrap();
    assert_eq!((pruned.kept_packages, pruned.removed_packages), (0, 1));
    assert!(place.list("needs").is_empty() && place.list("files").is_empty());
}

/// CON-03.
#[test]
fn pruning_waits_for_installs_and_is_refused_while_one_runs() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let lock = place.again().lock_shared(&at_once()).unwrap();
    let error = place
        .store
        .prune(&keeping(&|_| false), &at_once())
        .unwrap_err();
    assert!(matches!(error, StoreError::Lock { .. }), "{error}");
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
    drop(lock);
    place.store.prune(&keeping(&|_| false), &at_once()).unwrap();
    assert!(place.list("files").is_empty() && place.list("packages").is_empty());
}

/// CON-03.
#[test]
fn installs_and_prunes_in_a_loop_never_miss_a_file() {
    let place = Place::new();
    let tarball = sample().tgz();
    let patient = || LockOptions {
        patience: Duration::ZERO,
        on_wait: &|_| true,
    };
    std::thread::scope(|scope| {
        let pruner = scope.spawn(|| {
            for _ in 0..30 {
                place
                    .again()
                    .prune(&keeping(&|_| false), &patient())
                    .unwrap();
            }
        });
        for _ in 0..30 {
            let store = place.again();
            let _lock = store.lock_shared(&patient()).unwrap();
            let package = store
                .import_tarball(&tarball, &Expected::default())
                .unwrap()
                .files;
            assert_eq!(store.check(&package).unwrap(), PackageState::Intact);
            assert_eq!(read(&store.path(package.file("cli.js").unwrap())).len(), 20);
        }
        pruner.join().unwrap();
    });
}

/// KIL-13, KIL-20: contents that did not reach the disk, of packages that nobody looks up meanwhile.
#[test]
fn the_first_lock_after_a_loss_of_power_reads_what_was_written_and_closes_the_epoch() {
    let place = Place::new();
    let package = place.import(sample()).files;
    place.store.seal().unwrap();
    let epoch = place.v1("epochs/another-boot.0123456789abcdef");
    pkg_fs::write_new(&epoch, b"", 0o644).unwrap();
    let path = place.file(&package, "cli.js");
    let time = path.metadata().unwrap().modified().unwrap();
    overwrite(&path, &[0; 20]);
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(time)
        .unwrap();
    let store = place.again();
    drop(store.lock_shared(&at_once()).unwrap());
    assert!(!epoch.exists());
    let found = store.get(&package.integrity).unwrap().unwrap();
    assert_eq!(store.check(&found).unwrap(), PackageState::Damaged);
}

#[test]
fn projects_are_noted_once_each() {
    let place = Place::new();
    assert!(place.store.projects().unwrap().is_empty());
    for project in ["/b", "/a", "/b"] {
        place.store.register_project(Path::new(project)).unwrap();
    }
    assert_eq!(
        place.again().projects().unwrap(),
        [PathBuf::from("/a"), PathBuf::from("/b")]
    );
    place.store.forget_project(Path::new("/b")).unwrap();
    place.store.forget_project(Path::new("/b")).unwrap();
    assert_eq!(place.again().projects().unwrap(), [PathBuf::from("/a")]);
}
