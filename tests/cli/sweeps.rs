//! Kills and failures of the disk at many places of an install: at each, what is left is complete, and the next install
//! repairs the rest.
//!
//! Debug builds count every call that changes the disk, and can fail, or have themselves killed, before any of them.
#![cfg(debug_assertions)]

use std::collections::BTreeSet;

use crate::support::{Ran, Sandbox};

/// Places of one sweep. They are spread over the whole install, so each stage is hit.
const PLACES: u64 = 9;

const BEFORE: [(&str, &str); 2] = [("greet", "1.0.0"), ("colour-mix", "1")];
const AFTER: [(&str, &str); 3] = [("greet", "1"), ("bin-many", "1"), ("tiny-router", "1")];

/// Which install is swept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// Nothing is there.
    Cold,
    /// Another tree is there, and what is wanted has changed.
    Changed,
}

fn sandbox(start: Start) -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&BEFORE);
    if start == Start::Changed {
        sandbox.install(&[]);
    }
    sandbox.set_dependencies(&AFTER);
    sandbox
}

/// Installs with a fault of this kind at this call, and tells how it went and how often the fault struck.
fn install_with(sandbox: &Sandbox, kind: &str, at: u64) -> (Ran, u64) {
    let mark = sandbox.beside("mark");
    std::fs::write(&mark, "").unwrap();
    let plan = format!("{kind}@{at}:{}", mark.display());
    let ran = sandbox.pkg(&["install"]).env("PKG_TEST_FAULT", plan).run();
    (ran, mark.metadata().unwrap().len())
}

/// Sweeps one kind of fault over an install; `check` looks at what each one left.
fn sweep(start: Start, kind: &str, check: impl Fn(&Sandbox, &Ran, u64)) {
    let whole = sandbox(start);
    let (ran, calls) = install_with(&whole, "count", 0);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(calls > PLACES, "only {calls} calls were counted");
    let expected = whole.tree_with_contents("");
    let places: BTreeSet<u64> = (0..PLACES)
        .map(|place| 1 + place * (calls - 1) / (PLACES - 1))
        .collect();
    let mut struck = 0;
    for at in places {
        let sandbox = sandbox(start);
        let (ran, strikes) = install_with(&sandbox, kind, at);
        struck += strikes;
        check(&sandbox, &ran, strikes);
        let verified = sandbox.run(&["store", "verify"]);
        assert_eq!(verified.code, 0, "{kind}@{at}: {verified}");
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), expected, "{kind}@{at}");
        let temporary = std::fs::read_dir(sandbox.pkg_home("store/v1/tmp")).unwrap();
        assert!(kind == "kill" || temporary.count() == 0, "{kind}@{at}");
    }
    // Threads take turns in other orders, so a last call may not come.
    assert!(struck + 2 >= PLACES, "{kind} struck {struck} times");
}

fn is_killed(_: &Sandbox, ran: &Ran, strikes: u64) {
    assert_eq!(ran.code, if strikes == 0 { 0 } else { 137 }, "{ran}");
}

/// KIL-01, KIL-06.
#[test]
fn an_install_that_is_killed_anywhere_is_finished_by_the_next() {
    sweep(Start::Cold, "kill", is_killed);
}

/// KIL-02, KIL-04.
#[test]
fn a_change_of_a_tree_that_is_killed_anywhere_is_finished_by_the_next() {
    sweep(Start::Changed, "kill", is_killed);
}

/// Either the fault was of no consequence, or it is told with a code and the lockfile is what it was.
fn is_told(start: Start) -> impl Fn(&Sandbox, &Ran, u64) {
    let before = sandbox(start);
    let lockfile = |sandbox: &Sandbox| sandbox.has("pkg.lock").then(|| sandbox.read("pkg.lock"));
    let former = lockfile(&before);
    before.install(&[]);
    let later = lockfile(&before);
    move |sandbox, ran, _| {
        let found = lockfile(sandbox);
        assert!(found == former || found == later, "a torn lockfile: {ran}");
        if ran.code != 0 {
            assert_eq!(ran.code, 1, "{ran}");
            assert!(ran.error_code().is_some(), "{ran}");
            assert!(!ran.stderr.contains("panicked"), "{ran}");
        }
    }
}

/// FS-01 to FS-04.
#[test]
fn a_disk_that_is_full_from_any_moment_on_is_told_and_leaves_only_what_is_complete() {
    let is_told = is_told(Start::Cold);
    sweep(Start::Cold, "full", |sandbox, ran, strikes| {
        is_told(sandbox, ran, strikes);
        assert!(strikes == 0 || ran.code == 1, "{ran}");
        assert!(
            strikes == 0 || ran.stderr.contains("No space left on device"),
            "{ran}"
        );
    });
}

/// FS-04.
#[test]
fn a_failing_disk_is_told_and_the_next_install_succeeds() {
    sweep(Start::Changed, "EIO", is_told(Start::Changed));
}

/// FS-04.
#[test]
fn a_refused_call_is_told_and_the_next_install_succeeds() {
    sweep(Start::Cold, "EACCES", is_told(Start::Cold));
}
