//! What stands behind the `#`: which commit, and which folder.

use pkg_range::{Mode, Range};

use super::GitWanted;
use crate::RelativePath;

/// The fragment of a specifier.
pub(super) struct Fragment {
    pub(super) wanted: GitWanted,
    pub(super) folder: Option<RelativePath>,
}

const TWICE: &str = "what stands behind its `#` says twice which commit is meant";

impl Fragment {
    /// Reads parts that `::` separates, as npm has it, or `&`, as pnpm and Yarn do.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut wanted = GitWanted::Default;
        let mut folder = None;
        let parts = text.split("::").flat_map(|part| part.split('&'));
        for part in parts.filter(|part| !part.is_empty()) {
            let part = decoded(part)?;
            let found = if let Some(path) = part.strip_prefix("path:") {
                let path = path.trim_matches('/');
                let path = path
                    .parse()
                    .map_err(|_| "its `path:` is no folder inside it")?;
                if folder.replace(path).is_some() {
                    return Err("it has `path:` twice");
                }
                continue;
            } else if let Some(range) = keyed(&part, &["semver:", "semver="]) {
                Range::parse(range, Mode::Loose).map_err(|_| "its `semver:` is no range")?;
                GitWanted::Range(range.to_owned())
            } else if let Some(name) = keyed(&part, &["commit=", "tag=", "head="]) {
                named(name)?
            } else if part.starts_with("workspace=") {
                return Err(
                    "a workspace of a repository cannot be installed: name its folder, `path:DIR`",
                );
            } else if part.contains(':') {
                // npm warns of a key that it does not know, and goes on without it.
                continue;
            } else {
                named(&part)?
            };
            if wanted != GitWanted::Default {
                return Err(TWICE);
            }
            wanted = found;
        }
        Ok(Self { wanted, folder })
    }
}

fn keyed<'t>(text: &'t str, keys: &[&str]) -> Option<&'t str> {
    keys.iter().find_map(|key| text.strip_prefix(key))
}

/// A whole commit, or a name that git may have given to something: never an option, never an expression.
pub(super) fn named(text: &str) -> Result<GitWanted, &'static str> {
    if let Ok(commit) = text.parse() {
        return Ok(GitWanted::Commit(commit));
    }
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !r"~^:?*[\".contains(c);
    let is_name = !text.is_empty()
        && text.len() <= 255
        && !text.starts_with(['-', '/', '.'])
        && !text.ends_with(['/', '.'])
        && !["..", "@{", "//"].iter().any(|part| text.contains(part))
        && text.chars().all(is_plain);
    if is_name {
        Ok(GitWanted::Name(text.to_owned()))
    } else {
        Err("what stands behind its `#` is no branch, tag or commit")
    }
}

/// Text without `%`-sequences.
fn decoded(text: &str) -> Result<String, &'static str> {
    const BAD: &str = "a `%` behind its `#` stands before no hexadecimal number";
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
            return Err(BAD);
        };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| BAD)?);
    }
    String::from_utf8(bytes).map_err(|_| BAD)
}
