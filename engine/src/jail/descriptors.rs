//! Open files that a shell or an editor left to its children are not left to scripts.
//!
//! Unchecked by the compiler is one step: a number becomes a descriptor. The other such place is `mounts.rs`.
#![expect(unsafe_code, reason = "a descriptor that is known by its number only")]

use std::io;

use rustix::{
    fd::BorrowedFd,
    io::{FdFlags, fcntl_setfd},
};

/// Marks all descriptors but the three standard ones to be closed when the next program starts.
pub(super) fn close_inherited() -> io::Result<()> {
    let open = match std::fs::read_dir("/proc/self/fd") {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name()).collect(),
        Err(_) => Vec::new(),
    };
    let numbers = open.iter().filter_map(|name| name.to_str()?.parse().ok());
    for number in numbers.filter(|number: &i32| *number > 2) {
        // SAFETY: the number is that of a descriptor which was open a moment ago; where it was closed since, the call
        // says so and nothing else happens. It is borrowed for one call that sets a flag and neither reads nor closes.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        match fcntl_setfd(descriptor, FdFlags::CLOEXEC) {
            Ok(()) | Err(rustix::io::Errno::BADF) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
