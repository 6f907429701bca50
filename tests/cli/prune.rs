//! `pkg store prune`: what no project needs goes, and nothing else.

use std::path::{Path, PathBuf};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Ran, Sandbox};

/// Two packages are in the store, one of which the project does not need any more.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("letter-case", "1")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    sandbox
}

/// Whether the project can be installed again without the network.
fn install_again(sandbox: &Sandbox) -> Ran {
    sandbox.remove("node_modules");
    sandbox.run(&["install", "--offline"])
}

/// Another project that needs `letter-case`.
fn other(sandbox: &Sandbox, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let manifest = json!({"name": "other", "dependencies": {"letter-case": "1"}});
    std::fs::write(folder.join("package.json"), manifest.to_string()).unwrap();
    let ran = sandbox.pkg(&["install"]).in_folder(folder).run();
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn what_no_project_needs_is_removed() {
    let sandbox = sandbox();
    assert_snapshot!(sandbox.run(&["store", "prune", "--dry-run"]), @"
    exit: 0
    ----- stdout
    would remove 1 package, 2 files (398 B) and 0 folders of the shared virtual store; 1 package kept
    ");
    let verified = sandbox.run(&["store", "verify"]);
    assert!(verified.stdout.starts_with("2 packages"), "{verified}");
    assert_snapshot!(sandbox.run(&["store", "prune"]), @"
    exit: 0
    ----- stdout
    removed 1 package, 2 files (398 B) and 0 folders of the shared virtual store; 1 package kept
    ");
    assert_snapshot!(sandbox.run(&["store", "prune", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "dryRun": false,
      "removedPackages": 0,
      "removedFiles": 0,
      "removedBytes": 0,
      "removedSlots": 0,
      "keptPackages": 1,
      "keptSlots": 0,
      "forgotten": [],
      "away": []
    }
    "#);
    assert_eq!(install_again(&sandbox).code, 0);
    let verified = sandbox.run(&["store", "verify"]);
    assert!(verified.stdout.starts_with("1 package,"), "{verified}");
}

#[test]
fn a_project_that_is_gone_is_forgotten_and_one_reached_by_a_link_is_not() {
    let sandbox = sandbox();
    let (folder, link) = (sandbox.beside("other"), sandbox.beside("link"));
    other(&sandbox, &folder);
    std::os::unix::fs::symlink(&folder, &link).unwrap();
    let again = sandbox
        .pkg(&["-C", link.to_str().unwrap(), "install", "--force"])
        .run();
    assert_eq!(again.code, 0, "{again}");
    std::fs::remove_file(&link).unwrap();
    sandbox.run(&["store", "prune"]);
    let verified = sandbox.run(&["store", "verify"]);
    assert!(verified.stdout.starts_with("2 packages"), "{verified}");
    std::fs::remove_dir_all(&folder).unwrap();
    assert_snapshot!(sandbox.run(&["store", "prune"]), @"
    exit: 0
    ----- stdout
      forgotten: [SANDBOX]/other, which is gone
    removed 1 package, 2 files (398 B) and 0 folders of the shared virtual store; 1 package kept
    ");
}

/// Slots of the shared virtual store stay for whoever links to them.
#[test]
fn the_slots_of_a_project_stay() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("letter-case", "1")]);
    sandbox.write(".npmrc", "virtual-store=shared\n");
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let pruned = sandbox.run(&["store", "prune", "--json"]).json();
    let counts = [
        "removedSlots",
        "keptSlots",
        "removedPackages",
        "keptPackages",
    ];
    assert_eq!(
        counts.map(|count| pruned[count].as_u64().unwrap()),
        [1, 1, 1, 1]
    );
    assert_eq!(sandbox.run(&["verify"]).code, 0);
}

#[test]
fn nothing_is_removed_while_a_project_cannot_be_read() {
    let sandbox = sandbox();
    let folder = sandbox.beside("other");
    other(&sandbox, &folder);
    let lockfile = folder.join("pkg.lock");
    let text = std::fs::read_to_string(&lockfile).unwrap();
    std::fs::write(&lockfile, "{").unwrap();
    let refused = sandbox.run(&["store", "prune"]);
    assert_eq!(
        refused.error_code(),
        Some("ERR_PKG_STORE_PRUNE_UNREAD"),
        "{refused}"
    );
    let verified = sandbox.run(&["store", "verify"]);
    assert!(verified.stdout.starts_with("2 packages"), "{verified}");
    // Both sides of a merge are needed.
    let conflict = format!("<<<<<<< a\n{text}=======\n{text}>>>>>>> b\n");
    std::fs::write(&lockfile, conflict).unwrap();
    let pruned = sandbox.run(&["store", "prune", "--json"]).json();
    assert_eq!(pruned["keptPackages"], 2, "{pruned}");
}

/// A folder on another disk than the store, where this machine has one.
fn on_another_disk(sandbox: &Sandbox) -> Option<tempfile::TempDir> {
    use std::os::unix::fs::MetadataExt as _;
    let shared = tempfile::tempdir_in("/dev/shm").ok()?;
    let device = |path: &Path| path.metadata().unwrap().dev();
    (device(shared.path()) != device(&sandbox.path(""))).then_some(shared)
}

/// FS-28.
#[test]
fn what_a_project_on_a_disk_that_is_away_needs_is_kept() {
    let sandbox = sandbox();
    let Some(disk) = on_another_disk(&sandbox) else {
        eprintln!("skipped: there is no second disk");
        return;
    };
    let folder: PathBuf = disk.path().join("mounted");
    other(&sandbox, &folder);
    let away = disk.path().join("away");
    std::fs::rename(&folder, &away).unwrap();
    let pruned = sandbox.run(&["store", "prune", "--json"]).json();
    assert_eq!(pruned["away"], json!([folder.to_str().unwrap()]));
    assert_eq!(pruned["keptPackages"], 2);
    // A folder to mount at is there, and nothing is in it.
    std::fs::create_dir(&folder).unwrap();
    let pruned = sandbox.run(&["store", "prune", "--json"]).json();
    assert_eq!(pruned["keptPackages"], 2);
    std::fs::remove_dir(&folder).unwrap();
    std::fs::rename(&away, &folder).unwrap();
    std::fs::remove_dir_all(folder.join("node_modules")).unwrap();
    let again = sandbox
        .pkg(&["install", "--offline"])
        .in_folder(&folder)
        .run();
    assert_eq!(again.code, 0, "{again}");
    std::fs::remove_dir_all(&folder).unwrap();
    let pruned = sandbox
        .run(&["store", "prune", "--forget-missing", "--json"])
        .json();
    assert_eq!(pruned["forgotten"], json!([folder.to_str().unwrap()]));
    assert_eq!(pruned["keptPackages"], 1);
}

/// KIL-05.
#[test]
#[cfg(debug_assertions)]
fn a_cleaning_that_is_killed_anywhere_loses_nothing_that_is_needed() {
    for at in 1.. {
        let sandbox = sandbox();
        let mark = sandbox.beside("mark");
        std::fs::write(&mark, "").unwrap();
        let plan = format!("kill@{at}:{}", mark.display());
        let command = sandbox.pkg(&["store", "prune"]);
        let ran = command.env("PKG_TEST_FAULT", plan).run();
        let is_killed = mark.metadata().unwrap().len() > 0;
        assert_eq!(ran.code, if is_killed { 137 } else { 0 }, "{ran}");
        let again = install_again(&sandbox);
        assert_eq!(again.code, 0, "{at}: {again}");
        let pruned = sandbox.run(&["store", "prune", "--json"]).json();
        assert_eq!(pruned["keptPackages"], 1, "{at}");
        let verified = sandbox.run(&["store", "verify"]);
        assert!(
            verified.stdout.starts_with("1 package, "),
            "{at}: {verified}"
        );
        if !is_killed {
            assert!(at > 3, "only {at} calls changed the disk");
            return;
        }
    }
}
