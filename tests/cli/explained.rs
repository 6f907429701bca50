//! Help that is not clap's: topics, codes of errors, completion, man pages; and what all help has in common.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Ran, Sandbox};

/// The commands that a help lists, below its heading.
fn listed(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("\nCommands:\n") else {
        return Vec::new();
    };
    let lines = rest.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

fn check_help(words: &[&str], help: &Ran) {
    assert_eq!(
        (help.code, help.stderr.as_str()),
        (0, ""),
        "{words:?}: {help}"
    );
    let about = help.stdout.lines().next().unwrap_or_default();
    assert!(about.len() > 10, "{words:?}: {help}");
    assert!(help.stdout.contains("Examples:\n"), "{words:?}: {help}");
    for line in help.stdout.lines() {
        assert!(line.chars().count() <= 100, "{words:?}: {line}");
    }
}

#[test]
fn every_command_says_what_it_does_and_shows_how() {
    let sandbox = Sandbox::new();
    let mut open = vec![Vec::<String>::new()];
    let mut seen = 0;
    while let Some(path) = open.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let by_word = sandbox.run(&[&["help"], words.as_slice()].concat());
        check_help(&words, &by_word);
        open.extend(
            listed(&by_word.stdout)
                .into_iter()
                .map(|name| [path.clone(), vec![name]].concat()),
        );
        seen += 1;
    }
    assert!(seen > 25, "{seen}");
}

#[test]
fn help_finds_commands_topics_and_codes() {
    let sandbox = Sandbox::new();
    let of_flag = sandbox.run(&["config", "set", "--help"]);
    assert_eq!(
        sandbox.run(&["help", "config", "set"]).stdout,
        of_flag.stdout
    );
    let overview = sandbox.run(&["help"]);
    assert!(
        overview.stdout.contains("Topics, with `pkg help TOPIC`:"),
        "{overview}"
    );
    let settings = sandbox.run(&["help", "settings"]);
    for text in [
        "\nstore-dir *\n",
        "\nlayout\n",
        "Takes isolated, flat, nested, pnp. By default `isolated`.",
    ] {
        assert!(settings.stdout.contains(text), "{settings}");
    }
    assert_snapshot!(sandbox.run(&["help", "layuots"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: there is no help for `layuots`
      help: did you mean `pkg help layouts`?
    ");
}

#[test]
fn a_code_is_explained_under_its_own_name_and_that_of_others() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["ERR_PKG_NO_SCRIPT"]);
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
    ERR_PKG_NO_SCRIPT

    package.json has no such script.

    What to do: `pkg run` lists them. With `--if-present` a missing one is no error.

    Elsewhere: ERR_PNPM_NO_SCRIPT
    ");
    for words in [
        ["help", "ERR_PKG_NO_SCRIPT"],
        ["help", "err_pnpm_no_script"],
        ["help", "No_Script"],
    ] {
        assert_eq!(sandbox.run(&words), ran);
    }
    let json = sandbox.run(&["ERR_PKG_OUTDATED_LOCKFILE", "--json"]).json();
    assert_eq!(json["exitCode"], 10);
    assert_snapshot!(sandbox.run(&["ERR_PKG_NO_SCRIPPT"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: the code `ERR_PKG_NO_SCRIPPT` is not known
      help: did you mean `ERR_PKG_NO_SCRIPT`?
    ");
    assert_snapshot!(sandbox.run(&["ERR_PKG_FROZEN"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_USAGE]: the code `ERR_PKG_FROZEN` is not known
      help: did you mean `ERR_PKG_FROZEN_LOCKFILE`?
    ");
}

/// Every code that a source file names.
fn codes_below(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            codes_below(&path, codes);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path).unwrap();
            // What tests name need not be a code of the program.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (at, _) in text.match_indices("ERR_PKG_") {
                let end = text[at..].find(|letter: char| {
                    !letter.is_ascii_uppercase() && letter != '_' && !letter.is_ascii_digit()
                });
                let code = &text[at..end.map_or(text.len(), |end| at + end)];
                if code != "ERR_PKG_" {
                    codes.insert(code.to_owned());
                }
            }
        }
    }
}

/// CLI-15.
#[test]
fn every_code_of_the_sources_is_explained() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut codes = BTreeSet::new();
    codes_below(&root.join("src"), &mut codes);
    for crate_folder in [
        "range", "manifest", "lockfile", "resolver", "fs", "store", "registry", "linker", "engine",
    ] {
        codes_below(&root.join(crate_folder).join("src"), &mut codes);
    }
    assert!(codes.len() > 100, "{}", codes.len());
    let explained = std::fs::read_to_string(root.join("docs/errors.md")).unwrap();
    let is_missing = |code: &&String| !explained.contains(&format!("\n## {code}\n"));
    let missing: Vec<_> = codes.iter().filter(is_missing).collect();
    assert!(
        missing.is_empty(),
        "docs/errors.md does not explain {missing:?}"
    );
}

/// CLI-14.
#[test]
fn cli_14_failures_are_told_apart_where_that_is_asked_for() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^99")]);
    assert_eq!(sandbox.run(&["install"]).code, 1);
    let code = |words: &[&str]| {
        sandbox
            .run(&[words, &["--exit-codes=detailed"]].concat())
            .code
    };
    assert_eq!(code(&["install"]), 11);
    assert_eq!(code(&["install", "--nonsense"]), 2);
    sandbox.set_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    assert_eq!(code(&["verify"]), 0);
    std::fs::remove_file(sandbox.path("node_modules/greet/package.json")).unwrap();
    assert_eq!(code(&["verify"]), 17);
    assert_eq!(sandbox.run(&["verify"]).code, 1);
    sandbox.set_dependencies(&[("greet", "1"), ("leaf", "1")]);
    assert_eq!(code(&["install", "--frozen-lockfile"]), 10);
    let ran = sandbox
        .pkg(&["install", "--frozen-lockfile", "--json"])
        .env("PKG_CONFIG_EXIT_CODES", "detailed")
        .run();
    assert_eq!(
        (ran.code, &ran.json()["error"]["compatCode"]),
        (10, &json!("ERR_PNPM_OUTDATED_LOCKFILE"))
    );
    sandbox.set_registry("http://127.0.0.1:1/");
    assert_eq!(code(&["install", "--config.fetch-retries=0"]), 12);
}

#[test]
fn man_pages_are_written_one_a_command() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["help", "--man", "man"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran}");
    let page = sandbox.read("man/pkg-install.1");
    assert!(
        page.contains(".TH") && page.contains("frozen") && page.contains(".SH EXAMPLES"),
        "{page}"
    );
    for page in ["pkg.1", "pkg-store-verify.1", "pkg-config-set.1"] {
        assert!(sandbox.has(&format!("man/{page}")), "{page}");
    }
    assert!(!sandbox.has("man/pkg-__complete.1"));
    let dated = sandbox
        .pkg(&["help", "--man", "man"])
        .env("SOURCE_DATE_EPOCH", "86400")
        .run();
    assert_eq!(dated.code, 0);
    assert!(sandbox.read("man/pkg.1").contains("1970-01-02"));
}

#[test]
fn man_pages_have_no_mistake_that_a_checker_finds() {
    let sandbox = Sandbox::new();
    let pages = sandbox.run(&["help", "--man", "man", "--json"]).json();
    let pages = pages["pages"].as_array().unwrap();
    assert!(pages.len() > 40, "{pages:?}");
    let lint = Command::new("sh")
        .args(["-c", "exec mandoc -T lint -W warning man/*.1"])
        .current_dir(sandbox.path(""))
        .output()
        .unwrap();
    if lint.status.code() == Some(127) {
        eprintln!("skipped: there is no mandoc");
        return;
    }
    let said = String::from_utf8_lossy(&lint.stdout).into_owned();
    assert_eq!((said.as_str(), lint.status.code()), ("", Some(0)));
}

fn complete(sandbox: &Sandbox, words: &[&str]) -> Vec<String> {
    let ran = sandbox.run(&[&["__complete", "--"], words].concat());
    assert_eq!(ran.code, 0, "{ran}");
    let value = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    ran.stdout.lines().map(value).collect()
}

fn project() -> Sandbox {
    Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {
            "build": "tsc", "build:all": "tsc -b", "boom$(touch x)": "x", "bo`om`": "x", "b\u{1b}[2J": "x", "b b": "x",
            "about": "printf '\u{1b}[2J\t\n'"
        },
        "dependencies": {"greet": "1", "@scope/thing": "2"},
        "devDependencies": {"leaf": "1"},
    }))
}

#[test]
fn cli_12_scripts_and_dependencies_complete_and_odd_names_do_not() {
    let sandbox = project();
    assert_eq!(complete(&sandbox, &["run", "b"]), ["build", "build:all"]);
    assert_eq!(complete(&sandbox, &["buil"]), ["build", "build:all"]);
    assert_eq!(
        complete(&sandbox, &["rm", ""]),
        ["@scope/thing", "greet", "leaf"]
    );
    assert_eq!(complete(&sandbox, &["why", "@sc"]), ["@scope/thing"]);
    let shown = sandbox.run(&["__complete", "--", "run", "about"]).stdout;
    assert_eq!(shown, "about\tprintf '\\u{1b}[2J\\t\\n'\n");
}

/// Runs lines in bash with the completion loaded, and gives what they print.
fn in_bash(sandbox: &Sandbox, lines: &str) -> Vec<String> {
    let script = sandbox.run(&["completion", "bash"]).stdout;
    let path = sandbox.beside("completion.bash");
    std::fs::write(&path, script).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_pkg")).parent().unwrap();
    let output = Command::new("bash")
        .args([
            "--norc",
            "--noprofile",
            "-c",
            &format!("source '{}'\n{lines}", path.display()),
        ])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("HOME", sandbox.beside("home"))
        .current_dir(sandbox.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_a_line_at_its_cursor() {
    let sandbox = project();
    let at = |line: &str| {
        in_bash(
            &sandbox,
            &format!(
                "COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; _pkg_complete; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            ),
        )
    };
    assert_eq!(at("pkg run bu"), ["build", "build:all"]);
    // `:` and `@` break words in bash: what stands before them is on the line already.
    assert_eq!(at("pkg run build:a"), ["all"]);
    assert_eq!(at("pkg remove @sc"), ["scope/thing"]);
    assert_eq!(at("pkg layout fl"), ["flat"]);
    assert_eq!(at("pkg config set fetch-t"), ["fetch-timeout="]);
    assert!(at("pkg ").contains(&"install".to_owned()));
    assert!(!sandbox.has("x"));
    assert_eq!(
        in_bash(&sandbox, "complete -p pkg"),
        ["complete -o default -F _pkg_complete pkg"]
    );
}

#[test]
fn other_shells_have_their_scripts() {
    let sandbox = Sandbox::new();
    for shell in ["zsh", "fish", "powershell"] {
        let ran = sandbox.run(&["completion", shell]);
        assert!(
            ran.code == 0 && ran.stdout.contains(" __complete "),
            "{ran}"
        );
    }
    let wrong = sandbox.run(&["completion", "csh"]);
    assert_eq!(wrong.code, 2, "{wrong}");
}

#[test]
fn a_mistyped_flag_or_command_is_answered_with_the_nearest() {
    let sandbox = Sandbox::new();
    for (words, nearest) in [
        (vec!["install", "--frozen-lokfile"], "--frozen-lockfile"),
        (vec!["config", "lst"], "list"),
        (vec!["completion", "fsh"], "fish"),
    ] {
        let ran = sandbox.run(&words);
        assert_eq!(ran.code, 2, "{ran}");
        assert!(ran.stderr.contains(nearest), "{ran}");
        let json = sandbox
            .run(&[words.as_slice(), &["--json"]].concat())
            .json();
        assert_eq!(json["error"]["code"], "ERR_PKG_USAGE");
        assert_eq!(json["error"]["help"], format!("did you mean `{nearest}`?"));
    }
}
