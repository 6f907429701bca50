//! Lockfiles that git could not merge.

use crate::{Lockfile, LockfileError};

use super::{code, document, integrity, parse, sample};

/// A lockfile whose root depends on the packages `names`, each at the version beside it.
fn with(entries: &[(&str, &str)]) -> String {
    let line = |print: &dyn Fn(&str, &str) -> String, separator: &str| -> String {
        let lines: Vec<_> = entries
            .iter()
            .map(|(name, version)| print(name, version))
            .collect();
        lines.join(separator)
    };
    let direct = line(
        &|name, version| format!(r#""{name}":["^{version}","{version}"]"#),
        ",",
    );
    document(
        &format!(r#"".": {{"dependencies":{{{direct}}}}}"#),
        &line(
            &|name, version| format!(r#""{name}@{version}": {{"integrity":"SHAA"}}"#),
            ",\n",
        ),
        &line(
            &|name, version| format!(r#""{name}@{version}": {{}}"#),
            ",\n",
        ),
    )
}

/// Joins two texts as git does where nothing but lines in the middle differ.
fn conflict(ours: &str, theirs: &str, style: &str) -> String {
    let (ours, theirs): (Vec<_>, Vec<_>) = (ours.lines().collect(), theirs.lines().collect());
    let shortest = ours.len().min(theirs.len());
    let head = (0..shortest)
        .take_while(|at| ours[*at] == theirs[*at])
        .count();
    let tail = (1..=shortest - head)
        .take_while(|at| ours[ours.len() - at] == theirs[theirs.len() - at])
        .count();
    let lines =
        |lines: &[&str]| -> String { lines.iter().map(|line| format!("{line}\n")).collect() };
    format!(
        "{}<<<<<<< HEAD\n{}{style}=======\n{}>>>>>>> topic\n{}",
        lines(&ours[..head]),
        lines(&ours[head..ours.len() - tail]),
        lines(&theirs[head..theirs.len() - tail]),
        lines(&ours[ours.len() - tail..]),
    )
}

/// LCK-10: both sides' additions are there, in the one spelling.
#[test]
fn additions_of_both_sides_are_kept() {
    let text = conflict(
        &with(&[("a", "1.0.0"), ("b", "1.0.0")]),
        &with(&[("a", "1.0.0"), ("c", "1.0.0")]),
        "",
    );
    let merged = Lockfile::merge_conflicts(&text).unwrap();
    let expected = with(&[("a", "1.0.0"), ("b", "1.0.0"), ("c", "1.0.0")]);
    assert_eq!(merged.to_text(), expected);
}

#[test]
fn the_higher_version_wins_and_the_lower_is_dropped() {
    for (ours, theirs) in [("1.9.0", "1.10.0"), ("1.10.0", "1.9.0")] {
        let text = conflict(
            &with(&[("a", ours)]),
            &with(&[("a", theirs)]),
            "||||||| base\nold\n",
        );
        let merged = Lockfile::merge_conflicts(&text).unwrap();
        assert_eq!(merged.to_text(), with(&[("a", "1.10.0")]));
    }
}

#[test]
fn a_merge_does_not_care_which_side_is_ours() {
    let sides = [
        with(&[("a", "1.0.0"), ("b", "2.0.0-rc.1")]),
        with(&[("a", "3.0.0"), ("b", "2.0.0"), ("x", "1.0.0")]),
    ];
    let merge = |ours: &str, theirs: &str| {
        let text = conflict(ours, theirs, "");
        Lockfile::merge_conflicts(&text).unwrap().to_text()
    };
    assert_eq!(merge(&sides[0], &sides[1]), merge(&sides[1], &sides[0]));
}

/// Each hunk is a line of its own, so that commas at the ends of sections do not match.
#[test]
fn commas_that_a_merge_by_lines_leaves_do_no_harm() {
    let text = with(&[("a", "1.0.0"), ("b", "1.0.0")]);
    let last = "\"b@1.0.0\": {}\n";
    let text = text.replace(
        last,
        &format!("<<<<<<< ours\n{last}=======\n\"b@1.0.0\": {{}},\n>>>>>>> theirs\n"),
    );
    let merged = Lockfile::merge_conflicts(&text).unwrap();
    assert_eq!(merged.snapshots.len(), 2);
}

/// The same version cannot have two contents: somebody's lockfile is wrong.
#[test]
fn two_hashes_for_one_package_are_refused() {
    let ours = with(&[("a", "1.0.0")]);
    let theirs = ours.replace(&integrity("A"), &integrity("B"));
    let error = Lockfile::merge_conflicts(&conflict(&ours, &theirs, "")).unwrap_err();
    assert_eq!(code(&error), "ERR_PKG_LOCKFILE_MERGE");
}

#[test]
fn markers_in_disorder_are_refused() {
    let text = conflict(&with(&[("a", "1.0.0")]), &with(&[("b", "1.0.0")]), "");
    for broken in [
        text.replace(">>>>>>> topic\n", ""),
        text.replace("=======\n", "=======\n=======\n"),
        text.replace("<<<<<<< HEAD\n", ""),
    ] {
        let error = Lockfile::merge_conflicts(&broken).unwrap_err();
        assert!(matches!(error, LockfileError::Conflict { .. }), "{error}");
    }
}

#[test]
fn a_side_without_hashes_is_refused() {
    let ours = with(&[("a", "1.0.0")]);
    let theirs =
        with(&[("b", "1.0.0")]).replace(&integrity("A"), "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=");
    let error = Lockfile::merge_conflicts(&conflict(&ours, &theirs, "")).unwrap_err();
    assert_eq!(code(&error), "ERR_PKG_LOCKFILE_MISSING_INTEGRITY");
}

#[test]
fn a_text_without_markers_is_parsed() {
    assert_eq!(Lockfile::merge_conflicts(&sample()), Ok(parse(&sample())));
    assert!(Lockfile::merge_conflicts("{").is_err());
}

#[test]
fn crlf_and_a_byte_order_mark_are_merged_too() {
    let text = conflict(&with(&[("a", "1.0.0")]), &with(&[("b", "1.0.0")]), "");
    let text = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let merged = Lockfile::merge_conflicts(&text).unwrap();
    assert_eq!(merged.to_text(), with(&[("a", "1.0.0"), ("b", "1.0.0")]));
}
