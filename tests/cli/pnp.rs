//! The layout without folders: a map, programs that run with it, and what is left when it goes.

use std::{path::Path, process::Command};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Sandbox;

/// A project in this layout, installed.
fn installed(manifest: &Value) -> Sandbox {
    let sandbox = Sandbox::with_manifest(manifest);
    sandbox.write(".npmrc", "layout=pnp\n");
    sandbox.install(&[]);
    sandbox
}

fn with_dependencies(dependencies: &[&str]) -> Sandbox {
    let dependencies: serde_json::Map<_, _> = dependencies
        .iter()
        .map(|name| ((*name).to_owned(), Value::from("1")))
        .collect();
    installed(&json!({"name": "app", "dependencies": dependencies}))
}

/// The map as data.
fn map(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.read(".pnp.data.json")).unwrap()
}

/// The path that the map has for a package: of its first instance.
fn location(sandbox: &Sandbox, name: &str) -> String {
    let map = map(sandbox);
    let packages = map["packageRegistryData"].as_array().unwrap();
    let package = packages.iter().find(|package| package[0] == name).unwrap();
    let location = &package[1][0][1]["packageLocation"];
    location.as_str().unwrap().to_owned()
}

/// Everything below a folder, but for what was there before and what only the program itself reads.
fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn an_install_makes_a_map_and_no_tree() {
    let sandbox = with_dependencies(&["greet", "bin-many"]);
    assert_eq!(
        entries(&sandbox.path("")),
        [
            ".npmrc",
            ".pkg",
            ".pnp.cjs",
            ".pnp.data.json",
            ".pnp.loader.mjs",
            "node_modules",
            "package.json",
            "pkg.lock"
        ]
    );
    assert_eq!(entries(&sandbox.path("node_modules")), [".pkg"]);
    assert_eq!(entries(&sandbox.path(".pkg")), ["bin"]);
    let bin = sandbox.run(&["bin"]);
    assert!(
        bin.stdout.trim_end().ends_with("/project/.pkg/bin"),
        "{bin}"
    );
    assert!(location(&sandbox, "greet").contains("/links/greet/1.2.3/"));
}

#[test]
fn programs_of_both_kinds_find_their_packages() {
    let sandbox = with_dependencies(&["greet", "esm-user", "alias-user"]);
    sandbox.write("app.js", "console.log(require('greet')('ada'))");
    sandbox.write(
        "app.mjs",
        "import user from 'esm-user'; console.log(JSON.stringify(user()), process.argv.slice(2))",
    );
    assert_snapshot!(sandbox.run(&["node", "app.js"]), @"
    exit: 0
    ----- stdout
    Hello, ada!
    ");
    assert_snapshot!(sandbox.run(&["node", "app.mjs", "--flag", "a b"]), @r#"
    exit: 0
    ----- stdout
    ["hello from a module","esm","Good day, Ada!"] [ '--flag', 'a b' ]
    "#);
}

#[test]
fn scripts_have_the_map_and_the_commands() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "1", "bin-many": "1", "bin-shell": "1", "bin-crlf": "1"},
        "scripts": {
            "app": "node -p \"require('greet')('eve')\"",
            "hello": "bin-hello one",
            "shell": "bin-shell two",
            "crlf": "bin-crlf",
            "options": "node -p 'process.env.NODE_OPTIONS.split(\" \").slice(2).join()'"
        }
    }));
    sandbox.install(&["--layout=pnp"]);
    assert_snapshot!(sandbox.run(&["run", "app"]), @r#"
    exit: 0
    ----- stdout
    Hello, eve!
    ----- stderr
    $ node -p "require('greet')('eve')" (app)
    "#);
    assert_snapshot!(sandbox.run(&["run", "hello"]), @"
    exit: 0
    ----- stdout
    hello one
    ----- stderr
    $ bin-hello one (hello)
    ");
    assert_snapshot!(sandbox.run(&["run", "shell"]), @"
    exit: 0
    ----- stdout
    shell two
    ----- stderr
    $ bin-shell two (shell)
    ");
    assert_snapshot!(sandbox.run(&["run", "crlf"]), @"
    exit: 0
    ----- stdout
    crlf
    ----- stderr
    $ bin-crlf (crlf)
    ");
    let options = sandbox.pkg(&["run", "options"]);
    let ran = options.env("NODE_OPTIONS", "--no-deprecation").run();
    assert_eq!(ran.stdout.trim(), "--no-deprecation");
}

#[test]
fn instances_with_other_peers_are_other_modules() {
    let sandbox = installed(&json!({
        "name": "app",
        "dependencies": {"one": "npm:plug-set@1", "two": "npm:plug-set@2"}
    }));
    sandbox.write(
        "app.js",
        "const [one, two] = [require('one'), require('two')];
        console.log(one === two, one(), two(), __filename.includes('__virtual__'));",
    );
    assert_eq!(
        sandbox.run(&["node", "app.js"]).stdout,
        "false [ 'one' ] [ 'one' ] false\n"
    );
    assert!(
        sandbox
            .read(".pnp.data.json")
            .contains("/__virtual__/plug-wrap-virtual-")
    );
}

#[test]
fn what_a_package_did_not_declare_is_told_with_its_name() {
    let sandbox = with_dependencies(&["phantom-user"]);
    sandbox.write("app.js", "require('phantom-user')");
    let ran = sandbox.run(&["node", "app.js"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains(
            "phantom-user tried to access letter-case, but it isn't declared in its dependencies"
        ),
        "{ran}"
    );
    sandbox.write("app.js", "require('letter-case')");
    let ran = sandbox.run(&["node", "app.js"]);
    assert!(
        ran.stderr.contains(
            "Your application tried to access letter-case, but it isn't declared in your dependencies"
        ),
        "{ran}"
    );
}

#[test]
fn what_the_root_has_is_a_fallback_where_the_setting_says_so() {
    let sandbox = with_dependencies(&["phantom-user", "letter-case"]);
    sandbox.write(
        "app.js",
        "console.log(typeof require('phantom-user').upperFirst)",
    );
    assert_eq!(sandbox.run(&["node", "app.js"]).stdout, "function\n");
    sandbox.write(".npmrc", "layout=pnp\npnp-fallback-mode=none\n");
    sandbox.install(&[]);
    assert_eq!(sandbox.run(&["node", "app.js"]).code, 1);
}

#[test]
fn bundled_packages_are_found_by_whoever_brings_them() {
    let sandbox = with_dependencies(&["bundle-holder"]);
    sandbox.write("app.js", "console.log(require('bundle-holder'))");
    assert_snapshot!(sandbox.run(&["node", "app.js"]), @"
    exit: 0
    ----- stdout
    Inner, as bundled
    ");
}

#[test]
fn what_is_native_or_may_build_itself_lies_in_the_project() {
    let sandbox = with_dependencies(&["native-pick", "script-post", "greet"]);
    let unplugged = entries(&sandbox.path(".pkg/unplugged"));
    assert_eq!(unplugged.len(), 1, "{unplugged:?}");
    assert!(
        unplugged[0].starts_with("@fixture+native-"),
        "{unplugged:?}"
    );
    sandbox.write(
        "app.js",
        "require('native-pick'); console.log(require('script-post').length > 0)",
    );
    assert_eq!(sandbox.run(&["node", "app.js"]).stdout, "false\n");
    // Nothing of the store is changed by a script: what it may write to is the project's.
    let packed = location(&sandbox, "script-post");
    assert!(packed.contains("/links/"), "{packed}");
    let before = sandbox.path(&packed).canonicalize().unwrap();
    let listed = entries(&before);
    let ran = sandbox.run(&["approve-builds", "script-post"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        location(&sandbox, "script-post"),
        "./.pkg/unplugged/script-post@1.1.0/node_modules/script-post/"
    );
    assert_eq!(sandbox.run(&["node", "app.js"]).stdout, "true\n");
    assert_eq!(entries(&before), listed);
    let ran = sandbox.run(&["approve-builds", "!script-post"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(location(&sandbox, "script-post"), packed);
    assert_eq!(sandbox.run(&["node", "app.js"]).stdout, "false\n");
    assert_eq!(entries(&sandbox.path(".pkg/unplugged")), unplugged);
}

#[test]
fn the_project_decides_what_is_unplugged() {
    let sandbox = installed(&json!({
        "name": "app",
        "dependencies": {"greet": "1", "bin-shell": "1"},
        "dependenciesMeta": {"greet": {"unplugged": true}, "bin-shell@1.0.0": {"unplugged": false}}
    }));
    assert_eq!(entries(&sandbox.path(".pkg/unplugged")), ["greet@1.2.3"]);
    assert_eq!(
        location(&sandbox, "greet"),
        "./.pkg/unplugged/greet@1.2.3/node_modules/greet/"
    );
    assert!(location(&sandbox, "bin-shell").contains("/links/"));
    let undecided = with_dependencies(&["bin-shell"]);
    assert_eq!(
        entries(&undecided.path(".pkg/unplugged")),
        ["bin-shell@1.0.0"]
    );
}

#[test]
fn an_install_from_nothing_makes_the_same_map_again() {
    // One that only its files tell to lie in the project, and one that stays in the store.
    let sandbox = with_dependencies(&["bin-shell", "native-pick", "greet"]);
    let map = sandbox.read(".pnp.data.json");
    let unplugged = entries(&sandbox.path(".pkg/unplugged"));
    assert_eq!(unplugged.len(), 2, "{unplugged:?}");
    for number in 0..3 {
        for gone in [".pnp.cjs", ".pnp.data.json", ".pkg", "node_modules"] {
            sandbox.remove(gone);
        }
        sandbox.install(&["--offline"]);
        assert_eq!(sandbox.read(".pnp.data.json"), map, "{number}");
        assert_eq!(entries(&sandbox.path(".pkg/unplugged")), unplugged);
        let ran = sandbox.run(&["verify"]);
        assert_eq!(ran.code, 0, "{number}: {ran}");
    }
}

#[test]
fn a_linked_folder_and_a_copied_one_are_found() {
    let sandbox = Sandbox::new();
    sandbox.write("lib/package.json", r#"{"name": "lib", "version": "1.0.0"}"#);
    sandbox.write("lib/index.js", "module.exports = require('greet')('lib')");
    sandbox.write(
        "copied/package.json",
        r#"{"name": "copied", "version": "1.0.0"}"#,
    );
    sandbox.write("copied/index.js", "module.exports = 'first'");
    sandbox.set_manifest(&json!({
        "name": "app",
        "dependencies": {"lib": "link:./lib", "copied": "file:./copied", "greet": "1"}
    }));
    sandbox.install(&["--layout=pnp"]);
    sandbox.write("app.js", "console.log(require('lib'), require('copied'))");
    let said = sandbox.run(&["node", "app.js"]);
    assert_snapshot!(said, @"
    exit: 0
    ----- stdout
    Hello, lib! first
    ");
    sandbox.write("copied/index.js", "module.exports = 'second'");
    sandbox.install(&["--layout=pnp"]);
    assert!(sandbox.run(&["node", "app.js"]).stdout.contains("second"));
}

#[test]
fn a_second_install_ends_at_once_and_mends_what_is_gone() {
    let sandbox = installed(&json!({
        "name": "app",
        "dependencies": {"greet": "1", "script-post": "1"},
        "dependenciesMeta": {"script-post": {"unplugged": true}}
    }));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
    let before = sandbox.read(".pnp.cjs");
    sandbox.remove(".pnp.cjs");
    sandbox.install(&[]);
    assert_eq!(sandbox.read(".pnp.cjs"), before);
    sandbox.remove(".pkg/unplugged/script-post@1.1.0");
    sandbox.install(&[]);
    assert!(sandbox.has(".pkg/unplugged/script-post@1.1.0/node_modules/script-post/package.json"));
    let slot = sandbox.path(&location(&sandbox, "greet"));
    std::fs::remove_dir_all(slot.canonicalize().unwrap()).unwrap();
    sandbox.install(&["--force"]);
    assert!(slot.join("package.json").exists());
}

#[test]
fn a_map_edited_by_hand_is_kept_aside_and_made_anew() {
    let sandbox = with_dependencies(&["greet"]);
    let before = sandbox.read(".pnp.cjs");
    sandbox.write(".pnp.cjs", format!("{before}\n// mine\n"));
    let ran = sandbox.install(&[]);
    assert!(
        ran.stderr.contains("WARN_PKG_MOVED_ASIDE") || ran.stderr.contains(".pnp.cjs"),
        "{ran}"
    );
    assert_eq!(sandbox.read(".pnp.cjs"), before);
    let aside = sandbox.read("node_modules/.pkg/aside-1/.pnp.cjs");
    assert!(aside.ends_with("// mine\n"));
}

#[test]
fn the_same_lockfile_gives_any_layout_and_nothing_is_left_of_the_former() {
    let sandbox = with_dependencies(&["greet", "bin-many", "script-post"]);
    let (map, lockfile) = (sandbox.read(".pnp.cjs"), sandbox.read("pkg.lock"));
    sandbox.write("app.js", "console.log(require('greet')('ada'))");
    for layout in ["isolated", "flat", "nested", "isolated"] {
        sandbox.install(&["--offline", &format!("--layout={layout}")]);
        for gone in [".pnp.cjs", ".pnp.data.json", ".pnp.loader.mjs", ".pkg"] {
            assert!(!sandbox.has(gone), "{gone} in {layout}");
        }
        assert_eq!(
            sandbox.run(&["node", "app.js"]).stdout,
            "Hello, ada!\n",
            "{layout}"
        );
    }
    sandbox.install(&["--offline", "--layout=pnp"]);
    assert_eq!(sandbox.read(".pnp.cjs"), map);
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
    assert_eq!(entries(&sandbox.path("node_modules")), [".pkg"]);
}

#[test]
fn the_data_stand_in_the_map_or_beside_it() {
    let sandbox = with_dependencies(&["greet"]);
    assert!(
        sandbox
            .read(".pnp.cjs")
            .contains("const RAW_RUNTIME_STATE =\n'{")
    );
    sandbox.write(".npmrc", "layout=pnp\npnp-enable-inlining=false\n");
    sandbox.install(&[]);
    assert!(
        sandbox
            .read(".pnp.cjs")
            .contains("const RAW_RUNTIME_STATE = null;\n")
    );
    sandbox.write("app.js", "console.log(require('greet')('ada'))");
    assert_eq!(sandbox.run(&["node", "app.js"]).stdout, "Hello, ada!\n");
}

#[test]
fn paths_that_the_map_ignores_are_resolved_as_ever() {
    let sandbox = with_dependencies(&["greet"]);
    sandbox.write(".npmrc", "layout=pnp\npnp-ignore-patterns=old/**\n");
    sandbox.write(
        "old/node_modules/thing/index.js",
        "module.exports = 'thing'",
    );
    sandbox.write("old/app.js", "console.log(require('thing'))");
    sandbox.install(&[]);
    assert_eq!(sandbox.run(&["node", "old/app.js"]).stdout, "thing\n");
}

#[test]
fn node_runs_in_every_layout_and_ends_as_its_program_does() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    sandbox.write(
        "app.js",
        "console.log(require('greet')('ada')); process.exit(7)",
    );
    let ran = sandbox.run(&["node", "app.js"]);
    assert_eq!((ran.code, &*ran.stdout), (7, "Hello, ada!\n"));
    let nothing = sandbox
        .pkg(&["node", "app.js"])
        .env("PATH", "/nowhere")
        .run();
    assert_eq!(nothing.error_code(), Some("ERR_PKG_NO_NODE"));
}

/// A project with its packages in zip files.
fn archived(dependencies: &[&str]) -> Sandbox {
    let sandbox = with_dependencies(dependencies);
    sandbox.write(".npmrc", "layout=pnp\npnp-archives=true\n");
    sandbox.install(&[]);
    sandbox
}

#[test]
fn a_clone_with_archives_runs_without_an_install_and_without_a_store() {
    let sandbox = archived(&["greet", "esm-user", "bin-many", "native-pick"]);
    sandbox.write(
        "app.mjs",
        "import user from 'esm-user'; import greet from 'greet'; import 'native-pick';
        console.log(user().length, greet('ada'), import.meta.resolve('greet').split('/project/')[1])",
    );
    let clone = sandbox.beside("clone");
    std::fs::create_dir(&clone).unwrap();
    let copied = Command::new("cp")
        .args([
            "-R",
            ".pkg",
            ".pnp.cjs",
            ".pnp.data.json",
            ".pnp.loader.mjs",
            "app.mjs",
        ])
        .args([Path::new("package.json"), &clone])
        .current_dir(sandbox.path(""))
        .status();
    assert!(copied.unwrap().success());
    std::fs::rename(sandbox.pkg_home("store"), sandbox.beside("away")).unwrap();
    let ran = sandbox.pkg(&["node", "app.mjs"]).in_folder(&clone).run();
    assert!(ran.stdout.starts_with("3 Hello, ada! "), "{ran}");
    let shim = Command::new(clone.join(".pkg/bin/bin-hello"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&shim.stdout), "hello\n");
}

#[test]
fn archives_are_the_same_bytes_each_time_and_a_cut_one_is_made_again() {
    let sandbox = archived(&["greet", "letter-case"]);
    let archives = entries(&sandbox.path(".pkg/cache"));
    assert_eq!(archives.len(), 2, "{archives:?}");
    let path = sandbox.path(".pkg/cache").join(&archives[0]);
    let whole = std::fs::read(&path).unwrap();
    sandbox.write(
        "app.js",
        "require('greet'); require('letter-case'); console.log('fine')",
    );
    assert_eq!(sandbox.run(&["node", "app.js"]).stdout, "fine\n");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let ran = sandbox.run(&["node", "app.js"]);
    assert!(ran.stderr.contains("ERR_PKG_ARCHIVE_DAMAGED"), "{ran}");
    assert!(ran.stderr.contains(&archives[0]), "{ran}");
    sandbox.install(&["--no-optional"]);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    sandbox.install(&["--layout=isolated"]);
    assert!(!sandbox.has(".pkg"));
    sandbox.install(&[]);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}
