//! Several scripts by one pattern, and scripts that are commands.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {
            "prebuild:js": "echo before js",
            "build:css": "echo css",
            "build:js": "echo js",
            "build:js:min": "echo min",
            "fail:a": "exit 3",
            "fail:b": "exit 4",
            "wait": "tail -f /dev/null"
        }
    }))
}

#[test]
fn a_pattern_runs_all_that_it_matches_one_after_another() {
    let sandbox = sandbox();
    assert_snapshot!(sandbox.run(&["run", "--sequential", "build:*"]), @"
    exit: 0
    ----- stdout
    css
    before js
    js
    ----- stderr
    $ echo css (build:css)
    $ echo before js (prebuild:js)
    $ echo js (build:js)
    ");
    assert_snapshot!(sandbox.run(&["run", "--sequential", "/^build:(?!css)/", "a b"]), @"
    exit: 0
    ----- stdout
    before js
    js a b
    min a b
    ----- stderr
    $ echo before js (prebuild:js)
    $ echo js (build:js)
    $ echo min (build:js:min)
    ");
}

#[test]
fn scripts_that_run_at_once_say_who_says_what() {
    let sandbox = sandbox();
    let ran = sandbox.run(&["run", "-s", "--parallel", "build:**"]);
    let mut lines: Vec<&str> = ran.stdout.lines().collect();
    lines.sort_unstable();
    assert_snapshot!(lines.join("\n"), @"
    build:css    | css
    build:js     | before js
    build:js     | js
    build:js:min | min
    ");
    assert_eq!(ran.code, 0, "{ran}");
    let limited = sandbox.run(&["run", "build:**"]);
    assert_eq!(limited.stdout.lines().count(), lines.len(), "{limited}");
}

#[test]
fn the_first_failure_ends_the_others_unless_all_are_to_be_told() {
    let sandbox = sandbox();
    // What would run for ever is made to end.
    assert_snapshot!(sandbox.run(&["run", "-s", "--parallel", "/wait|fail:a/"]), @"exit: 3");
    let sequential = sandbox.run(&["run", "--sequential", "fail:*"]);
    assert_snapshot!(sequential, @"
    exit: 3
    ----- stderr
    $ exit 3 (fail:a)
    error[ERR_PKG_SCRIPT_FAILED]: the script `fail:a` ended with exit code 3
    ");
    assert_snapshot!(sandbox.run(&["run", "--sequential", "--no-bail", "fail:*"]), @"
    exit: 3
    ----- stderr
    $ exit 3 (fail:a)
    $ exit 4 (fail:b)
    error[ERR_PKG_SCRIPT_FAILED]: the script `fail:a` ended with exit code 3
    error[ERR_PKG_SCRIPT_FAILED]: the script `fail:b` ended with exit code 4
    ");
    assert_eq!(sandbox.run(&["run", "--no-bail", "fail:*"]).code, 3);
}

#[test]
fn a_pattern_that_matches_nothing_or_cannot_be_read_is_told() {
    let sandbox = sandbox();
    assert_snapshot!(sandbox.run(&["run", "biuld:*"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `biuld:*` in `[SANDBOX]/project/package.json`
      help: it has `prebuild:js`, `build:css`, `build:js`, `build:js:min`, `fail:a`, `fail:b`, `wait`
    ");
    assert_snapshot!(sandbox.run(&["run", "/(/"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_SCRIPT_PATTERN]: `/(/` is no pattern for scripts: Unbalanced parenthesis
      help: write `'build:*'`, or a regular expression: `'/^build:/'`
    ");
    assert_eq!(sandbox.run(&["run", "--if-present", "nothing:*"]).code, 0);
}

/// SCR-25.
#[test]
fn a_script_that_cannot_be_is_missing() {
    let sandbox = sandbox();
    for name in ["../../x", "", "pre", "build:js\n"] {
        let ran = sandbox.run(&["run", name]);
        assert_eq!(
            (ran.code, ran.error_code()),
            (1, Some("ERR_PKG_NO_SCRIPT")),
            "{name:?}: {ran}"
        );
    }
}

#[test]
fn scripts_before_and_after_can_be_left_out() {
    let sandbox = sandbox();
    assert_eq!(sandbox.run(&["run", "build:js"]).stdout, "before js\njs\n");
    for flags in [
        &["run", "--ignore-scripts", "build:js"][..],
        &["--config.enable-pre-post-scripts=false", "run", "build:js"],
    ] {
        assert_eq!(sandbox.run(flags).stdout, "js\n", "{flags:?}");
    }
}

#[test]
fn scripts_that_are_commands_run_with_their_arguments() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {
            "pretest": "echo before", "test": "echo testing", "start": "echo starting",
            "stop": "echo stopping", "prerestart": "echo before restart"
        }
    }));
    for name in ["test", "t", "tst"] {
        let ran = sandbox.run(&["-s", name, "--grep", "a b", "--help"]);
        assert_eq!(ran.stdout, "before\ntesting --grep a b --help\n", "{ran}");
    }
    assert_snapshot!(sandbox.run(&["restart", "--now"]), @"
    exit: 0
    ----- stdout
    before restart
    stopping
    starting --now
    ----- stderr
    $ echo before restart (prerestart)
    $ echo stopping (stop)
    $ echo starting (start)
    ");
    sandbox
        .set_manifest(&json!({"name": "app", "scripts": {"restart": "echo anew", "start": "no"}}));
    assert_eq!(sandbox.run(&["restart"]).stdout, "anew\n");
}

#[test]
fn start_without_a_script_runs_the_server() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    assert_snapshot!(sandbox.run(&["start"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `start` in `[SANDBOX]/project/package.json`
      help: it has no scripts at all: add one below `scripts`
    ");
    sandbox.write("server.js", "console.log('serving', process.argv[2])");
    assert_snapshot!(sandbox.run(&["start", "here"]), @"
    exit: 0
    ----- stdout
    serving here
    ----- stderr
    $ node server.js (start)
    ");
    assert_snapshot!(sandbox.run(&["test"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_SCRIPT]: no script `test` in `[SANDBOX]/project/package.json`
      help: it has no scripts at all: add one below `scripts`
    ");
    assert_eq!(sandbox.run(&["restart", "x"]).stdout, "serving x\n");
}

#[test]
fn a_script_runs_by_its_name_and_a_command_has_its_own() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"build": "echo building", "list": "echo hidden", "install": "true"},
        "dependencies": {"bin-single": "1"}
    }));
    sandbox.install(&[]);
    let ran = sandbox.run(&["build", "--watch", "--config.x=1", "--json"]);
    assert_eq!(
        ran.stdout, "building --watch --config.x=1 --json\n",
        "{ran}"
    );
    assert!(!sandbox.run(&["list"]).stdout.contains("hidden"));
    assert_eq!(sandbox.run(&["run", "list"]).stdout, "hidden\n");
    assert_snapshot!(sandbox.run(&["biuld"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_UNKNOWN_COMMAND]: there is no command and no script `biuld`
      help: did you mean `build`?
    ");
    assert_snapshot!(sandbox.run(&["bin-single"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_UNKNOWN_COMMAND]: there is no command and no script `bin-single`
      help: a package brings a command of this name: `pkg exec bin-single`
    ");
    assert_snapshot!(sandbox.run(&["--json", "zzzzzzzzz"]), @r#"
    exit: 2
    ----- stdout
    {
      "ok": false,
      "error": {
        "code": "ERR_PKG_UNKNOWN_COMMAND",
        "compatCode": null,
        "message": "there is no command and no script `zzzzzzzzz`",
        "causes": [],
        "help": "`pkg --help` lists the commands, `pkg run` the scripts"
      }
    }
    "#);
}
