//! Atomic writes, links, locks: the one home of system calls on files.
//!
//! Law: nothing here follows a symbolic link at the place it writes to or removes, every error names the operation and
//! the path, and no function knows what a package is. Unix only so far.

mod descend;
mod directory;
mod error;
mod folder;
mod gate;
mod link;
mod lock;
mod ownership;
mod path;
mod place;
mod read;
mod remove;
mod stat;
mod system;
mod temporary;
mod write;

pub use descend::stat_open;
pub use directory::{create_directory, create_directory_all, list_directory, move_aside};
pub use error::{At, FsError, FsErrorKind};
pub use folder::{Folder, set_mode, set_mtime};
#[cfg(debug_assertions)]
pub use gate::{ArmError, arm_fault};
pub use link::{create_symlink, ensure_symlink, read_symlink, replace_symlink};
pub use lock::{FileLock, Lock, LockMode, LockOptions, LockWait};
pub use ownership::Ownership;
pub use path::DisplayPath;
pub use place::{Placed, Placer, Preference, place_file};
pub use read::{
    open_regular_file_if_exists, read_regular_file, read_regular_file_if_exists,
    read_regular_file_into,
};
pub use remove::{remove_file, remove_file_if_exists, remove_tree};
pub use stat::{FileKind, Stat, stat, stat_if_exists, stat_link, stat_link_if_exists};
pub use system::{BootId, boot_id, current_user, sync_filesystem, umask};
pub use temporary::{make_temporary, remove_temporaries, unique_name};
pub use write::{
    NewFile, create_new_file, exchange, rename, rename_if_absent, write_all, write_atomic,
    write_atomic_unsynced, write_new,
};
