//! One component of a glob: what stands between two slashes.
//!
//! Matching keeps the set of all places that a text may be read to, so that no pattern takes more than polynomial time.

use std::collections::BTreeSet;

/// A component of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    pieces: Vec<Piece>,
    /// Whether it stands for itself alone.
    is_plain: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Character(char),
    /// `?`
    One,
    /// `*`
    Many,
    /// `[a-z]`, `[!a-z]`
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `@(a|b)` and its kin.
    Group {
        kind: char,
        alternatives: Vec<Vec<Self>>,
    },
}

/// Groups are not read deeper than so.
const DEPTH: usize = 8;

impl Segment {
    /// Reads a component; what does not close stands for itself.
    pub(super) fn parse(text: &str) -> Self {
        let characters: Vec<char> = text.chars().collect();
        let mut reader = Reader {
            characters: &characters,
            at: 0,
        };
        let pieces = reader.pieces(0, false);
        let is_plain = pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Character(_)));
        Self { pieces, is_plain }
    }

    /// Whether it is the empty component, before a leading slash or behind a trailing one.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether all of a name is what this stands for.
    pub(super) fn matches(&self, name: &[char]) -> bool {
        if self.is_plain {
            let is_same = |(piece, found): (&Piece, &char)| *piece == Piece::Character(*found);
            return self.pieces.len() == name.len() && self.pieces.iter().zip(name).all(is_same);
        }
        if name.is_empty() {
            return false;
        }
        let is_dots = matches!(name, ['.'] | ['.', '.']);
        if is_dots && !matches!(self.pieces.first(), Some(Piece::Character('.'))) {
            return false;
        }
        // Most patterns begin or end with characters that most names do not have there.
        let differs = |piece: Option<&Piece>, found: Option<&char>| match (piece, found) {
            (Some(Piece::Character(wanted)), Some(found)) => wanted != found,
            _ => false,
        };
        if differs(self.pieces.first(), name.first()) || differs(self.pieces.last(), name.last()) {
            return false;
        }
        ends(&self.pieces, name, &BTreeSet::from([0])).contains(&name.len())
    }
}

/// Where reading may have come to, from any of these places.
fn ends(pieces: &[Piece], name: &[char], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    let mut places = from.clone();
    for piece in pieces {
        if places.is_empty() {
            break;
        }
        places = step(piece, name, &places);
    }
    places
}

fn step(piece: &Piece, name: &[char], from: &BTreeSet<usize>) -> BTreeSet<usize> {
    let one = |is_it: &dyn Fn(char) -> bool| -> BTreeSet<usize> {
        let reads = |place: &&usize| name.get(**place).is_some_and(|found| is_it(*found));
        from.iter().filter(reads).map(|place| place + 1).collect()
    };
    match piece {
        Piece::Character(wanted) => one(&|found| found == *wanted),
        Piece::One => one(&|_| true),
        Piece::Many => match from.first() {
            Some(first) => (*first..=name.len()).collect(),
            None => BTreeSet::new(),
        },
        Piece::Class { is_negated, ranges } => one(&|found| {
            let is_inside = ranges
                .iter()
                .any(|(low, high)| (*low..=*high).contains(&found));
            is_inside != *is_negated
        }),
        Piece::Group { kind, alternatives } => group(*kind, alternatives, name, from),
    }
}

fn group(
    kind: char,
    alternatives: &[Vec<Piece>],
    name: &[char],
    from: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    let once = |from: &BTreeSet<usize>| -> BTreeSet<usize> {
        let all = alternatives.iter().map(|pieces| ends(pieces, name, from));
        all.flatten().collect()
    };
    match kind {
        '!' => {
            let mut places = BTreeSet::new();
            for place in from {
                let excluded = once(&BTreeSet::from([*place]));
                places.extend((*place..=name.len()).filter(|end| !excluded.contains(end)));
            }
            places
        }
        '?' => once(from).union(from).copied().collect(),
        '*' | '+' => {
            let mut places = if kind == '*' {
                from.clone()
            } else {
                once(from)
            };
            loop {
                let more: BTreeSet<usize> = places.union(&once(&places)).copied().collect();
                if more.len() == places.len() {
                    return places;
                }
                places = more;
            }
        }
        _ => once(from),
    }
}

struct Reader<'c> {
    characters: &'c [char],
    at: usize,
}

impl Reader<'_> {
    /// Pieces to the end, or to what ends an alternative of a group.
    fn pieces(&mut self, depth: usize, is_inside: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some(character) = self.characters.get(self.at).copied() {
            if is_inside && matches!(character, '|' | ')') {
                break;
            }
            self.at += 1;
            let next = self.characters.get(self.at).copied();
            let piece = match character {
                '@' | '!' | '?' | '*' | '+' if next == Some('(') && depth < DEPTH => {
                    self.group(character, depth)
                }
                '[' => self.class(),
                '\\' if next.is_some() => {
                    self.at += 1;
                    next.map(Piece::Character)
                }
                _ => None,
            };
            pieces.push(piece.unwrap_or(match character {
                '?' => Piece::One,
                '*' => Piece::Many,
                other => Piece::Character(other),
            }));
        }
        pieces
    }

    /// What follows the sign of a group; nothing is read where it does not close.
    fn group(&mut self, kind: char, depth: usize) -> Option<Piece> {
        let start = self.at;
        self.at += 1;
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(self.pieces(depth + 1, true));
            let end = self.characters.get(self.at).copied();
            self.at += 1;
            match end {
                Some('|') => {}
                Some(_) => return Some(Piece::Group { kind, alternatives }),
                None => break,
            }
        }
        self.at = start;
        None
    }

    /// What follows `[`; nothing is read where it does not close.
    fn class(&mut self) -> Option<Piece> {
        let rest = &self.characters[self.at..];
        let is_negated = matches!(rest.first(), Some('!' | '^'));
        let skipped = usize::from(is_negated);
        // A bracket that comes first is one of the characters.
        let close = rest
            .iter()
            .enumerate()
            .skip(skipped + 1)
            .find(|(_, character)| **character == ']')?
            .0;
        let mut ranges = Vec::new();
        let mut inside = &rest[skipped..close];
        loop {
            inside = match inside {
                [] => break,
                ['\\', character, rest @ ..] => {
                    ranges.push((*character, *character));
                    rest
                }
                [low, '-', high, rest @ ..] => {
                    ranges.push((*low, *high));
                    rest
                }
                [character, rest @ ..] => {
                    ranges.push((*character, *character));
                    rest
                }
            };
        }
        self.at += close + 1;
        Some(Piece::Class { is_negated, ranges })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        Segment::parse(pattern).matches(&name)
    }

    #[test]
    fn a_component_means_what_a_shell_means_by_it() {
        for (pattern, yes, no) in [
            ("a*c", "abbc", "abcd"),
            ("*.js", ".js", "js"),
            ("?", "x", "xy"),
            ("[a-c]x", "bx", "dx"),
            ("[!a-c]x", "dx", "bx"),
            ("[^~$]", "a", "~"),
            ("[]]", "]", "["),
            ("a[", "a[", "a"),
            (r"\*", "*", "x"),
            ("!(*.test).js", "a.js", "a.test.js"),
            ("@(a|b)", "b", "c"),
            ("+(ab)", "abab", "aba"),
            ("x*(a|b)", "xabba", "xc"),
            ("x?(y)", "x", "xyy"),
            ("(a", "(a", "a"),
            ("@(a", "@(a", "a"),
            ("*", ".hidden", ".."),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(!matches(pattern, no), "{pattern} {no}");
        }
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        let pattern = format!("{}b", "*(*(a)*)".repeat(12));
        assert!(!matches(&pattern, &"a".repeat(200)));
    }
}
