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
mod landlock_version;
#[cfg(target_os = "linux")]
mod mounts;
mod network;
mod policy;
mod supervise;

pub use enter::enter;
pub use network::{Endpoint, EndpointError};
pub(crate) use network::{Network, Refusal};
pub use policy::JailError;
pub(crate) use policy::{Confinement, JailEnd, JailPolicy, read_refusals};
pub use supervise::supervise;

/// The hidden command that supervises one script.
pub const JAIL: &str = "__jail";
/// The hidden command that enters the jail and becomes the script.
pub const JAIL_ENTER: &str = "__jail-enter";

/// Whether the kernel can confine what a script does with files.
pub(crate) fn has_landlock() -> bool {
    landlock_version().is_some()
}

/// The version of the kernel's Landlock, as it says itself; `None` where it has none or where it is turned off.
pub(crate) fn landlock_version() -> Option<u32> {
    #[cfg(target_os = "linux")]
    return landlock_version::ask();
    #[cfg(not(target_os = "linux"))]
    return None;
}
