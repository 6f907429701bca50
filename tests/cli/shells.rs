//! Completion as each shell does it: a line, the Tab key, and what is offered. A shell that is not there is skipped.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::support::Sandbox;

/// Scripts and dependencies, some with names that a shell could run.
fn project() -> Sandbox {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {
            "build": "tsc", "build:all": "tsc -b", "boom$(touch x)": "x", "bo`touch x`": "x", "b\u{1b}[2J": "x",
            "b b": "x", "b;touch x": "x", "about": "printf '%d\u{1b}[2J\t\n' $(touch x) `touch x`"
        },
        "dependencies": {"greet": "1", "@scope/thing": "2"},
    }));
    std::fs::create_dir(sandbox.beside("my other")).unwrap();
    std::fs::write(
        sandbox.beside("my other/package.json"),
        r#"{"scripts": {"there": "x"}}"#,
    )
    .unwrap();
    sandbox
}

/// Runs a program of a shell; `None` where there is no such shell.
fn run_shell(sandbox: &Sandbox, shell: &str, arguments: &[&str]) -> Option<String> {
    let ours = PathBuf::from(env!("CARGO_BIN_EXE_pkg"));
    let folder = ours.parent().unwrap();
    let output = Command::new(shell)
        .args(arguments)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", folder.display()))
        .env("HOME", sandbox.beside("home"))
        .env("TERM", "dumb")
        .env("RESULT", sandbox.beside("result"))
        .current_dir(sandbox.path(""))
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: there is no {shell}");
        return None;
    };
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Writes the completion of a shell beside the project.
fn written(sandbox: &Sandbox, shell: &str) -> String {
    let path = sandbox.beside(&format!("completion-{shell}"));
    std::fs::write(&path, sandbox.run(&["completion", shell]).stdout).unwrap();
    path.display().to_string()
}

/// What a zsh with a terminal of its own reads first: the completion, who listens to what is offered, and a key that
/// writes down the line as it is then.
const ZSH_INNER: &str = r#"
autoload -Uz compinit && compinit -u -D
source "$COMPLETION"
compadd() {
    local -a offered
    builtin compadd -O offered "$@"
    (( ${#offered} )) && print -rl -- "$offered[@]" >> "$RESULT"
    builtin compadd "$@"
}
written() { print -r -- "=> $BUFFER|" >> "$RESULT"; BUFFER= }
zle -N written
bindkey '^T' written
print READY-$((40 + 2))
"#;

/// Types lines there, each with a Tab behind it.
const ZSH_OUTER: &str = r#"
zmodload zsh/zpty || exit 0
zpty inner zsh -f -i
zpty -w inner "source '$INNER'"
zpty -r -m inner shown '*READY-42*'
for line in "$@"; do
    zpty -w -n inner "$line"$'\t\x14'
done
zpty -w -n inner $'exit\r'
while zpty -r inner shown; do :; done
"#;

/// What zsh offers for each line, and the line as it is after the Tab key.
fn in_zsh(sandbox: &Sandbox, lines: &[&str]) -> Option<String> {
    let completion = written(sandbox, "zsh");
    let inner = sandbox.beside("inner.zsh");
    std::fs::write(&inner, format!("COMPLETION='{completion}'\n{ZSH_INNER}")).unwrap();
    let outer = sandbox.beside("outer.zsh");
    let outer_text = format!("INNER='{}'\n{ZSH_OUTER}", inner.display());
    std::fs::write(&outer, outer_text).unwrap();
    let outer = outer.display().to_string();
    let mut arguments = vec!["-s", "KILL", "60", "zsh", "-f", &outer];
    arguments.extend(lines);
    // Without zsh it is not started in the first place.
    run_shell(sandbox, "zsh", &["-f", "-c", "true"])?;
    run_shell(sandbox, "timeout", &arguments)?;
    Some(std::fs::read_to_string(sandbox.beside("result")).unwrap())
}

#[test]
fn zsh_completes_at_the_tab_key() {
    let sandbox = project();
    let lines = [
        "pkg run b",
        "pkg run build:",
        "pkg layo",
        "pkg remove @sc",
        "pkg install --layout=fl",
        "pkg config set fetch-t",
        "pkg -C '../my other' run ",
        "pkg run ab",
        "pkg add packa",
    ];
    let Some(result) = in_zsh(&sandbox, &lines) else {
        return;
    };
    insta::assert_snapshot!(result, @"
    build
    build:all
    => pkg run build|
    build:all
    => pkg run build:all |
    layout
    => pkg layout |
    @scope/thing
    => pkg remove @scope/thing |
    --layout=flat
    => pkg install --layout=flat |
    fetch-timeout=
    => pkg config set fetch-timeout=|
    there
    => pkg -C '../my other' run there |
    about
    => pkg run about |
    package.json
    package.json
    => pkg add package.json |
    ");
    assert!(!sandbox.has("x"), "a name was run");
}

#[test]
fn fish_completes_a_line() {
    let sandbox = project();
    let source = written(&sandbox, "fish");
    let at = |line: &str| {
        let line = format!("source '{source}'; complete -C \"{line}\"");
        run_shell(&sandbox, "fish", &["--no-config", "-c", &line])
    };
    let Some(scripts) = at("pkg run b") else {
        return;
    };
    assert_eq!(scripts, "build\ttsc\nbuild:all\ttsc -b\n");
    assert_eq!(at("pkg run build:").as_deref(), Some("build:all\ttsc -b\n"));
    assert_eq!(at("pkg rm @sc").as_deref(), Some("@scope/thing\t2\n"));
    assert_eq!(at("pkg layout fl").as_deref(), Some("flat\n"));
    assert_eq!(
        at("pkg install --layout=fl").as_deref(),
        Some("--layout=flat\n")
    );
    assert_eq!(
        at("pkg -C '../my other' run ").as_deref(),
        Some("there\tx\n")
    );
    let files = at("pkg add packa").unwrap();
    assert!(files.starts_with("package.json"), "{files}");
    let shown = at("pkg run ab").unwrap();
    assert!(
        shown.starts_with("about\t") && !shown.contains('\u{1b}'),
        "{shown:?}"
    );
    assert!(!sandbox.has("x"), "a name was run");
}

#[test]
fn powershell_completes_a_line() {
    let sandbox = project();
    let source = written(&sandbox, "powershell");
    let at = |line: &str| {
        let quoted = line.replace('\'', "''");
        let script = format!(
            "Get-Content -Raw '{source}' | Invoke-Expression; \
             (TabExpansion2 -inputScript '{quoted}' -cursorColumn {}).CompletionMatches | ForEach-Object CompletionText",
            line.len()
        );
        run_shell(
            &sandbox,
            "pwsh",
            &["-NoProfile", "-NonInteractive", "-Command", &script],
        )
    };
    let Some(scripts) = at("pkg run b") else {
        return;
    };
    assert_eq!(scripts, "build\nbuild:all\n");
    assert_eq!(at("pkg rm '@sc").as_deref(), Some("'@scope/thing'\n"));
    assert_eq!(at("pkg -C '../my other' run ").as_deref(), Some("there\n"));
    assert!(!sandbox.has("x"), "a name was run");
}
