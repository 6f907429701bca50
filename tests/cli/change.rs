//! `pkg add`, `remove`: the manifest, the lockfile and the tree change together, or not at all.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Sandbox, server};

/// Runs a command, and shows what it said and what `package.json` holds then.
pub(crate) fn told(sandbox: &Sandbox, arguments: &[&str]) -> String {
    format!(
        "{}----- package.json\n{}",
        sandbox.run(arguments),
        sandbox.read("package.json")
    )
}

#[test]
fn add_saves_the_newest_version_with_a_caret() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "package.json",
        "{\n\t\"name\": \"app\",\n\t\"private\": true\n}\n",
    );
    assert_snapshot!(told(&sandbox, &["add", "number-list", "greet"]), @r#"
    exit: 0
    ----- stdout
    + greet 2.1.0
    + number-list 3.1.0
      3 packages added  isolated · [TIME]
    ----- package.json
    {
    	"name": "app",
    	"private": true,
    	"dependencies": {
    		"greet": "^2.1.0",
    		"number-list": "^3.1.0"
    	}
    }
    "#);
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .pkg/greet@2.1.0/node_modules/greet/index.js
    .pkg/greet@2.1.0/node_modules/greet/package.json
    .pkg/greet@2.1.0/node_modules/letter-case -> ../../letter-case@1.1.0/node_modules/letter-case
    .pkg/letter-case@1.1.0/node_modules/letter-case/index.js
    .pkg/letter-case@1.1.0/node_modules/letter-case/package.json
    .pkg/node_modules/letter-case -> ../letter-case@1.1.0/node_modules/letter-case
    .pkg/number-list@3.1.0/node_modules/number-list/index.js
    .pkg/number-list@3.1.0/node_modules/number-list/package.json
    greet -> .pkg/greet@2.1.0/node_modules/greet
    number-list -> .pkg/number-list@3.1.0/node_modules/number-list
    ");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
}

#[test]
fn add_saves_what_was_typed_as_pnpm_does() {
    for (typed, saved) in [
        ("number-list@2", "^2.1.1"),
        ("number-list@~2.1.0", "~2.1.1"),
        ("number-list@2.1", "~2.1.1"),
        ("number-list@2.1.0", "2.1.0"),
        ("number-list@next", "^4.0.0"),
        ("number-list@*", "^3.1.0"),
        ("number-list@>=1 <2.1.1", ">=1 <2.1.1"),
    ] {
        let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
        let added = sandbox.run(&["add", typed, "--lockfile-only"]);
        assert_eq!(added.code, 0, "{added}");
        let manifest: serde_json::Value =
            serde_json::from_str(&sandbox.read("package.json")).unwrap();
        assert_eq!(manifest["dependencies"]["number-list"], saved, "{typed}");
        let frozen = sandbox.run(&["install", "--frozen-lockfile"]);
        assert_eq!(frozen.code, 0, "{typed}: {frozen}");
    }
}

#[test]
fn flags_and_settings_say_how_a_version_is_saved() {
    let rows: [(&str, &[&str], &str); 8] = [
        ("", &[], "^2.1.0"),
        ("save-prefix=~\n", &[], "~2.1.0"),
        ("save-prefix=\n", &[], "2.1.0"),
        ("save-exact=true\n", &[], "2.1.0"),
        ("save-exact=true\n", &["--save-prefix", "^"], "^2.1.0"),
        ("", &["--save-prefix=~"], "~2.1.0"),
        ("save-prefix=~\n", &["--save-prefix="], "2.1.0"),
        ("save-prefix=~\n", &["--exact"], "2.1.0"),
    ];
    for (settings, flags, saved) in rows {
        let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
        sandbox.write(".npmrc", settings);
        let ran = sandbox.run(&[&["add", "greet", "--lockfile-only"], flags].concat());
        assert_eq!(ran.code, 0, "{ran}");
        let manifest: serde_json::Value =
            serde_json::from_str(&sandbox.read("package.json")).unwrap();
        assert_eq!(
            manifest["dependencies"]["greet"], saved,
            "{settings} {flags:?}"
        );
    }
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.write(".npmrc", "save-prefix=>\n");
    let ran = sandbox.run(&["add", "greet"]);
    assert!(ran.stderr.contains("it is `^`, `~` or nothing"), "{ran}");
}

#[test]
fn add_knows_groups_styles_and_aliases() {
    let sandbox =
        Sandbox::with_manifest(&json!({"name": "app", "devDependencies": {"greet": "1.0.0"}}));
    assert_snapshot!(told(&sandbox, &["add", "-E", "shades@npm:colour-mix", "greet@latest"]), @r#"
    exit: 0
    ----- stdout
    + greet 2.1.0
    + shades 1.0.0
      4 packages added  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "devDependencies": {
        "greet": "2.1.0"
      },
      "dependencies": {
        "shades": "npm:colour-mix@1.0.0"
      }
    }
    "#);
    assert_snapshot!(told(&sandbox, &["add", "-P", "greet"]), @r#"
    exit: 0
    ----- stdout
    ~ greet 2.1.0, now in dependencies
      4 packages in place  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "greet": "^2.1.0",
        "shades": "npm:colour-mix@1.0.0"
      }
    }
    "#);
}

#[test]
fn add_saves_peers_and_optional_packages() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    assert_snapshot!(told(&sandbox, &["add", "--save-peer", "--tilde", "plug-host"]), @r#"
    exit: 0
    ----- stdout
    + plug-host 2.0.0
      1 package added  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "devDependencies": {
        "plug-host": "~2.0.0"
      },
      "peerDependencies": {
        "plug-host": "~2.0.0"
      }
    }
    "#);
    assert_snapshot!(told(&sandbox, &["install", "--save-optional", "ring-a"]), @r#"
    exit: 0
    ----- stdout
    + ring-a 1.0.0
      3 packages added  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "devDependencies": {
        "plug-host": "~2.0.0"
      },
      "peerDependencies": {
        "plug-host": "~2.0.0"
      },
      "optionalDependencies": {
        "ring-a": "^1.0.0"
      }
    }
    "#);
}

#[test]
fn add_takes_folders_tarballs_and_addresses() {
    let server = server();
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.use_server(&server);
    sandbox.write(
        "libs/one/package.json",
        r#"{"name": "one", "version": "1.0.0"}"#,
    );
    sandbox.write("libs/nameless/package.json", "{}");
    let url = format!("{}greet/-/greet-1.2.3.tgz", server.url());
    let added = sandbox.run(&["add", "./libs/one", &url, "--silent"]);
    assert_eq!(added.code, 0, "{added}");
    let manifest = sandbox.filter(&sandbox.read("package.json"));
    assert_snapshot!(manifest, @r#"
    {
      "name": "app",
      "dependencies": {
        "greet": "http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz",
        "one": "link:./libs/one"
      }
    }
    "#);
    assert!(
        sandbox.has("node_modules/one/package.json")
            && sandbox.has("node_modules/greet/package.json")
    );
    assert_snapshot!(sandbox.run(&["add", "./libs/nameless"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_NAME]: `./libs/nameless` does not say what it is called
      help: give it a name: `pkg add NAME@./libs/nameless`
    ");
    assert_eq!(
        sandbox
            .run(&["add", "two@./libs/nameless", "--silent"])
            .code,
        0
    );
    assert!(sandbox.has("node_modules/two"));
}

#[test]
fn add_moves_nothing_else() {
    let sandbox = Sandbox::with_dependencies(&[("number-list", "1.1.0")]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    // The range now takes more than the lockfile has.
    let manifest = sandbox
        .read("package.json")
        .replace("\"1.1.0\"", "\"^1.1.0\"");
    sandbox.write("package.json", manifest);
    assert_snapshot!(told(&sandbox, &["add", "greet"]), @r#"
    exit: 0
    ----- stdout
    + greet 2.1.0
      2 packages added  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "greet": "^2.1.0",
        "number-list": "^1.1.0"
      }
    }
    "#);
    assert!(sandbox.read("pkg.lock").contains("number-list@1.1.0"));
}

#[test]
fn what_cannot_be_added_changes_nothing() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    let before = (
        sandbox.read("package.json"),
        sandbox.read("pkg.lock"),
        sandbox.tree("."),
    );
    assert_snapshot!(sandbox.run(&["add", "number-lst"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `number-lst` cannot be had: there is none in `[PACKAGES]/`
      wanted by the project
      help: did you mean `number-list`?
    ");
    assert_snapshot!(sandbox.run(&["add", "number-list@^99"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_MATCHING_VERSION]: no version of `number-list` matches `^99`
      wanted by the project
      published 4.0.0 (next), 3.1.0 (latest), 3.0.0, 2.1.1, 2.1.0 and 6 more
      help: ask for `^4.0.0`, or list all with `pkg view number-list versions`
    ");
    assert_eq!(
        (
            sandbox.read("package.json"),
            sandbox.read("pkg.lock"),
            sandbox.tree(".")
        ),
        before
    );
    assert_snapshot!(sandbox.run(&["add", "number-list", "not a name!"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_SPECIFIER]: `not a name!` names no package
      caused by: `not a name!` is no version, range or tag
      help: write `name`, `name@range`, `name@tag`, a folder, a tarball or its address
    ");
}

#[test]
fn arguments_that_name_nothing_change_nothing() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0")]);
    let before = (sandbox.read("package.json"), sandbox.tree("."));
    assert_snapshot!(sandbox.run(&["add", "greet@workspace:*"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_SUPPORTED]: `greet@workspace:*` cannot be added: a package of the workspace (`workspace:`) cannot be installed yet
      help: name a version, a range, a tag, a folder, a tarball or its address
    ");
    assert_snapshot!(sandbox.run(&["add", "./no-such-folder"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FS_NOT_FOUND]: cannot open `[SANDBOX]/project/./no-such-folder`
      caused by: No such file or directory (os error 2)
      help: run the command again; something else may be deleting files at the same time
    ");
    assert_snapshot!(sandbox.run(&["add"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: `pkg add` needs `<PACKAGE>...`
      help: `pkg add --help` shows what it takes
    ");
    assert_snapshot!(sandbox.run(&["add", "-D", "-P", "greet"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: `--save-dev` and `--save-prod` exclude each other
      help: leave one of them away
    ");
    assert_eq!((sandbox.read("package.json"), sandbox.tree(".")), before);
}

/// LCK-26.
#[test]
fn a_password_in_an_address_is_written_nowhere() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let before = (sandbox.read("package.json"), sandbox.tree("."));
    for address in [
        "https://me:hidden@files.example.test/x.tgz",
        "x@https://hidden@files.example.test/x.tgz",
        "x@https://files.example.test/x.tgz?v=1&token=hidden",
        "x@git+https://me:hidden@git.example.test/x.git",
    ] {
        let ran = sandbox.run(&["add", address]);
        assert_eq!(ran.code, 1, "{ran}");
        assert!(!ran.to_string().contains("hidden"), "{ran}");
        let now = (sandbox.read("package.json"), sandbox.tree("."));
        assert_eq!(now, before);
    }
    sandbox.set_dependencies(&[("x", "https://me:hidden@files.example.test/x.tgz")]);
    let ran = sandbox.run(&["install"]);
    assert!(
        ran.code == 1 && !ran.to_string().contains("hidden"),
        "{ran}"
    );
    assert!(!sandbox.has("pkg.lock"));
}

#[test]
fn a_dry_run_says_what_add_would_do() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    assert_snapshot!(told(&sandbox, &["add", "greet", "--dry-run"]), @r#"
    exit: 0
    ----- stdout
    + greet 2.1.0
      would install 2 packages; nothing was written  [TIME]
    ----- package.json
    {
      "name": "app"
    }
    "#);
    assert!(!sandbox.has("node_modules") && !sandbox.has("pkg.lock"));
}

#[test]
fn remove_takes_a_package_out_of_everything() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "^1.0.0", "ring-a": "*"}, "devDependencies": {"colour-mix": "*"}
    }));
    assert_eq!(sandbox.run(&["install", "--silent"]).code, 0);
    assert_snapshot!(told(&sandbox, &["remove", "ring-a", "colour-mix"]), @r#"
    exit: 0
    ----- stdout
    - colour-mix 1.0.0
    - ring-a 1.0.0
      5 packages removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "greet": "^1.0.0"
      }
    }
    "#);
    assert_snapshot!(sandbox.tree("node_modules"), @"
    .pkg/greet@1.2.3/node_modules/greet/index.js
    .pkg/greet@1.2.3/node_modules/greet/package.json
    greet -> .pkg/greet@1.2.3/node_modules/greet
    ");
    assert_snapshot!(told(&sandbox, &["rm", "greet", "gret", "ring-b"]), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_A_DEPENDENCY]: package.json does not ask for `gret`, `ring-b`
      help: did you mean `greet`? nothing was removed
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "greet": "^1.0.0"
      }
    }
    "#);
    assert_snapshot!(told(&sandbox, &["rm", "-D", "greet"]), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_A_DEPENDENCY]: package.json does not ask for `greet`
      help: it stands in `dependencies`; nothing was removed
    ----- package.json
    {
      "name": "app",
      "dependencies": {
        "greet": "^1.0.0"
      }
    }
    "#);
    assert_snapshot!(told(&sandbox, &["rm", "greet"]), @r#"
    exit: 0
    ----- stdout
    - greet 1.2.3
      1 package removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app"
    }
    "#);
}

/// CLI-10.
#[test]
fn add_and_remove_keep_how_a_manifest_is_written() {
    let manifests = [
        "{\r\n\t\"name\": \"app\",\r\n\t\"dependencies\": {\r\n\t\t\"wide\": \"1.0.0\"\r\n\t}\r\n}\r\n",
        "{\n   \"name\": \"app\",\n\n   \"dependencies\": {\n      \"wide\": \"1.0.0\"\n   }\n}",
        "{ \"dependencies\": { \"wide\": \"1.0.0\" }, \"name\": \"app\" }\n",
        "{\"name\":\"app\",\"dependencies\":{\"wide\":\"1.0.0\"}}",
    ];
    for manifest in manifests {
        let sandbox = Sandbox::new();
        sandbox.write("package.json", manifest);
        let ran = sandbox.run(&["add", "greet@1.0.0", "--lockfile-only"]);
        assert_eq!(ran.code, 0, "{ran}");
        let added = sandbox.read("package.json");
        assert_ne!(added, manifest);
        let count = |text: &str, what: &str| text.matches(what).count();
        let line_ends = count(&added, "\n");
        assert_eq!(
            count(&added, "\r\n"),
            if manifest.contains('\r') {
                line_ends
            } else {
                0
            }
        );
        let ran = sandbox.run(&["remove", "greet", "--lockfile-only"]);
        assert_eq!(ran.code, 0, "{ran}");
        assert_eq!(sandbox.read("package.json"), manifest);
    }
    for broken in ["{\"name\": \"app\",}\n", "{\"name\": \"app\"\n"] {
        let sandbox = Sandbox::new();
        sandbox.write("package.json", broken);
        let ran = sandbox.run(&["add", "greet"]);
        assert_eq!(ran.code, 1, "{ran}");
        assert!(ran.stderr.contains("line "), "{ran}");
        assert_eq!(sandbox.read("package.json"), broken);
    }
}
