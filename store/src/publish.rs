//! Publishing: the last step of an import, which lets a package be found.

use pkg_fs::{At, FileKind, FsError, remove_tree};

use crate::archive::ArchiveError;
use crate::error::StoreError;
use crate::hashes::integrity;
use crate::index::encode_index;
use crate::index_name::IndexName;
use crate::layout::{Reading, Writing};
use crate::limits::MAX_INDEX;
use crate::package_files::PackageFiles;
use crate::store::Store;
use crate::verified::Verified;

impl Store {
    /// Lets the index be found by the weaker hash that the caller knows, too.
    pub(crate) fn publish_weaker(
        &self,
        package: &PackageFiles,
        tarball: &Verified<'_>,
    ) -> Result<(), StoreError> {
        let Some((algorithm, digest)) = tarball.weaker() else {
            return Ok(());
        };
        if self.get(&integrity(algorithm, digest))?.is_some() {
            return Ok(());
        }
        self.publish(package, &IndexName::new(algorithm, digest))
    }

    /// Lets an index appear under its name, whole. Whoever comes second keeps what is there, unless that is damaged.
    pub(crate) fn publish(
        &self,
        package: &PackageFiles,
        name: &IndexName,
    ) -> Result<(), StoreError> {
        let (reading, writing) = self.writing()?;
        let bytes = encode_index(package).ok_or_else(|| {
            let what = "bytes in a path or a version";
            ArchiveError::limit(what, u16::MAX).of_package(&package.integrity.to_string())
        })?;
        let (temporary, file) = writing.temporary.create_temporary(0o644)?;
        let published = pkg_fs::write_all(&file, &bytes)
            .and_then(|()| reading.contents.apply_mode(&file, 0o644))
            .at("write", &writing.temporary.path_of(&temporary))
            .and_then(|()| place_index(&temporary, (reading, writing), name, &bytes));
        if published.is_err() {
            writing.temporary.remove(&temporary).ok();
        }
        Ok(published?)
    }
}

fn place_index(
    temporary: &str,
    (reading, writing): (&Reading, &Writing),
    name: &IndexName,
    bytes: &[u8],
) -> Result<(), FsError> {
    let (from, to) = (&writing.temporary, &reading.packages);
    let placed = match from.rename_if_absent(temporary, to, name.as_str()) {
        Err(error) if error.is_not_found() => {
            to.create_folder(name.shard(), 0o755)?;
            from.rename_if_absent(temporary, to, name.as_str())
        }
        placed => placed,
    };
    if placed? {
        return Ok(());
    }
    let mut there = Vec::new();
    match to.read_into(name.as_str(), MAX_INDEX, &mut there) {
        Ok(_) if there == bytes => from.remove(temporary),
        Err(FsError::NotRegular {
            found: FileKind::Directory,
            path,
        }) => {
            remove_tree(&path)?;
            from.rename(temporary, to, name.as_str())
        }
        Ok(_) | Err(_) => from.rename(temporary, to, name.as_str()),
    }
}
