//! Ctrl-C and its like while something is installed: what was made for a moment is removed, and the exit code names the
//! signal. All else an install may leave behind at any moment, as when it is killed.

use std::{io, thread, time::Duration};

use pkg_engine::{announce_end, is_ending, remove_temporaries, scripts_ended, take_over_signals};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{commands::runtime, env, render::leave_moving_line};

/// What a script has to end after a second signal.
const GRACE: Duration = Duration::from_millis(600);

/// The signals that are listened to.
struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let ignored = env::ignored_signals();
        // What is ignored from the start, as `nohup` has it, stays so.
        let listen = |kind: SignalKind| {
            let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
            (!is_ignored).then(|| signal(kind)).transpose()
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// The next of them.
    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            () = arrives(&mut self.interrupt) => SignalKind::interrupt(),
            () = arrives(&mut self.terminate) => SignalKind::terminate(),
            () = arrives(&mut self.hang_up) => SignalKind::hangup(),
        }
    }
}

async fn arrives(signal: &mut Option<Signal>) {
    let has_arrived = match signal {
        Some(signal) => signal.recv().await.is_some(),
        None => false,
    };
    if !has_arrived {
        std::future::pending::<()>().await;
    }
}

/// Runs an operation that changes things on the disk until it ends, or until a signal ends the process.
///
/// # Errors
/// When the system has no room for a thread or for a reactor.
pub(crate) fn until_interrupted<T>(operation: impl Future<Output = T>) -> io::Result<T> {
    let (reactor, own) = (runtime()?, runtime()?);
    let signals = {
        let _entered = own.enter();
        Signals::listen()?
    };
    take_over_signals();
    let watch = move || own.block_on(end_at_signal(signals));
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(watch)?;
    let result = reactor.block_on(operation);
    while is_ending() {
        // What the operation came to is of no interest any more.
        thread::park();
    }
    // What is still being downloaded or written by other threads is wanted by nobody any more.
    reactor.shutdown_background();
    Ok(result)
}

/// Ends the process at a signal. Where a script of the project runs, that one ends first, unless a second signal comes.
async fn end_at_signal(mut signals: Signals) {
    let kind = signals.next().await;
    announce_end();
    tokio::select! {
        () = scripts_ended() => {}
        // What does not end by now is killed by whoever passes signals on, and at the latest when this process is gone.
        () = second_thought(&mut signals) => {}
    }
    remove_temporaries();
    leave_moving_line();
    exit(u8::try_from(128 + kind.as_raw_value()).unwrap_or(1));
}

/// A second signal, and the time that a script has after it.
async fn second_thought(signals: &mut Signals) {
    signals.next().await;
    tokio::time::sleep(GRACE).await;
}

/// Ends the process whatever its other threads do.
#[expect(
    clippy::exit,
    reason = "the main thread may be in the midst of anything"
)]
pub(crate) fn exit(code: u8) -> ! {
    std::process::exit(i32::from(code))
}
