//! `pkg verify`: every kind of damage, alone and together, and what `--fix` makes of it.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Sandbox;

/// Where the isolated layout has a package.
const GREET: &str = "node_modules/.pkg/greet@1.2.3/node_modules/greet";
const MANY: &str = "node_modules/.pkg/many-files@1.0.0/node_modules/many-files";

/// A project with packages of all kinds, installed.
fn installed() -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&[
        ("greet", "1"),
        ("colour-mix", "1"),
        ("@fixture/bin", "1"),
        ("bin-crlf", "1"),
        ("many-files", "1"),
    ]);
    sandbox.install(&[]);
    sandbox
}

/// All that is known of every file and link below a folder, times included.
fn stamps(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let stat = path.symlink_metadata().unwrap();
            found.push(format!(
                "{} {:o} {} {} {}.{} {}.{}",
                path.display(),
                stat.mode(),
                stat.ino(),
                stat.len(),
                stat.mtime(),
                stat.mtime_nsec(),
                stat.ctime(),
                stat.ctime_nsec()
            ));
            if stat.is_dir() {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Puts other bytes at the place of a file: the one that the store shares stays whole.
fn replace(sandbox: &Sandbox, path: &str, bytes: &str) {
    sandbox.remove(path);
    sandbox.write(path, bytes);
}

fn set_mode(sandbox: &Sandbox, path: &str, mode: u32) {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(sandbox.path(path), permissions).unwrap();
}

fn make_pipe(sandbox: &Sandbox, path: &str) {
    let made = Command::new("mkfifo").arg(sandbox.path(path)).status();
    assert!(made.unwrap().success());
}

fn link(sandbox: &Sandbox, target: impl AsRef<Path>, path: &str) {
    symlink(target, sandbox.path(path)).unwrap();
}

/// What differs, a line each: package, kind, path.
fn lines(report: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for group in report["damaged"].as_array().unwrap() {
        let package = group["package"].as_str().unwrap_or("-");
        for difference in group["differences"].as_array().unwrap() {
            let (kind, path) = (&difference["kind"], &difference["path"]);
            lines.push(format!(
                "{package} {} {}",
                kind.as_str().unwrap(),
                path.as_str().unwrap()
            ));
        }
        for damage in group["damagedInStore"].as_array().unwrap() {
            lines.push(format!(
                "{package} store {}",
                damage["path"].as_str().unwrap()
            ));
        }
    }
    lines
}

#[test]
fn a_tree_as_it_was_installed_is_intact_and_looking_changes_nothing() {
    let sandbox = installed();
    let places = [sandbox.path(""), sandbox.pkg_home("")];
    let before = places.each_ref().map(|place| stamps(place));
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 0
    ----- stdout
    6 packages, 54 files, 9 links: all as pkg.lock says  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.run(&["verify", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "layout": "isolated",
      "packages": 6,
      "files": 54,
      "links": 9,
      "bytes": 0,
      "bytesRead": 3412,
      "differences": 0,
      "damaged": [],
      "unchecked": [],
      "milliseconds": 0
    }
    "#);
    assert_snapshot!(sandbox.run(&["verify", "--silent"]), @"exit: 0");
    let after = places.each_ref().map(|place| stamps(place));
    assert_eq!(before, after);
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"
    exit: 0
    ----- stdout
    6 packages, 54 files, 9 links: all as pkg.lock says  isolated · [TIME]
    ");
}

/// One kind of damage, and what is said of it.
type Case<'c> = (&'c dyn Fn(&Sandbox), &'c [&'c str]);

/// Does each damage in turn: it is told exactly, put right, and the tree is what it was.
#[track_caller]
fn assert_found_and_put_right(sandbox: &Sandbox, cases: &[Case<'_>]) {
    let (before, lockfile) = (
        sandbox.tree_with_contents("node_modules"),
        sandbox.read("pkg.lock"),
    );
    for (damage, told) in cases {
        damage(sandbox);
        let ran = sandbox.run(&["verify", "--json"]);
        assert_eq!(lines(&ran.json()), *told, "{ran}");
        assert_eq!(ran.code, 1, "{ran}");
        let fixed = sandbox.run(&["verify", "--fix", "--json"]);
        assert_eq!(fixed.code, 0, "{told:?}: {fixed}");
        assert_eq!(lines(&fixed.json()["before"]), *told, "{fixed}");
        if sandbox.has("node_modules/.pkg/aside-1") {
            sandbox.remove("node_modules/.pkg/aside-1");
        }
        let after = sandbox.tree_with_contents("node_modules");
        assert_eq!(after, before, "{told:?}");
        let again = sandbox.run(&["verify"]);
        assert_eq!(again.code, 0, "{told:?}: {again}");
    }
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}

#[test]
fn each_damage_to_a_file_of_a_package_is_found_and_put_right() {
    let sandbox = installed();
    let index = format!("{GREET}/index.js");
    let part = format!("{MANY}/data/part-07.js");
    let length = sandbox.read(&index).len();
    assert_found_and_put_right(
        &sandbox,
        &[
            (
                &|s| replace(s, &index, "longer or shorter"),
                &[&format!("greet@1.2.3 changed {index}")],
            ),
            (
                &|s| replace(s, &index, &"x".repeat(length)),
                &[&format!("greet@1.2.3 changed {index}")],
            ),
            (
                &|s| replace(s, &part, ""),
                &[&format!("many-files@1.0.0 changed {part}")],
            ),
            (
                &|s| set_mode(s, &index, 0o755),
                &[&format!("greet@1.2.3 mode {index}")],
            ),
            (
                &|s| {
                    set_mode(
                        s,
                        "node_modules/.pkg/@fixture+bin@1.0.0/node_modules/@fixture/bin/run.js",
                        0o644,
                    )
                },
                &[
                    "@fixture/bin@1.0.0 mode node_modules/.pkg/@fixture+bin@1.0.0/node_modules/@fixture/bin/run.js",
                ],
            ),
            (
                &|s| s.remove(&part),
                &[&format!("many-files@1.0.0 missing {part}")],
            ),
            (
                &|s| s.write(&format!("{GREET}/.cache"), "x"),
                &[&format!("greet@1.2.3 foreign {GREET}/.cache")],
            ),
            (
                &|s| s.write(&format!("{MANY}/data/more/x.js"), "x"),
                &[&format!("many-files@1.0.0 foreign {MANY}/data/more")],
            ),
            (
                &|s| s.write(&format!("{GREET}/node_modules/x/y"), "x"),
                &[&format!("greet@1.2.3 foreign {GREET}/node_modules")],
            ),
        ],
    );
}

#[test]
fn something_else_in_the_place_of_a_file_or_folder_is_found_and_put_right() {
    let sandbox = installed();
    let index = format!("{GREET}/index.js");
    let data = format!("{MANY}/data");
    std::fs::create_dir(sandbox.beside("outside")).unwrap();
    std::fs::write(sandbox.beside("outside/file"), "not ours").unwrap();
    let many: Vec<String> = std::fs::read_dir(sandbox.path(&data))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let outside = stamps(&sandbox.beside("outside"));
    let replaced: &[&str] = &[&format!("greet@1.2.3 replaced {index}")];
    assert_found_and_put_right(
        &sandbox,
        &[
            (
                &|s| {
                    s.remove(&index);
                    make_pipe(s, &index);
                },
                replaced,
            ),
            (
                &|s| {
                    s.remove(&index);
                    link(s, "package.json", &index);
                },
                replaced,
            ),
            (
                &|s| {
                    s.remove(&index);
                    s.write(&format!("{index}/x"), "x");
                },
                replaced,
            ),
            (
                &|s| {
                    s.remove(&index);
                    link(s, s.beside("outside/file"), &index);
                },
                replaced,
            ),
            (
                &|s| {
                    s.remove(&data);
                    link(s, s.beside("outside"), &data);
                },
                &[&format!("many-files@1.0.0 replaced {data}")],
            ),
            (
                &|s| {
                    s.remove(&data);
                    make_pipe(s, &data);
                },
                &[&format!("many-files@1.0.0 replaced {data}")],
            ),
            (
                &|s| {
                    s.remove(GREET);
                    link(s, s.beside("outside"), GREET);
                },
                &[&format!("greet@1.2.3 replaced {GREET}")],
            ),
            (
                &|s| {
                    s.remove("node_modules/@fixture");
                    link(s, s.beside("outside"), "node_modules/@fixture");
                },
                &["- replaced node_modules/@fixture"],
            ),
        ],
    );
    assert_eq!(stamps(&sandbox.beside("outside")), outside);
    sandbox.remove(&data);
    let ran = sandbox.run(&["verify", "--json"]);
    let told = lines(&ran.json());
    assert_eq!(
        told.len(),
        many.len(),
        "every file of a folder that is gone is named: {ran}"
    );
    assert!(
        told.iter()
            .all(|line| line.starts_with("many-files@1.0.0 missing "))
    );
}

#[test]
fn each_damage_to_links_commands_and_whole_packages_is_found_and_put_right() {
    let sandbox = installed();
    let mix = "node_modules/.pkg/colour-mix@1.0.0/node_modules/colour-name";
    assert_found_and_put_right(
        &sandbox,
        &[
            (
                &|s| {
                    s.remove("node_modules/greet");
                    link(s, ".pkg/elsewhere", "node_modules/greet");
                },
                &["greet@1.2.3 link node_modules/greet"],
            ),
            (
                &|s| s.remove("node_modules/greet"),
                &["greet@1.2.3 missing node_modules/greet"],
            ),
            (
                &|s| {
                    s.remove(mix);
                    link(s, "/", mix);
                },
                &[&format!("colour-mix@1.0.0 link {mix}")],
            ),
            (
                &|s| {
                    s.remove("node_modules/greet");
                    s.write("node_modules/greet/index.js", "mine");
                },
                &["greet@1.2.3 replaced node_modules/greet"],
            ),
            (
                &|s| s.remove("node_modules/.bin/bin"),
                &["@fixture/bin@1.0.0 missing node_modules/.bin/bin"],
            ),
            (
                &|s| {
                    s.remove("node_modules/.bin/bin");
                    link(s, "/bin/false", "node_modules/.bin/bin");
                },
                &["@fixture/bin@1.0.0 link node_modules/.bin/bin"],
            ),
            (
                &|s| replace(s, "node_modules/.bin/bin-crlf", "#!/bin/sh\nexec evil\n"),
                &["bin-crlf@1.0.0 command node_modules/.bin/bin-crlf"],
            ),
            (
                &|s| set_mode(s, "node_modules/.bin/bin-crlf", 0o644),
                &["bin-crlf@1.0.0 command node_modules/.bin/bin-crlf"],
            ),
            (
                &|s| link(s, "/bin/false", "node_modules/.bin/evil"),
                &["- foreign node_modules/.bin/evil"],
            ),
            (
                &|s| s.remove(GREET),
                &[&format!("greet@1.2.3 missing {GREET}")],
            ),
            (
                &|s| s.write("node_modules/left-pad/index.js", "x"),
                &["left-pad unlisted node_modules/left-pad"],
            ),
            (
                &|s| s.write("node_modules/@fixture/more/index.js", "x"),
                &["@fixture/more unlisted node_modules/@fixture/more"],
            ),
            (
                &|s| s.write("node_modules/.pkg/old@1.0.0/node_modules/old/index.js", "x"),
                &["old@1.0.0 unlisted node_modules/.pkg/old@1.0.0"],
            ),
            (
                &|s| s.write("node_modules/notes.txt", "x"),
                &["- foreign node_modules/notes.txt"],
            ),
        ],
    );
    // What tools keep there under names with a dot is theirs.
    sandbox.write("node_modules/.cache/tool/x", "x");
    sandbox.write("node_modules/.package-lock.json", "{}");
    let ran = sandbox.run(&["verify"]);
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn damage_of_all_kinds_is_told_by_package_and_nothing_is_lost() {
    let sandbox = installed();
    replace(&sandbox, &format!("{GREET}/index.js"), "changed");
    sandbox.write(&format!("{GREET}/extra \u{1b}[2J.js"), "foreign");
    set_mode(&sandbox, &format!("{MANY}/data/part-00.js"), 0o755);
    sandbox.remove(&format!("{MANY}/data/part-01.js"));
    sandbox.remove("node_modules/colour-mix");
    link(&sandbox, "../../outside", "node_modules/colour-mix");
    sandbox.write("node_modules/left-pad/index.js", "unlisted");
    sandbox.remove("node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name");
    sandbox.remove("node_modules/.bin/bin-crlf");
    make_pipe(&sandbox, "node_modules/.bin/bin-crlf");
    assert_snapshot!(sandbox.run(&["verify"]), @r#"
    exit: 1
    ----- stdout
    bin-crlf@1.0.0
      replaced  node_modules/.bin/bin-crlf (is a named pipe, should be a command)
    colour-mix@1.0.0
      link      node_modules/colour-mix → ../../outside (should be → .pkg/colour-mix@1.0.0/node_modules/colour-mix)
    colour-name@1.1.1
      missing   node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name (the whole package)
    greet@1.2.3
      foreign   node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    many-files@1.0.0
      mode      node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-00.js (755, should not be executable)
      missing   node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-01.js
    left-pad (not in pkg.lock)
      unlisted  node_modules/left-pad
    5 packages, 51 files, 9 links: 8 differences  isolated · [TIME]
      help: `pkg verify --fix` puts it right, and keeps what it moves aside
    "#);
    assert_snapshot!(sandbox.run(&["verify", "--json"]), @r#"
    exit: 1
    ----- stdout
    {
      "ok": false,
      "layout": "isolated",
      "packages": 5,
      "files": 51,
      "links": 9,
      "bytes": 0,
      "bytesRead": 2920,
      "differences": 8,
      "damaged": [
        {
          "package": "bin-crlf@1.0.0",
          "inLockfile": true,
          "differences": [
            {
              "kind": "replaced",
              "path": "node_modules/.bin/bin-crlf",
              "expected": "a command",
              "found": "a named pipe"
            }
          ],
          "damagedInStore": []
        },
        {
          "package": "colour-mix@1.0.0",
          "inLockfile": true,
          "differences": [
            {
              "kind": "link",
              "path": "node_modules/colour-mix",
              "expected": ".pkg/colour-mix@1.0.0/node_modules/colour-mix",
              "found": "../../outside"
            }
          ],
          "damagedInStore": []
        },
        {
          "package": "colour-name@1.1.1",
          "inLockfile": true,
          "differences": [
            {
              "kind": "missing",
              "path": "node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name",
              "expected": "the folder of a package"
            }
          ],
          "damagedInStore": []
        },
        {
          "package": "greet@1.2.3",
          "inLockfile": true,
          "differences": [
            {
              "kind": "foreign",
              "path": "node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u001b[2J.js",
              "found": "a regular file"
            },
            {
              "kind": "changed",
              "path": "node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js",
              "expected": "e98034fcca926c84966aa58cf86fa0afa47d7987ff89941632ca42442d59216e",
              "found": null
            }
          ],
          "damagedInStore": []
        },
        {
          "package": "many-files@1.0.0",
          "inLockfile": true,
          "differences": [
            {
              "kind": "mode",
              "path": "node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-00.js",
              "executable": false,
              "mode": "755"
            },
            {
              "kind": "missing",
              "path": "node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-01.js",
              "expected": "a regular file"
            }
          ],
          "damagedInStore": []
        },
        {
          "package": "left-pad",
          "inLockfile": false,
          "differences": [
            {
              "kind": "unlisted",
              "path": "node_modules/left-pad",
              "found": "a directory"
            }
          ],
          "damagedInStore": []
        }
      ],
      "unchecked": [],
      "milliseconds": 0
    }
    "#);
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @r#"
    exit: 0
    ----- stdout
    bin-crlf@1.0.0
      replaced  node_modules/.bin/bin-crlf (is a named pipe, should be a command)
    colour-mix@1.0.0
      link      node_modules/colour-mix → ../../outside (should be → .pkg/colour-mix@1.0.0/node_modules/colour-mix)
    colour-name@1.1.1
      missing   node_modules/.pkg/colour-name@1.1.1/node_modules/colour-name (the whole package)
    greet@1.2.3
      foreign   node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    many-files@1.0.0
      mode      node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-00.js (755, should not be executable)
      missing   node_modules/.pkg/many-files@1.0.0/node_modules/many-files/data/part-01.js
    left-pad (not in pkg.lock)
      unlisted  node_modules/left-pad
    moved aside: node_modules/.bin/bin-crlf → node_modules/.pkg/aside-1/node_modules/.bin/bin-crlf
    moved aside: node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js → node_modules/.pkg/aside-1/node_modules/.pkg/greet@1.2.3/node_modules/greet/extra \u{1b}[2J.js
    moved aside: node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js → node_modules/.pkg/aside-1/node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    moved aside: node_modules/left-pad → node_modules/.pkg/aside-1/node_modules/left-pad
    6 packages, 54 files, 9 links: 8 differences, put right  isolated · [TIME]
    "#);
    assert_snapshot!(sandbox.tree("node_modules/.pkg/aside-1"), @"
    node_modules/.bin/bin-crlf
    node_modules/.pkg/greet@1.2.3/node_modules/greet/extra [2J.js
    node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    node_modules/left-pad/index.js
    ");
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 0
    ----- stdout
    6 packages, 54 files, 9 links: all as pkg.lock says  isolated · [TIME]
    ");
}

#[test]
fn an_edit_through_a_hard_link_is_told_of_tree_and_store() {
    let sandbox = installed();
    let index = format!("{GREET}/index.js");
    let (text, path) = (sandbox.read(&index), sandbox.path(&index));
    let before = path.metadata().unwrap();
    std::fs::write(&path, text.replace("exports", "expurts")).unwrap();
    // Size and time tell nothing.
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    if path.metadata().unwrap().nlink() == 1 {
        println!("skipped: there are no hard links here");
        return;
    }
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 1
    ----- stdout
    greet@1.2.3
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
      store     index.js is damaged in the store too
    6 packages, 54 files, 9 links: 1 difference  isolated · [TIME]
      help: `pkg verify --fix` puts it right, and keeps what it moves aside
    ");
    let stored = stamps(&sandbox.pkg_home("store"));
    assert_eq!(sandbox.run(&["verify", "--json"]).code, 1);
    assert_eq!(stamps(&sandbox.pkg_home("store")), stored);
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"
    exit: 0
    ----- stdout
    greet@1.2.3
      changed   node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
      store     index.js is damaged in the store too
    moved aside: node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js → node_modules/.pkg/aside-1/node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js
    6 packages, 54 files, 9 links: 1 difference, put right  isolated · [TIME]
    ");
    assert_eq!(sandbox.read(&index), text);
    let ran = sandbox.run(&["store", "verify"]);
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn packages_that_the_store_does_not_have_are_not_guessed_at() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("@fixture/bin", "1")]);
    sandbox.install(&[]);
    std::fs::remove_dir_all(sandbox.pkg_home("store")).unwrap();
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 1
    ----- stdout
    @fixture/bin@1.0.0
      unchecked the store does not have it, so nobody knows its files
    greet@1.2.3
      unchecked the store does not have it, so nobody knows its files
    0 packages, 0 files, 2 links: 2 packages not checked  isolated · [TIME]
      help: `pkg install --force` or `pkg verify --fix` brings what the store does not have
    ");
    assert!(
        !sandbox.pkg_home("store").exists(),
        "nothing is fetched unasked"
    );
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"
    exit: 0
    ----- stdout
    @fixture/bin@1.0.0
      unchecked the store does not have it, so nobody knows its files
    greet@1.2.3
      unchecked the store does not have it, so nobody knows its files
    2 packages, 4 files, 3 links: 2 packages not checked, put right  isolated · [TIME]
    ");
    assert_eq!(sandbox.run(&["verify"]).code, 0);
}

#[test]
fn every_layout_and_every_choice_of_groups_is_recognised() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"number-stats": "1", "bundle-holder": "1", "native-pick": "1"},
        "devDependencies": {"number-list": "1", "tiny-test": "1"},
        "optionalDependencies": {"letter-case": "1"}
    }));
    let layouts = ["isolated", "flat", "nested"];
    let groups = [&[][..], &["--prod"], &["--no-optional"], &["--dev"]];
    for layout in layouts {
        for groups in groups {
            sandbox.write(".npmrc", format!("layout={layout}\n"));
            sandbox.install(groups);
            let ran = sandbox.run(&["verify", "--json"]);
            assert_eq!(ran.code, 0, "{layout} {groups:?}: {ran}");
            assert_eq!(ran.json()["layout"], *layout);
        }
    }
}

#[test]
fn a_flat_tree_is_put_right_as_what_it_is() {
    let sandbox = Sandbox::with_dependencies(&[
        ("number-stats", "1"),
        ("number-list", "1"),
        ("bundle-holder", "1"),
    ]);
    for layout in ["flat", "nested"] {
        sandbox.install(&[&format!("--layout={layout}")]);
        let inner = "node_modules/bundle-holder/node_modules/bundle-inner";
        let nested = "node_modules/number-stats/node_modules";
        assert_found_and_put_right(
            &sandbox,
            &[
                (
                    &|s| replace(s, &format!("{inner}/index.js"), ""),
                    &[&format!("bundle-holder@1.0.0 changed {inner}/index.js")],
                ),
                (
                    &|s| s.remove(inner),
                    &[
                        &format!("bundle-holder@1.0.0 missing {inner}/index.js"),
                        &format!("bundle-holder@1.0.0 missing {inner}/package.json"),
                    ],
                ),
                (
                    &|s| s.write(&format!("{nested}/odd/index.js"), "x"),
                    &[&format!("odd unlisted {nested}/odd")],
                ),
                (
                    &|s| s.remove(&format!("{nested}/number-list/package.json")),
                    &[&format!(
                        "number-list@2.1.1 missing {nested}/number-list/package.json"
                    )],
                ),
                (
                    &|s| s.remove("node_modules/number-list"),
                    &["number-list@1.3.0 missing node_modules/number-list"],
                ),
            ],
        );
    }
}

#[test]
fn a_copied_folder_is_held_against_the_folder() {
    let sandbox = Sandbox::with_dependencies(&[("copied", "file:lib/copied")]);
    sandbox.write(
        "lib/copied/package.json",
        r#"{"name":"copied","version":"1.0.0"}"#,
    );
    let large: Vec<u8> = (0..5_000_000_u32)
        .map(|place| (place % 251) as u8)
        .collect();
    sandbox.write("lib/copied/large.bin", &large);
    sandbox.install(&[]);
    let ran = sandbox.run(&["verify"]);
    assert_eq!(ran.code, 0, "{ran}");
    let mut changed = large;
    *changed.last_mut().unwrap() ^= 1;
    sandbox.write("lib/copied/large.bin", &changed);
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 1
    ----- stdout
    copied@file:lib/copied
      changed   node_modules/.pkg/copied@file+lib+copied/node_modules/copied/large.bin
    1 package, 2 files, 1 link: 1 difference  isolated · [TIME]
      help: `pkg verify --fix` puts it right, and keeps what it moves aside
    ");
    sandbox.remove("lib");
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 1
    ----- stdout
    copied@file:lib/copied
      unchecked cannot open `[SANDBOX]/project/lib/copied`
    0 packages, 0 files, 1 link: 1 package not checked  isolated · [TIME]
    ");
}

#[test]
fn without_a_lockfile_or_a_tree_there_is_nothing_to_verify() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["verify"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_LOCKFILE]: there is no pkg.lock to hold the tree against
      help: run `pkg install`
    ");
    sandbox.install(&["--lockfile-only"]);
    assert_snapshot!(sandbox.run(&["verify", "--json"]), @r#"
    exit: 1
    ----- stdout
    {
      "ok": false,
      "error": {
        "code": "ERR_PKG_NOT_INSTALLED",
        "message": "nothing that pkg made stands in this project",
        "causes": [],
        "help": "run `pkg install`"
      }
    }
    "#);
    let other = installed();
    let text = other.read("pkg.lock");
    let (start, rest) = text.split_once("\"greet@1.2.3\": {\"integrity").unwrap();
    let (line, end) = rest.split_once('\n').unwrap();
    let line = format!("\"greet@1.2.3\": {{\"integrity{line}\n");
    let conflict = format!("{start}<<<<<<< ours\n{line}=======\n{line}>>>>>>> theirs\n{end}");
    other.write("pkg.lock", conflict);
    assert_snapshot!(other.run(&["verify"]), @"
    exit: 1
    ----- stderr
    ");
}

/// Whoever runs it may not read a file: that is told, and no reason to stop.
#[test]
fn a_file_that_may_not_be_read_is_told() {
    use std::os::unix::process::CommandExt as _;
    let sandbox = installed();
    let index = format!("{GREET}/index.js");
    replace(&sandbox, &index, &sandbox.read(&index));
    set_mode(&sandbox, &index, 0o000);
    let ran = if std::fs::File::open(sandbox.path(&index)).is_ok() {
        // To the superuser nothing is closed: somebody else looks.
        std::fs::set_permissions(sandbox.beside(""), std::fs::Permissions::from_mode(0o755))
            .unwrap();
        let home = sandbox.beside("home");
        let output = Command::new(env!("CARGO_BIN_EXE_pkg"))
            .args(["verify", "--json"])
            .env_clear()
            .env("HOME", &home)
            .env("PKG_HOME", home.join("pkg"))
            .current_dir(sandbox.path(""))
            .uid(65534)
            .gid(65534)
            .output();
        match output {
            Ok(output) => output,
            Err(error) => {
                println!("skipped: nobody else can run the program: {error}");
                return;
            }
        }
    } else {
        sandbox
            .pkg(&["verify", "--json"])
            .spawn()
            .wait_with_output()
            .unwrap()
    };
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(
        lines(&report),
        [format!("greet@1.2.3 unreadable {index}")],
        "{report}"
    );
    assert_eq!(ran.status.code(), Some(1));
}
