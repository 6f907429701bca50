//! What a mistyped text was most probably meant to be, of what is known.

/// The known texts that are nearest to a mistyped one, best first, at most three. What differs in half of
/// its letters is not near.
pub fn nearest<'k>(wanted: &str, known: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let mut near: Vec<_> = known
        .filter(|known| *known != wanted)
        .map(|known| (edit_distance(wanted, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 3 && *distance * 2 < known.len())
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, known)| known).collect()
}

/// Insertions, deletions and replacements between two texts (Levenshtein's distance); long texts are as far
/// apart as can be.
pub fn edit_distance(left: &str, right: &str) -> usize {
    if left.len() > 100 || right.len() > 100 {
        return usize::MAX / 4;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, byte) in left.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(byte != other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_edits() {
        assert_eq!(edit_distance("build", "build"), 0);
        assert_eq!(edit_distance("biuld", "build"), 2);
        assert_eq!(edit_distance("tes", "test"), 1);
        assert_eq!(edit_distance("", "abc"), 3);
    }

    #[test]
    fn the_nearest_come_first_and_what_is_far_does_not() {
        let known = ["test", "build", "build:all", "express"];
        assert_eq!(nearest("biuld", known.into_iter()), ["build"]);
        assert_eq!(nearest("exprses", known.into_iter()), ["express"]);
        assert!(nearest("deploy", known.into_iter()).is_empty());
        assert!(nearest("ab", ["cd", "a"].into_iter()).is_empty());
    }
}
