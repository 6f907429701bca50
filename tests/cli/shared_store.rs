//! `virtual-store=shared`: folders of packages once a machine, links in the project.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Sandbox, wait_until};

const APP: [(&str, &str); 4] = [
    ("tiny-http-app", "1"),
    ("ring-a", "1"),
    ("bin-user", "1"),
    ("many-files", "1"),
];

fn shared(dependencies: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::with_dependencies(dependencies);
    sandbox.write(".npmrc", "virtual-store=shared\n");
    sandbox
}

/// The project's tree; slots without what differs from machine to machine.
fn tree(sandbox: &Sandbox) -> String {
    let links = links(sandbox).display().to_string();
    let text = sandbox.tree("node_modules").replace(&links, "LINKS");
    without_keys(&text)
}

fn without_keys(text: &str) -> String {
    let is_key = |part: &str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts = text.split('/');
    let parts = parts.map(|part| if is_key(part) { "KEY" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn links(sandbox: &Sandbox) -> PathBuf {
    sandbox.pkg_home("store/v1/links")
}

/// Everything below a folder, files with their bytes.
fn all_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let bytes = match path.symlink_metadata().unwrap() {
                kind if kind.is_dir() => {
                    open.push(path.clone());
                    Vec::new()
                }
                kind if kind.is_symlink() => {
                    let text = std::fs::read_link(&path).unwrap();
                    text.into_os_string().into_encoded_bytes()
                }
                _ => std::fs::read(&path).unwrap(),
            };
            let path = path.strip_prefix(folder).unwrap();
            if path == Path::new("generation") {
                // A random word.
                continue;
            }
            found.push((path.display().to_string(), bytes));
        }
    }
    found.sort();
    found
}

/// The folder of a package that the project links.
fn real(sandbox: &Sandbox, path: &str) -> PathBuf {
    sandbox
        .path("node_modules")
        .join(path)
        .canonicalize()
        .unwrap()
}

fn node(sandbox: &Sandbox, program: &str) -> String {
    let output = std::process::Command::new("node")
        .args(["-e", program])
        .current_dir(sandbox.path(""))
        .output()
        .expect("node is there");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_project_has_links_for_its_own_dependencies_and_nothing_else() {
    let sandbox = shared(&APP);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + bin-user 1.0.0
    + many-files 1.0.0
    + ring-a 1.0.0
    + tiny-http-app 1.0.0
      12 packages added  isolated/shared · [TIME]
    ");
    assert_snapshot!(tree(&sandbox), @"
    .bin/bin-user -> ../bin-user/cli.js
    .pkg/
    bin-user -> LINKS/bin-user/1.0.0/KEY/node_modules/bin-user
    many-files -> LINKS/many-files/1.0.0/KEY/node_modules/many-files
    ring-a -> LINKS/ring-a/1.0.0/KEY/node_modules/ring-a
    tiny-http-app -> LINKS/tiny-http-app/1.0.0/KEY/node_modules/tiny-http-app
    ");
    // Slots are where they should be, and nothing is left of their making.
    let entries = std::fs::read_dir(links(&sandbox)).unwrap();
    let slots = entries.filter(|entry| entry.as_ref().unwrap().path().is_dir());
    assert_eq!(slots.count(), 12);
    sandbox.wait_for_seal();
    assert!(all_below(&sandbox.pkg_home("store/v1/tmp")).is_empty());
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
}

#[test]
fn node_finds_each_dependency_where_it_stands_and_none_that_is_not_declared() {
    let sandbox = shared(&[("ring-a", "1"), ("colour-mix", "1")]);
    sandbox.install(&[]);
    let program = "
        const path = require('path')
        const mix = require.resolve('colour-mix')
        const name = require.resolve('colour-name', { paths: [mix] })
        let hidden = 'found'
        try { require.resolve('ring-b', { paths: [mix] }) } catch (error) { hidden = error.code }
        let own = 'found'
        try { require.resolve('colour-name') } catch (error) { own = error.code }
        const b = require.resolve('ring-b/package.json', { paths: [require.resolve('ring-a/package.json')] })
        const c = require.resolve('ring-c/package.json', { paths: [b] })
        const a = require.resolve('ring-a/package.json', { paths: [c] })
        console.log(mix.includes('/links/colour-mix/'), name.includes('/links/colour-name/'), hidden, own,
          a === require.resolve('ring-a/package.json'))
    ";
    assert_eq!(
        node(&sandbox, program),
        "true true MODULE_NOT_FOUND MODULE_NOT_FOUND true\n"
    );
}

#[test]
fn a_project_that_is_installed_again_needs_no_network_and_makes_no_slot() {
    let sandbox = shared(&APP);
    sandbox.install(&[]);
    let before = (sandbox.tree("node_modules"), all_below(&links(&sandbox)));
    sandbox.remove("node_modules");
    assert_snapshot!(sandbox.run(&["install", "--offline"]), @"
    exit: 0
    ----- stdout
      12 packages in place  isolated/shared · [TIME]
    ");
    assert_eq!(
        (sandbox.tree("node_modules"), all_below(&links(&sandbox))),
        before
    );
}

#[test]
fn two_projects_share_every_slot() {
    let sandbox = shared(&[("colour-mix", "1")]);
    sandbox.install(&[]);
    let slots = all_below(&links(&sandbox));
    sandbox.write("../second/package.json", sandbox.read("package.json"));
    sandbox.write("../second/.npmrc", "enable-global-virtual-store=true\n");
    let second = sandbox.path("../second");
    let ran = sandbox.pkg(&["install"]).in_folder(&second).run();
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(all_below(&links(&sandbox)), slots);
    let there = second
        .join("node_modules/colour-mix")
        .canonicalize()
        .unwrap();
    assert_eq!(there, real(&sandbox, "colour-mix"));
}

#[test]
fn what_is_damaged_in_a_slot_is_mended() {
    let sandbox = shared(&APP);
    sandbox.install(&[]);
    let expected = all_below(&links(&sandbox));
    let app = real(&sandbox, "tiny-http-app");
    // What is gone below the top of a package is found when somebody asks for it.
    type Damage<'a> = &'a dyn Fn() -> std::io::Result<()>;
    let damages: [(&[&str], Damage<'_>); 5] = [
        (&["install", "--force"], &|| {
            std::fs::remove_file(app.join("package.json"))
        }),
        (&["verify", "--fix"], &|| {
            sandbox.install(&[]);
            std::fs::remove_dir_all(&app)
        }),
        (&["install", "--force"], &|| std::fs::remove_dir_all(&app)),
        (&["install"], &|| std::fs::remove_dir_all(links(&sandbox))),
        (&["install", "--force"], &|| {
            std::fs::remove_file(app.with_file_name("tiny-router"))
        }),
    ];
    for (number, (arguments, damage)) in damages.into_iter().enumerate() {
        damage().unwrap();
        if arguments[0] == "install" {
            sandbox.remove("node_modules");
        }
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, 0, "{number}: {ran}");
        assert!(all_below(&links(&sandbox)) == expected, "{number}");
    }
}

#[test]
fn slots_are_looked_at_again_once_the_store_gave_one_up() {
    let sandbox = shared(&APP);
    sandbox.install(&[]);
    let expected = all_below(&links(&sandbox));
    std::fs::remove_dir_all(real(&sandbox, "tiny-http-app")).unwrap();
    sandbox.remove("node_modules");
    // Nobody has told the store: what was ready counts as ready.
    sandbox.install(&[]);
    assert!(all_below(&links(&sandbox)) != expected);
    // Another project that doubts one of its own: from here on each is looked at.
    sandbox.write("../other/.npmrc", "virtual-store=shared\n");
    sandbox.write(
        "../other/package.json",
        r#"{"name": "other", "dependencies": {"greet": "1"}}"#,
    );
    let ran = sandbox.run(&["install", "--force", "-C", "../other"]);
    assert_eq!(ran.code, 0, "{ran}");
    sandbox.remove("node_modules");
    sandbox.install(&[]);
    let found = all_below(&links(&sandbox));
    assert!(expected.iter().all(|entry| found.contains(entry)));
}

#[test]
fn a_project_whose_slots_are_gone_is_not_up_to_date() {
    let sandbox = shared(&APP);
    sandbox.install(&[]);
    std::fs::remove_dir_all(sandbox.pkg_home("store")).unwrap();
    sandbox.install(&[]);
    assert!(
        real(&sandbox, "tiny-http-app")
            .join("package.json")
            .is_file()
    );
    let again = sandbox.install(&[]);
    assert_eq!(again.stdout, "Already up to date  [TIME]\n");
}

#[test]
fn an_edit_through_one_project_is_undone_when_it_is_found() {
    let sandbox = shared(&[("greet", "1")]);
    sandbox.install(&[]);
    let file = real(&sandbox, "greet").join("index.js");
    let right = std::fs::read(&file).unwrap();
    // In place, as an editor does: the store has the same bytes.
    std::fs::write(&file, "changed").unwrap();
    assert_eq!(sandbox.run(&["store", "verify"]).code, 1);
    sandbox.install(&["--force"]);
    assert_eq!(std::fs::read(&file).unwrap(), right);
    assert_eq!(sandbox.run(&["store", "verify"]).code, 0);
}

#[test]
fn a_folder_that_is_copied_stays_in_the_project_with_what_depends_on_it() {
    let sandbox = shared(&[("copied", "file:lib/copied"), ("greet", "1")]);
    sandbox.write(
        "lib/copied/package.json",
        json!({"name": "copied", "version": "1.0.0", "dependencies": {"colour-mix": "1"}})
            .to_string(),
    );
    sandbox.write(
        "lib/copied/index.js",
        "module.exports = require('colour-mix')",
    );
    sandbox.install(&[]);
    assert_snapshot!(tree(&sandbox), @"
    .pkg/copied@file+lib+copied/node_modules/colour-mix -> LINKS/colour-mix/1.0.0/KEY/node_modules/colour-mix
    .pkg/copied@file+lib+copied/node_modules/copied/index.js
    .pkg/copied@file+lib+copied/node_modules/copied/package.json
    .pkg/node_modules/colour-mix -> LINKS/colour-mix/1.0.0/KEY/node_modules/colour-mix
    .pkg/node_modules/colour-name -> LINKS/colour-name/1.1.1/KEY/node_modules/colour-name
    copied -> .pkg/copied@file+lib+copied/node_modules/copied
    greet -> LINKS/greet/1.2.3/KEY/node_modules/greet
    ");
    assert_eq!(
        node(&sandbox, "console.log(typeof require('copied'))"),
        "function\n"
    );
}

#[test]
fn what_is_hoisted_publicly_is_linked_into_the_project() {
    let sandbox = shared(&[("colour-mix", "1"), ("bin-user", "1")]);
    sandbox.write(
        ".npmrc",
        "virtual-store=shared\npublic-hoist-pattern[]=*name*\n",
    );
    sandbox.install(&[]);
    assert_snapshot!(tree(&sandbox), @"
    .bin/bin-user -> ../bin-user/cli.js
    .pkg/
    bin-user -> LINKS/bin-user/1.0.0/KEY/node_modules/bin-user
    colour-mix -> LINKS/colour-mix/1.0.0/KEY/node_modules/colour-mix
    colour-name -> LINKS/colour-name/1.1.1/KEY/node_modules/colour-name
    ");
}

#[test]
fn a_project_goes_to_the_shared_store_and_back() {
    let sandbox = Sandbox::with_dependencies(&APP);
    sandbox.install(&[]);
    let own = sandbox.tree_with_contents("");
    let fresh = shared(&APP);
    fresh.install(&[]);
    for _ in 0..2 {
        sandbox.write(".npmrc", "virtual-store=shared\n");
        sandbox.install(&["--offline"]);
        assert_eq!(tree(&sandbox), tree(&fresh));
        sandbox.write(".npmrc", "virtual-store=project\n");
        sandbox.install(&["--offline"]);
        sandbox.remove(".npmrc");
        assert_eq!(sandbox.tree_with_contents(""), own);
    }
    assert!(all_below(&sandbox.pkg_home("store/v1/uses")).is_empty());
}

#[test]
fn eight_projects_make_the_same_slots_at_once() {
    let sandbox = shared(&APP);
    let manifest = sandbox.read("package.json");
    let folders: Vec<_> = (0..8)
        .map(|number| format!("../project-{number}"))
        .collect();
    let start = |folder: &String| {
        sandbox.write(&format!("{folder}/package.json"), &manifest);
        sandbox.write(&format!("{folder}/.npmrc"), "virtual-store=shared\n");
        let folder = sandbox.path(folder);
        sandbox.pkg(&["install"]).in_folder(&folder).spawn()
    };
    let children: Vec<_> = folders.iter().map(start).collect();
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{ran}");
    }
    sandbox.install(&[]);
    let alone = shared(&APP);
    alone.install(&[]);
    assert_eq!(all_below(&links(&sandbox)), all_below(&links(&alone)));
    for folder in folders {
        let modules = format!("{folder}/node_modules");
        assert_eq!(
            sandbox.tree(&modules),
            sandbox.tree("node_modules"),
            "{folder}"
        );
    }
    sandbox.wait_for_seal();
    assert!(all_below(&sandbox.pkg_home("store/v1/tmp")).is_empty());
}

#[test]
fn an_install_that_is_killed_leaves_no_slot_half_made() {
    let undisturbed = shared(&APP);
    undisturbed.install(&[]);
    let expected = all_below(&links(&undisturbed));
    let sandbox = shared(&APP);
    let seen = [
        "tmp",
        "links",
        "links/ring-a",
        "links/many-files",
        "links/tiny-http-app",
        "uses",
    ];
    for path in seen {
        let store = sandbox.pkg_home("store/v1");
        let mut child = sandbox.pkg(&["install"]).spawn();
        wait_until("the path is there", || store.join(path).exists());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_whole(&all_below(&links(&sandbox)), &expected);
        sandbox.install(&[]);
        assert_eq!(all_below(&links(&sandbox)), expected, "{path}");
        assert_eq!(tree(&sandbox), tree(&undisturbed), "{path}");
        sandbox.wait_for_seal();
        assert!(all_below(&store.join("tmp")).is_empty(), "{path}");
        sandbox.remove("node_modules");
        std::fs::remove_dir_all(&store).unwrap();
    }
}

/// Runs an install with a fault at one of its calls that change the disk; gives how often it struck.
fn faulty(sandbox: &Sandbox, kind: &str, at: usize) -> usize {
    let mark = sandbox.beside("mark");
    std::fs::write(&mark, "").unwrap();
    let plan = format!("{kind}@{at}:{}", mark.display());
    sandbox.pkg(&["install"]).env("PKG_TEST_FAULT", plan).run();
    std::fs::read(&mark).unwrap().len()
}

#[test]
fn wherever_an_install_is_killed_slots_are_whole_and_the_next_one_finishes() {
    let app = [("ring-a", "1"), ("bin-user", "1"), ("greet", "1")];
    let undisturbed = shared(&app);
    undisturbed.install(&[]);
    let expected = all_below(&links(&undisturbed));
    let counted = shared(&app);
    let calls = faulty(&counted, "count", 0);
    assert!(calls > 60, "{calls}");
    for (kind, points) in [("kill", 16), ("EIO", 6), ("full", 6)] {
        for at in (1..=calls).step_by(calls / points + 1) {
            let sandbox = shared(&app);
            assert!(faulty(&sandbox, kind, at) > 0, "{kind} {at}");
            assert_whole(&all_below(&links(&sandbox)), &expected);
            sandbox.install(&[]);
            assert_eq!(all_below(&links(&sandbox)), expected, "{kind} {at}");
            assert_eq!(tree(&sandbox), tree(&undisturbed), "{kind} {at}");
            sandbox.wait_for_seal();
            let left = all_below(&sandbox.pkg_home("store/v1/tmp"));
            assert!(left.is_empty(), "{kind} {at}: {left:?}");
        }
    }
}

/// A slot that is there has all that belongs in it, and nothing else is there.
fn assert_whole(found: &[(String, Vec<u8>)], expected: &[(String, Vec<u8>)]) {
    for entry in found {
        assert!(expected.contains(entry), "{}", entry.0);
    }
    let is_there = |path: &str| found.iter().any(|(other, _)| other == path);
    for (path, _) in expected {
        let slot = path.split_inclusive('/').take(3).collect::<String>();
        if is_there(slot.trim_end_matches('/')) {
            assert!(is_there(path), "{path}");
        }
    }
}
