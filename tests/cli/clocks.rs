//! Group NET, case 26: a clock that is wrong lets nothing through.

use insta::assert_snapshot;
use pkg_registry_fixtures::{Fault, FixtureServer};
use serde_json::json;

use crate::support::{ALWAYS, Sandbox, served, server};

/// A registry at whose time this machine's clock is decades ahead; `young` 1.1.0 was published an hour before.
fn server_of_the_past() -> FixtureServer {
    let server = server();
    for version in ["1.0.0", "1.1.0"] {
        server.publish("young", version, json!({}), &[]);
    }
    server.edit_packument("young", |packument| {
        packument["time"] = json!({
            "1.0.0": "1994-10-01T00:00:00.000Z",
            "1.1.0": "1994-11-06T07:49:37.000Z",
            "modified": "1994-11-06T07:49:37.000Z",
        });
    });
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    let header = Fault::Header("date".to_owned(), date.to_owned());
    server.fault("/young", ALWAYS, header);
    server
}

/// What is told of the clocks, without the days.
fn told(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ran = sandbox.run(arguments);
    let days = |word: &str| match word.parse::<u64>() {
        Ok(count) if count > 10_000 => "[DAYS]".to_owned(),
        _ => word.to_owned(),
    };
    let lines = ran.stderr.lines().filter(|line| line.contains("clock"));
    let words = lines.map(|line| line.split(' ').map(days).collect::<Vec<_>>().join(" "));
    words.collect::<Vec<_>>().join("\n")
}

#[test]
fn net_26_the_release_age_goes_by_the_registrys_clock_where_ours_is_ahead() {
    let server = server_of_the_past();
    let sandbox = served(&server, &[("young", "1")]);
    let warning = "warning: this machine's clock is [DAYS] days ahead of the registry's: `minimum-release-age` goes by the registry's";
    assert_eq!(told(&sandbox, &["install"]), warning);
    assert!(sandbox.read("pkg.lock").contains("young@1.0.0"));
    // What is cached was had when the clocks stood like that.
    server.forget_requests();
    sandbox.remove("pkg.lock");
    for flags in [&["--prefer-offline"][..], &["--offline"]] {
        assert_eq!(told(&sandbox, &[&["install"], flags].concat()), warning);
        assert!(sandbox.read("pkg.lock").contains("young@1.0.0"));
        sandbox.remove("pkg.lock");
    }
    assert_eq!(server.requests(), vec![]);
    sandbox.install(&[]);
    assert_eq!(sandbox.run(&["outdated"]).code, 0);
    // A version that is asked for by name is as young.
    let exact = sandbox.run(&["add", "young@1.1.0"]);
    assert_eq!(exact.error_code(), Some("ERR_PKG_TOO_YOUNG"), "{exact}");
    sandbox.run(&["add", "--lockfile-only", "young@^1"]);
    assert!(sandbox.read("pkg.lock").contains("young@1.0.0"));
    // Where no age is asked for, clocks do not matter.
    let sandbox = served(&server, &[("young", "1")]);
    assert_eq!(
        told(&sandbox, &["install", "--config.minimum-release-age=0"]),
        ""
    );
    assert!(sandbox.read("pkg.lock").contains("young@1.1.0"));
}

#[test]
fn net_26_what_is_too_young_by_the_registrys_clock_is_refused() {
    let server = server_of_the_past();
    let sandbox = served(&server, &[("young", "1.1.0")]);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.error_code(), Some("ERR_PKG_TOO_YOUNG"), "{ran}");
    assert!(!sandbox.has("pkg.lock") && !sandbox.has("node_modules"));
    let explained = sandbox.run(&["explain", "young", "--json"]).json();
    assert_eq!(explained[0]["failure"]["code"], "ERR_PKG_TOO_YOUNG");
    assert_snapshot!(explained[0]["demands"][0]["failure"].as_str().unwrap(), @"every version of `young` that matches `1.1.0` is too young: 1.1.0");
}
