//! Bringing to the disk what an install wrote into the store, when nobody waits for it.
//!
//! A first install leaves hundreds of megabytes that the system has not written yet, and to wait for them takes as long
//! as the install itself. All that waiting buys is that a loss of power soon after does not make the next install read them
//! once more. So a process of its own waits for the disk.

use std::{path::Path, sync::Arc, thread::JoinHandle};

use pkg_store::{Store, StoreError};

use super::{session::Session, trash::hand_over};
use crate::InstallError;

/// The command that does it.
pub const SEAL: &str = "seal-store";

/// The wait for the disk, in this process.
pub(super) struct Sealing(JoinHandle<Result<(), StoreError>>);

/// Begins to wait, while the tree is made: in CI, where the machine may be saved, or gone, as soon as this process has
/// ended.
pub(super) fn begin(session: &Session<'_>) -> Option<Sealing> {
    if program(session).is_some() {
        return None;
    }
    let store = Arc::clone(&session.store);
    Some(Sealing(std::thread::spawn(move || store.seal())))
}

impl Sealing {
    /// Waits until it is done.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        self.0.join().expect("sealing does not panic")
    }
}

/// Hands over what this install, or one before that was killed, wrote into the store and what is not on the disk yet.
pub(super) fn hand_over_rest(session: &Session<'_>) -> Result<(), InstallError> {
    let Some(program) = program(session) else {
        return Ok(());
    };
    let store = &session.store;
    if store.leave_unsealed()? && !hand_over(program, SEAL, store.root()) {
        store.seal()?;
    }
    Ok(())
}

/// The program that waits in place of this one, where another process may.
fn program<'s>(session: &'s Session<'_>) -> Option<&'s Path> {
    let program = session.host.program.as_deref();
    program.filter(|_| !session.host.is_ci())
}

/// Brings to the disk whatever installs have left to it.
///
/// # Errors
/// When the disk reports that it could not write.
pub fn seal_store(root: &Path) -> Result<(), StoreError> {
    Store::open(root)?.seal()
}
