//! What the field learned the hard way about manifests, resolution, peers and trees: one fact a test.

use std::os::unix::fs::symlink;

use insta::assert_snapshot;
use pkg_registry_fixtures::{Fault, FixtureServer};
use serde_json::json;

use crate::support::{ALWAYS, Sandbox, served, server};

#[test]
fn an_empty_range_means_any_version() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "")]);
    sandbox.install(&[]);
    assert!(sandbox.has("node_modules/greet/package.json"));
    sandbox.install(&["--frozen-lockfile", "--force"]);
}

#[test]
fn a_pin_with_build_metadata_is_the_version_without_it() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1.2.3+build.7")]);
    sandbox.install(&[]);
    assert!(sandbox.read("pkg.lock").contains("\"greet@1.2.3\""));
    sandbox.install(&["--frozen-lockfile", "--force"]);
}

#[test]
fn a_peer_that_is_wanted_by_name_and_version_is_refused_or_told() {
    let odd = json!({"peerDependencies": {"greet": "greet@1.0.0"}});
    let sandbox = Sandbox::with_manifest(&odd);
    assert_snapshot!(sandbox.run(&["install"]), @r#"
    exit: 1
    ----- stderr
    error[ERR_PKG_INVALID_DEPENDENCY]: `greet@1.0.0` is no specifier for `greet`: `greet@1.0.0` is no version, range or tag
      wanted by the project
      help: write it as `"some-name": "^1.0.0"`
    "#);
    let server = server();
    server.publish("odd", "1.0.0", odd, &[]);
    let sandbox = served(&server, &[("odd", "1")]);
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    + odd 1.0.0
      1 package added  isolated · [TIME]
    ----- stderr
    warning: .: odd@1.0.0 misses its peer greet greet@1.0.0
    ");
}

#[test]
fn a_name_in_two_groups_is_what_dependencies_say() {
    let sandbox = Sandbox::with_manifest(&json!({
        "dependencies": {"greet": "1.1.0"},
        "devDependencies": {"greet": "1.2.3"}
    }));
    for flags in [&["install"][..], &["install", "--prod"]] {
        assert_eq!(sandbox.run(flags).code, 0);
        assert!(
            sandbox
                .read("node_modules/greet/package.json")
                .contains("1.1.0")
        );
    }
}

#[test]
fn a_package_that_bundles_everything_asks_the_registry_for_nothing_else() {
    let server = server();
    let dependencies = json!({"in-no-registry": "1"});
    let inner = r#"{"name": "in-no-registry", "version": "1.0.0"}"#;
    let path = "node_modules/in-no-registry/package.json";
    for (name, field) in [("all", json!(true)), ("named", json!(["in-no-registry"]))] {
        let fields = json!({"dependencies": dependencies, "bundleDependencies": field});
        server.publish(name, "1.0.0", fields, &[(path, inner)]);
    }
    server.publish("nothing", "1.0.0", json!({"bundleDependencies": []}), &[]);
    let sandbox = served(&server, &[("all", "1"), ("named", "1"), ("nothing", "1")]);
    sandbox.install(&[]);
    assert_eq!(server.count("/in-no-registry"), 0);
    for name in ["all", "named"] {
        assert!(
            sandbox.has(&format!("node_modules/{name}/{path}")),
            "{name}"
        );
    }
}

#[test]
fn odd_shapes_in_a_packument_do_not_hide_a_version() {
    let server = server();
    server.publish("odd", "1.0.0", json!({"engines": ["node >= 0.6"]}), &[]);
    server.edit_packument("odd", |packument| {
        let version = &mut packument["versions"]["1.0.0"];
        version["_npmUser"] = json!("a name");
        version["maintainers"] = json!({"name": 7});
        version["dist"]["unpackedSize"] = json!("12345");
        version["dist"]["fileCount"] = json!(-1);
        version["dist"]["signatures"] = json!(null);
        packument["maintainers"] = json!(false);
    });
    let sandbox = served(&server, &[("odd", "1")]);
    sandbox.install(&[]);
    let lockfile = sandbox.read("pkg.lock");
    assert!(
        lockfile.contains("odd@1.0.0") && !lockfile.contains("engines"),
        "{lockfile}"
    );
}

/// Takes the hashes of a published version away.
fn weaken(server: &FixtureServer, name: &str) {
    server.edit_packument(name, |packument| {
        let dist = &mut packument["versions"]["1.0.0"]["dist"];
        dist["integrity"].take();
        dist["shasum"].take();
    });
}

#[test]
fn a_hash_that_a_registry_does_not_tell_is_found_out_also_for_the_lockfile_only() {
    let server = server();
    server.publish("bare", "1.0.0", json!({}), &[]);
    weaken(&server, "bare");
    let sandbox = served(&server, &[("bare", "1")]);
    sandbox.install(&["--lockfile-only"]);
    assert!(sandbox.read("pkg.lock").contains("sha512-"));
    sandbox.install(&["--frozen-lockfile"]);
    assert!(sandbox.has("node_modules/bare/package.json"));
}

#[test]
fn a_registry_that_learns_a_stronger_hash_changes_no_lockfile() {
    let server = server();
    server.publish("bare", "1.0.0", json!({}), &[]);
    let mut strong = json!(null);
    server.edit_packument("bare", |packument| {
        strong = packument["versions"]["1.0.0"]["dist"]["integrity"].clone();
    });
    weaken(&server, "bare");
    let sandbox = served(&server, &[("bare", "1")]);
    sandbox.install(&[]);
    let lockfile = sandbox.read("pkg.lock");
    server.edit_packument("bare", |packument| {
        packument["versions"]["1.0.0"]["dist"]["integrity"] = strong;
    });
    std::fs::remove_dir_all(sandbox.pkg_home("")).unwrap();
    sandbox.remove("node_modules");
    sandbox.install(&["--frozen-lockfile"]);
    sandbox.set_dependencies(&[("bare", "1"), ("greet", "1")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("bare", "1")]);
    sandbox.install(&[]);
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}

#[test]
fn an_optional_package_that_is_gone_is_left_out_of_what_a_lockfile_has() {
    let server = server();
    server.publish("gone", "1.0.0", json!({}), &[]);
    let sandbox = Sandbox::with_manifest(&json!({
        "dependencies": {"greet": "1"}, "optionalDependencies": {"gone": "1"}
    }));
    sandbox.use_server(&server);
    sandbox.install(&["--lockfile-only"]);
    let lockfile = sandbox.read("pkg.lock");
    let missing = || Fault::Status {
        status: 404,
        body: "no".to_owned(),
    };
    server.fault("/gone", ALWAYS, missing());
    server.fault("/gone/*", ALWAYS, missing());
    sandbox.install(&["--frozen-lockfile"]);
    assert!(sandbox.has("node_modules/greet") && !sandbox.has("node_modules/gone"));
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}

/// Folders of folders cannot be had yet.
#[test]
fn a_folder_that_asks_for_another_folder_is_told_by_name() {
    let sandbox = Sandbox::with_dependencies(&[("outer", "file:./libraries/outer")]);
    let outer =
        json!({"name": "outer", "version": "1.0.0", "dependencies": {"inner": "file:../inner"}});
    sandbox.write("libraries/outer/package.json", outer.to_string());
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_EXOTIC_DEPENDENCY]: a package may not depend on `inner` by `file:../inner`
      wanted by the project > outer@file:libraries/outer
      help: packages may depend on packages of a registry only; override this dependency
    ");
}

/// `plugin` may use `host` and `tool`; `tool` is there for development only.
fn with_optional_peers(server: &FixtureServer) -> Sandbox {
    let meta = json!({"host": {"optional": true}, "tool": {"optional": true}});
    let fields =
        json!({"peerDependencies": {"host": "1", "tool": "1"}, "peerDependenciesMeta": meta});
    server.publish("plugin", "1.0.0", fields, &[]);
    server.publish("host", "1.0.0", json!({}), &[]);
    server.publish("tool", "1.0.0", json!({}), &[]);
    let sandbox = Sandbox::with_manifest(&json!({
        "dependencies": {"plugin": "1", "host": "1"}, "devDependencies": {"tool": "1"}
    }));
    sandbox.use_server(server);
    sandbox.install(&["--lockfile-only"]);
    // The rest is asked of the lockfile and of tarballs only.
    sandbox.install(&["--frozen-lockfile"]);
    sandbox.remove("node_modules");
    sandbox
}

#[test]
fn an_own_dependency_that_is_an_optional_peer_too_stays_in_production() {
    let server = server();
    let sandbox = with_optional_peers(&server);
    sandbox.install(&["--prod", "--offline"]);
    assert!(sandbox.has("node_modules/host/package.json"));
}

#[test]
fn a_tool_for_development_that_is_an_optional_peer_too_is_not_there_in_production() {
    let server = server();
    let sandbox = with_optional_peers(&server);
    for layout in ["isolated", "flat", "nested"] {
        sandbox.install(&["--prod", "--offline", "--layout", layout]);
        let tree = sandbox.tree("node_modules");
        assert!(!tree.contains("/tool/package.json"), "{tree}");
        assert!(!tree.contains("node_modules/tool "), "{tree}");
        assert!(sandbox.has("node_modules/host/package.json"), "{tree}");
    }
    sandbox.install(&["--no-optional", "--layout", "isolated"]);
    let tree = sandbox.tree("node_modules");
    // What is there anyway is a peer's to use, whatever may be missing.
    assert!(tree.contains("_tool@1.0.0/node_modules/tool ->"), "{tree}");
}

#[test]
fn a_name_and_its_alias_in_one_manifest_do_not_take_turns() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "^1.0.0"), ("hello", "npm:greet@1.1.0")]);
    sandbox.install(&[]);
    let lockfile = sandbox.read("pkg.lock");
    for _ in 0..3 {
        sandbox.remove("node_modules");
        sandbox.install(&[]);
        sandbox.run(&["install", "--force"]);
        assert_eq!(sandbox.read("pkg.lock"), lockfile);
    }
    sandbox.remove("pkg.lock");
    sandbox.install(&[]);
    assert_eq!(sandbox.read("pkg.lock"), lockfile);
}

#[test]
fn a_scope_that_is_a_link_is_replaced_and_nothing_behind_it_touched() {
    let sandbox = Sandbox::with_dependencies(&[("@fixture/greet", "*")]);
    sandbox.write("../elsewhere/greet/kept", "kept");
    sandbox.write("../elsewhere/other", "kept");
    std::fs::create_dir(sandbox.path("node_modules")).unwrap();
    symlink(
        sandbox.beside("elsewhere"),
        sandbox.path("node_modules/@fixture"),
    )
    .unwrap();
    let before = sandbox.tree_with_contents("../elsewhere");
    sandbox.install(&[]);
    assert!(!sandbox.path("node_modules/@fixture").is_symlink());
    assert!(sandbox.has("node_modules/@fixture/greet/package.json"));
    assert_eq!(sandbox.tree_with_contents("../elsewhere"), before);
}

#[test]
fn another_store_or_another_registry_is_seen_by_the_install_that_has_nothing_to_do() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    assert_eq!(sandbox.install(&[]).stdout, "Already up to date  [TIME]\n");
    let settings = std::fs::read_to_string(sandbox.beside("home/.npmrc")).unwrap();
    let other = sandbox.beside("other-store");
    sandbox.set_user_settings(&format!("{settings}store-dir={}\n", other.display()));
    sandbox.install(&[]);
    assert!(other.join("v1").is_dir());
    assert_eq!(sandbox.install(&[]).stdout, "Already up to date  [TIME]\n");
}

#[test]
fn an_edit_within_the_same_moment_is_seen_and_a_touched_file_is_no_change() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1.1.0")]);
    sandbox.install(&[]);
    let manifest = sandbox.path("package.json");
    let time = manifest.metadata().unwrap().modified().unwrap();
    sandbox.set_dependencies(&[("greet", "1.2.3")]);
    let file = std::fs::File::options()
        .write(true)
        .open(&manifest)
        .unwrap();
    file.set_modified(time).unwrap();
    sandbox.install(&[]);
    assert!(
        sandbox
            .read("node_modules/greet/package.json")
            .contains("1.2.3")
    );
    file.set_modified(time + std::time::Duration::from_secs(5))
        .unwrap();
    assert_eq!(sandbox.install(&[]).stdout, "Already up to date  [TIME]\n");
}
