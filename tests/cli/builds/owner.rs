//! Root in the project of somebody else: `sudo`, or a container with a folder of its host.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::Path,
};

use pkg_registry_fixtures::FixtureServer;
use serde_json::json;

use super::{found, publish};
use crate::support::{Sandbox, served, server};

/// The owner of the project.
const OWNER: u32 = 12345;

/// A project of somebody else, into whose folder they get; `None` where this process cannot give anything away.
fn theirs(server: &FixtureServer, dependencies: &[(&str, &str)]) -> Option<Sandbox> {
    let sandbox = served(server, dependencies);
    if sandbox.beside("").metadata().unwrap().uid() != 0 {
        eprintln!("skipped: only root can give a folder away");
        return None;
    }
    for path in ["", "package.json"] {
        if let Err(error) = chown(sandbox.path(path), Some(OWNER), Some(OWNER)) {
            eprintln!("skipped: this root cannot give a folder away: {error}");
            return None;
        }
    }
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.beside(""), open).unwrap();
    Some(sandbox)
}

/// Everything in a folder that is root's.
fn of_root(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        if metadata.uid() == 0 {
            found.push(path.display().to_string());
        }
        if metadata.is_dir() {
            found.extend(of_root(&path));
        }
    }
    found
}

/// SCR-28: scripts of packages run as the owner, in the jail too.
#[test]
fn scr_28_scripts_of_packages_run_as_the_owner_of_the_project() {
    let server = server();
    let program = "const fs = require('fs');\n\
        const found = { ids: [process.getuid(), process.getgid(), process.getgroups()] };\n\
        fs.writeFileSync(process.env.HOME + '/x', '');\n\
        fs.writeFileSync(process.env.TMPDIR + '/x', '');\n\
        fs.writeFileSync('found.json', JSON.stringify(found));";
    for sandboxed in ["auto", "off"] {
        publish(&server, "probe", "1.0.0", program);
        let Some(sandbox) = theirs(&server, &[("probe", "1")]) else {
            return;
        };
        sandbox.install(&[]);
        let flag = format!("--config.sandbox={sandboxed}");
        let ran = sandbox.run(&["approve-builds", "probe", &flag]);
        assert_eq!(ran.code, 0, "{ran}");
        let ids = json!({"ids": [OWNER, OWNER, [OWNER]]});
        assert_eq!(found(&sandbox), ids, "{sandboxed}");
        assert_eq!(of_root(&sandbox.path("")), [""; 0], "{sandboxed}");
    }
}

/// CLI-09 and SCR-28: whatever is made in the project is its owner's, in every layout, and the store's files are not.
#[test]
fn cli_09_what_root_makes_in_a_project_is_its_owners() {
    let server = server();
    for layout in ["isolated", "flat", "nested", "pnp"] {
        let Some(sandbox) = theirs(&server, &[("greet", "1")]) else {
            return;
        };
        let flag = format!("--config.layout={layout}");
        for arguments in [
            vec!["install"],
            vec!["add", "json-data", "--lockfile-only"],
            vec!["add", "bin-single"],
            vec!["remove", "greet"],
            vec![
                "config",
                "set",
                "save-exact",
                "true",
                "--location",
                "project",
            ],
        ] {
            sandbox.run(&[arguments, vec![&flag]].concat());
            assert_eq!(of_root(&sandbox.path("")), [""; 0], "{layout}");
        }
        assert!(sandbox.has("pkg.lock"), "{layout}");
        assert_eq!(
            sandbox.beside("home/pkg/store").metadata().unwrap().uid(),
            0
        );
        assert!(of_root(&sandbox.beside("home/pkg/store/v1")).len() > 3);
    }
}

/// CLI-09 and SCR-28: root does not run what the project's owner wrote, but in CI.
#[test]
fn cli_09_scripts_of_the_project_itself_are_refused_to_root() {
    let server = server();
    let Some(sandbox) = theirs(&server, &[]) else {
        return;
    };
    let manifest = json!({
        "name": "app", "dependencies": {"greet": "1"}, "scripts": {"prepare": "touch ran"}
    });
    sandbox.set_manifest(&manifest);
    let ran = sandbox.run(&["install"]);
    assert_eq!(ran.error_code(), Some("ERR_PKG_BUILD_AS_ROOT"), "{ran}");
    assert!(
        !sandbox.has("node_modules") && !sandbox.has("pkg.lock"),
        "nothing was done"
    );
    let without = sandbox.run(&["install", "--ignore-scripts"]);
    assert_eq!(without.code, 0, "{without}");
    assert!(!sandbox.has("ran"));
    let machine = sandbox.pkg(&["install"]).env("CI", "true").run();
    assert_eq!(machine.code, 0, "{machine}");
    assert!(sandbox.has("ran"));
}
