//! The one spelling, and what is read like it.

use crate::{DependencyRef, Extra, Lockfile, Resolution};

use super::{document, integrity, parse, sample};

#[test]
fn the_text_of_the_page_is_printed_as_it_was() {
    assert_eq!(parse(&sample()).to_text(), sample());
}

#[test]
fn fields_reach_the_graph() {
    let lockfile = parse(&sample());
    let express = &lockfile.packages["express@5.3.0"];
    assert!(express.has_bin && !express.has_install_scripts);
    assert_eq!(express.engines.0["node"], ">= 18");
    let vite = &lockfile.packages["vite@8.3.8"];
    assert_eq!(vite.platform.os, ["linux", "!win32"]);
    assert!(vite.has_install_scripts);
    let vitest = &lockfile.packages["vitest@5.1.1"];
    assert_eq!(vitest.deprecated.as_deref(), Some("say \"no\"\n"));
    assert_eq!(vitest.peer_dependencies[&"vite".parse().unwrap()], "^8");
    let app = &lockfile.importers[&"packages/app".parse().unwrap()];
    let target = |name: &str| &app.dependencies[&name.parse().unwrap()].target;
    assert_eq!(target("here"), &DependencyRef::Link("packages/here".into()));
    assert_eq!(
        target("other"),
        &DependencyRef::Snapshot("express@5.3.0".parse().unwrap())
    );
}

#[test]
fn an_empty_lockfile_has_three_empty_sections() {
    let text =
        "{\n\"lockfileVersion\": 1,\n\"importers\": {},\n\"packages\": {},\n\"snapshots\": {}\n}\n";
    assert_eq!(Lockfile::default().to_text(), text);
    assert_eq!(parse(text), Lockfile::default());
}

/// LCK-11: a byte order mark and CRLF read well; so does what a formatter of JSON leaves.
#[test]
fn other_white_space_and_order_are_read_and_printed_in_the_one_spelling() {
    let text = sample();
    let crlf = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(parse(&crlf).to_text(), text);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(parse(&pretty).to_text(), text);
    let reversed = text.replace("\"hasBin\":true", "\"hasBin\":true,\"bundled\":[]");
    assert_eq!(parse(&reversed).to_text(), text);
}

#[test]
fn any_reader_of_json_reads_it() {
    let value: serde_json::Value = serde_json::from_str(&sample()).unwrap();
    assert_eq!(value["lockfileVersion"], 1);
    assert_eq!(
        value["packages"]["vitest@5.1.1"]["deprecated"],
        "say \"no\"\n"
    );
}

#[test]
fn every_kind_of_source_is_kept() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let text = document(
        r#"".": {"dependencies":{"d":["link:../d","link:../d"]}}"#,
        &format!(
            r#""a@1.0.0": {{"integrity":"SHAA","tarball":"a/-/odd-name.tgz"}},
"b@https://registry.example.test/b.tgz": {{"integrity":"SHAB","version":"2.0.0","bundled":["x"]}},
"c@file:../c.tgz": {{"integrity":"SHAC","file":"../c.tgz","version":"1.2.3"}},
"d@file:d": {{"directory":"d","version":"0.0.0"}},
"e@git+https://git.example.test/e.git#{commit}": {{"integrity":"SHAD"}},
"f@registry+https://other.example.test/f@1.0.0": {{"integrity":"SHAA"}}"#
        ),
        r#""a@1.0.0": {"dependencies":{"b":"https://registry.example.test/b.tgz","self":"link:."}},
"c@file:../c.tgz": {"optionalDependencies":{"d":"file:d","e2":"d@file:d"},"optional":true},
"d@file:d": {}"#,
    )
    .replace(
        "\"c@file:../c.tgz\": {\"optional",
        "\"b@https://registry.example.test/b.tgz\": {},\n\"c@file:../c.tgz\": {\"optional",
    );
    let lockfile = parse(&text);
    assert_eq!(lockfile.to_text(), text);
    let resolution = |id: &str| &lockfile.packages[id].resolution;
    assert!(matches!(
        resolution("b@https://registry.example.test/b.tgz"),
        Resolution::Tarball { .. }
    ));
    assert!(
        matches!(resolution("c@file:../c.tgz"), Resolution::File { path, .. } if path == "../c.tgz")
    );
    assert_eq!(
        resolution("d@file:d"),
        &Resolution::Directory { path: "d".into() }
    );
    assert!(matches!(
        resolution("f@registry+https://other.example.test/f@1.0.0"),
        Resolution::Registry { tarball: None, .. }
    ));
}

#[test]
fn a_package_that_is_a_linked_folder_keeps_its_name_in_edges() {
    let text = document(
        r#"".": {"dependencies":{"a":["link:a","a@link:a"]}}"#,
        r#""a@link:a": {"directory":"a"}"#,
        r#""a@link:a": {}"#,
    );
    let lockfile = parse(&text);
    assert_eq!(lockfile.to_text(), text);
    let root = lockfile.importers.values().next().unwrap();
    let dependency = root.dependencies.values().next().unwrap();
    assert!(dependency.target.snapshot().is_some());
}

/// LCK-28: what a newer minor version wrote is kept, wherever it stands.
#[test]
fn unknown_fields_survive() {
    let text = sample()
        .replace(
            "\"lockfileVersion\": 1",
            "\"lockfileVersion\": 1.3,\n\"settings\": {\n\"autoInstallPeers\": false,\n\"b\": 1\n}",
        )
        .replace(
            "\"express@5.3.0\": {\"dependencies\":{\"accepts\":\"2.0.0\"}",
            "\"express@5.3.0\": {\"dependencies\":{\"accepts\":\"2.0.0\"},\"patch\":{\"a\":[1e400,\"} \\\" {\"]}",
        )
        .replace("\"hasBin\":true", "\"hasBin\":true,\"funding\":12345678901234567890.50")
        .replace(
            "\"dev\":true}\n}\n}\n",
            "\"dev\":true}\n},\n\"catalogs\": {\n\"b\": {\"x\":\"^1\"},\n\"a\": null\n},\n\"newer\": [true,{}]\n}\n",
        );
    let lockfile = parse(&text);
    assert_eq!(lockfile.to_text(), text);
    assert!(!lockfile.extra.is_empty());
    let value: serde_json::Value = serde_json::from_str(&text.replace("1e400", "1e4")).unwrap();
    let pretty = serde_json::to_string_pretty(&value).unwrap();
    let again = parse(&pretty).to_text();
    assert_eq!(parse(&again).to_text(), again);
    assert_eq!(again.lines().count(), text.lines().count());
}

#[test]
fn unknown_fields_move_to_a_lockfile_that_was_resolved_anew() {
    let text = sample().replace("\"hasBin\":true", "\"hasBin\":true,\"new\":1");
    let old = parse(&text);
    let mut fresh = Lockfile {
        extra: Extra::default(),
        ..old.clone()
    };
    assert_eq!(fresh.to_text(), sample());
    fresh.carry_extra(&old);
    assert_eq!(fresh.to_text(), text);
}

#[test]
fn strings_are_escaped_as_json_has_it() {
    let mut lockfile = parse(&sample());
    let message = "\u{0}\u{1f}\u{7f}\\\"/\t\u{2028}é😀".to_owned();
    let id: crate::PackageId = "express@5.3.0".parse().unwrap();
    lockfile.packages.get_mut(&id).unwrap().deprecated = Some(message.clone());
    let text = lockfile.to_text();
    assert_eq!(parse(&text), lockfile);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["packages"]["express@5.3.0"]["deprecated"], *message);
}

#[test]
fn a_hash_is_written_in_one_way() {
    let spelled = format!("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= {}?opt", integrity("A"));
    let text = sample().replace(&integrity("A"), &spelled);
    let printed = parse(&text).to_text();
    assert!(printed.contains(&format!("\"{} sha1-", integrity("A"))));
    assert_eq!(parse(&printed).to_text(), printed);
}

#[test]
fn unknown_fields_go_with_their_entries() {
    let text = sample().replace("\"hasBin\":true", "\"hasBin\":true,\"new\":1");
    let mut lockfile = parse(&text);
    lockfile.importers.clear();
    lockfile.prune_unreachable();
    assert!(lockfile.extra.is_empty());
    assert_eq!(parse(&lockfile.to_text()), lockfile);
}

#[test]
fn strings_in_unknown_fields_have_one_spelling_too() {
    let with = |value: &str| {
        sample().replace(
            "\"hasBin\":true",
            &format!("\"hasBin\":true,\"new\":{value}"),
        )
    };
    let spelled = with(r#"{"\u0061\/" : "\ud83d\ude00 \\\" \ud83d"}"#);
    assert_eq!(
        parse(&spelled).to_text(),
        with(r#"{"a/":"\ud83d\ude00 \\\" \ud83d"}"#)
    );
}
