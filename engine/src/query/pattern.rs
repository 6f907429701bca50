//! Which packages a question is about: `name`, `name@range`, `@scope/*`.

use globset::GlobMatcher;
use pkg_linker::name_glob;
use pkg_lockfile::PackageId;
use pkg_manifest::PackageName;
use pkg_range::{Mode, Prereleases, Range};

use super::QueryError;

/// Packages by their name, in which `*` stands for anything, and by a range of versions.
#[derive(Debug, Clone)]
pub struct PackagePattern {
    text: String,
    name: GlobMatcher,
    range: Option<Range>,
}

impl PackagePattern {
    /// Reads `name`, `name@range`, where the name may hold `*`.
    ///
    /// # Errors
    /// [`QueryError::Pattern`] where what follows the `@` is no range.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let fail = |reason: &'static str| QueryError::Pattern {
            text: text.to_owned(),
            reason,
        };
        let at = text.char_indices().skip(1).find(|(_, c)| *c == '@');
        let (name, range) = match at {
            Some((at, _)) => (&text[..at], Some(&text[at + 1..])),
            None => (text, None),
        };
        if name.is_empty() {
            return Err(fail("it has no name"));
        }
        let range = range
            .filter(|range| !range.is_empty())
            .map(|range| {
                Range::parse(range, Mode::Loose)
                    .map_err(|_| fail("what follows the `@` is no range"))
            })
            .transpose()?;
        Ok(Self {
            text: text.to_owned(),
            name: name_glob(name).map_err(|_| fail("it is too long"))?,
            range,
        })
    }

    /// Whether a name is meant, whatever its version.
    pub fn is_name_match(&self, name: &PackageName) -> bool {
        self.name.is_match(name.as_str())
    }

    /// Whether a package is meant, by its own name or by the name that it is linked under.
    pub fn is_match(&self, alias: Option<&PackageName>, id: &PackageId) -> bool {
        let is_named =
            self.is_name_match(id.name()) || alias.is_some_and(|alias| self.is_name_match(alias));
        is_named
            && self.range.as_ref().is_none_or(|range| {
                id.version()
                    .is_some_and(|version| range.contains(version, Prereleases::All))
            })
    }

    /// The pattern as it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> PackageId {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_a_range_and_a_star_choose() {
        let takes = |pattern: &str, package: &str| {
            PackagePattern::parse(pattern)
                .unwrap()
                .is_match(None, &id(package))
        };
        assert!(takes("left-pad", "left-pad@1.3.0"));
        assert!(!takes("left-pad", "left-pads@1.3.0"));
        assert!(takes("@babel/*", "@babel/core@7.0.0"));
        assert!(takes("*pad*", "left-pad@1.3.0"));
        assert!(takes("a@^1", "a@1.3.0"));
        assert!(!takes("a@^1", "a@2.0.0"));
        assert!(takes("@s/a@1", "@s/a@1.2.0"));
        assert!(PackagePattern::parse("a@not a range!").is_err());
        assert!(PackagePattern::parse("").is_err());
    }
}
