//! Group CLI of the attacks: what text of others does to a terminal, and what odd surroundings do to the program. Cases
//! 12, 14 and 15 stand with completion, exit codes and codes of errors.

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
fn cli_04_json_is_one_document_also_on_failure() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1"), ("half-deprecated", "1")]);
    sandbox.write(".npmrc", "store-dir=x\nnonsense=1\n");
    for words in [
        vec!["install"],
        vec!["list"],
        vec!["why", "greet"],
        vec!["why", "none"],
        vec!["explain", "greet"],
        vec!["outdated"],
        vec!["licenses"],
        vec!["size"],
        vec!["config", "list"],
        vec!["config", "get", "nonsens"],
        vec!["doctor"],
        vec!["verify"],
        vec!["view", "greet"],
        vec!["view", "none-such"],
        vec!["store", "verify"],
        vec!["help", "ERR_PKG_NONE"],
        vec!["ERR_PKG_NPMRC"],
        vec!["install", "--nonsense"],
        vec!["add", "-x"],
        vec!["run", "none-such"],
        vec!["layout", "spiral"],
        vec!["remove", "none-such"],
    ] {
        let ran = sandbox.run(&[&["--json"], words.as_slice()].concat());
        let document = ran.json();
        assert!(
            document.is_object() || document.is_array(),
            "{words:?}: {ran}"
        );
        if ran.code != 0 && document["ok"] == false && document.get("error").is_some() {
            let error = &document["error"];
            assert!(
                error["code"].as_str().unwrap().starts_with("ERR_PKG_"),
                "{words:?}: {ran}"
            );
            assert!(error.get("compatCode").is_some(), "{words:?}: {ran}");
        }
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
