//! What fingers know from npm, pnpm and Yarn: it does what it does there, or the answer says what to type instead.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

fn project() -> Sandbox {
    Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"test": "echo"},
        "dependencies": {"greet": "1"},
        "devDependencies": {"tiny-log": "1"},
        "optionalDependencies": {"zero-major": "*"},
    }))
}

#[test]
fn commands_of_others_are_answered_with_what_to_do_instead() {
    let sandbox = project();
    let answer = |word: &str| {
        let ran = sandbox.run(&[word]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran}");
        assert!(ran.stderr.contains("  help: "), "{ran}");
        ran.stderr
    };
    for word in [
        "ci",
        "global",
        "audit",
        "publish",
        "import",
        "login",
        "cache",
        "version",
        "workspaces",
        "npx",
        "yarn",
    ] {
        let text = answer(word);
        assert!(!text.contains("did you mean"), "{text}");
    }
    assert_snapshot!(answer("ci"), @"
    error[ERR_PKG_UNKNOWN_COMMAND]: there is no command and no script `ci`
      help: `pkg install --frozen-lockfile` installs exactly what pkg.lock says, or fails
    ");
    assert_snapshot!(answer("global"), @"
    error[ERR_PKG_UNKNOWN_COMMAND]: there is no command and no script `global`
      help: nothing is installed for the whole machine: `pkg dlx NAME` runs a package's command, and `pkg -C DIR add NAME` keeps it in a folder of its own
    ");
    assert_snapshot!(answer("audit"), @"
    error[ERR_PKG_UNKNOWN_COMMAND]: there is no command and no script `audit`
      help: advisories are not asked for yet; `pkg outdated` shows what has newer versions
    ");
    let json = sandbox.run(&["ci", "--json"]).json();
    assert_eq!(json["error"]["code"], "ERR_PKG_UNKNOWN_COMMAND");
    // The project's own comes first.
    sandbox.set_manifest(&json!({"scripts": {"ci": "echo mine"}}));
    assert_eq!(sandbox.run(&["-s", "ci"]).stdout, "mine\n");
}

#[test]
fn flags_of_others_are_answered_with_what_to_do_instead() {
    let sandbox = project();
    let answer = |words: &[&str]| {
        let ran = sandbox.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran}");
        ran.stderr
    };
    assert_snapshot!(answer(&["add", "-g", "greet"]), @"
    error[ERR_PKG_USAGE]: `pkg add` has no flag `-g`
      help: nothing is installed for the whole machine: `pkg dlx NAME` runs a package's command, and `pkg -C DIR add NAME` keeps it in a folder of its own
    ");
    assert_snapshot!(answer(&["install", "--legacy-peer-deps"]), @"
    error[ERR_PKG_USAGE]: `pkg install` has no flag `--legacy-peer-deps`
      help: leave it away: a peer that does not fit is a warning, and an error with `--config.strict-peer-dependencies=true`
    ");
    assert_snapshot!(answer(&["-r", "run", "test"]), @"
    error[ERR_PKG_USAGE]: `pkg` has no flag `-r`
      help: there are no workspaces yet: `pkg -C DIR install` works in the folder of one package
    ");
    assert_snapshot!(answer(&["--filter", "app", "install"]), @"
    error[ERR_PKG_USAGE]: `pkg` has no flag `--filter`
      help: there are no workspaces yet: `pkg -C DIR install` works in the folder of one package
    ");
    assert_snapshot!(answer(&["install", "-w"]), @"
    error[ERR_PKG_USAGE]: `pkg install` has no flag `-w`
      help: there are no workspaces yet: `pkg -C DIR install` works in the folder of one package
    ");
    assert_snapshot!(answer(&["install", "greet", "--no-save"]), @"
    error[ERR_PKG_USAGE]: `pkg install` has no flag `--no-save`
      help: what is added is saved; `pkg dlx NAME` runs a package's command without adding it
    ");
    assert_snapshot!(answer(&["install", "--fetch-retries=5"]), @"
    error[ERR_PKG_USAGE]: `pkg install` has no flag `--fetch-retries`
      help: it is a setting: `--config.fetch-retries=VALUE`
    ");
    assert_snapshot!(answer(&["install", "--nonsense"]), @"
    error[ERR_PKG_USAGE]: `pkg install` has no flag `--nonsense`
      help: `pkg install --help` shows what it takes
    ");
    assert!(!sandbox.has("node_modules"));
}

#[test]
fn what_cannot_be_understood_is_told_in_one_form() {
    let sandbox = project();
    let answer = |words: &[&str]| {
        let ran = sandbox.run(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran}");
        ran.stderr
    };
    assert_snapshot!(answer(&["add"]), @"
    error[ERR_PKG_USAGE]: `pkg add` needs `<PACKAGE>...`
      help: `pkg add --help` shows what it takes
    ");
    assert_snapshot!(answer(&["size", "list"]), @"
    error[ERR_PKG_USAGE]: `pkg size` does not take `list`
      help: `pkg size --help` shows what it takes
    ");
    assert_snapshot!(answer(&["doctor", "greet"]), @"
    error[ERR_PKG_USAGE]: `pkg doctor` does not take `greet`
      help: `pkg doctor --help` shows what it takes
    ");
    assert_snapshot!(answer(&["store", "status"]), @"
    error[ERR_PKG_USAGE]: `pkg store` has no command `status`
      help: `pkg store --help` shows what it takes
    ");
    assert_snapshot!(answer(&["install", "--color=purple"]), @"
    error[ERR_PKG_USAGE]: `purple` is no value for `--color <WHEN>`
      help: it takes `auto`, `always`, `never`
    ");
    assert_snapshot!(answer(&["install", "--color"]), @"
    error[ERR_PKG_USAGE]: `--color <WHEN>` needs a value
      help: it takes `auto`, `always`, `never`
    ");
    assert_snapshot!(answer(&["list", "--depth=deep"]), @"
    error[ERR_PKG_USAGE]: `deep` is no value for `--depth <LEVELS>`: a number of levels, or `Infinity`
      help: `pkg list --help` shows what it takes
    ");
    assert_snapshot!(answer(&["install", "--offline", "--prefer-offline"]), @"
    error[ERR_PKG_USAGE]: `--offline` and `--prefer-offline` exclude each other
      help: leave one of them away
    ");
    assert_snapshot!(answer(&["install", "--offline=perhaps"]), @"
    error[ERR_PKG_USAGE]: `--offline` takes no value, and has `perhaps`
      help: `pkg install --help` shows what it takes
    ");
    assert_snapshot!(answer(&["config", "set", "registry"]), @"
    error[ERR_PKG_USAGE]: `registry` has no value
      help: write `KEY=VALUE`, or `KEY VALUE`
    ");
    assert_snapshot!(answer(&["help", "nonsense"]), @"
    error[ERR_PKG_USAGE]: there is no help for `nonsense`
      help: `pkg help` lists commands and topics
    ");
}

#[test]
fn flags_that_turn_off_what_is_not_there_are_accepted() {
    let sandbox = project();
    let ran = sandbox.install(&[
        "--no-audit",
        "--no-fund",
        "--no-progress",
        "--no-color",
        "--non-interactive",
        "--loglevel=error",
    ]);
    assert_eq!(ran.stderr, "");
    let ran = sandbox.run(&["i", "--audit=false", "--fund=false", "--progress=false"]);
    assert_eq!(ran.code, 0, "{ran}");
    let ran = sandbox.run(&["i", "--loglevel", "silent"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (0, "", "")
    );
}

#[test]
fn a_level_of_errors_leaves_warnings_out() {
    let sandbox = Sandbox::with_dependencies(&[("plug-one", "1")]);
    let flag = "--config.auto-install-peers=false";
    let all = sandbox.run(&["install", flag, "--loglevel", "verbose"]);
    assert!(all.stderr.contains("warning"), "{all}");
    let errors = sandbox.run(&["install", flag, "--loglevel", "error", "--force"]);
    assert_eq!((errors.code, errors.stderr.as_str()), (0, ""), "{errors}");
    assert!(errors.stdout.contains("isolated"), "{errors}");
}

#[test]
fn groups_are_left_out_in_the_words_of_npm() {
    let sandbox = project();
    let stands = || {
        ["greet", "tiny-log", "zero-major"].map(|name| sandbox.has(&format!("node_modules/{name}")))
    };
    for (flags, expected) in [
        (&["--omit=dev"][..], [true, false, true]),
        (
            &["--omit", "dev", "--omit", "optional"],
            [true, false, false],
        ),
        (
            &["--omit=dev,optional", "--include=dev"],
            [true, true, false],
        ),
        (&["--production"], [true, false, true]),
        (&["--production=false"], [true, true, true]),
        (&["--prod", "--include=dev"], [true, true, true]),
        (&["--optional=false"], [true, true, false]),
        (&["--dev"], [false, true, false]),
        (&[], [true, true, true]),
    ] {
        sandbox.install(flags);
        assert_eq!(stands(), expected, "{flags:?}");
    }
    let ran = sandbox
        .pkg(&["install", "--include=dev"])
        .env("NODE_ENV", "production")
        .run();
    assert_eq!((ran.code, stands()), (0, [true, true, true]), "{ran}");
}

#[test]
fn a_flag_may_say_true_or_false() {
    let sandbox = project();
    let frozen = sandbox.run(&["install", "--frozen-lockfile=true"]);
    assert_eq!(
        frozen.error_code(),
        Some("ERR_PKG_FROZEN_LOCKFILE"),
        "{frozen}"
    );
    let ran = sandbox
        .pkg(&["install", "--frozen-lockfile=false"])
        .env("CI", "true")
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    // Behind a script's name words are its own.
    let ran = sandbox.run(&["-s", "run", "test", "--audit=false"]);
    assert_eq!(ran.stdout, "--audit=false\n");
}

#[test]
fn the_named_scripts_get_flags_that_are_ours_elsewhere() {
    let sandbox = project();
    sandbox.install(&[]);
    for words in [
        ["--json", "-C", "x"],
        ["-s", "--version", "-h"],
        ["--watch", "--config.a=b", "--audit=false"],
    ] {
        for command in ["test", "t"] {
            let ran = sandbox.run(&[&["--silent", command], &words[..]].concat());
            assert_eq!(ran.stdout, format!("{}\n", words.join(" ")), "{ran}");
        }
    }
    let ran = sandbox.run(&[
        "node",
        "-C",
        "development",
        "-e",
        "console.log(process.execArgv[1])",
    ]);
    assert_eq!(ran.stdout, "development\n", "{ran}");
}

#[test]
fn aliases_of_others_do_the_same() {
    let sandbox = project();
    for words in [
        &["i", "-D", "wide"][..],
        &["i", "--save-dev", "wide"],
        &["i", "-S", "wide"],
        &["i", "-P", "wide"],
        &["i", "-E", "wide"],
        &["i", "-O", "wide"],
        &["add", "--dev", "wide"],
        &["i", "-f"],
        &["ls"],
        &["la"],
        &["up"],
        &["upgrade"],
        &["rm", "wide"],
        &["un", "zero-major"],
        &["t"],
        &["tst"],
        &["run-script", "test"],
        &["c", "ls"],
        &["config", "list"],
        &["info", "greet", "version"],
        &["show", "greet", "versions"],
        &["v", "greet"],
        &["--prefix", ".", "ls"],
        &["--dir=.", "ls"],
        &["i", "--node-linker=hoisted"],
        &["i", "--install-strategy=nested"],
        &["i", "--reporter=silent"],
        &["i", "--immutable"],
        &["ls", "--depth", "0"],
        &["ls", "--prod"],
        &["rb"],
        &["i", "--package-lock-only"],
        &["exec", "--", "true"],
        &["licenses"],
        &["licenses", "list"],
        &["exec", "-y", "true"],
        &["create", "-y", "none-such"],
        &["ln", "."],
    ] {
        let ran = sandbox.run(words);
        let is_known = ran.code != 2;
        assert!(is_known, "{words:?}: {ran}");
    }
}
