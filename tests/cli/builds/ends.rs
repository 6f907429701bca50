//! How scripts end, and what is left of them: nothing.

use std::time::{Duration, Instant};

use super::{FOUND, append_user_settings, failed, found, has_jail, probe, probing, publish};
use crate::support::{Sandbox, served, server, wait_until};

/// Whether a process of this number lives.
fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
    // One that has ended and that nobody has waited for yet does not live.
    stat.is_ok_and(|stat| {
        !stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with('Z'))
    })
}

/// SCR-16.
#[test]
fn scr_16_a_daemon_is_gone_after_the_install() {
    let server = server();
    let program = "const child = cp.spawn('sh', ['-c', 'setsid sh -c \"echo \\\\$\\\\$ > daemon; exec sleep 1000\" & wait'], { detached: true, stdio: 'ignore' });\n\
        child.unref();\n\
        while (!fs.existsSync('daemon') || fs.readFileSync('daemon', 'utf8') === '') {}\n\
        found.daemon = fs.readFileSync('daemon', 'utf8');";
    let sandbox = probing(&server, program);
    let found = probe(&sandbox);
    assert!(!lives(found["daemon"].as_str().unwrap()));
}

/// SCR-17.
#[test]
fn scr_17_a_child_that_keeps_the_output_open_does_not_keep_the_install() {
    let server = server();
    let program = "cp.spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' }).unref();";
    let sandbox = probing(&server, program);
    let started = Instant::now();
    probe(&sandbox);
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}

/// SCR-20.
#[test]
fn scr_20_standard_input_is_at_its_end_and_a_script_that_sleeps_is_killed() {
    let server = server();
    let program = "found.input = fs.readFileSync(0, 'utf8');\n\
        fs.writeFileSync('child', String(cp.spawn('sleep', ['1000']).pid));\n\
        end();\n\
        setInterval(() => {}, 1000);";
    let sandbox = probing(&server, program);
    append_user_settings(&sandbox, "build-timeout=2\n");
    let (code, said) = failed(&sandbox.run(&["approve-builds", "probe"]));
    assert_eq!(code, "ERR_PKG_BUILD_FAILED");
    assert!(
        said.contains("ran for more than 2 seconds and was killed"),
        "{said}"
    );
    assert_eq!(found(&sandbox)["input"], "");
    assert!(!lives(&sandbox.read("node_modules/probe/child")));
}

/// SCR-21.
#[test]
fn scr_21_output_is_bounded_prefixed_and_escaped() {
    let server = server();
    let program = "const line = 'x'.repeat(65535) + '\\n';\n\
        for (let count = 0; count < 2048; count += 1) fs.writeSync(1, line);\n\
        fs.writeSync(1, '\\u001b[2J\\u001b]0;title\\u0007? Password: ');\n\
        process.exit(1);";
    let sandbox = probing(&server, program);
    let (_, said) = failed(&sandbox.run(&["approve-builds", "probe"]));
    assert!(said.len() < 200_000, "{}", said.len());
    assert!(!said.contains('\u{1b}'));
    let last = said.lines().find(|line| line.contains("Password")).unwrap();
    assert_eq!(
        last,
        "probe@1.0.0 postinstall | \\u{1b}[2J\\u{1b}]0;title\\u{7}? Password: "
    );
}

/// SCR-23 and KIL-16: the message names the signal, and the exit code is what a shell would say; `pkg rebuild` alike.
#[test]
fn scr_23_a_script_that_dies_by_a_signal_is_named_with_it() {
    let server = server();
    for (signal, words, code) in [
        ("SIGTERM", "was ended by SIGTERM", 143),
        (
            "SIGKILL",
            "was killed by SIGKILL: by somebody, or by the system for want of memory",
            137,
        ),
    ] {
        let sandbox = probing(
            &server,
            &format!("process.kill(process.pid, '{signal}'); for (;;) {{}}"),
        );
        for arguments in [["approve-builds", "probe"], ["rebuild", "probe"]] {
            let ran = sandbox.run(&arguments);
            assert_eq!(ran.code, code, "{ran}");
            assert_eq!(ran.error_code(), Some("ERR_PKG_BUILD_FAILED"));
            let told = format!("the script `postinstall` of `probe@1.0.0` {words}");
            assert!(ran.stderr.contains(&told), "{ran}");
            assert!(!ran.stderr.contains("caused by"), "{ran}");
        }
    }
}

/// SCR-31.
#[test]
fn scr_31_a_failed_script_runs_again_and_others_are_built() {
    let server = server();
    publish(
        &server,
        "good",
        "1.0.0",
        "require('fs').appendFileSync('runs', 'x')",
    );
    publish(
        &server,
        "bad",
        "1.0.0",
        "require('fs').writeFileSync('half', ''); require('fs').accessSync(process.env.LANG)",
    );
    let sandbox = served(&server, &[("good", "1"), ("bad", "1")]);
    sandbox.install(&[]);
    let (code, said) = failed(&sandbox.run(&["approve-builds", "--all"]));
    assert_eq!(code, "ERR_PKG_BUILD_FAILED");
    assert!(said.contains("`bad@1.0.0`"), "{said}");
    assert_eq!(sandbox.read("node_modules/good/runs"), "x");
    let (code, _) = failed(&sandbox.run(&["install"]));
    assert_eq!(code, "ERR_PKG_BUILD_FAILED", "it ran again");
    let mended = sandbox.pkg(&["install"]).env("LANG", "/").run();
    assert_eq!(mended.code, 0, "{mended}");
    assert_eq!(
        sandbox.read("node_modules/good/runs"),
        "x",
        "it was built before"
    );
}

/// An optional package that cannot be built is left out, with what only it needs.
#[test]
fn an_optional_package_that_fails_is_left_out() {
    let server = server();
    publish(&server, "bad", "1.0.0", "process.exit(9)");
    let sandbox = Sandbox::with_manifest(&serde_json::json!({
        "name": "app", "optionalDependencies": {"bad": "1", "greet": "1"}
    }));
    sandbox.use_server(&server);
    sandbox.install(&[]);
    assert!(sandbox.has("node_modules/bad"));
    let ran = sandbox.run(&["approve-builds", "bad"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert!(
        ran.stderr.contains("left out the optional `bad@1.0.0`"),
        "{ran}"
    );
    assert!(!sandbox.has("node_modules/bad"));
    assert!(sandbox.has("node_modules/greet"));
}

/// KIL-07.
#[test]
fn kil_07_an_install_that_is_killed_leaves_no_child_and_nothing_built() {
    let server = server();
    let program = "fs.appendFileSync('runs', 'x');\n\
        fs.writeFileSync('child', String(cp.spawn('sleep', ['1000'], { detached: true }).pid));\n\
        fs.writeFileSync('self', String(process.pid));\n\
        if (!process.env.LANG) for (;;) {}\n\
        process.exit();";
    let sandbox = probing(&server, program);
    let mut running = sandbox.pkg(&["approve-builds", "probe"]).spawn();
    let numbers = ["node_modules/probe/self", "node_modules/probe/child"];
    wait_until("the script runs", || {
        numbers.iter().all(|path| {
            let read = std::fs::read_to_string(sandbox.path(path));
            read.is_ok_and(|text| !text.is_empty())
        })
    });
    running.kill().unwrap();
    running.wait().unwrap();
    for path in numbers {
        let pid = sandbox.read(path);
        wait_until("the script and its child are gone", || !lives(&pid));
    }
    let ran = sandbox.pkg(&["install"]).env("LANG", "C").run();
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(
        sandbox.read("node_modules/probe/runs"),
        "x",
        "in a fresh folder"
    );
    assert!(sandbox.has(FOUND));
    assert!(
        !sandbox.has("node_modules/.pkg/building"),
        "nothing of it is left"
    );
}

/// A deep tree of processes is killed to its last one.
#[test]
fn whatever_a_script_starts_ends_with_it() {
    if !has_jail() {
        return;
    }
    let server = server();
    let program = "cp.execFileSync('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8; do (setsid sh -c \"sleep 1000 & echo \\\\$! >> all; wait\" &) ; done'], { stdio: 'ignore' });\n\
        const count = () => fs.existsSync('all') ? fs.readFileSync('all', 'utf8').split('\\n').length - 1 : 0;\n\
        while (count() < 8) {}\n\
        found.all = fs.readFileSync('all', 'utf8').trim().split('\\n');";
    let sandbox = probing(&server, program);
    let found = probe(&sandbox);
    for pid in found["all"].as_array().unwrap() {
        assert!(!lives(pid.as_str().unwrap()));
    }
}

/// KIL-07: killed before any call that changes the disk, while scripts run or while their results are put in place.
#[cfg(debug_assertions)]
#[test]
fn kil_07_a_build_that_is_killed_anywhere_is_done_by_the_next_install() {
    const PLACES: u64 = 6;
    let server = server();
    let program = "fs.appendFileSync('runs', 'x');\n\
        fs.mkdirSync('build');\n\
        fs.symlinkSync('../runs', 'build/link');\n\
        fs.unlinkSync('index.js');";
    let ready = |is_kept: bool| {
        let sandbox = probing(&server, program);
        let arguments = ["approve-builds", "probe", "--no-install"];
        assert_eq!(sandbox.run(&arguments).code, 0);
        if is_kept {
            sandbox.install(&[]);
            sandbox.remove("node_modules");
        }
        sandbox
    };
    let install_with = |sandbox: &Sandbox, kind: &str, at: u64| {
        let mark = sandbox.beside("mark");
        std::fs::write(&mark, "").unwrap();
        let plan = format!("{kind}@{at}:{}", mark.display());
        let ran = sandbox.pkg(&["install"]).env("PKG_TEST_FAULT", plan).run();
        (ran.code, mark.metadata().unwrap().len())
    };
    for is_kept in [false, true] {
        let whole = ready(is_kept);
        let (code, calls) = install_with(&whole, "count", 0);
        assert_eq!(code, 0);
        assert!(calls > PLACES, "only {calls} calls were counted");
        let expected = whole.tree("node_modules");
        for place in 0..PLACES {
            let at = 1 + place * (calls - 1) / (PLACES - 1);
            let sandbox = ready(is_kept);
            install_with(&sandbox, "kill", at);
            sandbox.install(&[]);
            assert_eq!(
                sandbox.read("node_modules/probe/runs"),
                "x",
                "{at} of {calls}"
            );
            assert_eq!(sandbox.read("node_modules/probe/build/link"), "x", "{at}");
            assert_eq!(sandbox.tree("node_modules"), expected, "{at} of {calls}");
            let verified = sandbox.run(&["store", "verify"]);
            assert_eq!(verified.code, 0, "{at} of {calls}: {verified}");
        }
    }
}
