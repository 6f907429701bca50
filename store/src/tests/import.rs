//! Importing: what is stored, under which names, and what is refused with nothing stored.

use std::os::unix::fs::MetadataExt;
use std::process::Command;

use proptest::prelude::*;

use super::{Place, expected, integrity_of, read, run_again, sample};
use crate::hashes::integrity;
use crate::test_archive::TestArchive;
use crate::{Expected, ImportWarning, PackageState, StoreError};
use pkg_manifest::{Algorithm, RelativePath};

#[test]
fn an_imported_package_is_found_with_all_its_facts() {
    let place = Place::new();
    let imported = place.import(sample());
    let package = &imported.files;
    assert_eq!(package.name.as_ref().unwrap().as_str(), "sample");
    assert_eq!(package.version.as_ref().unwrap().to_string(), "1.2.3");
    let files: Vec<_> = package
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(
        files,
        [
            "cli.js",
            "empty",
            "lib/b.js",
            "lib/deep/a.js",
            "package.json"
        ]
    );
    let directories: Vec<_> = package
        .directories
        .iter()
        .map(RelativePath::as_str)
        .collect();
    assert_eq!(directories, ["lib", "lib/deep"]);
    assert_eq!(
        (&*package.bins[0].name, package.bins[0].path.as_str()),
        ("sample", "cli.js")
    );
    assert!(
        package.file("cli.js").unwrap().executable,
        "a command's file is executable"
    );
    assert!(!package.file("lib/b.js").unwrap().executable);
    assert!(!package.has_install_scripts());
    assert!(imported.warnings.is_empty());
    let found = place.again().get(&package.integrity).unwrap().unwrap();
    assert_eq!(&found, package);
    assert_eq!(place.again().check(&found).unwrap(), PackageState::Intact);
    assert_eq!(read(&place.file(package, "lib/deep/a.js")), b"a");
    assert!(place.list("tmp").is_empty());
}

/// Law 2.
#[test]
fn sha256sum_alone_can_check_every_file() {
    let place = Place::new();
    place.import(sample());
    let files = place.list("files");
    assert_eq!(files.len(), 5);
    for name in files {
        let output = Command::new("sha256sum")
            .arg(place.v1("files").join(&name))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let plain = name.strip_suffix("-x").unwrap_or(&name).replace('/', "");
        assert_eq!(text.split_whitespace().next(), Some(&*plain));
    }
}

/// Law 5, TAR-15.
#[test]
fn the_same_package_is_the_same_bytes_in_every_store() {
    let [one, other] = [Place::new(), Place::new()];
    one.import(TestArchive::of(&[("package/other", "b")]));
    for place in [&one, &other] {
        place.import(sample());
    }
    for name in other.list("packages") {
        let path = |place: &Place| place.v1("packages").join(&name);
        assert_eq!(read(&path(&one)), read(&path(&other)));
        assert_eq!(path(&one).metadata().unwrap().mode() & 0o7777, 0o644);
    }
    for name in other.list("files") {
        let stat = |place: &Place| place.v1("files").join(&name).metadata().unwrap();
        let (one, other) = (stat(&one), stat(&other));
        assert_eq!((one.mtime(), one.mtime_nsec()), (other.mtime(), 0));
        let mode = if name.ends_with("-x") { 0o755 } else { 0o644 };
        assert_eq!((one.mode() & 0o7777, other.mode() & 0o7777), (mode, mode));
    }
}

/// TAR-15.
#[test]
fn the_umask_changes_nothing_in_the_store() {
    let test = "tests::import::the_same_package_is_the_same_bytes_in_every_store";
    for umask in ["umask 000", "umask 077", "umask 027"] {
        run_again(umask, test);
    }
}

/// FS-05.
#[test]
fn forty_open_files_are_enough() {
    run_again(
        "ulimit -n 40",
        "tests::import::a_large_package_is_written_by_several_threads",
    );
    run_again(
        "ulimit -n 40",
        "tests::sharing::eight_threads_import_packages_that_share_contents",
    );
}

/// TAR-16.
#[test]
fn files_belong_to_the_user_whatever_the_archive_says() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let owner = place.file(&package, "empty").metadata().unwrap().uid();
    assert_eq!(owner, pkg_fs::current_user());
}

#[test]
fn a_package_is_found_by_the_weaker_hash_that_it_was_asked_by() {
    let place = Place::new();
    let tarball = sample().tgz();
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha384] {
        let wanted = integrity_of(algorithm, &tarball);
        assert_eq!(place.store.get(&wanted).unwrap(), None);
        let expected = Expected {
            integrity: Some(wanted.clone()),
            ..Expected::default()
        };
        let imported = place.store.import_tarball(&tarball, &expected).unwrap();
        assert_eq!(
            imported.files.integrity,
            integrity_of(Algorithm::Sha512, &tarball)
        );
        assert_eq!(place.again().get(&wanted).unwrap(), Some(imported.files));
    }
}

/// TAR-39.
#[test]
fn a_package_without_a_package_json_is_imported_with_a_warning() {
    let place = Place::new();
    let tarball = TestArchive::of(&[("package/index.js", "")]).tgz();
    let imported = place
        .store
        .import_tarball(&tarball, &expected("a", "1.0.0"))
        .unwrap();
    assert_eq!(imported.warnings, [ImportWarning::NoPackageJson]);
    assert_eq!(
        (&imported.files.name, &imported.files.version),
        (&None, &None)
    );
    let again = place
        .store
        .import_tarball(&tarball, &expected("b", "2.0.0"))
        .unwrap();
    assert_eq!(
        again.files, imported.files,
        "it is no other package than it says"
    );
}

/// TAR-10, TAR-18, TAR-46.
#[test]
fn what_is_left_out_or_not_portable_is_told() {
    let place = Place::new();
    let archive = sample()
        .symlink("package/link", "cli.js")
        .file("package/Empty", b"")
        .file("package/aux.js", b"");
    let warnings = place.import(archive).warnings;
    let told = |name: &str| {
        warnings.iter().any(|warning| match warning {
            ImportWarning::Dropped { entry, .. } => entry == name,
            ImportWarning::NotPortable { path, .. } => path == name,
            _ => false,
        })
    };
    assert!(
        told("package/link") && told("aux.js") && told("empty"),
        "{warnings:?}"
    );
    assert_eq!(warnings.len(), 3);
}

/// TAR-42.
#[test]
fn scripts_are_found_in_the_archive_itself() {
    let place = Place::new();
    let text = r#"{"name":"a","scripts":{"postinstall":"x"}}"#;
    let scripted = place
        .import(TestArchive::of(&[("package/package.json", text)]))
        .files;
    assert!(scripted.has_install_scripts());
    let gyp = [
        ("package/package.json", "{}"),
        ("package/binding.gyp", "{}"),
    ];
    let implied = place.import(TestArchive::of(&gyp)).files;
    assert!(implied.has_install_scripts());
    assert_ne!(implied.install_scripts, scripted.install_scripts);
    let found = place.again().get(&scripted.integrity).unwrap().unwrap();
    assert_eq!(found.install_scripts, scripted.install_scripts);
}

/// TAR-45.
#[test]
fn names_of_our_own_files_in_a_package_are_plain_content() {
    let place = Place::new();
    let names = [".npmrc", ".pkg/state", "node_modules/.bin/node"];
    let archive = names.iter().fold(sample(), |archive, name| {
        archive.file(&format!("package/{name}"), name.as_bytes())
    });
    let package = place.import(archive).files;
    for name in names {
        assert_eq!(read(&place.file(&package, name)), name.as_bytes());
    }
}

/// TAR-47.
#[test]
fn a_command_with_dos_line_ends_is_stored_as_it_is() {
    let place = Place::new();
    let script = "#!/usr/bin/env node\r\n";
    let json = r#"{"name":"a","bin":"x"}"#;
    let package = place
        .import(TestArchive::of(&[
            ("package/package.json", json),
            ("package/x", script),
        ]))
        .files;
    assert_eq!(read(&place.file(&package, "x")), script.as_bytes());
}

#[test]
fn a_large_package_is_written_by_several_threads() {
    let place = Place::new();
    let archive = (0..200_u32).fold(TestArchive::new(), |archive, number| {
        archive.file(
            &format!("package/d{}/{number}", number % 7),
            &number.to_le_bytes().repeat(4000),
        )
    });
    let package = place.import(archive).files;
    assert_eq!((package.files.len(), package.directories.len()), (200, 7));
    assert!(
        package
            .files
            .is_sorted_by_key(|file| file.path.as_str().to_owned())
    );
    assert_eq!(
        read(&place.file(&package, "d3/3")),
        3_u32.to_le_bytes().repeat(4000)
    );
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
}

/// Threads that wait for others to write files of one package import another one meanwhile.
#[test]
fn packages_can_be_imported_by_the_threads_that_write_them() {
    let place = Place::new();
    let archive = |seed: u32| {
        (0..80_u32).fold(TestArchive::new(), |archive, number| {
            let bytes = (seed * 100 + number).to_le_bytes().repeat(8000);
            archive.file(&format!("package/{number}"), &bytes)
        })
    };
    let tarballs: Vec<Vec<u8>> = (0..6).map(|seed| archive(seed).tgz()).collect();
    rayon::scope(|scope| {
        for tarball in &tarballs {
            scope.spawn(|_| {
                let imported = place
                    .store
                    .import_tarball(tarball, &Expected::default())
                    .unwrap();
                assert_eq!(
                    place.store.check(&imported.files).unwrap(),
                    PackageState::Intact
                );
            });
        }
    });
    assert_eq!(place.list("packages").len(), 6);
}

#[test]
fn what_is_already_stored_is_not_written_again() {
    let place = Place::new();
    let package = place.import(sample()).files;
    let before = place.file(&package, "cli.js").metadata().unwrap();
    place.import(sample());
    let shared = [
        ("package/package.json", r#"{"name":"o"}"#),
        ("package/same", "a"),
    ];
    let other = place.import(TestArchive::of(&shared)).files;
    assert_eq!(
        place.file(&other, "same"),
        place.file(&package, "lib/deep/a.js")
    );
    let after = place.file(&package, "cli.js").metadata().unwrap();
    assert_eq!(
        (before.ino(), before.ctime_nsec()),
        (after.ino(), after.ctime_nsec())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the files, the store gives back exactly them.
    #[test]
    fn what_goes_in_comes_out(
        files in proptest::collection::btree_map(
            "[a-z]{1,8}(/[a-zA-Z._-]{1,30}x){0,3}f",
            (proptest::collection::vec(any::<u8>(), 0..3000), any::<bool>()),
            1..9,
        ),
    ) {
        let place = Place::new();
        let archive = files.iter().fold(TestArchive::new(), |archive, (path, (bytes, executable))| {
            let mode = if *executable { 0o755 } else { 0o644 };
            archive.pax("path", &format!("package/{path}")).file_with_mode("x", bytes, mode)
        });
        let tarball = archive.tgz();
        match place.store.import_tarball(&tarball, &Expected::default()) {
            Ok(imported) => {
                let sha512 = integrity(Algorithm::Sha512, &Algorithm::Sha512.hash(&tarball));
                let package = place.again().get(&sha512).unwrap().unwrap();
                prop_assert_eq!(&package, &imported.files);
                prop_assert_eq!(package.files.len(), files.len());
                for (path, (bytes, executable)) in &files {
                    let file = package.file(path).unwrap();
                    prop_assert_eq!((file.size, file.executable), (bytes.len() as u64, *executable));
                    prop_assert_eq!(&read(&place.store.path(file)), bytes);
                }
            }
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}

/// Bytes that look like nothing and compress by a quarter.
fn noise(seed: u32, size: usize) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3] & 0x3f
    };
    (0..size).map(next).collect()
}

/// A package that is not held in memory as a whole: the same index and the same contents, whatever the sizes.
#[test]
fn a_package_that_is_streamed_is_the_same_as_one_that_is_not() {
    let [mut place, whole] = [Place::new(), Place::new()];
    place.store.most_in_memory = 1 << 20;
    let (huge, wide) = (noise(1, 9 << 20), noise(2, 3 << 20));
    let manifest = br#"{"name":"sample","version":"1.2.3","bin":"cli.js"}"#;
    let archive = TestArchive::new()
        .file("package/cli.js", b"#!/usr/bin/env node")
        .file("package/b/wide", &wide)
        .file("package/a/huge", &huge)
        .file("package/package.json", manifest)
        .file("package/a/wide-again", &wide)
        .file("package/a/huge-again", &huge)
        .file("package/empty", b"")
        .file("package/empty", b"");
    let imported = place.import(archive.clone()).files;
    assert_eq!(whole.import(archive).files, imported);
    let listed: Vec<_> = imported
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.size, file.executable))
        .collect();
    let (huge_size, wide_size) = (huge.len() as u64, wide.len() as u64);
    assert_eq!(
        listed,
        [
            ("a/huge", huge_size, false),
            ("a/huge-again", huge_size, false),
            ("a/wide-again", wide_size, false),
            ("b/wide", wide_size, false),
            ("cli.js", 19, true),
            ("empty", 0, false),
            ("package.json", manifest.len() as u64, false),
        ]
    );
    assert_eq!(read(&place.file(&imported, "a/huge-again")), huge);
    assert_eq!(read(&place.file(&imported, "b/wide")), wide);
    assert!(place.list("tmp").is_empty());
    assert_eq!(place.list("files").len(), 5);
    assert_eq!(
        place.again().check(&imported).unwrap(),
        PackageState::Intact
    );
}

/// What is wrong at the very end is found before the first file is written.
#[test]
fn a_streamed_package_is_read_to_its_end_before_anything_is_written() {
    let mut refused = Place::new();
    refused.store.most_in_memory = 1 << 20;
    let archive = TestArchive::new().file("package/wide", &noise(1, 2 << 20));
    let leading_out = archive.clone().file("package/../x", b"").tgz();
    let mut torn = archive.tgz();
    let checksum = torn.len() - 8;
    torn[checksum] ^= 1;
    for tarball in [leading_out, torn] {
        let imported = refused.store.import_tarball(&tarball, &Expected::default());
        assert!(imported.is_err());
        assert!(refused.list("files").is_empty());
    }
}
