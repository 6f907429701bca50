//! What a signal to this process waits for, and what it must not leave.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

pub use pkg_fs::remove_temporaries;
use tokio::sync::Notify;

static IS_ENDING: AtomicBool = AtomicBool::new(false);
static RUNNING: AtomicUsize = AtomicUsize::new(0);
static ENDED: Notify = Notify::const_new();

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
