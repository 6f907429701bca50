//! The right side of a dependency, parsed to its kind. The rules are npm's, with the protocols of pnpm
//! and Yarn.

use std::fmt;

use miette::Diagnostic;
use pkg_range::{Mode, Range, Version, parse_version};
use thiserror::Error;
use url::Url;

use crate::{GitSpecifier, PackageName};

/// What a dependency asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Specifier {
    /// Versions of the registry, one exact version included.
    Range(Range),
    /// A name that the registry gives to a version.
    Tag(DistTag),
    /// Another package under this name: `npm:NAME@SPECIFIER`.
    Alias {
        /// The package that is installed.
        name: PackageName,
        /// A range or a tag.
        specifier: Box<Self>,
    },
    /// A project of the same workspace.
    Workspace(String),
    /// An entry of a catalog; the default one is the empty name.
    Catalog(String),
    /// A git repository.
    Git(Box<GitSpecifier>),
    /// A tarball at an `http:` or `https:` address.
    Tarball(Url),
    /// A tarball or a folder on disk, as written after `file:`.
    File(String),
    /// A folder on disk that is linked as it is, as written after `link:`.
    Link(String),
}

/// A dist-tag: URL-safe text that is no range.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DistTag(String);

/// Why a text is no specifier.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum SpecifierError {
    /// The protocol is another manager's, or nobody's.
    #[error("`{}` has a protocol that is not supported", text.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_UNSUPPORTED_SPECIFIER),
        help(
            "supported are versions, ranges, tags, `npm:`, `file:`, `link:`, `http(s):` and repositories of git"
        )
    )]
    Unsupported {
        /// The refused text.
        text: String,
    },
    /// It is neither a range nor a tag.
    #[error("`{}` is no version, range or tag", text.escape_debug())]
    #[diagnostic(code(ERR_PKG_INVALID_SPECIFIER))]
    Invalid {
        /// The refused text.
        text: String,
    },
    /// It means a repository that git may not be asked for.
    #[error("a git repository is asked for that cannot be: {reason}")]
    #[diagnostic(
        code(ERR_PKG_GIT_SPECIFIER),
        help("write `github:user/name#tag`, or `git+https://` or `git+ssh://` and the address")
    )]
    Git {
        /// What is wrong; nothing of the text, which may hold a password.
        reason: &'static str,
    },
    /// What stands after `npm:` is not a package of the registry.
    #[error("`{}` is no alias: after `npm:` stand a name and a range", text.escape_debug())]
    #[diagnostic(code(ERR_PKG_INVALID_SPECIFIER))]
    Alias {
        /// The refused text.
        text: String,
    },
}

impl DistTag {
    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag that a missing specifier means.
    pub fn latest() -> Self {
        Self("latest".to_owned())
    }

    fn parse(text: &str) -> Option<Self> {
        let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        (!text.is_empty() && text.bytes().all(is_safe)).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for DistTag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Specifier {
    /// Parses the specifier of a manifest's entry.
    ///
    /// # Errors
    /// [`SpecifierError`] for a protocol that is not known, and for text that is neither range nor tag.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        let trimmed = text.trim();
        if is_path(trimmed) {
            return Ok(Self::File(trimmed.to_owned()));
        }
        match parse_protocol(trimmed)? {
            Some(specifier) => Ok(specifier),
            None if is_hosted_git(trimmed) => git(trimmed),
            None if trimmed.contains('/') || is_tarball(trimmed) => {
                Ok(Self::File(trimmed.to_owned()))
            }
            None => parse_registry(trimmed),
        }
    }

    /// What kind it is and that it cannot be installed yet, if so.
    pub fn not_yet(&self) -> Option<&'static str> {
        match self {
            Self::Workspace(_) => Some("a package of the workspace (`workspace:`)"),
            Self::Catalog(_) => Some("an entry of a catalog (`catalog:`)"),
            Self::Git(_)
            | Self::Range(_)
            | Self::Tag(_)
            | Self::Alias { .. }
            | Self::Tarball(_)
            | Self::File(_)
            | Self::Link(_) => None,
        }
    }

    /// Whether the package comes from the registry.
    pub fn is_registry(&self) -> bool {
        matches!(self, Self::Range(_) | Self::Tag(_) | Self::Alias { .. })
    }

    /// The one version that a range is, if it is one.
    pub fn exact_version(&self) -> Option<Version> {
        match self {
            Self::Range(range) => parse_version(&range.to_string(), Mode::Strict).ok(),
            _ => None,
        }
    }
}

/// Reads what starts with a protocol; `None` for what has none.
fn parse_protocol(text: &str) -> Result<Option<Specifier>, SpecifierError> {
    let Some((protocol, rest)) = text.split_once(':') else {
        return Ok(None);
    };
    let is_protocol = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte);
    if protocol.is_empty() || !protocol.bytes().all(is_protocol) {
        return Ok(None);
    }
    let unsupported = || SpecifierError::Unsupported {
        text: text.to_owned(),
    };
    Ok(Some(match protocol.to_ascii_lowercase().as_str() {
        "file" => Specifier::File(rest.to_owned()),
        "link" => Specifier::Link(rest.to_owned()),
        "npm" => parse_alias(text, rest)?,
        "workspace" => Specifier::Workspace(rest.to_owned()),
        "catalog" => Specifier::Catalog(rest.trim().to_owned()),
        "http" | "https" if is_hosted_repository(text) => git(text)?,
        "http" | "https" => Specifier::Tarball(Url::parse(text).map_err(|_| unsupported())?),
        "github" | "gitlab" | "bitbucket" | "gist" | "sourcehut" | "git" | "git+http"
        | "git+https" | "git+ssh" | "git+rsync" | "git+ftp" | "git+file" | "ssh" => git(text)?,
        _ => return Err(unsupported()),
    }))
}

fn git(text: &str) -> Result<Specifier, SpecifierError> {
    match GitSpecifier::parse(text) {
        Ok(specifier) => Ok(Specifier::Git(Box::new(specifier))),
        Err(reason) => Err(SpecifierError::Git { reason }),
    }
}

/// `npm:NAME`, `npm:NAME@RANGE`, and `npm:RANGE`, which is the same package.
fn parse_alias(text: &str, rest: &str) -> Result<Specifier, SpecifierError> {
    let refuse = || SpecifierError::Alias {
        text: text.to_owned(),
    };
    let at = rest
        .get(1..)
        .and_then(|tail| tail.find('@'))
        .map(|at| at + 1);
    let (name, wanted) = at.map_or((rest, ""), |at| (&rest[..at], &rest[at + 1..]));
    let starts_as_range = rest.starts_with(|c: char| c.is_ascii_digit() || "^~<>=*".contains(c));
    if at.is_none() && starts_as_range {
        return parse_registry(rest);
    }
    let name = name.parse().map_err(|_| refuse())?;
    if wanted.contains(':') {
        return Err(refuse());
    }
    let specifier = if wanted.is_empty() {
        Specifier::Tag(DistTag::latest())
    } else {
        parse_registry(wanted)?
    };
    Ok(Specifier::Alias {
        name,
        specifier: Box::new(specifier),
    })
}

fn parse_registry(text: &str) -> Result<Specifier, SpecifierError> {
    if let Ok(range) = Range::parse(text, Mode::Loose) {
        return Ok(Specifier::Range(range));
    }
    let tag = DistTag::parse(text).ok_or_else(|| SpecifierError::Invalid {
        text: text.to_owned(),
    })?;
    Ok(Specifier::Tag(tag))
}

/// Whether it starts as a path does; `C:` is a drive everywhere, as in the reference.
fn is_path(text: &str) -> bool {
    let is_drive = matches!(text.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    is_drive || text.starts_with(['.', '/']) || text.starts_with("~/")
}

fn is_tarball(text: &str) -> bool {
    [".tgz", ".tar.gz", ".tar"]
        .iter()
        .any(|ending| text.ends_with(ending))
}

/// `user/repository[#commit]`, which means a hosted repository.
fn is_hosted_git(text: &str) -> bool {
    if text.starts_with("git@") {
        return true;
    }
    let path = text.split('#').next().unwrap_or_default();
    let is_plain = !path.contains(|c: char| c.is_whitespace() || c == '@' || c == ':');
    let slashes = path.bytes().filter(|byte| *byte == b'/').count();
    is_plain && slashes == 1 && !path.starts_with(['.', '/']) && !path.ends_with('/')
}

/// A web address of a repository on a well-known host, which git reads and not a download.
fn is_hosted_repository(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let segments: Vec<&str> = url
        .path_segments()
        .map(|parts| parts.filter(|part| !part.is_empty()).collect())
        .unwrap_or_default();
    match (url.host_str().unwrap_or_default(), segments.as_slice()) {
        ("github.com" | "www.github.com", [_, _]) => true,
        ("github.com" | "www.github.com", [_, _, kind, ..]) => *kind == "tree",
        ("gitlab.com" | "www.gitlab.com", [_, .., last]) => {
            !segments.contains(&"-") && *last != "archive.tar.gz"
        }
        ("bitbucket.org" | "www.bitbucket.org", [_, _, rest @ ..]) => rest.first() != Some(&"get"),
        ("gist.github.com", [_]) => true,
        ("gist.github.com", [_, _, rest @ ..]) => rest.first() != Some(&"raw"),
        ("git.sr.ht", [_, _, rest @ ..]) => rest.first() != Some(&"archive"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> &'static str {
        match Specifier::parse(text) {
            Ok(Specifier::Range(_)) => "range",
            Ok(Specifier::Tag(_)) => "tag",
            Ok(Specifier::Alias { .. }) => "alias",
            Ok(Specifier::Workspace(_)) => "workspace",
            Ok(Specifier::Catalog(_)) => "catalog",
            Ok(Specifier::Git(_)) => "git",
            Ok(Specifier::Tarball(_)) => "tarball",
            Ok(Specifier::File(_)) => "file",
            Ok(Specifier::Link(_)) => "link",
            Err(SpecifierError::Unsupported { .. }) => "unsupported",
            Err(SpecifierError::Invalid { .. }) => "invalid",
            Err(SpecifierError::Alias { .. }) => "bad alias",
            Err(SpecifierError::Git { .. }) => "bad git",
        }
    }

    #[test]
    fn every_form_has_its_kind() {
        let rows = [
            ("", "range"),
            ("*", "range"),
            ("^1.2.3 || >=4", "range"),
            (" 1.x ", "range"),
            ("latest", "tag"),
            ("next-11", "tag"),
            ("npm:left@^1", "alias"),
            ("npm:@scope/left@1.0.0", "alias"),
            ("npm:left", "alias"),
            ("npm:^1.2.0", "range"),
            ("npm:left@npm:right@1", "bad alias"),
            ("workspace:*", "workspace"),
            ("catalog:", "catalog"),
            ("git+ssh://git@host.test/a/b.git", "git"),
            ("user/repository#main", "git"),
            ("github:user/repository", "git"),
            ("https://files.example.test/a-1.0.0.tgz", "tarball"),
            ("file:../lib", "file"),
            ("./lib", "file"),
            ("a.tgz", "file"),
            ("link:../lib", "link"),
            ("patch:a@1#x", "unsupported"),
            ("portal:../x", "unsupported"),
            ("a b c", "invalid"),
            ("%20", "invalid"),
        ];
        for (text, wanted) in rows {
            assert_eq!(kind(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn a_pin_is_known_as_one() {
        let exact = |text| Specifier::parse(text).unwrap().exact_version();
        assert_eq!(exact("1.2.3"), Some(Version::new(1, 2, 3)));
        assert_eq!(exact("=1.2.3+build"), Some(Version::new(1, 2, 3)));
        assert_eq!(exact("^1.2.3"), None);
    }
}
