//! Operations on the store alone.

use std::path::Path;

use pkg_store::{Store, StoreError};

/// What a look at every file of the store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreReport {
    /// Packages whose index was read.
    pub packages: usize,
    /// Files that were hashed.
    pub files: usize,
    /// What is damaged, a line each: files and indexes by their names in the store, packages by
    /// name, version and hash.
    pub damaged: Vec<String>,
}

/// Hashes every file of the store below `root`; changes nothing.
///
/// # Errors
/// When the store cannot be read.
pub fn store_verify(root: &Path) -> Result<StoreReport, StoreError> {
    let report = Store::open(root)?.verify()?;
    let files = report
        .damaged_files
        .iter()
        .map(|name| format!("file files/{name}"));
    let indexes = report
        .damaged_indexes
        .iter()
        .map(|name| format!("index packages/{name}"));
    let packages =
        report
            .damaged_packages
            .iter()
            .map(|hash| match report.damaged_names.get(hash) {
                Some(name) => format!("package {name} ({hash})"),
                None => format!("package {hash}"),
            });
    Ok(StoreReport {
        packages: report.packages,
        files: report.files,
        damaged: files.chain(indexes).chain(packages).collect(),
    })
}
