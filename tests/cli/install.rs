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
fn a_registry_can_be_named_on_the_command_line() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "next"), ("letter-case", "~1.0.0")]);
    sandbox.set_user_settings("");
    let registry = format!("file:{}", pkg_registry_fixtures::packages_dir().display());
    assert_snapshot!(sandbox.run(&["install", "--registry", &registry]), @"
    exit: 0
    ----- stdout
    + greet 3.0.0-beta.1
    + letter-case 1.0.1
      2 packages added  isolated · [TIME]
    ");
}

#[test]
fn scripts_of_the_project_run_in_npms_order() {
    let script = |name: &str| (name.to_owned(), json!(format!("echo {name} >> order")));
    let names = [
        "postprepare",
        "prepare",
        "preprepare",
        "prepublish",
        "postinstall",
        "install",
        "preinstall",
        "prepublishOnly",
        "build",
    ];
    let scripts: serde_json::Map<_, _> = names.into_iter().map(script).collect();
    let manifest = json!({"name": "app", "scripts": scripts, "dependencies": {"greet": "1"}});
    let sandbox = Sandbox::with_manifest(&manifest);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ----- stderr
    $ echo preinstall >> order (preinstall)
    $ echo install >> order (install)
    $ echo postinstall >> order (postinstall)
    $ echo prepublish >> order (prepublish)
    $ echo preprepare >> order (preprepare)
    $ echo prepare >> order (prepare)
    $ echo postprepare >> order (postprepare)
    ");
    assert_snapshot!(sandbox.read("order"), @"
    preinstall
    install
    postinstall
    prepublish
    preprepare
    prepare
    postprepare
    ");
    let ignoring = Sandbox::with_manifest(&manifest);
    assert_snapshot!(ignoring.run(&["install", "--ignore-scripts"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ");
    assert!(!ignoring.has("order"));
    let production = Sandbox::with_manifest(&manifest);
    production.install(&["--prod"]);
    assert_eq!(
        production.read("order"),
        "preinstall\ninstall\npostinstall\n"
    );
}

#[test]
fn a_script_of_the_project_that_fails_fails_the_install() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"postinstall": "exit 7"}, "dependencies": {"greet": "1"}
    }));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    $ exit 7 (postinstall)
    error[ERR_PKG_LIFECYCLE]: the script `postinstall` of this project failed with exit code 7
      help: mend the script, or install with `--ignore-scripts`
    ");
    assert_eq!(
        sandbox.run(&["install"]).code,
        1,
        "a failed script runs again"
    );
    sandbox.set_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
}

#[test]
fn scripts_of_dependencies_are_named_and_not_run() {
    let sandbox = Sandbox::with_dependencies(&[
        ("script-post", "1"),
        ("script-three", "1"),
        ("script-fails", "1"),
        ("script-gyp", "1"),
        ("script-harmless", "1"),
    ]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + script-fails 1.0.0
    + script-gyp 1.0.0
    + script-harmless 1.0.0
    + script-post 1.1.0
    + script-three 1.0.0
      5 packages added  isolated · [TIME]
      install scripts were not run: script-fails@1.0.0, script-gyp@1.0.0, script-post@1.1.0, script-three@1.0.0
        if you need one, run it yourself in its folder
    ");
    let notes: Vec<_> = sandbox
        .tree("node_modules")
        .lines()
        .filter(|line| line.contains("note") && !line.ends_with(".js"))
        .map(str::to_owned)
        .collect();
    assert_eq!(notes, Vec::<String>::new());
}

#[test]
fn packages_for_other_systems_are_left_out() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"native-pick": "1"},
        "optionalDependencies": {"not-here": "1"}
    }));
    let ran = sandbox.install(&["--json"]);
    let installed: Vec<_> = sandbox
        .tree("node_modules/.pkg")
        .lines()
        .filter(|line| line.contains("native-") && line.ends_with("/package.json"))
        .map(str::to_owned)
        .collect();
    // The picker itself, and the one binary that fits.
    assert_eq!(installed.len(), 2, "{installed:?}");
    assert!(ran.json()["skipped"].as_u64().unwrap() >= 6, "{ran}");
    assert!(!sandbox.has("node_modules/not-here"));
    let lockfile = sandbox.read("pkg.lock");
    for name in [
        "native-win32-x64",
        "native-darwin-arm64",
        "native-linux-x64-gnu",
        "not-here",
    ] {
        assert!(lockfile.contains(&format!("{name}@1.0.0")), "{name}");
    }
}

#[test]
fn a_dependency_that_is_for_other_systems_only_is_refused() {
    let sandbox = Sandbox::with_dependencies(&[("not-here", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + not-here 1.0.0
      0 packages in place  isolated · [TIME]
    ");
}

#[test]
fn aliases_are_installed_under_their_own_names() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"hello": "npm:greet@^1.0.0", "text": "npm:@fixture/text@1", "alias-user": "1"}
    }));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + alias-user 1.0.0
    + hello 1.2.3
    + text 1.0.0
      7 packages added  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .pkg/@fixture+colour@1.1.0/node_modules/@fixture/colour/index.js
    .pkg/@fixture+colour@1.1.0/node_modules/@fixture/colour/package.json
    .pkg/@fixture+colour@1.1.0/node_modules/colour-name -> ../../colour-name@1.1.1/node_modules/colour-name
    .pkg/@fixture+text@1.0.0/node_modules/@fixture/text/index.js
    .pkg/@fixture+text@1.0.0/node_modules/@fixture/text/package.json
    .pkg/@fixture+text@1.0.0/node_modules/letter-case -> ../../letter-case@1.1.0/node_modules/letter-case
    .pkg/alias-user@1.0.0/node_modules/alias-user/index.js
    .pkg/alias-user@1.0.0/node_modules/alias-user/package.json
    .pkg/alias-user@1.0.0/node_modules/colour -> ../../@fixture+colour@1.1.0/node_modules/@fixture/colour
    .pkg/alias-user@1.0.0/node_modules/greet-new -> ../../greet@2.1.0/node_modules/greet
    .pkg/alias-user@1.0.0/node_modules/greet-old -> ../../greet@1.2.3/node_modules/greet
    .pkg/colour-name@1.1.1/node_modules/colour-name/index.js
    .pkg/colour-name@1.1.1/node_modules/colour-name/package.json
    .pkg/greet@1.2.3/node_modules/greet/index.js
    .pkg/greet@1.2.3/node_modules/greet/package.json
    .pkg/greet@2.1.0/node_modules/greet/index.js
    .pkg/greet@2.1.0/node_modules/greet/package.json
    .pkg/greet@2.1.0/node_modules/letter-case -> ../../letter-case@1.1.0/node_modules/letter-case
    .pkg/letter-case@1.1.0/node_modules/letter-case/index.js
    .pkg/letter-case@1.1.0/node_modules/letter-case/package.json
    .pkg/node_modules/colour -> ../@fixture+colour@1.1.0/node_modules/@fixture/colour
    .pkg/node_modules/colour-name -> ../colour-name@1.1.1/node_modules/colour-name
    .pkg/node_modules/greet-new -> ../greet@2.1.0/node_modules/greet
    .pkg/node_modules/greet-old -> ../greet@1.2.3/node_modules/greet
    .pkg/node_modules/letter-case -> ../letter-case@1.1.0/node_modules/letter-case
    alias-user -> .pkg/alias-user@1.0.0/node_modules/alias-user
    hello -> .pkg/greet@1.2.3/node_modules/greet
    text -> .pkg/@fixture+text@1.0.0/node_modules/@fixture/text
    ");
    sandbox.write(
        "index.js",
        "console.log(require('hello/package.json').name, typeof require('alias-user'))",
    );
    assert_snapshot!(sandbox.filter(&node(&sandbox, "index.js")), @"greet function");
}

/// What a program of the project prints.
fn node(sandbox: &Sandbox, file: &str) -> String {
    let mut command = std::process::Command::new("node");
    let output = command
        .arg(file)
        .current_dir(sandbox.path(""))
        .output()
        .expect("node is there");
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn folders_are_copied_or_linked_as_asked() {
    let sandbox =
        Sandbox::with_dependencies(&[("copied", "file:lib/copied"), ("linked", "link:lib/linked")]);
    sandbox.write(
        "lib/copied/package.json",
        r#"{"name": "copied", "version": "2.0.0", "dependencies": {"greet": "1"}}"#,
    );
    sandbox.write("lib/copied/index.js", "module.exports = 'copied'");
    sandbox.write("lib/copied/node_modules/greet/index.js", "not ours");
    sandbox.write(
        "lib/linked/package.json",
        r#"{"name": "linked", "bin": "cli.js"}"#,
    );
    sandbox.write(
        "lib/linked/cli.js",
        "#!/usr/bin/env node\nconsole.log('ran')\n",
    );
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + copied file:lib/copied
    + linked lib/linked
      2 packages added, 1 from the store  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .bin/linked
    .pkg/copied@file+lib+copied/node_modules/copied/index.js
    .pkg/copied@file+lib+copied/node_modules/copied/package.json
    .pkg/copied@file+lib+copied/node_modules/greet -> ../../greet@1.2.3/node_modules/greet
    .pkg/greet@1.2.3/node_modules/greet/index.js
    .pkg/greet@1.2.3/node_modules/greet/package.json
    .pkg/node_modules/greet -> ../greet@1.2.3/node_modules/greet
    copied -> .pkg/copied@file+lib+copied/node_modules/copied
    linked -> ../lib/linked
    ");
    assert_snapshot!(sandbox.read("pkg.lock").lines().find(|line| line.starts_with("\".\"")).unwrap(), @r#"".": {"dependencies":{"copied":["file:lib/copied","file:lib/copied"],"linked":["link:lib/linked","link:lib/linked"]}}"#);
    sandbox.write("node_modules/copied/index.js", "edited in place");
    assert_eq!(
        sandbox.read("lib/copied/index.js"),
        "module.exports = 'copied'"
    );
}

#[test]
fn a_tarball_of_the_project_is_installed_by_what_it_holds() {
    let sandbox = Sandbox::with_dependencies(&[("packed", "file:./packed.tgz")]);
    sandbox.write(
        "build/package/package.json",
        r#"{"name": "packed", "version": "3.1.0"}"#,
    );
    sandbox.write("build/package/index.js", "module.exports = 'packed'");
    let build = sandbox.path("build");
    let tar = |directory: &std::path::Path| {
        let mut command = std::process::Command::new("tar");
        command
            .args(["-czf", "../packed.tgz", "package"])
            .current_dir(directory)
            .status()
            .unwrap()
    };
    assert!(tar(&build).success());
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + packed file:packed.tgz
      1 package added, 1 from the store  isolated · [TIME]
    ");
    assert!(
        sandbox
            .read("node_modules/packed/index.js")
            .contains("packed")
    );
    sandbox.remove("node_modules");
    sandbox.install(&["--offline", "--frozen-lockfile"]);
    sandbox.write("build/package/index.js", "module.exports = 'changed'");
    assert!(tar(&build).success());
    sandbox.remove("node_modules");
    std::fs::remove_dir_all(sandbox.pkg_home("store")).unwrap();
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile"]).error_code().unwrap_or_default(), @"ERR_PKG_TARBALL_INTEGRITY");
}

#[test]
fn bundled_dependencies_stay_where_their_package_brought_them() {
    let sandbox = Sandbox::with_dependencies(&[("bundle-holder", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + bundle-holder 1.0.0
      2 packages added  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .pkg/bundle-holder@1.0.0/node_modules/bundle-holder/index.js
    .pkg/bundle-holder@1.0.0/node_modules/bundle-holder/node_modules/bundle-inner/index.js
    .pkg/bundle-holder@1.0.0/node_modules/bundle-holder/node_modules/bundle-inner/package.json
    .pkg/bundle-holder@1.0.0/node_modules/bundle-holder/package.json
    .pkg/bundle-holder@1.0.0/node_modules/letter-case -> ../../letter-case@1.1.0/node_modules/letter-case
    .pkg/letter-case@1.1.0/node_modules/letter-case/index.js
    .pkg/letter-case@1.1.0/node_modules/letter-case/package.json
    .pkg/node_modules/letter-case -> ../letter-case@1.1.0/node_modules/letter-case
    bundle-holder -> .pkg/bundle-holder@1.0.0/node_modules/bundle-holder
    ");
}

#[test]
fn peers_that_nobody_asked_for_come_along() {
    let sandbox = Sandbox::with_dependencies(&[("plug-one", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + plug-one 1.0.0
      2 packages added  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .pkg/node_modules/plug-host -> ../plug-host@1.1.0/node_modules/plug-host
    .pkg/plug-host@1.1.0/node_modules/plug-host/index.js
    .pkg/plug-host@1.1.0/node_modules/plug-host/package.json
    .pkg/plug-one@1.0.0_plug-host@1.1.0/node_modules/plug-host -> ../../plug-host@1.1.0/node_modules/plug-host
    .pkg/plug-one@1.0.0_plug-host@1.1.0/node_modules/plug-one/index.js
    .pkg/plug-one@1.0.0_plug-host@1.1.0/node_modules/plug-one/package.json
    plug-one -> .pkg/plug-one@1.0.0_plug-host@1.1.0/node_modules/plug-one
    ");
    let strict = Sandbox::with_dependencies(&[("plug-one", "1"), ("plug-host", "2")]);
    assert_snapshot!(strict.run(&["install"]), @"
    exit: 0
    ----- stdout
    + plug-host 2.0.0
    + plug-one 1.0.0
      2 packages added  isolated · [TIME]
    ----- stderr
    warning: plug-one@1.0.0 wants the peer plug-host ^1.0.0, and gets 2.0.0
    ");
    let without = Sandbox::with_dependencies(&[("plug-one", "1")]);
    without.write(".npmrc", "auto-install-peers=false\n");
    assert_snapshot!(without.run(&["install"]), @"
    exit: 0
    ----- stdout
    + plug-one 1.0.0
      1 package added  isolated · [TIME]
    ----- stderr
    warning: .: plug-one@1.0.0 misses its peer plug-host ^1.0.0
    ");
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
fn a_deprecated_version_is_warned_of() {
    let sandbox = Sandbox::with_dependencies(&[("colour-name", "1.0.0"), ("all-deprecated", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + all-deprecated 1.1.0
    + colour-name 1.0.0
      2 packages added  isolated · [TIME]
    ----- stderr
    warning: all-deprecated@1.1.0 is deprecated: no longer maintained, see greet
    warning: colour-name@1.0.0 is deprecated: use 1.1.0 or later: orange was missing
    ");
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

#[test]
fn cycles_and_chains_and_several_versions_are_installed() {
    let sandbox = Sandbox::with_dependencies(&[
        ("ring-a", "1"),
        ("ring-self", "1"),
        ("chain-1", "1"),
        ("wide", "1"),
        ("peer-ring-a", "1"),
        ("peer-ring-b", "1"),
        ("colour-mix", "1"),
        ("colour-name", "2"),
        ("@fixture/colour", "2"),
    ]);
    sandbox.install(&[]);
    let program = "for (const name of ['ring-a', 'ring-self', 'chain-1', 'wide', 'colour-mix']) require(name);\
        console.log(require('colour-name/package.json').version)";
    sandbox.write("index.js", program);
    assert_snapshot!(node(&sandbox, "index.js").trim(), @"2.0.1");
    let lockfile = sandbox.read("pkg.lock");
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile"]);
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}

#[test]
fn undeclared_dependencies_of_the_project_cannot_be_required() {
    let sandbox = Sandbox::with_dependencies(&[("colour-mix", "1")]);
    sandbox.install(&[]);
    sandbox.write(
        "index.js",
        "try { require('colour-name') } catch (error) { console.log(error.code) }",
    );
    assert_eq!(node(&sandbox, "index.js"), "MODULE_NOT_FOUND\n");
}
