//! `pkg exec`: commands of packages, and any other.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

fn sandbox() -> Sandbox {
    Sandbox::with_dependencies(&[("bin-single", "1"), ("bin-shell", "1")])
}

#[test]
fn a_command_of_a_package_runs_with_its_arguments() {
    let sandbox =
        Sandbox::with_manifest(&json!({"name": "app", "dependencies": {"bin-single": "1"}}));
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["exec", "bin-single"]), @"
    exit: 0
    ----- stdout
    bin-single
    ");
    let ran = sandbox.run(&[
        "exec", "--", "printf", "%s|", "a b", "--", "--json", "", "$x",
    ]);
    assert_eq!(ran.stdout, "a b|--|--json||$x|", "{ran}");
    sandbox.write("sub/x", "");
    let ran = sandbox
        .pkg(&[
            "exec",
            "sh",
            "-c",
            "pwd; echo $npm_package_name $npm_command $INIT_CWD; exit 5",
        ])
        .in_folder(&sandbox.path("sub"))
        .run();
    assert_snapshot!(ran, @"
    exit: 5
    ----- stdout
    [SANDBOX]/project/sub
    app exec [SANDBOX]/project/sub
    ");
}

#[test]
fn a_line_of_the_shell_finds_commands_and_arguments() {
    let sandbox = sandbox();
    sandbox.install(&[]);
    let ran = sandbox.run(&["exec", "-c", "bin-single | tr a-z A-Z"]);
    assert_eq!(ran.stdout, "BIN-SINGLE\n", "{ran}");
    let ran = sandbox.run(&["exec", "-c", "echo", "a b; false", "$HOME"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "a b; false $HOME\n"),
        "{ran}"
    );
}

#[test]
fn a_command_that_is_not_there_or_cannot_be_run_is_told() {
    let sandbox = sandbox();
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["exec", "bin-singel"]), @"
    exit: 127
    ----- stderr
    error[ERR_PKG_COMMAND_NOT_FOUND]: there is no command `bin-singel`
      help: did you mean `bin-single`?
    ");
    assert_snapshot!(sandbox.run(&["exec", "zzzzzzzzzz"]), @"
    exit: 127
    ----- stderr
    error[ERR_PKG_COMMAND_NOT_FOUND]: there is no command `zzzzzzzzzz`
      help: no package of this project brings it; run a package without adding it: `pkg dlx zzzzzzzzzz`
    ");
    assert_snapshot!(sandbox.run(&["exec", "./nothing"]), @"
    exit: 127
    ----- stderr
    error[ERR_PKG_COMMAND_NOT_FOUND]: there is no command `./nothing`
      help: see where it is: a path is one from the current folder
    ");
    sandbox.write("data", "no program");
    assert_snapshot!(sandbox.run(&["exec", "./data"]), @"
    exit: 126
    ----- stderr
    error[ERR_PKG_COMMAND_NOT_EXECUTABLE]: `[SANDBOX]/project/data` cannot be run
      caused by: Permission denied (os error 13)
      help: see what it is, and whether it may be executed: `ls -l`
    ");
    assert_snapshot!(sandbox.run(&["exec", "--nonsense", "bin-single"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: `pkg exec` has no flag `--nonsense`
      help: `pkg exec --help` shows what it takes
    ");
    assert_eq!(sandbox.run(&["exec"]).code, 2);
}

#[test]
fn what_does_not_say_what_runs_it_is_a_script_of_the_shell() {
    let sandbox = Sandbox::new();
    sandbox.write("plain", "echo plain $1\n");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.path("plain"), mode).unwrap();
    assert_eq!(sandbox.run(&["exec", "./plain", "x"]).stdout, "plain x\n");
}

#[test]
fn without_folders_commands_run_through_the_map() {
    let sandbox = Sandbox::with_dependencies(&[("bin-single", "1"), ("bin-user", "1")]);
    sandbox.install(&["--layout=pnp"]);
    assert!(!sandbox.has("node_modules/.bin"));
    let ran = sandbox.run(&["exec", "bin-single"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "bin-single\n"),
        "{ran}"
    );
    let ran = sandbox.run(&[
        "exec",
        "node",
        "-p",
        "require.resolve('bin-single/package.json').length > 0",
    ]);
    assert_eq!(ran.stdout, "true\n", "{ran}");
}
