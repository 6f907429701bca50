//! The inner process: it gives up what it may not keep, and becomes the script's shell.

use std::{os::unix::process::CommandExt as _, path::Path, process::Command};

use rustix::process::{Resource, Rlimit, setrlimit, setsid};

use super::{
    descriptors::close_inherited,
    policy::{Confinement, JailEnd, JailError, JailPolicy},
};

/// The shell of all scripts.
const SHELL: &str = "/bin/sh";

/// Enters the jail of a policy and becomes its script. Comes back only where that failed: then the reason stands beside
/// the policy.
///
/// # Errors
/// [`JailError`] says why the script was not run.
pub fn enter(policy_path: &Path) -> Result<(), JailError> {
    let policy = JailPolicy::read(policy_path)?;
    let refuse = |reason: String| {
        let end = JailEnd::Refused(reason.clone());
        // Where it cannot be written, the error itself is on standard error.
        end.write(policy_path).unwrap_or_default();
        JailError::Refused { reason }
    };
    // First: a new user namespace forgets what is prepared.
    #[cfg(target_os = "linux")]
    if policy.confinement == Confinement::Full {
        // A second wall, where the system allows it.
        super::mounts::restrict(&policy).unwrap_or_default();
    }
    prepare().map_err(|error| refuse(format!("a process of its own: {error}")))?;
    confine(&policy).map_err(refuse)?;
    let error = Command::new(SHELL).arg("-c").arg(&policy.script).exec();
    Err(JailError::Refused {
        reason: format!("`{SHELL}` cannot be started: {error}"),
    })
}

/// A session of its own without a terminal, no core files, no descriptors of others, and an end when the supervisor ends.
fn prepare() -> std::io::Result<()> {
    setsid()?;
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    close_inherited()
}

#[cfg(target_os = "linux")]
fn confine(policy: &JailPolicy) -> Result<(), String> {
    if policy.confinement == Confinement::Off {
        return Ok(());
    }
    // Files come last: after them nothing can be told by a file any more.
    let is_full = policy.confinement == Confinement::Full;
    super::calls::restrict(super::calls::Calls {
        network: &policy.network,
        signals: is_full && super::files::has_signal_scope(),
    })?;
    if matches!(policy.network, super::network::Network::Places(_)) {
        let handed = super::network::hand_over_connects();
        handed.map_err(|error| format!("its way to the broker of the network: {error}"))?;
    }
    if is_full {
        super::files::restrict(policy)?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn confine(policy: &JailPolicy) -> Result<(), String> {
    match policy.confinement {
        Confinement::Full => Err("this system has no jail".to_owned()),
        Confinement::Calls | Confinement::Off => Ok(()),
    }
}
