//! Questions on a terminal: the program behind a pseudo-terminal, keys as a person presses them.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcgetattr, tcsetwinsize},
};

use crate::support::Sandbox;

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: File,
    /// The terminal's other side, kept open to ask for its mode.
    inner: OwnedFd,
    shown: Receiver<Vec<u8>>,
    /// Everything that was shown.
    text: String,
}

impl Terminal {
    fn start(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let outer = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&outer).unwrap();
        unlockpt(&outer).unwrap();
        let name = ptsname(&outer, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let inner = rustix::fs::open(name, flags, Mode::empty()).unwrap();
        let size = Winsize {
            ws_row: 24,
            ws_col: 80,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&inner, size).unwrap();
        let side = || Stdio::from(inner.try_clone().unwrap());
        let home = sandbox.beside("home");
        let child = Command::new(env!("CARGO_BIN_EXE_pkg"))
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &home)
            .env("PKG_HOME", home.join("pkg"))
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .current_dir(sandbox.path(""))
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        let keyboard = File::from(outer);
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

    /// Waits until a text was shown behind what was waited for before.
    fn wait_for(&mut self, text: &str) {
        let from = self.text.len();
        while !self.text[from..].contains(text) {
            let more = self.shown.recv_timeout(PATIENCE);
            let more = more.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.text));
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end, and gives the exit code and everything that was shown.
    fn end(&mut self, last: &str) -> (i32, String) {
        if !last.is_empty() {
            self.wait_for(last);
        }
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        while let Ok(more) = self.shown.try_recv() {
            self.text.push_str(&String::from_utf8_lossy(&more));
        }
        (code, std::mem::take(&mut self.text))
    }
}

impl Drop for Terminal {
    /// A test that fails leaves no program behind.
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A project whose ranges take more than its lockfile has.
fn start() -> Sandbox {
    let sandbox = Sandbox::with_dependencies(&[("number-list", "1.0.0"), ("greet", "1.0.0")]);
    sandbox.install(&[]);
    sandbox.set_dependencies(&[("number-list", "^1.0.0"), ("greet", "^1.0.0")]);
    sandbox.install(&[]);
    sandbox
}

#[test]
fn update_moves_what_is_chosen() {
    let sandbox = start();
    let mut terminal = Terminal::start(&sandbox, &["update", "--interactive"]);
    terminal.wait_for("esc: leave");
    for text in [
        "dependencies",
        "greet",
        "1.0.0",
        "1.2.3",
        "number-list",
        "1.3.0",
    ] {
        assert!(terminal.text.contains(text), "{text}: {}", terminal.text);
    }
    terminal.press("\x1b[B ");
    terminal.wait_for("1 chosen");
    terminal.press("\r");
    let (code, text) = terminal.end("package added");
    assert_eq!(code, 0, "{text}");
    let manifest = sandbox.read("package.json");
    assert!(
        manifest.contains(r#""number-list": "^1.3.0""#),
        "{manifest}"
    );
    assert!(manifest.contains(r#""greet": "^1.0.0""#), "{manifest}");
    assert!(text.contains("\x1b[?25h"), "the cursor is back: {text:?}");
}

#[test]
fn leaving_or_interrupting_changes_nothing_and_the_terminal_is_as_it_was() {
    for (keys, code) in [
        ("\x1b", 0),
        ("q", 0),
        ("\r", 0),
        ("\x03", 130),
        ("a\x03", 130),
    ] {
        let sandbox = start();
        let before = (sandbox.read("package.json"), sandbox.read("pkg.lock"));
        let mut terminal = Terminal::start(&sandbox, &["up", "-i", "--latest"]);
        let inner = terminal.inner.try_clone().unwrap();
        let mode = tcgetattr(&inner).unwrap();
        terminal.wait_for("esc: leave");
        assert_ne!(tcgetattr(&inner).unwrap().local_modes, mode.local_modes);
        terminal.press(keys);
        let (ended, text) = terminal.end("\x1b[?25h");
        assert_eq!(ended, code, "{keys:?}: {text}");
        let after = tcgetattr(&inner).unwrap();
        assert_eq!(after.local_modes, mode.local_modes, "{keys:?}");
        assert_eq!(after.input_modes, mode.input_modes, "{keys:?}");
        assert_eq!(after.output_modes, mode.output_modes, "{keys:?}");
        let now = (sandbox.read("package.json"), sandbox.read("pkg.lock"));
        assert_eq!(now, before, "{keys:?}");
    }
}

#[test]
fn without_a_terminal_the_flag_to_use_is_told() {
    let ran = start().run(&["update", "-i"]);
    insta::assert_snapshot!(ran, @"
    exit: 1
    ----- stderr
    error[ERR_PKG_NO_TERMINAL]: `--interactive` asks on a terminal, and this is none
      help: name what is to move, `pkg update NAME`, or leave `--interactive` away to move all; `pkg outdated` lists it
    ");
}
