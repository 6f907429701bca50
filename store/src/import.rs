//! Importing: bytes become files of the store and, last of all, an index.
//!
//! The order is the law: hash of the bytes, end of the archive, identity of the package, files, index.

use std::cell::Cell;

use flate2::Decompress;
use pkg_manifest::{Algorithm, Integrity, RelativePath};

use crate::archive::{
    Archive, ArchiveBytes, ArchiveError, FileMap, Inflating, Portability, Room, Span, ancestors,
    check_portability, escape, read_tarball,
};
use crate::error::StoreError;
use crate::expected::Expected;
use crate::file_writer::{FileWriter, describe_file};
use crate::hashes::integrity;
use crate::index_name::IndexName;
use crate::package_facts::PackageFacts;
use crate::package_files::{PackageFiles, StoredFile};
use crate::store::Store;
use crate::verified::Verified;

/// A package that is now in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its files.
    pub files: PackageFiles,
    /// What its author or user may want to know. Empty when the package was in the store already.
    pub warnings: Vec<ImportWarning>,
    /// Names that its own `package.json` has as `dependencies` and `optionalDependencies`: sorted, each once. What is
    /// installed with it is what its registry says. `None` when the package was in the store already.
    pub dependencies: Option<Vec<String>>,
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

/// Writes the files of a package and tells what they became.
type WriteFiles<'w> = &'w mut dyn FnMut(&FileWriter<'_>) -> Result<Vec<StoredFile>, StoreError>;

/// The most room that a thread keeps.
const KEPT_ROOM: usize = 32 * 1024 * 1024;

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
                dependencies: None,
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
        let Buffers { inflater, inflated } = buffers;
        let room = Room {
            inflater,
            inflated,
            most: self.most_in_memory,
        };
        let archive = read_tarball(tarball.bytes(), room)
            .map_err(|error| error.of_package(&expected.label()))?;
        let Archive { map, bytes } = archive;
        match bytes {
            ArchiveBytes::Unpacked(tar) => self.import_map(&map, expected, sha512, &mut |writer| {
                writer.write_all(&map, &|span: Span| span.of(tar))
            }),
            ArchiveBytes::Compressed(gzip) => {
                let mut inflater = Decompress::new(false);
                self.import_map(&map, expected, sha512, &mut |writer| {
                    writer.write_stream(&map, &mut Inflating::new(gzip, &mut inflater))
                })
            }
        }
    }

    /// Writes the files of a map, as `write` does it; the caller publishes the index.
    pub(crate) fn import_map<C: Copy>(
        &self,
        map: &FileMap<C>,
        expected: &Expected,
        integrity: &Integrity,
        write: WriteFiles<'_>,
    ) -> Result<Imported, StoreError> {
        let mut warnings: Vec<ImportWarning> = Vec::new();
        let facts = PackageFacts::read(map, expected, &mut warnings)?;
        warn_of_paths(map, &mut warnings);
        let (reading, writing) = self.writing()?;
        let files = write(&FileWriter {
            contents: &reading.contents,
            temporary: &writing.temporary,
            distrust_since: self.distrust_since()?,
            bins: &facts.bins,
            expected,
        })?;
        let dependencies = Some(facts.dependencies.clone());
        let files = assemble(facts, files, expected, integrity)?;
        Ok(Imported {
            files,
            warnings,
            dependencies,
        })
    }
}

/// The package that a map would be, were its files written.
pub(crate) fn describe_map(
    map: &FileMap<&[u8]>,
    expected: &Expected,
    integrity: &Integrity,
) -> Result<PackageFiles, StoreError> {
    let facts = PackageFacts::read(map, expected, &mut Vec::new())?;
    let files = map
        .files()
        .map(|file| describe_file(&file, file.content, &facts.bins, expected))
        .collect::<Result<_, _>>()?;
    assemble(facts, files, expected, integrity)
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

fn warn_of_paths<C: Copy>(map: &FileMap<C>, warnings: &mut Vec<ImportWarning>) {
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
pub(crate) fn parse_path(path: &str, expected: &Expected) -> Result<RelativePath, StoreError> {
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
