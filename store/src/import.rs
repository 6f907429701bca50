//! Importing: bytes become files of the store and, last of all, an index.
//!
//! The order is the law: hash of the bytes, end of the archive, identity of the package, files, index.

use std::cell::Cell;

use flate2::Decompress;
use pkg_manifest::{Algorithm, Digest, Integrity, RelativePath};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::archive::{
    ArchiveError, FileMap, MappedFile, Portability, ancestors, check_portability, escape,
    read_tarball,
};
use crate::contents::ContentId;
use crate::error::StoreError;
use crate::expected::Expected;
use crate::hashes::integrity;
use crate::index_name::IndexName;
use crate::package_facts::PackageFacts;
use crate::package_files::{PackageFiles, StoredBin, StoredFile};
use crate::store::Store;
use crate::verified::Verified;

/// A package that is now in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its files.
    pub files: PackageFiles,
    /// What its author or user may want to know. Empty when the package was in the store already.
    pub warnings: Vec<ImportWarning>,
}

/// Something that an import left out or that will matter elsewhere; all text is escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportWarning {
    /// An entry of the archive is not a file and was left out.
    Dropped { entry: String, reason: &'static str },
    /// A path would be trouble on another system.
    NotPortable { path: String, reason: Portability },
    /// The package has no `package.json`.
    NoPackageJson,
    /// A command's name cannot be a file name, or its folder lies outside.
    RefusedBin { name: String },
}

/// Room for one tarball, kept by each thread for the next.
struct Buffers {
    inflater: Decompress,
    inflated: Vec<u8>,
}

/// The most room that a thread keeps.
const KEPT_ROOM: usize = 32 * 1024 * 1024;
/// A package of more files and bytes than this is written by several threads.
const SPLIT_FILES: usize = 64;
const SPLIT_BYTES: usize = 2 * 1024 * 1024;

thread_local! {
    static BUFFERS: Cell<Option<Box<Buffers>>> = const { Cell::new(None) };
}

impl Default for Buffers {
    fn default() -> Self {
        Self {
            inflater: Decompress::new(false),
            inflated: Vec::new(),
        }
    }
}

impl Store {
    /// Puts a tarball into the store.
    ///
    /// Its bytes are held against the expected hash before any of them is unpacked. A package that is already there
    /// and intact is left as it is; one that is damaged is repaired. The returned files carry the tarball's SHA-512
    /// whatever hash was expected.
    ///
    /// # Errors
    /// When the bytes, the archive or the package are not what was expected: then nothing of it can be found in the
    /// store. When the file system refuses.
    pub fn import_tarball(
        &self,
        tarball: &[u8],
        expected: &Expected,
    ) -> Result<Imported, StoreError> {
        let tarball = Verified::check(tarball, expected)?;
        let sha512 = integrity(Algorithm::Sha512, tarball.sha512());
        if let Some(files) = self.get_checked(&sha512, expected)? {
            self.publish_weaker(&files, &tarball)?;
            return Ok(Imported {
                files,
                warnings: Vec::new(),
            });
        }
        // Taken and not borrowed: while this thread waits for others to write files, it may import another package.
        let mut buffers = BUFFERS.take().unwrap_or_default();
        let imported = self.unpack(&tarball, expected, &sha512, &mut buffers);
        if buffers.inflated.capacity() <= KEPT_ROOM {
            BUFFERS.set(Some(buffers));
        }
        let imported = imported?;
        self.publish(
            &imported.files,
            &IndexName::new(Algorithm::Sha512, tarball.sha512()),
        )?;
        self.publish_weaker(&imported.files, &tarball)?;
        Ok(imported)
    }

    fn unpack(
        &self,
        tarball: &Verified<'_>,
        expected: &Expected,
        sha512: &Integrity,
        buffers: &mut Buffers,
    ) -> Result<Imported, StoreError> {
        let map = read_tarball(
            tarball.bytes(),
            &mut buffers.inflater,
            &mut buffers.inflated,
        )
        .map_err(|error| error.of_package(&expected.label()))?;
        self.import_map(&map, expected, sha512)
    }

    /// Writes the files of a map; the caller publishes the index.
    pub(crate) fn import_map(
        &self,
        map: &FileMap<'_>,
        expected: &Expected,
        integrity: &Integrity,
    ) -> Result<Imported, StoreError> {
        let mut warnings: Vec<ImportWarning> = Vec::new();
        let facts = PackageFacts::read(map, expected, &mut warnings)?;
        warn_of_paths(map, &mut warnings);
        let files = self.write_files(map, &facts.bins, expected)?;
        let files = assemble(facts, files, expected, integrity)?;
        Ok(Imported { files, warnings })
    }

    fn write_files(
        &self,
        map: &FileMap<'_>,
        bins: &[StoredBin],
        expected: &Expected,
    ) -> Result<Vec<StoredFile>, StoreError> {
        let (reading, writing) = self.writing()?;
        let distrust_since = self.distrust_since()?;
        let write = |file: &MappedFile<'_>| {
            let stored = describe_file(file, bins, expected)?;
            reading.contents.write(
                &stored.content(),
                file.bytes,
                &writing.temporary,
                distrust_since,
            )?;
            Ok(stored)
        };
        let bytes: usize = map.files().map(|file| file.bytes.len()).sum();
        if map.files().len() >= SPLIT_FILES && bytes >= SPLIT_BYTES {
            let files: Vec<MappedFile<'_>> = map.files().collect();
            files.par_iter().map(write).collect()
        } else {
            map.files().map(|file| write(&file)).collect()
        }
    }
}

/// The package that a map would be, were its files written.
pub(crate) fn describe_map(
    map: &FileMap<'_>,
    expected: &Expected,
    integrity: &Integrity,
) -> Result<PackageFiles, StoreError> {
    let facts = PackageFacts::read(map, expected, &mut Vec::new())?;
    let files = map
        .files()
        .map(|file| describe_file(&file, &facts.bins, expected))
        .collect::<Result<_, _>>()?;
    assemble(facts, files, expected, integrity)
}

/// A file of a package as its index has it: what a command starts is executable.
fn describe_file(
    file: &MappedFile<'_>,
    bins: &[StoredBin],
    expected: &Expected,
) -> Result<StoredFile, StoreError> {
    let is_bin = bins.iter().any(|bin| bin.path.as_str() == file.path);
    let id = ContentId::of(file.bytes, file.is_executable || is_bin);
    Ok(StoredFile {
        path: parse_path(file.path, expected)?,
        executable: id.is_executable,
        size: id.size,
        digest: Digest(id.digest),
    })
}

fn assemble(
    facts: PackageFacts,
    files: Vec<StoredFile>,
    expected: &Expected,
    integrity: &Integrity,
) -> Result<PackageFiles, StoreError> {
    let directories = directories(&files)
        .into_iter()
        .map(|folder| parse_path(folder, expected))
        .collect::<Result<_, _>>()?;
    Ok(PackageFiles {
        integrity: integrity.clone(),
        name: facts.name,
        version: facts.version,
        files,
        directories,
        bins: facts.bins,
        install_scripts: facts.install_scripts,
    })
}

fn warn_of_paths(map: &FileMap<'_>, warnings: &mut Vec<ImportWarning>) {
    for (entry, reason) in &map.dropped {
        warnings.push(ImportWarning::Dropped {
            entry: entry.clone(),
            reason,
        });
    }
    for (path, reason) in check_portability(map.files().map(|file| file.path)) {
        warnings.push(ImportWarning::NotPortable {
            path: escape(path.as_bytes()),
            reason,
        });
    }
}

/// A path that the archive reader has accepted and that the type must accept, too.
fn parse_path(path: &str, expected: &Expected) -> Result<RelativePath, StoreError> {
    path.parse().map_err(|_| {
        let reason = "its name cannot be a path on every system";
        ArchiveError::UnsafePath {
            entry: escape(path.as_bytes()),
            reason,
        }
        .of_package(&expected.label())
    })
}

/// The folders that files lie in: sorted by bytes, parents come before what they hold.
fn directories(files: &[StoredFile]) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut last = "";
    for file in files {
        for folder in ancestors(file.path.as_str()) {
            if folder == last {
                break;
            }
            found.push(folder);
        }
        last = ancestors(file.path.as_str()).next().unwrap_or_default();
    }
    found.sort_unstable();
    found.dedup();
    found
}
