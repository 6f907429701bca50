//! A bug of our own: one report without the texts of others, and an exit code that means nothing else.

use std::{
    panic::PanicHookInfo,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crate::{env, interrupt::exit, render};

/// The exit code of a bug, as `sysexits.h` has it for an internal software error.
const EXIT_CODE: u8 = 70;

/// Has every panic, of whichever thread, end the process with one report. Release builds abort at a panic; the hook comes
/// first there too, so both end the same way.
pub(crate) fn report_bugs() {
    std::panic::set_hook(Box::new(report));
}

fn report(panic: &PanicHookInfo<'_>) {
    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    while IS_TOLD.swap(true, Ordering::SeqCst) {
        // Another thread is telling of its own, and ends the process.
        thread::park();
    }
    // A message that was put together may hold a path, an address or a credential; a fixed one is our own text.
    let invariant = panic.payload().downcast_ref::<&'static str>().copied();
    let place = panic.location().map_or_else(String::new, |place| {
        format!("{}:{}", place.file(), place.line())
    });
    render::bug(invariant, &place, env::asks_for_json());
    exit(EXIT_CODE);
}
