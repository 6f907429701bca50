//! `pkg dlx`, `pkgx`, `pkg create`: packages that are run without being added.

use std::process::Command;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Sandbox, served, server};

/// A program that tells its arguments.
const TELL: &str = "#!/usr/bin/env node\nconsole.log(process.argv[1].split('/').pop(), JSON.stringify(process.argv.slice(2)))\n";

#[test]
fn a_tool_runs_with_its_arguments_and_leaves_the_project_alone() {
    let server = server();
    server.publish(
        "tell",
        "1.0.0",
        json!({"bin": "tell.js"}),
        &[("tell.js", TELL)],
    );
    let sandbox = served(&server, &[("no-such-package-here", "1")]);
    let ran = sandbox.run(&["dlx", "tell", "--json", "a b", "--", "$x", ""]);
    assert_snapshot!(ran, @r#"
    exit: 0
    ----- stdout
    tell ["--json","a b","--","$x",""]
    "#);
    assert_eq!(sandbox.tree(""), "package.json\n");
    server.forget_requests();
    assert_eq!(sandbox.run(&["x", "tell"]).stdout, "tell []\n");
    assert_eq!(server.counts().len(), 0, "it is there already");
    server.publish(
        "tell",
        "1.1.0",
        json!({"bin": "tell.js"}),
        &[("tell.js", "#!/usr/bin/env node\nconsole.log('new')\n")],
    );
    // What the registry said is believed for a while, too.
    forget_answers(&sandbox);
    assert_eq!(sandbox.run(&["dlx", "tell"]).stdout, "tell []\n");
    let ran = sandbox.run(&["dlx", "tell@^1.1"]);
    assert_eq!(ran.stdout, "new\n", "another question: {ran}");
    let ran = sandbox.run(&["--config.dlx-cache-max-age=0", "dlx", "tell"]);
    assert_eq!(ran.stdout, "new\n", "{ran}");
    assert_eq!(sandbox.run(&["dlx", "tell"]).stdout, "new\n");
}

/// Takes away what the registry said; tools stay.
fn forget_answers(sandbox: &Sandbox) {
    for entry in std::fs::read_dir(sandbox.pkg_home("cache")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("dlx") {
            std::fs::remove_dir_all(path).unwrap();
        }
    }
}

#[test]
fn the_command_is_the_one_that_the_package_is_for() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["dlx", "bin-single@1"]).stdout, "bin-single\n");
    assert_snapshot!(sandbox.run(&["dlx", "bin-many"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MAIN_COMMAND]: it cannot be told which command of `bin-many` is meant
      help: name one of `bin-bye`, `bin-clash`, `bin-hello`: `pkg dlx -p bin-many COMMAND`
    ");
    assert_snapshot!(sandbox.run(&["dlx", "greet"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MAIN_COMMAND]: it cannot be told which command of `greet` is meant
      help: it has no command at all: it is there to be used by other programs
    ");
    assert_snapshot!(sandbox.run(&["dlx", "-p", "bin-many", "bin-bye"]), @"
    exit: 0
    ----- stdout
    bye
    ");
    let ran = sandbox.run(&[
        "dlx",
        "-p",
        "bin-many",
        "--package=bin-single@1",
        "-c",
        "bin-bye; bin-single | tr a-z A-Z",
    ]);
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
    bye
    BIN-SINGLE
    ");
    assert_snapshot!(sandbox.run(&["dlx", "-p", "bin-single@1", "bin-singel"]), @"
    exit: 127
    ----- stderr
    error[ERR_PKG_COMMAND_NOT_FOUND]: there is no command `bin-singel`
      help: did you mean `bin-single`?
    ");
    assert_snapshot!(sandbox.run(&["dlx", "no-such-package-here"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `no-such-package-here` cannot be had: there is none in `[PACKAGES]/`
      wanted by the project
      help: check the name, and which registry is asked; a private package looks like this without credentials
    ");
    assert_eq!(sandbox.run(&["dlx"]).code, 2);
    assert_eq!(sandbox.run(&["dlx", "--nonsense", "bin-single"]).code, 2);
}

#[test]
fn many_at_once_install_a_tool_once() {
    let server = server();
    server.publish(
        "tell",
        "1.0.0",
        json!({"bin": "tell.js"}),
        &[("tell.js", TELL)],
    );
    let sandbox = served(&server, &[]);
    let children: Vec<_> = (0..6)
        .map(|_| sandbox.pkg(&["dlx", "tell", "x"]).spawn())
        .collect();
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, "tell [\"x\"]\n"),
            "{ran}"
        );
    }
    assert_eq!(server.count("/tell/-/tell-1.0.0.tgz"), 1);
}

#[test]
fn a_tool_of_a_folder_is_as_the_folder_is() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "tool/package.json",
        "{\"name\": \"tool\", \"version\": \"1.0.0\", \"bin\": \"cli.js\"}",
    );
    sandbox.write(
        "tool/cli.js",
        "#!/usr/bin/env node\nconsole.log('tool', process.argv[2])\n",
    );
    assert_eq!(sandbox.run(&["dlx", "./tool", "1"]).stdout, "tool 1\n");
    sandbox.write(
        "tool/cli.js",
        "#!/usr/bin/env node\nconsole.log('changed')\n",
    );
    assert_eq!(sandbox.run(&["dlx", "./tool"]).stdout, "changed\n");
}

#[test]
fn offline_a_tool_that_is_there_runs_however_old_it_is() {
    let sandbox = Sandbox::new();
    sandbox.run(&["dlx", "bin-single@1"]);
    let ran = sandbox.run(&[
        "--config.dlx-cache-max-age=0",
        "--config.offline=true",
        "dlx",
        "bin-single@1",
    ]);
    assert_eq!(ran.stdout, "bin-single\n", "{ran}");
}

#[test]
fn a_project_without_folders_does_not_get_into_a_tools_way() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&["--layout=pnp"]);
    assert_eq!(sandbox.run(&["dlx", "bin-single@1"]).stdout, "bin-single\n");
}

#[test]
fn by_its_other_name_the_program_is_dlx() {
    let sandbox = Sandbox::new();
    let other = sandbox.beside("pkgx");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_pkg"), &other).unwrap();
    let output = Command::new(&other)
        .args(["bin-single@1"])
        .env("HOME", sandbox.beside("home"))
        .env("PKG_HOME", sandbox.pkg_home(""))
        .current_dir(sandbox.path(""))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "bin-single\n");
}

#[test]
fn create_runs_the_package_that_makes_projects() {
    let server = server();
    for name in ["create-thing", "@a/create", "@a/create-thing"] {
        let text = TELL.replace("console.log(", &format!("console.log('{name}', "));
        server.publish(
            name,
            "1.0.0",
            json!({"bin": "create.js"}),
            &[("create.js", &text)],
        );
    }
    let sandbox = served(&server, &[]);
    sandbox.remove("package.json");
    for (arguments, wanted) in [
        (
            &["create", "thing", "app", "--yes"][..],
            "create-thing create-thing [\"app\",\"--yes\"]\n",
        ),
        (&["create", "thing@1"], "create-thing create-thing []\n"),
        (&["create", "@a"], "@a/create create []\n"),
        (
            &["init", "@a/thing", "x"],
            "@a/create-thing create-thing [\"x\"]\n",
        ),
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.stdout, wanted, "{ran}");
    }
    assert_eq!(sandbox.tree(""), "");
    assert_eq!(sandbox.run(&["create"]).code, 2);
}
