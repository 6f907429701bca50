//! What kind of thing a dependency's specifier asks for.

use pkg_manifest::{PackageName, Version};
use pkg_range::{Mode, Range, parse_version};

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
    /// A kind that is known, but not supported; its name in the plural.
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
        let text = text.trim();
        if let Some(rest) = strip_scheme(text, "npm:") {
            return parse_alias(rest);
        }
        let is_tarball = [".tgz", ".tar.gz", ".tar"]
            .iter()
            .any(|ending| text.ends_with(ending));
        if let Some(path) = text.strip_prefix("link:") {
            return Ok(Self::Link(path.to_owned()));
        }
        let path = strip_scheme(text, "file:");
        if let Some(path) = path.or_else(|| is_path(text).then_some(text)) {
            let path = path.to_owned();
            return Ok(if is_tarball {
                Self::File(path)
            } else {
                Self::Directory(path)
            });
        }
        if let Some(kind) = unsupported_kind(text) {
            return Ok(Self::NotYet(kind));
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Self::Tarball(text.to_owned()));
        }
        if text
            .split_once(':')
            .is_some_and(|(scheme, _)| is_scheme(scheme))
        {
            return Err("its protocol is unknown".to_owned());
        }
        Ok(Self::Registry {
            name: None,
            selector: Selector::parse(text)?,
        })
    }
}

impl Selector {
    /// Reads a version, a range, or else a tag.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(version) = parse_version(text, Mode::Loose) {
            return Ok(Self::Version(version));
        }
        if let Ok(range) = Range::parse(text, Mode::Loose) {
            return Ok(Self::Range(range));
        }
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
        if text.bytes().all(is_plain) {
            Ok(Self::Tag(text.to_owned()))
        } else {
            Err("it is neither a version, nor a range, nor a tag".to_owned())
        }
    }
}

fn parse_alias(text: &str) -> Result<Specifier, String> {
    let at = text.get(1..).and_then(|rest| rest.find('@'));
    let (name, wanted) = match at {
        Some(at) => (&text[..=at], &text[at + 2..]),
        None => (text, ""),
    };
    if at.is_none() && !text.starts_with('@') && Range::parse(text, Mode::Strict).is_ok() {
        let selector = Selector::parse(text)?;
        return Ok(Specifier::Registry {
            name: None,
            selector,
        });
    }
    let name: PackageName = name
        .parse()
        .map_err(|error: pkg_manifest::NameError| error.reason.to_owned())?;
    let selector = Selector::parse(wanted)?;
    Ok(Specifier::Registry {
        name: Some(name),
        selector,
    })
}

/// The kind of a specifier that the resolver knows by name only.
fn unsupported_kind(text: &str) -> Option<&'static str> {
    if text.starts_with("workspace:") {
        return Some("workspace dependencies");
    }
    if text.starts_with("catalog:") {
        return Some("catalogs");
    }
    let hosts = ["github:", "gitlab:", "bitbucket:", "gist:", "sourcehut:"];
    let is_git = text.starts_with("git:")
        || text.starts_with("git+")
        || text.starts_with("git@")
        || text.starts_with("ssh:")
        || hosts.iter().any(|host| text.starts_with(host))
        || is_repository_url(text)
        || is_shortcut(text);
    is_git.then_some("git repositories")
}

/// Whether an address is a repository's, not a tarball's.
fn is_repository_url(text: &str) -> bool {
    let is_http = text.starts_with("http://") || text.starts_with("https://");
    let address = text.split('#').next().unwrap_or(text);
    is_http && address.ends_with(".git")
}

/// Whether a text is `user/repository`, with or without `#commit`.
fn is_shortcut(text: &str) -> bool {
    let repository = text.split('#').next().unwrap_or(text);
    let has_foreign = repository.contains([' ', '@', ':']);
    !has_foreign
        && repository
            .split('/')
            .filter(|part| !part.is_empty())
            .count()
            == 2
}

fn is_path(text: &str) -> bool {
    ["./", "../", "~/", "/"]
        .iter()
        .any(|start| text.starts_with(start))
        || [".", ".."].contains(&text)
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && text.as_bytes()[0].is_ascii_alphabetic()
}

/// Removes a scheme, however its letters are written.
fn strip_scheme<'t>(text: &'t str, scheme: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then_some(rest)
}
