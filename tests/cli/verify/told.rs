//! What is said of much damage at once, to people and to programs.

use std::os::unix::fs::MetadataExt as _;

use insta::assert_snapshot;

use super::{GREET, MANY, installed, link, make_pipe, replace, set_mode, stamps};
use crate::support::Sandbox;

/// A project whose tree is damaged in every way.
fn damaged() -> Sandbox {
    let sandbox = installed();
    replace(&sandbox, &format!("{GREET}/index.js"), "changed");
    sandbox.write(&format!("{GREET}/extra \u{1b}[2J.js"), "foreign");
    set_mode(&sandbox, &format!("{MANY}/data/part-00.js"), 0o755);
    sandbox.remove(&format!("{MANY}/data/part-01.js"));
    sandbox.remove("node_modules/colour-mix");
    link(&sandbox, "../../outside", "node_modules/colour-mix");
    sandbox.write("node_modules/left-pad/index.js", "unlisted");
    sandbox.remove("node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name");
    sandbox.remove("node_modules/.bin/bin-crlf");
    make_pipe(&sandbox, "node_modules/.bin/bin-crlf");
    sandbox
}

#[test]
fn damage_of_all_kinds_is_told_by_package() {
    let sandbox = damaged();
    assert_snapshot!(sandbox.run(&["verify"]), @r#"
    exit: 1
    ----- stdout
    bin-crlf@1.0.0
      replaced  node_modules/.bin/bin-crlf (is a named pipe, should be a command)
    colour-mix@1.0.0
      link      node_modules/colour-mix → ../../outside (should be → .pkg/colour-mix@1.0.0/node_modules/colour-mix)
    colour-name@1.1.1
      missing   node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name (the whole package)
    greet@1.2.3
      foreign   node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    many-files@1.0.0
      mode      node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-00.js (755, should not be executable)
      missing   node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-01.js
    left-pad (not in pkg.lock)
      unlisted  node_modules/left-pad
    5 packages, 51 files, 9 links: 8 differences  isolated · [TIME]
      help: `pkg verify --fix` puts it right, and keeps what it moves aside
    "#);
}

#[test]
fn programs_are_told_every_detail() {
    let ran = damaged().run(&["verify", "--json"]);
    let mut report = ran.json();
    let mut details = String::new();
    for group in report["damaged"].as_array().unwrap() {
        details.push_str(&format!("{}: {}\n", group["package"], group["inLockfile"]));
        for difference in group["differences"].as_array().unwrap() {
            details.push_str(&format!("  {difference}\n"));
        }
    }
    assert_snapshot!(details, @r#"
    "bin-crlf@1.0.0": true
      {"kind":"replaced","path":"node_modules/.bin/bin-crlf","expected":"a command","found":"a named pipe"}
    "colour-mix@1.0.0": true
      {"kind":"link","path":"node_modules/colour-mix","expected":".pkg/colour-mix@1.0.0/node_modules/colour-mix","found":"../../outside"}
    "colour-name@1.1.1": true
      {"kind":"missing","path":"node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name","expected":"the folder of a package"}
    "greet@1.2.3": true
      {"kind":"foreign","path":"node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u001b[2J.js","found":"a regular file"}
      {"kind":"changed","path":"node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js","expected":"e98034fcca926c84966aa58cf86fa0afa47d7987ff89941632ca42442d59216e","found":null}
    "many-files@1.0.0": true
      {"kind":"mode","path":"node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-00.js","executable":false,"mode":"755"}
      {"kind":"missing","path":"node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-01.js","expected":"a regular file"}
    "left-pad": false
      {"kind":"unlisted","path":"node_modules/left-pad","found":"a directory"}
    "#);
    report["damaged"] = report["damaged"].as_array().unwrap().len().into();
    report["milliseconds"] = 0.into();
    assert_snapshot!(format!("{report:#}"), @r#"
    {
      "ok": false,
      "layout": "isolated",
      "packages": 5,
      "files": 51,
      "links": 9,
      "bytes": 0,
      "bytesRead": 2920,
      "differences": 8,
      "damaged": 6,
      "unchecked": [],
      "milliseconds": 0
    }
    "#);
    assert_eq!(ran.code, 1);
}

#[test]
fn what_is_put_right_is_kept_aside() {
    let sandbox = damaged();
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @r#"
    exit: 0
    ----- stdout
    bin-crlf@1.0.0
      replaced  node_modules/.bin/bin-crlf (is a named pipe, should be a command)
    colour-mix@1.0.0
      link      node_modules/colour-mix → ../../outside (should be → .pkg/colour-mix@1.0.0/node_modules/colour-mix)
    colour-name@1.1.1
      missing   node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name (the whole package)
    greet@1.2.3
      foreign   node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    many-files@1.0.0
      mode      node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-00.js (755, should not be executable)
      missing   node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-01.js
    left-pad (not in pkg.lock)
      unlisted  node_modules/left-pad
    moved aside: node_modules/.bin/bin-crlf → node_modules/.pkg/aside-1/node_modules/.bin/bin-crlf
    moved aside: node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js → node_modules/.pkg/aside-1/node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js
    moved aside: node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js → node_modules/.pkg/aside-1/node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    moved aside: node_modules/left-pad → node_modules/.pkg/aside-1/node_modules/left-pad
    6 packages, 54 files, 9 links: 8 differences, put right  isolated · [TIME]
    "#);
    assert_snapshot!(sandbox.tree("node_modules/.pkg/aside-1"), @"
    node_modules/.bin/bin-crlf
    node_modules/.pkg/greet@1.2.3/node_modules/greet/extra [2J.js
    node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    node_modules/left-pad/index.js
    ");
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 0
    ----- stdout
    6 packages, 54 files, 9 links: all as pkg.lock says  isolated · [TIME]
    ");
}

#[test]
fn an_edit_through_a_hard_link_is_told_of_tree_and_store() {
    let sandbox = installed();
    let index = format!("{GREET}/index.js");
    let (text, path) = (sandbox.read(&index), sandbox.path(&index));
    let before = path.metadata().unwrap();
    std::fs::write(&path, text.replace("exports", "expurts")).unwrap();
    // Size and time tell nothing.
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    if path.metadata().unwrap().nlink() == 1 {
        eprintln!("skipped: there are no hard links here");
        return;
    }
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 1
    ----- stdout
    greet@1.2.3
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
      store     index.js is damaged in the store too
    6 packages, 54 files, 9 links: 1 difference  isolated · [TIME]
      help: `pkg verify --fix` puts it right, and keeps what it moves aside
    ");
    let stored = stamps(&sandbox.pkg_home("store"));
    assert_eq!(sandbox.run(&["verify", "--json"]).code, 1);
    assert_eq!(stamps(&sandbox.pkg_home("store")), stored);
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"
    exit: 0
    ----- stdout
    greet@1.2.3
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
      store     index.js is damaged in the store too
    moved aside: node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js → node_modules/.pkg/aside-1/node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    6 packages, 54 files, 9 links: 1 difference, put right  isolated · [TIME]
    ----- stderr
    warning: `greet@1.2.3` was damaged in the store and is fetched again
    ");
    assert_eq!(sandbox.read(&index), text);
    let ran = sandbox.run(&["store", "verify"]);
    assert_eq!(ran.code, 0, "{ran}");
}
