//! CLI-04: with `--json` each command prints exactly one document on standard output, also where it fails.

use serde_json::json;

use crate::support::Sandbox;

/// Command lines of every command, in an order in which each finds what it needs; those that fail beside those that do not.
const LINES: [&str; 88] = [
    "install",
    "i",
    "install --dry-run",
    "install --frozen-lockfile",
    "install --frozen-lockfile --layout=spiral",
    "add wide",
    "add none-such",
    "add",
    "remove wide",
    "remove none-such",
    "update",
    "update none-such",
    "update -i",
    "dedupe",
    "dedupe --check",
    "prune",
    "prune --prod",
    "link ../lib",
    "link ../none",
    "unlink lib",
    "unlink",
    "run",
    "run none-such",
    "test none-such",
    "start",
    "stop",
    "restart",
    "exec none-such",
    "dlx none-such",
    "dlx",
    "create none-such",
    "init",
    "init -y",
    "verify",
    "verify --fix",
    "layout",
    "layout flat",
    "layout isolated",
    "layout spiral",
    "approve-builds",
    "approve-builds --list",
    "approve-builds none-such",
    "approve-builds script-post --no-install",
    "rebuild",
    "rebuild none-such",
    "list",
    "list --all --long",
    "list none-such",
    "why greet",
    "why none-such",
    "explain greet",
    "explain none-such",
    "outdated",
    "outdated none-such",
    "view greet",
    "view greet version",
    "view none-such",
    "licenses",
    "size",
    "bin",
    "root",
    "prefix",
    "config",
    "config list",
    "config get layout",
    "config get none-such",
    "config set save-exact=true --location=project",
    "config set save-exact=perhaps --location=project",
    "config why save-exact",
    "config delete save-exact --location=project",
    "get layout",
    "set save-exact=false --location=project",
    "doctor",
    "store",
    "store path",
    "store verify",
    "store repair",
    "store prune --dry-run",
    "completion bash",
    "completion csh",
    "help",
    "help install",
    "help settings",
    "help none-such",
    "help ERR_PKG_USAGE",
    "help --man man",
    "--version",
    "--nonsense",
];

/// Commands that become what they run, or answer as npm's program of the same name does.
const OF_OTHERS: [&str; 2] = ["node", "semver"];

fn project() -> Sandbox {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "version": "1.0.0",
        "dependencies": {"greet": "1", "script-post": "1", "half-deprecated": "1"},
    }));
    std::fs::create_dir(sandbox.beside("lib")).unwrap();
    std::fs::write(
        sandbox.beside("lib/package.json"),
        r#"{"name": "lib", "version": "1.0.0"}"#,
    )
    .unwrap();
    // Settings that are warned of, in each command that reads them.
    sandbox.write(".npmrc", "store-dir=x\nnonsense=1\n");
    sandbox
}

#[test]
fn cli_04_each_command_answers_with_one_document() {
    let sandbox = project();
    let mut failed = 0;
    for line in LINES {
        let words: Vec<_> = line.split(' ').collect();
        let ran = sandbox.run(&[&["--json"], words.as_slice()].concat());
        let document = ran.json();
        assert!(!ran.stderr.contains('{'), "{line}: {ran}");
        if document["ok"] == false && document.get("error").is_some() {
            failed += 1;
            assert_ne!(ran.code, 0, "{line}: {ran}");
            let error = &document["error"];
            let code = error["code"].as_str().unwrap_or_default();
            assert!(code.starts_with("ERR_PKG_"), "{line}: {ran}");
            assert!(error["message"].is_string(), "{line}: {ran}");
            assert!(error["help"].is_string(), "{line} has no help: {ran}");
            assert!(error.get("compatCode").is_some(), "{line}: {ran}");
        }
    }
    assert!(failed > 20, "{failed}");
}

#[test]
fn cli_04_no_command_is_forgotten() {
    let help = Sandbox::new().run(&["help"]).stdout;
    let (_, commands) = help.split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let names = commands.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty()).then_some(name)
    });
    let mut count = 0;
    for name in names {
        count += 1;
        let is_asked = LINES
            .iter()
            .any(|line| line.split(' ').next() == Some(name));
        assert!(is_asked || OF_OTHERS.contains(&name), "{name}");
    }
    assert!(count > 35, "{help}");
}

#[test]
fn cli_04_a_project_that_cannot_be_read_is_one_document_too() {
    let sandbox = Sandbox::new();
    sandbox.write("package.json", "{,}");
    for line in [
        "install",
        "add wide",
        "remove wide",
        "update",
        "dedupe",
        "prune",
        "link .",
        "unlink",
        "run",
        "run x",
        "test",
        "exec true",
        "layout",
        "layout flat",
        "approve-builds",
        "rebuild",
        "list",
        "why x",
        "explain x",
        "outdated",
        "licenses",
        "size",
        "verify",
        "doctor",
    ] {
        let words: Vec<_> = line.split(' ').collect();
        let ran = sandbox.run(&[&["--json"], words.as_slice()].concat());
        let document = ran.json();
        assert_eq!(ran.code, 1, "{line}: {ran}");
        assert!(
            ran.stdout.contains("ERR_PKG_MANIFEST_JSON") || line == "doctor",
            "{line}: {ran}"
        );
        assert!(document.is_object(), "{line}: {ran}");
    }
}
