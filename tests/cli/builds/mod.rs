//! Scripts of packages: who decides about them, what they reach, and what comes of them. Numbers are those of group SCR.

mod allow;
mod approvals;
mod ends;
mod headers;
mod jail;
mod owner;
mod places;
mod results;

use std::sync::OnceLock;

use pkg_registry_fixtures::FixtureServer;
use serde_json::{Value, json};

use crate::support::{Ran, Sandbox, served, server};

/// Where what a probe found out lies.
const FOUND: &str = "node_modules/probe/found.json";

/// Whether the kernel can put up the whole jail; says so where it cannot.
pub(crate) fn has_jail() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    let has = *HAS.get_or_init(|| {
        let server = server();
        let sandbox = probing(&server, "");
        append_user_settings(&sandbox, "sandbox=required\n");
        let ran = sandbox.run(&["approve-builds", "probe"]);
        ran.error_code() != Some("ERR_PKG_NO_SANDBOX")
    });
    if !has {
        eprintln!("skipped: this kernel has no Landlock");
    }
    has
}

/// Adds to the user's `.npmrc`.
fn append_user_settings(sandbox: &Sandbox, text: &str) {
    let path = sandbox.beside("home/.npmrc");
    let before = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, before + text).unwrap();
}

/// A package whose script is this program.
fn publish(server: &FixtureServer, name: &str, version: &str, program: &str) {
    let fields = json!({"scripts": {"postinstall": "node probe.js"}});
    server.publish(
        name,
        version,
        fields,
        &[("probe.js", program), ("index.js", "")],
    );
}

/// A project with the package `probe`, installed: its script waits to be approved. `found` of the script's program is
/// written to the package's folder at the end.
fn probing(server: &FixtureServer, program: &str) -> Sandbox {
    let program = format!(
        "const fs = require('fs'), net = require('net'), cp = require('child_process'), path = require('path');\n\
         const found = {{}};\n\
         const denied = (name, act) => {{\n\
           try {{ act(); found[name] = 'done'; }} catch (error) {{ found[name] = error.code || String(error); }}\n\
         }};\n\
         const end = () => fs.writeFileSync('found.json', JSON.stringify(found));\n\
         process.on('exit', end);\n{program}\n"
    );
    publish(server, "probe", "1.0.0", &program);
    let sandbox = served(server, &[("probe", "1")]);
    sandbox.install(&[]);
    sandbox
}

/// Approves the probe, which must then succeed, and gives what it found.
fn probe(sandbox: &Sandbox) -> Value {
    let ran = sandbox.run(&["approve-builds", "probe"]);
    assert_eq!(ran.code, 0, "{ran}");
    found(sandbox)
}

fn found(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.read(FOUND)).unwrap()
}

/// Whether all that a probe found are refusals.
fn assert_all_denied(found: &Value) {
    let found = found.as_object().unwrap();
    assert!(!found.is_empty());
    for (name, outcome) in found {
        let outcome = outcome.as_str().unwrap();
        assert!(
            matches!(outcome, "EACCES" | "EPERM" | "EROFS"),
            "{name}: {outcome}"
        );
    }
}

/// The error code of a run that must fail, and all that it printed.
fn failed(ran: &Ran) -> (String, String) {
    assert_eq!(ran.code, 1, "{ran}");
    let code = ran.error_code().unwrap_or_default().to_owned();
    (code, format!("{}{}", ran.stdout, ran.stderr))
}
