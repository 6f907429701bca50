//! What kind of thing a dependency's specifier asks for.

use pkg_manifest::{GitSpecifier, PackageName, Version};
use pkg_range::Range;

/// What a specifier asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Specifier {
    /// A version of a package in a registry, whose name may differ from the dependency's.
    Registry {
        name: Option<PackageName>,
        selector: Selector,
    },
    Link(String),
    Directory(String),
    File(String),
    Tarball(String),
    Git(Box<GitSpecifier>),
    /// A kind that is known, but not supported, in words.
    NotYet(&'static str),
}

/// Which versions of a package in a registry are meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Selector {
    Version(Version),
    Range(Range),
    Tag(String),
    /// All these ranges: what several packages ask of one peer.
    All(Vec<Range>),
}

impl Specifier {
    /// Reads the text that stands beside a dependency.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let specifier = pkg_manifest::Specifier::parse(text).map_err(|error| error.to_string())?;
        if let Some(kind) = specifier.not_yet() {
            return Ok(Self::NotYet(kind));
        }
        Ok(match specifier {
            pkg_manifest::Specifier::Link(path) => Self::Link(path),
            pkg_manifest::Specifier::Git(specifier) => Self::Git(specifier),
            pkg_manifest::Specifier::Tarball(url) => Self::Tarball(url.to_string()),
            pkg_manifest::Specifier::File(path) if is_tarball(&path) => Self::File(path),
            pkg_manifest::Specifier::File(path) => Self::Directory(path),
            pkg_manifest::Specifier::Alias { name, specifier } => Self::Registry {
                name: Some(name),
                selector: Selector::of(&specifier)?,
            },
            specifier => Self::Registry {
                name: None,
                selector: Selector::of(&specifier)?,
            },
        })
    }
}

impl Selector {
    fn of(specifier: &pkg_manifest::Specifier) -> Result<Self, String> {
        if let Some(version) = specifier.exact_version() {
            return Ok(Self::Version(version));
        }
        match specifier {
            pkg_manifest::Specifier::Range(range) => Ok(Self::Range(range.clone())),
            pkg_manifest::Specifier::Tag(tag) => Ok(Self::Tag(tag.as_str().to_owned())),
            _ => Err("it is no package of a registry".to_owned()),
        }
    }
}

/// Whether a path is that of a tarball, not of a folder.
fn is_tarball(path: &str) -> bool {
    let endings = [".tgz", ".tar.gz", ".tar"];
    endings.iter().any(|ending| path.ends_with(ending))
}
