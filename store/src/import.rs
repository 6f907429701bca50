//! Importing: bytes become files of the store and, last of all, an index.
//!
//! The order is the law: hash of the bytes, end of the archive, identity of the package, files, index.

use std::cell::RefCell;
use std::io::Write as _;

use flate2::Decompress;
use pkg_fs::{At, FileKind, FsError, remove_tree};
use pkg_manifest::{Algorithm, Digest, Integrity, PackageName, RelativePath, Version};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use sha2::{Digest as _, Sha512};

use crate::archive::{
    ArchiveError, FileMap, MappedFile, Portability, ancestors, check_portability, escape,
    read_tarball,
};
use crate::contents::ContentId;
use crate::error::StoreError;
use crate::expected::{Expected, check_identity, parse_version};
use crate::hashes::integrity;
use crate::index::encode_index;
use crate::index_name::IndexName;
use crate::layout::{Reading, Writing};
use crate::limits::MAX_INDEX;
use crate::package::{
    InstallScripts, PackageJson, find_bins, find_install_scripts, parse_package_json,
};
use crate::package_files::{PackageFiles, StoredBin, StoredFile};
use crate::store::Store;

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
    static BUFFERS: RefCell<Buffers> =
        RefCell::new(Buffers { inflater: Decompress::new(false), inflated: Vec::new() });
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
        let hashes = verify(tarball, expected)?;
        let sha512 = integrity(Algorithm::Sha512, &hashes.sha512);
        if let Some(files) = self.get_checked(&sha512, expected)? {
            self.publish_weaker(&files, &hashes)?;
            return Ok(Imported {
                files,
                warnings: Vec::new(),
            });
        }
        let imported = BUFFERS.with_borrow_mut(|buffers| {
            let Buffers { inflater, inflated } = buffers;
            let map = read_tarball(tarball, inflater, inflated)
                .map_err(|error| error.of_package(&expected.label()))?;
            let imported = self.import_map(&map, expected, &sha512);
            drop(map);
            if inflated.capacity() > KEPT_ROOM {
                *inflated = Vec::new();
            }
            imported
        })?;
        self.publish(
            &imported.files,
            &IndexName::new(Algorithm::Sha512, &hashes.sha512),
        )?;
        self.publish_weaker(&imported.files, &hashes)?;
        Ok(imported)
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
        let directories = directories(&files)
            .into_iter()
            .map(|folder| parse_path(folder, expected))
            .collect::<Result<_, _>>()?;
        let files = PackageFiles {
            integrity: integrity.clone(),
            name: facts.name,
            version: facts.version,
            files,
            directories,
            bins: facts.bins,
            install_scripts: facts.install_scripts,
        };
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
            let is_bin = bins.iter().any(|bin| bin.path.as_str() == file.path);
            let id = ContentId::of(file.bytes, file.is_executable || is_bin);
            let path = parse_path(file.path, expected)?;
            reading
                .contents
                .write(&id, file.bytes, &writing.temporary, distrust_since)?;
            let digest = Digest(id.digest);
            Ok(StoredFile {
                path,
                executable: id.is_executable,
                size: id.size,
                digest,
            })
        };
        let bytes: usize = map.files().map(|file| file.bytes.len()).sum();
        if map.files().len() >= SPLIT_FILES && bytes >= SPLIT_BYTES {
            let files: Vec<MappedFile<'_>> = map.files().collect();
            files.par_iter().map(write).collect()
        } else {
            map.files().map(|file| write(&file)).collect()
        }
    }

    /// Lets the index be found by the weaker hash that the caller knows, too.
    fn publish_weaker(&self, package: &PackageFiles, hashes: &Hashes) -> Result<(), StoreError> {
        let Some((algorithm, digest)) = &hashes.weaker else {
            return Ok(());
        };
        if self.get(&integrity(*algorithm, digest))?.is_some() {
            return Ok(());
        }
        self.publish(package, &IndexName::new(*algorithm, digest))
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
        let (temporary, mut file) = writing.temporary.create_temporary(0o644)?;
        let published = file
            .write_all(&bytes)
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

/// What a tarball was held against, and its own SHA-512.
struct Hashes {
    sha512: [u8; 64],
    /// The expected hash, when that is a weaker one.
    weaker: Option<(Algorithm, Vec<u8>)>,
}

/// Compares the bytes with the strongest hash that is expected.
fn verify(tarball: &[u8], expected: &Expected) -> Result<Hashes, StoreError> {
    let sha512: [u8; 64] = Sha512::digest(tarball).into();
    let Some(wanted) = &expected.integrity else {
        return Ok(Hashes {
            sha512,
            weaker: None,
        });
    };
    let algorithm = wanted.algorithm();
    let actual = match algorithm {
        Algorithm::Sha512 => sha512.to_vec(),
        Algorithm::Sha1 | Algorithm::Sha256 | Algorithm::Sha384 => algorithm.hash(tarball),
    };
    if !wanted.strongest().any(|digest| digest == actual) {
        return Err(StoreError::Integrity {
            package: expected.label(),
            expected: wanted.to_string(),
            actual: integrity(algorithm, &actual).to_string(),
        });
    }
    let weaker = (algorithm != Algorithm::Sha512).then_some((algorithm, actual));
    Ok(Hashes { sha512, weaker })
}

/// What a package says of itself.
struct PackageFacts {
    name: Option<PackageName>,
    version: Option<Version>,
    bins: Vec<StoredBin>,
    install_scripts: Option<Digest>,
}

impl PackageFacts {
    fn read(
        map: &FileMap<'_>,
        expected: &Expected,
        warnings: &mut Vec<ImportWarning>,
    ) -> Result<Self, StoreError> {
        let package = match map.get("package.json") {
            Some(bytes) => parse_package_json(bytes)
                .map_err(|reason| ArchiveError::PackageJson(escape(reason.as_bytes())))
                .map_err(|error| error.of_package(&expected.label()))?,
            None => {
                warnings.push(ImportWarning::NoPackageJson);
                PackageJson::default()
            }
        };
        let (name, version) = identity(&package, expected)?;
        let (bins, refused) = find_bins(&package, map.files().map(|file| file.path));
        for name in refused {
            warnings.push(ImportWarning::RefusedBin {
                name: escape(name.as_bytes()),
            });
        }
        let mut stored_bins = Vec::with_capacity(bins.len());
        for bin in bins {
            match bin.path.parse() {
                Ok(path) => stored_bins.push(StoredBin {
                    name: bin.name,
                    path,
                }),
                Err(_) => {
                    let name = escape(bin.name.as_bytes());
                    warnings.push(ImportWarning::RefusedBin { name });
                }
            }
        }
        let has_gyp = map.get("binding.gyp").is_some();
        let install_scripts = match find_install_scripts(&package, has_gyp) {
            InstallScripts::None => None,
            InstallScripts::Some(hash) => Some(Digest(hash)),
        };
        Ok(Self {
            name,
            version,
            bins: stored_bins,
            install_scripts,
        })
    }
}

/// The package's own name and version, once they are known to be the expected ones.
fn identity(
    package: &PackageJson,
    expected: &Expected,
) -> Result<(Option<PackageName>, Option<Version>), StoreError> {
    let version = package.version.as_deref().map(parse_version);
    if let (Some(None), Some(_)) = (&version, &expected.version) {
        let text = package.version.as_deref().unwrap_or_default();
        let found = format!("version `{}`", escape(text.as_bytes()));
        return Err(StoreError::ManifestMismatch {
            package: expected.label(),
            found,
        });
    }
    let version = version.flatten();
    check_identity(expected, package.name.as_deref(), version.as_ref())?;
    let name = match &package.name {
        Some(name) => name.parse().ok(),
        None => expected.name.clone(),
    };
    Ok((name, version.or_else(|| expected.version.clone())))
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
