//! What scripts made of a package's files, and putting the same in place without them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::Path,
};

use pkg_fs::{FileKind, Folder, FsError, Placer, Preference};
use pkg_manifest::RelativePath;
use pkg_store::{BuildResult, PackageFiles, Store, StoreError, StoredFile};

/// The largest file that is kept, in bytes.
const MAX_FILE: u64 = 1 << 30;
/// Bytes of all files that are kept of one package, at most.
const MAX_BYTES: u64 = 2 << 30;
/// So many files and folders are kept of one package, at most.
const MAX_ENTRIES: usize = 200_000;
/// Levels of folders that are looked into.
const MAX_DEPTH: usize = 128;
const MODULES: &str = "node_modules";

/// Why a result is not kept: the next install runs the scripts again.
enum Stop {
    NotKept,
    Store(StoreError),
}

/// What cannot be read back is not kept.
impl From<FsError> for Stop {
    fn from(_: FsError) -> Self {
        Self::NotKept
    }
}

/// Compares a folder with the package that it was made from, and puts what differs into the store. `None` where nothing
/// differs, or where there is something that cannot be kept.
pub(crate) fn keep_effect(
    store: &Store,
    files: &PackageFiles,
    folder: &Path,
) -> Result<Option<BuildResult>, StoreError> {
    let bundles = |file: &StoredFile| file.path.as_str().starts_with("node_modules/");
    if files.files.iter().any(bundles) {
        return Ok(None);
    }
    let mut comparison = Comparison {
        store,
        files,
        result: BuildResult::default(),
        seen: BTreeSet::new(),
        bytes: 0,
    };
    let walked = Folder::open(folder)
        .map_err(Stop::from)
        .and_then(|folder| comparison.walk(&folder, "", 0));
    match walked {
        Ok(()) => {}
        Err(Stop::NotKept) => return Ok(None),
        Err(Stop::Store(error)) => return Err(error),
    }
    let Comparison {
        mut result, seen, ..
    } = comparison;
    let gone = files.files.iter().filter(|file| !seen.contains(&file.path));
    result.removed = gone.map(|file| file.path.clone()).collect();
    let is_empty = result == BuildResult::default();
    Ok((!is_empty).then_some(result))
}

struct Comparison<'a> {
    store: &'a Store,
    files: &'a PackageFiles,
    result: BuildResult,
    /// Files of the package that are still there.
    seen: BTreeSet<RelativePath>,
    bytes: u64,
}

impl Comparison<'_> {
    fn walk(&mut self, folder: &Folder, inside: &str, depth: usize) -> Result<(), Stop> {
        if depth > MAX_DEPTH {
            return Err(Stop::NotKept);
        }
        for (name, kind) in folder.entries()? {
            if depth == 0 && name == MODULES {
                continue;
            }
            let text = name.to_str().ok_or(Stop::NotKept)?;
            let path = if inside.is_empty() {
                text.to_owned()
            } else {
                format!("{inside}/{text}")
            };
            let path: RelativePath = path.parse().map_err(|_| Stop::NotKept)?;
            let count = self.result.files.len() + self.result.folders.len() + self.seen.len();
            if count > MAX_ENTRIES {
                return Err(Stop::NotKept);
            }
            match kind {
                FileKind::Directory => {
                    if self.files.directories.binary_search(&path).is_err() {
                        self.result.folders.push(path.clone());
                    }
                    let below = folder.open_folder(&name)?;
                    self.walk(&below, path.as_str(), depth + 1)?;
                }
                FileKind::File => self.file(folder, text, &path)?,
                FileKind::Symlink => self.link(folder, &name, path)?,
                _ => return Err(Stop::NotKept),
            }
        }
        Ok(())
    }

    fn file(&mut self, folder: &Folder, name: &str, path: &RelativePath) -> Result<(), Stop> {
        let mut bytes = Vec::new();
        let stat = folder.read_into(name, MAX_FILE, &mut bytes)?;
        let is_executable = stat.mode & 0o111 != 0;
        let digest = pkg_manifest::Digest::of(&bytes);
        let packed = self.files.file(path.as_str());
        self.seen.extend(packed.map(|_| path.clone()));
        if packed
            .is_some_and(|packed| packed.digest == digest && packed.executable == is_executable)
        {
            return Ok(());
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_BYTES {
            return Err(Stop::NotKept);
        }
        let stored = self.store.add_content(path, &bytes, is_executable);
        let stored = stored.map_err(Stop::Store)?;
        self.result.files.push(stored);
        Ok(())
    }

    fn link(&mut self, folder: &Folder, name: &OsStr, path: RelativePath) -> Result<(), Stop> {
        let target = folder.read_link(name)?;
        let target = target.into_string().map_err(|_| Stop::NotKept)?;
        self.result.links.insert(path, target);
        Ok(())
    }
}

/// Makes of a package's fresh folder what its scripts once made. False where the store has not all of it any more.
pub(crate) fn apply_effect(
    store: &Store,
    result: &BuildResult,
    folder: &Path,
) -> Result<bool, StoreError> {
    for file in &result.files {
        if store.check_file(file)? == pkg_store::PackageState::Damaged {
            return Ok(false);
        }
    }
    let placer = Placer::new(Preference::Separate);
    let changed: BTreeMap<&RelativePath, &StoredFile> =
        result.files.iter().map(|file| (&file.path, file)).collect();
    for path in result.removed.iter().chain(changed.keys().copied()) {
        pkg_fs::remove_file_if_exists(&path.below(folder))?;
    }
    for path in &result.folders {
        pkg_fs::create_directory(&path.below(folder), 0o755)?;
    }
    for (path, file) in changed {
        placer.place(&store.path(file), &path.below(folder))?;
    }
    // Last: nothing is written through them.
    for (path, target) in &result.links {
        create_link(target, &path.below(folder))?;
    }
    Ok(true)
}

fn create_link(target: &str, link: &Path) -> Result<(), FsError> {
    pkg_fs::create_symlink(Path::new(target), link)
}
