//! The packuments on this machine: one file each, which can be deleted at any time.

mod entry;
mod freshness;
mod opened;

pub(crate) use entry::{Entry, EntryKey};
pub(crate) use freshness::Validators;
pub(crate) use opened::OpenFiles;
