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
    assert_snapshot!(sandbox.run(&["verify"]), @"");
    assert_snapshot!(sandbox.run(&["verify", "--json"]), @"");
    assert_snapshot!(sandbox.run(&["verify", "--silent"]), @"");
    let after = places.each_ref().map(|place| stamps(place));
    assert_eq!(before, after);
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"");
}

/// One kind of damage, and what is said of it.
type Case<'c> = (&'c dyn Fn(&Sandbox), &'c [&'c str]);

/// Does each damage in turn: it is told exactly, put right, and the tree is what it was.
#[track_caller]
fn assert_found_and_put_right(sandbox: &Sandbox, cases: &[Case<'_>]) {
    // What is moved aside stays beside the tree.
    let tree = || -> String {
        let tree = sandbox.tree_with_contents("node_modules");
        let lines = tree.lines().filter(|line| !line.starts_with(".pkg/aside-"));
        lines.map(|line| format!("{line}\n")).collect()
    };
    let (before, lockfile) = (tree(), sandbox.read("pkg.lock"));
    for (damage, told) in cases {
        damage(sandbox);
        let ran = sandbox.run(&["verify", "--json"]);
        assert_eq!(lines(&ran.json()), *told, "{ran}");
        assert_eq!(ran.code, 1, "{ran}");
        let fixed = sandbox.run(&["verify", "--fix", "--json"]);
        assert_eq!(fixed.code, 0, "{told:?}: {fixed}");
        assert_eq!(lines(&fixed.json()["before"]), *told, "{fixed}");
        assert_eq!(tree(), before, "{told:?}");
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
    assert_eq!(
        sandbox.read(
            "node_modules/.pkg/aside-1/node_modules/.pkg/greet@1.2.3/node_modules/greet/index.js"
        ),
        "longer or shorter"
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
    assert_snapshot!(sandbox.run(&["verify"]), @"");
    assert_snapshot!(sandbox.run(&["verify", "--json"]), @"");
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"");
    assert_snapshot!(sandbox.tree("node_modules/.pkg/aside-1"), @"");
    assert_snapshot!(sandbox.run(&["verify"]), @"");
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
    assert_snapshot!(sandbox.run(&["verify"]), @"");
    let stored = stamps(&sandbox.pkg_home("store"));
    assert_eq!(sandbox.run(&["verify", "--json"]).code, 1);
    assert_eq!(stamps(&sandbox.pkg_home("store")), stored);
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"");
    assert_eq!(sandbox.read(&index), text);
    let ran = sandbox.run(&["store", "verify"]);
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn packages_that_the_store_does_not_have_are_not_guessed_at() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("@fixture/bin", "1")]);
    sandbox.install(&[]);
    std::fs::remove_dir_all(sandbox.pkg_home("store")).unwrap();
    assert_snapshot!(sandbox.run(&["verify"]), @"");
    assert!(
        !sandbox.pkg_home("store").exists(),
        "nothing is fetched unasked"
    );
    assert_snapshot!(sandbox.run(&["verify", "--fix"]), @"");
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
            let layout = format!("--layout={layout}");
            sandbox.install(&[&[layout.as_str()], groups].concat());
            let ran = sandbox.run(&["verify", "--json"]);
            assert_eq!(ran.code, 0, "{layout} {groups:?}: {ran}");
            assert!(layout.ends_with(ran.json()["layout"].as_str().unwrap()));
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
                        "number-list@2.0.0 missing {nested}/number-list/package.json"
                    )],
                ),
                (
                    &|s| s.remove("node_modules/number-list"),
                    &["number-list@1.1.0 missing node_modules/number-list"],
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
    assert_snapshot!(sandbox.run(&["verify"]), @"");
    sandbox.remove("lib");
    assert_snapshot!(sandbox.run(&["verify"]), @"");
}

#[test]
fn without_a_lockfile_or_a_tree_there_is_nothing_to_verify() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["verify"]), @"");
    sandbox.install(&["--lockfile-only"]);
    assert_snapshot!(sandbox.run(&["verify", "--json"]), @"");
    let other = installed();
    other.write("pkg.lock", "<<<<<<< ours\n=======\n>>>>>>> theirs\n");
    assert_snapshot!(other.run(&["verify"]), @"");
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
        std::fs::set_permissions(sandbox.beside(""), PermissionsExt::from_mode(0o755)).unwrap();
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
