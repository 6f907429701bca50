//! A second wall where the system allows it: a view of the file system in which all but the script's own folders is read-only.
//! Landlock does not see changes of modes and times; a read-only view refuses them too.
//!
//! Not every system lets a user make such a view: where it does not, the script runs without it.
#![expect(
    unsafe_code,
    reason = "three calls of the system that no safe interface has"
)]

use std::{ffi::CString, io, os::unix::ffi::OsStrExt as _, path::Path};

use super::policy::JailPolicy;

/// Gives this process such a view. Must come before the filter of calls, which denies it to the script.
///
/// # Errors
/// When the system does not allow it; what was reached by then only takes rights away.
pub(super) fn restrict(policy: &JailPolicy) -> io::Result<()> {
    enter_view()?;
    mount(Path::new("/"), libc::MS_REC | libc::MS_PRIVATE)?;
    let own = policy.write.iter().filter(|path| path.exists());
    let own: Vec<&Path> = own.map(std::path::PathBuf::as_path).collect();
    for path in &own {
        mount(path, libc::MS_BIND | libc::MS_REC)?;
    }
    set_read_only(Path::new("/"), true)?;
    for path in &own {
        set_read_only(path, false)?;
    }
    // The current folder is still the one of the former view.
    std::env::set_current_dir(&policy.directory)
}

/// A view of its own; for whoever is not root, in a user namespace in which everybody is who they were.
fn enter_view() -> io::Result<()> {
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let is_root = user.is_root();
    let spaces = if is_root {
        libc::CLONE_NEWNS
    } else {
        libc::CLONE_NEWNS | libc::CLONE_NEWUSER
    };
    // SAFETY: the call takes a number and touches no memory of this process, which has one thread.
    checked(unsafe { libc::unshare(spaces) }.into())?;
    if !is_root {
        let (user, group) = (user.as_raw(), group.as_raw());
        for (file, text) in [
            ("setgroups", "deny".to_owned()),
            ("uid_map", format!("{user} {user} 1")),
            ("gid_map", format!("{group} {group} 1")),
        ] {
            let path = Path::new("/proc/self").join(file);
            let mut opened = std::fs::OpenOptions::new().write(true).open(path)?;
            io::Write::write_all(&mut opened, text.as_bytes())?;
        }
    }
    Ok(())
}

/// Mounts what is at a path there again, or changes how it is mounted.
fn mount(path: &Path, flags: libc::c_ulong) -> io::Result<()> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: both paths are texts that end in a zero and live until the call returns; the others may be null.
    let result = unsafe {
        libc::mount(
            path.as_ptr(),
            path.as_ptr(),
            std::ptr::null(),
            flags,
            std::ptr::null(),
        )
    };
    checked(result.into())
}

/// Makes what is mounted at a path, and all below it, read-only, or no longer.
fn set_read_only(path: &Path, is_read_only: bool) -> io::Result<()> {
    const READ_ONLY: u64 = 1;
    let path = CString::new(path.as_os_str().as_bytes())?;
    // What is set, what is cleared, how it spreads, and a user namespace: the layout of the kernel's `mount_attr`.
    let attributes: [u64; 4] = if is_read_only {
        [READ_ONLY, 0, 0, 0]
    } else {
        [0, READ_ONLY, 0, 0]
    };
    // SAFETY: path and attributes live until the call returns, and the size given is that of the attributes.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    };
    checked(result)
}

fn checked(result: libc::c_long) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
