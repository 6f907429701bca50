//! What `files` of a `package.json` lists, found among what there is.

use std::collections::BTreeSet;

use super::{
    pattern::{Case, Components, Pattern},
    rules::Asked,
    tree::ancestors,
};

/// The entries of `files`, in their order.
#[derive(Debug)]
pub(super) struct Listed<'f>(Vec<Entry<'f>>);

#[derive(Debug)]
struct Entry<'f> {
    /// Whether it takes out what stands before it.
    is_negated: bool,
    /// The files and folders that it means. A folder means all that is in it.
    found: BTreeSet<&'f str>,
}

impl<'f> Listed<'f> {
    /// Finds what the entries mean among the paths of files and folders.
    pub(super) fn find<'e>(
        entries: impl Iterator<Item = &'e str>,
        paths: &BTreeSet<&'f str>,
    ) -> Self {
        let split: Vec<(&str, Components)> = paths
            .iter()
            .map(|path| (*path, Components::new(path, Case::Different)))
            .collect();
        let entries = entries.filter_map(|entry| {
            let text = entry.trim_start_matches('!');
            let text = text
                .strip_prefix('.')
                .filter(|rest| rest.starts_with('/'))
                .unwrap_or(text);
            let text = text.strip_prefix('/').unwrap_or(text).trim_end_matches('/');
            if text.is_empty() || text == "." {
                return None;
            }
            let pattern = Pattern::parse(text, Case::Different);
            // `a/**` means `a` too, and so do all that are in it.
            let found = split
                .iter()
                .filter(|(_, path)| pattern.matches_from_top(path));
            Some(Entry {
                is_negated: text.len() < entry.len() && entry.starts_with('!'),
                found: found.map(|(path, _)| *path).collect(),
            })
        });
        Self(entries.collect())
    }

    /// Whether a path is listed, or as a folder may hold something that is.
    pub(super) fn has(&self, path: &str, asked: Asked) -> bool {
        let mut is_in = false;
        for entry in &self.0 {
            let is_meant = || {
                entry.found.contains(path)
                    || ancestors(path).any(|folder| entry.found.contains(folder))
            };
            if is_in != entry.is_negated {
                continue;
            }
            let is_changed = is_meant()
                || (!entry.is_negated && asked == Asked::MayHold && entry.holds_below(path));
            if is_changed {
                is_in = !entry.is_negated;
            }
        }
        is_in
    }
}

impl Entry<'_> {
    fn holds_below(&self, folder: &str) -> bool {
        let folder = format!("{folder}/");
        let next = self.found.range(folder.as_str()..).next();
        next.is_some_and(|path| path.starts_with(&folder))
    }
}
