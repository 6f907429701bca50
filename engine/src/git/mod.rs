//! Packages from git repositories, by the `git` program itself.
//!
//! git gets an address that is no option and no helper, a whole commit, an environment of ours, and nobody to ask. What
//! it brings is read object by object and walked as strictly as a tarball; nothing is checked out, links are left out, and of
//! submodules those that their own addresses allow are read the same way. Scripts of the package run like those of any other:
//! once approved, and elsewhere (`builds`).

mod error;
mod gathering;
mod known;
mod packing;
mod program;
mod references;
mod remote;
mod scratch;
mod tree;

use std::path::{Path, PathBuf};

use pkg_manifest::{CommitHash, GitAddress, GitSource, GitSpecifier, GitWanted};

pub use self::error::GitError;
pub(crate) use self::{
    gathering::CommitFiles,
    known::{known, remember},
    packing::PackedCommit,
    scratch::Scratch,
};
use self::{
    gathering::Gathering,
    program::Program,
    references::is_abbreviation,
    remote::{EVERYTHING, Remote},
};
use crate::{Host, LoadedSettings, install::path_on_disk};

/// All that is needed to ask repositories.
pub(crate) struct Git<'a> {
    host: &'a Host,
    cache: &'a Path,
    /// The folder that paths are relative to.
    root: &'a Path,
    is_offline: bool,
}

impl<'a> Git<'a> {
    /// Asks repositories for a project.
    pub(crate) fn new(root: &'a Path, settings: &'a LoadedSettings, host: &'a Host) -> Self {
        Self {
            host,
            cache: &settings.locations.cache,
            root,
            is_offline: settings.settings.offline,
        }
    }

    /// Finds the commit that a specifier means now.
    pub(crate) async fn resolve(&self, specifier: &GitSpecifier) -> Result<GitSource, GitError> {
        if let GitWanted::Commit(commit) = specifier.wanted() {
            return Ok(specifier.at(commit.clone()));
        }
        let remote = self.remote(specifier.address())?;
        let references = remote.names().await?;
        if let Some(commit) = references.find(specifier.wanted()) {
            return Ok(specifier.at(commit));
        }
        if let GitWanted::Name(name) = specifier.wanted()
            && is_abbreviation(name)
            && let Some(commit) = self.expanded(&remote, name).await?
        {
            return Ok(specifier.at(commit));
        }
        Err(remote.no_commit(specifier.wanted(), &references))
    }

    /// Reads all files of a commit, those of its submodules among them.
    pub(crate) async fn files(&self, source: &GitSource) -> Result<CommitFiles, GitError> {
        let mut gathering = Gathering::new(self, source);
        gathering.add(source, String::new(), 0).await?;
        Ok(gathering.finish())
    }

    fn remote(&self, address: &GitAddress) -> Result<Remote, GitError> {
        let shown = format!("git+{address}");
        let path = address
            .path()
            .map(|path| path_on_disk(self.root, self.host, path));
        if path.is_none() && self.is_offline {
            return Err(GitError::Offline { address: shown });
        }
        let program = Program::find(self.host, &shown, path.is_some())?;
        let local = path.map(|path: PathBuf| path.to_string_lossy().into_owned());
        let address = local.or_else(|| address.remote()).unwrap_or_default();
        Ok(Remote {
            program,
            address,
            shown,
        })
    }

    fn scratch(&self) -> Result<Scratch, GitError> {
        Scratch::new(self.cache, self.host.now)
    }

    /// The commit whose hash begins so, wherever in the repository it is.
    async fn expanded(&self, remote: &Remote, text: &str) -> Result<Option<CommitHash>, GitError> {
        let scratch = self.scratch()?;
        remote.init(&scratch, 40).await?;
        remote.fetch(&scratch, &["--no-tags"], &EVERYTHING).await?;
        let found = remote
            .parse_revision(&scratch, &format!("{text}^{{commit}}"))
            .await?;
        Ok(found.and_then(|found| found.parse().ok()))
    }
}
