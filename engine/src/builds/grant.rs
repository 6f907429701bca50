//! What a package's scripts may do besides what all may, by name.

use std::{
    fmt,
    path::{Component, Path, PathBuf},
    str::FromStr,
};

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::jail::Endpoint;

/// One thing more that a script may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Grant {
    /// Reach all of the network.
    Network,
    /// Reach one place of it.
    Place(Endpoint),
    /// Read a file, or all below a folder: absolute, from `~/`, or from the project's root.
    Read(String),
    /// Write there too.
    Write(String),
    /// See a variable of the environment.
    Variable(String),
}

/// A text that is no grant.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
#[error("`{}` is nothing that can be granted", text.escape_debug())]
#[diagnostic(
    code(ERR_PKG_GRANT),
    help(
        "it is `network:HOST` (or `network:HOST:PORT`, or `network:*` for all of the network), `read:PATH`, \
         `write:PATH` or `env:NAME`"
    )
)]
pub struct GrantError {
    /// The refused text.
    pub text: String,
}

impl FromStr for Grant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let refuse = || GrantError {
            text: text.to_owned(),
        };
        let is_path = |path: &&str| !path.is_empty() && !path.chars().any(char::is_control);
        let is_name = |name: &&str| {
            let mut characters = name.chars();
            let is_word = |character: char| character == '_' || character.is_ascii_alphanumeric();
            characters
                .next()
                .is_some_and(|first| !first.is_ascii_digit())
                && name.chars().all(is_word)
        };
        match text.split_once(':') {
            Some(("network", "*")) => Ok(Self::Network),
            Some(("network", place)) => place.parse().map(Self::Place).map_err(|_| refuse()),
            Some(("read", path)) => Some(path)
                .filter(is_path)
                .map(|path| Self::Read(path.to_owned()))
                .ok_or_else(refuse),
            Some(("write", path)) => Some(path)
                .filter(is_path)
                .map(|path| Self::Write(path.to_owned()))
                .ok_or_else(refuse),
            Some(("env", name)) => Some(name)
                .filter(is_name)
                .map(|name| Self::Variable(name.to_owned()))
                .ok_or_else(refuse),
            _ => Err(refuse()),
        }
    }
}

impl TryFrom<String> for Grant {
    type Error = GrantError;

    fn try_from(text: String) -> Result<Self, GrantError> {
        text.parse()
    }
}

impl From<Grant> for String {
    fn from(grant: Grant) -> Self {
        grant.to_string()
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => formatter.write_str("network:*"),
            Self::Place(place) => write!(formatter, "network:{place}"),
            Self::Read(path) => write!(formatter, "read:{path}"),
            Self::Write(path) => write!(formatter, "write:{path}"),
            Self::Variable(name) => write!(formatter, "env:{name}"),
        }
    }
}

/// The place that the path of a grant means. `None` for one in a home folder that is not known.
pub(crate) fn granted_path(text: &str, root: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let path = match text.strip_prefix("~/") {
        Some(rest) => home?.join(rest),
        None => root.join(text),
    };
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_read_and_printed_alike_and_nothing_else_is_one() {
        for text in [
            "network:*",
            "network:example.test",
            "network:[::1]:80",
            "read:/a b",
            "write:~/.cache/x",
            "env:CC_1",
        ] {
            let grant: Grant = text.parse().unwrap();
            assert_eq!(grant.to_string(), text);
        }
        for text in [
            "",
            "network",
            "network:",
            "network:*.test",
            "read:",
            "env:1A",
            "env:A=B",
            "exec:/x",
            "read:/a\nb",
        ] {
            assert!(text.parse::<Grant>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_path_is_from_the_root_or_from_home_and_holds_no_dots() {
        let (root, home) = (Path::new("/p"), Some(Path::new("/h")));
        let plain = |text| granted_path(text, root, home).unwrap();
        assert_eq!(plain("a/../b"), Path::new("/p/b"));
        assert_eq!(plain("~/c"), Path::new("/h/c"));
        assert_eq!(plain("/../x"), Path::new("/x"));
        assert_eq!(granted_path("~/c", root, None), None);
    }
}
