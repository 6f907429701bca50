//! pkg.lock: frozen installs, CI, damage, conflicts.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

/// A project with a lockfile and no tree.
fn locked(dependencies: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::with_dependencies(dependencies);
    sandbox.install(&["--lockfile-only"]);
    sandbox
}

#[test]
fn a_frozen_install_refuses_a_changed_range_and_writes_nothing() {
    let sandbox = locked(&[("greet", "^1.0.0")]);
    sandbox.set_dependencies(&[("greet", "^2.0.0"), ("letter-case", "1")]);
    let before = sandbox.tree_with_contents("");
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OUTDATED_LOCKFILE]: the lockfile is not up to date:
      dependencies.greet: lockfile has ^1.0.0, package.json has ^2.0.0
      dependencies.letter-case: lockfile lacks it, package.json has 1
      help: run `pkg install` without `--frozen-lockfile`, and commit pkg.lock
    ");
    assert_eq!(sandbox.tree_with_contents(""), before);
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile", "--json"]), @r#"
    exit: 1
    ----- stdout
    {
      "ok": false,
      "error": {
        "code": "ERR_PKG_OUTDATED_LOCKFILE",
        "compatCode": "ERR_PNPM_OUTDATED_LOCKFILE",
        "message": "the lockfile is not up to date:\n  dependencies.greet: lockfile has ^1.0.0, package.json has ^2.0.0\n  dependencies.letter-case: lockfile lacks it, package.json has 1",
        "causes": [],
        "help": "run `pkg install` without `--frozen-lockfile`, and commit pkg.lock"
      }
    }
    "#);
    sandbox.install(&[]);
    sandbox.install(&["--frozen-lockfile"]);
}

#[test]
fn a_frozen_install_names_what_is_gone_and_what_moved() {
    let sandbox = locked(&[("greet", "^1.0.0"), ("letter-case", "1")]);
    sandbox.set_manifest(&json!({"name": "app", "devDependencies": {"greet": "^1.0.0"}}));
    assert_snapshot!(sandbox.run(&["install", "--immutable"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OUTDATED_LOCKFILE]: the lockfile is not up to date:
      dependencies.greet: lockfile has ^1.0.0, package.json lacks it
      dependencies.letter-case: lockfile has 1, package.json lacks it
      devDependencies.greet: lockfile lacks it, package.json has ^1.0.0
      help: run `pkg install` without `--frozen-lockfile`, and commit pkg.lock
    ");
}

#[test]
fn a_frozen_install_needs_a_lockfile() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FROZEN_LOCKFILE]: a frozen install needs a pkg.lock, and there is none
      help: run `pkg install --no-frozen-lockfile` and commit pkg.lock
    ");
    assert_eq!(sandbox.tree(""), "package.json\n");
}

#[test]
fn in_ci_an_install_is_frozen_where_there_is_a_lockfile() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    let in_ci = |flags: &[&str]| sandbox.pkg(flags).env("CI", "true").run();
    assert_eq!(in_ci(&["install"]).code, 0);
    sandbox.set_dependencies(&[("greet", "^2.0.0")]);
    assert_snapshot!(in_ci(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OUTDATED_LOCKFILE]: the lockfile is not up to date:
      dependencies.greet: lockfile has ^1.0.0, package.json has ^2.0.0
      help: in CI an install is frozen where there is a pkg.lock: run `pkg install` elsewhere and commit pkg.lock, or turn it off by `--no-frozen-lockfile`
    ");
    assert_eq!(sandbox.pkg(&["install"]).env("CI", "false").run().code, 0);
    sandbox.set_dependencies(&[("greet", "^1.0.0")]);
    assert_eq!(in_ci(&["install", "--no-frozen-lockfile"]).code, 0);
    assert!(sandbox.read("pkg.lock").contains("greet@1.2.3"));
}

/// Damages the lockfile, installs, and installs again with the lockfile as it was.
fn install_damaged(damage: impl Fn(&str) -> String) -> String {
    let sandbox = locked(&[("greet", "^1.0.0"), ("colour-mix", "1")]);
    let lockfile = sandbox.read("pkg.lock");
    let damaged = damage(&lockfile);
    assert_ne!(damaged, lockfile);
    sandbox.write("pkg.lock", &damaged);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(sandbox.read("pkg.lock"), damaged);
    assert_eq!(sandbox.tree(""), "package.json\npkg.lock\n");
    sandbox.write("pkg.lock", &lockfile);
    sandbox.install(&["--frozen-lockfile"]);
    ran.to_string()
}

#[test]
fn a_damaged_lockfile_is_refused_and_left_alone() {
    assert_snapshot!(install_damaged(|text| text[..text.len() / 2].to_owned()), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_TRUNCATED]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile ends in the middle (line 8, column 61)
      help: restore it from version control, or run `pkg install --fix-lockfile` to resolve anew what it lacks
    ");
    assert_snapshot!(install_damaged(|_| String::new()), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_EMPTY]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile is empty
      help: restore it from version control, or run `pkg install --fix-lockfile` to resolve anew what it lacks
    ");
    assert_snapshot!(install_damaged(|text| text.replace("\"lockfileVersion\": 1", "\"lockfileVersion\": 99")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_NEWER]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile has format version 99, this `pkg` knows version 1
      help: use a newer `pkg`; the file was left as it is
    ");
    assert_snapshot!(install_damaged(|text| text.replace("\"greet@1.2.3\": {},\n", "").replace("},\n\"greet@1.2.3\": {}\n", "}\n")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_MISSING_ENTRY]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile lacks entries that it refers to: `greet@1.2.3 (wanted by .)`
      help: run `pkg install --fix-lockfile` to resolve them again
    ");
    assert_snapshot!(install_damaged(|text| text.replace("sha512-", "sha512-*")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_VALUE]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile has a value that cannot stand there: `sha512-[HASH]` is not a usable integrity: its base64 is broken (line 7, column 132)
      help: restore the file from version control; nothing was installed from it
    ");
    assert_snapshot!(install_damaged(|text| text.replace("\"greet\":[\"^1.0.0\"", "\"../greet\":[\"^1.0.0\"")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_VALUE]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile has a value that cannot stand there: `../greet` is not a package name: it starts with a dot (line 4, column 61)
      help: restore the file from version control; nothing was installed from it
    ");
}

#[test]
fn a_hash_that_was_removed_is_not_trusted_on_sight() {
    let sandbox = locked(&[("greet", "^1.0.0")]);
    let lockfile = sandbox.read("pkg.lock");
    let start = lockfile.find("\"integrity\"").unwrap();
    let end = start + lockfile[start..].find('}').unwrap();
    let stripped = format!("{}{}", &lockfile[..start], &lockfile[end..]);
    sandbox.write("pkg.lock", &stripped);
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_MISSING_INTEGRITY]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile has no strong hash for `greet@1.2.3`
      help: each package needs a sha512, sha384 or sha256: restore the file from version control, or run `pkg install --fix-lockfile` to resolve them again
    ");
    assert_eq!(sandbox.read("pkg.lock"), stripped);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_LOCKFILE_MISSING_INTEGRITY]: `[SANDBOX]/project/pkg.lock` cannot be used
      caused by: the lockfile has no strong hash for `greet@1.2.3`
      help: each package needs a sha512, sha384 or sha256: restore the file from version control, or run `pkg install --fix-lockfile` to resolve them again
    ");
}

#[test]
fn a_merge_conflict_is_merged_but_never_in_a_frozen_install() {
    let sandbox = locked(&[("greet", "^1.0.0"), ("colour-mix", "1")]);
    let ours = sandbox.read("pkg.lock");
    sandbox.set_dependencies(&[("greet", "^1.0.0"), ("letter-case", "1")]);
    sandbox.install(&["--lockfile-only"]);
    let theirs = sandbox.read("pkg.lock");
    sandbox.write(
        "pkg.lock",
        format!("<<<<<<< HEAD\n{ours}=======\n{theirs}>>>>>>> other\n"),
    );
    sandbox.set_dependencies(&[
        ("greet", "^1.0.0"),
        ("colour-mix", "1"),
        ("letter-case", "1"),
    ]);
    assert_snapshot!(sandbox.run(&["install", "--frozen-lockfile"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FROZEN_LOCKFILE]: pkg.lock holds the markers of an unfinished merge
      help: run `pkg install --no-frozen-lockfile` and commit pkg.lock
    ");
    assert!(sandbox.read("pkg.lock").starts_with("<<<<<<< HEAD\n"));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
      4 packages added  isolated · [TIME]
    ");
    assert!(!sandbox.read("pkg.lock").contains("<<<<"));
    sandbox.install(&["--frozen-lockfile"]);
}

#[test]
fn what_a_lockfile_lacks_is_resolved_anew_on_request() {
    let sandbox = locked(&[("greet", "^1.0.0"), ("colour-mix", "1")]);
    let lockfile = sandbox.read("pkg.lock");
    let without_greet = |line: &&str| !line.starts_with("\"greet@");
    let kept: Vec<_> = lockfile.lines().filter(without_greet).collect();
    let damaged = format!("{}\n", kept.join("\n")).replace("},\n}", "}\n}");
    sandbox.write("pkg.lock", &damaged);
    assert_eq!(
        sandbox.run(&["install"]).error_code(),
        Some("ERR_PKG_LOCKFILE_MISSING_ENTRY")
    );
    assert_snapshot!(sandbox.run(&["install", "--fix-lockfile"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      3 packages added  isolated · [TIME]
    ");
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}

#[test]
fn a_removed_hash_comes_back_on_request() {
    let sandbox = locked(&[("greet", "^1.0.0")]);
    let lockfile = sandbox.read("pkg.lock");
    let start = lockfile.find("\"integrity\"").unwrap();
    let end = start + lockfile[start..].find('}').unwrap();
    sandbox.write(
        "pkg.lock",
        format!("{}{}", &lockfile[..start], &lockfile[end..]),
    );
    assert_snapshot!(sandbox.run(&["install", "--fix-lockfile"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ");
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}

#[test]
fn the_lockfile_is_the_same_wherever_it_is_made() {
    let first = locked(&[
        ("tiny-http-app", "1"),
        ("plug-one", "1"),
        ("native-pick", "1"),
    ]);
    let second = locked(&[
        ("native-pick", "1"),
        ("tiny-http-app", "1"),
        ("plug-one", "1"),
    ]);
    second.install(&[]);
    assert_eq!(first.read("pkg.lock"), second.read("pkg.lock"));
}

#[test]
fn another_managers_lockfile_is_told_and_left_alone() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    sandbox.write("package-lock.json", "{}");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ----- stderr
    warning: package-lock.json cannot be read yet: versions are resolved anew into pkg.lock
    ");
    assert_eq!(sandbox.read("package-lock.json"), "{}");
}

/// A lockfile that ends in the middle is mended: what stands in it keeps its versions.
#[test]
fn a_truncated_lockfile_is_mended_on_demand() {
    let sandbox = locked(&[("greet", "1.2.0"), ("colour-mix", "1")]);
    let lockfile = sandbox.read("pkg.lock");
    // The range allows more than the lockfile has.
    sandbox.set_dependencies(&[("greet", "^1.0.0"), ("colour-mix", "1")]);
    let half = lockfile.find("\"snapshots\"").unwrap();
    sandbox.write("pkg.lock", &lockfile[..half + 20]);
    assert_eq!(sandbox.run(&["install"]).code, 1);
    sandbox.install(&["--fix-lockfile"]);
    let mended = sandbox.read("pkg.lock");
    assert!(
        mended.contains("\"greet\":[\"^1.0.0\",\"1.2.0\"]"),
        "{mended}"
    );
    sandbox.install(&["--frozen-lockfile"]);
    sandbox.write("pkg.lock", "");
    sandbox.install(&["--fix-lockfile"]);
    sandbox.install(&["--frozen-lockfile"]);
}
