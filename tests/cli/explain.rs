//! `pkg explain`: choices and conflicts as chains.

use insta::assert_snapshot;
use pkg_registry_fixtures::FixtureServer;
use serde_json::json;

use crate::support::{Sandbox, served, server};

/// `tool` 1 needs `core` 1, `tool` 2 needs `core` 2, and `old` needs `core` 1 for ever.
fn publish(server: &FixtureServer) {
    for version in ["1.0.0", "1.1.0", "1.2.0", "2.0.0", "2.1.0", "3.0.0-rc.1"] {
        server.publish("core", version, json!({}), &[]);
    }
    for (name, version, range) in [
        ("tool", "1.0.0", "^1.0.0"),
        ("tool", "1.1.0", "~1.1.0"),
        ("tool", "2.0.0", "^2.0.0"),
        ("old", "1.0.0", "<1.2.0"),
        ("old", "1.1.0", "<1.2.0"),
    ] {
        server.publish(name, version, json!({"dependencies": {"core": range}}), &[]);
    }
    server.publish(
        "user",
        "1.0.0",
        json!({"dependencies": {"old": "1.0.0"}}),
        &[],
    );
    server.tag("core", "latest", "2.1.0");
}

fn project(server: &FixtureServer) -> Sandbox {
    publish(server);
    let sandbox = served(
        server,
        &[("tool", "1.0.0"), ("user", "1"), ("core", "^1.0.0")],
    );
    sandbox.write(".npmrc", "");
    let ran = sandbox.pkg(&["install"]).run();
    assert_eq!(ran.code, 0, "{ran}");
    sandbox
}

#[test]
fn a_choice_is_a_chain_of_who_asks_and_what_all_accept() {
    let server = server();
    let sandbox = project(&server);
    let ran = sandbox.run(&["explain", "core"]);
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
    core  1.1.0, 1.2.0

    Asked for by
      app         ^1.0.0: has 1.2.0
      tool@1.0.0  ^1.0.0: has 1.2.0
        app > tool@1.0.0
      old@1.0.0   <1.2.0: has 1.1.0
        app > user@1.0.0 > old@1.0.0

    All of them accept 2 versions of 6 published; the newest is 1.1.0

    In the way of 2.1.0 (latest)
      app asks for ^1.0.0: `pkg add core@^2.1.0`
      tool@1.0.0 asks for ^1.0.0: tool@2.0.0 is the first that asks for ^2.0.0
      old@1.0.0 asks for <1.2.0: no newer version of it accepts 2.1.0
    ");
    // It is known from the install: nothing is asked.
    server.forget_requests();
    let offline = sandbox.run(&["explain", "core", "--offline"]);
    assert_eq!((offline, server.requests()), (ran, vec![]));
}

#[test]
fn a_range_asks_what_stands_in_its_way() {
    let server = server();
    let sandbox = project(&server);
    assert_snapshot!(sandbox.run(&["explain", "core@1.2"]), @"
    exit: 0
    ----- stdout
    core  1.1.0, 1.2.0

    Asked for by
      app         ^1.0.0: has 1.2.0
      tool@1.0.0  ^1.0.0: has 1.2.0
        app > tool@1.0.0
      old@1.0.0   <1.2.0: has 1.1.0
        app > user@1.0.0 > old@1.0.0

    All of them accept 2 versions of 6 published; the newest is 1.1.0

    In the way of 1.2.0
      old@1.0.0 asks for <1.2.0: no newer version of it accepts 1.2.0
    ");
    let json = sandbox.run(&["explain", "core@1.2", "--json"]).json();
    assert_eq!(json[0]["target"]["version"], "1.2.0");
    assert_eq!(json[0]["target"]["blockers"][0]["by"], "old@1.0.0");
    assert_eq!(
        json[0]["target"]["blockers"][0]["unlock"]["kind"],
        "nothing"
    );
    let unknown = sandbox.run(&["explain", "cor"]);
    assert_eq!(
        (unknown.code, unknown.error_code()),
        (1, Some("ERR_PKG_NOT_INSTALLED"))
    );
}
