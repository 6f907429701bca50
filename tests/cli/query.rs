//! `pkg list`, `why`, `licenses`, `size`, `bin`, `root`, `prefix`.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

/// A project with all groups, an alias, a package that is needed twice, and a linked folder.
fn installed() -> Sandbox {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "version": "1.2.3",
        "dependencies": {"tiny-http-app": "^1.0.0", "shades": "npm:colour-mix@^1.0.0", "beside": "link:./beside"},
        "devDependencies": {"ring-a": "*"},
        "optionalDependencies": {"chain-7": "1"}
    }));
    sandbox.write(
        "beside/package.json",
        r#"{"name": "beside", "version": "3.0.0"}"#,
    );
    let installed = sandbox.run(&["install", "--silent"]);
    assert_eq!(installed.code, 0, "{installed}");
    sandbox
}

#[test]
fn list_shows_direct_dependencies_by_group() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["list"]), @"
    exit: 0
    ----- stdout
    app@1.2.3 [SANDBOX]/project

    dependencies
    ├── beside link:beside
    ├── shades (npm:colour-mix) 1.0.0
    └── tiny-http-app 1.0.0

    devDependencies
    └── ring-a 1.0.0

    optionalDependencies
    └── chain-7 1.0.0
    ");
    assert_snapshot!(sandbox.run(&["ls", "--dev", "--all"]), @"
    exit: 0
    ----- stdout
    app@1.2.3 [SANDBOX]/project

    devDependencies
    └── ring-a 1.0.0
        └── ring-b 1.0.0
            └── ring-c 1.0.0
                └── ring-a 1.0.0 (as above)
    ");
    assert_snapshot!(sandbox.run(&["ls", "--depth=1", "--prod", "--long", "--no-optional"]), @"
    exit: 0
    ----- stdout
    app@1.2.3 [SANDBOX]/project

    dependencies
    ├── beside link:beside  link:./beside
    ├── shades (npm:colour-mix) 1.0.0  npm:colour-mix@^1.0.0
    │   └── colour-name 1.1.1
    └── tiny-http-app 1.0.0  ^1.0.0
        ├── tiny-body 1.0.0
        ├── tiny-middleware 1.0.0
        ├── tiny-router 1.0.0
        └── tiny-status 1.0.0
    ");
}

#[test]
fn list_finds_the_ways_to_a_package() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["list", "tiny-st*"]), @"
    exit: 0
    ----- stdout
    app@1.2.3 [SANDBOX]/project

    dependencies
    └── tiny-http-app 1.0.0
        └── tiny-status 1.0.0
    ");
    assert_snapshot!(sandbox.run(&["list", "colour-mix@>=99"]), @"
    exit: 1
    ----- stdout
    app@1.2.3 [SANDBOX]/project
      nothing
    ");
    assert_snapshot!(sandbox.run(&["list", "a@no range!"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_PATTERN]: `a@no range!` names no packages: what follows the `@` is no range
      help: write `name`, `name@range` or `@scope/*`
    ");
}

#[test]
fn list_speaks_to_programs() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["list", "--json", "--depth", "1", "--prod", "--no-optional"]), @r#"
    exit: 0
    ----- stdout
    [
      {
        "name": "app",
        "version": "1.2.3",
        "path": "[SANDBOX]/project",
        "dependencies": {
          "beside": {
            "from": "beside",
            "version": "link:beside",
            "specifier": "link:./beside",
            "path": "[SANDBOX]/project/node_modules/beside"
          },
          "shades": {
            "from": "colour-mix",
            "version": "1.0.0",
            "specifier": "npm:colour-mix@^1.0.0",
            "path": "[SANDBOX]/project/node_modules/shades",
            "dependencies": {
              "colour-name": {
                "from": "colour-name",
                "version": "1.1.1"
              }
            }
          },
          "tiny-http-app": {
            "from": "tiny-http-app",
            "version": "1.0.0",
            "specifier": "^1.0.0",
            "path": "[SANDBOX]/project/node_modules/tiny-http-app",
            "dependencies": {
              "tiny-body": {
                "from": "tiny-body",
                "version": "1.0.0"
              },
              "tiny-middleware": {
                "from": "tiny-middleware",
                "version": "1.0.0"
              },
              "tiny-router": {
                "from": "tiny-router",
                "version": "1.0.0"
              },
              "tiny-status": {
                "from": "tiny-status",
                "version": "1.0.0"
              }
            }
          }
        }
      }
    ]
    "#);
}

#[test]
fn list_prints_folders() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["list", "--parseable"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/project
    [SANDBOX]/project/node_modules/beside
    [SANDBOX]/project/node_modules/shades
    [SANDBOX]/project/node_modules/tiny-http-app
    [SANDBOX]/project/node_modules/ring-a
    [SANDBOX]/project/node_modules/chain-7
    ");
}

#[test]
fn questions_need_a_lockfile() {
    let sandbox = Sandbox::with_dependencies(&[("ring-a", "*")]);
    assert_snapshot!(sandbox.run(&["list"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_LOCKFILE]: there is no pkg.lock in `[SANDBOX]/project`
      help: run `pkg install` first
    ");
    let told = sandbox.run(&["list"]).to_string();
    for command in [&["why", "x"][..], &["outdated"], &["licenses"], &["size"]] {
        assert_eq!(sandbox.run(command).to_string(), told, "{command:?}");
    }
}

#[test]
fn why_shows_each_way_with_its_ranges_the_shortest_first() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["why", "tiny-status"]), @"
    exit: 0
    ----- stdout
    tiny-status@1.0.0  1 way

      app needs tiny-http-app ^1.0.0: 1.0.0  (dependencies)
        tiny-http-app needs tiny-status ^1.0.0: 1.0.0
    ");
    assert_snapshot!(sandbox.run(&["why", "ring-c"]), @"
    exit: 0
    ----- stdout
    ring-c@1.0.0  1 way

      app needs ring-a *: 1.0.0  (devDependencies)
        ring-a needs ring-b ^1.0.0: 1.0.0
          ring-b needs ring-c ^1.0.0: 1.0.0
    ");
    assert_snapshot!(sandbox.run(&["why", "shades"]), @"
    exit: 0
    ----- stdout
    colour-mix@1.0.0  1 way

      app needs shades npm:colour-mix@^1.0.0: colour-mix@1.0.0  (dependencies)
    ");
    assert_snapshot!(sandbox.run(&["why", "chain-8", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "packages": [
        {
          "package": "chain-8@1.0.0",
          "name": "chain-8",
          "version": "1.0.0",
          "count": 1,
          "isMore": false,
          "paths": [
            {
              "project": "app",
              "group": "optionalDependencies",
              "steps": [
                {
                  "alias": "chain-7",
                  "package": "chain-7@1.0.0",
                  "range": "1",
                  "peer": false
                },
                {
                  "alias": "chain-8",
                  "package": "chain-8@1.0.0",
                  "range": "^1.0.0",
                  "peer": false
                }
              ]
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn why_says_what_is_there_instead() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["why", "tiny-statsu"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_INSTALLED]: this project has no package `tiny-statsu`
      help: did you mean `tiny-status`?
    ");
    assert_snapshot!(sandbox.run(&["why", "tiny-status@99"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_INSTALLED]: this project has no package `tiny-status@99`
      help: it has 1.0.0
    ");
}

#[test]
fn why_cuts_what_nobody_can_read() {
    let sandbox = Sandbox::with_dependencies(&[("colour-mix", "*"), ("colour-print", "*")]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    assert_snapshot!(sandbox.run(&["why", "colour-name", "--limit", "1"]), @"
    exit: 0
    ----- stdout
    colour-name@1.1.1  2 ways

      app needs colour-mix *: 1.0.0  (dependencies)
        colour-mix needs colour-name ^1.1.0: 1.1.1

      … and 1 more: `--limit 2` shows them

    colour-name@2.0.1  1 way

      app needs colour-print *: 1.0.0  (dependencies)
        colour-print needs colour-name ^2.0.0: 2.0.1
    ");
}

#[test]
fn peers_are_told_as_such() {
    let sandbox = Sandbox::with_dependencies(&[("plug-one", "*")]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    assert_snapshot!(sandbox.run(&["why", "plug-host"]), @"
    exit: 0
    ----- stdout
    plug-host@2.0.0  1 way

      app needs plug-one *: 2.0.0  (dependencies)
        plug-one needs plug-host ^2.0.0 as a peer: 2.0.0
    ");
}

#[test]
fn licenses_stand_with_their_packages() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["licenses", "--dev"]), @"
    exit: 0
    ----- stdout
    MIT OR Apache-2.0  3
      ring-a@1.0.0
      ring-b@1.0.0
      ring-c@1.0.0
    ");
    assert_snapshot!(sandbox.run(&["licenses", "--dev", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "MIT OR Apache-2.0": [
        {
          "package": "ring-a@1.0.0",
          "name": "ring-a",
          "version": "1.0.0",
          "author": null,
          "homepage": null
        },
        {
          "package": "ring-b@1.0.0",
          "name": "ring-b",
          "version": "1.0.0",
          "author": null,
          "homepage": null
        },
        {
          "package": "ring-c@1.0.0",
          "name": "ring-c",
          "version": "1.0.0",
          "author": null,
          "homepage": null
        }
      ]
    }
    "#);
}

#[test]
fn size_says_what_each_package_costs_and_why_it_is_there() {
    let sandbox = installed();
    assert_snapshot!(sandbox.run(&["size", "--dev"]), @"
    exit: 0
    ----- stdout
     size  files  alone  package       because of
    261 B      2  783 B  ring-a@1.0.0  package.json
    261 B      2      -  ring-b@1.0.0  ring-a
    261 B      2      -  ring-c@1.0.0  ring-a

    3 packages, 6 files, 783 B; 783 B with equal files counted once
    ");
    assert_snapshot!(sandbox.run(&["size", "--limit", "2"]), @"
    exit: 0
    ----- stdout
      size  files   alone  package              because of
    1.8 kB      2  4.9 kB  tiny-http-app@1.0.0  package.json
     888 B      2       -  tiny-router@1.0.0    tiny-http-app
    … and 11 more: `--limit 13` shows them

    13 packages, 26 files, 7.1 kB; 7.1 kB with equal files counted once
    ");
    assert_snapshot!(sandbox.run(&["size", "--dev", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "size": 783,
      "uniqueSize": 783,
      "fileCount": 6,
      "packages": [
        {
          "package": "ring-a@1.0.0",
          "bytes": 0,
          "files": 2,
          "alone": 783,
          "becauseOf": "ring-a"
        },
        {
          "package": "ring-b@1.0.0",
          "bytes": 0,
          "files": 2,
          "alone": null,
          "becauseOf": "ring-a"
        },
        {
          "package": "ring-c@1.0.0",
          "bytes": 0,
          "files": 2,
          "alone": null,
          "becauseOf": "ring-a"
        }
      ],
      "unknown": []
    }
    "#);
}

#[test]
fn places_are_printed_as_they_are() {
    let sandbox = installed();
    for (command, below) in [
        ("bin", "node_modules/.bin"),
        ("root", "node_modules"),
        ("prefix", ""),
    ] {
        let printed = sandbox.run(&[command]);
        let wanted = sandbox.filter(&sandbox.path(below).to_string_lossy());
        assert_eq!(printed.stdout.trim_end(), wanted.trim_end_matches('/'));
    }
}

/// An optional peer is somebody else's dependency: where that one is a tool for development, production has none.
#[test]
fn what_only_development_brings_is_not_counted_in_production() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"plug-maybe": "1"},
        "devDependencies": {"plug-host": "^1.0.0"},
    }));
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    assert!(
        sandbox
            .read("pkg.lock")
            .contains("plug-maybe@1.0.0(plug-host@")
    );
    assert_snapshot!(sandbox.run(&["licenses", "--prod"]), @"
    exit: 0
    ----- stdout
    MIT OR Apache-2.0  1
      plug-maybe@1.0.0
    ");
    let size = sandbox.run(&["size", "--prod", "--json"]).json();
    assert_eq!(size["packages"].as_array().unwrap().len(), 1);
    assert_eq!(size["size"], size["packages"][0]["alone"]);
    let listed = sandbox.run(&["list", "--prod", "--all"]);
    assert!(!listed.stdout.contains("plug-host"), "{listed}");
    let all = sandbox.run(&["list", "--all"]);
    assert_eq!(all.stdout.matches("plug-host").count(), 2, "{all}");
    let all = sandbox.run(&["size", "--json"]).json();
    assert_eq!(all["packages"].as_array().unwrap().len(), 2);
}

#[test]
fn places_are_those_of_the_layout() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("other", "npm:greet@2")]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    assert_snapshot!(sandbox.run(&["list", "--parseable", "--long"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/project:app
    [SANDBOX]/project/node_modules/greet:greet@1.2.3
    [SANDBOX]/project/node_modules/other:greet@2.1.0
    ");
    assert_snapshot!(sandbox.run(&["root"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/project/node_modules
    ");
    // Other names of the long form, as npm has them.
    let long = sandbox.run(&["list", "--long"]);
    assert_eq!(
        (sandbox.run(&["ll"]), sandbox.run(&["la"])),
        (long.clone(), long)
    );
    assert_eq!(
        sandbox.run(&["licenses", "list"]),
        sandbox.run(&["licenses"])
    );
    let switched = sandbox.run(&["layout", "pnp"]);
    assert_eq!(switched.code, 0, "{switched}");
    let listed = sandbox.run(&["list", "--parseable"]);
    let places: Vec<_> = listed.stdout.lines().skip(1).collect();
    assert_eq!(places.len(), 2, "{listed}");
    let listed = sandbox.run(&["list", "--json"]).json();
    for (alias, id) in [("greet", "greet/1.2.3"), ("other", "greet/2.1.0")] {
        let place = listed[0]["dependencies"][alias]["path"].as_str().unwrap();
        let store = format!("[SANDBOX]/home/pkg/store/v1/links/{id}/");
        assert!(place.starts_with(&store), "{place}");
        assert!(place.ends_with("/node_modules/greet"), "{place}");
    }
    assert_snapshot!(sandbox.run(&["bin"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/project/.pkg/bin
    ");
    // A path that is not there would fail later, and without a reason.
    assert_snapshot!(sandbox.run(&["root"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_PACKAGES_FOLDER]: in the layout `pnp` no folder has the packages of the project
      help: `pkg list --parseable` prints where each is, `pkg node` runs what needs them, and `pkg bin` prints the folder of commands
    ");
}
