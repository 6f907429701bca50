//! Servers that fail, installs at once, installs that are killed, and what is sent to whom.

use std::{net::TcpListener, process::Command};

use insta::assert_snapshot;
use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};
use serde_json::json;

use crate::support::{Sandbox, wait_until};

/// For as long as a test needs it.
const ALWAYS: u32 = u32::MAX;
const GREET: &str = "/greet/-/greet-1.2.3.tgz";
const SECRET: &str = "a-token-of-the-user";

fn server() -> FixtureServer {
    FixtureServer::start(ServerOptions::default())
}

/// A project that takes its packages from a server.
fn served(server: &FixtureServer, dependencies: &[(&str, &str)]) -> Sandbox {
    let sandbox = Sandbox::with_dependencies(dependencies);
    sandbox.use_server(server);
    sandbox
}

#[test]
fn a_server_and_a_folder_give_the_same_tree_and_lockfile() {
    let server = server();
    let dependencies = [
        ("tiny-http-app", "1"),
        ("native-pick", "1"),
        ("plug-two", "1"),
    ];
    let sandbox = served(&server, &dependencies);
    sandbox.install(&[]);
    let from_folder = Sandbox::with_dependencies(&dependencies);
    from_folder.install(&[]);
    assert_eq!(
        sandbox.tree_with_contents(""),
        from_folder.tree_with_contents("")
    );
    assert!(
        server.counts().values().all(|count| *count == 1),
        "{:?}",
        server.counts()
    );
}

#[test]
fn a_registry_that_is_down_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.set_user_settings(&format!("registry=http://{address}/\nfetch-retries=0\n"));
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_FAILED]: cannot fetch http://127.0.0.1:PORT/greet: cannot connect: Connection refused (os error 111) (1 try)
      help: check the network, the proxy and the registry's address; `--offline` uses what is on this machine
    ");
    assert_eq!(sandbox.tree(""), "package.json\n");
    let server = server();
    sandbox.use_server(&server);
    sandbox.install(&[]);
}

/// Installs `greet` while a path misbehaves, and again when it behaves.
fn install_with_fault(path: &str, fault: Fault) -> String {
    let server = server();
    let sandbox = served(&server, &[("greet", "1")]);
    server.fault(path, ALWAYS, fault);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(sandbox.tree(""), "package.json\n");
    server.clear_faults();
    sandbox.install(&[]);
    assert!(sandbox.has("node_modules/greet/package.json"));
    ran.to_string()
}

#[test]
fn a_packument_that_is_none_is_refused() {
    let status = |status, body: &str| Fault::Status {
        status,
        body: body.to_owned(),
    };
    assert_snapshot!(install_with_fault("/greet", Fault::Html), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_NOT_JSON]: http://127.0.0.1:PORT/greet is not JSON but text/html: <!DOCTYPE html><title>Sign in</title>
      help: a proxy or a login page may stand between you and the registry
    ");
    assert_snapshot!(install_with_fault("/greet", Fault::Body(b"{\"name\": \"other\"}".to_vec())), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_CORRUPT]: the answer of http://127.0.0.1:PORT/greet is unusable: asked for `greet`, it describes `other`
    ");
    assert_snapshot!(install_with_fault("/greet", Fault::Body(b"{\"versions\": {".to_vec())), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_CORRUPT]: the answer of http://127.0.0.1:PORT/greet is unusable: the registry's answer is no packument: EOF while parsing an object at line 1 column 14
    ");
    assert_snapshot!(install_with_fault("/greet", status(503, "busy")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_FAILED]: cannot fetch http://127.0.0.1:PORT/greet: the server answered 503 (1 try)
      help: the server has trouble: run again later
    ");
    assert_snapshot!(install_with_fault("/greet", status(401, "who are you")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_UNAUTHORIZED]: http://127.0.0.1:PORT/greet asks for authentication (401): who are you
      help: no credentials are configured for this address: log in, or set `//host/:_authToken` in your user's .npmrc
    ");
    assert_snapshot!(install_with_fault("/greet", status(404, "{}")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `greet` cannot be had: http://127.0.0.1:PORT/greet answered 404
      wanted by the project
      help: check the name, and which registry is asked; a private package looks like this without credentials
    ");
    assert_snapshot!(install_with_fault("/greet", Fault::Close), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_FAILED]: cannot fetch http://127.0.0.1:PORT/greet: the connection broke: connection closed before message completed (1 try)
      help: the network or the server is unsteady; what was fetched is kept, so run again
    ");
    assert_snapshot!(install_with_fault("/greet", Fault::Truncate), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_FAILED]: cannot fetch http://127.0.0.1:PORT/greet: the connection broke: end of file before message length reached (1 try)
      help: the network or the server is unsteady; what was fetched is kept, so run again
    ");
}

#[test]
fn a_tarball_that_is_none_is_refused() {
    let status = |status, body: &str| Fault::Status {
        status,
        body: body.to_owned(),
    };
    assert_snapshot!(install_with_fault(GREET, Fault::Body(b"other bytes".to_vec())), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_TARBALL_INTEGRITY]: `greet@1.2.3` has integrity `sha512-YQlUpVedr81Cqp/g2YQ8+WZG8/4AZ0WlacTY8C70fYz4YWEnQOo/0IPecsiibzYlnWpYyHwpKa4av9YZR8/T4w==`, expected `sha512-yjBkLs8Qne+EGp5saJXe0GcRkJf9OV8qcWoiBxfoOJeQutmTw0FPA97MQWrha8OBYpMf63+vlqUUxVSjPLb5kA==`
      help: the download was changed or damaged, or the recorded hash is of another file: nothing was stored
    ");
    assert_snapshot!(install_with_fault(GREET, status(404, "gone")), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: the tarball http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz is not in the registry: http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz answered 404: gone
      help: check the name; a private package also looks like this without credentials
    ");
    assert_snapshot!(install_with_fault(GREET, Fault::Html), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_TARBALL_INTEGRITY]: `greet@1.2.3` has integrity `sha512-w0BhSxcTXgMM0qTmtP6TGGw3MWiKuNwoH9d7mJjw6hNgeDWgDJEQ/SbSPzg9VyExQ9gs0CcJSPoByvAgZ0gDsg==`, expected `sha512-yjBkLs8Qne+EGp5saJXe0GcRkJf9OV8qcWoiBxfoOJeQutmTw0FPA97MQWrha8OBYpMf63+vlqUUxVSjPLb5kA==`
      help: the download was changed or damaged, or the recorded hash is of another file: nothing was stored
    ");
    assert_snapshot!(install_with_fault(GREET, Fault::Truncate), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_FAILED]: cannot fetch http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz: the connection broke: end of file before message length reached (1 try)
      help: the network or the server is unsteady; what was fetched is kept, so run again
    ");
}

#[test]
fn a_failure_leaves_the_old_lockfile_and_the_old_tree() {
    let server = server();
    let sandbox = served(&server, &[("greet", "1")]);
    sandbox.install(&[]);
    let before = (
        sandbox.tree_with_contents("node_modules"),
        sandbox.read("pkg.lock"),
    );
    sandbox.set_dependencies(&[("letter-case", "1"), ("colour-mix", "1")]);
    let path = "/letter-case/-/letter-case-1.1.0.tgz";
    server.fault(path, ALWAYS, Fault::Body(b"other bytes".to_vec()));
    assert_eq!(
        sandbox.run(&["install"]).error_code(),
        Some("ERR_PKG_TARBALL_INTEGRITY")
    );
    assert_eq!(
        (
            sandbox.tree_with_contents("node_modules"),
            sandbox.read("pkg.lock")
        ),
        before
    );
    server.clear_faults();
    sandbox.install(&[]);
    assert!(sandbox.has("node_modules/letter-case") && !sandbox.has("node_modules/greet"));
}

#[test]
fn a_bad_tarball_behind_a_cache_is_asked_for_once_more() {
    let server = server();
    let sandbox = served(&server, &[("greet", "1")]);
    server.fault(GREET, 1, Fault::Body(b"stale".to_vec()));
    sandbox.install(&[]);
    assert_eq!(server.count(GREET), 2);
}

#[test]
fn an_optional_package_that_cannot_be_had_is_left_out() {
    let server = server();
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "dependencies": {"greet": "1"}, "optionalDependencies": {"letter-case": "1"}
    }));
    sandbox.use_server(&server);
    server.fault(
        "/letter-case/-/*",
        ALWAYS,
        Fault::Status {
            status: 404,
            body: String::new(),
        },
    );
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + greet 1.2.3
    + letter-case 1.1.0
      1 package added  isolated · [TIME]
    ----- stderr
    warning: left out the optional `letter-case@1.1.0`: the tarball http://127.0.0.1:PORT/letter-case/-/letter-case-1.1.0.tgz is not in the registry: http://127.0.0.1:PORT/letter-case/-/letter-case-1.1.0.tgz answered 404
    ");
    assert!(!sandbox.has("node_modules/letter-case"));
}

#[test]
fn nothing_is_asked_for_that_is_known() {
    let server = server();
    let sandbox = served(&server, &[("tiny-http-app", "1")]);
    sandbox.install(&[]);
    server.forget_requests();
    sandbox.install(&[]);
    sandbox.remove("node_modules");
    sandbox.install(&[]);
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile"]);
    sandbox.remove("node_modules");
    sandbox.remove("pkg.lock");
    sandbox.install(&["--prefer-offline"]);
    assert_eq!(server.counts(), [].into());
    std::fs::remove_dir_all(sandbox.pkg_home("store")).unwrap();
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile"]);
    let asked = server.counts();
    assert!(
        !asked.is_empty() && asked.keys().all(|path| path.ends_with(".tgz")),
        "{asked:?}"
    );
}

#[test]
fn offline_without_the_tarball_is_an_error() {
    let server = server();
    let sandbox = served(&server, &[("greet", "1")]);
    sandbox.install(&["--lockfile-only"]);
    server.forget_requests();
    assert_snapshot!(sandbox.run(&["install", "--offline"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OFFLINE_MISSING]: the tarball http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz is not on this machine, and the network is switched off
      help: run once without `--offline`
    ");
    assert_eq!(server.counts(), [].into());
}

#[test]
fn events_come_a_line_each() {
    let server = server();
    let sandbox = served(&server, &[("greet", "1")]);
    let ran = sandbox.install(&["--reporter", "ndjson"]);
    assert!(ran.stdout.lines().count() > 0);
    for line in ran.stdout.lines() {
        assert!(
            serde_json::from_str::<serde_json::Value>(line).is_ok(),
            "{line}"
        );
    }
}

#[test]
fn two_installs_at_once_of_one_project_both_succeed() {
    let sandbox = Sandbox::with_dependencies(&[("tiny-http-app", "1"), ("bin-many", "1")]);
    let install = sandbox.pkg(&["install"]);
    let children = [install.spawn(), install.spawn()];
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{ran}");
    }
    let alone = Sandbox::with_dependencies(&[("tiny-http-app", "1"), ("bin-many", "1")]);
    alone.install(&[]);
    assert_eq!(sandbox.tree_with_contents(""), alone.tree_with_contents(""));
}

#[test]
fn eight_projects_fill_one_cold_store_at_once() {
    let server = server();
    let sandbox = served(&server, &[("tiny-http-app", "1"), ("colour-mix", "1")]);
    let manifest = sandbox.read("package.json");
    let folders: Vec<_> = (0..8)
        .map(|number| format!("../project-{number}"))
        .collect();
    let start = |folder: &String| {
        sandbox.write(&format!("{folder}/package.json"), &manifest);
        sandbox
            .pkg(&["install"])
            .in_folder(&sandbox.path(folder))
            .spawn()
    };
    let children: Vec<_> = folders.iter().map(start).collect();
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{ran}");
    }
    sandbox.install(&[]);
    let expected = sandbox.tree_with_contents("");
    for folder in folders {
        assert_eq!(sandbox.tree_with_contents(&folder), expected, "{folder}");
    }
    assert_eq!(sandbox.run(&["store", "verify"]).code, 0);
}

const KILLED: [(&str, &str); 3] = [
    ("tiny-http-app", "1"),
    ("many-files", "1"),
    ("bin-many", "1"),
];

/// The tree that an install makes which nobody disturbs.
fn undisturbed() -> String {
    let sandbox = Sandbox::with_dependencies(&KILLED);
    sandbox.install(&[]);
    sandbox.tree_with_contents("")
}

#[test]
fn an_install_that_is_killed_while_it_downloads_is_finished_by_the_next() {
    let expected = undisturbed();
    let paths = [
        "/tiny-http-app",
        "/many-files",
        "/tiny-router",
        "/many-files/-/*",
        "/tiny-body/-/*",
        "/bin-many/-/*",
    ];
    for path in paths {
        let server = server();
        let sandbox = served(&server, &KILLED);
        server.fault(path, 1, Fault::Stall);
        let mut child = sandbox.pkg(&["install"]).spawn();
        let start = path.trim_end_matches('*');
        wait_until("the path is asked for", || {
            server
                .counts()
                .keys()
                .any(|asked| asked == path || asked.starts_with(start) && path != start)
        });
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!sandbox.has("pkg.lock"), "{path}");
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), expected, "{path}");
        assert_eq!(sandbox.run(&["store", "verify"]).code, 0, "{path}");
    }
}

#[test]
fn an_install_that_is_killed_while_it_links_is_finished_by_the_next() {
    let expected = undisturbed();
    let sandbox = Sandbox::with_dependencies(&KILLED);
    let seen = [
        "node_modules/.pkg/tree",
        "node_modules/.pkg/many-files@1.0.0",
        "node_modules/.bin",
        "pkg.lock",
        "node_modules/.pkg/state",
    ];
    for path in seen {
        let mut child = sandbox.pkg(&["install"]).spawn();
        wait_until("the path is there", || sandbox.has(path));
        child.kill().unwrap();
        child.wait().unwrap();
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), expected, "{path}");
        sandbox.remove("node_modules");
        sandbox.remove("pkg.lock");
    }
}

#[test]
fn an_install_that_is_killed_in_a_script_runs_the_script_again() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"postinstall": "echo run >> runs && cat gate"},
        "dependencies": {"greet": "1"}
    }));
    assert!(
        Command::new("mkfifo")
            .arg(sandbox.path("gate"))
            .status()
            .unwrap()
            .success()
    );
    let mut child = sandbox.pkg(&["install"]).spawn();
    wait_until("the script runs", || sandbox.has("runs"));
    child.kill().unwrap();
    child.wait().unwrap();
    // The script that is left behind ends when its gate has been opened and closed.
    drop(
        std::fs::OpenOptions::new()
            .write(true)
            .open(sandbox.path("gate"))
            .unwrap(),
    );
    sandbox.remove("gate");
    sandbox.write("gate", "");
    sandbox.install(&[]);
    assert_eq!(sandbox.read("runs"), "run\nrun\n");
    assert_eq!(sandbox.install(&[]).stdout, "Already up to date  [TIME]\n");
}

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
        dist = packument["versions"]["1.0.0"]["dist"].clone()
    });
    server.edit_packument("honest", |packument| {
        packument["versions"]["1.0.0"]["dist"] = dist
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
fn a_tarball_can_be_named_by_its_address() {
    let server = server();
    let address = format!("{}greet/-/greet-1.2.3.tgz", server.url());
    let sandbox = served(&server, &[("hello", &address)]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + hello http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz
      1 package added, 1 from the store  isolated · [TIME]
    ");
    assert!(
        sandbox
            .read("node_modules/hello/package.json")
            .contains("1.2.3")
    );
    server.fault(GREET, ALWAYS, Fault::Body(b"other bytes".to_vec()));
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile", "--offline"]);
    sandbox.remove("node_modules");
    std::fs::remove_dir_all(sandbox.pkg_home("")).unwrap();
    let refused = sandbox.run(&["install", "--frozen-lockfile"]);
    assert_eq!(
        refused.error_code(),
        Some("ERR_PKG_TARBALL_INTEGRITY"),
        "{refused}"
    );
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
fn a_name_that_looks_like_a_known_one_is_suggested() {
    let server = server();
    server.publish(
        "typo",
        "1.0.0",
        json!({"dependencies": {"letter-csae": "1"}}),
        &[],
    );
    server.fault(
        "/letter-csae",
        ALWAYS,
        Fault::Status {
            status: 404,
            body: "gone".to_owned(),
        },
    );
    let sandbox = served(&server, &[("letter-case", "1"), ("typo", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: `letter-csae` cannot be had: http://127.0.0.1:PORT/letter-csae answered 404
      wanted by the project > typo@1.0.0
      help: did you mean `letter-case`?
    ");
}

#[test]
fn a_refusal_that_is_compressed_is_readable() {
    let server = server();
    server.edit_packument("greet", |packument| {
        packument["versions"]["9.0.0"] = json!({
            "name": "greet", "version": "9.0.0", "dist": {"tarball": "/nowhere/-/greet-9.0.0.tgz"}
        });
    });
    let sandbox = served(&server, &[("greet", "9.0.0")]);
    assert_snapshot!(sandbox.run(&["install"]), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_FOUND]: the tarball http://127.0.0.1:PORT/greet/-/greet-9.0.0.tgz is not in the registry: http://127.0.0.1:PORT/greet/-/greet-9.0.0.tgz answered 404: {\"error\":\"Not found\"}
      help: check the name; a private package also looks like this without credentials
    "#);
}

#[test]
fn what_a_killed_install_left_unfinished_is_swept() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let before = sandbox.tree_with_contents("");
    sandbox.write(".pkg-0123456789abcdef.tmp", "half");
    sandbox.write("node_modules/.pkg/.pkg-0123456789abcdef.tmp", "half");
    sandbox.install(&["--force"]);
    assert_eq!(sandbox.tree_with_contents(""), before);
}
