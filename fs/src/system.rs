//! What this boot, this user and this process look like to the file system.

use std::fmt::{self, Display};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use crate::error::{At, FsError};
use crate::gate::changing;
use crate::read::read_regular_file;

/// Names one run of the kernel: another id means that what was not brought to the disk may be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootId(String);

impl BootId {
    /// Takes an id from where it was written down before; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end();
        let is_id = !text.is_empty()
            && text.len() <= 64
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_id.then(|| Self(text.to_owned()))
    }

    /// The id as text: letters, digits and hyphens.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for BootId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Reads the id of this run of the kernel; `None` where the system has none to read.
pub fn boot_id() -> Option<BootId> {
    let bytes = read_regular_file(Path::new("/proc/sys/kernel/random/boot_id"), 256).ok()?;
    BootId::parse(std::str::from_utf8(&bytes).ok()?)
}

/// The id of the user that this process acts for.
pub fn current_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Reads which permission bits this process takes from new files, without changing them; `None` where the system
/// does not tell.
pub fn umask() -> Option<u32> {
    let bytes = read_regular_file(Path::new("/proc/self/status"), 64 * 1024).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let value = text.lines().find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(value.trim(), 8).ok()
}

/// Brings everything that was written to the file system of `directory` to the disk, in one call.
///
/// # Errors
/// When the directory cannot be opened, or the disk reports that it could not write.
pub fn sync_filesystem(directory: &Path) -> Result<(), FsError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(directory, flags, Mode::empty()).at("open", directory)?;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return changing(|| rustix::fs::syncfs(opened)).at("write to disk", directory);
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        drop(opened);
        rustix::fs::sync();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_id_is_one_word() {
        assert_eq!(BootId::parse("2b6c-11ef\n").unwrap().as_str(), "2b6c-11ef");
        for bad in ["", "\n", "a b", "../x", "a\nb", &"x".repeat(65)] {
            assert_eq!(BootId::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn this_boot_has_one_id() {
        assert_eq!(boot_id(), boot_id());
        #[cfg(target_os = "linux")]
        assert!(boot_id().is_some() && umask().is_some());
    }

    #[test]
    fn a_file_system_is_synced_by_a_folder_in_it() {
        let folder = tempfile::tempdir().unwrap();
        sync_filesystem(folder.path()).unwrap();
        assert!(
            sync_filesystem(&folder.path().join("none"))
                .unwrap_err()
                .is_not_found()
        );
    }
}
