//! Scripts and signals: each reaches the script once, the script decides, and nothing is left behind.

use std::{
    fs::File,
    io::Write as _,
    os::unix::process::ExitStatusExt as _,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{
    Sandbox,
    terminal::{at_terminal, has_setsid, terminal},
    wait_until,
};

/// Waits for good, in one process.
const FOR_EVER: &str = "tail -f /dev/null";

fn signal(name: &str, pid: u32) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Whether a process is there, other than as a mark for its parent.
fn is_alive(pid: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let (_, rest) = stat.rsplit_once(')').unwrap();
    !matches!(rest.trim_start().chars().next(), Some('Z' | 'X'))
}

/// SCR-23.
#[test]
fn the_signal_that_ended_a_script_is_named_and_passed_on() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"kill": "kill -KILL $$", "segv": "kill -SEGV $$"}
    }));
    assert_snapshot!(sandbox.run(&["run", "kill"]), @"
    exit: 137
    ----- stderr
    $ kill -KILL $$ (kill)
    error[ERR_PKG_SCRIPT_FAILED]: the script `kill` ended with SIGKILL
    ");
    assert_eq!(sandbox.run(&["run", "segv"]).code, 139);
    assert_snapshot!(sandbox.run(&["-s", "run", "kill"]), @"exit: 137");
}

/// SCR-27: sent by another process.
#[test]
fn an_interrupt_that_is_sent_reaches_the_script_and_is_no_failure_to_tell() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"wait": format!("echo > ready; exec {FOR_EVER}")}
    }));
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let child = sandbox.pkg(&["run", "-s", "wait"]).spawn();
        wait_until("the script is ready", || sandbox.has("ready"));
        signal(name, child.id());
        let ran = sandbox.finish(child);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, ""), "{ran}");
        sandbox.remove("ready");
    }
}

/// What counts interrupts, and tells how many there were when it is terminated.
const COUNTER: &str = "
    let interrupts = 0;
    process.on('SIGINT', () => { interrupts += 1; require('fs').writeFileSync('interrupted', ''); });
    process.on('SIGTERM', () => process.exit(10 + interrupts));
    setInterval(() => {}, 1000);
    require('fs').writeFileSync('ready', '');
";

/// The processes whose parent this is.
fn children(pid: u32) -> Vec<u32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    text.unwrap_or_default()
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}

fn command_line(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

/// SCR-27: a key of the terminal.
#[test]
fn one_ctrl_c_reaches_the_script_once() {
    if !has_setsid() {
        return;
    }
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"count": "exec node count.js"}
    }));
    sandbox.write("count.js", COUNTER);
    let (mut user, program) = terminal();
    let mut child = at_terminal(&sandbox, &program, &["run", "count"]);
    wait_until("the script is ready", || sandbox.has("ready"));
    user.write_all(b"\x03").unwrap();
    wait_until("it was interrupted", || sandbox.has("interrupted"));
    // Signals are taken in their order: another interrupt would have come before this.
    signal("TERM", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(11));
}

#[test]
fn a_terminal_that_goes_away_takes_the_script_along() {
    if !has_setsid() {
        return;
    }
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"wait": format!("echo $$ > pid; exec {FOR_EVER}")}
    }));
    let (user, program) = terminal();
    let mut child = at_terminal(&sandbox, &program, &["run", "wait"]);
    wait_until("the script is ready", || {
        sandbox.has("pid") && sandbox.read("pid").ends_with('\n')
    });
    drop((user, program));
    assert_eq!(child.wait().unwrap().signal(), Some(1));
    assert!(!is_alive(sandbox.read("pid").trim().parse().unwrap()));
}

#[test]
fn who_asks_twice_is_obeyed_by_a_script_that_ignores_signals() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"deaf": format!("trap '' INT TERM; echo $$ > pid; {FOR_EVER}")}
    }));
    let child = sandbox.pkg(&["run", "deaf"]).spawn();
    wait_until("the script is ready", || {
        sandbox.has("pid") && sandbox.read("pid").ends_with('\n')
    });
    signal("TERM", child.id());
    // Whatever comes at once with another signal is the same wish.
    let asked = Instant::now();
    wait_until("it is another wish", || {
        asked.elapsed() > Duration::from_millis(150)
    });
    let pid = sandbox.read("pid").trim().parse().unwrap();
    assert!(is_alive(pid));
    signal("INT", child.id());
    assert_snapshot!(sandbox.finish(child), @"
    exit: 137
    ----- stderr
    $ trap '' INT TERM; echo $$ > pid; tail -f /dev/null (deaf)
    error[ERR_PKG_SCRIPT_FAILED]: the script `deaf` ended with SIGKILL
    ");
}

#[test]
fn whoever_kills_the_program_ends_the_script_and_all_that_it_started() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {"tree": format!("{FOR_EVER} & echo $$ $! > pids; {FOR_EVER}; true")}
    }));
    let child = sandbox.pkg(&["run", "tree"]).spawn();
    let pid = child.id();
    wait_until("the script is ready", || {
        sandbox.has("pids") && sandbox.read("pids").ends_with('\n')
    });
    let pids: Vec<u32> = sandbox
        .read("pids")
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect();
    let has_guard = || {
        children(pid)
            .iter()
            .any(|child| command_line(*child).contains("guard-script"))
    };
    wait_until("it is guarded", has_guard);
    assert!(pids.iter().all(|pid| is_alive(*pid)), "{pids:?}");
    signal("KILL", pid);
    wait_until("nothing is left", || !pids.iter().any(|pid| is_alive(*pid)));
    assert_eq!(sandbox.finish(child).code, 137);
}

#[test]
fn what_a_script_leaves_running_holds_nobody_up_and_lives_on() {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "scripts": {
            "one": format!("{FOR_EVER} & echo $! > pid"),
            "two": "echo two"
        }
    }));
    let output = File::create(sandbox.path("output")).unwrap();
    for arguments in [&["run", "one"][..], &["run", "--parallel", "/one|two/"]] {
        let status = Command::new(env!("CARGO_BIN_EXE_pkg"))
            .args(arguments)
            .env("PKG_HOME", sandbox.pkg_home(""))
            .current_dir(sandbox.path(""))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
        let pid = sandbox.read("pid").trim().parse().unwrap();
        assert!(is_alive(pid));
        signal("KILL", pid);
    }
}

/// SCR-27: the first process of a container.
#[test]
fn the_first_process_of_a_container_passes_a_termination_on_and_ends() {
    let unshare = [
        "--user",
        "--map-root-user",
        "--pid",
        "--fork",
        "--kill-child",
    ];
    let can = Command::new("unshare").args(unshare).arg("true").output();
    if !can.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there are no namespaces to be had");
        return;
    }
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app", "scripts": {"wait": format!("echo > ready; exec {FOR_EVER}")}
    }));
    let mut outer = Command::new("unshare")
        .args(unshare)
        .args([env!("CARGO_BIN_EXE_pkg"), "run", "-s", "wait"])
        .env("PKG_HOME", sandbox.pkg_home(""))
        .current_dir(sandbox.path(""))
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the script is ready", || sandbox.has("ready"));
    let first = children(outer.id());
    let [first] = first.as_slice() else {
        panic!("{first:?}");
    };
    assert!(PathBuf::from(command_line(*first).split(' ').next().unwrap()).ends_with("pkg"));
    signal("TERM", *first);
    assert_eq!(outer.wait().unwrap().code(), Some(143));
}
