//! Plain files to a tarball: the same files give the same bytes, on every machine.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use pkg_fs::FileKind;

use crate::error::RegistryError;
use crate::limits;

/// The time of every entry: npm's, 1985-10-26T08:15:00Z, which zip tools also accept.
const MTIME: u64 = 499_162_500;

/// A file of a package to be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    /// With slashes, below the package's folder.
    pub path: String,
    pub content: Vec<u8>,
    pub is_executable: bool,
}

/// Lists the files below a folder: sorted, `node_modules` included, links left out as npm does.
///
/// # Errors
/// When the folder cannot be listed, or a name is not UTF-8.
pub fn list_files(folder: &Path) -> Result<Vec<String>, RegistryError> {
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(parent) = folders.pop() {
        let path = folder.join(&parent);
        for (name, kind) in pkg_fs::list_directory(&path)? {
            let name = utf8(&path, name)?;
            let below = if parent.is_empty() {
                name
            } else {
                format!("{parent}/{name}")
            };
            match kind {
                FileKind::File => files.push(below),
                FileKind::Directory => folders.push(below),
                FileKind::Symlink
                | FileKind::Fifo
                | FileKind::Socket
                | FileKind::Device
                | FileKind::Unknown => {}
            }
        }
    }
    files.sort();
    Ok(files)
}

fn utf8(folder: &Path, name: OsString) -> Result<String, RegistryError> {
    name.into_string().map_err(|name| RegistryError::Setup {
        path: folder.join(PathBuf::from(name)),
        reason: "its name is not UTF-8".to_owned(),
    })
}

/// Packs every file below a folder.
///
/// # Errors
/// When a file cannot be read, or the package is larger than a tarball may be.
pub fn pack_directory(folder: &Path) -> Result<Vec<u8>, RegistryError> {
    let mut files = Vec::new();
    for path in list_files(folder)? {
        let full = folder.join(&path);
        let content = pkg_fs::read_regular_file(&full, limits::TARBALL_BYTES)?;
        let mode = pkg_fs::stat(&full)?.mode;
        files.push(PackedFile {
            path,
            content,
            is_executable: mode & 0o111 != 0,
        });
    }
    pack_files(&files)
}

/// Packs files in the order given.
///
/// # Errors
/// When a path cannot be an entry of a tarball.
pub fn pack_files(files: &[PackedFile]) -> Result<Vec<u8>, RegistryError> {
    let mut builder = tar::Builder::new(Vec::new());
    for file in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.content.len() as u64);
        header.set_mode(if file.is_executable { 0o755 } else { 0o644 });
        header.set_mtime(MTIME);
        header.set_uid(0);
        header.set_gid(0);
        builder
            .append_data(
                &mut header,
                format!("package/{}", file.path),
                file.content.as_slice(),
            )
            .map_err(|error| unpackable(&file.path, &error))?;
    }
    let tar = builder
        .into_inner()
        .map_err(|error| unpackable("package", &error))?;
    // Stored, not deflated: what a compressor makes of the same bytes differs between processors and versions, and the
    // hash of a package must not.
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::none());
    gzip.write_all(&tar)
        .and_then(|()| gzip.finish())
        .map_err(|error| unpackable("package", &error))
}

fn unpackable(path: &str, error: &std::io::Error) -> RegistryError {
    RegistryError::Setup {
        path: PathBuf::from(path),
        reason: format!("it cannot be packed: {error}"),
    }
}
