//! `pkg init`: a new manifest, never over an old one.

use std::io::Write as _;

use insta::assert_snapshot;

use crate::support::{
    Sandbox,
    terminal::{at_terminal, has_setsid, terminal},
};

#[test]
fn a_manifest_is_written_as_npm_writes_it() {
    let sandbox = Sandbox::new();
    assert_snapshot!(sandbox.run(&["init"]), @"
    exit: 0
    ----- stdout
    wrote [SANDBOX]/project/package.json
    ");
    assert_snapshot!(sandbox.read("package.json"), @r#"
    {
      "name": "project",
      "version": "1.0.0",
      "description": "",
      "main": "index.js",
      "scripts": {
        "test": "echo \"Error: no test specified\" && exit 1"
      },
      "keywords": [],
      "author": "",
      "license": "ISC",
      "type": "commonjs"
    }
    "#);
    assert_snapshot!(sandbox.run(&["init", "-y"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_MANIFEST_EXISTS]: `[SANDBOX]/project/package.json` is there already
      help: change it as it is, or go to an empty folder
    ");
}

#[test]
fn settings_say_who_writes_and_the_least_is_little() {
    let sandbox = Sandbox::new();
    sandbox.set_user_settings(
        "init-author-name=A Person\ninit.author.email=a@example.test\ninit-license=MIT\ninit-version=0.1.0\ninit-type=module\n",
    );
    sandbox.run(&["init", "-y"]);
    let text = sandbox.read("package.json");
    for line in [
        "\"version\": \"0.1.0\"",
        "\"author\": \"A Person <a@example.test>\"",
        "\"license\": \"MIT\"",
        "\"type\": \"module\"",
    ] {
        assert!(text.contains(line), "{text}");
    }
    sandbox.remove("package.json");
    assert_snapshot!(sandbox.run(&["--json", "init", "--bare"]), @r#"
    exit: 0
    ----- stdout
    {
      "ok": true,
      "path": "[SANDBOX]/project/package.json"
    }
    "#);
    assert_snapshot!(sandbox.read("package.json"), @r#"
    {
      "name": "project",
      "version": "0.1.0",
      "type": "module"
    }
    "#);
}

#[test]
fn the_name_is_the_folders_made_valid_and_a_link_is_no_free_place() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("My Näme");
    std::fs::create_dir(&folder).unwrap();
    let ran = sandbox.pkg(&["init", "-s", "-y"]).in_folder(&folder).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    assert!(
        sandbox
            .read("My Näme/package.json")
            .contains("\"name\": \"my-n-me\"")
    );
    std::os::unix::fs::symlink("elsewhere", sandbox.path("package.json")).unwrap();
    let ran = sandbox.run(&["init", "-y"]);
    assert_eq!(
        (ran.code, ran.error_code()),
        (1, Some("ERR_PKG_MANIFEST_EXISTS")),
        "{ran}"
    );
    assert!(!sandbox.has("elsewhere"));
}

#[test]
fn at_a_terminal_it_asks_and_takes_no_name_that_cannot_be() {
    if !has_setsid() {
        return;
    }
    let sandbox = Sandbox::new();
    let (mut user, program) = terminal();
    let mut child = at_terminal(&sandbox, &program, &["init"]);
    // A name that cannot be, one that can, a version, and for the rest what is usual.
    user.write_all(b"Not A Name\nmine\n2.0.0\nwords\n\n\na, b\n\n\n\n")
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_snapshot!(sandbox.read("package.json"), @r#"
    {
      "name": "mine",
      "version": "2.0.0",
      "description": "words",
      "main": "index.js",
      "scripts": {
        "test": "echo \"Error: no test specified\" && exit 1"
      },
      "keywords": [
        "a",
        "b"
      ],
      "author": "",
      "license": "ISC",
      "type": "commonjs"
    }
    "#);
    sandbox.remove("package.json");
    let mut child = at_terminal(&sandbox, &program, &["init"]);
    // The end of what is typed.
    user.write_all(b"mine\n\x04").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(!sandbox.has("package.json"));
}
