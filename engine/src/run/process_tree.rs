//! A process and all that it started.

use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

/// How often a tree is looked at: what it starts meanwhile is found the next time.
const ROUNDS: usize = 8;
/// After so many looks that find nothing new, all is found: a process that is asked to stop may start one more before it does.
const QUIET: usize = 2;

/// Ends a process and all that it started. Each is stopped first, so that none starts another unseen.
pub(super) fn kill(root: Pid) {
    let mut found = vec![root];
    kill_process(root, Signal::STOP).unwrap_or_default();
    let mut quiet = 0;
    for _ in 0..ROUNDS {
        let new: Vec<Pid> = parents()
            .into_iter()
            .filter(|(child, parent)| found.contains(parent) && !found.contains(child))
            .map(|(child, _)| child)
            .collect();
        quiet = if new.is_empty() { quiet + 1 } else { 0 };
        if quiet == QUIET {
            break;
        }
        for pid in &new {
            kill_process(*pid, Signal::STOP).unwrap_or_default();
        }
        found.extend(new);
    }
    for pid in found {
        // One that is gone already needs no end.
        kill_process(pid, Signal::KILL).unwrap_or_default();
    }
}

/// Every process and its parent, where the system tells.
fn parents() -> Vec<(Pid, Pid)> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(Pid::from_raw)
        .filter_map(|pid| Some((pid, Pid::from_raw(field(pid, 1)?.parse().ok()?)?)))
        .collect()
}

/// When a process was started: with its number, what names it for ever.
pub(super) fn born(pid: Pid) -> Option<String> {
    field(pid, 19)
}

/// A field of `/proc/PID/stat`, counted from the state, which follows the name in brackets; the name may hold anything.
fn field(pid: Pid, index: usize) -> Option<String> {
    let path = format!("/proc/{}/stat", pid.as_raw_nonzero());
    let bytes = std::fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (_, rest) = text.rsplit_once(')')?;
    rest.split_whitespace().nth(index).map(str::to_owned)
}

/// Whether a process ends within this time.
#[cfg(target_os = "linux")]
pub(super) fn ends_within(pid: Pid, time: Duration) -> bool {
    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        process::{PidfdFlags, pidfd_open},
    };
    let Ok(file) = pidfd_open(pid, PidfdFlags::empty()) else {
        return false;
    };
    let Ok(time) = Timespec::try_from(time) else {
        return false;
    };
    let mut files = [PollFd::new(&file, PollFlags::IN)];
    poll(&mut files, Some(&time)).is_ok_and(|ready| ready > 0)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn ends_within(_pid: Pid, _time: Duration) -> bool {
    true
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Each waits for something that only this test can give, so that none of it depends on time. A process that is left
    /// says so instead of holding the test up.
    #[test]
    fn what_a_process_started_ends_with_it() {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", "sh -c 'echo $$; read line; echo left'; echo left"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = std::io::BufReader::new(shell.stdout.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        let below = Pid::from_raw(line.trim().parse().unwrap()).unwrap();
        let root = Pid::from_raw(i32::try_from(shell.id()).unwrap()).unwrap();
        assert_eq!(field(below, 1).unwrap(), shell.id().to_string());
        assert!(!ends_within(root, Duration::ZERO));
        kill(root);
        drop(shell.stdin.take());
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut output, &mut rest).unwrap();
        assert_eq!(rest, "");
        shell.wait().unwrap();
    }
}
