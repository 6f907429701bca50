//! `--allow-build`: approval that comes with an install.

use insta::assert_snapshot;
use serde_json::json;

use super::{append_user_settings, failed, publish};
use crate::support::{Sandbox, served, server};

/// A script that leaves a mark of itself, and another package that must not.
fn two(server: &pkg_registry_fixtures::FixtureServer) {
    for name in ["maker", "other"] {
        publish(
            server,
            name,
            "1.0.0",
            "require('fs').writeFileSync('made', 'yes')",
        );
    }
}

fn has_made(sandbox: &Sandbox, name: &str) -> bool {
    sandbox.has(&format!("node_modules/{name}/made"))
}

#[test]
fn add_remembers_the_approval_with_the_content_of_the_scripts() {
    let server = server();
    two(&server);
    let sandbox = served(&server, &[]);
    append_user_settings(&sandbox, "strict-dep-builds=false\n");
    assert_snapshot!(sandbox.run(&["add", "maker", "other", "--allow-build=maker"]), @"
    exit: 0
    ----- stdout
    + maker 1.0.0
    + other 1.0.0
      2 packages added, 1 built  isolated · [TIME]
      install scripts were not run: other@1.0.0
        look at them and decide: `pkg approve-builds`
    ----- stderr
    $ node probe.js (maker@1.0.0 postinstall)
    ");
    assert!(has_made(&sandbox, "maker") && !has_made(&sandbox, "other"));
    let approvals = sandbox.read("pkg-builds.json");
    assert!(
        approvals.contains("\"maker\"") && approvals.contains("\"probe.js\""),
        "{approvals}"
    );
    assert!(!approvals.contains("other"), "{approvals}");
    let again = sandbox.install(&[]);
    assert!(again.stdout.starts_with("Already up to date"), "{again}");
    // Other scripts of that name are asked about again.
    publish(
        &server,
        "maker",
        "1.1.0",
        "require('fs').writeFileSync('evil', '')",
    );
    assert_eq!(sandbox.run(&["update", "maker"]).code, 0);
    assert!(!sandbox.has("node_modules/maker/evil"));
}

#[test]
fn install_takes_it_with_packages_and_without_and_in_every_layout() {
    let server = server();
    two(&server);
    for layout in ["isolated", "flat", "nested", "pnp"] {
        let sandbox = served(&server, &[("maker", "1"), ("other", "1")]);
        append_user_settings(
            &sandbox,
            &format!("layout={layout}\nstrict-dep-builds=true\n"),
        );
        let flags = ["install", "--allow-build", "maker", "--allow-build=other"];
        let ran = sandbox.run(&flags);
        assert_eq!(ran.code, 0, "{layout}: {ran}");
        assert!(ran.stdout.contains("2 built"), "{layout}: {ran}");
    }
    let sandbox = served(&server, &[]);
    let ran = sandbox.run(&["install", "maker", "--allow-build=maker"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(has_made(&sandbox, "maker"));
}

#[test]
fn a_name_without_scripts_is_told_of_and_a_denied_one_is_refused() {
    let server = server();
    two(&server);
    let sandbox = served(&server, &[("other", "1")]);
    sandbox.install(&[]);
    assert_eq!(sandbox.run(&["approve-builds", "!other"]).code, 0);
    let (code, _) = failed(&sandbox.run(&["add", "maker", "--allow-build=other"]));
    assert_eq!(code, "ERR_PKG_BUILD_DENIED");
    assert!(!sandbox.has("node_modules/maker"), "nothing was done");
    let ran = sandbox.run(&["add", "greet", "--allow-build=greet"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(
        ran.stderr
            .contains("no package with install scripts is called `greet`"),
        "{ran}"
    );
}

/// SCR-04: the name of a registry's package is not that of a folder.
#[test]
fn scr_04_a_folder_of_that_name_is_not_meant() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app"}));
    let manifest =
        json!({"name": "maker", "version": "1.0.0", "scripts": {"install": "touch made"}});
    sandbox.write("local/package.json", manifest.to_string());
    let ran = sandbox.run(&["add", "maker@file:./local", "--allow-build=maker"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(!has_made(&sandbox, "maker"), "{ran}");
}

#[test]
fn nothing_is_written_where_nothing_is_to_be_written() {
    let server = server();
    two(&server);
    let sandbox = served(&server, &[]);
    let ran = sandbox.run(&["add", "maker", "--allow-build=maker", "--dry-run"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(!sandbox.has("pkg-builds.json") && !sandbox.has("node_modules"));
}

#[test]
fn dlx_and_create_allow_it_for_that_set_of_packages_only() {
    let server = server();
    let fields = json!({"bin": "tell.js", "scripts": {"postinstall": "node probe.js"}});
    let tell = "#!/usr/bin/env node\nconsole.log(require('fs').existsSync(__dirname + '/made'))";
    let make = "require('fs').writeFileSync('made', '')";
    for name in ["tell", "create-tell"] {
        server.publish(
            name,
            "1.0.0",
            fields.clone(),
            &[("tell.js", tell), ("probe.js", make)],
        );
    }
    let sandbox = served(&server, &[]);
    assert_eq!(sandbox.run(&["dlx", "tell"]).stdout, "false\n");
    assert_eq!(
        sandbox.run(&["dlx", "--allow-build=tell", "tell"]).stdout,
        "true\n"
    );
    assert_eq!(
        sandbox.run(&["dlx", "--allow-build=tell", "tell"]).stdout,
        "true\n",
        "kept"
    );
    assert_eq!(
        sandbox.run(&["dlx", "tell"]).stdout,
        "false\n",
        "another one's"
    );
    assert_eq!(sandbox.run(&["create", "tell"]).stdout, "false\n");
    let created = sandbox.run(&["create", "--allow-build=create-tell", "tell"]);
    assert_eq!(created.stdout, "true\n", "{created}");
    assert!(!sandbox.has("pkg-builds.json") && !sandbox.has("node_modules"));
}
