//! What the field learned the hard way: one fact a test.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Sandbox, served, server};

#[test]
fn a_protocol_of_another_manager_is_refused_by_name() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "patch:greet@npm:1#./greet.patch")]);
    assert_snapshot!(sandbox.run(&["install"]), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `patch:greet@npm:1#./greet.patch` is no specifier for `greet`: `patch:greet@npm:1#./greet.patch` has a protocol that is not supported
      wanted by the project
      help: write it as `"some-name": "^1.0.0"`
    "#);
}

#[test]
fn an_empty_bin_declares_no_command_and_a_path_with_dots_stays_inside() {
    let server = server();
    server.publish("none", "1.0.0", json!({"bin": ""}), &[]);
    let fields = json!({"bin": {"up": "../../up.js"}});
    server.publish(
        "dots",
        "1.0.0",
        fields,
        &[("up.js", "#!/usr/bin/env node\nconsole.log('inside')\n")],
    );
    let sandbox = served(&server, &[("none", "1"), ("dots", "1")]);
    sandbox.install(&[]);
    assert_eq!(sandbox.tree("node_modules/.bin").lines().count(), 1);
    sandbox.set_manifest(
        &json!({"dependencies": {"none": "1", "dots": "1"}, "scripts": {"up": "up"}}),
    );
    let ran = sandbox.run(&["run", "up"]).to_string();
    assert!(ran.contains("inside"), "{ran}");
}

/// `latest` may be a prerelease: what was just locked holds.
#[test]
fn a_lockfile_with_a_prerelease_that_is_latest_is_not_outdated() {
    let server = server();
    server.publish("early", "1.0.0-beta.1", json!({}), &[]);
    let sandbox = served(&server, &[("early", "*")]);
    sandbox.install(&[]);
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile"]);
    assert!(sandbox.read("pkg.lock").contains("early@1.0.0-beta.1"));
}

#[test]
fn a_range_that_becomes_stable_leaves_the_prerelease() {
    let server = server();
    server.publish("early", "1.0.0-beta.1", json!({}), &[]);
    server.publish("early", "1.0.0", json!({}), &[]);
    let sandbox = served(&server, &[("early", "1.0.0-beta.1")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("early", "^1.0.0")]);
    sandbox.install(&[]);
    assert!(sandbox.read("pkg.lock").contains("\"early@1.0.0\""));
}

#[test]
fn a_lockfile_with_a_byte_order_mark_and_dos_line_ends_is_followed() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&["--lockfile-only"]);
    let text = sandbox.read("pkg.lock").replace('\n', "\r\n");
    sandbox.write("pkg.lock", format!("\u{feff}{text}"));
    let before = sandbox.read("pkg.lock");
    sandbox.install(&["--frozen-lockfile"]);
    assert_eq!(sandbox.read("pkg.lock"), before);
}

#[test]
fn what_is_left_out_of_the_tree_stays_in_the_lockfile() {
    let sandbox = Sandbox::with_manifest(&json!({
        "dependencies": {"greet": "1"},
        "devDependencies": {"letter-case": "1"},
        "optionalDependencies": {"colour-name": "1"}
    }));
    sandbox.install(&["--lockfile-only"]);
    let all = sandbox.read("pkg.lock");
    for flags in [
        &["--prod"][..],
        &["--dev"],
        &["--no-optional"],
        &["--prod", "--no-optional"],
    ] {
        sandbox.remove("pkg.lock");
        sandbox.install(flags);
        assert_eq!(sandbox.read("pkg.lock"), all, "{flags:?}");
    }
}

/// As build systems link it: it is read through the link, and what the link leads to is left alone.
#[cfg(unix)]
#[test]
fn a_lockfile_that_is_a_link_is_read() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1.1.0")]);
    sandbox.install(&["--lockfile-only"]);
    let text = sandbox.read("pkg.lock");
    sandbox.write("elsewhere/pkg.lock", &text);
    sandbox.remove("pkg.lock");
    std::os::unix::fs::symlink("elsewhere/pkg.lock", sandbox.path("pkg.lock")).unwrap();
    sandbox.install(&["--frozen-lockfile"]);
    assert!(sandbox.path("pkg.lock").is_symlink());
    sandbox.set_dependencies(&[("greet", "1.2.0")]);
    sandbox.run(&["install"]);
    assert_eq!(sandbox.read("elsewhere/pkg.lock"), text);
}

#[test]
fn a_text_of_deprecation_that_changed_is_no_difference() {
    let server = server();
    server.publish("old", "1.0.0", json!({"deprecated": "use new"}), &[]);
    let sandbox = served(&server, &[("old", "1")]);
    sandbox.install(&[]);
    server.edit_packument("old", |packument| {
        packument["versions"]["1.0.0"]["deprecated"] = json!("use newer");
    });
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile"]);
}

#[test]
fn preinstall_of_the_project_comes_before_everything() {
    let server = server();
    let sandbox = served(&server, &[]);
    sandbox.set_manifest(&json!({
        "name": "app",
        "dependencies": {"no-such-package": "1"},
        "scripts": {"preinstall": "echo first > first"}
    }));
    assert_eq!(sandbox.run(&["install"]).code, 1);
    assert!(sandbox.has("first"));
}
