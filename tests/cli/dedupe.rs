//! `pkg dedupe`, `pkg prune`, `pkg link` and `pkg unlink`.

use insta::assert_snapshot;
use serde_json::json;

use crate::{
    change::told,
    support::{Sandbox, served, server},
};

/// A project that has one package twice, although one version would do.
fn twice() -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&[("number-list", "2.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("number-list", "2.0.0"), ("number-stats", "1.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("number-list", "2.1.0"), ("number-stats", "1.0.0")]);
    sandbox.install(&[]);
    sandbox
}

#[test]
fn dedupe_moves_a_range_to_a_version_that_is_there_already() {
    let sandbox = twice();
    let lockfile = sandbox.read("pkg.lock");
    assert_snapshot!(sandbox.run(&["dedupe", "--check"]), @"
    exit: 1
    ----- stdout
    ~ number-list 2.0.0 → 2.1.0  (for number-stats@1.0.0)
    ----- stderr
    error[ERR_PKG_DEDUPE_CHECK]: pkg.lock would change: packages that would go: 1, that would come: 0
      help: run `pkg dedupe`
    ");
    let dry = sandbox.run(&["dedupe", "--dry-run"]);
    assert_eq!(dry.code, 0, "{dry}");
    assert_eq!(sandbox.read("pkg.lock"), lockfile, "nothing was written");
    assert_snapshot!(sandbox.run(&["dedupe"]), @"
    exit: 0
    ----- stdout
    ~ number-list 2.0.0 → 2.1.0  (for number-stats@1.0.0)
      1 package removed  isolated · [TIME]
    ");
    assert_snapshot!(sandbox.run(&["dedupe", "--check"]), @"
    exit: 0
    ----- stdout
    Nothing to deduplicate  [TIME]
    ");
    assert_snapshot!(sandbox.run(&["install"]), @"
    exit: 0
    ----- stdout
    Already up to date  [TIME]
    ");
}

#[test]
fn dedupe_tells_programs_what_moves() {
    let sandbox = twice();
    let ran = sandbox.run(&["dedupe", "--check", "--json"]);
    assert_eq!(ran.code, 1, "{ran}");
    let told = ran.json();
    assert_eq!(told["ok"], false);
    assert_eq!(told["packagesRemoved"], json!(["number-list@2.0.0"]));
    assert_eq!(told["packagesAdded"], json!([]));
    assert_eq!(
        told["moves"],
        json!([{
            "dependent": "number-stats@1.0.0",
            "name": "number-list",
            "before": "number-list@2.0.0",
            "after": "number-list@2.1.0",
        }])
    );
    let ran = sandbox.run(&["dedupe", "--json"]);
    assert_eq!(
        (ran.code, &ran.json()["changed"]),
        (0, &json!(true)),
        "{ran}"
    );
    let ran = sandbox.run(&["dedupe", "--check", "--json"]);
    assert_eq!(
        (ran.code, &ran.json()["changed"]),
        (0, &json!(false)),
        "{ran}"
    );
}

#[test]
fn what_was_just_installed_has_nothing_to_deduplicate() {
    let sandbox = Sandbox::with_dependencies(&[
        ("number-chart", "*"),
        ("tiny-http-app", "*"),
        ("plug-set", "*"),
        ("ring-a", "*"),
        ("peer-ring-a", "*"),
        ("colour-mix", "*"),
        ("wide", "*"),
    ]);
    sandbox.install(&[]);
    let ran = sandbox.run(&["dedupe", "--check"]);
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn dedupe_works_offline_with_what_is_cached() {
    let server = server();
    let sandbox = served(&server, &[("number-list", "2.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("number-list", "2.0.0"), ("number-stats", "1.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("number-list", "2.1.0"), ("number-stats", "1.0.0")]);
    sandbox.install(&[]);
    drop(server);
    let ran = sandbox.run(&["dedupe", "--offline"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(!sandbox.read("pkg.lock").contains("number-list@2.0.0"));
}

#[test]
fn prune_takes_out_what_is_wanted_no_more() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "1.0.0", "number-list": "1.0.0"},
        "devDependencies": {"colour-name": "1.0.0"},
    }));
    sandbox.install(&[]);
    sandbox.set_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "1.0.0"},
        "devDependencies": {"colour-name": "1.0.0"},
    }));
    sandbox.write("node_modules/mine/index.js", "1");
    assert_snapshot!(sandbox.run(&["prune"]), @"
    exit: 0
    ----- stdout
    - number-list 1.0.0
      1 package removed  isolated · [TIME]
    ----- stderr
    warning: colour-name@1.0.0 is deprecated: use 1.1.0 or later: orange was missing
    ");
    assert!(!sandbox.has("node_modules/number-list"));
    assert!(sandbox.has("node_modules/colour-name"));
    assert!(!sandbox.read("pkg.lock").contains("number-list"));
    assert_snapshot!(sandbox.run(&["prune", "--prod"]), @"
    exit: 0
    ----- stdout
      1 package removed  isolated · [TIME]
    ");
    assert!(!sandbox.has("node_modules/colour-name"));
    assert!(sandbox.has("node_modules/greet"));
    assert!(
        sandbox.read("pkg.lock").contains("colour-name"),
        "the lockfile holds all groups"
    );
    assert!(
        sandbox.has("node_modules/mine/index.js"),
        "no install put it there"
    );
}

#[test]
fn prune_adds_nothing() {
    let sandbox = Sandbox::with_dependencies(&[("greet", "1.0.0")]);
    assert_snapshot!(sandbox.run(&["prune"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_LOCKFILE]: there is no pkg.lock to say what is wanted
      help: `pkg install` writes it
    ");
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("greet", "2.0.0")]);
    assert_snapshot!(sandbox.run(&["prune"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_OUTDATED_LOCKFILE]: package.json asks for `greet` at `2.0.0`, which pkg.lock does not have
      help: run `pkg install` first
    ");
}

#[test]
fn a_folder_is_linked_and_unlinked() {
    let sandbox = Sandbox::new();
    sandbox.set_manifest(&json!({"name": "app", "devDependencies": {"other": "link:./other"}}));
    sandbox.write(
        "../lib/package.json",
        r#"{"name": "lib", "version": "1.0.0"}"#,
    );
    sandbox.write("other/package.json", r#"{"name": "other"}"#);
    assert_snapshot!(told(&sandbox, &["link", "../lib"]), @r#"
    exit: 0
    ----- stdout
    + lib link:../lib
    + other link:other
      0 packages in place  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "devDependencies": {
        "other": "link:./other"
      },
      "dependencies": {
        "lib": "link:../lib"
      }
    }
    "#);
    assert!(sandbox.has("node_modules/lib/package.json"));
    assert_snapshot!(told(&sandbox, &["unlink", "lib"]), @r#"
    exit: 0
    ----- stdout
    - lib link:../lib
      0 packages in place  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "devDependencies": {
        "other": "link:./other"
      }
    }
    "#);
    assert!(!sandbox.has("node_modules/lib"));
    // A name without dots is a folder too, and never a package of the registry.
    assert_eq!(sandbox.run(&["ln", "other"]).code, 0);
    assert_snapshot!(told(&sandbox, &["unlink"]), @r#"
    exit: 0
    ----- stdout
    - other link:other
      0 packages in place  isolated · [TIME]
    ----- package.json
    {
      "name": "app"
    }
    "#);
}

#[test]
fn a_range_that_a_link_took_the_place_of_comes_back() {
    let sandbox = Sandbox::new();
    sandbox.set_manifest(&json!({"name": "app", "devDependencies": {"greet": "~1.0.0"}}));
    for folder in ["one", "two"] {
        let manifest = json!({"name": "greet", "version": "1.0.0"});
        sandbox.write(&format!("../{folder}/package.json"), manifest.to_string());
    }
    sandbox.install(&[]);
    let before = sandbox.read("package.json");
    assert_snapshot!(told(&sandbox, &["link", "../one"]), @r#"
    exit: 0
    ----- stdout
    ~ greet 1.0.1 → link:../one
      1 package removed  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "devDependencies": {
        "greet": "link:../one"
      },
      "pkg": {
        "linked": {
          "greet": "~1.0.0"
        }
      }
    }
    "#);
    // Another link takes the place of the link, not of what stood before both.
    assert_eq!(sandbox.run(&["link", "../two"]).code, 0);
    // It is remembered by the manifest alone.
    sandbox.remove("node_modules");
    assert_snapshot!(told(&sandbox, &["unlink"]), @r#"
    exit: 0
    ----- stdout
    ~ greet link:../two → 1.0.1
      1 package added, 1 from the store  isolated · [TIME]
    ----- package.json
    {
      "name": "app",
      "devDependencies": {
        "greet": "~1.0.0"
      }
    }
    "#);
    let compact = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(compact(&sandbox.read("package.json")), compact(&before));
    assert!(
        !sandbox
            .path("node_modules/greet/package.json")
            .canonicalize()
            .unwrap()
            .ends_with("two/package.json")
    );

    // What is added or removed meanwhile is what counts.
    assert_eq!(sandbox.run(&["link", "../one"]).code, 0);
    assert_eq!(sandbox.run(&["add", "greet@1"]).code, 0);
    assert!(!sandbox.read("package.json").contains("linked"));
    assert_eq!(sandbox.run(&["link", "../one"]).code, 0);
    assert_eq!(sandbox.run(&["remove", "greet"]).code, 0);
    assert_eq!(
        compact(&sandbox.read("package.json")),
        json!({"name": "app"})
    );
}

#[test]
fn what_cannot_be_linked_is_told() {
    let sandbox = Sandbox::new();
    sandbox.set_manifest(&json!({"name": "app"}));
    assert_snapshot!(sandbox.run(&["link"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_GLOBAL_LINKS]: nothing says which folder to link
      help: there is no list of packages for all projects: go to the project that is to use this one, and run `pkg link DIR` with this folder there
    ");
    assert_snapshot!(sandbox.run(&["link", "greet"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_GLOBAL_LINKS]: there is no folder `greet`
      help: packages are linked by their folders, not by names: `pkg link ../greet`
    ");
    assert_snapshot!(sandbox.run(&["unlink"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_A_DEPENDENCY]: package.json links no folder
      help: `pkg list` shows what it asks for
    ");
    assert_snapshot!(sandbox.run(&["unlink", "greet"]), @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NOT_A_DEPENDENCY]: package.json does not ask for `greet`
      help: it asks for nothing
    ");
}
