//! What an explicit repair keeps of a lockfile that is not whole.

use crate::Lockfile;

use super::{code, document, integrity, parse, sample};

/// `a` needs `b`, which needs `c` (twice, in a cycle); `d` stands alone.
fn chain() -> String {
    document(
        r#"".": {"dependencies":{"a":["1","1.0.0"],"d":["1","1.0.0"],"here":["link:x","link:x"]}}"#,
        r#""a@1.0.0": {"integrity":"SHAA"},
"b@1.0.0": {"integrity":"SHAB"},
"c@1.0.0": {"integrity":"SHAC"},
"d@1.0.0": {"integrity":"SHAD"}"#,
        r#""a@1.0.0": {"dependencies":{"b":"1.0.0"}},
"b@1.0.0": {"dependencies":{"c":"1.0.0"}},
"c@1.0.0": {"optionalDependencies":{"b":"1.0.0"}},
"d@1.0.0": {}"#,
    )
}

#[test]
fn a_whole_lockfile_is_kept_as_it_is() {
    assert_eq!(Lockfile::salvage(&sample()), Ok(parse(&sample())));
    assert_eq!(Lockfile::salvage(&chain()), Ok(parse(&chain())));
}

#[test]
fn what_depends_on_something_missing_is_dropped_at_any_distance() {
    let c = format!(",\n\"c@1.0.0\": {{\"integrity\":\"{}\"}}", integrity("C"));
    let without_instance = ",\n\"c@1.0.0\": {\"optionalDependencies\":{\"b\":\"1.0.0\"}}";
    // The damage, and how many packages are whole: what is known of them is kept.
    for (broken, packages) in [
        (chain().replace(&c, ""), 3),
        (
            chain().replace(&integrity("C"), "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
            3,
        ),
        (chain().replace(without_instance, ""), 4),
        (chain().replace("\"c\":\"1.0.0\"", "\"c\":\"2.0.0\""), 4),
    ] {
        assert!(Lockfile::parse(&broken).is_err());
        let salvaged = Lockfile::salvage(&broken).unwrap();
        let left: Vec<_> = salvaged.snapshots.keys().map(ToString::to_string).collect();
        assert_eq!(left, ["d@1.0.0"], "{broken}");
        assert_eq!(salvaged.packages.len(), packages, "{broken}");
        let root = salvaged.importers.values().next().unwrap();
        let names: Vec<_> = root
            .dependencies
            .keys()
            .map(pkg_manifest::PackageName::as_str)
            .collect();
        assert_eq!(names, ["d", "here"]);
        assert_eq!(parse(&salvaged.to_text()), salvaged);
    }
}

#[test]
fn a_direct_dependency_without_an_entry_is_dropped_alone() {
    let broken = chain().replace(r#""d":["1","1.0.0"]"#, r#""d":["1","9.0.0"]"#);
    let salvaged = Lockfile::salvage(&broken).unwrap();
    assert_eq!(salvaged.snapshots.len(), 3);
}

/// LCK-12: a part of a text is no lockfile; for a repair it says what stands in it, and each part of it is whole.
#[test]
fn the_beginning_of_a_text_is_salvaged() {
    let text = chain();
    let mut most = 0;
    for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
        let salvaged = Lockfile::salvage(&text[..end]).unwrap();
        assert_eq!(salvaged.check_entries(), Ok(()));
        assert!(salvaged.packages.len() >= most, "{end}");
        most = salvaged.packages.len();
    }
    assert_eq!(most, 4);
    let garbage = text.replace("\"snapshots\": {", "\"snapshots\": <html>");
    let salvaged = Lockfile::salvage(&garbage).unwrap();
    assert_eq!((salvaged.packages.len(), salvaged.snapshots.len()), (4, 0));
}

#[test]
fn what_may_not_stand_there_is_not_salvaged() {
    let text = chain();
    let newer = text.replace("\"lockfileVersion\": 1", "\"lockfileVersion\": 9");
    let error = Lockfile::salvage(&newer[..newer.len() - 3]).unwrap_err();
    assert_eq!(code(&error), "ERR_PKG_LOCKFILE_NEWER");
    let escape = text.replace("\"d@1.0.0\": {}", "\"../d@1.0.0\": {}");
    assert_eq!(
        code(&Lockfile::salvage(&escape).unwrap_err()),
        "ERR_PKG_LOCKFILE_VALUE"
    );
}
