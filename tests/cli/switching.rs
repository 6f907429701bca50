//! Switches that are killed, and trees that another manager made.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;

use crate::{
    layout::{LAYOUTS, SWITCHED, SWITCHES, fresh, listing, settings, switch_to},
    support::{Sandbox, served, server, wait_until},
};

/// KIL-08.
#[test]
fn a_switch_that_is_killed_is_finished_by_the_next_install() {
    for (from, to) in SWITCHES {
        let expected = listing(&fresh(to));
        let seen = [
            ".npmrc",
            "node_modules/.pkg/trash",
            "node_modules/.pkg/state",
        ];
        for path in seen {
            let sandbox = fresh(from);
            let lockfile = sandbox.read("pkg.lock");
            let mut child = sandbox.pkg(&switch_to(to)).spawn();
            wait_until("the switch has begun, or is at its end", || {
                let is_set = sandbox.read(".npmrc") == settings(to);
                is_set && (sandbox.has(path) || child.try_wait().unwrap().is_some())
            });
            child.kill().unwrap();
            child.wait().unwrap();
            sandbox.install(&[]);
            assert_eq!(listing(&sandbox), expected, "{from} to {to}: {path}");
            assert_eq!(sandbox.read("pkg.lock"), lockfile);
        }
    }
}

#[test]
fn a_switch_that_is_killed_is_undone_by_a_switch_back() {
    for (from, to) in SWITCHES {
        let expected = listing(&fresh(from));
        let sandbox = fresh(from);
        let mut child = sandbox.pkg(&switch_to(to)).spawn();
        wait_until("something was moved", || {
            sandbox.has("node_modules/.pkg/trash") || child.try_wait().unwrap().is_some()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let ran = sandbox.run(&switch_to(from));
        assert_eq!(ran.code, 0, "{ran}");
        assert_eq!(listing(&sandbox), expected, "{from} to {to} and back");
    }
}

/// Waits until a process of its own has deleted the former tree.
fn wait_for_sweep(sandbox: &Sandbox) {
    let old = "node_modules/.pkg/trash.old";
    wait_until("the former tree is gone", || !sandbox.has(old));
}

/// What is told of each manager's tree, and the files that it leaves.
const MAKERS: [(&str, &str); 5] = [
    ("npm", "node_modules/.package-lock.json"),
    ("pnpm", "node_modules/.modules.yaml"),
    ("Yarn", "node_modules/.yarn-state.yml"),
    ("Yarn 1", "node_modules/.yarn-integrity"),
    ("bun", "bun.lock"),
];

/// Makes `node_modules` as another manager does: packages, a scope, commands, a link.
fn write_foreign_tree(sandbox: &Sandbox, marker: &str) {
    sandbox.write(marker, "{}\n");
    for package in ["greet", "letter-case", "left-over", "@fixture/text"] {
        let folder = format!("node_modules/{package}");
        sandbox.write(&format!("{folder}/package.json"), "{\"version\":\"0.0.1\"}");
        sandbox.write(&format!("{folder}/index.js"), "foreign");
    }
    std::fs::create_dir_all(sandbox.path("node_modules/.bin")).unwrap();
    symlink("../greet/index.js", sandbox.path("node_modules/.bin/greet")).unwrap();
    symlink("../elsewhere", sandbox.path("node_modules/linked")).unwrap();
    // What tools and people have put there.
    sandbox.write("node_modules/.cache/tool/entry", "cache");
    sandbox.write("node_modules/notes.txt", "mine");
    sandbox.write("node_modules/mine/notes.txt", "mine");
}

#[test]
fn the_tree_of_another_manager_is_told_and_replaced() {
    for ((maker, marker), layout) in MAKERS.into_iter().zip(LAYOUTS) {
        let sandbox = fresh(layout);
        let other = fresh(layout);
        for folder in ["node_modules", "pkg.lock"] {
            other.remove(folder);
        }
        write_foreign_tree(&other, marker);
        let ran = other.install(&[]);
        let told = format!("warning: node_modules was made by {maker} (`");
        assert!(ran.stderr.contains(&told), "{maker}, {layout}: {ran}");
        wait_for_sweep(&other);
        for path in [
            "node_modules/.cache/tool/entry",
            "node_modules/notes.txt",
            "node_modules/mine/notes.txt",
        ] {
            sandbox.write(path, other.read(path));
        }
        if marker == "bun.lock" {
            sandbox.write(marker, "{}\n");
        }
        let trees = [&sandbox, &other].map(listing);
        assert_eq!(trees[0], trees[1], "{maker}, {layout}");
    }
}

#[test]
fn the_tree_of_another_manager_stays_until_its_packages_are_in_the_store() {
    let server = server();
    let sandbox = served(&server, &SWITCHED);
    write_foreign_tree(&sandbox, "node_modules/.package-lock.json");
    let before = sandbox.tree_with_contents("node_modules");
    drop(server);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(sandbox.tree_with_contents("node_modules"), before);
}

#[test]
fn what_another_manager_put_over_ours_is_replaced() {
    let sandbox = fresh("isolated");
    let expected = listing(&sandbox);
    sandbox.remove("node_modules/greet");
    sandbox.write("node_modules/greet/package.json", "{}");
    sandbox.write("node_modules/letter-case/package.json", "{}");
    sandbox.write("node_modules/.package-lock.json", "{}");
    let ran = sandbox.install(&[]);
    assert_snapshot!(ran.stderr, @"warning: node_modules was made by npm (`.package-lock.json`): it is replaced");
    wait_for_sweep(&sandbox);
    assert_eq!(listing(&sandbox), expected);
}

#[test]
fn a_replacement_that_is_killed_is_finished_by_the_next_install() {
    let expected = {
        let sandbox = Sandbox::with_dependencies(&SWITCHED);
        sandbox.install(&[]);
        for path in [
            "node_modules/.cache/tool/entry",
            "node_modules/notes.txt",
            "node_modules/mine/notes.txt",
        ] {
            sandbox.write(
                path,
                if path.contains("cache") {
                    "cache"
                } else {
                    "mine"
                },
            );
        }
        listing(&sandbox)
    };
    for path in [
        "node_modules/.pkg/former",
        "node_modules/.pkg/greet@1.2.3",
        "node_modules/.pkg/state",
    ] {
        let sandbox = Sandbox::with_dependencies(&SWITCHED);
        write_foreign_tree(&sandbox, "node_modules/.modules.yaml");
        let mut child = sandbox.pkg(&["install"]).spawn();
        wait_until("the path is there", || {
            sandbox.has(path) || child.try_wait().unwrap().is_some()
        });
        child.kill().unwrap();
        child.wait().unwrap();
        sandbox.install(&[]);
        wait_for_sweep(&sandbox);
        assert_eq!(listing(&sandbox), expected, "{path}");
    }
}

/// Whatever fails: what the other manager had made is where it was, as long as the new tree does not stand.
#[test]
#[cfg(debug_assertions)]
fn a_replacement_that_fails_loses_nothing() {
    let run = |kind: &str, at: usize| {
        let sandbox = fresh("isolated");
        sandbox.remove("node_modules");
        write_foreign_tree(&sandbox, "node_modules/.package-lock.json");
        let mark = sandbox.beside("mark");
        std::fs::write(&mark, "").unwrap();
        let plan = format!("{kind}@{at}:{}", mark.display());
        let ran = sandbox.pkg(&["install"]).env("PKG_TEST_FAULT", plan).run();
        (sandbox, ran, mark.metadata().unwrap().len())
    };
    let (whole, ran, calls) = run("count", 0);
    assert_eq!(ran.code, 0, "{ran}");
    wait_for_sweep(&whole);
    let expected = listing(&whole);
    let mut failures = 0;
    let calls = usize::try_from(calls).unwrap();
    for at in (1..calls).step_by(calls / 8) {
        let (sandbox, ran, _) = run("full", at);
        if ran.code == 0 {
            continue;
        }
        failures += 1;
        // What fails after the new tree stands changes nothing about it: there is only what was nobody's package.
        let verified = sandbox.run(&["verify"]);
        let is_new = verified.stdout.contains(": 2 differences");
        for package in ["greet", "left-over", "@fixture/text"] {
            let path = sandbox.path(&format!("node_modules/{package}/index.js"));
            let is_there = std::fs::read_to_string(path).is_ok_and(|text| text == "foreign");
            assert!(is_new || is_there, "{at}: {package}: {ran} {verified}");
        }
        sandbox.install(&[]);
        wait_for_sweep(&sandbox);
        assert_eq!(listing(&sandbox), expected, "{at}");
    }
    assert!(failures > 3, "only {failures} of {calls} calls failed");
}
