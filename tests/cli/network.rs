//! Servers that fail, and servers that are not asked for what is known.

use std::net::TcpListener;

use insta::assert_snapshot;
use pkg_registry_fixtures::{Fault, FixtureServer};
use serde_json::json;

use crate::support::{ALWAYS, GREET, Sandbox, served, server};

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
      help: run the command again. If it stays so, a proxy or a mirror in between changes answers
    ");
    assert_snapshot!(install_with_fault("/greet", Fault::Body(b"{\"versions\": {".to_vec())), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_CORRUPT]: the answer of http://127.0.0.1:PORT/greet is unusable: the registry's answer is no packument: EOF while parsing an object at line 1 column 14
      help: run the command again. If it stays so, a proxy or a mirror in between changes answers
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
    error[ERR_PKG_TARBALL_INTEGRITY]: `greet@1.2.3` has integrity `sha512-[HASH]`, expected `sha512-[HASH]`
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
    error[ERR_PKG_TARBALL_INTEGRITY]: `greet@1.2.3` has integrity `sha512-[HASH]`, expected `sha512-[HASH]`
      help: the download was changed or damaged, or the recorded hash is of another file: nothing was stored
    ");
    assert_snapshot!(install_with_fault(GREET, Fault::Truncate), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_FETCH_FAILED]: cannot fetch http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz: the connection broke: end of file before message length reached (1 try)
      help: the network or the server is unsteady; what was fetched is kept, so run again
    ");
}

/// NET-23.
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

/// NET-21.
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

/// NET-24.
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
fn a_tarball_can_be_named_by_its_address() {
    let server = server();
    let address = format!("{}greet/-/greet-1.2.3.tgz", server.url());
    let sandbox = served(&server, &[("hello", &address)]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + hello http://127.0.0.1:PORT/greet/-/greet-1.2.3.tgz
      1 package added  isolated · [TIME]
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

/// PKU-25: a version of which the registry does not say when it was published is never old enough.
#[test]
fn a_version_without_a_time_of_publishing_is_refused() {
    let server = server();
    server.publish("undated", "1.0.0", json!({}), &[]);
    server.edit_packument("undated", |packument| {
        packument.as_object_mut().unwrap().remove("time");
        packument.as_object_mut().unwrap().remove("modified");
    });
    let sandbox = Sandbox::with_dependencies(&[("undated", "1")]);
    sandbox.use_server(&server);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_PUBLISH_TIME]: no version of `undated` that matches `1` has a time of publishing, so none is known to be old enough
      wanted by the project
      help: its registry does not tell them; name the package in `minimum-release-age-exclude`, or set `minimum-release-age=0`, if you trust it
    ");
    sandbox.install(&["--config.minimum-release-age=0"]);
}

#[test]
fn a_name_that_the_cache_knows_is_suggested() {
    let server = server();
    let sandbox = Sandbox::with_dependencies(&[("letter-case", "1")]);
    sandbox.use_server(&server);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("leter-case", "1")]);
    sandbox.remove("pkg.lock");
    let ran = sandbox.run(&["install"]).to_string();
    assert!(ran.contains("help: did you mean `letter-case`?"), "{ran}");
}

/// What a registry said before it had newer versions.
fn earlier_document(server: &FixtureServer) -> Vec<u8> {
    let tarball = format!("{}greet/-/greet-1.0.0.tgz", server.url());
    let version = json!({"name": "greet", "version": "1.0.0", "dist": {"tarball": tarball}});
    let document = json!({
        "name": "greet",
        "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": version},
        "time": {"1.0.0": "2020-01-01T00:00:00.000Z"}
    });
    serde_json::to_vec(&document).unwrap()
}

#[test]
fn a_version_that_was_published_since_the_cache_was_filled_is_found() {
    let server = server();
    for arguments in [&["install"][..], &["add", "greet@1.2.3"]] {
        let sandbox = served(&server, &[("greet", "^1.0.0")]);
        server.fault("/greet", 1, Fault::FreshBody(earlier_document(&server)));
        sandbox.install(&[]);
        assert!(sandbox.read("pkg.lock").contains("greet@1.0.0"));
        // By what the registry said, the document is good for some minutes.
        sandbox.remove("pkg.lock");
        let before = server.count("/greet");
        sandbox.install(&[]);
        assert_eq!(server.count("/greet"), before);
        if arguments == ["install"] {
            sandbox.set_dependencies(&[("greet", "^1.2.0")]);
        }
        let ran = sandbox.run(arguments);
        assert_eq!(ran.code, 0, "{ran}");
        assert!(
            sandbox
                .read("node_modules/greet/package.json")
                .contains("\"1.2.3\""),
            "{ran}"
        );
        // A version that nobody has is asked about once more, not for ever.
        let before = server.count("/greet");
        let missing = sandbox.run(&["add", "greet@^99"]);
        assert!(
            missing.stderr.contains("ERR_PKG_NO_MATCHING_VERSION"),
            "{missing}"
        );
        assert!(server.count("/greet") <= before + 2);
    }
}
