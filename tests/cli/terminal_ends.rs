//! Ctrl-C on a terminal: the screen is clean afterwards, the terminal as it was, and the exit code says what happened.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::{fd::OwnedFd, unix::process::ExitStatusExt as _},
    process::Child,
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use pkg_registry_fixtures::Fault;
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use serde_json::json;

use crate::support::{
    ALWAYS, Sandbox, served, server,
    terminal::{at_terminal, has_setsid, terminal},
};

const PATIENCE: Duration = Duration::from_secs(60);

/// A program at a terminal of its own, which sends it signals, and everything that it shows there.
struct Seen {
    child: Child,
    keyboard: File,
    inner: OwnedFd,
    shown: Receiver<Vec<u8>>,
    text: String,
}

impl Seen {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let (keyboard, inner) = terminal();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&inner, size).unwrap();
        let child = at_terminal(sandbox, &inner, arguments);
        let mut screen = keyboard.try_clone().unwrap();
        let (sender, shown) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count) = screen.read(&mut bytes) {
                if count == 0 || sender.send(bytes[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            inner,
            shown,
            text: String::new(),
        }
    }

    fn wait_for(&mut self, text: &str) {
        while !self.text.contains(text) {
            let more = self.shown.recv_timeout(PATIENCE);
            let more = more.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
    }

    /// Presses Ctrl-C, and gives the exit code as a shell says it, and the rows of the screen.
    fn interrupt(mut self) -> (i32, Vec<String>) {
        self.keyboard.write_all(b"\x03").unwrap();
        let status = self.child.wait().unwrap();
        let code = status.code().or(status.signal().map(|signal| 128 + signal));
        let Self {
            inner, shown, text, ..
        } = self;
        let mut text = text;
        // Nobody else has this end open now: what was shown ends.
        drop(inner);
        for more in shown {
            text.push_str(&String::from_utf8_lossy(&more));
        }
        assert_eq!(
            text.matches("\x1b[?25l").count(),
            text.matches("\x1b[?25h").count()
        );
        (code.unwrap(), screen(&text))
    }
}

/// What stands on a terminal that nothing wraps on, row by row.
fn screen(text: &str) -> Vec<String> {
    let mut rows = vec![Vec::new()];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                if row == rows.len() {
                    rows.push(Vec::new());
                }
            }
            '\x1b' => {
                let sequence: String = characters
                    .by_ref()
                    .take_while(|character| !character.is_ascii_alphabetic())
                    .collect();
                // `take_while` took the letter, which is all that differs here: `K` and `J` erase, `m` colours.
                if sequence == "[" {
                    rows[row].truncate(column);
                    rows.truncate(row + 1);
                }
            }
            character => {
                let row = &mut rows[row];
                row.resize(row.len().max(column + 1), ' ');
                row[column] = character;
                column += 1;
            }
        }
    }
    let rows = rows.into_iter().map(|row| row.into_iter().collect());
    rows.map(|row: String| row.trim_end().to_owned()).collect()
}

#[test]
fn ctrl_c_in_an_install_leaves_no_line_behind() {
    if !has_setsid() {
        return;
    }
    let server = server();
    server.fault("/wide", ALWAYS, Fault::Stall);
    let sandbox = served(&server, &[("greet", "1"), ("wide", "1")]);
    let mut seen = Seen::start(&sandbox, &["install"]);
    let mode = tcgetattr(&seen.inner).unwrap();
    seen.wait_for("Resolving ");
    let inner = seen.inner.try_clone().unwrap();
    assert_eq!(tcgetattr(&inner).unwrap().local_modes, mode.local_modes);
    drop(inner);
    let (code, rows) = seen.interrupt();
    assert_eq!((code, rows.join("\n").as_str()), (130, ""));
    assert!(!sandbox.has("pkg.lock"));
}

#[test]
fn ctrl_c_at_a_question_decides_nothing() {
    if !has_setsid() {
        return;
    }
    let sandbox = Sandbox::with_dependencies(&[("script-post", "1")]);
    sandbox.install(&[]);
    let mut seen = Seen::start(&sandbox, &["approve-builds"]);
    seen.wait_for("later: ");
    let (code, rows) = seen.interrupt();
    assert_eq!(code, 130, "{rows:?}");
    assert!(!sandbox.has("pkg-builds.json"));
}

#[test]
fn ctrl_c_in_a_script_tells_nothing_more() {
    if !has_setsid() {
        return;
    }
    let sandbox =
        Sandbox::with_manifest(&json!({"scripts": {"wait": "echo begun; exec sleep 60"}}));
    let mut seen = Seen::start(&sandbox, &["run", "wait"]);
    seen.wait_for("\nbegun");
    let (code, rows) = seen.interrupt();
    assert_eq!(code, 130, "{rows:?}");
    assert_eq!(rows[0], "$ echo begun; exec sleep 60 (wait)");
    assert_eq!(rows[1], "begun");
    assert!(!rows.join("\n").contains("error"), "{rows:?}");
}

#[test]
fn in_ci_a_terminal_has_nobody_at_it() {
    if !has_setsid() {
        return;
    }
    let sandbox = Sandbox::with_dependencies(&[("script-post", "1")]);
    sandbox.install(&[]);
    let (mut outer, inner) = terminal();
    let child = std::process::Command::new("setsid")
        .args([
            "--ctty",
            "--wait",
            env!("CARGO_BIN_EXE_pkg"),
            "approve-builds",
        ])
        .env("CI", "true")
        .env("HOME", sandbox.beside("home"))
        .env("PKG_HOME", sandbox.pkg_home(""))
        .current_dir(sandbox.path(""))
        .stdin(inner.try_clone().unwrap())
        .stdout(inner.try_clone().unwrap())
        .stderr(inner)
        .status();
    assert_eq!(child.unwrap().code(), Some(1));
    let mut bytes = [0; 8192];
    let count = outer.read(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
    assert!(text.contains("script-post"), "{text}");
    assert!(!text.contains("later: "), "{text}");
}
