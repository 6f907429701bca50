//! The life of a script's process: started, told of signals, waited for; with us it ends.
//!
//! A key of the terminal (Ctrl-C, Ctrl-\) reaches every process of the foreground by itself, so that it is not passed on;
//! what another process sends to us alone is. Who asks twice is obeyed: see [`is_impatient`].

use std::{
    io::{self, Write as _},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2},
    iterator::{
        SignalsInfo,
        exfiltrator::{WithOrigin, origin::Origin},
    },
    low_level::{emulate_default_handler, siginfo::Cause},
};

use super::process_tree;

/// What we pass on.
const SIGNALS: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];
/// Signals that come so soon after another are the same one, sent to the group and to us.
const SAME: Duration = Duration::from_millis(100);
/// A second Ctrl-C within this time means it.
const IMPATIENCE: Duration = Duration::from_secs(2);
/// What a script has to end by itself when it was asked twice.
const GRACE: Duration = Duration::from_millis(300);
/// A script that ends sooner is not worth a guard.
const SHORT: Duration = Duration::from_millis(20);

/// The children that are alive, and how they were asked to end.
#[derive(Default)]
pub(super) struct Watch {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    children: Vec<Pid>,
    asked: Option<Asked>,
    /// Whether somebody wanted the run to end.
    was_interrupted: bool,
}

/// The last wish that a script may end.
#[derive(Debug, Clone, Copy)]
struct Asked {
    signal: i32,
    at: Instant,
}

/// Listens for as long as the process lives: whoever stops listening has the signals ignored, not handled as before.
pub(super) fn watch() -> io::Result<Arc<Watch>> {
    static WATCH: OnceLock<Arc<Watch>> = OnceLock::new();
    if let Some(watch) = WATCH.get() {
        return Ok(Arc::clone(watch));
    }
    let mut signals = SignalsInfo::<WithOrigin>::new(SIGNALS)?;
    let watch = Arc::clone(WATCH.get_or_init(Arc::default));
    let listening = Arc::clone(&watch);
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || signals.forever().for_each(|origin| listening.take(&origin)))?;
    Ok(watch)
}

impl Watch {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody asked for an end since the process started.
    pub(super) fn was_interrupted(&self) -> bool {
        self.lock().was_interrupted
    }

    /// Starts a child. No signal is lost between the two: whoever takes one waits until the child is known.
    pub(super) fn spawn(&self, command: &mut Command) -> io::Result<(Child, Pid)> {
        let mut state = self.lock();
        let child = command.spawn()?;
        let pid = i32::try_from(child.id())
            .ok()
            .and_then(Pid::from_raw)
            .ok_or_else(|| io::Error::other("the child has no number"))?;
        state.children.push(pid);
        Ok((child, pid))
    }

    /// Waits until the child has ended, and takes its status. Its number stays its own until nobody can signal it.
    pub(super) fn wait(
        &self,
        child: &mut Child,
        pid: Pid,
        guard: Option<&Path>,
    ) -> io::Result<ExitStatus> {
        let guard = guard
            .filter(|_| !process_tree::ends_within(pid, SHORT))
            .and_then(|program| Guard::start(program, pid));
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|errno| errno == rustix::io::Errno::INTR)
        {
        }
        self.lock().children.retain(|known| *known != pid);
        if let Some(guard) = guard {
            guard.dismiss();
        }
        child.wait()
    }

    /// Asks every child that still lives to end.
    pub(super) fn terminate(&self) {
        for pid in &self.lock().children {
            // One that is gone already needs no asking.
            kill_process(*pid, Signal::TERM).unwrap_or_default();
        }
    }

    /// Takes one signal.
    fn take(&self, origin: &Origin) {
        let mut state = self.lock();
        if state.children.is_empty() {
            drop(state);
            // Nobody to pass it on to: it means us. This comes back only for what the system does not know.
            emulate_default_handler(origin.signal).unwrap_or_default();
            return;
        }
        let is_key = matches!(origin.cause, Cause::Kernel);
        if !is_key && let Some(signal) = Signal::from_named_raw(origin.signal) {
            for pid in &state.children {
                kill_process(*pid, signal).unwrap_or_default();
            }
        }
        if !matches!(origin.signal, SIGINT | SIGTERM) {
            return;
        }
        state.was_interrupted = true;
        let asked = Asked {
            signal: origin.signal,
            at: Instant::now(),
        };
        let last = state.asked.replace(asked);
        if last.is_some_and(|last| is_impatient(last, asked)) {
            let children = state.children.clone();
            drop(state);
            thread::sleep(GRACE);
            self.kill(&children);
        }
    }

    /// Ends those of the children that still live, and all that they started.
    fn kill(&self, children: &[Pid]) {
        for pid in children {
            let mut state = self.lock();
            if state.children.contains(pid) {
                // That it did not end by itself is worth a word.
                state.was_interrupted = false;
                process_tree::kill(*pid);
            }
        }
    }
}

/// Whether a script that was asked to end, and asked again, is to be killed: it had `SIGTERM`, or Ctrl-C was pressed twice
/// at once. A program that takes Ctrl-C for a key, now and then, goes on.
fn is_impatient(last: Asked, now: Asked) -> bool {
    let between = now.at.duration_since(last.at);
    between >= SAME && (last.signal == SIGTERM || between <= IMPATIENCE)
}

/// The command that ends a script whose parent was killed.
pub const GUARD: &str = "guard-script";

/// A process that outlives us if we are killed, and then ends what the script left.
struct Guard {
    /// What it reads: a byte if all is well, nothing if we are gone.
    line: ChildStdin,
}

impl Guard {
    #[cfg(target_os = "linux")]
    fn start(program: &Path, pid: Pid) -> Option<Self> {
        use std::os::unix::process::CommandExt as _;
        let mut child = Command::new(program)
            .arg(GUARD)
            .arg(pid.as_raw_nonzero().to_string())
            .current_dir("/")
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // What ends the script by a key is not to end the guard.
            .process_group(0)
            .spawn()
            .ok()?;
        let line = child.stdin.take()?;
        Some(Self { line })
    }

    #[cfg(not(target_os = "linux"))]
    fn start(_program: &Path, _pid: Pid) -> Option<Self> {
        None
    }

    fn dismiss(mut self) {
        // One that is gone already does no harm either.
        self.line.write_all(b".").unwrap_or_default();
    }
}

/// Waits until the parent lets us go, or is gone: then the script and all that it started end.
///
/// `line` is what the parent holds the other end of.
pub fn guard_script(pid: u32, line: &mut dyn io::Read) {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return;
    };
    let born = process_tree::born(pid);
    let mut byte = [0];
    let is_dismissed = line.read(&mut byte).is_ok_and(|read| read == 1);
    // The number may be another process's by now.
    if !is_dismissed && born.is_some() && process_tree::born(pid) == born {
        process_tree::kill(pid);
    }
}

/// Ends this process as its child ended, so that whoever started us sees the signal; returns where that cannot be.
pub fn end_by_signal(signal: i32) {
    // The first process of a container cannot end so.
    if rustix::process::getpid().is_init() {
        return;
    }
    let limit = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // The child's core is of interest, ours is not.
    rustix::process::setrlimit(rustix::process::Resource::Core, limit).unwrap_or_default();
    emulate_default_handler(signal).unwrap_or_default();
}

/// A signal as people name it.
pub(super) fn signal_name(signal: i32) -> String {
    signal_hook::low_level::signal_name(signal)
        .map_or_else(|| format!("signal {signal}"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_twice_at_once_or_after_a_termination_means_it() {
        let start = Instant::now();
        let asked = |signal, milliseconds| Asked {
            signal,
            at: start + Duration::from_millis(milliseconds),
        };
        for (last, now, wanted) in [
            (asked(SIGINT, 0), asked(SIGINT, 50), false),
            (asked(SIGINT, 0), asked(SIGINT, 500), true),
            (asked(SIGINT, 0), asked(SIGINT, 60_000), false),
            (asked(SIGTERM, 0), asked(SIGINT, 60_000), true),
            (asked(SIGTERM, 0), asked(SIGTERM, 10), false),
        ] {
            assert_eq!(is_impatient(last, now), wanted, "{last:?} {now:?}");
        }
    }
}
