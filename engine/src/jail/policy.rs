//! What one script may do, and how it ended: files that the three processes share.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FsError};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::network::{Network, Refusal};

/// The most that such a file may have, in bytes.
const LIMIT: u64 = 16 << 20;
/// The policy, in the build's private folder.
const POLICY: &str = "policy.json";
/// How the script ended, beside the policy.
const END: &str = "end.json";
/// What the script was refused of the network, beside them.
const REFUSALS: &str = "refusals.json";

/// How much of the jail is put up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Confinement {
    /// Files and calls of the system.
    Full,
    /// Calls only: the kernel cannot confine files.
    Calls,
    /// None: the user turned it off.
    Off,
}

/// What one script may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JailPolicy {
    /// The text that the shell runs.
    pub(crate) script: String,
    /// The program that enters the jail.
    pub(crate) program: PathBuf,
    /// Where it runs.
    pub(crate) directory: PathBuf,
    pub(crate) confinement: Confinement,
    /// Folders and files that may be read and executed.
    pub(crate) read: Vec<PathBuf>,
    /// Folders and files that may also be written to.
    pub(crate) write: Vec<PathBuf>,
    /// What of the network it reaches.
    pub(crate) network: Network,
    /// After how many seconds it is killed.
    pub(crate) seconds: u64,
}

/// How a script ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum JailEnd {
    Code(i32),
    Signal(i32),
    /// It took too long and was killed.
    TimedOut,
    /// The installer went away.
    Abandoned,
    /// The jail could not be put up, so that the script never ran.
    Refused(String),
}

/// Why a script could not be run in the jail.
#[derive(Debug, Error, Diagnostic)]
pub enum JailError {
    /// A file of the jail cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// A file of the jail does not say what it must.
    #[error("`{}` is no file of the jail", DisplayPath(path))]
    #[diagnostic(code(ERR_PKG_JAIL_FILE))]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// The system refuses to put the jail up.
    #[error("the jail cannot be put up: {reason}")]
    #[diagnostic(code(ERR_PKG_JAIL))]
    Refused {
        /// What the system said.
        reason: String,
    },
}

impl JailPolicy {
    /// Writes the policy into the private folder of a build, and gives its path.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf, JailError> {
        write(&folder.join(POLICY), self)
    }

    pub(super) fn read(path: &Path) -> Result<Self, JailError> {
        read(path)
    }
}

impl JailEnd {
    pub(super) fn write(&self, policy: &Path) -> Result<(), JailError> {
        write(&policy.with_file_name(END), self).map(drop)
    }

    /// Reads how the script ended whose policy lies in this folder; `None` where nobody wrote it down.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        read(&folder.join(END)).ok()
    }
}

/// Writes down what a script was refused of the network.
pub(super) fn write_refusals(policy: &Path, refusals: &[Refusal]) -> Result<(), JailError> {
    write(&policy.with_file_name(REFUSALS), &refusals).map(drop)
}

/// Reads what the script was refused of the network whose policy lies in this folder.
pub(crate) fn read_refusals(folder: &Path) -> Vec<Refusal> {
    read(&folder.join(REFUSALS)).unwrap_or_default()
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<PathBuf, JailError> {
    let format = |_| JailError::Format {
        path: path.to_path_buf(),
    };
    let bytes = serde_json::to_vec(value).map_err(format)?;
    pkg_fs::write_atomic_unsynced(path, &bytes, 0o600)?;
    Ok(path.to_path_buf())
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, JailError> {
    let bytes = pkg_fs::read_regular_file(path, LIMIT)?;
    serde_json::from_slice(&bytes).map_err(|_| JailError::Format {
        path: path.to_path_buf(),
    })
}
