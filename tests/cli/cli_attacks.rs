//! Group CLI of the attacks: what text of others does to a terminal, and what odd surroundings do to the program. Cases
//! 4 stands in `json.rs`, 9 is about users, 12 in `shells.rs`, 14 with the exit codes in `explained.rs`.

use std::{path::Path, process::Command};

use serde_json::json;

use crate::support::{Sandbox, served, server};

/// What a hostile text tries: clear the screen, set the title, write the clipboard, ring, return, start a line, turn
/// around.
const HOSTILE: &str = "gone\u{1b}[2J\u{1b}]0;title\u{7}\u{1b}]8;;x\u{1b}\\\u{1b}]52;c;eA==\u{7}\r\nerror: pay\u{202e}evil\u{9b}2J";

fn is_harmless(text: &str) -> bool {
    let is_harmful = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    !text.chars().any(is_harmful) && !text.lines().any(|line| line.starts_with("error: pay"))
}

#[test]
fn cli_01_text_of_others_moves_nothing_and_starts_no_line() {
    let server = server();
    server.publish(
        "hostile",
        "1.0.0",
        json!({"deprecated": HOSTILE, "description": HOSTILE, "license": HOSTILE}),
        &[],
    );
    let sandbox = served(&server, &[("hostile", "1")]);
    for words in [
        vec!["install"],
        vec!["view", "hostile"],
        vec!["outdated"],
        vec!["licenses"],
        vec!["list"],
        vec!["why", "hostile"],
        vec!["explain", "hostile"],
        vec!["view", HOSTILE],
        vec!["help", HOSTILE],
        vec!["config", "get", HOSTILE],
        vec!["config", "set", HOSTILE],
        vec!["run", HOSTILE],
    ] {
        let ran = sandbox.run(&words);
        assert!(
            is_harmless(&ran.stdout) && is_harmless(&ran.stderr),
            "{words:?}: {ran:?}"
        );
    }
    sandbox.write(
        ".npmrc",
        format!(
            "a\u{1b}[2Jb=1\nfetch-retries={}\n",
            HOSTILE.replace(['\r', '\n'], "")
        ),
    );
    let ran = sandbox.run(&["config", "list"]);
    assert!(
        is_harmless(&ran.stdout) && is_harmless(&ran.stderr),
        "{ran:?}"
    );
}

#[test]
fn cli_01_text_of_the_project_itself_moves_nothing_either() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {HOSTILE: HOSTILE, "say": format!(": '{HOSTILE}'")},
        "dependencies": {"script-post": "1"},
    }));
    sandbox.install(&[]);
    for words in [
        vec!["run"],
        vec!["run", "sya"],
        vec!["nonsense"],
        vec!["run", "say"],
        vec!["--reporter=ndjson", "install", "--force"],
        vec!["approve-builds", HOSTILE],
        vec!["rebuild", HOSTILE],
        vec!["exec", HOSTILE],
        vec!["-C", HOSTILE, "install"],
        vec!["layout", HOSTILE],
        vec!["install", HOSTILE],
        vec!["--config", HOSTILE, "install"],
        vec!["install", "--reporter", HOSTILE],
        vec!["completion", HOSTILE],
    ] {
        let ran = sandbox.run(&words);
        assert!(
            is_harmless(&ran.stdout) && is_harmless(&ran.stderr),
            "{words:?}: {ran:?}"
        );
    }
}

#[test]
fn cli_03_a_question_that_nobody_can_answer_names_the_flag_to_use() {
    let sandbox = Sandbox::with_dependencies(&[("script-post", "1"), ("greet", "1.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("script-post", "1"), ("greet", "^1.0.0")]);
    for (words, code, flag) in [
        (&["approve-builds"][..], "ERR_PKG_NO_TERMINAL", "--all"),
        (&["update", "-i"], "ERR_PKG_NO_TERMINAL", "--interactive"),
        (
            &["--config.verify-deps-before-run=prompt", "exec", "true"],
            "ERR_PKG_NOT_INSTALLED",
            "pkg install",
        ),
    ] {
        let ran = sandbox.run(words);
        assert_eq!(ran.code, 1, "{words:?}: {ran}");
        assert_eq!(ran.error_code(), Some(code), "{words:?}: {ran}");
        assert!(ran.stderr.contains(flag), "{words:?}: {ran}");
    }
}

#[test]
fn cli_03_without_a_terminal_there_is_no_colour_and_no_moving_line() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    for words in [
        vec!["install"],
        vec!["list"],
        vec!["help"],
        vec!["config", "list"],
        vec!["doctor"],
        vec!["install", "--nonsense"],
    ] {
        let ran = sandbox.pkg(&words).env("NO_COLOR", "").run();
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!text.contains(['\u{1b}', '\r']), "{words:?}: {ran:?}");
    }
}

#[test]
fn cli_05_names_with_dashes_and_unknown_flags_are_errors() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    for words in [
        vec!["add", "-rf"],
        vec!["add", "--upload-pack=x"],
        vec!["install", "--no-such"],
        vec!["remove", "--registri=x"],
        vec!["config", "get", "--nonsense"],
        vec!["--nonsense"],
    ] {
        let ran = sandbox.run(&words);
        assert_eq!(ran.code, 2, "{words:?}: {ran}");
    }
    // Behind `--` it is a name, and none that a package can have.
    for words in [vec!["add", "--", "-rf"], vec!["view", "--", "-x"]] {
        let ran = sandbox.run(&words);
        assert_eq!(ran.code, 1, "{words:?}: {ran}");
        assert!(ran.error_code().is_some(), "{ran}");
    }
    assert_eq!(sandbox.read("package.json"), "{\n  \"name\": \"app\"\n}\n");
}

#[test]
fn cli_08_odd_surroundings_are_told_in_clear_words() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    // The current folder is gone.
    let gone = sandbox.beside("gone");
    std::fs::create_dir(&gone).unwrap();
    let script = format!(
        "rmdir ../gone && exec '{}' install",
        env!("CARGO_BIN_EXE_pkg")
    );
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(&gone)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("ERR_PKG_NO_DIRECTORY"), "{text}");
    // The root of the file system has no project.
    let ran = sandbox.pkg(&["list"]).in_folder(Path::new("/")).run();
    assert_eq!(
        (ran.code, ran.error_code()),
        (1, Some("ERR_PKG_NO_MANIFEST")),
        "{ran}"
    );
    // No home, and one that is no folder.
    let ran = sandbox
        .pkg(&["install"])
        .env("HOME", "")
        .env("PKG_HOME", "")
        .run();
    assert_eq!(
        (ran.code, ran.error_code()),
        (1, Some("ERR_PKG_NO_HOME")),
        "{ran}"
    );
    let file = sandbox.beside("file");
    std::fs::write(&file, "").unwrap();
    sandbox.set_dependencies(&[("greet", "1")]);
    let ran = sandbox
        .pkg(&["install"])
        .env("HOME", &file)
        .env("PKG_HOME", "")
        .env("npm_config_registry", "file:x")
        .run();
    assert_eq!(ran.code, 1, "{ran}");
    assert!(
        ran.error_code().unwrap().starts_with("ERR_PKG_FS_"),
        "{ran}"
    );
}

#[test]
fn cli_10_a_manifest_keeps_its_shape_or_is_told_with_its_line() {
    let sandbox = Sandbox::new();
    for (before, after) in [
        (
            "\u{feff}{\r\n\t\"name\": \"app\",\r\n\t\"dependencies\": {\r\n\t\t\"wide\": \"1\"\r\n\t}\r\n}\r\n",
            "\u{feff}{\r\n\t\"name\": \"app\",\r\n\t\"dependencies\": {\r\n\t\t\"greet\": \"^1.2.3\",\r\n\t\t\"wide\": \"1\"\r\n\t}\r\n}\r\n",
        ),
        (
            "{\"name\":\"app\",\"dependencies\":{\"wide\":\"1\"}}",
            "{\"name\":\"app\",\"dependencies\":{\"greet\":\"^1.2.3\",\"wide\":\"1\"}}",
        ),
    ] {
        sandbox.write("package.json", before);
        let ran = sandbox.run(&["add", "greet@1"]);
        assert_eq!(ran.code, 0, "{ran}");
        assert_eq!(sandbox.read("package.json"), after);
    }
    let text = "{\n  \"name\": \"app\",\n  \"dependencies\": {},\n}\n";
    sandbox.write("package.json", text);
    let ran = sandbox.run(&["add", "greet@1"]);
    assert_eq!(
        (ran.code, ran.error_code()),
        (1, Some("ERR_PKG_MANIFEST_JSON")),
        "{ran}"
    );
    assert!(ran.stderr.contains("line 4"), "{ran}");
    assert_eq!(sandbox.read("package.json"), text);
}

#[test]
fn cli_11_a_manifest_that_is_no_file_or_too_large_fails_at_once() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("package.json");
    for (make, code) in [
        ("mkfifo package.json", "ERR_PKG_FS_NOT_REGULAR"),
        ("ln -s /dev/zero package.json", "ERR_PKG_FS_NOT_REGULAR"),
        ("truncate -s 50M package.json", "ERR_PKG_FS_TOO_LARGE"),
    ] {
        let made = Command::new("sh")
            .args(["-c", make])
            .current_dir(sandbox.path(""))
            .status();
        assert!(made.unwrap().success(), "{make}");
        for words in [["install"], ["list"], ["run"]] {
            let ran = sandbox.run(&words);
            assert_eq!(
                (ran.code, ran.error_code()),
                (1, Some(code)),
                "{make} {words:?}: {ran}"
            );
        }
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn cli_13_a_pin_of_another_manager_downloads_and_runs_nothing() {
    let server = server();
    let sandbox = served(&server, &[]);
    for name in ["pnpm", "yarn", "npm", "corepack"] {
        let program = sandbox.beside(&format!("bin/{name}"));
        std::fs::create_dir_all(program.parent().unwrap()).unwrap();
        let ran = sandbox.beside("ran");
        std::fs::write(&program, format!("#!/bin/sh\ntouch '{}'\n", ran.display())).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    for pin in [
        "pnpm@9.0.0",
        "yarn@4.0.0+sha512.abc",
        "pkg@99.0.0",
        "npm@file:./evil.tgz",
        "nonsense",
    ] {
        sandbox.set_manifest(&json!({
            "name": "app", "packageManager": pin, "scripts": {"x": "true"},
            "devEngines": {"packageManager": {"name": "pnpm", "version": "9", "onFail": "download"}},
            "dependencies": {"greet": "1"},
        }));
        for words in [
            &["install"][..],
            &["run", "x"],
            &["exec", "true"],
            &["list"],
        ] {
            let invocation = sandbox.pkg(words);
            let bin = sandbox.beside("bin");
            let ran = invocation
                .env("PATH", format!("{}:{path}", bin.display()))
                .run();
            assert_eq!(ran.code, 0, "{pin} {words:?}: {ran}");
        }
        assert!(!sandbox.beside("ran").exists(), "{pin}");
    }
    let asked = server.requests();
    assert!(
        asked.iter().all(|request| request.path.contains("greet")),
        "{asked:?}"
    );
}

#[test]
fn cli_15_an_error_says_what_and_what_next_and_no_secret() {
    let server = server();
    let sandbox = served(&server, &[("greet", "1")]);
    sandbox.install(&[]);
    let address = server.url();
    let host = address.trim_start_matches("http:");
    sandbox.set_user_settings(&format!(
        "registry={}\n{host}:_authToken=sEcReT\nfetch-retries=0\n",
        address.replace("://", "://user:sEcReT@")
    ));
    for words in [
        &["add", "none-such"][..],
        &["add", "greet@^99"],
        &["add", "greet@http://user:sEcReT@127.0.0.1:9/x.tgz"],
        &["add", "git+http://user:sEcReT@127.0.0.1:9/x.git"],
        &["remove", "none"],
        &["view", "none-such"],
        &["run", "none"],
        &["exec", "none-such"],
        &["dlx", "none-such"],
        &["layout", "none"],
        &["config", "set", "registry=nonsense"],
        &["config", "get", "none"],
        &["why", "none"],
        &["list", "@@"],
        &["-C", "none", "install"],
        &["install", "--config.fetch-retries=many"],
        &["install", "--none"],
        &["none"],
        &["approve-builds", "none"],
        &["rebuild", "none"],
        &["help", "none"],
        &["unlink", "none"],
        &["update", "none"],
        &["explain", "none"],
        &["outdated", "@@"],
    ] {
        let ran = sandbox.run(words);
        assert_ne!(ran.code, 0, "{words:?}: {ran}");
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!text.contains("sEcReT"), "{words:?}: {ran}");
        assert!(
            !text.contains("backtrace") && !text.contains(".rs:"),
            "{ran}"
        );
        if ran.stderr.is_empty() {
            continue;
        }
        assert!(ran.error_code().is_some(), "{words:?}: {ran}");
        assert!(ran.stderr.contains("\n  help: "), "{words:?}: {ran}");
    }
}

/// Runs the program in a terminal of so many columns, and gives everything that it wrote there.
fn in_terminal(sandbox: &Sandbox, columns: u32, term: &str, words: &str) -> String {
    let line = format!(
        "stty cols {columns} rows 24; '{}' {words}",
        env!("CARGO_BIN_EXE_pkg")
    );
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", sandbox.beside("home"))
        .env("PKG_HOME", sandbox.pkg_home(""))
        .env("SHELL", "/bin/sh")
        .env("TERM", term)
        .current_dir(sandbox.path(""))
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.code().is_some_and(|code| code < 100),
        "{text}"
    );
    text
}

#[test]
fn cli_16_every_width_and_a_dumb_terminal_are_lived_with() {
    if !Path::new("/usr/bin/script").exists() {
        eprintln!("skipped: there is no `script` to make a terminal");
        return;
    }
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("wide", "1")]);
    sandbox.install(&[]);
    for columns in [0, 1, 2, 7, 40, 10_000] {
        for words in [
            "list",
            "help settings",
            "doctor",
            "config list",
            "explain greet",
            "install --nonsense",
            "why none",
            "size",
        ] {
            let text = in_terminal(&sandbox, columns, "xterm", words);
            assert!(!text.contains("panicked"), "{columns} {words}: {text}");
        }
    }
    let text = in_terminal(&sandbox, 80, "dumb", "install --force");
    assert!(!text.contains("\u{1b}[K"), "{text:?}");
}
