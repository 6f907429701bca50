//! The known name that a missing one was most probably meant to be.

use pkg_manifest::PackageName;

/// The name that differs least from `missing`, if it differs by two letters at most.
pub(crate) fn nearest_name<'n>(
    missing: &PackageName,
    known: impl Iterator<Item = &'n PackageName>,
) -> Option<&'n PackageName> {
    known
        .filter(|name| *name != missing)
        .map(|name| (distance(missing.as_str(), name.as_str()), name))
        .filter(|(distance, name)| *distance <= 2 && *distance * 2 < name.as_str().len())
        .min()
        .map(|(_, name)| name)
}

/// The number of letters to insert, delete or replace (Levenshtein's distance).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, letter) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances_count_letters() {
        assert_eq!(distance("express", "express"), 0);
        assert_eq!(distance("expres", "express"), 1);
        assert_eq!(distance("exprses", "express"), 2);
    }
}
