//! What the caller knows of a package before its bytes are opened.

use pkg_manifest::{Integrity, PackageName, Version};

use crate::archive::escape;
use crate::error::StoreError;

/// Which package is expected, by request or lockfile. What is `None` is not checked: for sources that define their
/// own name, and for those that a user has exempted.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The name that `package.json` must have.
    pub name: Option<PackageName>,
    /// The version that `package.json` must have; build metadata does not count.
    pub version: Option<Version>,
    /// The hashes of the tarball, of which the strongest must match.
    pub integrity: Option<Integrity>,
}

impl Expected {
    /// The package as messages name it.
    pub(crate) fn label(&self) -> String {
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => format!("{name}@{version}"),
            (Some(name), None) => name.to_string(),
            (None, Some(version)) => format!("package of version {version}"),
            (None, None) => "package".to_owned(),
        }
    }
}

/// Compares what a package calls itself with what was expected. What it does not say cannot differ.
pub(crate) fn check_identity(
    expected: &Expected,
    name: Option<&str>,
    version: Option<&Version>,
) -> Result<(), StoreError> {
    let is_name = match (&expected.name, name) {
        (Some(expected), Some(name)) => expected.as_str() == name,
        (Some(_) | None, _) => true,
    };
    let is_version = match (&expected.version, version) {
        (Some(expected), Some(version)) => expected.cmp_precedence(version).is_eq(),
        (Some(_) | None, _) => true,
    };
    if is_name && is_version {
        return Ok(());
    }
    let name = name.map_or_else(
        || "without a name".to_owned(),
        |name| escape(name.as_bytes()),
    );
    let version = version
        .map(|version| format!("@{version}"))
        .unwrap_or_default();
    let found = format!("{name}{version}");
    Err(StoreError::ManifestMismatch {
        package: expected.label(),
        found,
    })
}

/// Reads a version as packages write it, also as npm's loose reader does: with `v` or `=` before it, zeros before its
/// numbers, and no hyphen before a pre-release.
pub(crate) fn parse_version(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches(['v', '=', ' ']);
    Version::parse(text)
        .ok()
        .or_else(|| Version::parse(&tighten(text)?).ok())
}

/// Puts a loose version into the strict form; `None` when it does not begin with three numbers.
fn tighten(text: &str) -> Option<String> {
    let mut rest = text;
    let mut numbers = Vec::with_capacity(3);
    for place in 0..3 {
        if place > 0 {
            rest = rest.strip_prefix('.')?;
        }
        let end = rest
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(rest.len());
        let (digits, after) = rest.split_at(end);
        let number = digits.trim_start_matches('0');
        numbers.push(if number.is_empty() && end > 0 {
            "0"
        } else {
            number
        });
        rest = after;
    }
    let hyphen = if rest.is_empty() || rest.starts_with(['-', '+']) {
        ""
    } else {
        "-"
    };
    Some(format!("{}{hyphen}{rest}", numbers.join(".")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_packages_write_them() {
        for (written, meant) in [
            ("1.2.3", "1.2.3"),
            ("v1.2.3", "1.2.3"),
            (" =v1.2.3 ", "1.2.3"),
            ("01.002.0", "1.2.0"),
            ("1.2.3beta.1", "1.2.3-beta.1"),
            ("1.2.3-beta.1+x", "1.2.3-beta.1+x"),
        ] {
            assert_eq!(
                parse_version(written),
                Some(meant.parse().unwrap()),
                "{written}"
            );
        }
        for bad in ["", "1", "1.2", "1..3", "a.b.c", "1.2.3 4", "1.2.3-\u{0}"] {
            assert_eq!(parse_version(bad), None, "{bad}");
        }
    }
}
