//! A machine without Node.js: what needs none works, and what needs it says so.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Ran, Sandbox};

/// Runs the program with a PATH on which nothing is.
fn run(sandbox: &Sandbox, words: &[&str]) -> Ran {
    let nothing = sandbox.beside("nothing");
    std::fs::create_dir_all(&nothing).unwrap();
    sandbox.pkg(words).env("PATH", nothing).run()
}

#[test]
fn what_needs_no_node_works_without() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"say": "echo said"},
        "dependencies": {"greet": "1", "script-post": "1"},
    }));
    for words in [
        &["install"][..],
        &["add", "wide"],
        &["list"],
        &["why", "greet"],
        &["verify"],
        &["layout", "flat"],
        &["run", "say"],
        &["exec", "/bin/echo"],
        &["approve-builds", "--list"],
    ] {
        let ran = run(&sandbox, words);
        assert_eq!(ran.code, 0, "{words:?}: {ran}");
    }
}

#[test]
fn what_needs_node_says_so() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"version-of-node": "node --version"},
        "dependencies": {"script-post": "1"},
    }));
    sandbox.install(&[]);
    assert_snapshot!(run(&sandbox, &["node", "--version"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_NODE]: there is no `node` on PATH
      help: install Node.js, or add its folder to PATH
    ");
    assert_snapshot!(run(&sandbox, &["approve-builds", "script-post"]), @"
    exit: 1
    ----- stderr
    script-post@1.1.0  new
      postinstall  node note.js
      files        note.js
    approved: script-post
    written to pkg-builds.json: commit it with the project
    error[ERR_PKG_NO_NODE]: there is no Node.js on PATH to run scripts of packages with
      help: put `node` on PATH, or install with `--ignore-scripts`
    ");
    let ran = run(&sandbox, &["run", "version-of-node"]);
    assert_ne!(ran.code, 0, "{ran}");
    let doctor = run(&sandbox, &["doctor"]);
    assert_eq!(doctor.code, 1, "{doctor}");
    assert!(
        doctor
            .stdout
            .contains("install Node.js, or add its folder to PATH"),
        "{doctor}"
    );
    // All is well again once it is there.
    assert_eq!(sandbox.run(&["install"]).code, 0);
    assert_eq!(sandbox.run(&["-s", "run", "version-of-node"]).code, 0);
}
