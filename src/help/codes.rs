//! The codes of errors, as `docs/errors.md` explains them.

use std::cmp::Reverse;

use pkg_manifest::nearest;

const TEXT: &str = include_str!("../../docs/errors.md");
const PREFIX: &str = "ERR_PKG_";
/// What codes of ours and of others begin with, the longest first.
const PREFIXES: [&str; 3] = ["ERR_PNPM_", PREFIX, "ERR_"];

/// A code, and what is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    /// The code itself.
    pub(crate) code: &'static str,
    /// The exit code, where failures are told apart.
    pub(crate) exit: u8,
    /// What other package managers call the same.
    pub(crate) elsewhere: Option<&'static str>,
    /// Why it happens.
    pub(crate) cause: &'static str,
    /// What to do.
    pub(crate) remedy: &'static str,
}

/// Every code, in alphabetical order.
pub(crate) fn codes() -> impl Iterator<Item = Code> {
    TEXT.split("\n## ").skip(1).filter_map(parse)
}

/// One section: the code, the line of numbers, the cause, what to do.
fn parse(section: &'static str) -> Option<Code> {
    let mut parts = section.split("\n\n").map(str::trim);
    let code = parts.next()?;
    let numbers = parts.next()?.strip_prefix("exit ")?;
    let (exit, elsewhere) = match numbers.split_once(", elsewhere ") {
        Some((exit, elsewhere)) => (exit, Some(elsewhere)),
        None => (numbers, None),
    };
    Some(Code {
        code,
        exit: exit.parse().ok()?,
        elsewhere,
        cause: parts.next()?,
        remedy: parts.next()?.strip_prefix("Do: ")?,
    })
}

/// A code by its name, or by the name that others have for it.
pub(crate) fn code(name: &str) -> Option<Code> {
    let name = name.to_ascii_uppercase();
    codes()
        .find(|code| code.code == name)
        .or_else(|| codes().find(|code| code.elsewhere == Some(&name)))
}

/// A code by what stands behind the prefix that all codes have.
pub(crate) fn code_without_prefix(name: &str) -> Option<Code> {
    code(&format!("{PREFIX}{name}"))
}

/// The code that a mistyped one was most probably meant to be: by its letters, else by its words.
pub(crate) fn nearest_code(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    // What all codes begin with would make them all near.
    let rest = PREFIXES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(&name);
    let known = || codes().filter_map(|code| code.code.strip_prefix(PREFIX));
    let near = nearest(rest, known()).first().copied();
    let near = near.or_else(|| nearest_by_words(rest, known()))?;
    codes()
        .map(|code| code.code)
        .find(|code| code.strip_prefix(PREFIX) == Some(near))
}

/// The text that has most words of `wanted`, and of those the one with the fewest others; half of them at least.
fn nearest_by_words(
    wanted: &str,
    known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let words: Vec<&str> = wanted.split('_').filter(|word| word.len() > 2).collect();
    let shared = |code: &str| {
        let has = |word: &&&str| code.split('_').any(|part| part == **word);
        words.iter().filter(has).count()
    };
    let near = known
        .map(|code| (shared(code), Reverse(code.len()), code))
        .max_by_key(|(shared, length, _)| (*shared, *length))?;
    (near.0 > 0 && near.0 * 2 >= words.len()).then_some(near.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_read() {
        let sections = TEXT.matches("\n## ").count();
        assert_eq!(codes().count(), sections);
        assert!(sections > 100);
        let names: Vec<_> = codes().map(|code| code.code).collect();
        assert!(names.is_sorted(), "the sections are in alphabetical order");
        for code in codes() {
            assert!(code.code.starts_with(PREFIX), "{}", code.code);
            assert!(matches!(code.exit, 1 | 2 | 10..=17), "{}", code.code);
            assert!(code.cause.ends_with('.'), "{}", code.code);
            assert!(
                code.remedy.ends_with('.') || code.remedy.ends_with('`'),
                "{}",
                code.code
            );
        }
    }

    #[test]
    fn codes_are_found_by_either_name_and_mistyped() {
        let found = code("err_pkg_no_script").unwrap();
        assert_eq!(found.elsewhere, Some("ERR_PNPM_NO_SCRIPT"));
        assert_eq!(code("ERR_PNPM_NO_SCRIPT"), Some(found));
        assert_eq!(code("ERR_PKG_NONE"), None);
        assert_eq!(
            nearest_code("ERR_PKG_NO_SCRIPPT"),
            Some("ERR_PKG_NO_SCRIPT")
        );
    }

    #[test]
    fn a_code_of_which_only_some_words_are_right_has_a_nearest() {
        for name in ["ERR_PKG_FROZEN", "err_pnpm_frozen", "ERR_FROZEN_LOCK_FILE"] {
            assert_eq!(
                nearest_code(name),
                Some("ERR_PKG_FROZEN_LOCKFILE"),
                "{name}"
            );
        }
        assert_eq!(
            nearest_code("ERR_PKG_LOCKFILE"),
            Some("ERR_PKG_NO_LOCKFILE")
        );
        assert_eq!(nearest_code("ERR_PKG_XYZZY_PLUGH"), None);
        let found = code_without_prefix("frozen_lockfile").unwrap();
        assert_eq!(found.code, "ERR_PKG_FROZEN_LOCKFILE");
    }
}
