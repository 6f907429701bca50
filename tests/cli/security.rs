//! Who is sent what, and what others cannot make this program do.

use insta::assert_snapshot;
use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};
use serde_json::json;

use crate::support::{ALWAYS, GREET, Sandbox, served, server};

const SECRET: &str = "a-token-of-the-user";

#[test]
fn a_token_goes_to_its_registry_and_to_nobody_else() {
    let options = ServerOptions {
        bearer: Some(SECRET.to_owned()),
        ..ServerOptions::default()
    };
    let (private, other) = (FixtureServer::start(options), server());
    let location = format!("{}greet/-/greet-1.2.3.tgz", other.url());
    private.fault(
        GREET,
        ALWAYS,
        Fault::Redirect {
            status: 302,
            location,
        },
    );
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"postinstall": "env"}, "dependencies": {"greet": "1", "letter-case": "1"}
    }));
    let settings = format!(
        "registry={}\n//{}/:_authToken={SECRET}\nfetch-retries=0\n",
        private.url(),
        private.address()
    );
    sandbox.set_user_settings(&settings);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 0, "{ran}");
    let bearer = format!("Bearer {SECRET}");
    let sent = |server: &FixtureServer| {
        let requests = server.requests();
        requests
            .iter()
            .filter(|request| request.header("authorization") == Some(&bearer))
            .count()
    };
    assert_eq!(sent(&private), private.requests().len());
    assert_eq!((sent(&other), other.count(GREET)), (0, 1));
    assert!(
        other
            .requests()
            .iter()
            .all(|request| request.header("authorization").is_none())
    );
    private.fault(
        "/*",
        ALWAYS,
        Fault::Status {
            status: 403,
            body: format!("no {SECRET} no"),
        },
    );
    sandbox.set_dependencies(&[("chain-1", "1")]);
    let failed = sandbox.run(&["install"]);
    let failed_json = sandbox.run(&["install", "--json"]);
    for told in [&ran, &failed, &failed_json] {
        let text = told.to_string();
        assert!(!text.contains(SECRET), "{text}");
    }
    assert_snapshot!(failed, @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_FORBIDDEN]: http://127.0.0.1:PORT/chain-1 refuses access (403): no *** no
      help: your account may lack the right to this package, or a proxy forbids it
    ");
    assert!(!sandbox.read("pkg.lock").contains(SECRET));
}

#[test]
fn the_wrong_token_is_told_without_showing_it() {
    let options = ServerOptions {
        bearer: Some("another".to_owned()),
        ..ServerOptions::default()
    };
    let server = FixtureServer::start(options);
    let sandbox = served(&server, &[("greet", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_UNAUTHORIZED]: http://127.0.0.1:PORT/greet asks for authentication (401): who are you?
      help: no credentials are configured for this address: log in, or set `//host/:_authToken` in your user's .npmrc
    ");
    let address = server.address();
    sandbox.set_user_settings(&format!(
        "registry=http://{address}/\n//{address}/:_authToken={SECRET}\n"
    ));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_UNAUTHORIZED]: http://127.0.0.1:PORT/greet asks for authentication (401): who are you?
      help: the credentials for this registry were refused: log in again
    ");
    sandbox.set_user_settings(&format!(
        "registry=http://{address}/\n//{address}/:_authToken=${{TOKEN}}\n"
    ));
    let ran = sandbox.pkg(&["install"]).env("TOKEN", "another").run();
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn a_projects_own_settings_cannot_move_the_store_or_send_a_variable_away() {
    let (server, thief) = (server(), server());
    let sandbox = served(&server, &[("greet", "1")]);
    let stolen = format!(
        "store-dir=../stolen\n@theirs:registry={}\n//{}/:_authToken=${{SECRET}}\n",
        thief.url(),
        thief.address()
    );
    sandbox.write(".npmrc", stolen);
    sandbox.set_dependencies(&[("greet", "1"), ("@theirs/thing", "1")]);
    thief.publish("@theirs/thing", "1.0.0", json!({}), &[]);
    let ran = sandbox.pkg(&["install"]).env("SECRET", SECRET).run();
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
    + @theirs/thing 1.0.0
    + greet 1.2.3
      2 packages added  isolated · [TIME]
    ----- stderr
    warning: `//127.0.0.1:PORT/:_authToken` in [SANDBOX]/project/.npmrc is ignored: a project's file must not read variables of the environment into credentials
    warning: a project may not set `store-dir` (in `[SANDBOX]/project/.npmrc`): put it into your own settings
    ");
    assert!(!sandbox.has("../stolen") && sandbox.pkg_home("store").is_dir());
    let asked = thief.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.header("authorization").is_none()),
        "{asked:?}"
    );
    assert!(!ran.to_string().contains(SECRET), "{ran}");
}

#[test]
fn what_a_registry_says_cannot_command_the_terminal() {
    let server = server();
    let deprecated =
        json!({"deprecated": "\u{1b}[2J\u{1b}]0;title\u{7}gone\nwarning: forged\u{202e}"});
    server.publish("hostile", "1.0.0", deprecated, &[]);
    let sandbox = served(&server, &[("hostile", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @r"
    exit: 0
    ----- stdout
    + hostile 1.0.0
      1 package added  isolated · [TIME]
    ----- stderr
    warning: hostile@1.0.0 is deprecated: \u{1b}[2J\u{1b}]0;title\u{7}gone\nwarning: forged\u{202e}
    ");
    let body = "\u{1b}[31mred\u{1b}[0m\u{8}\u{8}".to_owned();
    server.fault("/greet", ALWAYS, Fault::Status { status: 500, body });
    sandbox.set_dependencies(&[("greet", "1")]);
    let ran = sandbox.run(&["install", "--color=always"]);
    assert!(!ran.stderr.contains("\u{1b}[31m"), "{ran}");
}

#[test]
fn a_package_that_is_another_than_it_says_is_refused() {
    let server = server();
    server.publish("honest", "1.0.0", json!({}), &[]);
    server.publish("liar", "1.0.0", json!({}), &[]);
    let mut dist = serde_json::Value::Null;
    server.edit_packument("liar", |packument| {
        dist = packument["versions"]["1.0.0"]["dist"].clone();
    });
    server.edit_packument("honest", |packument| {
        packument["versions"]["1.0.0"]["dist"] = dist;
    });
    let sandbox = served(&server, &[("honest", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_TARBALL_MANIFEST_MISMATCH]: `honest@1.0.0` was expected, but the package calls itself `liar@1.0.0`
      help: the lockfile or the registry names a tarball of another package: check where it comes from
    ");
    assert_eq!(sandbox.tree(""), "package.json\n");
}

#[test]
fn a_lockfile_cannot_send_the_token_to_another_host() {
    let options = ServerOptions {
        bearer: Some(SECRET.to_owned()),
        ..ServerOptions::default()
    };
    let (private, thief) = (FixtureServer::start(options), server());
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    let settings = format!(
        "registry={}\n//{}/:_authToken={SECRET}\nfetch-retries=0\n",
        private.url(),
        private.address()
    );
    sandbox.set_user_settings(&settings);
    sandbox.install(&["--lockfile-only"]);
    let tarball = format!(
        "\"tarball\":\"{}greet/-/greet-1.2.3.tgz\",\"integrity\"",
        thief.url()
    );
    let lockfile = sandbox.read("pkg.lock").replace("\"integrity\"", &tarball);
    sandbox.write("pkg.lock", lockfile);
    let ran = sandbox.run(&["install", "--frozen-lockfile"]);
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
      1 package added  isolated · [TIME]
    ");
    let asked = thief.requests();
    assert!(
        asked
            .iter()
            .all(|request| request.header("authorization").is_none()),
        "{asked:?}"
    );
}

#[test]
fn hostile_names_in_a_lockfile_leave_the_project_alone() {
    let sandbox = Sandbox::with_dependencies(&[("colour-mix", "1")]);
    sandbox.install(&["--lockfile-only"]);
    let lockfile = sandbox.read("pkg.lock");
    let hostile = [
        ("colour-name@1.1.1", "../../evil@1.1.1"),
        ("colour-name@1.1.1", "colour-name@../../evil"),
        ("\"colour-name\":\"1.1.1\"", "\"../../../evil\":\"1.1.1\""),
        ("\"importers\": {\n\".\"", "\"importers\": {\n\"../evil\""),
    ];
    for (from, to) in hostile {
        let changed = lockfile.replace(from, to);
        assert_ne!(changed, lockfile, "{from}");
        sandbox.write("pkg.lock", changed);
        let ran = sandbox.run(&["install", "--frozen-lockfile"]);
        assert_eq!(ran.code, 1, "{to}: {ran}");
        assert!(
            !sandbox.has("node_modules") && !sandbox.has("../evil"),
            "{to}"
        );
    }
}

#[test]
fn what_is_odd_about_the_settings_is_told_when_the_install_fails_too() {
    let sandbox = Sandbox::with_dependencies(&[("no-such-package", "1")]);
    sandbox.write(".npmrc", "store-dir=../stolen\n");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    warning: a project may not set `store-dir` (in `[SANDBOX]/project/.npmrc`): put it into your own settings
    error[ERR_PKG_NOT_FOUND]: `no-such-package` cannot be had: there is none in `[PACKAGES]/`
      wanted by the project
      help: check the name, and which registry is asked; a private package looks like this without credentials
    ");
    let is_told = |ran: &str| ran.matches("a project may not set `store-dir`").count();
    assert_eq!(is_told(&sandbox.run(&["add", "no-such-package"]).stderr), 1);
    let ran = sandbox.run(&["install", "--json"]);
    assert_eq!(
        ran.json()["warnings"][0]["code"],
        "WARN_PKG_SETTING_REFUSED"
    );
    assert_eq!(is_told(&ran.stdout), 1);
    let ran = sandbox.run(&["install", "--reporter", "ndjson"]);
    assert_eq!(is_told(&ran.stdout), 1, "{ran}");
    // Nor is it told twice where the install succeeds.
    sandbox.set_dependencies(&[("greet", "1")]);
    assert_eq!(is_told(&sandbox.install(&["--json"]).stdout), 1);
}
