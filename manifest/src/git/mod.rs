//! Dependencies on git repositories: `github:user/name#tag`, `git+ssh://…`, `user/name#semver:^1&path:packages/a`.
//!
//! What reaches `git` is one of these types: an address with a transport of a short list and no option, no helper and
//! no password in it; a name that is no option; a whole commit. The forms are npm's, with pnpm's and Yarn's fragments.

mod address;
mod fragment;
mod source;
mod submodule;
#[cfg(test)]
mod tests;

use std::fmt;

use pkg_range::Range;

pub use self::{
    address::GitAddress,
    source::{CommitHash, GitSource, GitSourceError},
};
use self::{address::Read, fragment::Fragment};
use crate::RelativePath;

/// What a dependency asks of a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitSpecifier {
    written: String,
    address: GitAddress,
    wanted: GitWanted,
    folder: Option<RelativePath>,
}

/// Which commit of a repository is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GitWanted {
    /// That of the branch that the repository names as its own.
    Default,
    /// That of a branch or a tag, or the beginning of a commit's hash.
    Name(String),
    /// One commit.
    Commit(CommitHash),
    /// That of the highest version among the tags that is in range.
    Range(String),
}

impl GitSpecifier {
    /// Reads a specifier of which is known that it means a repository.
    ///
    /// # Errors
    /// What is wrong with it, in words that hold nothing of the text: there may be a password in it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (repository, rest) = text.split_once('#').unwrap_or((text, ""));
        let Read {
            mut written,
            address,
            branch,
        } = address::read(repository)?;
        let fragment = Fragment::parse(rest)?;
        let mut wanted = fragment.wanted;
        if !rest.is_empty() {
            written = format!("{written}#{rest}");
        } else if let Some(branch) = branch {
            written = format!("{written}#{branch}");
            wanted = fragment::named(branch)?;
        }
        Ok(Self {
            written,
            address,
            wanted,
            folder: fragment.folder,
        })
    }

    /// Where the repository is.
    pub fn address(&self) -> &GitAddress {
        &self.address
    }

    /// Which commit of it.
    pub fn wanted(&self) -> &GitWanted {
        &self.wanted
    }

    /// The folder of the repository that is the package; the whole of it by default.
    pub fn folder(&self) -> Option<&RelativePath> {
        self.folder.as_ref()
    }

    /// The same with a repository on disk that is named from another folder.
    #[must_use]
    pub fn with_path(self, path: &dyn Fn(&str) -> String) -> Self {
        Self {
            address: self.address.with_path(path),
            ..self
        }
    }

    /// A commit of the repository, as what the lockfile has of it.
    pub fn at(&self, commit: CommitHash) -> GitSource {
        GitSource::new(self.address.clone(), commit, self.folder.clone())
    }
}

impl GitWanted {
    /// Whether a tag is a version in the range that is wanted, and which; a `v` before it does not count.
    pub fn version_of(&self, tag: &str) -> Option<pkg_range::Version> {
        let Self::Range(range) = self else {
            return None;
        };
        let range = Range::parse(range, pkg_range::Mode::Loose).ok()?;
        let version = pkg_range::parse_version(tag, pkg_range::Mode::Loose).ok()?;
        range
            .contains(&version, pkg_range::Prereleases::Gated)
            .then_some(version)
    }
}

/// As `package.json` has it.
impl fmt::Display for GitSpecifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}
