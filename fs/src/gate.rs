//! The gate that every call that changes the disk goes through: in debug builds a test can make it fail there, or have
//! the process killed, before the call is made. In release builds there is nothing.

use rustix::io::Errno;

/// Makes a call that puts something new on the disk and so needs space.
pub(crate) fn creating<T, E: From<Errno>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    pass(Need::Space)?;
    call()
}

/// Makes a call that changes what is on the disk.
pub(crate) fn changing<T, E: From<Errno>>(call: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    pass(Need::Access)?;
    call()
}

/// What a call needs of the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Space,
    Access,
}

#[cfg(not(debug_assertions))]
#[inline]
fn pass(_need: Need) -> Result<(), Errno> {
    Ok(())
}

#[cfg(debug_assertions)]
use armed::pass;
#[cfg(debug_assertions)]
pub use armed::{ArmError, arm_fault};

#[cfg(debug_assertions)]
mod armed {
    use std::fs::{File, OpenOptions};
    use std::io::Write as _;
    use std::path::Path;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use rustix::io::Errno;
    use rustix::process::{Signal, getpid, kill_process};
    use thiserror::Error;

    use super::Need;

    static PLAN: OnceLock<Plan> = OnceLock::new();
    static CALLS: AtomicU64 = AtomicU64::new(0);

    /// A plan that cannot be read.
    #[derive(Debug, Error)]
    #[error(
        "a fault is `KIND@NUMBER:FILE`, with one of `count`, `kill`, `panic`, `full`, `EIO`, `EACCES` as kind"
    )]
    pub struct ArmError;

    struct Plan {
        fault: Fault,
        at: u64,
        /// Gets a byte for each strike.
        mark: File,
    }

    #[derive(Clone, Copy)]
    enum Fault {
        /// Every call strikes and none fails.
        Count,
        /// The process is killed.
        Kill,
        /// The thread panics.
        Panic,
        /// From there on nothing that needs space works.
        Full,
        /// That one call fails.
        Once(Errno),
    }

    /// Plans a fault, `KIND@NUMBER:FILE`: it strikes at the call of that number, and leaves its mark in the file.
    ///
    /// # Errors
    /// When the text is no such plan, or the file cannot be opened.
    pub fn arm_fault(text: &str) -> Result<(), ArmError> {
        let (kind, rest) = text.split_once('@').ok_or(ArmError)?;
        let (at, path) = rest.split_once(':').ok_or(ArmError)?;
        let fault = match kind {
            "count" => Fault::Count,
            "kill" => Fault::Kill,
            "panic" => Fault::Panic,
            "full" => Fault::Full,
            "EIO" => Fault::Once(Errno::IO),
            "EACCES" => Fault::Once(Errno::ACCESS),
            _ => return Err(ArmError),
        };
        let mark = OpenOptions::new()
            .create(true)
            .append(true)
            .open(Path::new(path))
            .map_err(|_| ArmError)?;
        let at = at.parse().map_err(|_| ArmError)?;
        PLAN.set(Plan { fault, at, mark }).map_err(|_| ArmError)
    }

    pub(super) fn pass(need: Need) -> Result<(), Errno> {
        let Some(plan) = PLAN.get() else {
            return Ok(());
        };
        let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        let error = match plan.fault {
            Fault::Count => None,
            Fault::Kill | Fault::Panic | Fault::Once(_) if call != plan.at => return Ok(()),
            Fault::Full if call < plan.at || need != Need::Space => return Ok(()),
            Fault::Kill | Fault::Panic => None,
            Fault::Full => Some(Errno::NOSPC),
            Fault::Once(errno) => Some(errno),
        };
        let mut mark = &plan.mark;
        mark.write_all(b".").map_err(|_| Errno::IO)?;
        if matches!(plan.fault, Fault::Kill) {
            kill_process(getpid(), Signal::KILL)?;
        }
        assert!(!matches!(plan.fault, Fault::Panic), "a fault was planned");
        error.map_or(Ok(()), Err)
    }
}
