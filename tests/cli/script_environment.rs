//! What scripts are told by their environment: what npm and pnpm tell them, and no more than they may know.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
};

use serde_json::{Value, json};

use crate::support::Sandbox;

/// What other managers were seen to do.
const OBSERVED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/spec/scripts/observed.json"
);

/// What npm told because of flags that its user had set, or of itself.
const NPMS_OWN: [&str; 9] = [
    "npm_config_yes",
    "npm_config_audit",
    "npm_config_fund",
    "npm_config_update_notifier",
    "npm_config_omit_lockfile_registry_resolved",
    "npm_config_global_ignore_file",
    "npm_config_ignore_scripts",
    "npm_config_noproxy",
    // This is no npm.
    "npm_config_npm_version",
];

/// What differs by the program, or by the machine.
const OF_PROGRAM: [&str; 7] = [
    "npm_config_user_agent",
    "npm_config_node_gyp",
    "npm_execpath",
    "npm_node_execpath",
    "NODE",
    "npm_lifecycle_script",
    "npm_command",
];

/// The project whose scripts were observed.
fn observed_project() -> Sandbox {
    Sandbox::with_manifest(&json!({
        "name": "rootpkg", "version": "1.0.1", "bin": {"rb": "./b.js"}, "config": {"port": 8080},
        "engines": {"node": ">=1"}, "scripts": {"foo": "env"}
    }))
}

/// The variables that `env` printed.
fn variables(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| line.split_once('='));
    lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn scripts_are_told_what_npm_and_pnpm_tell_them() {
    if !Path::new(OBSERVED).exists() {
        eprintln!("skipped: there is no {OBSERVED}");
        return;
    }
    let observed = std::fs::read(OBSERVED).unwrap();
    let observed: Value = serde_json::from_slice(&observed).unwrap();
    let sandbox = observed_project();
    std::fs::create_dir(sandbox.path("sub")).unwrap();
    let mut compared = 0;
    for (command, seen) in observed["environments"].as_object().unwrap() {
        if !command.starts_with("npm run foo") && !command.starts_with("pnpm run foo") {
            continue;
        }
        let folder = if command.ends_with("sub/") { "sub" } else { "" };
        let ran = sandbox
            .pkg(&["run", "foo"])
            .in_folder(&sandbox.path(folder))
            .run();
        let ours = variables(&ran.stdout);
        for (name, value) in seen["env"].as_object().unwrap() {
            if NPMS_OWN.contains(&name.as_str()) {
                continue;
            }
            let found = ours
                .get(name)
                .unwrap_or_else(|| panic!("{command}: {name}"));
            if OF_PROGRAM.contains(&name.as_str()) {
                continue;
            }
            compared += 1;
            let found = found
                .replace("[SANDBOX]/project", "/project")
                .replace("[SANDBOX]/home", "/home/user");
            let wanted = value.as_str().unwrap();
            // Where npm is installed is the machine's choice, and pnpm has bins and versions as they are written.
            let is_of_machine = name.contains("prefix") || name.contains("globalconfig");
            let is_of_pnpm = command.starts_with("pnpm")
                && (name.contains("_bin_") || name == "npm_package_version");
            assert!(
                found == wanted || is_of_machine || is_of_pnpm,
                "{command}: {name} is {found}, not {wanted}"
            );
        }
        let first = seen["path"][0].as_str().unwrap();
        let path = ours["PATH"].replace("[SANDBOX]/project", "/project");
        assert!(path.starts_with(&format!("{first}:")), "{command}: {path}");
    }
    assert!(compared > 60, "only {compared} values were compared");
}

#[test]
fn commands_of_all_folders_above_come_first_and_once() {
    let sandbox = observed_project();
    let path = variables(&sandbox.run(&["run", "foo"]).stdout)["PATH"].clone();
    let entries: Vec<&str> = path.split(':').collect();
    assert_eq!(entries[0], "[SANDBOX]/project/node_modules/.bin");
    assert_eq!(entries[1], "[SANDBOX]/node_modules/.bin");
    let mut unique = entries.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), entries.len(), "{path}");
}

/// SCR-26.
#[test]
fn path_never_means_the_current_folder() {
    let sandbox = observed_project();
    for name in ["env", "sh"] {
        sandbox.write(name, "#!/bin/sh\necho hijacked\n");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(sandbox.path(name), mode).unwrap();
    }
    let inherited = std::env::var("PATH").unwrap();
    let ran = sandbox
        .pkg(&["run", "foo"])
        .env("PATH", format!("::.:{inherited}::"))
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    let path = variables(&ran.stdout)["PATH"].clone();
    assert!(
        path.split(':').all(|entry| entry.starts_with(['/', '['])),
        "{path}"
    );
    assert!(!ran.stdout.contains("hijacked"), "{ran}");
}

/// SCR-26.
#[test]
fn a_project_whose_path_holds_a_colon_is_told() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("a:b");
    std::fs::create_dir(&folder).unwrap();
    let manifest = json!({"name": "app", "scripts": {"path": "echo $PATH"}});
    std::fs::write(folder.join("package.json"), manifest.to_string()).unwrap();
    let ran = sandbox.pkg(&["run", "path"]).in_folder(&folder).run();
    let entries: Vec<&str> = ran.stdout.trim().split(':').collect();
    assert!(
        entries.iter().all(|entry| entry.starts_with(['/', '['])),
        "{ran}"
    );
    assert!(
        ran.stderr
            .starts_with("warning: `[SANDBOX]/project/a:b` holds a `:`"),
        "{ran}"
    );
}

#[test]
fn settings_of_native_builds_are_passed_on_and_credentials_are_not() {
    let sandbox = observed_project();
    sandbox.set_user_settings(
        "prefix=${HOME}/npm\n_auth=c2VjcmV0\n//registry.example.test/:_authToken=secret\nsome-token=secret\n",
    );
    sandbox.write(
        ".npmrc",
        "runtime=electron\ntarget=9.0.0\nprefix=/elsewhere\n",
    );
    let ran = sandbox.run(&["run", "foo"]);
    let ours = variables(&ran.stdout);
    assert_eq!(ours["npm_config_runtime"], "electron");
    assert_eq!(ours["npm_config_target"], "9.0.0");
    assert_eq!(ours["npm_config_prefix"], "[SANDBOX]/home/npm");
    assert!(
        !ran.stdout.contains("secret") && !ran.stdout.contains("c2VjcmV0"),
        "{ran}"
    );
}

#[test]
fn what_the_environment_holds_reaches_the_script_as_it_is() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"odd": "printf %s \"$ODD\" > odd; printf %s \"$Path\" > path"}
    }));
    let ran = sandbox
        .pkg(&["run", "odd"])
        .env("ODD", OsStr::from_bytes(b"a\xff\xfeb"))
        .env("Path", "not PATH")
        .run();
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(std::fs::read(sandbox.path("odd")).unwrap(), b"a\xff\xfeb");
    assert_eq!(sandbox.read("path"), "not PATH");
}

#[test]
fn the_shell_is_the_users_choice_and_not_the_projects() {
    let sandbox = Sandbox::with_manifest(&json!({"name": "app", "scripts": {"say": "hello"}}));
    sandbox.write("shell", "#!/bin/sh\necho \"shell: $*\"\n");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(sandbox.path("shell"), mode).unwrap();
    let shell = format!("script-shell={}\n", sandbox.path("shell").display());
    sandbox.write(".npmrc", &shell);
    assert_eq!(
        sandbox.run(&["run", "say"]).code,
        127,
        "a project's shell is not run"
    );
    sandbox.remove(".npmrc");
    sandbox.set_user_settings(&shell);
    let ran = sandbox.run(&["run", "say", "a b"]);
    assert_eq!(ran.stdout, "shell: -c hello \"$@\" sh a b\n", "{ran}");
}

#[test]
fn a_run_in_a_run_is_as_one_alone() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "dependencies": {"greet": "1"},
        "scripts": {"outer": "\"$npm_execpath\" run -s inner", "inner": "echo $npm_lifecycle_event $PATH"}
    }));
    sandbox.install(&[]);
    let outer = sandbox.run(&["run", "outer"]);
    assert_eq!(
        outer.stdout,
        sandbox.run(&["run", "inner"]).stdout,
        "{outer}"
    );
    // What a script installs is what is installed outside.
    sandbox.set_manifest(&json!({
        "name": "app", "dependencies": {"greet": "1"}, "scripts": {"again": "\"$npm_execpath\" install"}
    }));
    assert_eq!(sandbox.run(&["run", "again"]).code, 0);
    let state = sandbox.read("node_modules/.pkg/state");
    sandbox.install(&[]);
    assert_eq!(
        sandbox.read("node_modules/.pkg/state"),
        state,
        "nothing was left to do"
    );
}
