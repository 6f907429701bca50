//! The keys: what they are made of, how they order, what they refuse.

use std::collections::BTreeSet;

use pkg_manifest::{PackageName, Version};

use crate::{ImporterId, PackageId, SnapshotKey, normalized_path};

#[test]
fn a_key_has_an_id_peers_and_a_reference() {
    let key: SnapshotKey = "@s/a@1.2.3-rc.1(b@1.0.0)(@s/c@2.0.0(b@1.0.0))"
        .parse()
        .unwrap();
    assert_eq!(key.id().as_str(), "@s/a@1.2.3-rc.1");
    assert_eq!(key.id().name().as_str(), "@s/a");
    assert_eq!(
        key.id().version().map(ToString::to_string).as_deref(),
        Some("1.2.3-rc.1")
    );
    assert_eq!(key.peers(), "(b@1.0.0)(@s/c@2.0.0(b@1.0.0))");
    assert_eq!(key.reference(), "1.2.3-rc.1(b@1.0.0)(@s/c@2.0.0(b@1.0.0))");
    assert_eq!(SnapshotKey::new(key.id().clone(), key.peers()), key);
}

#[test]
fn a_name_may_hold_parentheses() {
    let key: SnapshotKey = "a(b)@1.0.0(c@1.0.0)".parse().unwrap();
    assert_eq!(key.id().name().as_str(), "a(b)");
    assert_eq!(key.peers(), "(c@1.0.0)");
}

#[test]
fn build_metadata_is_no_part_of_an_id() {
    let name: PackageName = "a".parse().unwrap();
    let version = Version::parse("1.0.0-x+build").unwrap();
    assert_eq!(PackageId::registry(&name, &version).as_str(), "a@1.0.0-x");
    assert!("a@1.0.0+build".parse::<PackageId>().is_err());
}

#[test]
fn keys_with_broken_peers_are_refused() {
    for text in [
        "a@1.0.0(",
        "a@1.0.0)",
        "a@1.0.0(b@1.0.0",
        "a@1.0.0(b)c",
        "a@1.0.0(b\tc)",
        "a@https://h/b c",
        "a@1.0.0(\n)",
        "a",
        "",
        "@",
        "@a",
        "é@1",
        "aé@1.0.0(b@1.0.0)",
        "é",
        "@é@1.0.0",
    ] {
        assert!(text.parse::<SnapshotKey>().is_err(), "{text}");
    }
}

#[test]
fn importers_order_by_bytes() {
    let ids: BTreeSet<ImporterId> = ["a", ".", "-x", "(app)/b", "A"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let texts: Vec<&str> = ids.iter().map(ImporterId::as_str).collect();
    assert_eq!(texts, ["(app)/b", "-x", ".", "A", "a"]);
    assert!(texts.is_sorted());
}

#[test]
fn paths_have_one_spelling() {
    let cases = [
        ("./a/../b//c/", "b/c"),
        ("../../a", "../../a"),
        ("a/../..", ".."),
        ("", "."),
        ("./", "."),
        ("/a/./b", "/a/b"),
    ];
    for (text, expected) in cases {
        assert_eq!(normalized_path(text).as_deref(), Ok(expected), "{text}");
        assert_eq!(normalized_path(expected).as_deref(), Ok(expected), "{text}");
    }
    for text in ["a\\b", "a\nb", "/..", "/"] {
        assert!(normalized_path(text).is_err(), "{text}");
    }
}

#[test]
fn a_folder_may_have_a_space_in_its_name() {
    let key: SnapshotKey = "a@file:../my project(b@link:my other)".parse().unwrap();
    assert_eq!(key.id().reference(), "file:../my project");
    assert_eq!(key.peers(), "(b@link:my other)");
}
