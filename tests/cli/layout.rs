//! `pkg layout`: what it prints, what it switches, what it keeps.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Sandbox, served, server, wait_until};

/// Every layout; each can be had from each.
pub(crate) const LAYOUTS: [&str; 5] = ["isolated", "shared", "flat", "nested", "pnp"];
/// Switches from and to every layout, for what need not be tried with all pairs.
pub(crate) const SWITCHES: [(&str, &str); 8] = [
    ("isolated", "flat"),
    ("flat", "pnp"),
    ("pnp", "shared"),
    ("shared", "nested"),
    ("nested", "isolated"),
    ("isolated", "pnp"),
    ("pnp", "flat"),
    ("flat", "isolated"),
];
/// Two versions of a package, peers, a scope, commands, a cycle.
pub(crate) const SWITCHED: [(&str, &str); 5] = [
    ("wide", "1"),
    ("greet", "1"),
    ("bin-many", "1"),
    ("plug-set", "1"),
    ("number-chart", "1"),
];

/// A project as an install makes it whose layout was set before it began.
pub(crate) fn fresh(layout: &str) -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&SWITCHED);
    sandbox.write(".npmrc", settings(layout));
    sandbox.install(&[]);
    sandbox
}

/// Layout and place of the virtual store: `shared` is the isolated layout with folders beside the store.
fn parts(layout: &str) -> (&str, &'static str) {
    match layout {
        "shared" => ("isolated", "--virtual-store=shared"),
        layout => (layout, "--virtual-store=project"),
    }
}

/// What an `.npmrc` has that asks for a layout.
pub(crate) fn settings(layout: &str) -> String {
    let (layout, flag) = parts(layout);
    format!("layout={layout}\n{}\n", flag.trim_start_matches('-'))
}

/// The arguments of a switch.
pub(crate) fn switch_to(layout: &str) -> [&str; 3] {
    let (layout, flag) = parts(layout);
    ["layout", layout, flag]
}

/// All that is in the project, with links as they would be in any sandbox.
pub(crate) fn listing(sandbox: &Sandbox) -> String {
    sandbox.filter(&sandbox.tree_with_contents(""))
}

#[test]
fn the_layout_is_printed_with_whoever_set_it() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["layout"]), @"
    exit: 0
    ----- stdout
    isolated (the default)
    ");
    sandbox.write(".npmrc", "node-linker=hoisted\n");
    assert_snapshot!(sandbox.run(&["layout"]), @"
    exit: 0
    ----- stdout
    flat (set in `[SANDBOX]/project/.npmrc`, as `node-linker`)
    ");
    sandbox.write(".npmrc", "layout=nested\nnode-linker=hoisted\n");
    assert_snapshot!(sandbox.run(&["layout", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "layout": "nested",
      "set": "in `[SANDBOX]/project/.npmrc`",
      "virtualStore": "project"
    }
    "#);
    let ran = sandbox
        .pkg(&["layout"])
        .env("npm_config_install_strategy", "linked");
    assert_snapshot!(ran.run(), @"
    exit: 0
    ----- stdout
    isolated (set in the environment, as `npm_config_install_strategy`)
    ");
    assert_eq!(sandbox.tree(""), ".npmrc\npackage.json\n");
}

#[test]
fn an_unknown_layout_is_refused_wherever_it_is_asked_for() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["layout", "isolate"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_UNKNOWN_LAYOUT]: `isolate` is no layout (on the command line)
      help: the layouts are `isolated`, `flat`, `nested` and `pnp`: did you mean `isolated`?
    ");
    let ran = sandbox.pkg(&["install"]).env("PKG_CONFIG_LAYOUT", "Flat");
    assert_snapshot!(ran.run(), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_UNKNOWN_LAYOUT]: `Flat` is no layout (in the environment, as `PKG_CONFIG_LAYOUT`)
      help: the layouts are `isolated`, `flat`, `nested` and `pnp`: did you mean `flat`?
    ");
    sandbox.write(".npmrc", "node-linker=hoist\n");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_UNKNOWN_LAYOUT]: `hoist` is no layout (in `[SANDBOX]/project/.npmrc`, as `node-linker`)
      help: the layouts are `isolated`, `flat`, `nested` and `pnp`: did you mean `flat`?
    ");
    assert_eq!(sandbox.tree(""), ".npmrc\npackage.json\n");
}

#[test]
fn a_layout_that_is_set_before_the_first_install_is_kept_for_it() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.write(".npmrc", "# mine\nfetch-retries = 1\n");
    assert_snapshot!(sandbox.run(&["layout", "flat"]), @"
    exit: 0
    ----- stdout
    the layout is `flat` from the first `pkg install` on
    ");
    assert_eq!(
        sandbox.read(".npmrc"),
        "# mine\nfetch-retries = 1\nlayout=flat\n"
    );
    let ran = sandbox.install(&[]);
    assert!(ran.stdout.contains("flat"), "{ran}");
    assert!(!sandbox.path("node_modules/greet").is_symlink());
}

#[test]
fn a_switch_needs_no_network_and_changes_no_version() {
    let server = server();
    let sandbox = served(&server, &SWITCHED);
    sandbox.install(&[]);
    let lockfile = sandbox.read("pkg.lock");
    drop(server);
    for layout in ["flat", "pnp", "shared", "nested", "isolated"] {
        let ran = sandbox.run(&switch_to(layout));
        assert_eq!(ran.code, 0, "{ran}");
        assert_eq!(sandbox.read("pkg.lock"), lockfile);
        assert_eq!(listing(&sandbox), listing(&fresh(layout)), "{layout}");
        // What follows is up to date at once, and stays in the layout.
        let ran = sandbox.install(&[]);
        assert_eq!(ran.stdout, "Already up to date  [TIME]\n", "{layout}");
        sandbox.install(&["--force"]);
        assert_eq!(listing(&sandbox), listing(&fresh(layout)), "{layout}");
    }
    assert_eq!(sandbox.read(".npmrc"), settings("isolated"));
}

#[test]
fn any_layout_comes_from_any_and_foreign_files_stay() {
    for from in LAYOUTS {
        for to in LAYOUTS {
            let sandbox = fresh(from);
            let expected = fresh(to);
            for sandbox in [&sandbox, &expected] {
                sandbox.write("node_modules/.cache/tool/entry", "cache");
                sandbox.write("node_modules/mine/index.js", "mine");
                sandbox.write("node_modules/@fixture/mine/index.js", "mine");
                sandbox.write("mine.cjs", "mine");
            }
            let ran = sandbox.run(&switch_to(to));
            assert_eq!(
                (ran.code, ran.stderr.as_str()),
                (0, ""),
                "{from} to {to}: {ran}"
            );
            let trees = [&sandbox, &expected].map(listing);
            assert_eq!(trees[0], trees[1], "{from} to {to}");
        }
    }
}

#[test]
fn what_is_added_and_removed_after_a_switch_keeps_the_layout() {
    for layout in LAYOUTS {
        let sandbox = fresh("isolated");
        let before = listing(&sandbox);
        for arguments in [
            &switch_to(layout)[..],
            &["add", "json-data"],
            &["remove", "json-data"],
        ] {
            let ran = sandbox.run(arguments);
            assert_eq!(ran.code, 0, "{layout}: {ran}");
        }
        let manifest = sandbox.read("package.json");
        let expected = fresh(layout);
        expected.write("package.json", manifest);
        assert_eq!(listing(&sandbox), listing(&expected), "{layout}");
        assert_eq!(sandbox.run(&switch_to("isolated")).code, 0);
        assert_eq!(listing(&sandbox), before, "{layout} and back");
    }
}

#[test]
fn a_switch_without_all_packages_changes_nothing() {
    let server = server();
    let sandbox = served(&server, &[("greet", "1"), ("letter-case", "1")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    std::fs::remove_dir_all(sandbox.pkg_home("store")).unwrap();
    assert_snapshot!(sandbox.run(&["layout", "flat"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LAYOUT_NOT_IN_STORE]: the layout stays as it is: the tarball http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz is not on this machine
      help: run `pkg install`, which may fetch it, then the same command again
    ");
    assert_eq!(sandbox.tree_with_contents(""), before);
    // The setting is what it was, too.
    assert!(!sandbox.has(".npmrc"));
    sandbox.install(&[]);
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn a_switch_with_an_outdated_lockfile_is_refused() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("greet", "2")]);
    let before = sandbox.tree_with_contents("");
    let ran = sandbox.run(&["layout", "flat"]);
    assert_eq!(
        (ran.code, ran.error_code()),
        (1, Some("ERR_PKG_OUTDATED_LOCKFILE")),
        "{ran}"
    );
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn what_the_environment_says_is_told_to_win() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let ran = sandbox
        .pkg(&["layout", "flat"])
        .env("npm_config_layout", "nested")
        .run();
    assert_snapshot!(ran.stderr, @"warning: the next install will use `nested`, which is set in the environment, as `npm_config_layout` and wins over `.npmrc`");
    assert!(!sandbox.path("node_modules/greet").is_symlink());
}

#[test]
fn a_flag_is_for_one_install() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    for flag in [
        "--layout=flat",
        "--node-linker=hoisted",
        "--linker=hoisted",
        "--install-strategy=hoisted",
    ] {
        sandbox.install(&[flag]);
        assert!(sandbox.path("node_modules/greet").is_dir(), "{flag}");
        assert!(!sandbox.path("node_modules/greet").is_symlink(), "{flag}");
        assert!(!sandbox.has(".npmrc"));
        sandbox.install(&[]);
        assert!(sandbox.path("node_modules/greet").is_symlink(), "{flag}");
    }
}

#[test]
fn commands_run_in_every_layout() {
    for layout in LAYOUTS {
        let sandbox = Sandbox::with_manifest(&json!({
            "name": "app",
            "scripts": {"go": "bin-hello && node -e \"require('colour-print')\""},
            "dependencies": {"bin-many": "1", "colour-print": "1"}
        }));
        sandbox.write(".npmrc", settings(layout));
        sandbox.install(&[]);
        let ran = sandbox.run(&["run", "go"]);
        assert_eq!(ran.code, 0, "{layout}: {ran}");
    }
}

#[test]
fn a_change_of_what_is_hoisted_is_seen() {
    let sandbox = Sandbox::with_dependencies(&[("phantom-user", "1"), ("colour-print", "1")]);
    let has = |path: &str| sandbox.has(&format!("node_modules/{path}"));
    sandbox.install(&[]);
    assert!(has(".pkg/node_modules/letter-case") && !has("letter-case"));
    for (settings, private, public) in [
        ("hoist=false\n", false, false),
        ("hoist-pattern=colour-*\n", false, false),
        ("public-hoist-pattern=*case\n", false, true),
        ("shamefully-hoist=true\n", false, true),
        (
            "public-hoist-pattern=*\nshamefully-hoist=false\n",
            true,
            false,
        ),
        ("hoist=false\nshamefully-hoist=true\n", false, true),
        (
            "hoist-pattern[]=letter-*\nhoist-pattern[]=!letter-c*\n",
            false,
            false,
        ),
        ("", true, false),
    ] {
        sandbox.write(".npmrc", settings);
        sandbox.install(&[]);
        let found = (has(".pkg/node_modules/letter-case"), has("letter-case"));
        assert_eq!(found, (private, public), "{settings:?}");
        assert_eq!(sandbox.install(&[]).stdout, "Already up to date  [TIME]\n");
    }
}

#[test]
fn what_stands_in_the_way_of_a_layout_is_kept_aside() {
    let sandbox = fresh("isolated");
    sandbox.remove("node_modules/greet");
    sandbox.write("node_modules/greet/mine.js", "mine");
    let ran = sandbox.install(&[]);
    assert_snapshot!(ran.stderr, @"warning: `node_modules/greet` was not made by pkg and stood in the way: it is now `[SANDBOX]/project/node_modules/.pkg/aside-1/node_modules/greet`");
    assert_eq!(
        sandbox.read("node_modules/.pkg/aside-1/node_modules/greet/mine.js"),
        "mine"
    );
    assert_eq!(sandbox.run(&["layout", "flat"]).code, 0);
    // A link, and a file, where folders should be.
    sandbox.remove("node_modules/greet");
    symlink("../elsewhere", sandbox.path("node_modules/greet")).unwrap();
    sandbox.write("elsewhere/mine.js", "mine");
    sandbox.remove("node_modules/@fixture");
    sandbox.write("node_modules/@fixture", "mine");
    let ran = sandbox.install(&[]);
    assert_snapshot!(ran.stderr, @"
    warning: `node_modules/@fixture` was not made by pkg and stood in the way: it is now `[SANDBOX]/project/node_modules/.pkg/aside-2/node_modules/@fixture`
    warning: `node_modules/greet` was not made by pkg and stood in the way: it is now `[SANDBOX]/project/node_modules/.pkg/aside-2/node_modules/greet`
    ");
    assert_eq!(sandbox.read("elsewhere/mine.js"), "mine");
    assert_eq!(
        sandbox.read("node_modules/.pkg/aside-2/node_modules/@fixture"),
        "mine"
    );
    for folder in ["aside-1", "aside-2"] {
        sandbox.remove(&format!("node_modules/.pkg/{folder}"));
    }
    sandbox.remove("elsewhere");
    assert_eq!(
        sandbox.tree_with_contents(""),
        fresh("flat").tree_with_contents("")
    );
}

#[test]
fn much_that_was_moved_away_is_deleted_after_the_end() {
    let server = server();
    let names: Vec<_> = (0..80).map(|number| format!("small-{number}")).collect();
    for name in &names {
        server.publish(name, "1.0.0", json!({}), &[("index.js", "")]);
    }
    let dependencies: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    let sandbox = served(&server, &dependencies);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("small-1", "1")]);
    sandbox.install(&[]);
    let old = sandbox.path("node_modules/.pkg/trash.old");
    wait_until("the old folders are gone", || {
        old.symlink_metadata().is_err()
    });
    let alone = served(&server, &[("small-1", "1")]);
    alone.install(&[]);
    assert_eq!(sandbox.tree_with_contents(""), alone.tree_with_contents(""));
}
