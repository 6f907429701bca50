//! What a mistyped text was most probably meant to be, of what is known.

/// The known texts that are nearest to a mistyped one, best first, at most three. One mistake is near, and one more for
/// every six letters; what differs in half of its letters is not near.
pub fn nearest<'k>(wanted: &str, known: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let mut near: Vec<_> = known
        .filter(|known| *known != wanted)
        .map(|known| (edit_distance(wanted, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 6 && *distance * 2 < known.len())
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, known)| known).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours between two texts; long texts are as far apart as can be.
pub fn edit_distance(left: &str, right: &str) -> usize {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() > 100 || right.len() > 100 {
        return usize::MAX / 4;
    }
    // The rows of the last two letters and of this one.
    let mut before_last = vec![0; right.len() + 1];
    let mut last: Vec<usize> = (0..=right.len()).collect();
    let mut row = last.clone();
    for (index, letter) in left.iter().enumerate() {
        row[0] = index + 1;
        for (column, other) in right.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let single = replaced.min(last[column + 1] + 1).min(row[column] + 1);
            let is_swapped = index > 0
                && column > 0
                && *letter == right[column - 1]
                && left[index - 1] == *other;
            row[column + 1] = if is_swapped {
                single.min(before_last[column - 1] + 1)
            } else {
                single
            };
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_single_edits() {
        assert_eq!(edit_distance("build", "build"), 0);
        assert_eq!(edit_distance("biuld", "build"), 1);
        assert_eq!(edit_distance("tset", "test"), 1);
        assert_eq!(edit_distance("abcd", "badc"), 2);
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
