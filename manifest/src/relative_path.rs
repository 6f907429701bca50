//! Paths inside a package or a project: the only text that may be joined to a folder.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use compact_str::CompactString;
use miette::Diagnostic;
use thiserror::Error;

/// A path below some folder: `/`-separated components, none empty, `.` or `..`.
///
/// Every component has at most 255 bytes and no backslash or NUL; the whole at most 4,096 bytes and
/// 128 components. So [`RelativePath::below`] never leaves its folder.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativePath(CompactString);

/// Why a text is no path inside a folder.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("`{}` is not a path inside its folder: {reason}", text.escape_debug())]
#[diagnostic(code(ERR_PKG_UNSAFE_PATH))]
pub struct RelativePathError {
    /// The refused text (its beginning).
    pub text: String,
    /// What is wrong with it, in words.
    pub reason: &'static str,
}

impl RelativePath {
    /// The path as text, with `/` between its components.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path below `root`.
    pub fn below(&self, root: &Path) -> PathBuf {
        root.join(self.0.as_str())
    }

    /// The last component.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder of the path, if it is not directly in the root.
    pub fn parent(&self) -> Option<Self> {
        self.0
            .rsplit_once('/')
            .map(|(parent, _)| Self(CompactString::new(parent)))
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    if text.len() > 4096 {
        return Err("it is longer than 4,096 bytes");
    }
    if text.contains(['\\', '\0']) {
        return Err("it holds a backslash or a NUL");
    }
    let mut depth = 0;
    for component in text.split('/') {
        depth += 1;
        match component {
            "" => return Err("a component is empty"),
            "." | ".." => return Err("a component is `.` or `..`"),
            _ if component.len() > 255 => return Err("a component is longer than 255 bytes"),
            _ => {}
        }
    }
    if depth > 128 {
        Err("it is deeper than 128 folders")
    } else {
        Ok(())
    }
}

impl FromStr for RelativePath {
    type Err = RelativePathError;

    fn from_str(text: &str) -> Result<Self, RelativePathError> {
        match check(text) {
            Ok(()) => Ok(Self(CompactString::new(text))),
            Err(reason) => Err(RelativePathError {
                text: text.chars().take(200).collect(),
                reason,
            }),
        }
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for RelativePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.as_str(), formatter)
    }
}
