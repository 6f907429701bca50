//! Files and indexes that were changed, torn or lost: seen before they are linked, and repaired by importing again.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use proptest::prelude::*;

use super::{Place, overwrite, read, run_again, sample};
use crate::index::{decode_index, encode_index};
use crate::{Expected, PackageFiles, PackageState, Store};

fn set_mtime(path: &Path, seconds: i64) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    pkg_fs::set_mtime(&file, seconds).unwrap();
}

/// The package is damaged for every store object until it is imported again, and intact after that.
#[track_caller]
fn assert_repaired_by_import(place: &Place, package: &PackageFiles) {
    assert_eq!(place.again().check(package).unwrap(), PackageState::Damaged);
    assert_eq!(place.store.check(package).unwrap(), PackageState::Damaged);
    let found = place
        .store
        .get_checked(&package.integrity, &Expected::default())
        .unwrap();
    assert_eq!(found, None);
    let repaired = place.import(sample()).files;
    assert_eq!(&repaired, package);
    assert_eq!(place.again().check(package).unwrap(), PackageState::Intact);
    for file in &package.files {
        let digest = crate::contents::ContentId::of(&read(&place.store.path(file)), false).digest;
        assert_eq!(&digest, &file.digest.0);
    }
    assert!(place.list("tmp").is_empty());
}

/// FS-13, law 3.
#[test]
fn an_edit_through_a_project_never_reaches_another() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let (stored, linked) = (place.file(&package, "lib/b.js"), place.path("linked.js"));
    std::fs::hard_link(&stored, &linked).unwrap();
    overwrite(&linked, b"x");
    assert_repaired_by_import(&place, &package);
    assert_eq!(
        read(&linked),
        b"x",
        "the edit itself stays where it was made"
    );
}

#[test]
fn an_edit_of_the_same_size_with_the_time_of_now_is_seen() {
    let place = Place::new();
    let package = place.import(sample()).files;
    overwrite(&place.file(&package, "cli.js"), b"#!/usr/bin/env nope\n");
    assert_repaired_by_import(&place, &package);
}

#[test]
fn a_file_that_was_only_touched_is_read_and_kept() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let path = place.file(&package, "lib/b.js");
    let before = path.metadata().unwrap();
    set_mtime(&path, 1_700_000_000);
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
    let after = path.metadata().unwrap();
    assert_eq!((after.mtime(), after.ino()), (before.mtime(), before.ino()));
}

#[test]
fn a_changed_mode_is_put_right() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let path = place.file(&package, "lib/b.js");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o777)).unwrap();
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
    assert_eq!(path.metadata().unwrap().mode() & 0o7777, 0o644);
}

/// FS-15, KIL-13.
#[test]
fn a_file_cut_short_with_its_time_restored_is_seen_by_its_size() {
    for length in [0, 10] {
        let place = Place::new();
        let package = place.import(sample()).files;
        let path = place.file(&package, "cli.js");
        let time = path.metadata().unwrap().mtime();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_len(length).unwrap();
        set_mtime(&path, time);
        assert_repaired_by_import(&place, &package);
    }
}

/// A process that was killed while writing leaves a file without its stamp.
#[test]
fn a_torn_file_is_not_believed_and_is_replaced() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let path = place.file(&package, "cli.js");
    std::fs::remove_file(&path).unwrap();
    pkg_fs::write_new(&path, b"#!/usr/bin", 0o755).unwrap();
    assert_repaired_by_import(&place, &package);
    // Also when the torn file came first, and no index is there yet.
    let fresh = Place::new();
    let shard = path.parent().unwrap().file_name().unwrap();
    pkg_fs::create_directory_all(&fresh.v1("files").join(shard), 0o755).unwrap();
    let torn = fresh.file_path(&package, "cli.js");
    pkg_fs::write_new(&torn, b"#!/usr/bin", 0o755).unwrap();
    let imported = fresh.import(sample()).files;
    assert_eq!(fresh.store.check(&imported).unwrap(), PackageState::Intact);
    assert_eq!(read(&torn), b"#!/usr/bin/env node\n");
}

impl Place {
    fn file_path(&self, package: &PackageFiles, path: &str) -> std::path::PathBuf {
        self.store.path(package.file(path).unwrap())
    }
}

/// FS-16.
#[test]
fn a_missing_file_makes_its_package_one_to_fetch() {
    let place = Place::new();
    let package = place.import(sample()).files;
    std::fs::remove_file(place.file(&package, "empty")).unwrap();
    assert_repaired_by_import(&place, &package);
}

/// FS-30.
#[test]
fn a_folder_or_link_in_place_of_a_file_is_replaced() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let (path, canary) = (place.file(&package, "lib/b.js"), place.path("canary"));
    pkg_fs::write_new(&canary, b"b", 0o644).unwrap();
    std::fs::remove_file(&path).unwrap();
    pkg_fs::create_symlink(&canary, &path).unwrap();
    assert_repaired_by_import(&place, &package);
    assert_eq!(read(&canary), b"b");
    std::fs::remove_file(&path).unwrap();
    pkg_fs::create_directory_all(&path.join("sub"), 0o755).unwrap();
    assert_repaired_by_import(&place, &package);
}

/// FS-17.
#[test]
fn an_index_that_cannot_be_believed_is_absent_and_rebuilt() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let index = place.v1("packages").join(&place.list("packages")[0]);
    let good = read(&index);
    let mut old = good.clone();
    old[8] = 0;
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    let torn = good[..good.len() / 2].to_vec();
    for bad in [
        Vec::new(),
        vec![0; good.len()],
        b"random bytes".to_vec(),
        old,
        flipped,
        torn,
    ] {
        overwrite(&index, &bad);
        assert_eq!(place.again().get(&package.integrity).unwrap(), None);
        place.import(sample());
        assert_eq!(read(&index), good);
    }
    std::fs::remove_file(&index).unwrap();
    pkg_fs::create_directory_all(&index, 0o755).unwrap();
    assert_eq!(place.again().get(&package.integrity).unwrap(), None);
    place.import(sample());
    assert_eq!(read(&index), good);
}

#[test]
fn an_index_under_the_name_of_another_package_is_not_believed() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let other = place.import(sample().file("package/more", b"")).files;
    let names: Vec<_> = place
        .list("packages")
        .iter()
        .map(|name| place.v1("packages").join(name))
        .collect();
    let (one, two) = (read(&names[0]), read(&names[1]));
    overwrite(&names[0], &two);
    overwrite(&names[1], &one);
    for integrity in [package.integrity, other.integrity] {
        assert_eq!(place.again().get(&integrity).unwrap(), None);
    }
}

/// What an open epoch of another boot covers is read before it is used.
fn lose_power(place: &Place) {
    place.store.seal().unwrap();
    let epochs = place.v1("epochs");
    pkg_fs::write_new(&epochs.join("another-boot.0123456789abcdef"), b"", 0o644).unwrap();
}

/// KIL-20, law 4: zeros of the right length and with the right time, as some file systems leave them.
#[test]
fn after_a_loss_of_power_contents_are_read_before_use() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let path = place.file(&package, "cli.js");
    let time = path.metadata().unwrap().mtime();
    lose_power(&place);
    overwrite(&path, &[0; 20]);
    set_mtime(&path, time);
    let store = place.again();
    assert_eq!(store.get(&package.integrity).unwrap(), None);
    store
        .import_tarball(&sample().tgz(), &Expected::default())
        .unwrap();
    assert_eq!(read(&path), b"#!/usr/bin/env node\n");
    assert!(store.get(&package.integrity).unwrap().is_some());
}

/// The same for a content that another package brings again: it is not believed by its stamp alone.
#[test]
fn after_a_loss_of_power_contents_are_read_before_they_are_shared() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let path = place.file(&package, "cli.js");
    let time = path.metadata().unwrap().mtime();
    lose_power(&place);
    overwrite(&path, &[0; 20]);
    set_mtime(&path, time);
    let other = sample().file("package/more", b"more").tgz();
    place
        .again()
        .import_tarball(&other, &Expected::default())
        .unwrap();
    assert_eq!(read(&path), b"#!/usr/bin/env node\n");
}

/// KIL-14, KIL-20.
#[test]
fn epochs_of_this_boot_are_no_reason_for_doubt_and_are_closed_by_the_next_seal() {
    let place = Place::new();
    place.import(sample());
    assert_eq!(place.list("epochs").len(), 1);
    let Place { folder, store } = place;
    let root = store.root().to_path_buf();
    drop(store);
    let place = Place {
        folder,
        store: Store::open(&root).unwrap(),
    };
    assert_eq!(place.store.distrust_since().unwrap(), None);
    place.import(sample().file("package/more", b""));
    assert_eq!(place.list("epochs").len(), 2);
    place.store.seal().unwrap();
    assert_eq!(place.list("epochs"), [""; 0]);
    place.store.seal().unwrap();
}

#[test]
fn what_is_left_unsealed_is_sealed_by_another() {
    let place = Place::new();
    assert!(!place.store.leave_unsealed().unwrap());
    place.import(sample());
    let busy = place.again();
    busy.import_tarball(&sample().file("package/x", b"").tgz(), &Expected::default())
        .unwrap();
    assert!(place.store.leave_unsealed().unwrap());
    assert_eq!(place.list("epochs").len(), 2);
    let other = place.again();
    other.seal().unwrap();
    assert!(!other.leave_unsealed().unwrap());
    assert_eq!(place.list("epochs").len(), 1, "one is at work still");
    place.import(sample().file("package/more", b""));
    assert_eq!(
        place.list("epochs").len(),
        2,
        "what is written later belongs to a new one"
    );
    busy.seal().unwrap();
    place.store.seal().unwrap();
    assert_eq!(place.list("epochs"), [""; 0]);
}

/// KIL-01: the temporary files of a killed process go with its epoch, also when there is nothing new to store.
#[test]
fn the_next_seal_removes_what_a_killed_process_left() {
    let place = Place::new();
    place.import(sample());
    let Place { folder, store } = place;
    let root = store.root().to_path_buf();
    drop(store);
    let place = Place {
        folder,
        store: Store::open(&root).unwrap(),
    };
    let leftover = place.v1("tmp/.pkg-0123456789abcdef.tmp");
    pkg_fs::write_new(&leftover, b"half", 0o644).unwrap();
    let other = place.again();
    other
        .import_tarball(&sample().file("package/x", b"").tgz(), &Expected::default())
        .unwrap();
    place.store.seal().unwrap();
    assert!(
        leftover.exists(),
        "it may belong to the process that is still alive"
    );
    other.seal().unwrap();
    assert!(!leftover.exists());
    place.import(sample().file("package/y", b""));
    place.store.seal().unwrap();
    assert_eq!(
        (place.list("epochs").len(), place.list("tmp").len()),
        (0, 0)
    );
}

/// What is left when a write fails in the middle; without a limit on the size of files it succeeds.
#[test]
fn an_import_leaves_a_package_or_none() {
    let place = Place::new();
    let is_limited = pkg_fs::write_new(&place.path("probe"), &[0; 1 << 20], 0o644).is_err();
    let tarball = sample().file("package/large", &[7; 1 << 20]).tgz();
    let imported = place.store.import_tarball(&tarball, &Expected::default());
    assert_eq!(imported.is_err(), is_limited);
    assert_eq!(place.list("packages").is_empty(), is_limited);
    assert!(place.list("tmp").is_empty());
    let stored = place
        .list("files")
        .into_iter()
        .map(|name| place.v1("files").join(name));
    let large = stored
        .filter(|path| path.metadata().unwrap().len() > 1000)
        .count();
    assert_eq!(
        large,
        usize::from(!is_limited),
        "a full disk is not kept full"
    );
    let package = place.import(sample()).files;
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
    let report = place.store.verify().unwrap();
    assert!(report.is_intact());
    assert_eq!(report.unfinished_files.len(), usize::from(is_limited));
}

/// FS-01, FS-04.
#[test]
fn a_write_that_fails_leaves_no_package() {
    let settings = "trap '' XFSZ && ulimit -f 64";
    run_again(
        settings,
        "tests::damage::an_import_leaves_a_package_or_none",
    );
}

#[test]
fn a_seal_leaves_the_epochs_of_living_processes() {
    let place = Place::new();
    place.import(sample());
    let other = place.again();
    other
        .import_tarball(&sample().file("package/x", b"").tgz(), &Expected::default())
        .unwrap();
    place.store.seal().unwrap();
    assert_eq!(place.list("epochs").len(), 1);
    other.seal().unwrap();
    assert_eq!(place.list("epochs").len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// No change of an index is read as another package.
    #[test]
    fn a_changed_index_is_no_index(at in any::<usize>(), value in any::<u8>(), cut in any::<bool>()) {
        let place = PACKAGE.with(Clone::clone);
        let good = encode_index(&place).unwrap();
        prop_assert_eq!(decode_index(&good), Some(place));
        let mut bad = good.clone();
        let at = at % bad.len();
        if cut {
            bad.truncate(at);
        } else {
            bad[at] = value;
        }
        prop_assert!(bad == good || decode_index(&bad).is_none());
    }

    #[test]
    fn random_bytes_are_no_index(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_eq!(decode_index(&bytes), None);
    }
}

thread_local! {
    static PACKAGE: PackageFiles = Place::new().import(sample()).files;
}
