//! A path whose end changes many times: one allocation for all files of a package.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A folder, and room for the path of something in it.
#[derive(Debug)]
pub(crate) struct PathBuffer {
    bytes: Vec<u8>,
    folder: usize,
}

impl PathBuffer {
    pub(crate) fn new(folder: &Path) -> Self {
        let mut bytes = PathBuf::from(folder).into_os_string().into_vec();
        bytes.push(b'/');
        bytes.reserve(128);
        let folder = bytes.len();
        Self { bytes, folder }
    }

    /// The path of something in the folder, until the next one is asked for.
    pub(crate) fn at(&mut self, relative: &str) -> &Path {
        self.bytes.truncate(self.folder);
        self.bytes.extend_from_slice(relative.as_bytes());
        Path::new(OsStr::from_bytes(&self.bytes))
    }
}
