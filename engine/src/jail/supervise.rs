//! The supervisor: it starts one script in the jail, and outlives all that the script started.

use std::{
    io::{self, Read as _},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, kill_process_group, wait};

use super::{
    JAIL_ENTER,
    policy::{JailEnd, JailError, JailPolicy},
};
#[cfg(target_os = "linux")]
use super::{
    network::{Broker, Network, answer_connects},
    policy::{Confinement, write_refusals},
};

/// What the supervisor waits for.
enum Turn {
    Ended(io::Result<ExitStatus>),
    /// Nobody holds the other end of its standard input: the installer is gone.
    Abandoned,
}

/// Runs the script of a policy to its end, whatever that is, and writes the end down beside the policy.
///
/// # Errors
/// [`JailError`] when the policy cannot be read or the end not be written.
pub fn supervise(policy_path: &Path) -> Result<(), JailError> {
    let policy = JailPolicy::read(policy_path)?;
    let end = run(&policy, policy_path)
        .unwrap_or_else(|error| JailEnd::Refused(format!("it cannot be started: {error}")));
    // The inner process knows better why nothing was run.
    let end = match (
        end,
        JailEnd::read(policy_path.parent().unwrap_or(policy_path)),
    ) {
        (JailEnd::Code(_), Some(refused)) => refused,
        (end, _) => end,
    };
    end.write(policy_path)
}

fn run(policy: &JailPolicy, policy_path: &Path) -> io::Result<JailEnd> {
    become_reaper()?;
    let mut command = Command::new(&policy.program);
    command
        .arg(JAIL_ENTER)
        .arg(policy_path)
        .stdin(Stdio::null());
    #[cfg(target_os = "linux")]
    let broker = open_broker(policy, &mut command)?;
    let mut child = command.spawn()?;
    // Its end of the way to the broker is the child's alone.
    drop(command);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (sender, turns) = mpsc::channel();
    let abandoned = sender.clone();
    thread::spawn(move || {
        drain(io::stdin());
        // The supervisor may have ended meanwhile.
        abandoned.send(Turn::Abandoned).unwrap_or_default();
    });
    thread::spawn(move || {
        sender.send(Turn::Ended(child.wait())).unwrap_or_default();
    });
    let end = match turns.recv_timeout(Duration::from_secs(policy.seconds)) {
        Ok(Turn::Ended(status)) => end_of(status?),
        Ok(Turn::Abandoned) | Err(RecvTimeoutError::Disconnected) => JailEnd::Abandoned,
        Err(RecvTimeoutError::Timeout) => JailEnd::TimedOut,
    };
    kill_all(group);
    #[cfg(target_os = "linux")]
    if let Some(broker) = broker {
        let refusals = broker.refusals();
        write_refusals(policy_path, &refusals).map_err(io::Error::other)?;
    }
    Ok(end)
}

/// Variables that tell programs of a proxy.
#[cfg(target_os = "linux")]
const PROXIES: [&str; 7] = [
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "npm_config_proxy",
    "npm_config_https_proxy",
    "GLOBAL_AGENT_HTTP_PROXY",
];
/// Variables that tell programs to do what those say.
#[cfg(target_os = "linux")]
const HEEDED: [&str; 2] = ["NODE_USE_ENV_PROXY", "ELECTRON_GET_USE_PROXY"];

/// The broker of a script that reaches single places, and the script's way to it.
#[cfg(target_os = "linux")]
fn open_broker(policy: &JailPolicy, command: &mut Command) -> io::Result<Option<Broker>> {
    let Network::Places(places) = &policy.network else {
        return Ok(None);
    };
    if policy.confinement == Confinement::Off {
        return Ok(None);
    }
    let broker = Broker::new(places)?;
    let address = format!("http://{}", broker.address()?);
    command.envs(PROXIES.map(|name| (name, &address)));
    command.envs(HEEDED.map(|name| (name, "1")));
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    command.stdin(std::os::fd::OwnedFd::from(theirs));
    let answering = broker.clone();
    // Ends with the script.
    thread::spawn(move || answer_connects(&ours, &answering).unwrap_or_default());
    Ok(Some(broker))
}

/// Makes this process the parent of every orphan below it.
#[cfg(target_os = "linux")]
fn become_reaper() -> io::Result<()> {
    rustix::process::set_child_subreaper(Some(getpid())).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn become_reaper() -> io::Result<()> {
    Ok(())
}

/// Reads until there is nobody to write.
fn drain(mut input: io::Stdin) {
    let mut bytes = [0; 64];
    while input.read(&mut bytes).is_ok_and(|count| count > 0) {}
}

fn end_of(status: ExitStatus) -> JailEnd {
    match (status.code(), status.signal()) {
        (Some(code), _) => JailEnd::Code(code),
        (None, signal) => JailEnd::Signal(signal.unwrap_or_default()),
    }
}

/// Kills the script's process group and whatever left it: orphans come to this process, one generation a round.
fn kill_all(group: Option<Pid>) {
    if let Some(group) = group {
        // It may be empty by now.
        kill_process_group(group, Signal::KILL).unwrap_or_default();
    }
    loop {
        let children = children();
        if children.is_empty() {
            return;
        }
        for child in children {
            kill_process(child, Signal::KILL).unwrap_or_default();
        }
        // Whoever is killed ends: one is waited for, others that have ended are taken along.
        if wait(WaitOptions::empty()).is_err() {
            return;
        }
        while matches!(wait(WaitOptions::NOHANG), Ok(Some(_))) {}
    }
}

/// The processes whose parent this one is, those that have ended included.
fn children() -> Vec<Pid> {
    let own = getpid().as_raw_nonzero().get().to_string();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let mut stat = Vec::new();
            let file = std::fs::File::open(entry.path().join("stat")).ok()?;
            file.take(4096).read_to_end(&mut stat).ok()?;
            (parent_of(&stat)? == own).then_some(Pid::from_raw(pid)?)
        })
        .collect()
}

/// The parent that `/proc/PID/stat` names: the second word after the program's name, which may hold anything.
fn parent_of(stat: &[u8]) -> Option<String> {
    let end = stat.iter().rposition(|byte| *byte == b')')?;
    let rest = String::from_utf8_lossy(&stat[end + 1..]);
    rest.split_whitespace().nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_whatever_the_program_is_called() {
        assert_eq!(parent_of(b"12 (a) S 7 8 9"), Some("7".to_owned()));
        assert_eq!(parent_of(b"12 (a) S 1) (x) R 42 8"), Some("42".to_owned()));
        assert_eq!(parent_of(b"nothing"), None);
    }
}
