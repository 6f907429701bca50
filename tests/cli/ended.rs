//! Signals, panics and readers that are gone: how a run ends that is not let to its end.

use std::{
    io::Read as _,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use pkg_registry_fixtures::{Fault, FixtureServer, ServerOptions};
use serde_json::json;

use crate::support::{ALWAYS, GREET, Sandbox, served, server, wait_until};

/// How soon after a signal a run has to be over.
const SOON: Duration = Duration::from_secs(10);

fn send(child: &Child, signal: &str) {
    let pid = child.id().to_string();
    let sent = Command::new("kill").args(["-s", signal, &pid]).status();
    assert!(sent.unwrap().success() || signal.is_empty());
}

/// How it ended, as a shell would say it.
fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap())
}

/// The names of unfinished files below a folder.
fn unfinished(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            found.extend(unfinished(&entry.path()));
        } else if name.ends_with(".tmp") {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

const WANTED: [(&str, &str); 3] = [
    ("tiny-http-app", "1"),
    ("many-files", "1"),
    ("bin-many", "1"),
];

/// KIL-09: the moments are spread over a whole install, from a seed; the signals take turns.
#[test]
fn a_signal_at_any_moment_ends_an_install_with_its_number_and_without_leftovers() {
    const MOMENTS: u32 = 20;
    let whole = Sandbox::with_dependencies(&WANTED);
    let started = Instant::now();
    whole.install(&[]);
    let whole_time = started.elapsed();
    let expected = whole.tree_with_contents("");
    let mut number = 1_u64;
    let mut ended_by_signal = 0;
    for moment in 0..MOMENTS {
        let (signal, wanted) = [("INT", 130), ("TERM", 143), ("HUP", 129)][moment as usize % 3];
        let sandbox = Sandbox::with_dependencies(&WANTED);
        let mut child = sandbox.pkg(&["install"]).spawn();
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let share = u32::try_from(number >> 40).unwrap() % 1000;
        let until = Instant::now() + whole_time * share / 1000;
        wait_until("the moment", || Instant::now() >= until);
        let is_running = child.try_wait().unwrap().is_none();
        if is_running {
            send(&child, signal);
        }
        let sent = Instant::now();
        let status = child.wait().unwrap();
        assert!(sent.elapsed() < SOON, "{signal}");
        let code = code(status);
        assert!(code == wanted || code == 0, "{signal}: {status}");
        ended_by_signal += u32::from(code == wanted);
        assert_eq!(unfinished(&sandbox.beside("")), [""; 0], "{signal}");
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), expected, "{signal}");
        assert_eq!(sandbox.run(&["store", "verify"]).code, 0);
    }
    assert!(ended_by_signal > MOMENTS / 4, "only {ended_by_signal}");
}

/// Whether this process was started with a hang-up ignored, as `nohup` does, which its children inherit.
fn is_deaf_to_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let is_deaf = ignored.is_some_and(|mask| mask & 1 == 1);
    if is_deaf {
        eprintln!("skipped for a hang-up: it is ignored here");
    }
    is_deaf
}

/// KIL-09: in the midst of a download, which is certain here.
#[test]
fn a_signal_while_something_is_downloaded_ends_the_install_at_once() {
    for (signal, wanted) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        if signal == "HUP" && is_deaf_to_hang_up() {
            continue;
        }
        let server = server();
        let sandbox = served(&server, &WANTED);
        server.fault("/many-files/-/*", ALWAYS, Fault::Stall);
        let mut child = sandbox.pkg(&["install"]).spawn();
        wait_until("the tarball is asked for", || {
            let counts = server.counts();
            counts.keys().any(|path| path.starts_with("/many-files/-/"))
        });
        send(&child, signal);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(wanted), "{signal}");
        let mut told = String::new();
        child.stderr.unwrap().read_to_string(&mut told).unwrap();
        assert_eq!(told, "", "{signal}");
        assert_eq!(unfinished(&sandbox.beside("")), [""; 0], "{signal}");
        assert!(!sandbox.has("pkg.lock"), "{signal}");
    }
}

/// A project whose script goes on until a pipe is opened, whatever signals come; and the run that waits for it.
fn stubborn() -> (Sandbox, Child) {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"postinstall": "trap 'echo told >> told' INT TERM; echo run > runs; until read line < gate; do :; done"},
        "dependencies": {"greet": "1"}
    }));
    let made = Command::new("mkfifo").arg(sandbox.path("gate")).status();
    assert!(made.unwrap().success());
    let child = sandbox.pkg(&["install"]).spawn();
    wait_until("the script runs", || sandbox.has("runs"));
    (sandbox, child)
}

fn open_gate(sandbox: &Sandbox) {
    std::fs::write(sandbox.path("gate"), "go\n").unwrap();
}

/// KIL-09: the script is told and ends first; then the install ends as the signal says.
#[test]
fn a_script_is_told_of_a_signal_and_ends_before_the_install_does() {
    let (sandbox, mut child) = stubborn();
    send(&child, "TERM");
    wait_until("the script is told", || sandbox.has("told"));
    assert!(child.try_wait().unwrap().is_none());
    open_gate(&sandbox);
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(!sandbox.has("node_modules/.pkg/state"));
}

/// KIL-10.
#[test]
fn a_second_signal_waits_for_nobody() {
    let (sandbox, mut child) = stubborn();
    send(&child, "INT");
    wait_until("the script is told", || sandbox.has("told"));
    // Whatever comes at once with another signal is the same wish.
    let told = Instant::now();
    wait_until("it is another wish", || {
        told.elapsed() > Duration::from_millis(150)
    });
    send(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    sandbox.set_dependencies(&[("greet", "1")]);
    sandbox.install(&[]);
    assert_eq!(sandbox.run(&["store", "verify"]).code, 0);
}

/// As `nohup` starts it.
#[test]
fn a_signal_that_was_ignored_from_the_start_stays_ignored() {
    let server = FixtureServer::start(ServerOptions::default());
    let sandbox = served(&server, &[("greet", "1")]);
    server.fault(GREET, 1, Fault::Delay(Duration::from_millis(300)));
    let program = env!("CARGO_BIN_EXE_pkg");
    let mut child = Command::new("sh")
        .args(["-c", &format!("trap '' HUP; exec '{program}' install")])
        .current_dir(sandbox.path(""))
        .env("HOME", sandbox.beside("home"))
        .env("PKG_HOME", sandbox.pkg_home(""))
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the tarball is asked for", || server.count(GREET) > 0);
    send(&child, "HUP");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(sandbox.has("node_modules/greet/package.json"));
}

/// KIL-11.
#[test]
fn a_reader_that_is_gone_is_no_reason_to_panic() {
    let sandbox = Sandbox::with_dependencies(&WANTED);
    sandbox.install(&[]);
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["licenses"],
        &["why", "tiny-status"],
        &["view", "greet"],
        &["install"],
        &["--help"],
        &["nonsense"],
        &["store", "verify", "--sums"],
    ] {
        let mut child = sandbox.pkg(arguments).spawn();
        drop(child.stdout.take());
        let mut told = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut told).unwrap();
        let status = child.wait().unwrap();
        assert!(
            !told.contains("panicked") && !told.contains("ERR_PKG_BUG"),
            "{told}"
        );
        assert!(
            matches!(status.code(), Some(0..=2)),
            "{arguments:?}: {status}"
        );
        let mut child = sandbox.pkg(arguments).spawn();
        drop((child.stdout.take(), child.stderr.take()));
        let status = child.wait().unwrap();
        assert!(
            matches!(status.code(), Some(0..=2)),
            "{arguments:?}: {status}"
        );
    }
}

/// KIL-17: debug builds can have any thread panic at a call that changes the disk.
#[cfg(debug_assertions)]
#[test]
fn a_panic_of_any_thread_is_one_report_and_exit_code_70() {
    let mark =
        |sandbox: &Sandbox, plan: &str| format!("{plan}:{}", sandbox.beside("mark").display());
    let counted = Sandbox::with_dependencies(&WANTED);
    let plan = mark(&counted, "count@0");
    assert_eq!(
        counted
            .pkg(&["install"])
            .env("PKG_TEST_FAULT", plan)
            .run()
            .code,
        0
    );
    let calls = std::fs::metadata(counted.beside("mark")).unwrap().len();
    let expected = counted.tree_with_contents("");
    let mut panics = 0;
    for place in 0..8 {
        let sandbox = Sandbox::with_dependencies(&WANTED);
        let plan = mark(&sandbox, &format!("panic@{}", 1 + place * (calls - 2) / 7));
        let is_json = place % 2 == 1;
        let flags: &[&str] = if is_json {
            &["install", "--json"]
        } else {
            &["install"]
        };
        let ran = sandbox.pkg(flags).env("PKG_TEST_FAULT", plan).run();
        let struck = std::fs::metadata(sandbox.beside("mark")).unwrap().len();
        panics += struck;
        if struck > 0 {
            assert_eq!(ran.code, 70, "{ran}");
            assert_eq!(ran.to_string().matches("ERR_PKG_BUG").count(), 1, "{ran}");
            assert!(!ran.stderr.contains("panicked"), "{ran}");
            assert!(
                !is_json || ran.json()["error"]["code"] == "ERR_PKG_BUG",
                "{ran}"
            );
        }
        sandbox.install(&[]);
        assert_eq!(sandbox.tree_with_contents(""), expected, "{ran}");
    }
    assert!(panics >= 6, "only {panics} panics");
}
