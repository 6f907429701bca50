//! Which systems a package's paths would break on. Only told: on this one they are fine.

use rustc_hash::FxHashSet;

/// Why a path is not portable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Portability {
    /// Another path differs only in letter case or in letters that fold to the same ones.
    FoldsLikeAnother,
    /// It holds combining marks, which some systems store as other bytes.
    Decomposed,
    /// Windows keeps this name for a device.
    ReservedName,
    /// It holds a character that Windows does not allow, or a control character.
    ForbiddenCharacter,
    /// Windows drops dots and spaces at the end of a name.
    TrailingDotOrSpace,
}

/// Names the paths, sorted as they come, that other systems could not hold.
pub(crate) fn check_portability<'p>(
    paths: impl Iterator<Item = &'p str>,
) -> Vec<(&'p str, Portability)> {
    let mut found = Vec::new();
    let mut folded: FxHashSet<String> = FxHashSet::default();
    for path in paths {
        if let Some(reason) = path.split('/').find_map(check_component) {
            found.push((path, reason));
        }
        if !folded.insert(fold(path)) {
            found.push((path, Portability::FoldsLikeAnother));
        }
    }
    found
}

fn check_component(component: &str) -> Option<Portability> {
    let is_forbidden = |character: char| character.is_control() || r#"<>:"|?*"#.contains(character);
    let is_combining = |character: char| ('\u{300}'..='\u{36f}').contains(&character);
    if component.contains(is_forbidden) {
        Some(Portability::ForbiddenCharacter)
    } else if component.ends_with(['.', ' ']) {
        Some(Portability::TrailingDotOrSpace)
    } else if is_reserved(component) {
        Some(Portability::ReservedName)
    } else if component.contains(is_combining) {
        Some(Portability::Decomposed)
    } else {
        None
    }
}

/// Device names count with any extension.
fn is_reserved(component: &str) -> bool {
    let stem = component.split('.').next().unwrap_or_default().trim_end();
    match stem.len() {
        3 => ["con", "prn", "aux", "nul"]
            .iter()
            .any(|name| stem.eq_ignore_ascii_case(name)),
        4 => {
            let (name, digit) = stem.as_bytes().split_at(3);
            (name.eq_ignore_ascii_case(b"com") || name.eq_ignore_ascii_case(b"lpt"))
                && matches!(digit, [b'1'..=b'9'])
        }
        _ => false,
    }
}

/// What a file system that ignores case makes of a path: upper case first, as it also joins `ß` with `ss`, `ﬀ` with
/// `ff` and the dotless `ı` with `i`.
fn fold(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    path.to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TAR-18, TAR-19, TAR-46.
    #[test]
    fn names_that_other_systems_cannot_hold_are_told() {
        let paths = [
            "CON",
            "Readme.md",
            "README.md",
            "aux.js",
            "a.",
            "a ",
            "a:b",
            "com1",
            "com10",
            "lpt1.x",
            "con.d/x",
            "e\u{301}",
            "ß",
            "SS",
            "ﬀ",
            "FF",
            "ı",
            "i",
            "a\nb",
            "console.js",
        ];
        let found = check_portability(paths.into_iter());
        let told = |path| found.iter().filter(|(named, _)| *named == path).count();
        for path in [
            "CON",
            "README.md",
            "aux.js",
            "a.",
            "a ",
            "a:b",
            "com1",
            "lpt1.x",
            "con.d/x",
        ] {
            assert_eq!(told(path), 1, "{path}");
        }
        for path in ["e\u{301}", "SS", "FF", "i", "a\nb"] {
            assert_eq!(told(path), 1, "{path}");
        }
        for path in ["Readme.md", "com10", "console.js", "ß"] {
            assert_eq!(told(path), 0, "{path}");
        }
    }
}
