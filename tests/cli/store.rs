//! `pkg store`.

use std::process::Command;

use insta::assert_snapshot;

use crate::support::Sandbox;

#[test]
fn the_path_of_the_store_is_told() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["store", "path"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/home/pkg/store
    ");
}

#[test]
fn what_was_written_is_brought_to_the_disk_in_ci_at_once_and_else_by_another_process() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    let ran = sandbox.pkg(&["install"]).env("CI", "1").run();
    let mut epochs = std::fs::read_dir(sandbox.pkg_home("store/v1/epochs")).unwrap();
    assert!(ran.code == 0 && epochs.next().is_none(), "{ran}");
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    assert!(sandbox.pkg_home("store/v1/epochs").is_dir());
    sandbox.wait_for_seal();
}

/// The file of the store with this content.
fn some_content(sandbox: &Sandbox, text: &str) -> std::path::PathBuf {
    let mut folders = vec![sandbox.pkg_home("store")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes()) {
                return path;
            }
        }
    }
    panic!("the store has no file with this content");
}

/// Changes a file of the store, which nobody may write to.
fn damage(sandbox: &Sandbox, path: &std::path::Path) {
    // Another file in its place: the one that the tree shares stays whole.
    let other = sandbox.path("damaged");
    std::fs::write(&other, "damaged").unwrap();
    std::fs::rename(other, path).unwrap();
}

#[test]
fn a_damaged_file_is_mended_when_it_was_to_be_linked_while_others_come() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let content = some_content(&sandbox, &sandbox.read("node_modules/greet/index.js"));
    for layout in ["isolated", "flat"] {
        let alone = Sandbox::with_dependencies(&[("greet", "1"), ("tiny-http-app", "1")]);
        alone.install(&["--layout", layout]);
        let expected = alone.tree_with_contents("node_modules");
        damage(&sandbox, &content);
        sandbox.remove("node_modules");
        sandbox.remove("pkg.lock");
        if layout == "isolated" {
            sandbox.set_dependencies(&[("greet", "1"), ("tiny-http-app", "1")]);
        } else {
            // What is missing is what makes linking begin early.
            sandbox.set_dependencies(&[
                ("greet", "1"),
                ("tiny-http-app", "1"),
                ("many-files", "1"),
            ]);
        }
        let ran = sandbox.install(&["--layout", layout]);
        let told = "`greet@1.2.3` was damaged in the store and is fetched again";
        assert!(ran.stderr.contains(told), "{ran}");
        sandbox.set_dependencies(&[("greet", "1"), ("tiny-http-app", "1")]);
        sandbox.install(&["--layout", layout]);
        assert_eq!(sandbox.tree_with_contents("node_modules"), expected);
    }
}

#[test]
fn a_damaged_file_is_found_and_mended_by_the_next_install() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("letter-case", "1")]);
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["store", "verify"]), @"
    exit: 0
    ----- stdout
    2 packages, 4 files: all as their names say
    ");
    let before = sandbox.tree_with_contents("");
    let content = some_content(&sandbox, &sandbox.read("node_modules/greet/index.js"));
    damage(&sandbox, &content);
    assert_snapshot!(sandbox.run(&["store", "verify"]), @"
    exit: 1
    ----- stdout
    damaged: greet@1.2.3: index.js
      files/e9/8034fcca926c84966aa58cf86fa0afa47d7987ff89941632ca42442d59216e
    2 packages, 4 files: 1 damaged
      help: the next install fetches what it needs of them; `pkg store repair` moves them aside
    ");
    assert_snapshot!(sandbox.run(&["store", "verify", "--json"]), @r#"
    exit: 1
    ----- stdout
    {
      "ok": false,
      "packages": 2,
      "files": 4,
      "damaged": [
        {
          "package": "greet@1.2.3",
          "integrity": "sha512-[HASH]",
          "files": [
            "index.js"
          ]
        }
      ],
      "damagedFiles": [
        "files/e9/8034fcca926c84966aa58cf86fa0afa47d7987ff89941632ca42442d59216e"
      ],
      "damagedIndexes": [],
      "unfinishedFiles": 0,
      "movedTo": null
    }
    "#);
    sandbox.remove("node_modules");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
      2 packages added, 2 from the store  isolated · [TIME]
    ----- stderr
    warning: `greet@1.2.3` was damaged in the store and is fetched again
    ");
    assert_eq!(sandbox.tree_with_contents(""), before);
    assert_snapshot!(sandbox.run(&["store", "verify"]), @"
    exit: 0
    ----- stdout
    2 packages, 4 files: all as their names say
    ");
}

#[test]
fn coreutils_agree_about_the_store() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("@fixture/bin", "1")]);
    sandbox.install(&[]);
    let check = || {
        let mut list = sandbox.pkg(&["store", "verify", "--sums"]).spawn();
        let sums = Command::new("sha256sum")
            .args(["--check", "--quiet"])
            .stdin(list.stdout.take().unwrap())
            .output()
            .expect("coreutils are there");
        assert!(list.wait().unwrap().success());
        (
            sums.status.success(),
            String::from_utf8(sums.stdout).unwrap(),
        )
    };
    assert_eq!(check(), (true, String::new()));
    let content = some_content(&sandbox, &sandbox.read("node_modules/greet/index.js"));
    damage(&sandbox, &content);
    let told = format!("{}: FAILED\n", content.display());
    assert_eq!(check(), (false, told));
    let report = sandbox.run(&["store", "verify", "--json"]).json();
    let file = report["damagedFiles"][0].as_str().unwrap();
    assert!(content.ends_with(file), "{report}");
}

#[test]
fn repair_moves_what_is_damaged_aside_and_the_next_install_fetches_it() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("letter-case", "1")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    let content = some_content(&sandbox, &sandbox.read("node_modules/greet/index.js"));
    damage(&sandbox, &content);
    assert_snapshot!(sandbox.run(&["store", "repair"]), @"
    exit: 0
    ----- stdout
    damaged: greet@1.2.3: index.js
      files/e9/8034fcca926c84966aa58cf86fa0afa47d7987ff89941632ca42442d59216e
    2 packages, 4 files: 1 damaged, moved aside into [SANDBOX]/home/pkg/store/v1/quarantine
      help: the next install fetches what it needs of them; `pkg verify` looks at a project's files
    ");
    assert!(!content.exists());
    assert_snapshot!(sandbox.run(&["store", "repair"]), @"
    exit: 0
    ----- stdout
    1 package, 3 files: all as their names say
    ");
    assert_snapshot!(sandbox.run(&["store", "repair", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "packages": 1,
      "files": 3,
      "damaged": [],
      "damagedFiles": [],
      "damagedIndexes": [],
      "unfinishedFiles": 0,
      "movedTo": null
    }
    "#);
    sandbox.remove("node_modules");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
      2 packages added, 1 from the store  isolated · [TIME]
    ");
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn a_store_that_was_deleted_is_filled_again() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    std::fs::remove_dir_all(sandbox.pkg_home("")).unwrap();
    assert_snapshot!(sandbox.run(&["store", "verify"]), @"
    exit: 0
    ----- stdout
    0 packages, 0 files: all as their names say
    ");
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile"]);
    assert_eq!(sandbox.tree_with_contents(""), before);
}

#[test]
fn an_empty_cache_offline_says_what_is_missing() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.set_registry("http://127.0.0.1:9/");
    assert_snapshot!(sandbox.run(&["install", "--offline"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OFFLINE_MISSING]: the packument of `greet` is not on this machine, and the network is switched off
      help: run once without `--offline`
    ");
}

#[test]
fn the_store_can_be_elsewhere() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&["--store-dir", "../elsewhere"]);
    assert!(sandbox.path("../elsewhere").is_dir());
    assert!(!sandbox.pkg_home("store").exists());
    assert_snapshot!(sandbox.run(&["store", "path", "--store-dir", "../elsewhere"]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/elsewhere
    ");
}

#[test]
fn a_package_that_was_mended_in_the_store_is_told_by_name() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    // Through the hard link the store's file is changed too.
    sandbox.write(
        "node_modules/greet/index.js",
        "module.exports = 'changed by hand'",
    );
    let verified = sandbox.run(&["store", "verify"]).to_string();
    assert!(
        verified.contains("damaged: greet@1.2.3: index.js"),
        "{verified}"
    );
    sandbox.remove("node_modules");
    let ran = sandbox.install(&["--force"]).to_string();
    assert!(
        ran.contains("warning: `greet@1.2.3` was damaged in the store and is fetched again"),
        "{ran}"
    );
}

#[test]
fn the_path_of_the_store_is_plain() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["store", "path", "--store-dir", "../there/./x/.."]), @"
    exit: 0
    ----- stdout
    [SANDBOX]/there
    ");
}
