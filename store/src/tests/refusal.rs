//! What is refused, with a code, the package's name, and nothing stored.

use miette::Diagnostic;
use pkg_manifest::Algorithm;

use super::{Place, expected, integrity_of, refused, sample};
use crate::test_archive::TestArchive;
use crate::{Expected, StoreError};

#[test]
fn the_expected_hash_is_checked_before_anything_is_unpacked() {
    let place = Place::new();
    let (good, other) = (sample().tgz(), b"other".to_vec());
    for algorithm in [
        Algorithm::Sha1,
        Algorithm::Sha256,
        Algorithm::Sha384,
        Algorithm::Sha512,
    ] {
        let wrong = Some(integrity_of(algorithm, &other));
        let expected = Expected {
            integrity: wrong,
            ..expected("sample", "1.2.3")
        };
        let error = place.store.import_tarball(&good, &expected).unwrap_err();
        assert!(matches!(error, StoreError::Integrity { .. }), "{error}");
        assert!(error.to_string().contains("sample@1.2.3"));
        assert_eq!(
            error.code().unwrap().to_string(),
            "ERR_PKG_TARBALL_INTEGRITY"
        );
        // Bytes that are no archive at all are refused by their hash, not opened.
        let error = place
            .store
            .import_tarball(b"<html>", &expected)
            .unwrap_err();
        assert!(matches!(error, StoreError::Integrity { .. }), "{error}");
    }
    assert!(place.list("files").is_empty() && place.list("packages").is_empty());
}

#[test]
fn the_strongest_of_several_hashes_counts() {
    let place = Place::new();
    let tarball = sample().tgz();
    let [right, wrong] =
        [&tarball[..], b"other"].map(|bytes| integrity_of(Algorithm::Sha512, bytes));
    let weak = integrity_of(Algorithm::Sha1, b"other");
    let import = |text: String| {
        let integrity = Some(text.parse().unwrap());
        place.store.import_tarball(
            &tarball,
            &Expected {
                integrity,
                ..Expected::default()
            },
        )
    };
    import(format!("{weak} {right}")).unwrap();
    import(format!("{weak} {wrong}")).unwrap_err();
}

/// TAR-41.
#[test]
fn a_package_that_calls_itself_otherwise_is_refused() {
    for (name, version) in [
        ("other", "1.2.3"),
        ("sample", "1.2.4"),
        ("sample", "1.2.3-rc.1"),
    ] {
        let error = refused(sample(), &expected(name, version));
        assert!(
            matches!(error, StoreError::ManifestMismatch { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("sample@1.2.3"), "{error}");
    }
    let evil = r#"{"name":"@x/../../../y\u001b[2J","version":"1.0.0"}"#;
    let error = refused(
        TestArchive::of(&[("package/package.json", evil)]),
        &expected("y", "1.0.0"),
    );
    assert!(
        matches!(&error, StoreError::ManifestMismatch { .. }),
        "{error}"
    );
    assert!(!error.to_string().contains('\x1b'));
    let odd = r#"{"name":"sample","version":"one"}"#;
    refused(
        TestArchive::of(&[("package/package.json", odd)]),
        &expected("sample", "1.0.0"),
    );
}

#[test]
fn a_version_is_compared_without_build_metadata_and_a_leading_v() {
    for written in ["1.2.3+build.7", "v1.2.3", "=1.2.3", " 1.2.3 "] {
        let text = format!(r#"{{"name":"sample","version":"{written}"}}"#);
        let archive = TestArchive::of(&[("package/package.json", &text)]);
        let place = Place::new();
        place
            .store
            .import_tarball(&archive.tgz(), &expected("sample", "1.2.3"))
            .unwrap();
    }
}

#[test]
fn a_stored_package_is_not_found_under_another_name() {
    let place = Place::new();
    let tarball = sample().tgz();
    place
        .store
        .import_tarball(&tarball, &Expected::default())
        .unwrap();
    let error = place
        .store
        .import_tarball(&tarball, &expected("other", "1.2.3"))
        .unwrap_err();
    assert!(
        matches!(error, StoreError::ManifestMismatch { .. }),
        "{error}"
    );
    let integrity = integrity_of(Algorithm::Sha512, &tarball);
    place
        .store
        .get_checked(&integrity, &expected("other", "1.2.3"))
        .unwrap_err();
    place
        .store
        .get_checked(&integrity, &expected("sample", "1.2.3"))
        .unwrap()
        .unwrap();
}

/// TAR-40.
#[test]
fn a_package_json_that_cannot_be_read_refuses_the_package() {
    let deep = "[".repeat(10_000);
    let huge = format!(r#"{{"a":"{}"}}"#, "x".repeat(9 * 1024 * 1024));
    for bad in ["{", "[]", &deep, &huge] {
        let archive = TestArchive::new().file("package/package.json", bad.as_bytes());
        let error = refused(archive, &expected("a", "1.0.0"));
        assert!(matches!(error, StoreError::PackageJson { .. }), "{error}");
        assert!(error.to_string().contains("a@1.0.0"));
    }
    let place = Place::new();
    place.import(TestArchive::new().file("package/package.json", b"\xef\xbb\xbf{\"name\":\"a\"}"));
}

/// TAR-01, TAR-17, TAR-27, TAR-32, TAR-34: each kind of refusal has a code, names the package, and stores nothing.
#[test]
fn each_refusal_has_a_code_and_names_the_package() {
    let bad_path = TestArchive::new().file("package/../../x", b"");
    let twice = TestArchive::of(&[("package/a", "1"), ("package/a", "2")]);
    let long = TestArchive::new()
        .pax("path", &"x".repeat(5000))
        .file("x", b"");
    let torn = sample().raw(b"not a header").raw(&[1; 600]);
    let cases = [
        (bad_path, "ERR_PKG_TARBALL_UNSAFE_PATH"),
        (twice, "ERR_PKG_TARBALL_CONFLICT"),
        (long, "ERR_PKG_TARBALL_LIMIT"),
        (torn, "ERR_PKG_TARBALL_CORRUPT"),
    ];
    for (archive, code) in cases {
        let error = refused(archive, &expected("a", "1.0.0"));
        assert_eq!(error.code().unwrap().to_string(), code);
        assert!(error.to_string().contains("a@1.0.0"), "{error}");
        assert!(error.help().is_some());
    }
    let place = Place::new();
    let error = place
        .store
        .import_tarball(b"PK\x03\x04", &expected("a", "1.0.0"))
        .unwrap_err();
    assert_eq!(error.code().unwrap().to_string(), "ERR_PKG_TARBALL_FORMAT");
    assert!(error.to_string().contains(r"PK\x03\x04"), "{error}");
}
