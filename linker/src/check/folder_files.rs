//! The files and folders that a package has directly in one of its folders.

use pkg_manifest::RelativePath;
use pkg_store::{PackageFiles, StoredFile};

/// What one folder of a package should hold.
pub(crate) struct FolderFiles<'p> {
    /// Names and files, sorted by name.
    files: Vec<(&'p str, &'p StoredFile)>,
    /// Names, sorted.
    folders: Vec<&'p str>,
    seen_files: Vec<bool>,
    seen_folders: Vec<bool>,
}

impl<'p> FolderFiles<'p> {
    /// `prefix` is empty, or the folder with a slash.
    pub(crate) fn new(package: &'p PackageFiles, prefix: &str) -> Self {
        let files: Vec<_> = below(&package.files, prefix, |file| file.path.as_str())
            .filter_map(|file| Some((direct(&file.path, prefix)?, file)))
            .collect();
        let folders: Vec<_> = below(&package.directories, prefix, RelativePath::as_str)
            .filter_map(|folder| direct(folder, prefix))
            .collect();
        Self {
            seen_files: vec![false; files.len()],
            seen_folders: vec![false; folders.len()],
            files,
            folders,
        }
    }

    /// Finds a file by its name, and notes that something of the name is there.
    pub(crate) fn take_file(&mut self, name: &str) -> Option<&'p StoredFile> {
        let found = self.files.binary_search_by(|file| file.0.cmp(name)).ok()?;
        self.seen_files[found] = true;
        Some(self.files[found].1)
    }

    /// Whether the package has a folder of this name here; notes that something of the name is there.
    pub(crate) fn take_folder(&mut self, name: &str) -> bool {
        let found = self.folders.binary_search(&name).ok();
        if let Some(found) = found {
            self.seen_folders[found] = true;
        }
        found.is_some()
    }

    /// The files whose names were not met.
    pub(crate) fn missing_files(&self) -> impl Iterator<Item = &'p StoredFile> {
        let all = self.files.iter().zip(&self.seen_files);
        all.filter(|(_, is_seen)| !**is_seen)
            .map(|((_, file), _)| *file)
    }

    /// The folders whose names were not met.
    pub(crate) fn missing_folders(&self) -> impl Iterator<Item = &'p str> {
        let all = self.folders.iter().zip(&self.seen_folders);
        all.filter(|(_, is_seen)| !**is_seen)
            .map(|(folder, _)| *folder)
    }
}

/// The items whose paths begin with a prefix; they stand together, since all are sorted by path.
pub(crate) fn below<'p, T>(
    items: &'p [T],
    prefix: &str,
    path: impl Fn(&T) -> &str,
) -> impl Iterator<Item = &'p T> {
    let start = items.partition_point(|item| path(item) < prefix);
    let length = items[start..].partition_point(|item| path(item).starts_with(prefix));
    items[start..start + length].iter()
}

/// The rest of a path after a prefix, if it is a name and no path.
fn direct<'p>(path: &'p RelativePath, prefix: &str) -> Option<&'p str> {
    let rest = path.as_str().strip_prefix(prefix)?;
    (!rest.contains('/')).then_some(rest)
}
