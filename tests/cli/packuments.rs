//! What a hostile or broken packument leads to: a refusal that names it, or an install that it did not touch.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Sandbox, server};

/// Installs `subject` in this range after its packument was edited, and says how that ended in a line or two.
fn install(range: &str, edit: impl FnOnce(&mut Value)) -> String {
    let server = server();
    for version in ["1.0.0", "1.1.0"] {
        server.publish("subject", version, json!({}), &[("index.js", "")]);
    }
    server.edit_packument("subject", edit);
    let sandbox = Sandbox::with_dependencies(&[("subject", range)]);
    sandbox.use_server(&server);
    let ran = sandbox.run(&["install"]);
    if ran.code == 0 {
        let manifest: Value =
            serde_json::from_str(&sandbox.read("node_modules/subject/package.json")).unwrap();
        return format!("installed {}", manifest["version"]);
    }
    assert_eq!(ran.code, 1, "{ran}");
    assert_eq!(sandbox.tree(""), "package.json\n");
    let lines = ran.stderr.lines().take(2).collect::<Vec<_>>();
    lines.join("\n")
}

/// Sets a field of the version 1.1.0.
fn newest(field: &str, value: Value) -> impl FnOnce(&mut Value) {
    move |packument| packument["versions"]["1.1.0"][field] = value
}

/// PKU-04, PKU-05, PKU-06, PKU-24.
#[test]
fn a_version_that_is_none_is_passed_by_or_refused() {
    let named_otherwise = || newest("version", json!("9.9.9"));
    assert_snapshot!(install("^1.0.0", named_otherwise()), @"");
    assert_snapshot!(install("1.1.0", named_otherwise()), @"");
    let without_dist = |packument: &mut Value| {
        packument["versions"]["1.1.0"]
            .as_object_mut()
            .unwrap()
            .remove("dist");
    };
    assert_snapshot!(install("1.1.0", without_dist), @"");
    let dangling = |packument: &mut Value| packument["dist-tags"]["latest"] = json!("7.0.0");
    assert_snapshot!(install("^1.0.0", dangling), @"");
    assert_snapshot!(install("latest", dangling), @"");
    assert_snapshot!(install("^1.0.0", |packument| {
        let good = packument["versions"]["1.1.0"].clone();
        packument["versions"]["../../../x"] = good;
    }), @"");
}

/// PKU-07, PKU-09, PKU-10.
#[test]
fn a_dependency_that_cannot_be_one_is_refused_by_name() {
    let on = |name: &str, specifier: Value| newest("dependencies", json!({name: specifier}));
    let mut told = String::new();
    for name in [
        "../../x",
        ".bin",
        "node_modules",
        "@scope",
        "@s/../x",
        "a/b",
        "",
        "a ",
    ] {
        told.push_str(&install("1.1.0", on(name, json!("1"))));
        told.push('\n');
    }
    assert_snapshot!(told, @"");
    let mut told = String::new();
    for specifier in [json!(42), json!(null), json!({}), json!([])] {
        told.push_str(&install("1.1.0", on("greet", specifier)));
        told.push('\n');
    }
    assert_snapshot!(told, @"");
    let mut told = String::new();
    for specifier in [
        "git+ssh://git@h.example.test/a.git",
        "https://h.example.test/a.tgz",
        "file:../a",
        "link:../a",
        "workspace:*",
        "other:1",
    ] {
        told.push_str(&install("1.1.0", on("greet", json!(specifier))));
        told.push('\n');
    }
    assert_snapshot!(told, @"");
}

/// PKU-14, PKU-15, PKU-17.
#[test]
fn a_hash_that_is_missing_or_unusable_is_seen() {
    let dist = |change: fn(&mut Value)| {
        move |packument: &mut Value| change(&mut packument["versions"]["1.1.0"]["dist"])
    };
    assert_snapshot!(install("1.1.0", dist(|dist| {
        dist.as_object_mut().unwrap().remove("integrity");
    })), @"");
    assert_snapshot!(install("1.1.0", dist(|dist| {
        dist.as_object_mut().unwrap().remove("integrity");
        dist.as_object_mut().unwrap().remove("shasum");
    })), @"");
    let mut told = String::new();
    for integrity in ["", "md5-AAAA", "sha512-short", "sha512-!!!", "none"] {
        told.push_str(&install("1.1.0", |packument| {
            packument["versions"]["1.1.0"]["dist"]["integrity"] = json!(integrity);
        }));
        told.push('\n');
    }
    assert_snapshot!(told, @"");
}

/// PKU-25.
#[test]
fn a_version_without_a_publish_time_is_not_old_enough() {
    let timeless = |packument: &mut Value| {
        packument["time"].as_object_mut().unwrap().remove("1.1.0");
        packument["modified"] = json!("2999-01-01T00:00:00.000Z");
        packument["time"]["modified"] = json!("2999-01-01T00:00:00.000Z");
    };
    assert_snapshot!(install("1.1.0", timeless), @"");
    assert_snapshot!(install("^1.0.0", timeless), @"");
}

/// PKU-27.
#[test]
fn fields_of_wrong_types_stop_nothing() {
    let mut told = String::new();
    for (field, value) in [
        ("bin", json!(7)),
        ("bin", json!({"x": 1})),
        ("engines", json!("node")),
        ("os", json!(3)),
        ("cpu", json!({})),
        ("scripts", json!("x")),
        ("peerDependenciesMeta", json!([])),
        ("deprecated", json!({})),
        ("dependencies", json!("greet")),
    ] {
        told.push_str(&format!(
            "{field}: {}\n",
            install("1.1.0", newest(field, value))
        ));
    }
    assert_snapshot!(told, @"");
}
