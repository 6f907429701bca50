//! `pkg update`: within the ranges of the manifest, or beyond.

use insta::assert_snapshot;

use crate::{change::told, support::Sandbox};

/// A project whose ranges take more than its lockfile has.
fn start() -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&[
        ("number-list", "1.0.0"),
        ("greet", "1.0.0"),
        ("shades", "npm:colour-name@1.0.0"),
    ]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    sandbox.set_dependencies(&[
        ("number-list", "^1.0.0"),
        ("greet", "1.0.0"),
        ("shades", "npm:colour-name@~1.1.0"),
    ]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    sandbox
}

#[test]
fn update_moves_within_ranges_or_beyond() {
    assert_snapshot!(told(&start(), &["update"]), @r#"
    exit: 0
    ----- stdout
    ~ number-list 1.0.0 → 1.3.0
      1 package added, 1 package removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "number-list": "^1.3.0",
        "greet": "1.0.0",
        "shades": "npm:colour-name@~1.1.1"
      }
    }
    "#);
    assert_snapshot!(told(&start(), &["update", "--latest"]), @r#"
    exit: 0
    ----- stdout
    ~ greet 1.0.0 → 2.1.0
    ~ number-list 1.0.0 → 3.1.0
    ~ shades 1.1.1 → 2.0.1
      4 packages added, 3 packages removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "number-list": "^3.1.0",
        "greet": "2.1.0",
        "shades": "npm:colour-name@~2.0.1"
      }
    }
    "#);
}

#[test]
fn update_moves_no_further_than_it_is_told() {
    assert_snapshot!(told(&start(), &["up", "number-*", "--patch"]), @r#"
    exit: 0
    ----- stdout
    ~ number-list 1.0.0 → 1.0.1
      1 package added, 1 package removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "number-list": "^1.0.1",
        "greet": "1.0.0",
        "shades": "npm:colour-name@~1.1.0"
      }
    }
    "#);
    assert_snapshot!(told(&start(), &["up", "--minor", "--no-save"]), @r#"
    exit: 0
    ----- stdout
    ~ greet 1.0.0 → 1.2.3
    ~ number-list 1.0.0 → 1.3.0
      2 packages added, 2 packages removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "number-list": "^1.0.0",
        "greet": "1.0.0",
        "shades": "npm:colour-name@~1.1.0"
      }
    }
    "#);
}

#[test]
fn update_follows_aliases_and_knows_what_there_is() {
    assert_snapshot!(told(&start(), &["up", "shades", "-L"]), @r#"
    exit: 0
    ----- stdout
    ~ shades 1.1.1 → 2.0.1
      1 package added, 1 package removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "number-list": "^1.0.0",
        "greet": "1.0.0",
        "shades": "npm:colour-name@~2.0.1"
      }
    }
    "#);
    assert_snapshot!(told(&start(), &["up", "gret"]), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_INSTALLED]: this project has no package `gret`
      help: did you mean `greet`?
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "number-list": "^1.0.0",
        "greet": "1.0.0",
        "shades": "npm:colour-name@~1.1.0"
      }
    }
    "#);
}
