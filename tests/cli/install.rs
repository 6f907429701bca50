//! `pkg install` where all is well: its words, its tree, its lockfile.

use std::process::Command;

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
    assert_snapshot!(sandbox.read("pkg.lock"), @r#"
    {
    "lockfileVersion": 1,
    "importers": {
    ".": {"dependencies":{"colour-mix":["1","1.0.0"],"greet":["^1.0.0","1.2.3"]}}
    },
    "packages": {
    "colour-mix@1.0.0": {"integrity":"sha512-YVRf8jtO5oeD+44SCMe0CoWB55BDjnKEoF+jDA//QS1428rkfMZqzWoXU42DXtF3c8Z+4T05LICgt03p5KlAAQ=="},
    "colour-name@1.1.1": {"integrity":"sha512-ePjeuVHmTaVZ8ToIZR6XVnEI5ZxtvtKV/zQkDqtAgbtiRoutwPZL/N8jMDaSMBJmW5GW9ypb+77fBRGAE/M6gg=="},
    "greet@1.2.3": {"integrity":"sha512-WsFLMtv1CbIIeZ28rKZXSBzp7DhHwdl223z5jfi48ZmQYy/yPqatTGcZ/uwL3muGkDUVVPniaTfiUpAxM6u3vQ=="}
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
    sandbox.write(
        "index.js",
        "require('colour-mix'); console.log(typeof require('greet'));",
    );
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
    let sandbox =
        Sandbox::with_dependencies(&[("greet", "^1.0.0"), ("colour-mix", "1"), ("bin-many", "*")]);
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
    let all: Vec<_> = [
        &[][..],
        &["--prod"],
        &["--dev"],
        &["--no-optional"],
        &["-P", "--no-optional"],
    ]
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
      1 package removed  isolated · [TIME]

    ["--dev"] letter-case
    exit: 0
    ----- stdout
      1 package added, 1 from the store, 2 packages removed  isolated · [TIME]

    ["--no-optional"] greet letter-case
    exit: 0
    ----- stdout
      1 package added, 1 from the store  isolated · [TIME]

    ["-P", "--no-optional"] greet
    exit: 0
    ----- stdout
      1 package removed  isolated · [TIME]
    "#);
}

#[test]
fn a_dependency_that_is_no_longer_asked_for_goes_and_foreign_files_stay() {
    let sandbox =
        Sandbox::with_dependencies(&[("greet", "1"), ("colour-mix", "1"), ("bin-single", "1")]);
    sandbox.install(&[]);
    sandbox.write("node_modules/.cache/tool/data", "mine");
    sandbox.write("node_modules/handmade/index.js", "mine");
    sandbox.set_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    - bin-single 1.0.0
    - colour-mix 1.0.0
      3 packages removed  isolated · [TIME]
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
    sandbox.set_dependencies(&[
        ("greet", "^1.0.0"),
        ("letter-case", "^1.0.0"),
        ("chain-8", "1"),
    ]);
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

#[test]
fn an_install_from_a_folder_below_works_on_the_project() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.write("src/deep/index.js", "");
    let ran = sandbox
        .pkg(&["install"])
        .in_folder(&sandbox.path("src/deep"))
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    assert!(sandbox.has("node_modules/greet"));
    let ran = sandbox
        .pkg(&["-C", "project", "install"])
        .in_folder(&sandbox.path(".."))
        .run();
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
}

#[test]
fn what_was_removed_by_hand_comes_back() {
    let sandbox =
        Sandbox::with_dependencies(&[("greet", "1"), ("colour-mix", "1"), ("bin-single", "1")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    for gone in [
        "node_modules/greet",
        "node_modules/.bin",
        "node_modules/.pkg/state",
    ] {
        sandbox.remove(gone);
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), before, "{gone}");
    }
    sandbox.remove("node_modules/.pkg/colour-name@1.1.1");
    sandbox.install(&["--force"]);
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn an_empty_project_is_installed() {
    let sandbox = Sandbox::with_manifest(&json!({}));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
      0 packages in place  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
}

#[test]
fn what_stands_in_the_way_is_moved_aside_and_told() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("@fixture/text", "1")]);
    sandbox.write("node_modules/greet/index.js", "made by hand");
    sandbox.write("node_modules/@fixture/text/index.js", "made by hand");
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        ran.stderr
            .matches("was not made by pkg and stood in the way")
            .count(),
        2,
        "{ran}"
    );
    let kept = sandbox.tree_with_contents("node_modules");
    let lines: Vec<_> = kept
        .lines()
        .filter(|line| line.contains("index.js"))
        .collect();
    let by_hand = |path: &str| {
        std::fs::read(sandbox.path("node_modules").join(path)).unwrap() == b"made by hand"
    };
    let found = lines
        .iter()
        .filter(|line| by_hand(line.split(' ').next().unwrap()))
        .count();
    assert_eq!(found, 2, "{kept}");
    assert!(
        sandbox
            .read("node_modules/greet/package.json")
            .contains("\"greet\"")
    );
}

#[test]
fn a_link_in_place_of_node_modules_is_not_followed_out_of_the_project() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.write("../elsewhere/mine", "mine");
    std::os::unix::fs::symlink("../elsewhere", sandbox.path("node_modules")).unwrap();
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LINK_NODE_MODULES]: `[SANDBOX]/project/node_modules` is a link
      help: what it leads to is not this project's: remove the link, and run again
    ");
    assert_snapshot!(sandbox.tree("../elsewhere"), @"mine");
}

#[test]
fn a_project_that_was_moved_still_works() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"hi": "bin-single"}, "dependencies": {"bin-single": "1"}
    }));
    sandbox.install(&[]);
    let moved = sandbox.beside("ein anderer Ordner 'ü\n");
    std::fs::rename(sandbox.path(""), &moved).unwrap();
    let run = |arguments: &[&str]| sandbox.pkg(arguments).in_folder(&moved).run();
    assert_eq!(run(&["run", "hi"]).stdout, "bin-single\n");
    let again = run(&["install"]);
    assert_eq!((again.code, again.stderr.as_str()), (0, ""), "{again}");
    assert_eq!(run(&["install", "--force"]).code, 0);
    assert_eq!(run(&["run", "hi"]).stdout, "bin-single\n");
}

#[test]
fn a_copy_of_a_project_is_another_project() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let copy = sandbox.beside("copy");
    let copied = Command::new("cp")
        .arg("-a")
        .args([sandbox.path(""), copy.clone()])
        .status();
    assert!(copied.unwrap().success());
    let manifest = json!({"name": "app", "dependencies": {"greet": "1", "letter-case": "1"}});
    std::fs::write(copy.join("package.json"), manifest.to_string()).unwrap();
    let installed = sandbox.pkg(&["install"]).in_folder(&copy).run();
    assert_eq!(installed.code, 0, "{installed}");
    assert!(copy.join("node_modules/letter-case/package.json").is_file());
}

#[test]
fn a_byte_order_mark_and_other_line_ends_are_no_matter() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "package.json",
        "\u{feff}{\r\n  \"name\": \"app\",\r\n  \"dependencies\": {\"greet\": \"1\"}\r\n}\r\n",
    );
    sandbox.install(&[]);
    let lockfile = sandbox.read("pkg.lock");
    sandbox.write("pkg.lock", lockfile.replace('\n', "\r\n"));
    sandbox.install(&["--frozen-lockfile"]);
}

#[test]
fn production_can_be_asked_for_by_the_environment() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "dependencies": {"greet": "1"}, "devDependencies": {"letter-case": "1"}
    }));
    let ran = sandbox
        .pkg(&["install"])
        .env("NODE_ENV", "production")
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    assert!(sandbox.has("node_modules/greet") && !sandbox.has("node_modules/letter-case"));
    sandbox.install(&[]);
    assert!(sandbox.has("node_modules/letter-case"));
}

#[test]
fn a_changed_range_moves_one_package() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("letter-case", "1.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("greet", "2"), ("letter-case", "1.0.0")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    ~ greet 1.2.3 → 2.1.0
      1 package added, 1 package removed  isolated · [TIME]
    ");
    assert!(
        sandbox
            .read("node_modules/greet/package.json")
            .contains("2.1.0")
    );
}
