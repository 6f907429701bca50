//! What scripts made: whose files it is, and when it is used again.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use serde_json::json;

use super::{append_user_settings, has_jail, publish};
use crate::support::{Sandbox, served, server};

/// Approves all in a project, which must then be built.
fn built(sandbox: &Sandbox) -> String {
    sandbox.install(&[]);
    let ran = sandbox.run(&["approve-builds", "--all"]);
    assert_eq!(ran.code, 0, "{ran}");
    ran.stdout
}

/// SCR-19 and edge case 72.
#[test]
fn scr_19_what_a_script_does_to_its_files_reaches_no_other_project() {
    let server = server();
    let program = "const fs = require('fs'); fs.appendFileSync('index.js', 'changed'); fs.chmodSync('index.js', 0o755);";
    publish(&server, "probe", "1.0.0", program);
    let other = served(&server, &[("probe", "1")]);
    other.install(&[]);
    let store = format!("store-dir={}\n", other.pkg_home("store").display());
    for layout in ["isolated", "flat", "nested"] {
        let sandbox = served(&server, &[("probe", "1")]);
        append_user_settings(&sandbox, &format!("{store}layout={layout}\n"));
        built(&sandbox);
        let index = sandbox.read("node_modules/probe/index.js");
        assert_eq!(index, "changed", "{layout}");
        assert_eq!(other.read("node_modules/probe/index.js"), "", "{layout}");
        let probe = std::fs::metadata(sandbox.path("node_modules/probe/probe.js")).unwrap();
        assert_eq!(probe.nlink(), 1, "{layout}: a file of its own");
    }
    assert_eq!(other.run(&["store", "verify"]).code, 0);
}

/// Edge case 106.
#[test]
fn edge_106_a_result_is_used_again_with_its_links_and_without_its_script() {
    if !has_jail() {
        return;
    }
    let server = server();
    let program = "const fs = require('fs');\n\
        fs.mkdirSync('build/deep', { recursive: true });\n\
        fs.writeFileSync('build/deep/time', String(process.hrtime.bigint()), { mode: 0o755 });\n\
        fs.symlinkSync('deep/time', 'build/link');\n\
        fs.symlinkSync('/usr/bin/env', 'build/outside');\n\
        fs.unlinkSync('index.js');";
    publish(&server, "probe", "1.0.0", program);
    let sandbox = served(&server, &[("probe", "1")]);
    assert!(built(&sandbox).contains("1 built"));
    let time = sandbox.read("node_modules/probe/build/deep/time");
    let check = |sandbox: &Sandbox| {
        assert_eq!(sandbox.read("node_modules/probe/build/link"), time);
        let outside = std::fs::read_link(sandbox.path("node_modules/probe/build/outside")).unwrap();
        assert_eq!(outside.to_str(), Some("/usr/bin/env"));
        assert!(!sandbox.has("node_modules/probe/index.js"));
        let made = std::fs::metadata(sandbox.path("node_modules/probe/build/deep/time")).unwrap();
        assert_eq!(
            (made.nlink(), made.permissions().mode() & 0o777),
            (1, 0o755)
        );
    };
    check(&sandbox);
    sandbox.remove("node_modules");
    let ran = sandbox.install(&[]);
    assert!(ran.stdout.contains("1 built before"), "{ran}");
    check(&sandbox);
    let verified = sandbox.run(&["verify"]);
    assert_eq!(verified.code, 0, "{verified}");
    sandbox.write("node_modules/probe/build/deep/time", "edited");
    let verified = sandbox.run(&["verify"]);
    assert_eq!(verified.code, 1, "{verified}");
    assert!(verified.stdout.contains("build/deep/time"), "{verified}");
    sandbox.remove("node_modules");
    sandbox.install(&[]);
    // Another project of the same store.
    let other = served(&server, &[("probe", "1")]);
    append_user_settings(
        &other,
        &format!("store-dir={}\n", sandbox.pkg_home("store").display()),
    );
    assert!(built(&other).contains("1 built before"));
    check(&other);
    let ran = other.run(&["rebuild", "probe"]);
    assert!(
        ran.stdout.contains("1 built") && !ran.stdout.contains("before"),
        "{ran}"
    );
    assert_ne!(other.read("node_modules/probe/build/deep/time"), time);
}

/// Edge case 106.
#[test]
fn edge_106_a_script_that_changes_nothing_runs_again() {
    let server = server();
    publish(&server, "probe", "1.0.0", "");
    let sandbox = served(&server, &[("probe", "1")]);
    assert!(built(&sandbox).contains("1 built"));
    sandbox.remove("node_modules");
    let ran = sandbox.install(&[]);
    assert!(
        ran.stdout.contains("1 built") && !ran.stdout.contains("before"),
        "{ran}"
    );
}

/// Edge case 106.
#[test]
fn edge_106_another_node_builds_anew() {
    let server = server();
    publish(
        &server,
        "probe",
        "1.0.0",
        "require('fs').writeFileSync('made', process.version)",
    );
    let sandbox = served(&server, &[("probe", "1")]);
    assert!(built(&sandbox).contains("1 built"));
    let path = std::env::var("PATH").unwrap();
    let node = std::env::split_paths(&path)
        .map(|folder| folder.join("node"))
        .find(|file| file.is_file())
        .unwrap();
    let launcher = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo v99.0.0 || exec '{}' \"$@\"\n",
        node.display()
    );
    let folder = sandbox.beside("launcher");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("node"), launcher).unwrap();
    std::fs::set_permissions(folder.join("node"), std::fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.remove("node_modules");
    let ran = sandbox
        .pkg(&["install"])
        .env("PATH", format!("{}:{path}", folder.display()))
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    assert!(
        ran.stdout.contains("1 built") && !ran.stdout.contains("before"),
        "{ran}"
    );
}

/// Whoever needs another package is built after it, and finds what it made.
#[test]
fn packages_are_built_after_those_that_they_need() {
    let server = server();
    publish(
        &server,
        "first",
        "1.0.0",
        "require('fs').writeFileSync('made.js', 'module.exports = 1')",
    );
    let fields =
        json!({"scripts": {"postinstall": "node probe.js"}, "dependencies": {"first": "1"}});
    let program =
        "require('fs').writeFileSync('made.js', `module.exports = ${require('first/made') + 1}`)";
    server.publish("second", "1.0.0", fields, &[("probe.js", program)]);
    for layout in [
        "layout=isolated",
        "layout=flat",
        "layout=nested",
        "layout=pnp",
        "virtual-store=shared",
    ] {
        let sandbox = served(&server, &[("second", "1")]);
        append_user_settings(&sandbox, &format!("{layout}\n"));
        assert!(built(&sandbox).contains("2 built"), "{layout}");
        sandbox.write("main.js", "console.log(require('second/made'))");
        let ran = sandbox.run(&["node", "main.js"]);
        assert_eq!(ran.stdout, "2\n", "{layout}: {ran}");
        let store = sandbox.run(&["store", "verify"]);
        assert_eq!(store.code, 0, "{layout}: {store}");
    }
}

/// A switch of the layout neither loses nor spreads what was built.
#[test]
fn what_was_built_is_built_in_another_layout_too() {
    let server = server();
    publish(
        &server,
        "probe",
        "1.0.0",
        "require('fs').writeFileSync('made', 'x')",
    );
    let sandbox = served(&server, &[("probe", "1")]);
    built(&sandbox);
    for layout in ["flat", "isolated", "nested", "isolated"] {
        let ran = sandbox.install(&["--layout", layout]);
        assert_eq!(
            sandbox.read("node_modules/probe/made"),
            "x",
            "{layout}: {ran}"
        );
    }
    assert_eq!(sandbox.run(&["approve-builds", "!probe"]).code, 0);
    sandbox.install(&["--layout", "flat"]);
    assert!(!sandbox.has("node_modules/probe/made"), "as it was packed");
}
