//! Paths seen from folders: the text of a link, from the folder that it lies in to where it leads, and what lies in what.

use rustc_hash::FxHashSet;

/// Gives the way from the folder `from` to `to`, both relative to the same root.
///
/// `from` never leaves the root; `to` may begin with `../`, be the root (`.`), or be absolute: then it stays as it is.
pub(crate) fn link_text(from: &str, to: &str) -> String {
    if to.starts_with('/') {
        return to.to_owned();
    }
    let components = |path| str::split(path, '/').filter(|part| !part.is_empty() && *part != ".");
    let mut there = components(to).peekable();
    let mut here = components(from).peekable();
    while there.peek().is_some() && there.peek() == here.peek() {
        there.next();
        here.next();
    }
    let mut text = String::with_capacity(to.len() + from.len());
    for part in here.map(|_| "..").chain(there) {
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(part);
    }
    if text.is_empty() {
        text.push('.');
    }
    text
}

/// The way from the absolute folder `root` to `to`, which is absolute or already relative to it.
pub fn way(root: &str, to: &str) -> String {
    match (root.strip_prefix('/'), to.strip_prefix('/')) {
        (Some(root), Some(to)) => link_text(root, to),
        _ => to.to_owned(),
    }
}

/// Whether a folder above the path is one of these.
pub(crate) fn is_inside(path: &str, folders: &FxHashSet<&str>) -> bool {
    !folders.is_empty()
        && path
            .match_indices('/')
            .any(|(end, _)| folders.contains(&path[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lead_from_the_folder_of_the_link() {
        for (from, to, text) in [
            (
                "node_modules",
                "node_modules/.pkg/a@1/node_modules/a",
                ".pkg/a@1/node_modules/a",
            ),
            (
                "node_modules/@s",
                "node_modules/.pkg/a@1/node_modules/a",
                "../.pkg/a@1/node_modules/a",
            ),
            ("packages/a/node_modules", "packages/b", "../../b"),
            ("node_modules", "../other", "../../other"),
            ("node_modules", ".", ".."),
            ("node_modules", "/opt/x", "/opt/x"),
            ("a", "a", "."),
        ] {
            assert_eq!(link_text(from, to), text, "{from} to {to}");
        }
    }

    #[test]
    fn ways_are_relative() {
        for (root, to, expected) in [
            ("/a/b", "/a/c/d", "../c/d"),
            ("/a/b", "/a/b/c", "c"),
            ("/", "/a", "a"),
            ("/a/b", "../c", "../c"),
            ("/a", "/a", "."),
        ] {
            assert_eq!(way(root, to), expected);
        }
    }
}
