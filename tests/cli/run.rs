//! `pkg run`: scripts, their arguments, their ends.

use std::process::Command;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Sandbox, wait_until};

#[test]
fn arguments_reach_the_script_verbatim() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"show": "node show.js first"}
    }));
    sandbox.write(
        "show.js",
        "console.log(JSON.stringify(process.argv.slice(2)))",
    );
    let ran = sandbox.run(&[
        "run",
        "show",
        "a b",
        "it's",
        "\"quoted\"",
        "two\nlines",
        "--",
        "--flag",
        "$HOME",
        "*",
        "",
        "\\",
    ]);
    assert_snapshot!(ran, @r#"
    exit: 0
    ----- stdout
    ["first","a b","it's","\"quoted\"","two\nlines","--","--flag","$HOME","*","","\\"]
    ----- stderr
    $ node show.js first (show)
    "#);
}

/// SCR-24.
#[test]
fn no_argument_is_read_by_the_shell() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app", "scripts": {"x": "printf '%s|'"}}));
    let ran = sandbox.run(&[
        "run",
        "-s",
        "x",
        "; touch y",
        "$(touch z)",
        "a'b",
        "",
        "two\nlines",
        "`touch w`",
    ]);
    assert_eq!(
        ran.stdout, "; touch y|$(touch z)|a'b||two\nlines|`touch w`|",
        "{ran}"
    );
    assert_eq!(sandbox.tree(""), "package.json\n");
}

#[test]
fn a_missing_script_is_told_with_the_nearest() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"build": "true", "test": "true"}
    }));
    assert_snapshot!(sandbox.run(&["run", "biuld"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `biuld` in `[SANDBOX]/project/package.json`
      help: did you mean `build`?
    ");
    assert_snapshot!(sandbox.run(&["run", "zzzzzzzzzzz"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `zzzzzzzzzzz` in `[SANDBOX]/project/package.json`
      help: it has `build`, `test`
    ");
    assert_snapshot!(sandbox.run(&["run", "--if-present", "biuld"]), @"exit: 0");
    assert_snapshot!(sandbox.run(&["run", "biuld", "--if-present"]), @"exit: 0");
    assert_snapshot!(sandbox.run(&["run"]), @"
    exit: 0
    ----- stdout
    build
      true
    test
      true
    ");
}

#[test]
fn the_exit_code_of_a_script_is_the_programs() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"three": "exit 3", "term": "kill -TERM $$", "kill": "kill -KILL $$", "none": "no-such-program"}
    }));
    for (script, code) in [("three", 3), ("term", 143), ("kill", 137), ("none", 127)] {
        assert_eq!(sandbox.run(&["run", script]).code, code, "{script}");
    }
}

#[test]
fn scripts_before_and_after_run_until_one_fails() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {
            "prebuild": "echo before", "build": "echo building", "postbuild": "echo after",
            "pretest": "exit 4", "test": "echo never", "posttest": "echo never"
        }
    }));
    assert_snapshot!(sandbox.run(&["run", "build"]), @"
    exit: 0
    ----- stdout
    before
    building
    after
    ----- stderr
    $ echo before (prebuild)
    $ echo building (build)
    $ echo after (postbuild)
    ");
    assert_snapshot!(sandbox.run(&["run-script", "test"]), @"
    exit: 4
    ----- stderr
    $ exit 4 (pretest)
    error[ERR_PKG_SCRIPT_FAILED]: the script `pretest` ended with exit code 4
    ");
    assert_snapshot!(sandbox.run(&["run", "build", "--", "x"]), @"
    exit: 0
    ----- stdout
    before
    building -- x
    after
    ----- stderr
    $ echo before (prebuild)
    $ echo building (build)
    $ echo after (postbuild)
    ");
}

#[test]
fn commands_of_dependencies_are_on_path() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "version": "1.2.3",
        "scripts": {"hello": "bin-single", "show": "echo $npm_lifecycle_event $npm_package_name $npm_package_version $npm_command $INIT_CWD"},
        "dependencies": {"bin-single": "1", "bin-many": "1", "bin-crlf": "1", "bin-folder": "1", "bin-shell": "1"}
    }));
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["run", "hello"]), @"
    exit: 0
    ----- stdout
    bin-single
    ----- stderr
    $ bin-single (hello)
    ");
    assert_snapshot!(sandbox.run(&["run", "show"]), @"
    exit: 0
    ----- stdout
    show app 1.2.3 run [SANDBOX]/project
    ----- stderr
    $ echo $npm_lifecycle_event $npm_package_name $npm_package_version $npm_command $INIT_CWD (show)
    ");
    let bins: Vec<_> = sandbox
        .tree("node_modules/.bin")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_snapshot!(bins.join("\n"), @"
    bin-bye -> ../bin-many/bin/bye.js
    bin-clash -> ../bin-many/bin/hello.js
    bin-crlf
    bin-hello -> ../bin-many/bin/hello.js
    bin-shell -> ../bin-shell/run.sh
    bin-single -> ../bin-single/cli.js
    folder-list -> ../bin-folder/commands/folder-list
    folder-show -> ../bin-folder/commands/folder-show
    ");
}

#[test]
fn scripts_run_from_any_folder_below_and_without_a_manifest_not_at_all() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["run", "build"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MANIFEST]: no package.json in `[SANDBOX]/project`
      help: go to your project's folder, or name it with `-C DIR`
    ");
    sandbox.set_manifest(&json!({"name": "app", "scripts": {"where": "pwd"}}));
    sandbox.write("src/x.js", "");
    let ran = sandbox
        .pkg(&["run", "where"])
        .in_folder(&sandbox.path("src"))
        .run();
    assert_eq!(ran.stdout, "[SANDBOX]/project\n");
    let silent = sandbox.run(&["run", "-s", "where"]);
    assert_eq!(
        (silent.stdout.as_str(), silent.stderr.as_str()),
        ("[SANDBOX]/project\n", "")
    );
}

#[test]
fn a_signal_reaches_the_script_which_decides() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"serve": "trap 'echo bye; echo > heard; exit 9' TERM; cat gate & echo > ready; wait"}
    }));
    let mkfifo = Command::new("mkfifo")
        .arg(sandbox.path("gate"))
        .status()
        .unwrap();
    assert!(mkfifo.success());
    let child = sandbox.pkg(&["run", "serve"]).spawn();
    wait_until("the script is ready", || sandbox.has("ready"));
    let kill = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    wait_until("the script heard it", || sandbox.has("heard"));
    // Whoever holds the output open ends when the gate has been opened and closed.
    drop(
        std::fs::OpenOptions::new()
            .write(true)
            .open(sandbox.path("gate"))
            .unwrap(),
    );
    let ran = sandbox.finish(child);
    assert_eq!((ran.code, ran.stdout.as_str()), (9, "bye\n"), "{ran}");
}

#[test]
fn scripts_with_odd_names_are_found() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"build:all": "echo all", "--flag": "echo flag", "a b": "echo spaces"}
    }));
    assert_eq!(sandbox.run(&["run", "build:all"]).stdout, "all\n");
    assert_eq!(sandbox.run(&["run", "a b"]).stdout, "spaces\n");
}

#[test]
fn nothing_after_the_script_is_taken_for_a_flag_of_pkg() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app", "scripts": {"show": "echo"}}));
    let ran = sandbox.run(&[
        "run",
        "show",
        "--json",
        "--config.x=1",
        "--help",
        "-s",
        "--version",
    ]);
    assert_eq!(
        ran.stdout, "--json --config.x=1 --help -s --version\n",
        "{ran}"
    );
    let empty = Sandbox::with_manifest(&json!({"name": "app"}));
    assert_snapshot!(empty.run(&["run"]), @"
    exit: 0
    ----- stdout
    package.json has no scripts
    ");
    assert_snapshot!(empty.run(&["run", "x"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `x` in `[SANDBOX]/project/package.json`
      help: it has no scripts at all: add one below `scripts`
    ");
    assert_snapshot!(empty.run(&["run", "x", "--json"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `x` in `[SANDBOX]/project/package.json`
      help: it has no scripts at all: add one below `scripts`
    ");
    assert_snapshot!(empty.run(&["--json", "run", "x"]), @r#"
    exit: 1
    ----- stdout
    {
      "ok": false,
      "error": {
        "code": "ERR_PKG_NO_SCRIPT",
        "compatCode": "ERR_PNPM_NO_SCRIPT",
        "message": "no script `x` in `[SANDBOX]/project/package.json`",
        "causes": [],
        "help": "it has no scripts at all: add one below `scripts`"
      }
    }
    "#);
}
