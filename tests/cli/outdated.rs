//! `pkg outdated`, `pkg view`: what the registry has beside what is installed.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Sandbox, server};

#[test]
fn without_the_network_what_the_install_learned_is_enough() {
    let server = server();
    let sandbox = Sandbox::with_dependencies(&[("number-list", "1"), ("zero-major", "^0.1.0")]);
    sandbox.use_server(&server);
    sandbox.install(&[]);
    // Of what was installed there are short documents only, which do not say when a version was published.
    assert_snapshot!(sandbox.run(&["outdated", "--offline"]), @"
    exit: 1
    ----- stdout
    package      current  wanted  latest  update  age
    number-list  1.3.0    1.3.0   3.1.0   major     -
    ");
    assert_snapshot!(sandbox.run(&["view", "number-list", "dist-tags.latest", "--offline"]), @"
    exit: 0
    ----- stdout
    3.1.0
    ");
}

#[test]
fn outdated_tells_what_is_in_range_and_what_is_beyond() {
    let server = server();
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"number-list": "1", "half-deprecated": "*", "tiny-status": "*", "zero-major": "^0.1.0"}
    }));
    sandbox.use_server(&server);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    let aged = |arguments: &[&str]| {
        let years = seconds_since_publication() / (365 * 86_400);
        sandbox
            .run(arguments)
            .to_string()
            .replace(&format!("{years} years"), "[AGE]")
    };
    assert_snapshot!(aged(&["outdated"]), @"
    exit: 1
    ----- stdout
    package          current  wanted  latest  update      age
    half-deprecated  1.0.0    1.0.0   1.1.0   minor   [AGE]
    number-list      1.3.0    1.3.0   3.1.0   major   [AGE]
    ");
    assert_snapshot!(aged(&["outdated", "--long", "--offline"]), @"
    exit: 1
    ----- stdout
    package          current  wanted  latest  update      age  asked for  in
    half-deprecated  1.0.0    1.0.0   1.1.0   minor   [AGE]  *          dependencies
    number-list      1.3.0    1.3.0   3.1.0   major   [AGE]  1          dependencies
    ");
    assert_snapshot!(sandbox.run(&["outdated", "--compatible"]), @"
    exit: 0
    ----- stdout
    Everything is as new as it may be
    ");
    assert_snapshot!(sandbox.run(&["outdated", "tiny-*"]), @"
    exit: 0
    ----- stdout
    Everything is as new as it may be
    ");
    assert_snapshot!(sandbox.run(&["outdated", "--json", "number-list"]), @r#"
    exit: 1
    ----- stdout
    {
      "number-list": {
        "current": "1.3.0",
        "wanted": "1.3.0",
        "latest": "3.1.0",
        "dependent": "app",
        "name": "number-list",
        "specifier": "1",
        "dependencyType": "dependencies",
        "update": "major",
        "latestPublished": 1577836800,
        "currentPublished": 1577836800,
        "isDeprecated": false
      }
    }
    "#);
}

#[test]
fn outdated_is_printed_as_a_list_for_narrow_terminals_and_as_json() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"number-list": "^1.0.0"},
        "devDependencies": {"half-deprecated": "*"},
    }));
    sandbox.install(&["--silent"]);
    let years = seconds_since_publication() / (365 * 86_400);
    let list = sandbox.run(&["outdated", "--format", "list"]);
    let list = list.to_string().replace(&format!("{years} years"), "[AGE]");
    assert_snapshot!(list, @"
    exit: 1
    ----- stdout
    number-list
      1.3.0 => 3.1.0  major, published [AGE] ago

    half-deprecated (dev)
      1.0.0 => 1.1.0  minor, published [AGE] ago
    ");
    assert_eq!(
        sandbox.run(&["outdated", "--format=json"]),
        sandbox.run(&["outdated", "--json"])
    );
    assert_eq!(sandbox.run(&["outdated", "--format", "tree"]).code, 2);
}

/// Seconds since the fixtures were published.
fn seconds_since_publication() -> u64 {
    let published = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_577_836_800);
    published.elapsed().expect("it is later").as_secs()
}

#[test]
fn view_shows_what_the_registry_says() {
    let sandbox = Sandbox::with_dependencies(&[]);
    assert_snapshot!(sandbox.run(&["view", "number-list"]), @"
    exit: 0
    ----- stdout
    number-list@3.1.0 · MIT OR Apache-2.0 · 0 dependencies · 11 versions
    A fixture: number-list
    integrity: sha512-[HASH]

    tags
      latest: 3.1.0
      next: 4.0.0
    ");
    assert_snapshot!(sandbox.run(&["view", "number-list", "version"]), @"
    exit: 0
    ----- stdout
    3.1.0
    ");
    assert_snapshot!(sandbox.run(&["view", "number-list@1", "version", "dependencies"]), @"
    exit: 0
    ----- stdout
    number-list@1.0.0 version = 1.0.0
    number-list@1.0.1 version = 1.0.1
    number-list@1.1.0 version = 1.1.0
    number-list@1.2.0 version = 1.2.0
    number-list@1.3.0 version = 1.3.0
    ");
    assert_snapshot!(sandbox.run(&["view", "number-list", "versions", "--json"]), @r#"
    exit: 0
    ----- stdout
    [
      "1.0.0",
      "1.0.1",
      "1.1.0",
      "1.2.0",
      "1.3.0",
      "2.0.0",
      "2.1.0",
      "2.1.1",
      "3.0.0",
      "3.1.0",
      "4.0.0"
    ]
    "#);
    assert_snapshot!(sandbox.run(&["view", "number-list", "dist-tags.latest"]), @"
    exit: 0
    ----- stdout
    3.1.0
    ");
    assert_snapshot!(sandbox.run(&["view", "number-list@99"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MATCH]: `number-list` has no version `99`
      help: it has 11 versions; latest: 3.1.0, next: 4.0.0
    ");
    assert_snapshot!(sandbox.run(&["view", "./folder"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_PATTERN]: `./folder` names no packages: it is no name of a package
      help: write `name`, `name@range` or `@scope/*`
    ");
    assert_snapshot!(sandbox.run(&["view", "not-a-package-at-all"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `not-a-package-at-all` is not in the registry: file://[PACKAGES]/ answered 404
      help: check the name; a private package also looks like this without credentials
    ");
}
