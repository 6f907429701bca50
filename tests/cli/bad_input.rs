//! Manifests, specifiers, flags and folders that are wrong: what is said, what is left alone, and that all
//! is well again once the cause is gone.

use std::process::Command;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

/// Installs with this text as `package.json`, and once more with a good one.
fn install_with(manifest: impl AsRef<[u8]>) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("package.json", manifest);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(sandbox.tree(""), "package.json\n");
    sandbox.set_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    ran.to_string()
}

/// Installs one dependency that cannot be had, and then one that can.
fn install_one(name: &str, specifier: &str) -> String {
    install_with(json!({"name": "app", "dependencies": {name: specifier}}).to_string())
}

#[test]
fn a_folder_without_a_manifest_is_no_project() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MANIFEST]: no package.json in `[SANDBOX]/project`
      help: go to your project's folder, or name it with `-C DIR`
    ");
    assert_snapshot!(sandbox.run(&["-C", "missing", "install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_DIRECTORY]: there is no folder `[SANDBOX]/project/missing`
      help: see what `-C` names
    ");
    assert_eq!(sandbox.tree(""), "");
    sandbox.set_dependencies(&[("greet", "1")]);
    assert_eq!(sandbox.run(&["-C", "missing", "install"]).code, 1);
    sandbox.install(&[]);
}

#[test]
fn a_manifest_that_is_no_file_is_refused() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("package.json")).unwrap();
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/package.json` is a directory, not a regular file
      help: put a regular file there
    ");
    sandbox.remove("package.json");
    let fifo = Command::new("mkfifo")
        .arg(sandbox.path("package.json"))
        .status()
        .unwrap();
    assert!(fifo.success());
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FS_NOT_REGULAR]: `[SANDBOX]/project/package.json` is a named pipe, not a regular file
      help: put a regular file there
    ");
    sandbox.remove("package.json");
    sandbox.set_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
}

#[test]
fn a_manifest_that_is_no_json_is_told_with_line_and_column() {
    assert_snapshot!(install_with("{\n  \"name\": \"app\",\n  \"dependencies\": {,}\n}\n"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_MANIFEST_JSON]: `[SANDBOX]/project/package.json` cannot be used
      caused by: it is not JSON: key must be a string at line 3, column 20
      help: mend it and run the same command again
    ");
    assert_snapshot!(install_with(""), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_MANIFEST_JSON]: `[SANDBOX]/project/package.json` cannot be used
      caused by: it is not JSON: EOF while parsing a value at line 1, column 0
      help: mend it and run the same command again
    ");
    assert_snapshot!(install_with("[]"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_MANIFEST_JSON]: `[SANDBOX]/project/package.json` cannot be used
      caused by: it is a list, not an object
      help: mend it and run the same command again
    ");
    assert_snapshot!(install_with(b"{\"name\": \"\xff\"}"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_MANIFEST_JSON]: `[SANDBOX]/project/package.json` cannot be used
      caused by: it is not JSON: invalid unicode code point at line 1, column 11
      help: mend it and run the same command again
    ");
}

#[test]
fn fields_of_a_wrong_kind_are_named() {
    assert_snapshot!(install_with(r#"{"name": "app", "dependencies": {"greet": 1}}"#), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `[SANDBOX]/project/package.json` cannot be used
      caused by: its `dependencies` has an entry `greet` that cannot be: its specifier is a number, not a text
      help: an entry is a name and a text that says what to install: `"some-name": "^1.0.0"`
    "#);
    assert_snapshot!(install_with(r#"{"name": "app", "dependencies": {"../evil": "1"}}"#), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `[SANDBOX]/project/package.json` cannot be used
      caused by: its `dependencies` has an entry `../evil` that cannot be: it starts with a dot
      help: an entry is a name and a text that says what to install: `"some-name": "^1.0.0"`
    "#);
    assert_snapshot!(install_with(r#"{"name": "app", "dependencies": {"node_modules": "1"}}"#), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `[SANDBOX]/project/package.json` cannot be used
      caused by: its `dependencies` has an entry `node_modules` that cannot be: it is reserved
      help: an entry is a name and a text that says what to install: `"some-name": "^1.0.0"`
    "#);
}

#[test]
fn specifiers_that_cannot_be_had_say_so() {
    assert_snapshot!(install_one("greet", "not a range!"), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `not a range!` is no specifier for `greet`: `not a range!` is no version, range or tag
      wanted by the project
      help: write it as `"some-name": "^1.0.0"`
    "#);
    assert_snapshot!(install_one("greet", "workspace:*"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_UNSUPPORTED_SPECIFIER]: `greet` cannot be installed yet: `workspace:*` is a package of the workspace (`workspace:`)
      wanted by the project
      help: ask for a version, a range, a tag, or with `npm:`, `file:`, `link:`, `git+…:` or `http(s):`
    ");
    assert_snapshot!(install_one("greet", "catalog:"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_UNSUPPORTED_SPECIFIER]: `greet` cannot be installed yet: `catalog:` is an entry of a catalog (`catalog:`)
      wanted by the project
      help: ask for a version, a range, a tag, or with `npm:`, `file:`, `link:`, `git+…:` or `http(s):`
    ");
    assert_snapshot!(install_one("greet", "file:../missing"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `greet` cannot be had: there is no `[SANDBOX]/project/../missing/package.json`
      wanted by the project
      help: check what package.json says of it: a path is relative to the folder of package.json
    ");
    assert_snapshot!(install_one("greet", "no-such-tag"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MATCHING_VERSION]: no version of `greet` matches `no-such-tag`
      wanted by the project
      published 3.0.0-beta.1 (next), 2.1.0 (latest), 1.2.3 (legacy), 3.0.0-alpha.2, 3.0.0-alpha.1 and 8 more
      help: ask for `latest`, or list all with `pkg view greet versions`
    ");
}

#[test]
fn a_version_that_is_not_published_is_told_with_the_nearest() {
    assert_snapshot!(install_one("greet", "^9.0.0"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MATCHING_VERSION]: no version of `greet` matches `^9.0.0`
      wanted by the project
      published 3.0.0-beta.1 (next), 3.0.0-alpha.2, 3.0.0-alpha.1, 2.1.0 (latest), 2.0.0 and 8 more
      help: ask for `^2.1.0`, or list all with `pkg view greet versions`
    ");
    assert_snapshot!(install_one("greet", "1.2.4"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MATCHING_VERSION]: no version of `greet` matches `1.2.4`
      wanted by the project
      published 1.2.3 (legacy), 1.2.0, 1.1.0, 1.0.1, 1.0.0 and 8 more
      help: ask for `^1.2.3`, or list all with `pkg view greet versions`
    ");
}

#[test]
fn a_package_that_does_not_exist_is_told() {
    assert_snapshot!(install_one("gret", "1"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `gret` cannot be had: there is none in `[PACKAGES]/`
      wanted by the project
      help: did you mean `greet`?
    ");
    assert_snapshot!(install_one("@fixture/missing", "1"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `@fixture/missing` cannot be had: there is none in `[PACKAGES]/`
      wanted by the project
      help: check the name, and which registry is asked; a private package looks like this without credentials
    ");
}

#[test]
fn a_file_where_a_folder_should_be_is_named() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.write("node_modules", "a file");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FS_WRONG_TYPE]: cannot create the folder `[SANDBOX]/project/node_modules/.pkg`
      caused by: Not a directory (os error 20)
      help: a file stands where a folder is needed, or the reverse
    ");
    assert_eq!(sandbox.tree(""), "node_modules\npackage.json\n");
    sandbox.remove("node_modules");
    std::fs::write(sandbox.pkg_home(""), "a file").unwrap_err();
    std::fs::write(sandbox.path("../home/pkg"), "a file").unwrap();
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FS_WRONG_TYPE]: cannot look at `[SANDBOX]/home/pkg/store`
      caused by: Not a directory (os error 20)
      help: a file stands where a folder is needed, or the reverse
    ");
    std::fs::remove_file(sandbox.path("../home/pkg")).unwrap();
    sandbox.install(&[]);
}

#[test]
fn a_wrong_use_of_the_command_line_exits_with_2() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install", "--frozen-lokfile"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: `pkg install` has no flag `--frozen-lokfile`
      help: did you mean `--frozen-lockfile`?
    ");
    assert_snapshot!(sandbox.run(&["instal"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_UNKNOWN_COMMAND]: there is no command and no script `instal`
      help: did you mean `install`?
    ");
    assert_snapshot!(sandbox.run(&["install", "--prod", "--dev"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: `--prod` and `--dev` exclude each other
      help: leave one of them away
    ");
    assert_snapshot!(sandbox.run(&["install", "--json", "--nonsense"]), @r#"
    exit: 2
    ----- stdout
    {
      "ok": false,
      "error": {
        "code": "ERR_PKG_USAGE",
        "compatCode": null,
        "message": "`pkg install` has no flag `--nonsense`",
        "causes": [],
        "help": "`pkg install --help` shows what it takes"
      }
    }
    "#);
    assert_eq!(sandbox.tree(""), "package.json\n");
}

#[test]
fn settings_that_cannot_be_are_refused() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install", "--layout", "spiral"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_UNKNOWN_LAYOUT]: `spiral` is no layout (on the command line)
      help: the layouts are `isolated`, `flat`, `nested` and `pnp`
    ");
    assert_snapshot!(sandbox.run(&["install", "--config", "fetch-retries=many"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_SETTING_VALUE]: `many` is no value for the setting `fetch-retries` (on the command line): it is a whole number
      help: `pkg config why KEY` shows who set it and what it takes
    ");
    assert_snapshot!(sandbox.run(&["install", "--registry", "nonsense"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NPMRC]: `registry` in command line is not the address of a registry: it is no URL
      help: the message names file and key. `pkg config list` shows what is set where
    ");
    assert_snapshot!(sandbox.run(&["install", "--registry", "file:missing"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `greet` cannot be had: there is none in `[SANDBOX]/project/missing/`
      wanted by the project
      help: check the name, and which registry is asked; a private package looks like this without credentials
    ");
    assert_eq!(sandbox.tree(""), "package.json\n");
    sandbox.install(&[]);
}

#[test]
fn any_setting_can_be_given_as_a_flag() {
    let sandbox = Sandbox::with_dependencies(&[("plug-one", "1")]);
    assert_snapshot!(sandbox.run(&["install", "--config.auto-install-peers=false"]), @"
    exit: 0
    ----- stdout
    + plug-one 1.0.0
      1 package added  isolated · [TIME]
    ----- stderr
    warning: .: plug-one@1.0.0 misses its peer plug-host ^1.0.0
    ");
    assert_snapshot!(sandbox.run(&["install", "--config.auto-install-peers=perhaps"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_SETTING_VALUE]: `perhaps` is no value for the setting `auto-install-peers` (on the command line): it is `true` or `false`
      help: `pkg config why KEY` shows who set it and what it takes
    ");
}

#[test]
fn json_is_one_document_also_on_failure() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^9.0.0")]);
    let failed = sandbox.run(&["install", "--json"]);
    assert_eq!(
        failed.json()["error"]["code"],
        "ERR_PKG_NO_MATCHING_VERSION"
    );
    assert_snapshot!(failed, @r#"
    exit: 1
    ----- stdout
    {
      "ok": false,
      "error": {
        "code": "ERR_PKG_NO_MATCHING_VERSION",
        "compatCode": "ERR_PNPM_NO_MATCHING_VERSION",
        "message": "no version of `greet` matches `^9.0.0`\n  wanted by the project\n  published 3.0.0-beta.1 (next), 3.0.0-alpha.2, 3.0.0-alpha.1, 2.1.0 (latest), 2.0.0 and 8 more",
        "causes": [],
        "help": "ask for `^2.1.0`, or list all with `pkg view greet versions`"
      }
    }
    "#);
    sandbox.set_dependencies(&[("greet", "1"), ("script-post", "1")]);
    let installed = sandbox.run(&["install", "--json"]);
    assert_eq!(installed.json()["ok"], true);
    assert_snapshot!(installed, @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "outcome": "installed",
      "layout": "isolated",
      "virtualStore": "project",
      "changes": [
        "+ greet 1.2.3",
        "+ script-post 1.1.0"
      ],
      "packages": 2,
      "added": 2,
      "removed": 0,
      "local": 0,
      "fetched": 2,
      "bytes": 0,
      "skipped": 0,
      "unbuilt": [
        "script-post@1.1.0"
      ],
      "changedBuilds": [],
      "built": 0,
      "restored": 0,
      "warnings": [],
      "milliseconds": 0
    }
    "#);
    let repeated = sandbox.run(&["install", "--json"]);
    assert_eq!(repeated.json()["outcome"], "up-to-date");
    let usage = sandbox.run(&["--json", "run"]);
    assert_eq!(usage.json()["ok"], true);
}

#[test]
fn an_unknown_setting_on_the_command_line_is_told() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install", "--config.auto-instal-peers=false", "--config.nonsense=false"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ----- stderr
    warning: unknown setting `auto-instal-peers` (on the command line): did you mean `auto-install-peers`?
    warning: unknown setting `nonsense` (on the command line): it is ignored
    ");
}

#[test]
fn groups_of_dependencies_that_are_no_objects_are_told() {
    assert_snapshot!(install_with(r#"{"name": "app", "dependencies": ["greet"]}"#), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `[SANDBOX]/project/package.json` cannot be used
      caused by: its `dependencies` is a list, not an object
      help: write it as names and what to install of them: `"dependencies": {"some-name": "^1.0.0"}`
    "#);
    assert_snapshot!(install_with(r#"{"name": "app", "devDependencies": "greet"}"#), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `[SANDBOX]/project/package.json` cannot be used
      caused by: its `devDependencies` is a text, not an object
      help: write it as names and what to install of them: `"devDependencies": {"some-name": "^1.0.0"}`
    "#);
    let sandbox = Sandbox::new();
    sandbox.write(
        "package.json",
        r#"{"name": "app", "dependencies": [], "devDependencies": null}"#,
    );
    sandbox.install(&[]);
}
