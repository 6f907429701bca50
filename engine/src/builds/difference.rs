//! How scripts differ from those that were approved, line by line.

use std::collections::BTreeMap;

use pkg_store::{PackageFiles, Store, StoredFile};

use super::script_set::{ScriptSet, read_text};

/// Texts with more lines are not compared.
const MOST_LINES: usize = 3000;
/// Lines that stay are shown around those that differ, so many.
const AROUND: usize = 2;

/// What differs between the scripts that were approved and those of a package: lines that begin with `- `, `+ `, two
/// blanks, or `@ ` for a heading.
pub(crate) fn difference(
    store: &Store,
    approved: &ScriptSet,
    (now, package): (&ScriptSet, &PackageFiles),
) -> Vec<String> {
    let mut lines = Vec::new();
    for name in keys(&approved.scripts, &now.scripts) {
        let (old, new) = (approved.scripts.get(name), now.scripts.get(name));
        if old != new {
            lines.push(format!("@ {name}"));
            lines.extend(old.map(|text| format!("- {text}")));
            lines.extend(new.map(|text| format!("+ {text}")));
        }
    }
    for path in keys(&approved.files, &now.files) {
        let (old, new) = (approved.files.get(path), now.files.get(path));
        if old == new {
            continue;
        }
        lines.push(format!("@ {path}"));
        let new_text = package
            .file(path)
            .filter(|_| new.is_some())
            .map(|file| read_text(store, file));
        let old_text = old.map(|hash| old_text(store, hash));
        match (old_text, new_text) {
            (Some(Some(old)), Some(Some(new))) => lines.extend(compare(&old, &new)),
            (None, _) => lines.push("+ this file is new".to_owned()),
            (_, None) => lines.push("- this file is no part of it any more".to_owned()),
            (Some(None), _) => lines
                .push("+ other bytes; the former ones are not in the store any more".to_owned()),
            (_, Some(None)) => lines.push("+ other bytes, which are no text".to_owned()),
        }
    }
    lines
}

fn keys<'a>(
    left: &'a BTreeMap<String, String>,
    right: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = &'a str> {
    let both: std::collections::BTreeSet<&str> = left
        .keys()
        .chain(right.keys())
        .map(String::as_str)
        .collect();
    both.into_iter()
}

/// What a file held whose hash is known, if the store still has it.
fn old_text(store: &Store, hash: &str) -> Option<String> {
    let stored = |executable| {
        Some(StoredFile {
            path: "script".parse().ok()?,
            executable,
            size: 0,
            digest: pkg_manifest::Digest::from_hex(hash)?,
        })
    };
    [false, true]
        .into_iter()
        .filter_map(stored)
        .find_map(|file| read_text(store, &file))
}

/// The lines that went and came, with some around them.
fn compare(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    if old.len() > MOST_LINES || new.len() > MOST_LINES {
        return vec![format!(
            "+ other bytes: {} lines, where {} were",
            new.len(),
            old.len()
        )];
    }
    let steps = steps(&old, &new);
    let is_change = |step: &(char, &str)| step.0 != ' ';
    let near = |index: usize| {
        let start = index.saturating_sub(AROUND);
        steps[start..steps.len().min(index + AROUND + 1)]
            .iter()
            .any(is_change)
    };
    let shown = steps.iter().enumerate().filter(|(index, _)| near(*index));
    shown
        .map(|(_, (sign, line))| format!("{sign} {line}"))
        .collect()
}

/// The shortest way from one list of lines to the other, by the longest list of lines that both have in this order.
fn steps<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(char, &'t str)> {
    let width = new.len() + 1;
    let mut common = vec![0_u16; (old.len() + 1) * width];
    for left in (0..old.len()).rev() {
        for right in (0..new.len()).rev() {
            let place = left * width + right;
            common[place] = if old[left] == new[right] {
                common[place + width + 1] + 1
            } else {
                common[place + width].max(common[place + 1])
            };
        }
    }
    let (mut left, mut right) = (0, 0);
    let mut steps = Vec::new();
    while left < old.len() || right < new.len() {
        let place = left * width + right;
        if left < old.len() && right < new.len() && old[left] == new[right] {
            steps.push((' ', old[left]));
            (left, right) = (left + 1, right + 1);
        } else if right == new.len()
            || (left < old.len() && common[place + width] >= common[place + 1])
        {
            steps.push(('-', old[left]));
            left += 1;
        } else {
            steps.push(('+', new[right]));
            right += 1;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown_with_two_lines_around_it() {
        let old = "a\nb\nc\nd\ne\nf\n";
        let new = "a\nb\nc\nD\ne\nf\ng\n";
        assert_eq!(
            compare(old, new),
            ["  b", "  c", "- d", "+ D", "  e", "  f", "+ g"]
        );
        assert_eq!(compare(old, old), [""; 0]);
        assert_eq!(compare("", "x"), ["+ x"]);
    }
}
