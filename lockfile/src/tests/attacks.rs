//! Lockfiles that were made to do harm, or that a crash or a merge left.

use crate::{LockfileError, MissingEntry, Position};

use super::{code, document, integrity, parse, refusal, sample};

/// A lockfile whose root depends on `target` under `name`.
fn with_root(name: &str, target: &str) -> String {
    document(
        &format!(r#"".": {{"dependencies":{{"{name}":["*","{target}"]}}}}"#),
        r#""a@1.0.0": {"integrity":"SHAA"}"#,
        r#""a@1.0.0": {}"#,
    )
}

fn with_package(id: &str, fields: &str) -> String {
    document(r#"".": {}"#, &format!(r#""{id}": {{{fields}}}"#), "")
}

/// LCK-01: all entries without a strong hash are listed, not the first alone.
#[test]
fn packages_without_a_strong_hash_are_all_listed() {
    let sha1 = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
    let text = sample()
        .replace(&format!("\"integrity\":\"{}\",", integrity("A")), "")
        .replace(&integrity("B"), sha1)
        .replace(&format!("\"integrity\":\"{}\",", integrity("D")), "");
    let error = refusal(&text);
    assert_eq!(code(&error), "ERR_PKG_LOCKFILE_MISSING_INTEGRITY");
    let LockfileError::MissingIntegrity { entries } = &error else {
        panic!("{error}");
    };
    let listed: Vec<_> = entries.iter().map(crate::PackageId::as_str).collect();
    assert_eq!(listed, ["accepts@2.0.0", "express@5.3.0", "vitest@5.1.1"]);
    assert!(
        error
            .to_string()
            .contains("`accepts@2.0.0`, `express@5.3.0`")
    );
}

#[test]
fn tarballs_and_files_need_a_hash_too() {
    for id in [
        "a@https://files.example.test/a.tgz",
        "a@file:a.tgz",
        "a@1.0.0",
    ] {
        assert_eq!(
            code(&refusal(&with_package(id, ""))),
            "ERR_PKG_LOCKFILE_MISSING_INTEGRITY",
            "{id}"
        );
    }
}

/// LCK-04: a name that would leave its folder never becomes a key or an alias.
#[test]
fn names_that_escape_are_refused() {
    for name in [
        "../../../x",
        "..",
        ".bin",
        "node_modules",
        "@s/../..",
        "@../x",
        "a/b",
        "a\\\\b",
        "",
        "@/x",
        "a\\u0000",
        "__proto__",
        "C:x",
    ] {
        let texts = [
            with_root(name, "a@1.0.0"),
            with_package(
                &format!("{name}@1.0.0"),
                &format!("\"integrity\":\"{}\"", integrity("A")),
            ),
            document(r#"".": {}"#, "", &format!(r#""{name}@1.0.0": {{}}"#)),
            with_package(
                "a@1.0.0",
                &format!(r#""peerDependencies":{{"{name}":"*"}}"#),
            ),
            with_package("a@1.0.0", &format!(r#""bundled":["{name}"]"#)),
        ];
        for text in texts {
            assert_eq!(
                code(&refusal(&text)),
                "ERR_PKG_LOCKFILE_VALUE",
                "{name}: {text}"
            );
        }
    }
}

/// LCK-05: nor does a version.
#[test]
fn versions_that_escape_are_refused() {
    for version in [
        "../../x",
        "1.0.0/../..",
        "1.0",
        "^1.0.0",
        "latest",
        "",
        "1.0.0\\n",
        "1.0.0+x",
    ] {
        let texts = [
            with_package(&format!("a@{version}"), ""),
            with_root("a", version),
            with_root("b", &format!("a@{version}")),
        ];
        for text in texts {
            assert_eq!(code(&refusal(&text)), "ERR_PKG_LOCKFILE_VALUE", "{version}");
        }
    }
}

/// LCK-17: an importer lies below the lockfile's folder.
#[test]
fn importers_outside_are_refused() {
    for path in [
        "../../outside",
        "/etc",
        "a/../../b",
        "",
        "a//b",
        "./a",
        "a\\\\..\\\\b",
    ] {
        let text = document(&format!("\"{path}\": {{}}"), "", "");
        assert_eq!(code(&refusal(&text)), "ERR_PKG_LOCKFILE_VALUE", "{path}");
    }
}

#[test]
fn paths_with_detours_are_refused() {
    for path in [
        "a/../../b",
        "././a",
        "a/./b",
        "a//b",
        "/",
        "//a",
        "/../x",
        "a\\\\b",
        "a\\u0007",
        "../a/..",
    ] {
        assert_eq!(
            code(&refusal(&with_root("a", &format!("link:{path}")))),
            "ERR_PKG_LOCKFILE_VALUE",
            "{path}"
        );
        let fields = format!(r#""directory":"{path}""#);
        assert_eq!(
            code(&refusal(&with_package("a@file:a", &fields))),
            "ERR_PKG_LOCKFILE_VALUE",
            "{path}"
        );
    }
    for path in [
        "a",
        "./a",
        "../a",
        "../../a/b",
        "..",
        ".",
        "/abs/a",
        "",
        "../",
    ] {
        parse(&with_root("a", &format!("link:{path}")));
    }
}

/// LCK-06 and LCK-07: a repository is a URL and a whole commit, or it is no key at all.
#[test]
fn repositories_that_git_could_misread_are_refused() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    for source in [
        format!("git+https://git.example.test/x.git#--upload-pack={commit}"),
        "git+https://git.example.test/x.git#0123456".into(),
        "git+https://git.example.test/x.git#main".into(),
        "git+https://git.example.test/x.git".into(),
        format!("git+ext::sh#{commit}"),
        format!("git+-oProxyCommand=x#{commit}"),
        format!("git+ssh://-x/y#{commit}"),
        format!("git+ssh://-l@host/y#{commit}"),
        format!("git+file:///x#{commit}"),
    ] {
        let fields = format!("\"integrity\":\"{}\"", integrity("A"));
        let error = refusal(&with_package(&format!("a@{source}"), &fields));
        assert_eq!(code(&error), "ERR_PKG_LOCKFILE_VALUE", "{source}");
    }
}

/// LCK-26: no user and no password.
#[test]
fn addresses_with_credentials_are_refused() {
    let fields = format!("\"integrity\":\"{}\"", integrity("A"));
    for id in [
        "a@https://user:secret@files.example.test/a.tgz",
        "a@https://token@files.example.test/a.tgz",
        "a@registry+https://user@files.example.test/",
    ] {
        let error = refusal(&with_package(id, &fields));
        assert_eq!(code(&error), "ERR_PKG_LOCKFILE_VALUE", "{id}");
    }
    for tarball in [
        "https://u:p@files.example.test/a.tgz",
        "../../a.tgz",
        "a/%2E%2e/b.tgz",
        "a/.%2e/b.tgz",
        "./a.tgz",
        "//files.example.test/a.tgz",
        "/a.tgz",
        "file:a.tgz",
        "a b",
        "",
    ] {
        let text = with_package("a@1.0.0", &format!("{fields},\"tarball\":\"{tarball}\""));
        assert_eq!(code(&refusal(&text)), "ERR_PKG_LOCKFILE_VALUE", "{tarball}");
    }
}

#[test]
fn a_package_of_a_registry_is_no_folder_and_no_file() {
    let hash = format!("\"integrity\":\"{}\",", integrity("A"));
    for fields in [
        "\"directory\":\"x\"".to_owned(),
        format!("{hash}\"directory\":\"x\""),
        format!("{hash}\"file\":\"x\""),
    ] {
        let error = refusal(&with_package("a@1.0.0", &fields));
        assert_eq!(code(&error), "ERR_PKG_LOCKFILE_VALUE", "{fields}");
    }
}

/// LCK-10: markers are told from broken JSON.
#[test]
fn conflict_markers_are_named() {
    let text = sample().replace(
        "\"accepts@2.0.0\": {},\n",
        "<<<<<<< HEAD\n\"accepts@2.0.0\": {},\n=======\n>>>>>>> other\n",
    );
    let error = refusal(&text);
    assert_eq!(error, LockfileError::Conflict { line: 14 });
    assert_eq!(code(&error), "ERR_PKG_LOCKFILE_CONFLICT");
}

/// LCK-12: no prefix of a lockfile is a lockfile.
#[test]
fn a_truncated_lockfile_is_refused_wherever_it_ends() {
    let text = sample();
    let whole = text.trim_end().len();
    for end in 0..whole {
        let error = refusal(&text[..end]);
        let expected = if end == 0 {
            "ERR_PKG_LOCKFILE_EMPTY"
        } else {
            "ERR_PKG_LOCKFILE_TRUNCATED"
        };
        assert_eq!(code(&error), expected, "{end}: {error}");
    }
    assert_eq!(refusal("\u{feff}\r\n"), LockfileError::Empty);
    let zeros = "\0".repeat(100);
    assert_eq!(code(&refusal(&zeros)), "ERR_PKG_LOCKFILE_SYNTAX");
}

/// LCK-14: duplicate keys, at every level that is read.
#[test]
fn duplicate_keys_are_refused() {
    let line = r#""accepts@2.0.0": {},"#;
    let cases = [
        (
            line,
            r#""accepts@2.0.0": {},"accepts@2.0.0": {},"#,
            "accepts@2.0.0",
        ),
        (r#""dev":true}"#, r#""dev":true,"dev":true}"#, "dev"),
        (r#""dev":true}"#, r#""new":1,"new":1}"#, "new"),
        (
            r#"{"accepts":"2.0.0"}"#,
            r#"{"accepts":"2.0.0","accep\u0074s":"2.0.0"}"#,
            "accepts",
        ),
        (
            "\"importers\"",
            "\"lockfileVersion\": 1,\n\"importers\"",
            "lockfileVersion",
        ),
        (r#""node":">= 18""#, r#""node":">= 18","node":"*""#, "node"),
    ];
    for (from, to, twice) in cases {
        let error = refusal(&sample().replacen(from, to, 1));
        assert!(
            matches!(&error, LockfileError::DuplicateKey { key, .. } if key == twice),
            "{error}"
        );
        assert_eq!(code(&error), "ERR_PKG_LOCKFILE_DUPLICATE_KEY");
    }
}

/// LCK-14: deep nesting.
#[test]
fn deep_nesting_is_refused() {
    for depth in [127, 10_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let text = sample().replacen("\"dev\":true", &format!("\"new\":{nested}"), 1);
        let error = refusal(&text);
        assert_eq!(code(&error), "ERR_PKG_LOCKFILE_TOO_DEEP", "{error}");
    }
    let nested = format!("{}{}", "[".repeat(100), "]".repeat(100));
    parse(&sample().replacen("\"dev\":true", &format!("\"new\":{nested}"), 1));
}

/// LCK-16: a newer major version is told from broken JSON, whatever it looks like.
#[test]
fn a_newer_format_is_refused_as_such() {
    for (text, version) in [
        ("{\"lockfileVersion\": 2, \"importers\": []}", "2"),
        ("{\"importers\": [1], \"lockfileVersion\": 7.1}", "7.1"),
    ] {
        let version = version.to_owned();
        assert_eq!(refusal(text), LockfileError::Newer { version });
    }
    for version in ["0", "\"1\"", "null", "1.x", "-1", "[]", "1e3"] {
        let error = refusal(&sample().replace(
            "\"lockfileVersion\": 1",
            &format!("\"lockfileVersion\": {version}"),
        ));
        assert!(!matches!(error, LockfileError::Newer { .. }), "{version}");
    }
    let error = refusal("{}");
    assert!(error.to_string().contains("`lockfileVersion` is missing"));
}

/// LCK-23: an edge that leads nowhere is found before a link is made of it.
#[test]
fn edges_to_missing_entries_are_all_listed() {
    let text = document(
        r#"".": {"dependencies":{"a":["^1","1.0.0"],"b":["^1","1.0.0"]}}"#,
        r#""a@1.0.0": {"integrity":"SHAA"}"#,
        r#""a@1.0.0": {"dependencies":{"c":"3.0.0(a@1.0.0)"}},
"d@1.0.0": {}"#,
    );
    let missing = |from: &str, to: &str| MissingEntry {
        from: from.into(),
        to: to.into(),
    };
    let error = refusal(&text);
    assert_eq!(
        error,
        LockfileError::MissingEntry {
            missing: vec![
                missing(".", "b@1.0.0"),
                missing("a@1.0.0", "c@3.0.0(a@1.0.0)"),
                missing("d@1.0.0", "d@1.0.0"),
            ]
        }
    );
    assert_eq!(code(&error), "ERR_PKG_LOCKFILE_MISSING_ENTRY");
}

#[test]
fn broken_json_is_refused_with_its_place() {
    let cases = [
        ("{\"lockfileVersion\": 1,}", 1, 23),
        ("{\n  'lockfileVersion': 1}", 2, 3),
        ("{\n\"é\": 1 \"x\"}", 2, 8),
        ("{\"lockfileVersion\": 1} x", 1, 24),
        ("[]", 1, 1),
        ("{\"lockfileVersion\": 01}", 1, 23),
        ("{\"a\": \"\\x\", \"lockfileVersion\": 1}", 1, 11),
        ("{\"\\ud800\": 1}", 1, 10),
    ];
    for (text, line, column) in cases {
        let error = refusal(text);
        assert!(
            matches!(&error, LockfileError::Syntax { at, .. } if *at == Position { line, column }),
            "{text}: {error}"
        );
    }
}

#[test]
fn what_is_shown_holds_no_control_characters() {
    for text in [
        with_root("\\u001b[31m", "1.0.0"),
        with_root("a", "\\u001b[31m@1"),
        sample().replace("\"dev\":true", "\"\\u001b\":1,\"\\u001b\":1"),
    ] {
        let shown = refusal(&text).to_string();
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
}

#[test]
fn an_error_is_short_however_much_is_wrong() {
    let peers = format!("{}{}", "(".repeat(100_000), ")".repeat(100_000));
    let lines: Vec<String> = (0..3)
        .map(|index| format!("\"a@{index}.0.0{peers}\": {{}}"))
        .collect();
    let long = document("", "", &lines.join(",\n"));
    let many: Vec<String> = (0..1_000)
        .map(|index| format!("\"a@{index}.0.0\": {{}}"))
        .collect();
    let many_missing = document("", "", &many.join(",\n"));
    let many_weak = document("", &many.join(",\n"), "");
    for text in [long, many_missing, many_weak] {
        let shown = refusal(&text).to_string();
        assert!(shown.len() < 20_000, "{}", shown.len());
    }
    let LockfileError::MissingIntegrity { entries } = refusal(&document("", &many.join(",\n"), ""))
    else {
        panic!("no entry has a hash");
    };
    assert_eq!(entries.len(), 1_000);
}
