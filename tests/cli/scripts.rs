//! Scripts around an install: the project's own, in npm's order, and those of packages, which wait.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

#[test]
fn scripts_of_the_project_run_in_npms_order() {
    let script = |name: &str| (name.to_owned(), json!(format!("echo {name} >> order")));
    let names = [
        "postprepare",
        "prepare",
        "preprepare",
        "prepublish",
        "postinstall",
        "install",
        "preinstall",
        "prepublishOnly",
        "build",
    ];
    let scripts: serde_json::Map<_, _> = names.into_iter().map(script).collect();
    let manifest = json!({"name": "app", "scripts": scripts, "dependencies": {"greet": "1"}});
    let sandbox = Sandbox::with_manifest(&manifest);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ----- stderr
    $ echo preinstall >> order (preinstall)
    $ echo install >> order (install)
    $ echo postinstall >> order (postinstall)
    $ echo prepublish >> order (prepublish)
    $ echo preprepare >> order (preprepare)
    $ echo prepare >> order (prepare)
    $ echo postprepare >> order (postprepare)
    ");
    assert_snapshot!(sandbox.read("order"), @"
    preinstall
    install
    postinstall
    prepublish
    preprepare
    prepare
    postprepare
    ");
    let ignoring = Sandbox::with_manifest(&manifest);
    assert_snapshot!(ignoring.run(&["install", "--ignore-scripts"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
      1 package added  isolated · [TIME]
    ");
    assert!(!ignoring.has("order"));
    let production = Sandbox::with_manifest(&manifest);
    production.install(&["--prod"]);
    assert_eq!(
        production.read("order"),
        "preinstall\ninstall\npostinstall\n"
    );
}

#[test]
fn a_script_of_the_project_that_fails_fails_the_install() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"postinstall": "exit 7"}, "dependencies": {"greet": "1"}
    }));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    $ exit 7 (postinstall)
    error[ERR_PKG_LIFECYCLE]: the script `postinstall` of this project failed with exit code 7
      help: mend the script, or install with `--ignore-scripts`
    ");
    assert_eq!(
        sandbox.run(&["install"]).code,
        1,
        "a failed script runs again"
    );
    sandbox.set_dependencies(&[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
}

/// SCR-23.
#[test]
fn a_script_of_the_project_that_dies_by_a_signal_is_named_with_it() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"postinstall": "kill -TERM $$"}, "dependencies": {"greet": "1"}
    }));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 143
    ----- stderr
    $ kill -TERM $$ (postinstall)
    error[ERR_PKG_LIFECYCLE]: the script `postinstall` of this project was ended by SIGTERM
      help: mend the script, or install with `--ignore-scripts`
    ");
}

#[test]
fn scripts_of_dependencies_are_named_and_not_run() {
    let sandbox = Sandbox::with_dependencies(&[
        ("script-post", "1"),
        ("script-three", "1"),
        ("script-fails", "1"),
        ("script-gyp", "1"),
        ("script-harmless", "1"),
    ]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + script-fails 1.0.0
    + script-gyp 1.0.0
    + script-harmless 1.0.0
    + script-post 1.1.0
    + script-three 1.0.0
      5 packages added  isolated · [TIME]
      install scripts were not run: script-fails@1.0.0, script-gyp@1.0.0, script-post@1.1.0, script-three@1.0.0
        look at them and decide: `pkg approve-builds`
    ");
    let notes: Vec<_> = sandbox
        .tree("node_modules")
        .lines()
        .filter(|line| line.contains("note") && !line.ends_with(".js"))
        .map(str::to_owned)
        .collect();
    assert_eq!(notes, Vec::<String>::new());
}
