//! A terminal of its own for the program, and somebody who types.

use std::{
    fs::{File, OpenOptions},
    os::fd::OwnedFd,
    path::Path,
    process::{Child, Command, Stdio},
};

use super::Sandbox;

/// A terminal: what its user types and sees, and what programs have of it.
pub(crate) fn terminal() -> (File, OwnedFd) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    // Whoever is started must not hold the other end: then it would never go away.
    rustix::io::fcntl_setfd(&user, rustix::io::FdFlags::CLOEXEC).unwrap();
    grantpt(&user).unwrap();
    unlockpt(&user).unwrap();
    let name = ptsname(&user, Vec::new()).unwrap();
    let program = OpenOptions::new()
        .read(true)
        .write(true)
        .open(Path::new(name.to_str().unwrap()))
        .unwrap();
    (File::from(user), program.into())
}

/// The program in a session of its own, at a terminal.
pub(crate) fn at_terminal(sandbox: &Sandbox, terminal: &OwnedFd, arguments: &[&str]) -> Child {
    let stdio = || Stdio::from(terminal.try_clone().unwrap());
    Command::new("setsid")
        .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_pkg")])
        .args(arguments)
        // A test that runs in CI is about somebody who does not.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("TERM", "xterm")
        .env("HOME", sandbox.beside("home"))
        .env("PKG_HOME", sandbox.pkg_home(""))
        .current_dir(sandbox.path(""))
        .stdin(stdio())
        .stdout(stdio())
        .stderr(stdio())
        .spawn()
        .unwrap()
}

/// Whether there is what starts a program at a terminal; says so where there is not.
pub(crate) fn has_setsid() -> bool {
    let tried = Command::new("setsid").arg("--ctty").arg("true").output();
    let has_setsid = tried.is_ok();
    if !has_setsid {
        eprintln!("skipped: there is no `setsid`");
    }
    has_setsid
}
