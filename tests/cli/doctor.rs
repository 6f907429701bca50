//! `pkg doctor`: what is wrong with this machine, and what to do.

use pkg_registry_fixtures::{FixtureServer, ServerOptions};
use serde_json::{Value, json};

use crate::support::{Ran, Sandbox, served, server};

/// What was found of one thing: its health and its message.
fn found(ran: &Ran, topic: &str) -> (String, String) {
    let findings = ran.json()["findings"].clone();
    let all: Vec<Value> = findings.as_array().unwrap().clone();
    let finding = all.iter().find(|finding| finding["topic"] == topic);
    let finding = finding.unwrap_or_else(|| panic!("{topic}: {ran}"));
    let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let is_well = finding["health"] == "ok";
    assert_eq!(is_well, finding["help"].is_null(), "{finding}");
    (text("health"), text("message"))
}

fn health(ran: &Ran, topic: &str) -> String {
    found(ran, topic).0
}

#[test]
fn a_machine_that_is_well_is_told_so_line_by_line() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    let ran = sandbox.run(&["doctor"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{ran}");
    for line in [
        "ok    settings  nothing odd\n",
        "ok    lockfile  pkg.lock is whole: 1 packages\n",
        "ok    tree      what is installed is what pkg.lock says\n",
        "ok    proxy     none\n",
    ] {
        assert!(ran.stdout.contains(line), "{line}{ran}");
    }
    let json = sandbox.run(&["doctor", "--json"]);
    assert_eq!((json.code, &json.json()["ok"]), (0, &json!(true)));
    for topic in ["store", "registry", "node"] {
        assert_eq!(health(&json, topic), "ok", "{json}");
    }
    // What it tried is gone.
    let left: Vec<_> = std::fs::read_dir(sandbox.path("")).unwrap().collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_registry_is_asked_and_what_is_wrong_with_it_is_told() {
    let answers = server();
    let sandbox = served(&answers, &[]);
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(health(&ran, "registry"), "ok", "{ran}");
    assert_eq!(answers.requests().len(), 1);
    let ran = sandbox.run(&["doctor", "--json", "--offline"]);
    assert_eq!(
        (health(&ran, "registry").as_str(), answers.requests().len()),
        ("warn", 1)
    );

    let private = FixtureServer::start(ServerOptions {
        bearer: Some("token".to_owned()),
        ..ServerOptions::default()
    });
    sandbox.use_server(&private);
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(
        (ran.code, health(&ran, "registry").as_str()),
        (1, "bad"),
        "{ran}"
    );
    sandbox.set_registry("http://127.0.0.1:1/");
    let ran = sandbox.run(&["doctor"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("bad   registry  cannot fetch http://127.0.0.1:PORT/"),
        "{ran}"
    );
    sandbox.set_registry("file:nowhere");
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(
        (ran.code, health(&ran, "registry").as_str()),
        (1, "bad"),
        "{ran}"
    );
}

#[test]
fn what_is_wrong_with_the_machine_is_told_with_what_to_do() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app", "engines": {"node": ">=999"}}));
    let ran = sandbox.run(&["doctor", "--json"]);
    for (topic, wanted) in [("node", "warn"), ("lockfile", "warn"), ("tree", "warn")] {
        assert_eq!(health(&ran, topic), wanted, "{topic}: {ran}");
    }
    let ran = sandbox
        .pkg(&["doctor", "--json"])
        .env("PATH", "/nowhere")
        .run();
    assert_eq!((ran.code, health(&ran, "node").as_str()), (1, "bad"));
    assert_eq!(health(&ran, "git"), "warn");
    sandbox.write("pkg.lock", "{");
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!((ran.code, health(&ran, "lockfile").as_str()), (1, "bad"));
    // Others may write to the store.
    let store = sandbox.beside("store");
    std::fs::create_dir(&store).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(&store, open).unwrap();
    let ran = sandbox.run(&["doctor", "--json", "--store-dir", store.to_str().unwrap()]);
    assert_eq!(
        (ran.code, health(&ran, "store").as_str()),
        (1, "bad"),
        "{ran}"
    );
}

#[test]
fn settings_and_proxies_are_looked_at_and_show_no_secret() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    sandbox.set_user_settings(
        "registry=file:x\nhttps-proxy=http://me:hidden@127.0.0.1:9/\nnoproxy=.corp\n",
    );
    sandbox.write(".npmrc", "store-dir=x\n");
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(health(&ran, "settings"), "warn");
    let (health, message) = found(&ran, "proxy");
    assert_eq!(health, "ok");
    assert!(
        message.contains("none for .corp") && !ran.to_string().contains("hidden"),
        "{ran}"
    );
    sandbox.write(".npmrc", "offline=perhaps\n");
    let ran = sandbox.run(&["doctor"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .starts_with("bad   settings  `perhaps` is no value"),
        "{ran}"
    );
}

#[test]
fn outside_of_a_project_the_machine_is_looked_at() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["doctor", "--json"]);
    assert_eq!(
        found(&ran, "project"),
        ("ok".to_owned(), "there is none here".to_owned())
    );
}
