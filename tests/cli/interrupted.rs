//! Installs at once, and installs that are killed.

use std::process::Command;

use pkg_registry_fixtures::Fault;
use serde_json::json;

use crate::{
    layout::{LAYOUTS, fresh, listing},
    support::{ALWAYS, Sandbox, served, server, wait_until},
};

/// CON-01.
#[test]
fn two_installs_at_once_of_one_project_both_succeed() {
    let sandbox = Sandbox::with_dependencies(&[("tiny-http-app", "1"), ("bin-many", "1")]);
    let install = sandbox.pkg(&["install"]);
    let children = [install.spawn(), install.spawn()];
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{ran}");
    }
    let alone = Sandbox::with_dependencies(&[("tiny-http-app", "1"), ("bin-many", "1")]);
    alone.install(&[]);
    assert_eq!(sandbox.tree_with_contents(""), alone.tree_with_contents(""));
}

/// CON-02.
#[test]
fn eight_projects_fill_one_cold_store_at_once() {
    let server = server();
    let sandbox = served(&server, &[("tiny-http-app", "1"), ("colour-mix", "1")]);
    let manifest = sandbox.read("package.json");
    let folders: Vec<_> = (0..8)
        .map(|number| format!("../project-{number}"))
        .collect();
    let start = |folder: &String| {
        sandbox.write(&format!("{folder}/package.json"), &manifest);
        sandbox
            .pkg(&["install"])
            .in_folder(&sandbox.path(folder))
            .spawn()
    };
    let children: Vec<_> = folders.iter().map(start).collect();
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{ran}");
    }
    sandbox.install(&[]);
    let expected = sandbox.tree_with_contents("");
    for folder in folders {
        assert_eq!(sandbox.tree_with_contents(&folder), expected, "{folder}");
    }
    assert_eq!(sandbox.run(&["store", "verify"]).code, 0);
}

const KILLED: [(&str, &str); 3] = [
    ("tiny-http-app", "1"),
    ("many-files", "1"),
    ("bin-many", "1"),
];

/// The tree that an install makes which nobody disturbs.
fn undisturbed() -> String {
    let sandbox = Sandbox::with_dependencies(&KILLED);
    sandbox.install(&[]);
    sandbox.tree_with_contents("")
}

#[test]
fn an_install_that_is_killed_while_it_downloads_is_finished_by_the_next() {
    let expected = undisturbed();
    let paths = [
        "/tiny-http-app",
        "/many-files",
        "/tiny-router",
        "/many-files/-/*",
        "/tiny-body/-/*",
        "/bin-many/-/*",
    ];
    for path in paths {
        let server = server();
        let sandbox = served(&server, &KILLED);
        server.fault(path, 1, Fault::Stall);
        let mut child = sandbox.pkg(&["install"]).spawn();
        let start = path.trim_end_matches('*');
        wait_until("the path is asked for", || {
            server
                .counts()
                .keys()
                .any(|asked| asked == path || asked.starts_with(start) && path != start)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!sandbox.has("pkg.lock"), "{path}");
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), expected, "{path}");
        assert_eq!(sandbox.run(&["store", "verify"]).code, 0, "{path}");
    }
}

/// NET-23: packages that came are linked before the others are there, where there is no tree yet.
#[test]
fn where_a_download_fails_in_the_middle_there_is_no_tree_if_there_was_none() {
    for (layout, linked) in [
        (
            "isolated",
            "node_modules/.pkg/bin-many@1.0.0/node_modules/bin-many/package.json",
        ),
        ("flat", "node_modules/bin-many/package.json"),
        ("nested", "node_modules/bin-many/package.json"),
    ] {
        let sandbox = Sandbox::with_dependencies(&KILLED);
        sandbox.install(&["--layout", layout]);
        let expected = sandbox.tree_with_contents("node_modules");
        for has_lockfile in [false, true] {
            let server = server();
            let sandbox = served(&server, &KILLED);
            if has_lockfile {
                sandbox.install(&["--lockfile-only"]);
            }
            server.fault("/many-files/-/*", 1, Fault::Stall);
            let install = sandbox.pkg(&["install", "--layout", layout]);
            let child = install.env("npm_config_fetch_retries", "0").spawn();
            wait_until("a package is linked", || sandbox.has(linked));
            assert!(sandbox.has("node_modules/.pkg/tree"));
            drop(server);
            let ran = sandbox.finish(child);
            assert!(ran.code == 1 && ran.error_code().is_some(), "{ran}");
            assert!(!sandbox.has("node_modules"), "{layout}: {ran}");
            assert_eq!(sandbox.has("pkg.lock"), has_lockfile);
            let server = self::server();
            sandbox.use_server(&server);
            sandbox.install(&["--layout", layout]);
            assert_eq!(
                sandbox.tree_with_contents("node_modules"),
                expected,
                "{layout}"
            );
        }
    }
}

#[test]
fn what_only_an_optional_package_needs_is_not_left_where_that_cannot_be_had() {
    for layout in ["isolated", "flat"] {
        let server = server();
        server.publish(
            "maybe",
            "1.0.0",
            json!({"dependencies": {"child": "1"}}),
            &[],
        );
        server.publish("child", "1.0.0", json!({}), &[]);
        let sandbox = Sandbox::with_manifest(&json!({
            "name": "app", "dependencies": {"greet": "1"}, "optionalDependencies": {"maybe": "1"}
        }));
        sandbox.use_server(&server);
        let status = 404;
        let body = String::new();
        server.fault("/maybe/-/*", ALWAYS, Fault::Status { status, body });
        let ran = sandbox.install(&["--layout", layout]);
        assert!(
            ran.stderr.contains("left out the optional `maybe@1.0.0`"),
            "{ran}"
        );
        let alone = served(&server, &[("greet", "1")]);
        alone.install(&["--layout", layout]);
        let [tree, expected] = [sandbox, alone].map(|sandbox| sandbox.tree("node_modules"));
        assert_eq!(tree, expected);
    }
}

#[test]
fn an_install_that_is_killed_while_it_links_is_finished_by_the_next() {
    let expected = undisturbed();
    let sandbox = Sandbox::with_dependencies(&KILLED);
    let seen = [
        "node_modules/.pkg/tree",
        "node_modules/.pkg/many-files@1.0.0",
        "node_modules/.bin",
        "pkg.lock",
        "node_modules/.pkg/state",
    ];
    for path in seen {
        let mut child = sandbox.pkg(&["install"]).spawn();
        wait_until("the path is there", || sandbox.has(path));
        child.kill().unwrap();
        child.wait().unwrap();
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), expected, "{path}");
        sandbox.remove("node_modules");
        sandbox.remove("pkg.lock");
    }
}

/// KIL-07.
#[test]
fn an_install_that_is_killed_in_a_script_runs_the_script_again() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"postinstall": "echo run >> runs && cat gate"},
        "dependencies": {"greet": "1"}
    }));
    assert!(
        Command::new("mkfifo")
            .arg(sandbox.path("gate"))
            .status()
            .unwrap()
            .success()
    );
    let mut child = sandbox.pkg(&["install"]).spawn();
    wait_until("the script runs", || sandbox.has("runs"));
    child.kill().unwrap();
    child.wait().unwrap();
    // The script that is left behind ends when its gate has been opened and closed.
    drop(
        std::fs::OpenOptions::new()
            .write(true)
            .open(sandbox.path("gate"))
            .unwrap(),
    );
    sandbox.remove("gate");
    sandbox.write("gate", "");
    sandbox.install(&[]);
    assert_eq!(sandbox.read("runs"), "run\nrun\n");
    assert_eq!(sandbox.install(&[]).stdout, "Already up to date  [TIME]\n");
}

#[test]
fn what_a_killed_install_left_unfinished_is_swept() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    sandbox.write(".pkg-0123456789abcdef.tmp", "half");
    sandbox.write("node_modules/.pkg/.pkg-0123456789abcdef.tmp", "half");
    sandbox.install(&["--force"]);
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn a_tree_is_not_taken_for_the_one_before_an_install_that_failed() {
    let server = server();
    server.publish(
        "parent",
        "1.0.0",
        json!({"dependencies": {"child": "^1.0.0"}}),
        &[],
    );
    server.publish("child", "1.0.0", json!({}), &[]);
    let manifest = json!({
        "name": "app", "scripts": {"postinstall": "test ! -e fail"}, "dependencies": {"parent": "1"}
    });
    let sandbox = Sandbox::with_manifest(&manifest);
    sandbox.use_server(&server);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    let lockfile = sandbox.read("pkg.lock");
    server.publish("child", "1.1.0", json!({}), &[]);
    let other = Sandbox::with_manifest(&manifest);
    other.use_server(&server);
    other.install(&["--lockfile-only"]);
    sandbox.write("pkg.lock", other.read("pkg.lock"));
    sandbox.write("fail", "");
    assert_eq!(
        sandbox.run(&["install"]).error_code(),
        Some("ERR_PKG_LIFECYCLE")
    );
    sandbox.remove("fail");
    sandbox.write("pkg.lock", lockfile);
    sandbox.install(&[]);
    assert_eq!(sandbox.tree_with_contents(""), before);
}

/// CON-04.
#[test]
fn two_packages_that_are_added_at_once_are_both_there() {
    let sandbox = Sandbox::with_dependencies(&[("letter-case", "1")]);
    sandbox.install(&[]);
    let children = ["greet@1", "tiny-status", "colour-name"]
        .map(|package| sandbox.pkg(&["add", package]).spawn());
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{ran}");
    }
    let manifest = sandbox.read("package.json");
    for name in ["letter-case", "greet", "tiny-status", "colour-name"] {
        assert!(manifest.contains(&format!("\"{name}\"")), "{manifest}");
        assert!(
            sandbox.has(&format!("node_modules/{name}/package.json")),
            "{name}"
        );
    }
    sandbox.install(&["--frozen-lockfile"]);
}

/// CON-05.
#[test]
fn every_layout_is_made_at_once_from_one_cold_store() {
    let sandbox = Sandbox::new();
    let children = LAYOUTS.map(|layout| {
        let alone = fresh(layout);
        for file in ["package.json", ".npmrc"] {
            sandbox.write(&format!("../{layout}/{file}"), alone.read(file));
        }
        let folder = sandbox.beside(layout);
        let child = sandbox.pkg(&["install"]).in_folder(&folder).spawn();
        (layout, alone, child)
    });
    for (layout, alone, child) in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{layout}: {ran}");
        let made = sandbox.filter(&sandbox.tree_with_contents(&format!("../{layout}")));
        let made = made.replace(&format!("[SANDBOX]/{layout}"), "[SANDBOX]/project");
        if layout != "pnp" {
            assert_eq!(made, listing(&alone), "{layout}");
        }
    }
    assert_eq!(sandbox.run(&["store", "verify"]).code, 0);
}

/// CON-09.
#[test]
fn a_scope_with_many_packages_is_made_at_once() {
    let server = server();
    let names: Vec<_> = (0..24).map(|number| format!("@scope/p{number}")).collect();
    for name in &names {
        server.publish(name, "1.0.0", json!({}), &[("index.js", "")]);
    }
    let wanted: Vec<_> = names.iter().map(|name| (name.as_str(), "1")).collect();
    for layout in ["isolated", "flat", "nested"] {
        for _ in 0..4 {
            let sandbox = served(&server, &wanted);
            sandbox.install(&["--layout", layout]);
            for name in &names {
                assert!(
                    sandbox.has(&format!("node_modules/{name}/index.js")),
                    "{layout}"
                );
            }
        }
    }
}
