//! Before something runs: the packages of the project are what it asks for, or the setting says what else.

use std::{io::Write as _, os::unix::fs::PermissionsExt as _};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{
    Sandbox,
    terminal::{at_terminal, has_setsid, terminal},
};

/// A project with a script that uses a package.
fn sandbox(dependencies: &serde_json::Value) -> Sandbox {
    let sandbox = Sandbox::new();
    set(&sandbox, dependencies);
    sandbox.write(
        "use.js",
        "console.log(require('greet/package.json').version)",
    );
    sandbox
}

fn set(sandbox: &Sandbox, dependencies: &serde_json::Value) {
    sandbox.set_manifest(&json!({
        "name": "app", "dependencies": dependencies, "scripts": {"use": "node use.js"}
    }));
}

#[test]
fn what_is_missing_or_changed_is_installed_first_and_standard_output_stays_the_scripts() {
    let sandbox = sandbox(&json!({"greet": "1.0.0"}));
    assert_snapshot!(sandbox.run(&["run", "use"]), @"
    exit: 0
    ----- stdout
    1.0.0
    ----- stderr
    + greet 1.0.0
      1 package added  isolated · [TIME]
    $ node use.js (use)
    ");
    assert_snapshot!(sandbox.run(&["run", "use"]), @"
    exit: 0
    ----- stdout
    1.0.0
    ----- stderr
    $ node use.js (use)
    ");
    set(&sandbox, &json!({"greet": "1.2.3"}));
    assert_snapshot!(sandbox.run(&["exec", "node", "use.js"]), @"
    exit: 0
    ----- stdout
    1.2.3
    ----- stderr
    ~ greet 1.0.0 → 1.2.3
      1 package added, 1 package removed  isolated · [TIME]
    ");
    sandbox.remove("node_modules/greet");
    assert_eq!(sandbox.run(&["use"]).stdout, "1.2.3\n");
}

#[test]
fn the_groups_and_the_layout_of_the_last_install_are_kept() {
    let sandbox = sandbox(&json!({"greet": "1.0.0"}));
    let manifest = |version: &str| {
        sandbox.set_manifest(&json!({
            "name": "app", "dependencies": {"greet": version}, "devDependencies": {"bin-single": "1"},
            "scripts": {"use": "node use.js"}
        }));
    };
    manifest("1.0.0");
    sandbox.install(&["--prod", "--layout=flat"]);
    manifest("1.2.3");
    assert_eq!(sandbox.run(&["run", "use"]).stdout, "1.2.3\n");
    assert!(!sandbox.has("node_modules/bin-single"));
    assert!(!sandbox.path("node_modules/greet").is_symlink());
    // That is not what a plain install makes.
    sandbox.install(&[]);
    assert!(sandbox.has("node_modules/bin-single"));
}

#[test]
fn the_setting_says_what_happens() {
    let sandbox = sandbox(&json!({"greet": "1.0.0"}));
    sandbox.install(&[]);
    set(&sandbox, &json!({"greet": "1.2.3"}));
    let with = |value: &str| {
        let flag = format!("--config.verify-deps-before-run={value}");
        sandbox.run(&[&flag, "run", "-s", "use"])
    };
    assert_eq!(with("false").stdout, "1.0.0\n");
    assert_snapshot!(sandbox.run(&["--config.verify-deps-before-run=warn", "run", "use"]), @"
    exit: 0
    ----- stdout
    1.0.0
    ----- stderr
    warning: this project changed since its packages were installed: run `pkg install`
    $ node use.js (use)
    ");
    assert_snapshot!(with("error"), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_INSTALLED]: this project changed since its packages were installed, and `verify-deps-before-run` lets nothing run then
      help: run `pkg install`
    ");
    assert_eq!(
        with("prompt").error_code(),
        Some("ERR_PKG_NOT_INSTALLED"),
        "nobody can be asked"
    );
    assert_eq!(with("perhaps").error_code(), Some("ERR_PKG_SETTING_VALUE"));
    assert_snapshot!(sandbox.run(&["--config.offline=true", "run", "use"]), @"
    exit: 0
    ----- stdout
    1.0.0
    ----- stderr
    warning: this project changed since its packages were installed (and `offline` is set): run `pkg install`
    $ node use.js (use)
    ");
    assert_eq!(with("install").stdout, "1.2.3\n");
}

#[test]
fn nothing_is_installed_where_there_is_nothing_to_install_or_another_manager_did() {
    let sandbox = sandbox(&json!({}));
    sandbox.set_manifest(&json!({"name": "app", "scripts": {"hello": "echo hello"}}));
    sandbox.run(&["run", "hello"]);
    assert_eq!(sandbox.tree(""), "package.json\nuse.js\n");
    set(&sandbox, &json!({"greet": "1.0.0"}));
    sandbox.write(
        "node_modules/greet/package.json",
        "{\"version\": \"0.0.0-theirs\"}",
    );
    sandbox.write("package-lock.json", "{}");
    let ran = sandbox.run(&["run", "-s", "use"]);
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("0.0.0-theirs\n", "")
    );
    assert!(!sandbox.has("pkg.lock"));
}

#[test]
fn an_install_that_fails_keeps_the_script_from_running() {
    let sandbox = sandbox(&json!({"no-such-package-here": "1"}));
    let ran = sandbox.run(&["run", "use"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{ran}");
    let missing = sandbox.run(&["run", "ues"]);
    assert_eq!(
        missing.error_code(),
        Some("ERR_PKG_NO_SCRIPT"),
        "a missing script is told first"
    );
}

#[test]
fn scripts_of_an_install_look_at_nothing() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "dependencies": {"greet": "1.0.0"},
        "scripts": {"preinstall": "\"$npm_execpath\" run inner", "inner": "echo inner ran"}
    }));
    let ran = sandbox.install(&[]);
    assert!(ran.stdout.contains("inner ran\n"), "{ran}");
    assert!(sandbox.has("node_modules/greet"));
}

#[test]
fn a_copied_folder_does_not_make_every_run_an_install() {
    let sandbox = sandbox(&json!({"greet": "1.0.0", "local": "file:./local"}));
    sandbox.write(
        "local/package.json",
        "{\"name\": \"local\", \"version\": \"1.0.0\"}",
    );
    sandbox.install(&[]);
    let state = std::fs::metadata(sandbox.path("node_modules/.pkg/state")).unwrap();
    sandbox.run(&["run", "use"]);
    let after = std::fs::metadata(sandbox.path("node_modules/.pkg/state")).unwrap();
    assert_eq!(state.modified().unwrap(), after.modified().unwrap());
    sandbox.write("local/new.js", "");
    sandbox.install(&[]);
    assert!(
        sandbox.has("node_modules/local/new.js"),
        "an install looks at it every time"
    );
}

#[test]
fn in_a_folder_that_cannot_be_written_scripts_run_with_a_warning() {
    let sandbox = sandbox(&json!({"greet": "1.0.0"}));
    sandbox.install(&[]);
    set(&sandbox, &json!({"greet": "1.2.3"}));
    let lock = |mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(sandbox.path(""), mode).unwrap();
    };
    lock(0o555);
    let is_locked = std::fs::File::create(sandbox.path("probe")).is_err();
    let ran = sandbox.run(&["run", "use"]);
    lock(0o755);
    if !is_locked {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    assert_eq!(ran.stdout, "1.0.0\n", "{ran}");
    assert!(ran.stderr.contains("read-only"), "{ran}");
}

#[test]
fn whoever_is_asked_decides() {
    if !has_setsid() {
        return;
    }
    let sandbox = sandbox(&json!({"greet": "1.0.0"}));
    sandbox.install(&[]);
    set(&sandbox, &json!({"greet": "1.2.3"}));
    sandbox.write(
        "use.js",
        "process.exit(require('greet/package.json').version === '1.2.3' ? 7 : 8)",
    );
    let registry = std::fs::read_to_string(sandbox.beside("home/.npmrc")).unwrap();
    sandbox.write(
        ".npmrc",
        format!("{registry}verify-deps-before-run=prompt\n"),
    );
    let (mut user, program) = terminal();
    for (answer, code) in [("n\n", 1), ("y\n", 7)] {
        let mut child = at_terminal(&sandbox, &program, &["run", "use"]);
        user.write_all(answer.as_bytes()).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{answer}");
    }
}
