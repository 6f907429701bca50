//! Where settings come from, and `pkg config`, which shows and changes them.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Sandbox;

const TOKEN: &str = "a-token-of-the-user";

fn get(sandbox: &Sandbox, key: &str) -> String {
    let ran = sandbox.run(&["config", "get", key]);
    assert_eq!(ran.code, 0, "{ran}");
    ran.stdout.trim_end().to_owned()
}

#[test]
fn every_source_is_read_and_the_stronger_wins() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let global = sandbox.beside("npmrc");
    std::fs::write(&global, "fetch-retries=1\nfetch-timeout=1001\n").unwrap();
    let flags = |flags: &[&str], variables: &[(&str, &str)]| {
        let words = [&["config", "get", "fetch-retries"], flags].concat();
        let mut run = sandbox.pkg(&words).env("npm_config_globalconfig", &global);
        for (name, value) in variables {
            run = run.env(name, value);
        }
        let ran = run.run();
        assert_eq!(ran.code, 0, "{ran}");
        ran.stdout.trim_end().to_owned()
    };
    assert_eq!(flags(&[], &[]), "1");
    sandbox.set_user_settings("fetch-retries=2\n");
    assert_eq!(flags(&[], &[]), "2");
    sandbox.write("pnpm-workspace.yaml", "packages: []\nfetchRetries: 3\n");
    assert_eq!(flags(&[], &[]), "3");
    sandbox.set_manifest(&json!({"name": "app", "pnpm": {"fetchRetries": 4}}));
    assert_eq!(flags(&[], &[]), "4");
    sandbox.set_manifest(
        &json!({"name": "app", "pnpm": {"fetchRetries": 4}, "pkg": {"fetch-retries": 5}}),
    );
    assert_eq!(flags(&[], &[]), "5");
    sandbox.write(".npmrc", "fetch-retries=6\n");
    assert_eq!(flags(&[], &[]), "6");
    let mut variables = vec![("NPM_CONFIG_FETCH_RETRIES", "7")];
    assert_eq!(flags(&[], &variables), "7");
    variables.push(("pnpm_config_fetch_retries", "8"));
    assert_eq!(flags(&[], &variables), "8");
    variables.push(("PKG_CONFIG_FETCH_RETRIES", "9"));
    assert_eq!(flags(&[], &variables), "9");
    assert_eq!(flags(&["--config.fetch-retries=10"], &variables), "10");
    assert_eq!(flags(&["--config.fetchRetries=11"], &variables), "11");
}

#[test]
fn why_tells_who_said_what_and_what_that_hid() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app", "pkg": {"layout": "nested"}}));
    sandbox.set_user_settings("# mine\nregistry=file:packages\ninstall-strategy=hoisted\n");
    sandbox.write(".npmrc", "store-dir=../theirs\n\nlayout=flat\n");
    assert_snapshot!(sandbox.run(&["config", "why", "node-linker"]), @"
    exit: 0
    ----- stdout
    layout = flat
      set in `[SANDBOX]/project/.npmrc:3`, as `layout`
      hides `nested`, set in `[SANDBOX]/project/package.json#pkg:4`, as `layout`
      hides `hoisted`, set in `[SANDBOX]/home/.npmrc:3`, as `install-strategy`
      default: isolated
      takes:   isolated, flat, nested, pnp
      set by:  anyone, a project's files included
      How packages are laid out: `isolated`, `flat`, `nested` or `pnp`.
    ----- stderr
    warning: a project may not set `store-dir` (in `[SANDBOX]/project/.npmrc`): put it into your own settings
    ");
    assert_snapshot!(sandbox.run(&["c", "why", "store-dir", "--json"]), @r#"
    exit: 0
    ----- stdout
    {
      "store-dir": {
        "value": "[SANDBOX]/home/pkg/store",
        "default": "",
        "setBy": "user",
        "said": [
          {
            "source": "project",
            "file": "[SANDBOX]/project/.npmrc",
            "line": 1,
            "variable": null,
            "key": "store-dir",
            "text": "../theirs",
            "verdict": "refused"
          }
        ]
      }
    }
    "#);
}

#[test]
fn a_list_shows_what_is_set_and_where() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.set_user_settings("registry=file:packages\n");
    sandbox.write(".npmrc", "hoist-pattern[]=a*\nhoist-pattern[]=b*\n");
    sandbox.write("pnpm-workspace.yaml", "# theirs\nnodeLinker: hoisted\n");
    let ran = sandbox
        .pkg(&["config"])
        .env("npm_config_offline", "true")
        .run();
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
    globalconfig  = [SANDBOX]/home/npmrc  (in the environment, as `npm_config_globalconfig`)
    hoist-pattern = a*,b*  (in `[SANDBOX]/project/.npmrc:2`, as `hoist-pattern`)
    layout        = flat  (in `[SANDBOX]/project/pnpm-workspace.yaml:2`, as `node-linker`)
    offline       = true  (in the environment, as `npm_config_offline`)
    registry      = file:packages  (in `[SANDBOX]/home/.npmrc:1`, as `registry`)
    ");
    let all = sandbox.run(&["config", "list", "--all", "--json"]).json();
    assert_eq!(all["fetch-timeout"]["value"], "30000");
    assert_eq!(all["layout"]["said"][0]["line"], 2);
}

#[test]
fn a_setting_is_written_and_taken_out_and_all_else_stays() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let before =
        "# ours\r\n\r\nlayout = pnp ; for now\r\nhoist-pattern[]=a\r\nhoist-pattern[]=b\r\n";
    sandbox.write(".npmrc", before);
    let ran = sandbox.run(&[
        "config",
        "set",
        "layout=flat",
        "hoist-pattern=c,d",
        "fetch-retries=0",
        "--location=project",
    ]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran}");
    assert_eq!(
        sandbox.read(".npmrc"),
        "# ours\r\n\r\nlayout = flat ; for now\r\nhoist-pattern=c,d\r\nfetch-retries=0\r\n"
    );
    assert_eq!(get(&sandbox, "hoist-pattern"), "c,d");
    let ran = sandbox.run(&[
        "config",
        "delete",
        "fetch-retries",
        "layout",
        "-L",
        "project",
    ]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        sandbox.read(".npmrc"),
        "# ours\r\n\r\nhoist-pattern=c,d\r\n"
    );
    let set = sandbox.run(&["set", "fetch-timeout", "5000"]);
    assert_eq!(set.code, 0, "{set}");
    let shown = sandbox.run(&["get", "fetch-timeout"]);
    assert_eq!(shown.stdout, "5000\n");
    let user = std::fs::read_to_string(sandbox.beside("home/.npmrc")).unwrap();
    assert!(user.starts_with("registry=") && user.ends_with("\nfetch-timeout=5000\n"));
    let global = sandbox.beside("etc/npmrc");
    let ran = sandbox
        .pkg(&["config", "set", "-g", "save-exact=true", "--json"])
        .env("npm_config_globalconfig", &global)
        .run();
    assert_eq!(ran.json()["file"], "[SANDBOX]/etc/npmrc");
    assert_eq!(
        std::fs::read_to_string(&global).unwrap(),
        "save-exact=true\n"
    );
}

#[test]
fn what_cannot_be_set_is_refused_and_nothing_is_written() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let code = |words: &[&str]| {
        let ran = sandbox.run(&[&["config", "set"], words].concat());
        let is_usage = ran.error_code() == Some("ERR_PKG_USAGE");
        assert_eq!(ran.code, if is_usage { 2 } else { 1 }, "{ran}");
        ran.stderr
    };
    assert_snapshot!(code(&["layuot=flat"]), @"
    error[ERR_PKG_UNKNOWN_SETTING]: there is no setting `layuot`
      help: did you mean `layout`?
    ");
    assert_snapshot!(code(&["layout", "flatt"]), @"
    error[ERR_PKG_SETTING_VALUE]: `flatt` is no value for the setting `layout`: it is `isolated`, `flat`, `nested` or `pnp`
      help: `pkg config why KEY` shows who set it and what it takes
    ");
    assert_snapshot!(code(&["fetch-retries=3", "registry=nowhere"]), @"
    error[ERR_PKG_SETTING_VALUE]: `nowhere` is no value for the setting `registry`: it is not the address of a registry: it is no URL
      help: `pkg config why KEY` shows who set it and what it takes
    ");
    assert_snapshot!(code(&["layout"]), @"
    error[ERR_PKG_USAGE]: `layout` has no value
      help: write `KEY=VALUE`, or `KEY VALUE`
    ");
    assert_snapshot!(code(&["_authToken=x"]), @"
    error[ERR_PKG_SETTING_PLACE]: `_authToken` is for no registry
      help: write for which: `//registry.example.test/:_authToken`
    ");
    let token = format!("//registry.example.test/:_authToken={TOKEN}");
    let said = code(&[&token, "--location", "project"]);
    assert_snapshot!(said, @"
    error[ERR_PKG_SETTING_PLACE]: `//registry.example.test/:_authToken` may not stand in a project's file
      help: it is a credential, and whoever sees the project would have it: use `--location user`, which is for you alone
    ");
    assert_snapshot!(code(&["strict-ssl=false", "--location", "project"]), @"
    error[ERR_PKG_SETTING_PLACE]: `strict-ssl` may not stand in a project's file
      help: a project must not choose it for its users: use `--location user`, which is for you alone
    ");
    assert!(!sandbox.has(".npmrc"));
    let user = std::fs::read_to_string(sandbox.beside("home/.npmrc")).unwrap();
    assert_eq!(user.lines().count(), 1, "{user}");
    let unknown = sandbox.run(&["config", "get", "registri"]);
    assert_eq!(unknown.error_code(), Some("ERR_PKG_UNKNOWN_SETTING"));
    assert!(
        unknown.stderr.contains("did you mean `registry`?"),
        "{unknown}"
    );
}

#[test]
fn a_file_with_credentials_is_its_owners_alone() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let file = sandbox.beside("home/.npmrc");
    let mode = || std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.run(&["config", "set", "fetch-retries=1"]);
    assert_eq!(mode(), 0o644);
    let token = format!("//registry.example.test/:_authToken={TOKEN}");
    let ran = sandbox.run(&["config", "set", &token]);
    assert_eq!((ran.code, mode()), (0, 0o600), "{ran}");
    // A link of the user's own is followed, and stays a link.
    let dotfiles = sandbox.beside("home/dotfiles");
    std::fs::rename(&file, &dotfiles).unwrap();
    std::os::unix::fs::symlink("dotfiles", &file).unwrap();
    let ran = sandbox.run(&["config", "set", "fetch-retries=2"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(file.symlink_metadata().unwrap().is_symlink());
    let text = std::fs::read_to_string(&dotfiles).unwrap();
    assert!(text.contains("fetch-retries=2\n"), "{text}");
    // A project's link leads anywhere: it is not written through.
    std::os::unix::fs::symlink(&dotfiles, sandbox.path(".npmrc")).unwrap();
    let ran = sandbox.run(&["config", "set", "layout=flat", "-L", "project"]);
    assert_eq!(ran.error_code(), Some("ERR_PKG_NPMRC"), "{ran}");
    assert_eq!(std::fs::read_to_string(&dotfiles).unwrap(), text);
}

/// Edge case 78.
#[test]
fn the_repeated_install_notices_changes_of_every_file_of_settings() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    let global = sandbox.beside("npmrc");
    let install = || {
        let ran = sandbox
            .pkg(&["install"])
            .env("npm_config_globalconfig", &global)
            .run();
        assert_eq!(ran.code, 0, "{ran}");
        ran.stdout
    };
    install();
    assert!(install().contains("Already up to date"));
    let is_flat = || {
        sandbox
            .path("node_modules/greet")
            .symlink_metadata()
            .unwrap()
            .is_dir()
    };
    assert!(!is_flat());
    sandbox.write("pnpm-workspace.yaml", "nodeLinker: hoisted\n");
    install();
    assert!(is_flat());
    sandbox.remove("pnpm-workspace.yaml");
    install();
    assert!(!is_flat());
    std::fs::write(&global, "install-strategy=hoisted\n").unwrap();
    install();
    assert!(is_flat());
    sandbox.set_manifest(
        &json!({"name": "app", "dependencies": {"greet": "1"}, "pkg": {"layout": "isolated"}}),
    );
    install();
    assert!(!is_flat());
    assert!(install().contains("Already up to date"));
}

#[test]
fn a_workspace_file_that_is_no_plain_yaml_is_told_with_its_line() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.write(
        "pnpm-workspace.yaml",
        "packages: &x ['*']\nhoistPattern: *x\n",
    );
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_WORKSPACE_YAML]: `[SANDBOX]/project/pnpm-workspace.yaml` cannot be read: line 2: aliases (`*…`) are not understood here
      help: the message has the line. Write values out instead of `&` and `*`
    ");
}
