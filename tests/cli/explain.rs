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

/// Without a lockfile it is what an install would do.
#[test]
fn without_a_lockfile_the_choice_is_worked_out() {
    let server = server();
    publish(&server);
    let sandbox = served(
        &server,
        &[("tool", "1.0.0"), ("user", "1"), ("core", "^1.0.0")],
    );
    let ran = sandbox.run(&["explain", "core"]);
    assert_snapshot!(ran, @"
    exit: 0
    ----- stdout
    core  1.1.0, 1.2.0 (would be installed: pkg.lock does not say)

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
    assert!(!sandbox.has("pkg.lock") && !sandbox.has("node_modules"));
    assert_eq!(server.count("tgz"), 0);
    // What was asked is known now.
    let offline = sandbox.run(&["explain", "core", "--offline"]);
    assert_eq!(offline, ran);
    let json = sandbox.run(&["explain", "core", "--json"]).json();
    assert_eq!(json[0]["standing"], "expected");
    let unknown = sandbox.run(&["explain", "cor"]);
    assert_eq!(unknown.error_code(), Some("ERR_PKG_NOT_INSTALLED"));
}

/// A project in which `broken` asks for a version of `core` that nobody published.
fn conflicting(server: &FixtureServer) -> Sandbox {
    publish(server);
    for (name, version, manifest) in [
        (
            "broken",
            "1.0.0",
            json!({"dependencies": {"core": "^9.0.0"}}),
        ),
        (
            "broken",
            "1.1.0",
            json!({"dependencies": {"core": "^2.0.0"}}),
        ),
        (
            "peering",
            "1.0.0",
            json!({"peerDependencies": {"core": "2"}}),
        ),
    ] {
        server.publish(name, version, manifest, &[]);
    }
    let sandbox = served(
        server,
        &[
            ("tool", "1.0.0"),
            ("broken", "1.0.0"),
            ("peering", "1"),
            ("core", "^1.0.0"),
        ],
    );
    let installed = sandbox.run(&["install"]);
    assert_eq!(installed.error_code(), Some("ERR_PKG_NO_MATCHING_VERSION"));
    sandbox
}

/// A manifest that nothing can satisfy is explained, too.
#[test]
fn a_conflict_is_a_chain_of_who_asks_and_what_would_unlock_it() {
    let server = server();
    let sandbox = conflicting(&server);
    assert_snapshot!(sandbox.run(&["explain", "core"]), @"
    exit: 0
    ----- stdout
    core  1.2.0 (but the project cannot be installed)

    Asked for by
      app            ^1.0.0: has 1.2.0
      broken@1.0.0   ^9.0.0: no version of `core` matches `^9.0.0`
        app > broken@1.0.0
      peering@1.0.0  2 as a peer: has none yet, could have 2.1.0
        app > peering@1.0.0
      tool@1.0.0     ^1.0.0: has 1.2.0
        app > tool@1.0.0

    No version of 6 published is accepted by all of them

    In the way of 2.1.0 (latest)
      app asks for ^1.0.0: `pkg add core@^2.1.0`
      broken@1.0.0 asks for ^9.0.0: broken@1.1.0 is the first that asks for ^2.0.0
      tool@1.0.0 asks for ^1.0.0: tool@2.0.0 is the first that asks for ^2.0.0

    An install fails: no version of `core` matches `^9.0.0`
      wanted by the project > broken@1.0.0
      published 3.0.0-rc.1, 2.1.0 (latest), 2.0.0, 1.2.0, 1.1.0 and 1 more
    ");
    let json = sandbox.run(&["explain", "core", "--json"]).json();
    assert_eq!(json[0]["failure"]["code"], "ERR_PKG_NO_MATCHING_VERSION");
    assert_eq!(json[0]["target"]["blockers"][0]["by"], "app");
}

#[test]
fn in_a_project_with_a_conflict_other_packages_are_explained_as_far_as_they_are_known() {
    let server = server();
    let sandbox = conflicting(&server);
    assert_snapshot!(sandbox.run(&["explain", "tool"]), @"
    exit: 0
    ----- stdout
    tool  1.0.0 (but the project cannot be installed)

    Asked for by
      app  1.0.0: has 1.0.0

    It accepts 1 version of 3 published; the newest is 1.0.0

    In the way of 2.0.0 (latest)
      app asks for 1.0.0: `pkg add tool@^2.0.0`

    An install fails: no version of `core` matches `^9.0.0`
      wanted by the project > broken@1.0.0
      published 3.0.0-rc.1, 2.1.0 (latest), 2.0.0, 1.2.0, 1.1.0 and 1 more
    ");
    // Of what the project does not have, only why nothing can be installed.
    let other = sandbox.run(&["explain", "old"]);
    assert_eq!(other.error_code(), Some("ERR_PKG_NO_MATCHING_VERSION"));
}
