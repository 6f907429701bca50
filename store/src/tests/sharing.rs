//! One store for many: threads, processes, other users, and file systems that cannot be written to.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Place, expected, read, sample};
use crate::test_archive::TestArchive;
use crate::{Expected, PackageState, Store, StoreError};

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// CON-02.
#[test]
fn eight_threads_import_one_package_at_once() {
    for _ in 0..20 {
        let place = Place::new();
        let tarball = sample().tgz();
        let packages: Vec<_> = std::thread::scope(|scope| {
            let import = || {
                let store = place.again();
                let imported = store
                    .import_tarball(&tarball, &expected("sample", "1.2.3"))
                    .unwrap();
                assert_eq!(store.check(&imported.files).unwrap(), PackageState::Intact);
                imported.files
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(import)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(packages.iter().all(|package| *package == packages[0]));
        assert_eq!(place.list("files").len(), 5);
        assert_eq!(place.list("packages").len(), 1);
        assert!(place.list("tmp").is_empty());
    }
}

/// CON-02: packages that share most of their contents.
#[test]
fn eight_threads_import_packages_that_share_contents() {
    let place = Place::new();
    std::thread::scope(|scope| {
        for number in 0..8_u8 {
            let place = &place;
            scope.spawn(move || {
                for round in 0..10_u8 {
                    let archive = sample().file("package/own", &[number, round]);
                    let package = place.import(archive).files;
                    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
                }
            });
        }
    });
    assert_eq!(place.list("files").len(), 5 + 80);
    assert!(place.list("tmp").is_empty());
}

/// FS-18.
#[test]
fn a_store_that_others_can_write_to_is_refused_with_the_command_that_helps() {
    for below in ["", "v1", "v1/files", "v1/packages"] {
        for mode in [0o775, 0o757, 0o777] {
            let place = Place::new();
            place.import(sample());
            let folder = place.store.root().join(below);
            chmod(&folder, mode);
            let error = Store::open(place.store.root()).unwrap_err();
            let StoreError::Untrusted { path, fix, .. } = error else {
                panic!("{error}");
            };
            assert!(fix.contains("chmod -R go-w"), "{fix}");
            assert!(path.ends_with(below));
            chmod(&folder, 0o755);
            Store::open(place.store.root()).unwrap();
        }
    }
}

/// FS-19.
#[test]
fn a_folder_above_the_store_that_everyone_can_write_to_is_refused() {
    let place = Place::new();
    let shared = place.path("shared");
    pkg_fs::create_directory_all(&shared.join("mine"), 0o755).unwrap();
    chmod(&shared, 0o777);
    let error = Store::open(&shared.join("mine/store")).unwrap_err();
    assert!(matches!(error, StoreError::Untrusted { .. }), "{error}");
    chmod(&shared, 0o1777);
    Store::open(&shared.join("mine/store")).unwrap();
}

/// FS-18, FS-19: only root can give files to others, so only root can show this.
#[test]
fn what_belongs_to_another_user_is_refused() {
    if pkg_fs::current_user() != 0 {
        return;
    }
    let place = Place::new();
    place.import(sample());
    std::os::unix::fs::chown(place.store.root(), Some(12345), None).unwrap();
    let error = Store::open(place.store.root()).unwrap_err();
    let StoreError::Untrusted { fix, .. } = error else {
        panic!("{error}");
    };
    assert!(fix.contains("chown"), "{fix}");
    let link = place.path("link");
    pkg_fs::create_symlink(place.folder.path(), &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(12345), None).unwrap();
    let error = Store::open(&link.join("other")).unwrap_err();
    assert!(matches!(error, StoreError::Untrusted { .. }), "{error}");
}

#[test]
fn nothing_is_created_before_something_is_written() {
    let place = Place::new();
    let missing = expected("a", "1.0.0");
    let integrity = super::integrity_of(pkg_manifest::Algorithm::Sha512, b"x");
    assert_eq!(place.store.get_checked(&integrity, &missing).unwrap(), None);
    place.store.seal().unwrap();
    assert!(!place.store.root().exists());
}

/// A full store that is archived and unpacked elsewhere, with nothing but names and bytes kept.
#[test]
fn a_store_can_be_copied_without_its_times() {
    let [from, to] = [Place::new(), Place::new()];
    let package = from.import(sample()).files;
    for below in ["files", "packages"] {
        for name in from.list(below) {
            let target = to.v1(below).join(&name);
            pkg_fs::create_directory_all(target.parent().unwrap(), 0o755).unwrap();
            pkg_fs::write_new(&target, &read(&from.v1(below).join(&name)), 0o644).unwrap();
        }
    }
    let found = to.again().get(&package.integrity).unwrap().unwrap();
    assert_eq!(found, package);
    assert_eq!(to.store.check(&found).unwrap(), PackageState::Intact);
    assert_eq!(to.store.check(&found).unwrap(), PackageState::Intact);
}

/// CON-10.
#[test]
fn another_format_lives_beside_this_one() {
    let place = Place::new();
    pkg_fs::create_directory_all(&place.store.root().join("v2/files"), 0o755).unwrap();
    let package = place.import(sample()).files;
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
    assert!(place.store.root().join("v2/files").is_dir());
}

/// FS-05: a tarball of many files needs few open ones.
#[test]
fn an_import_keeps_few_files_open() {
    let place = Place::new();
    let archive = (0..500).fold(TestArchive::new(), |archive, number| {
        archive.file(&format!("package/{number}"), number.to_string().as_bytes())
    });
    let package = place.import(archive).files;
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    assert!(open < 400, "{open} files are open");
    assert_eq!(package.files.len(), 500);
    let again = place
        .store
        .get_checked(&package.integrity, &Expected::default())
        .unwrap();
    assert_eq!(again, Some(package));
}
