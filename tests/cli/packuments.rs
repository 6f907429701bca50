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
    assert_snapshot!(install("^1.0.0", named_otherwise()), @"
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its document says version `9.9.9`
      wanted by the project
    ");
    assert_snapshot!(install("1.1.0", named_otherwise()), @"
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its document says version `9.9.9`
      wanted by the project
    ");
    let without_dist = |packument: &mut Value| {
        packument["versions"]["1.1.0"]
            .as_object_mut()
            .unwrap()
            .remove("dist");
    };
    assert_snapshot!(install("1.1.0", without_dist), @"
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: it has no tarball
      wanted by the project
    ");
    let dangling = |packument: &mut Value| packument["dist-tags"]["latest"] = json!("7.0.0");
    assert_snapshot!(install("^1.0.0", dangling), @r#"
    installed "1.1.0"
    "#);
    assert_snapshot!(install("latest", dangling), @"
    error[ERR_PKG_NO_MATCHING_VERSION]: no version of `subject` matches `latest`
      wanted by the project
    ");
    assert_snapshot!(install("^1.0.0", |packument| {
        let good = packument["versions"]["1.1.0"].clone();
        packument["versions"]["../../../x"] = good;
    }), @r#"
    installed "1.1.0"
    "#);
}

/// Makes the version 1.1.0 depend on something.
fn on(name: &str, specifier: &Value) -> impl FnOnce(&mut Value) {
    newest("dependencies", json!({name: specifier}))
}

/// PKU-07.
#[test]
fn a_dependency_that_has_no_name_is_refused() {
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
        told.push_str(&install("1.1.0", on(name, &json!("1"))));
        told.push('\n');
    }
    assert_snapshot!(told, @"
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `../../x` that cannot be: it starts with a dot
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `.bin` that cannot be: it starts with a dot
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `node_modules` that cannot be: it is reserved
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `@scope` that cannot be: a scope needs a name after it
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `@s/../x` that cannot be: it starts with a dot
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `a/b` that cannot be: it holds characters that are not safe in a URL
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `` that cannot be: a part of it is empty
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `a ` that cannot be: it holds characters that are not safe in a URL
      wanted by the project
    ");
}

/// PKU-09, PKU-10.
#[test]
fn a_dependency_on_something_else_than_a_version_is_refused() {
    let mut told = String::new();
    for specifier in [json!(42), json!(null), json!({}), json!([])] {
        told.push_str(&install("1.1.0", on("greet", &specifier)));
        told.push('\n');
    }
    assert_snapshot!(told, @"
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `greet` that cannot be: its specifier is a number, not a text
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `greet` that cannot be: its specifier is null, not a text
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `greet` that cannot be: its specifier is an object, not a text
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` has an entry `greet` that cannot be: its specifier is a list, not a text
      wanted by the project
    ");
    let mut told = String::new();
    for specifier in [
        "git+ssh://git@h.example.test/a.git",
        "https://h.example.test/a.tgz",
        "file:../a",
        "link:../a",
        "workspace:*",
        "other:1",
    ] {
        told.push_str(&install("1.1.0", on("greet", &json!(specifier))));
        told.push('\n');
    }
    assert_snapshot!(told, @"
    error[ERR_PKG_EXOTIC_DEPENDENCY]: a package may not depend on `greet` by `git+ssh://git@h.example.test/a.git`
      wanted by the project > subject@1.1.0
    error[ERR_PKG_EXOTIC_DEPENDENCY]: a package may not depend on `greet` by `https://h.example.test/a.tgz`
      wanted by the project > subject@1.1.0
    error[ERR_PKG_EXOTIC_DEPENDENCY]: a package may not depend on `greet` by `file:../a`
      wanted by the project > subject@1.1.0
    error[ERR_PKG_EXOTIC_DEPENDENCY]: a package may not depend on `greet` by `link:../a`
      wanted by the project > subject@1.1.0
    error[ERR_PKG_EXOTIC_DEPENDENCY]: a package may not depend on `greet` by `workspace:*`
      wanted by the project > subject@1.1.0
    error[ERR_PKG_INVALID_DEPENDENCY]: `other:1` is no specifier for `greet`: `other:1` has a protocol that is not supported
      wanted by the project > subject@1.1.0
    ");
}

/// PKU-14, PKU-15, PKU-17. A version without any hash is taken on first use, and its hash is written down.
#[test]
fn a_hash_that_is_missing_or_unusable_is_seen() {
    let dist = |change: fn(&mut Value)| {
        move |packument: &mut Value| change(&mut packument["versions"]["1.1.0"]["dist"])
    };
    assert_snapshot!(install("1.1.0", dist(|dist| {
        dist.as_object_mut().unwrap().remove("integrity");
    })), @r#"
    installed "1.1.0"
    "#);
    assert_snapshot!(install("1.1.0", dist(|dist| {
        dist.as_object_mut().unwrap().remove("integrity");
        dist.as_object_mut().unwrap().remove("shasum");
    })), @r#"
    installed "1.1.0"
    "#);
    let mut told = String::new();
    for integrity in ["", "md5-AAAA", "sha512-short", "sha512-!!!", "none"] {
        told.push_str(&install("1.1.0", |packument| {
            packument["versions"]["1.1.0"]["dist"]["integrity"] = json!(integrity);
        }));
        told.push('\n');
    }
    assert_snapshot!(told, @"
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: `` is not a usable integrity: it names no algorithm that is known
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: `md5-AAAA` is not a usable integrity: it names no algorithm that is known
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: `sha512-short` is not a usable integrity: its base64 is broken
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: `sha512-!!!` is not a usable integrity: its base64 is broken
      wanted by the project
    error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: `none` is not a usable integrity: a hash is written `algorithm-base64`
      wanted by the project
    ");
}

/// PKU-25. npm's picker takes such a version for old enough; here what nobody can tell the age of has none.
#[test]
fn a_version_without_a_publish_time_is_never_old_enough() {
    let timeless = |packument: &mut Value| {
        packument["time"].as_object_mut().unwrap().remove("1.1.0");
        packument["modified"] = json!("2999-01-01T00:00:00.000Z");
        packument["time"]["modified"] = json!("2999-01-01T00:00:00.000Z");
    };
    assert_snapshot!(install("1.1.0", timeless), @"
    error[ERR_PKG_NO_PUBLISH_TIME]: no version of `subject` that matches `1.1.0` has a time of publishing, so none is known to be old enough
      wanted by the project
    ");
    assert_snapshot!(install("^1.0.0", timeless), @r#"installed "1.0.0""#);
}

/// PKU-27. Of dependencies that are no object nobody knows what was meant, so they are told.
#[test]
fn fields_of_wrong_types_stop_nothing_but_dependencies() {
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
    assert_snapshot!(told, @r#"
    bin: installed "1.1.0"
    bin: installed "1.1.0"
    engines: installed "1.1.0"
    os: installed "1.1.0"
    cpu: installed "1.1.0"
    scripts: installed "1.1.0"
    peerDependenciesMeta: installed "1.1.0"
    deprecated: installed "1.1.0"
    dependencies: error[ERR_PKG_BAD_VERSION]: `subject@1.1.0` cannot be used: its `dependencies` is a text, not an object
      wanted by the project
    "#);
}
