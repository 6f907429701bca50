//! What of a commit makes the package.

use pkg_store::SourceFile;

use super::{CommitFiles, GitError};
use crate::pack::packed;

/// A package as its commit has it.
pub(crate) struct PackedCommit {
    pub(crate) files: Vec<SourceFile>,
    /// Links that would be in it if they were files, and submodules that were not read, each with what it is.
    pub(crate) left_out: Vec<(String, &'static str)>,
}

impl CommitFiles {
    /// The files that the package's author would publish.
    ///
    /// # Errors
    /// [`GitError::TooMuch`] where ignore files have more lines than are read.
    pub(crate) fn packed(&self) -> Result<PackedCommit, GitError> {
        let find = |path: &str| {
            let file = self.files.iter().find(|file| file.path == path)?;
            String::from_utf8(file.bytes.clone()).ok()
        };
        let paths = self.files.iter().map(|file| file.path.as_str());
        let paths = paths.chain(self.links.iter().map(String::as_str));
        let chosen = packed(paths, &find).map_err(|_| GitError::TooMuch {
            source_text: self.source_text.clone(),
            what: "more rules about what is packed than are followed",
        })?;
        let is_chosen = |path: &str| chosen.contains(path);
        let files = self
            .files
            .iter()
            .filter(|file| is_chosen(&file.path))
            .cloned();
        let links = self.links.iter().filter(|link| is_chosen(link));
        let links = links.map(|link| (link.clone(), "a link"));
        Ok(PackedCommit {
            files: files.collect(),
            left_out: links.chain(self.refused.iter().cloned()).collect(),
        })
    }

    /// The package as it was made before anything was left out of it: all files, without those of submodules.
    pub(crate) fn unpacked(self) -> Vec<SourceFile> {
        let is_below = |path: &str, folder: &String| {
            path.strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
        };
        let is_own = |file: &SourceFile| {
            !self
                .submodules
                .iter()
                .any(|folder| is_below(&file.path, folder))
        };
        self.files
            .iter()
            .filter(|file| is_own(file))
            .cloned()
            .collect()
    }
}
