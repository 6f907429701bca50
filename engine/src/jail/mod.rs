//! The jail: how a script of a package runs so that it reaches its own files and no others.
//!
//! Three processes: the installer starts a supervisor (this program again), which starts the inner process (once more),
//! which gives up its rights, for good, and becomes the shell. The supervisor keeps its own: it inherits whatever the
//! script leaves behind, kills it when the script ends, and kills everything when the installer dies or the time is up.
//! Law: what the script may do is decided before it starts, and nothing that it starts can do more.

#[cfg(target_os = "linux")]
mod calls;
mod descriptors;
mod enter;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod mounts;
mod policy;
mod supervise;

pub use enter::enter;
pub use policy::JailError;
pub(crate) use policy::{Confinement, JailEnd, JailPolicy};
pub use supervise::supervise;

/// The hidden command that supervises one script.
pub const JAIL: &str = "__jail";
/// The hidden command that enters the jail and becomes the script.
pub const JAIL_ENTER: &str = "__jail-enter";

/// Whether the kernel can confine what a script does with files.
pub(crate) fn has_landlock() -> bool {
    #[cfg(target_os = "linux")]
    return files::is_there();
    #[cfg(not(target_os = "linux"))]
    return false;
}
