//! Who decides about scripts, and for how long a decision holds.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{append_user_settings, failed, publish};
use crate::support::{Repository, Sandbox, served, server};

/// SCR-01.
#[test]
fn scr_01_unapproved_scripts_are_listed_and_fail_a_strict_install() {
    let sandbox = Sandbox::with_dependencies(&[("script-three", "1")]);
    let ran = sandbox.install(&[]);
    assert!(
        ran.stdout
            .contains("install scripts were not run: script-three@1.0.0"),
        "{ran}"
    );
    assert!(ran.stdout.contains("pkg approve-builds"), "{ran}");
    append_user_settings(&sandbox, "strict-dep-builds=true\n");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_UNREVIEWED_BUILDS]: install scripts that nobody approved: script-three@1.0.0
      help: look at them and decide: `pkg approve-builds`, or `pkg approve-builds '!NAME'` to deny
    ");
    let ran = sandbox.run(&["approve-builds", "!script-three"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(
        !ran.stdout.contains("not run"),
        "a denied one is not told of: {ran}"
    );
    // It is the user's to be stricter, and not the project's to be less so.
    sandbox.write(".npmrc", "strict-dep-builds=false\nsandbox=off\n");
    sandbox.remove("pkg-builds.json");
    let ran = sandbox.run(&["install"]);
    assert_eq!(failed(&ran).0, "ERR_PKG_UNREVIEWED_BUILDS");
    let ran = sandbox.install(&["--ignore-scripts"]);
    assert!(
        ran.stderr.contains("a project may not set `sandbox`"),
        "{ran}"
    );
}

/// SCR-02 and edge case 91.
#[test]
fn scr_02_a_gyp_file_alone_waits_for_an_approval_too() {
    let server = server();
    server.publish("addon", "1.0.0", json!({}), &[("binding.gyp", "{}")]);
    server.publish(
        "no-addon",
        "1.0.0",
        json!({"gypfile": false}),
        &[("binding.gyp", "{}")],
    );
    let sandbox = served(&server, &[("addon", "1"), ("no-addon", "1")]);
    sandbox.install(&[]);
    assert!(!sandbox.has("node_modules/addon/build"));
    assert_snapshot!(sandbox.run(&["approve-builds", "--list"]), @"
    exit: 0
    ----- stdout
    addon@1.0.0  new
      install  node-gyp rebuild  (implied by binding.gyp)
      files    binding.gyp
    ");
}

/// SCR-03: a commit is approved by all of its id, and until then nothing of it runs, nor is it prepared.
#[test]
fn scr_03_a_repository_is_approved_by_its_commit() {
    let sandbox = Sandbox::new();
    let lib = Repository::new(&sandbox, "lib");
    let commit = |version: &str| {
        let scripts = json!({"prepare": "touch prepared", "install": "touch installed"});
        let manifest = json!({"name": "lib", "version": version, "scripts": scripts});
        lib.write("package.json", &manifest.to_string());
        format!("lib@git+file:../lib#{}", lib.commit_all(version))
    };
    let has = |mark: &str| sandbox.has(&format!("node_modules/lib/{mark}"));
    let first = commit("1.0.0");
    sandbox.set_dependencies(&[("lib", "git+file:../lib")]);
    let ran = sandbox.install(&[]);
    let waiting = format!("install scripts were not run: {first}");
    assert!(ran.stdout.contains(&waiting), "{ran}");
    assert!(!has("prepared") && !has("installed"));
    let (code, _) = failed(&sandbox.run(&["approve-builds", "lib"]));
    assert_eq!(code, "ERR_PKG_NO_BUILD", "the name is a registry's");
    let ran = sandbox.run(&["approve-builds", &first]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(has("installed") && has("prepared"));
    let second = commit("1.1.0");
    let ran = sandbox.run(&["update", "lib"]);
    let waiting = format!("install scripts were not run: {second}");
    assert!(ran.stdout.contains(&waiting), "{ran}");
    assert!(!has("installed") && !has("prepared"));
}

/// SCR-04.
#[test]
fn scr_04_an_approval_for_a_registrys_package_is_for_no_other_of_that_name() {
    let server = server();
    publish(
        &server,
        "probe",
        "1.0.0",
        "require('fs').writeFileSync('ran', '')",
    );
    let sandbox = served(&server, &[("probe", "1")]);
    sandbox.install(&[]);
    let ran = sandbox.run(&["approve-builds", "probe"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(sandbox.has("node_modules/probe/ran"));
    sandbox.write("local/probe.js", "require('fs').writeFileSync('ran', '')");
    let manifest =
        json!({"name": "probe", "version": "1.0.0", "scripts": {"postinstall": "node probe.js"}});
    sandbox.write("local/package.json", manifest.to_string());
    sandbox.set_dependencies(&[("probe", "file:./local")]);
    let ran = sandbox.install(&[]);
    assert!(
        ran.stdout
            .contains("install scripts were not run: probe@file:local"),
        "{ran}"
    );
    assert!(!sandbox.has("node_modules/probe/ran"));
    let ran = sandbox.run(&["approve-builds", "probe@file:local"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(sandbox.has("node_modules/probe/ran"));
    assert!(
        !sandbox.has("local/ran"),
        "the folder itself is not built in"
    );
}

#[test]
fn an_approval_holds_for_a_version_with_the_same_scripts_and_not_for_others() {
    let server = server();
    let program = |value: u8| {
        format!("const a = 1;\nconst b = {value};\nrequire('fs').writeFileSync('ran', '')\n")
    };
    publish(&server, "probe", "1.0.0", &program(2));
    let fields = json!({"scripts": {"postinstall": "node probe.js"}});
    let files = [("probe.js", &*program(2)), ("index.js", "other")];
    server.publish("probe", "1.1.0", fields, &files);
    publish(&server, "probe", "2.0.0", &program(3));
    let sandbox = served(&server, &[("probe", "1.0.0")]);
    sandbox.install(&[]);
    assert_eq!(sandbox.run(&["approve-builds", "probe"]).code, 0);
    sandbox.set_dependencies(&[("probe", "1.1.0")]);
    let ran = sandbox.install(&[]);
    assert!(ran.stdout.contains("1 built"), "{ran}");
    assert!(sandbox.has("node_modules/probe/ran"));
    sandbox.set_dependencies(&[("probe", "2.0.0")]);
    assert_snapshot!(sandbox.install(&[]), @"
    exit: 0
    ----- stdout
    ~ probe 1.1.0 → 2.0.0
      1 package added, 1 package removed  isolated · [TIME]
      install scripts were not run: probe@2.0.0
        look at them and decide: `pkg approve-builds`
        other scripts than those that you approved: probe@2.0.0
    ");
    assert!(!sandbox.has("node_modules/probe/ran"));
    assert_snapshot!(sandbox.run(&["approve-builds"]), @"
    exit: 1
    ----- stdout
    probe@2.0.0  changed
      postinstall  node probe.js
      files        probe.js
      since they were approved:
        @ probe.js
          const a = 1;
        - const b = 2;
        + const b = 3;
          require('fs').writeFileSync('ran', '')
    ----- stderr
    error[ERR_PKG_NO_TERMINAL]: there is no terminal to ask on
      help: name the packages: `pkg approve-builds NAME`, `'!NAME'` to deny one, or `--all`
    ");
    assert_eq!(sandbox.run(&["approve-builds", "probe"]).code, 0);
    assert!(sandbox.has("node_modules/probe/ran"));
}

#[test]
fn what_is_decided_stands_in_the_project_and_can_be_taken_back() {
    let sandbox = Sandbox::with_dependencies(&[("script-post", "1"), ("script-fails", "1")]);
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["approve-builds", "script-post", "!script-fails", "--no-install"]), @"
    exit: 0
    ----- stderr
    script-post@1.1.0  new
      postinstall  node note.js
      files        note.js
    approved: script-post
    denied: script-fails
    written to pkg-builds.json: commit it with the project
    ");
    let written: Value = serde_json::from_str(&sandbox.read("pkg-builds.json")).unwrap();
    assert_eq!(written["denied"], json!(["script-fails"]));
    assert_eq!(
        written["approved"]["script-post"][0]["scripts"],
        json!({"postinstall": "node note.js"})
    );
    let ran = sandbox.install(&[]);
    assert!(ran.stdout.contains("1 built"), "{ran}");
    let built = sandbox.tree_with_contents("node_modules/script-post/");
    let ran = sandbox.run(&["approve-builds", "!script-post"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_ne!(
        sandbox.tree_with_contents("node_modules/script-post/"),
        built,
        "as it was packed"
    );
}

#[test]
fn a_name_that_has_no_scripts_is_told_with_those_that_have() {
    let sandbox = Sandbox::with_dependencies(&[("script-post", "1"), ("greet", "1")]);
    assert_eq!(
        failed(&sandbox.run(&["approve-builds"])).0,
        "ERR_PKG_NOT_INSTALLED"
    );
    sandbox.install(&[]);
    assert_snapshot!(sandbox.run(&["approve-builds", "greet"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_BUILD]: `greet` is no package with install scripts here
      help: there are `script-post`
    ");
    assert_snapshot!(sandbox.run(&["approve-builds", "script-post", "--grant", "everything"]), @"
    exit: 2
    ----- stderr
    error[ERR_PKG_USAGE]: `everything` is no value for `--grant <GRANT>`: `everything` is nothing that can be granted
      help: `pkg approve-builds --help` shows what it takes
    ");
    sandbox.write("pkg-builds.json", "{\"aproved\": {}}");
    assert_eq!(failed(&sandbox.run(&["install"])).0, "ERR_PKG_BUILDS_FILE");
}

#[test]
fn scripts_are_ignored_where_that_is_asked_for() {
    let sandbox = Sandbox::with_dependencies(&[("script-post", "1")]);
    sandbox.install(&[]);
    let packed = sandbox.tree_with_contents("node_modules");
    assert_eq!(
        sandbox
            .run(&["approve-builds", "script-post", "--no-install"])
            .code,
        0
    );
    sandbox.remove("node_modules");
    sandbox.install(&["--ignore-scripts"]);
    assert_eq!(
        sandbox.tree_with_contents("node_modules").len(),
        packed.len()
    );
    let ran = sandbox.install(&[]);
    assert!(ran.stdout.contains("1 built"), "{ran}");
}
