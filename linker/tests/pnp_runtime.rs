//! Runs the tests of the map's runtime under Node.js, and holds what the build embeds against its rules.
#![expect(clippy::print_stderr, reason = "a test says why it was skipped")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What the build put together.
const RUNTIME: &str = include_str!(concat!(env!("OUT_DIR"), "/pnp_runtime.cjs"));

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pnp/runtime/tests")
}

/// Runs Node.js below the tests' folder; none where this machine has no Node.js.
fn node(arguments: &[&str]) -> Option<Output> {
    let output = Command::new("node")
        .args(arguments)
        .current_dir(folder())
        .env_remove("NODE_OPTIONS")
        .output();
    if output.is_err() {
        eprintln!("skipped: there is no `node` on the path");
    }
    output.ok()
}

#[test]
fn the_embedded_runtime_is_what_its_rules_say() {
    let Some(output) = node(&["assemble.cjs"]) else {
        return;
    };
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout) == RUNTIME,
        "`build.rs` and `assemble.cjs` differ"
    );
}

#[test]
fn api_and_archives_pass_their_tests() {
    passes(&[
        "vectors.test.cjs",
        "units.test.cjs",
        "archives.test.cjs",
        "folders.test.cjs",
    ]);
}

#[test]
fn programs_run_under_the_map() {
    passes(&["programs.test.cjs"]);
}

/// Runs files of tests, and shows what failed.
fn passes(files: &[&str]) {
    let mut arguments = vec!["--test", "--test-reporter=tap"];
    arguments.extend(files);
    let Some(output) = node(&arguments) else {
        return;
    };
    let report = text(&output.stdout);
    assert!(
        output.status.success(),
        "{report}\n{}",
        text(&output.stderr)
    );
    assert!(!report.contains("\n# pass 0\n"), "nothing ran:\n{report}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
