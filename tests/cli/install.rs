//! `pkg install` where all is well: its words, its tree, its lockfile.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

#[test]
fn a_first_install_says_what_came_and_makes_an_isolated_tree() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0"), ("colour-mix", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + colour-mix 1.0.0
    + greet 1.2.3
      3 packages added  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .pkg/colour-mix@1.0.0/node_modules/colour-mix/index.js
    .pkg/colour-mix@1.0.0/node_modules/colour-mix/package.json
    .pkg/colour-mix@1.0.0/node_modules/colour-name -> ../../colour-name@1.1.1/node_modules/colour-name
    .pkg/colour-name@1.1.1/node_modules/colour-name/index.js
    .pkg/colour-name@1.1.1/node_modules/colour-name/package.json
    .pkg/greet@1.2.3/node_modules/greet/index.js
    .pkg/greet@1.2.3/node_modules/greet/package.json
    .pkg/node_modules/colour-name -> ../colour-name@1.1.1/node_modules/colour-name
    colour-mix -> .pkg/colour-mix@1.0.0/node_modules/colour-mix
    greet -> .pkg/greet@1.2.3/node_modules/greet
    ");
    assert_snapshot!(sandbox.filter(&sandbox.read("pkg.lock")), @r#"
    {
    "lockfileVersion": 1,
    "importers": {
    ".": {"dependencies":{"colour-mix":["1","1.0.0"],"greet":["^1.0.0","1.2.3"]}}
    },
    "packages": {
    "colour-mix@1.0.0": {"integrity":"sha512-aHir/7UWqF28MudLB2OfRASfYCLhCbfFX3wBXm6u9E6oRHcRbed0xolZHrZ5pWIFWzNtApsxM2q24s1Ub/Bq5w=="},
    "colour-name@1.1.1": {"integrity":"sha512-GzKszUuCnIvWMqu03vRQhbSWDQ6Uo6E4YfIJcKB5PMm8x79B98d/f8guuKuJPA9IJoEg+gACMZRxQ5y7hfnCEg=="},
    "greet@1.2.3": {"integrity":"sha512-yjBkLs8Qne+EGp5saJXe0GcRkJf9OV8qcWoiBxfoOJeQutmTw0FPA97MQWrha8OBYpMf63+vlqUUxVSjPLb5kA=="}
    },
    "snapshots": {
    "colour-mix@1.0.0": {"dependencies":{"colour-name":"1.1.1"}},
    "colour-name@1.1.1": {},
    "greet@1.2.3": {}
    }
    }
    "#);
}

#[test]
fn a_second_install_has_nothing_to_do() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
    assert_snapshot!(sandbox.run(&[]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
    assert_snapshot!(sandbox.run(&["install", "--silent"]), @"exit: 0");
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn an_installed_program_runs() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"start": "node index.js"},
        "dependencies": {"colour-mix": "^1.0.0", "greet": "^2.0.0"}
    }));
    sandbox.write("index.js", "require('colour-mix'); console.log(typeof require('greet'));");
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["run", "start"]), @"
    exit: 0
    ----- stdout
    function
    ----- stderr
    $ node index.js (start)
    ");
}

#[test]
fn without_node_modules_an_offline_install_makes_the_same_tree_again() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0"), ("colour-mix", "1"), ("bin-many", "*")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    sandbox.remove("node_modules");
    assert_snapshot!(sandbox.run(&["install", "--offline"]), @"
    exit: 0
    ----- stdout
      4 packages added, 4 from the store  isolated · [TIME]
    ");
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn a_dry_run_says_what_would_come_and_writes_nothing() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    assert_snapshot!(sandbox.run(&["install", "--dry-run"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      would install 1 package; nothing was written  [TIME]
    ");
    assert_snapshot!(sandbox.tree(""), @"package.json");
}

#[test]
fn lockfile_only_writes_the_lockfile_and_nothing_else() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    assert_snapshot!(sandbox.run(&["install", "--lockfile-only"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      pkg.lock holds 1 package  [TIME]
    ");
    assert_snapshot!(sandbox.tree(""), @"
    node_modules/.pkg/
    package.json
    pkg.lock
    ");
    let lockfile = sandbox.read("pkg.lock");
    sandbox.install(&["--frozen-lockfile"]);
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
    assert!(sandbox.has("node_modules/greet/package.json"));
}

#[test]
fn groups_can_be_left_out() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "1"},
        "devDependencies": {"letter-case": "1"},
        "optionalDependencies": {"chain-8": "1"}
    }));
    let names = |flags: &[&str]| {
        let ran = sandbox.install(flags);
        let mut names: Vec<_> = sandbox
            .tree("node_modules")
            .lines()
            .filter(|line| !line.starts_with(".pkg/"))
            .map(|line| line.split(' ').next().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        format!("{flags:?} {}\n{ran}", names.join(" "))
    };
    let all: Vec<_> = [&[][..], &["--prod"], &["--dev"], &["--no-optional"], &["-P", "--no-optional"]]
        .into_iter()
        .map(names)
        .collect();
    assert_snapshot!(all.join("\n"), @r#"
    [] chain-8 greet letter-case
    exit: 0
    ----- stdout
    + chain-8 1.0.0
    + greet 1.2.3
    + letter-case 1.1.0
      3 packages added  isolated · [TIME]

    ["--prod"] chain-8 greet
    exit: 0
    ----- stdout
      2 packages removed  isolated · [TIME]

    ["--dev"] letter-case
    exit: 0
    ----- stdout
      1 package added, 1 from the store, 4 packages removed  isolated · [TIME]

    ["--no-optional"] greet letter-case
    exit: 0
    ----- stdout
      1 package added, 1 from the store  isolated · [TIME]

    ["-P", "--no-optional"] greet
    exit: 0
    ----- stdout
      2 packages removed  isolated · [TIME]
    "#);
}

#[test]
fn a_dependency_that_is_no_longer_asked_for_goes_and_foreign_files_stay() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("colour-mix", "1"), ("bin-single", "1")]);
    sandbox.install(&[]);
    sandbox.write("node_modules/.cache/tool/data", "mine");
    sandbox.write("node_modules/handmade/index.js", "mine");
    sandbox.set_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    - bin-single 1.0.0
    - colour-mix 1.0.0
      8 packages removed  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .cache/tool/data
    .pkg/greet@1.2.3/node_modules/greet/index.js
    .pkg/greet@1.2.3/node_modules/greet/package.json
    greet -> .pkg/greet@1.2.3/node_modules/greet
    handmade/index.js
    ");
}

#[test]
fn adding_a_dependency_moves_nothing_else_in_the_lockfile() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1.0.0"), ("letter-case", "1.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("greet", "^1.0.0"), ("letter-case", "^1.0.0")]);
    sandbox.install(&[]);
    let before = sandbox.read("pkg.lock");
    sandbox.set_dependencies(&[("greet", "^1.0.0"), ("letter-case", "^1.0.0"), ("chain-8", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + chain-8 1.0.0
      1 package added  isolated · [TIME]
    ");
    let after = sandbox.read("pkg.lock");
    let lines: Vec<_> = after.lines().collect();
    let importer = "\".\": ";
    let gone: Vec<_> = before
        .lines()
        .filter(|line| !lines.contains(line) && !line.starts_with(importer))
        .collect();
    assert_eq!(gone, Vec::<&str>::new());
    assert!(after.contains("greet@1.0.0"), "{after}");
}
