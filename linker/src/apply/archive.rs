//! The zip file of a package.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use pkg_fs::{FileKind, FsError, read_regular_file, stat_link_if_exists};
use pkg_manifest::{Digest, PackageName, RelativePath};
use pkg_store::{PackageFiles, PackageState as FileState, Store};

use crate::apply::package::PackageState;
use crate::apply::site::Site;
use crate::apply::unit::replace_file;
use crate::error::LinkError;
use crate::pnp::{ArchiveWriter, is_whole_archive};

/// Whether a whole archive stands at a path, as far as its end tells.
pub(crate) fn is_archive(path: &Path) -> bool {
    let end = || {
        let mut file = File::open(path)?;
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(length.saturating_sub(END_LENGTH)))?;
        let mut end = Vec::new();
        file.take(END_LENGTH).read_to_end(&mut end)?;
        Ok::<_, io::Error>((end, length))
    };
    let is_file = stat_link_if_exists(path)
        .is_ok_and(|found| found.is_some_and(|found| found.kind == FileKind::File));
    is_file && end().is_ok_and(|(end, length)| is_whole_archive(&end, length))
}

/// Bytes at the end of an archive that tell whether it is whole.
const END_LENGTH: u64 = 22;
/// The largest archive: what its format can say.
const MAX_ARCHIVE: u64 = u32::MAX as u64;
const ARCHIVE_MODE: u32 = 0o644;

/// Makes sure that the archive of a package is there, with just its bytes.
pub(crate) fn put_archive(
    site: &Site<'_>,
    path: &RelativePath,
    name: &PackageName,
    files: &PackageFiles,
) -> Result<PackageState, LinkError> {
    let store = site.options.store;
    for file in &files.files {
        if store.check_file(file)? == FileState::Damaged {
            return Ok(PackageState::Damaged);
        }
    }
    let Some(bytes) = archive_of(store, name, files)? else {
        return Ok(PackageState::Damaged);
    };
    let place = path.below(site.options.root);
    match stat_link_if_exists(&place)?.map(|found| found.kind) {
        None => {}
        // Its name says which bytes it has: with others it is damaged.
        Some(FileKind::File)
            if read_regular_file(&place, MAX_ARCHIVE).is_ok_and(|found| found == bytes) =>
        {
            return Ok(PackageState::InPlace);
        }
        Some(FileKind::File) => {}
        Some(_) => site.clear(path.as_str())?,
    }
    replace_file(&place, &bytes, ARCHIVE_MODE)?;
    Ok(PackageState::InPlace)
}

/// The archive that the store's files make; `None` where one of them is not what its hash says. Changes nothing.
pub(crate) fn archive_of(
    store: &Store,
    name: &PackageName,
    files: &PackageFiles,
) -> Result<Option<Vec<u8>>, LinkError> {
    let size = usize::try_from(files.unpacked_size()).unwrap_or(usize::MAX);
    let too_large = || LinkError::ArchiveTooLarge {
        package: name.to_string(),
    };
    if files.unpacked_size() > MAX_ARCHIVE {
        return Err(too_large());
    }
    let mut writer = ArchiveWriter::new(name, size).ok_or_else(too_large)?;
    for file in &files.files {
        let content = match read_regular_file(&store.path(file), file.size) {
            Ok(content) => content,
            Err(FsError::TooLarge { .. } | FsError::NotRegular { .. }) => return Ok(None),
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if Digest::of(&content) != file.digest {
            return Ok(None);
        }
        let added = writer.add(file.path.as_str(), file.executable, &content);
        added.ok_or_else(too_large)?;
    }
    writer.finish().map(Some).ok_or_else(too_large)
}
