//! Packages of all kinds: aliases, folders, tarballs, peers, bundles, those of other systems.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

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
fn a_dependency_that_is_for_other_systems_only_is_left_out_with_a_warning() {
    let sandbox = Sandbox::with_dependencies(&[("not-here", "1")]);
    let output = sandbox.run(&["install"]).to_string();
    assert!(output.contains("exit: 0"), "{output}");
    let warning = "warning: `not-here@1.0.0` is not for this system (";
    assert!(output.contains(warning), "{output}");
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
    + linked link:lib/linked
      2 packages added  isolated · [TIME]
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
      1 package added  isolated · [TIME]
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

#[test]
fn a_folder_that_changed_is_copied_again() {
    let sandbox = Sandbox::with_dependencies(&[("copied", "file:lib/copied")]);
    sandbox.write(
        "lib/copied/package.json",
        r#"{"name": "copied", "version": "1.0.0"}"#,
    );
    sandbox.write("lib/copied/index.js", "module.exports = 1");
    sandbox.install(&[]);
    sandbox.write("lib/copied/index.js", "module.exports = 2");
    sandbox.install(&[]);
    let copied = sandbox.read("node_modules/copied/index.js");
    assert_eq!(copied, "module.exports = 2");
}

#[test]
fn a_setting_that_shapes_the_graph_resolves_anew() {
    let sandbox = Sandbox::with_dependencies(&[("plug-one", "1")]);
    sandbox.install(&["--config.auto-install-peers=false"]);
    let without = sandbox.read("pkg.lock");
    assert!(!without.contains("plug-host@"));
    assert!(
        without.contains("\"settings\": {\n\"autoInstallPeers\": false\n},"),
        "{without}"
    );
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OUTDATED_LOCKFILE]: the lockfile is not up to date:
      setting auto-install-peers: lockfile has false, it is true
      help: run `pkg install` without `--frozen-lockfile`, and commit pkg.lock
    ");
    sandbox.install(&["--frozen-lockfile", "--config.auto-install-peers=false"]);
    sandbox.install(&[]);
    let with = sandbox.read("pkg.lock");
    assert!(
        with.contains("plug-host@") && !with.contains("settings"),
        "{with}"
    );
    sandbox.install(&["--config.auto-install-peers=false"]);
    assert_eq!(sandbox.read("pkg.lock"), without);
}

/// An optional dependency that cannot be had is looked for once: the lockfile says that it was left out.
#[test]
fn an_optional_dependency_that_does_not_exist_is_left_out_for_good() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "1"},
        "optionalDependencies": {"no-such-package": "^1", "letter-case": "^99"}
    }));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ----- stderr
    warning: letter-case is optional and was left out: no version of `letter-case` matches `^99`
    warning: no-such-package is optional and was left out: `no-such-package` cannot be had: there is none in `[PACKAGES]/`
    ");
    let lockfile = sandbox.read("pkg.lock");
    assert_snapshot!(lockfile.lines().nth(3).unwrap(), @r#"".": {"dependencies":{"greet":["1","1.2.3"]},"optionalDependencies":{"letter-case":["^99"],"no-such-package":["^1"]}}"#);
    assert_snapshot!(sandbox.run(&["install", "--reporter", "append-only"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
    sandbox.remove("node_modules");
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile"]), @"
    exit: 0
    ----- stdout
      1 package added, 1 from the store  isolated · [TIME]
    ");
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
    // Another specifier is another question.
    sandbox.set_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "1"},
        "optionalDependencies": {"no-such-package": "^1", "letter-case": "^1"}
    }));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + letter-case 1.1.0
      1 package added  isolated · [TIME]
    ");
}

#[test]
fn what_comes_from_this_disk_is_not_counted_as_from_the_store() {
    let sandbox = Sandbox::with_dependencies(&[
        ("copied", "file:lib/copied"),
        ("linked", "link:lib/copied"),
        ("greet", "1"),
    ]);
    sandbox.write(
        "lib/copied/package.json",
        r#"{"name": "copied", "version": "1.0.0"}"#,
    );
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + copied file:lib/copied
    + greet 1.2.3
    + linked link:lib/copied
      2 packages added  isolated · [TIME]
    ");
    sandbox.remove("node_modules");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
      2 packages added, 1 from the store  isolated · [TIME]
    ");
}
