//! Paths of entries: plain components below the archive's root, or a refusal.

use super::error::{ArchiveError, escape};
use crate::limits::{MAX_COMPONENT, MAX_DEPTH, MAX_PATH};

/// Appends the plain form of an entry's path to `paths`: `/` between components, no `.`, nothing leading out.
///
/// `\` separates too, as some archives are made on Windows. A path of no components appends nothing.
pub(crate) fn push_entry_path(raw: &[u8], paths: &mut String) -> Result<(), ArchiveError> {
    let refuse = |reason| {
        Err(ArchiveError::UnsafePath {
            entry: escape(raw),
            reason,
        })
    };
    let Ok(text) = std::str::from_utf8(raw) else {
        return refuse("its name is not UTF-8");
    };
    match *raw {
        [b'/' | b'\\', ..] => return refuse("it is absolute"),
        [letter, b':', ..] if letter.is_ascii_alphabetic() => return refuse("it names a drive"),
        _ => {}
    }
    if raw.contains(&0) {
        return refuse("its name holds a NUL");
    }
    let start = paths.len();
    let mut depth = 0;
    for component in text.split(['/', '\\']) {
        match component {
            "" | "." => continue,
            ".." => return refuse("it leads upwards with `..`"),
            _ => {}
        }
        depth += 1;
        if component.len() > MAX_COMPONENT {
            return Err(ArchiveError::limit(
                "bytes in a component of a path",
                MAX_COMPONENT,
            ));
        }
        if depth > MAX_DEPTH + 1 {
            return Err(ArchiveError::limit("components in a path", MAX_DEPTH));
        }
        if paths.len() > start {
            paths.push('/');
        }
        paths.push_str(component);
        if paths.len() - start > MAX_PATH {
            return Err(ArchiveError::limit("bytes in a path", MAX_PATH));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(raw: &str) -> Result<String, ArchiveError> {
        let mut paths = String::from("before");
        push_entry_path(raw.as_bytes(), &mut paths)?;
        Ok(paths.split_off("before".len()))
    }

    /// TAR-05, TAR-06.
    #[test]
    fn dots_and_doubled_slashes_vanish() {
        for (raw, expected) in [
            ("package/./a/b", "package/a/b"),
            ("package//a", "package/a"),
            ("./package/x", "package/x"),
            ("package\\a\\b", "package/a/b"),
            ("package/a:b", "package/a:b"),
            ("package/...", "package/..."),
            ("package/", "package"),
            ("./", ""),
            ("", ""),
        ] {
            assert_eq!(plain(raw).unwrap(), expected);
        }
    }

    /// TAR-01, TAR-02, TAR-03, TAR-04, TAR-05.
    #[test]
    fn what_leads_out_is_refused() {
        for raw in [
            "package/../../../x",
            "package/a/../b",
            "..",
            "../x",
            "/etc/x",
            "//",
            "package\\..\\..\\x",
            "package/a\\..\\..\\x",
            "C:x",
            "C:\\x",
            "c:/x",
            "\\\\host\\share\\x",
            "\\\\?\\C:\\x",
            "a\0b",
        ] {
            assert!(
                matches!(plain(raw), Err(ArchiveError::UnsafePath { .. })),
                "{raw:?}"
            );
        }
    }
}
