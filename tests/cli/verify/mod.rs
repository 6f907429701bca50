//! `pkg verify`: every kind of damage, alone and together, and what `--fix` makes of it.

mod damage;
mod pnp;
mod shared;
mod told;

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

/// A tree that is damaged in one way after another.
struct Rounds<'s> {
    sandbox: &'s Sandbox,
    tree: String,
    lockfile: String,
}

impl<'s> Rounds<'s> {
    fn new(sandbox: &'s Sandbox) -> Self {
        Self {
            sandbox,
            tree: sandbox.tree_with_contents("node_modules"),
            lockfile: sandbox.read("pkg.lock"),
        }
    }

    /// Does one damage: it is told exactly, put right, and the tree is what it was.
    #[track_caller]
    fn check(&self, damage: impl Fn(&Sandbox), told: &[&str]) {
        let sandbox = self.sandbox;
        damage(sandbox);
        let ran = sandbox.run(&["verify", "--json"]);
        assert_eq!(lines(&ran.json()), told, "{ran}");
        assert_eq!(ran.code, 1, "{ran}");
        let fixed = sandbox.run(&["verify", "--fix", "--json"]);
        assert_eq!(fixed.code, 0, "{told:?}: {fixed}");
        assert_eq!(lines(&fixed.json()["before"]), told, "{fixed}");
        if sandbox.has("node_modules/.pkg/aside-1") {
            sandbox.remove("node_modules/.pkg/aside-1");
        }
        let tree = sandbox.tree_with_contents("node_modules");
        assert_eq!(tree, self.tree, "{told:?}");
        let again = sandbox.run(&["verify"]);
        assert_eq!(again.code, 0, "{told:?}: {again}");
        assert_eq!(sandbox.read("pkg.lock"), self.lockfile);
    }
}

#[test]
fn a_tree_as_it_was_installed_is_intact_and_looking_changes_nothing() {
    let sandbox = installed();
    sandbox.wait_for_seal();
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
        "compatCode": null,
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
    error[ERR_PKG_LOCKFILE_CONFLICT]: pkg.lock holds the markers of an unfinished merge
      help: run `pkg install`, which merges it
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
                eprintln!("skipped: nobody else can run the program: {error}");
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
