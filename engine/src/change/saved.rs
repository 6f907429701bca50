//! What `package.json` says of a version that was picked: the operator that was there or typed, else a prefix.

use pkg_manifest::{Specifier, Version};
use pkg_range::{Mode, Range};

/// How the range of a new dependency is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SaveStyle {
    /// `^1.2.3`.
    #[default]
    Caret,
    /// `~1.2.3`.
    Tilde,
    /// `1.2.3`.
    Exact,
}

impl SaveStyle {
    /// What stands before the version.
    fn prefix(self) -> &'static str {
        match self {
            Self::Caret => "^",
            Self::Tilde => "~",
            Self::Exact => "",
        }
    }
}

/// What to save where `typed` was asked for and `version` picked.
///
/// The operator of a range that is one version with `^` or `~` stays, and so does an exact version. For anything else the
/// style's range is saved where all of it was asked for, or the narrower `~`; else what was typed.
pub(super) fn saved_range(
    typed: &Specifier,
    text: &str,
    version: &Version,
    style: SaveStyle,
) -> String {
    let with = |prefix: &str| format!("{prefix}{version}");
    match typed {
        Specifier::Range(_) if typed.exact_version().is_some() => with(""),
        Specifier::Range(range) => match operator(text) {
            Some(operator) => with(operator),
            None => [style.prefix(), "~"]
                .into_iter()
                .map(with)
                .find(|candidate| {
                    Range::parse(candidate, Mode::Strict)
                        .is_ok_and(|candidate| range.is_any() || candidate.is_subset_of(range))
                })
                .unwrap_or_else(|| text.trim().to_owned()),
        },
        _ => with(style.prefix()),
    }
}

/// What to save where `text` stood and `version` is to take its place: the operator stays; a range that is neither one
/// version nor one version with an operator stays as it is if it takes the version.
pub(super) fn moved_range(text: &str, version: &Version) -> String {
    let Ok(specifier) = Specifier::parse(text) else {
        return text.to_owned();
    };
    if specifier.exact_version().is_some() {
        return version.to_string();
    }
    match (&specifier, operator(text)) {
        (_, Some(operator)) => format!("{operator}{version}"),
        (Specifier::Range(range), None)
            if range.contains(version, pkg_range::Prereleases::Gated) =>
        {
            text.to_owned()
        }
        _ => format!("^{version}"),
    }
}

/// `^` or `~` where the text is one whole version with it.
fn operator(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let operator = ["^", "~"]
        .into_iter()
        .find(|operator| text.starts_with(operator))?;
    Version::parse(&text[1..]).is_ok().then_some(operator)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(typed: &str, version: &str, style: SaveStyle) -> String {
        let specifier = Specifier::parse(typed).unwrap();
        saved_range(&specifier, typed, &version.parse().unwrap(), style)
    }

    #[test]
    fn what_is_saved_is_what_was_asked_for_at_the_version_that_was_picked() {
        let caret = |typed: &str| saved(typed, "2.1.3", SaveStyle::Caret);
        for typed in ["latest", "2", "^2.0.0", "*", "", "2.x", ">=1"] {
            assert_eq!(caret(typed), "^2.1.3", "{typed}");
        }
        assert_eq!(caret("~2.1.1"), "~2.1.3");
        assert_eq!(caret("2.1"), "~2.1.3");
        assert_eq!(caret("2.1.3"), "2.1.3");
        assert_eq!(caret(">=2 <2.1.5"), ">=2 <2.1.5");
        assert_eq!(caret(">=2 <3"), "^2.1.3");
        assert_eq!(saved("latest", "2.1.3", SaveStyle::Exact), "2.1.3");
        assert_eq!(saved("2", "2.1.3", SaveStyle::Tilde), "~2.1.3");
        assert_eq!(saved("next", "3.0.0-rc.1", SaveStyle::Caret), "^3.0.0-rc.1");
    }

    #[test]
    fn a_moved_range_keeps_its_form() {
        let moved = |text: &str, version: &str| moved_range(text, &version.parse().unwrap());
        assert_eq!(moved("^1.0.0", "2.1.0"), "^2.1.0");
        assert_eq!(moved("~1.0.0", "1.0.4"), "~1.0.4");
        assert_eq!(moved("1.0.0", "2.0.0"), "2.0.0");
        assert_eq!(moved("1.x", "1.4.0"), "1.x");
        assert_eq!(moved("1.x", "2.0.0"), "^2.0.0");
        assert_eq!(moved(">=1", "9.0.0"), ">=1");
    }
}
