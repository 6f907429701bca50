//! Patterns of names: `*` stands for anything, `!` negates.

use globset::{GlobBuilder, GlobMatcher};
use pkg_manifest::PackageName;

use crate::error::PlanError;

/// A list of patterns: a name matches when one of them takes it and none of the negated ones does.
#[derive(Debug)]
pub(crate) struct NamePatterns {
    takes: Vec<GlobMatcher>,
    refuses: Vec<GlobMatcher>,
}

impl NamePatterns {
    /// Reads patterns. A list of negated ones alone takes everything else.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, PlanError> {
        let (mut takes, mut refuses) = (Vec::new(), Vec::new());
        for pattern in patterns {
            match pattern.strip_prefix('!') {
                Some(negated) => refuses.push(matcher(negated)?),
                None => takes.push(matcher(pattern)?),
            }
        }
        if takes.is_empty() && !refuses.is_empty() {
            takes.push(matcher("*")?);
        }
        Ok(Self { takes, refuses })
    }

    pub(crate) fn is_match(&self, name: &PackageName) -> bool {
        let name = name.as_str();
        self.takes.iter().any(|glob| glob.is_match(name))
            && !self.refuses.iter().any(|glob| glob.is_match(name))
    }
}

fn matcher(pattern: &str) -> Result<GlobMatcher, PlanError> {
    name_glob(pattern).map_err(|error| PlanError::Pattern {
        pattern: pattern.to_owned(),
        reason: error.kind().to_string(),
    })
}

/// A pattern of names: only `*` is special, everything else stands for itself.
///
/// # Errors
/// Where the pattern is too long to be matched.
pub fn name_glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let mut glob = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        if "?[]{}\\!".contains(character) {
            glob.push('\\');
        }
        glob.push(character);
    }
    let mut builder = GlobBuilder::new(&glob);
    let built = builder
        .literal_separator(false)
        .backslash_escape(true)
        .build()?;
    Ok(built.compile_matcher())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_and_refuse() {
        for (patterns, name, is_match) in [
            ("*", "@s/a", true),
            ("", "a", false),
            ("*eslint*", "@types/eslint", true),
            ("*eslint*", "prettier", false),
            ("* !a", "a", false),
            ("!a", "b", true),
            ("@s/*", "@s/a", true),
            ("a.b", "a-b", false),
            ("{a,b}", "a", false),
        ] {
            let list: Vec<String> = patterns.split_whitespace().map(str::to_owned).collect();
            let patterns = NamePatterns::new(&list).unwrap();
            assert_eq!(
                patterns.is_match(&name.parse().unwrap()),
                is_match,
                "{list:?} {name}"
            );
        }
    }
}
