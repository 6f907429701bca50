//! What a signal to this process waits for, and what it must not leave.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

pub use pkg_fs::remove_temporaries;
use tokio::sync::Notify;

static IS_ENDING: AtomicBool = AtomicBool::new(false);
static IS_TAKEN_OVER: AtomicBool = AtomicBool::new(false);
static RUNNING: AtomicUsize = AtomicUsize::new(0);
static ENDED: Notify = Notify::const_new();

/// Says that the caller ends this process at the signals that ask for it: without a script that runs, they are his alone.
pub fn take_over_signals() {
    IS_TAKEN_OVER.store(true, Ordering::SeqCst);
}

/// Whether somebody else ends this process when it is asked to end.
pub(crate) fn is_taken_over() -> bool {
    IS_TAKEN_OVER.load(Ordering::SeqCst)
}

/// Says that a signal is bringing this process to its end: what it came to is of no interest any more.
pub fn announce_end() {
    IS_ENDING.store(true, Ordering::SeqCst);
}

/// Whether a signal is bringing this process to its end.
pub fn is_ending() -> bool {
    IS_ENDING.load(Ordering::SeqCst)
}

/// While it lives, a script of the project runs.
pub(crate) struct ScriptTurn;

impl ScriptTurn {
    pub(crate) fn begin() -> Self {
        RUNNING.fetch_add(1, Ordering::SeqCst);
        Self
    }
}

impl Drop for ScriptTurn {
    fn drop(&mut self) {
        RUNNING.fetch_sub(1, Ordering::SeqCst);
        ENDED.notify_waiters();
    }
}

/// Waits until no script of the project runs. A script is told of signals and ends when it sees fit.
pub async fn scripts_ended() {
    loop {
        let mut ended = pin!(ENDED.notified());
        ended.as_mut().enable();
        if RUNNING.load(Ordering::SeqCst) == 0 {
            return;
        }
        ended.await;
    }
}
