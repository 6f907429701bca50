//! Changes of a project that somebody else changes at the same time.

use std::time::Duration;

use insta::assert_snapshot;
use pkg_registry_fixtures::Fault;
use serde_json::json;

use crate::support::{ALWAYS, GREET, Sandbox, server, wait_until};

#[test]
fn what_somebody_writes_meanwhile_stays_and_is_added_to() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let server = server();
    sandbox.use_server(&server);
    // The tarball comes late; meanwhile somebody writes.
    server.fault(GREET, ALWAYS, Fault::Delay(Duration::from_secs(1)));
    let child = sandbox.pkg(&["add", "greet@1.2.3"]).spawn();
    wait_until("the tarball is asked for", || server.count(GREET) > 0);
    sandbox.write("package.json", "{\"name\": \"other\"}\n");
    let ran = sandbox.finish(child);
    assert_eq!(ran.code, 0, "{ran}");
    assert_snapshot!(sandbox.read("package.json"), @r#"{"name": "other", "dependencies": {"greet": "1.2.3"}}"#);
    sandbox.install(&["--frozen-lockfile"]);
}

#[test]
fn a_manifest_that_breaks_meanwhile_is_left_alone() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let server = server();
    sandbox.use_server(&server);
    server.fault(GREET, ALWAYS, Fault::Delay(Duration::from_secs(1)));
    let child = sandbox.pkg(&["add", "greet@1.2.3"]).spawn();
    wait_until("the tarball is asked for", || server.count(GREET) > 0);
    sandbox.write("package.json", "{\"name\": ");
    let ran = sandbox.finish(child);
    assert_eq!(ran.error_code(), Some("ERR_PKG_MANIFEST_JSON"), "{ran}");
    assert_eq!(sandbox.read("package.json"), "{\"name\": ");
    assert!(!sandbox.has("pkg.lock"));
}

/// CON-04.
#[test]
fn of_several_changes_at_once_none_is_lost() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let packages = ["greet", "number-list", "colour-name", "number-chart"];
    let children = packages.map(|package| sandbox.pkg(&["add", package]).spawn());
    for child in children {
        let ran = sandbox.finish(child);
        assert_eq!(ran.code, 0, "{ran}");
    }
    let manifest = sandbox.read("package.json");
    for package in packages {
        assert!(manifest.contains(&format!("\"{package}\"")), "{manifest}");
        assert!(sandbox.has(&format!("node_modules/{package}/package.json")));
    }
    sandbox.install(&["--frozen-lockfile"]);
    let verified = sandbox.run(&["verify"]);
    assert_eq!(verified.code, 0, "{verified}");
}
