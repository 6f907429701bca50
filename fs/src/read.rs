//! Reading whole files that somebody else may have put there.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use crate::error::{At, FsError};
use crate::stat::{FileKind, Stat};

/// How a file is opened that may turn out to be a pipe or a device.
const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Reads a regular file of at most `limit` bytes.
///
/// The file is opened without waiting and looked at before it is read, so that a pipe, a device or a folder in its
/// place is an error and not a hang.
///
/// # Errors
/// When it is missing, not a regular file, too large, or cannot be read.
pub fn read_regular_file(path: &Path, limit: u64) -> Result<Vec<u8>, FsError> {
    let mut bytes = Vec::new();
    read_regular_file_into(path, limit, &mut bytes)?;
    Ok(bytes)
}

/// Reads a regular file as [`read_regular_file`] does; `None` when nothing is at `path`.
///
/// # Errors
/// When it is not a regular file, too large, or cannot be read.
pub fn read_regular_file_if_exists(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
    match read_regular_file(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Opens a regular file to read parts of it, and says what it is; `None` when nothing is at `path`.
///
/// # Errors
/// When it is not a regular file, or cannot be opened.
pub fn open_regular_file_if_exists(path: &Path) -> Result<Option<(File, Stat)>, FsError> {
    let file = match rustix::fs::open(path, FLAGS, Mode::empty()).at("open", path) {
        Ok(file) => File::from(file),
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let stat = stat_regular(&file, || path.to_path_buf())?;
    Ok(Some((file, stat)))
}

/// Reads a regular file into `bytes`, whose former content goes and whose memory is used again.
///
/// # Errors
/// As [`read_regular_file`].
pub fn read_regular_file_into(
    path: &Path,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> Result<Stat, FsError> {
    let file = File::from(rustix::fs::open(path, FLAGS, Mode::empty()).at("open", path)?);
    read_opened(&file, || path.to_path_buf(), limit, bytes)
}

/// What a file is that was opened without waiting; an error where that is no regular file.
fn stat_regular(file: &File, path: impl Fn() -> PathBuf) -> Result<Stat, FsError> {
    let stat = rustix::fs::fstat(file)
        .map(Stat::from)
        .map_err(|errno| FsError::new("look at", &path(), errno))?;
    if stat.kind == FileKind::File {
        return Ok(stat);
    }
    Err(FsError::NotRegular {
        path: path(),
        found: stat.kind,
    })
}

/// Reads a file that was opened without waiting, once it is known to be a regular one.
pub(crate) fn read_opened(
    file: &File,
    path: impl Fn() -> PathBuf,
    limit: u64,
    bytes: &mut Vec<u8>,
) -> Result<Stat, FsError> {
    bytes.clear();
    let stat = stat_regular(file, &path)?;
    let too_large = || FsError::TooLarge {
        path: path(),
        limit,
    };
    if stat.size > limit {
        return Err(too_large());
    }
    let Ok(size) = usize::try_from(stat.size) else {
        return Err(too_large());
    };
    // One byte more than the size lets the end of the file be seen without growing the buffer.
    bytes.reserve_exact(size + 1);
    file.take(limit.saturating_add(1))
        .read_to_end(bytes)
        .map_err(|error| FsError::new("read", &path(), error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(stat)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::FsErrorKind;

    #[test]
    fn a_pipe_a_folder_and_a_device_are_errors_and_no_hang() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            Mode::from_raw_mode(0o644),
            0,
        )
        .unwrap();
        for path in [pipe.as_path(), folder.path(), Path::new("/dev/zero")] {
            let error = read_regular_file(path, 100).unwrap_err();
            assert!(matches!(error, FsError::NotRegular { .. }), "{error}");
            let error = open_regular_file_if_exists(path).unwrap_err();
            assert!(matches!(error, FsError::NotRegular { .. }), "{error}");
        }
    }

    #[test]
    fn a_file_over_the_limit_is_refused_and_one_at_the_limit_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        crate::write_atomic(&path, b"12345", 0o644).unwrap();
        assert_eq!(read_regular_file(&path, 5).unwrap(), b"12345");
        let error = read_regular_file(&path, 4).unwrap_err();
        assert!(matches!(error, FsError::TooLarge { limit: 4, .. }));
    }

    #[test]
    fn a_missing_file_is_none_and_an_unreadable_place_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(read_regular_file_if_exists(&path, 5).unwrap(), None);
        assert!(open_regular_file_if_exists(&path).unwrap().is_none());
        crate::write_atomic(&path, b"", 0o644).unwrap();
        let error = read_regular_file_if_exists(&path.join("below"), 5).unwrap_err();
        assert_eq!(error.kind(), FsErrorKind::WrongType);
    }
}
