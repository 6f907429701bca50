//! Patterns of names: `*` stands for anything, `!` negates.

use globset::{GlobBuilder, GlobMatcher};
use pkg_manifest::PackageName;

use crate::error::PlanError;

/// A list of patterns, of which the last one that a name fits decides whether it matches. pnpm's rule.
#[derive(Debug)]
pub(crate) struct NamePatterns {
    /// Whether each takes what fits it, or refuses it.
    rules: Vec<(bool, GlobMatcher)>,
    /// What becomes of a name that fits none.
    takes_others: bool,
}

impl NamePatterns {
    /// Reads patterns. A list of negated ones alone takes everything else.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, PlanError> {
        let mut rules = Vec::with_capacity(patterns.len());
        for pattern in patterns {
            rules.push(match pattern.strip_prefix('!') {
                Some(negated) => (false, matcher(negated)?),
                None => (true, matcher(pattern)?),
            });
        }
        let takes_others = !rules.is_empty() && rules.iter().all(|(takes, _)| !takes);
        Ok(Self {
            rules,
            takes_others,
        })
    }

    pub(crate) fn is_match(&self, name: &PackageName) -> bool {
        let mut rules = self.rules.iter().rev();
        let last = rules.find(|(_, glob)| glob.is_match(name.as_str()));
        last.map_or(self.takes_others, |(takes, _)| *takes)
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
            ("!a !b*", "bx", false),
            ("!a *", "a", true),
            ("* !b* b-x", "b-x", true),
            ("* !b* b-x", "b-y", false),
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
