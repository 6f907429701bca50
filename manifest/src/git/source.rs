//! One commit of a repository, as the lockfile names it.

use std::{fmt, str::FromStr};

use miette::Diagnostic;
use thiserror::Error;

use super::GitAddress;
use crate::RelativePath;

/// A whole commit: 40 or 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitHash(String);

/// One commit of a repository, or a folder in it: `git+https://host/path#COMMIT`, with `&path:DIR` behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitSource {
    address: GitAddress,
    commit: CommitHash,
    folder: Option<RelativePath>,
}

/// Why a text names no commit of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("`{}` names no commit of a repository: {reason}", text.escape_debug())]
#[diagnostic(code(ERR_PKG_GIT_SOURCE))]
pub struct GitSourceError {
    /// The refused text.
    pub text: String,
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl CommitHash {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CommitHash {
    type Err = GitSourceError;

    fn from_str(text: &str) -> Result<Self, GitSourceError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if matches!(text.len(), 40 | 64) && text.bytes().all(is_digit) {
            return Ok(Self(text.to_owned()));
        }
        Err(GitSourceError {
            text: text.chars().take(200).collect(),
            reason: "a commit is 40 or 64 hexadecimal digits",
        })
    }
}

impl fmt::Display for CommitHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl GitSource {
    pub(super) fn new(
        address: GitAddress,
        commit: CommitHash,
        folder: Option<RelativePath>,
    ) -> Self {
        Self {
            address,
            commit,
            folder,
        }
    }

    /// Where the repository is.
    pub fn address(&self) -> &GitAddress {
        &self.address
    }

    /// The commit.
    pub fn commit(&self) -> &CommitHash {
        &self.commit
    }

    /// The whole of the commit, whichever folder of it this is.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self {
            folder: None,
            ..self.clone()
        }
    }

    /// The folder that is the package; the whole of the repository by default.
    pub fn folder(&self) -> Option<&RelativePath> {
        self.folder.as_ref()
    }
}

impl FromStr for GitSource {
    type Err = GitSourceError;

    fn from_str(text: &str) -> Result<Self, GitSourceError> {
        let refuse = |reason| GitSourceError {
            text: text.chars().take(200).collect(),
            reason,
        };
        let rest = text
            .strip_prefix("git+")
            .ok_or(refuse("it begins with `git+`"))?;
        let (address, rest) = rest.split_once('#').ok_or(refuse("it has a `#`"))?;
        let (commit, folder) = match rest.split_once("&path:") {
            Some((commit, folder)) => (commit, Some(folder)),
            None => (rest, None),
        };
        Ok(Self {
            address: GitAddress::parse(address).map_err(refuse)?,
            commit: commit.parse()?,
            folder: folder
                .map(str::parse)
                .transpose()
                .map_err(|_| refuse("`path:` is no folder inside it"))?,
        })
    }
}

impl fmt::Display for GitSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "git+{}#{}", self.address, self.commit)?;
        match &self.folder {
            Some(folder) => write!(formatter, "&path:{folder}"),
            None => Ok(()),
        }
    }
}
