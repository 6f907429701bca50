//! `pkg store`.

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
fn a_damaged_file_is_found_and_mended_by_the_next_install() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("letter-case", "1")]);
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["store", "verify"]), @"
    exit: 0
    ----- stdout
    2 packages, 4 files, 0 damaged: all as their names say
    ");
    let before = sandbox.tree_with_contents("");
    let content = some_content(&sandbox, &sandbox.read("node_modules/greet/index.js"));
    damage(&sandbox, &content);
    assert_snapshot!(sandbox.run(&["store", "verify"]), @"
    exit: 1
    ----- stdout
    damaged: package greet@1.2.3 (sha512-[HASH])
    2 packages, 4 files, 1 damaged: the next install fetches them again
    ");
    assert_snapshot!(sandbox.run(&["store", "verify", "--json"]), @r#"
    exit: 1
    ----- stdout
    {
      "ok": false,
      "packages": 2,
      "files": 4,
      "damaged": [
        "package greet@1.2.3 (sha512-[HASH])"
      ]
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
    2 packages, 4 files, 0 damaged: all as their names say
    ");
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
    0 packages, 0 files, 0 damaged: all as their names say
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
        verified.contains("damaged: package greet@1.2.3 (sha512-"),
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
