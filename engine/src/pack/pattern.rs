//! A glob over paths, as ignore files and `files` have them: `**`, braces, and whatever a component may hold.

use super::segment::Segment;

/// So many texts may come of the braces of one pattern; of more, none is what it stands for.
const EXPANSIONS: usize = 1024;
/// A longer pattern, in bytes, is nobody's: it stands for nothing.
const LONGEST: usize = 4096;

/// A pattern, its braces expanded.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    alternatives: Vec<Vec<Part>>,
}

/// What stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// `**`: any number of components.
    AnyDepth,
    Name(Segment),
}

/// What must be read of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it, and all of the pattern.
    Whole,
    /// All of it; the pattern may go on below it.
    Beginning,
}

/// A path, ready to be matched.
#[derive(Debug, Clone)]
pub(super) struct Components(Vec<Vec<char>>);

impl Components {
    /// Splits a path at its slashes; one that leads or trails leaves an empty component.
    pub(super) fn new(path: &str, case: Case) -> Self {
        Self(
            path.split('/')
                .map(|name| case.fold(name).chars().collect())
                .collect(),
        )
    }
}

/// Whether upper and lower case are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Same,
    Different,
}

impl Case {
    fn fold(self, text: &str) -> String {
        match self {
            Self::Same => text.to_lowercase(),
            Self::Different => text.to_owned(),
        }
    }
}

impl Pattern {
    /// Reads a pattern.
    pub(super) fn parse(text: &str, case: Case) -> Self {
        let mut expanded = Vec::new();
        let is_bounded = text.len() <= LONGEST && expand(&case.fold(text), &mut expanded);
        if !is_bounded {
            expanded.clear();
        }
        let parts = |text: &String| {
            let parts = text.split('/').enumerate();
            // `.` is where one is already.
            let parts = parts.filter(|(place, part)| *part != "." || (*place == 0 && text == "."));
            parts.map(|(_, part)| Part::parse(part)).collect()
        };
        Self {
            alternatives: expanded.iter().map(parts).collect(),
        }
    }

    /// Whether it is of one name, and means whatever has that name, wherever it is.
    pub(super) fn is_of_one_name(&self) -> bool {
        self.alternatives
            .iter()
            .any(|parts| match parts.as_slice() {
                [_] => true,
                [_, Part::Name(last)] => last.is_empty(),
                _ => false,
            })
    }

    /// Whether a path is what this stands for. A pattern without a slash is held against the last name alone.
    pub(super) fn matches(&self, path: &Components, extent: Extent) -> bool {
        let path = path.0.as_slice();
        let last = path.iter().rev().find(|name| !name.is_empty());
        self.alternatives
            .iter()
            .any(|parts| match (parts.as_slice(), last) {
                ([_], Some(name)) => read(parts, std::slice::from_ref(name), extent),
                _ => read(parts, path, extent),
            })
    }

    /// As [`Pattern::matches`], where a pattern without a slash means what lies at the top.
    pub(super) fn matches_from_top(&self, path: &Components) -> bool {
        self.alternatives
            .iter()
            .any(|parts| read(parts, &path.0, Extent::Whole))
    }
}

impl Part {
    fn parse(text: &str) -> Self {
        match text {
            "**" => Self::AnyDepth,
            text => Self::Name(Segment::parse(text)),
        }
    }
}

/// A path has fewer components than this, or no pattern means it: each is one bit of a number.
const MOST: usize = 127;

/// Holds components against parts. The bits of a number say how much of the path may have been read.
fn read(parts: &[Part], path: &[Vec<char>], extent: Extent) -> bool {
    if path.len() >= MOST {
        return false;
    }
    let end = 1_u128 << path.len();
    let is_enough = |places: u128| extent == Extent::Beginning && places & end != 0;
    let mut places = 1_u128;
    for (index, part) in parts.iter().enumerate() {
        // All of the path was read, and the pattern goes on.
        if is_enough(places) {
            return true;
        }
        places = match part {
            // At the end it stands for something, be it only the slash before it.
            Part::AnyDepth if index + 1 == parts.len() => behind(path, places),
            Part::AnyDepth => places | behind(path, places),
            Part::Name(name) => one_name(name, path, places),
        };
        let is_any = matches!(part, Part::AnyDepth);
        if places == 0 || (is_any && is_enough(places)) {
            return places != 0;
        }
    }
    // A path of a folder may end in a slash.
    let is_slash_left = path.last().is_some_and(Vec::is_empty) && path.len() > 1;
    places & end != 0 || (is_slash_left && places & (end >> 1) != 0)
}

/// All places behind these, as far as no component between is a dot.
fn behind(path: &[Vec<char>], places: u128) -> u128 {
    let mut reached = 0;
    for (place, name) in path.iter().enumerate() {
        if (places | reached) & (1 << place) != 0 && !is_dots(name) {
            reached |= 1 << (place + 1);
        }
    }
    reached
}

fn one_name(name: &Segment, path: &[Vec<char>], places: u128) -> u128 {
    let mut next = 0;
    let mut rest = places;
    while rest != 0 {
        let place = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        if path.get(place).is_some_and(|found| name.matches(found)) {
            next |= 1 << (place + 1);
        }
    }
    next
}

fn is_dots(name: &[char]) -> bool {
    matches!(name, ['.'] | ['.', '.'])
}

/// Replaces the first braces by each of what they hold, until there are none; false where that becomes too much.
fn expand(text: &str, found: &mut Vec<String>) -> bool {
    let mut waiting = vec![text.to_owned()];
    while let Some(text) = waiting.pop() {
        if found.len() + waiting.len() > EXPANSIONS {
            return false;
        }
        match first_braces(&text) {
            Some((before, inside, after)) => waiting.extend(
                inside
                    .iter()
                    .rev()
                    .map(|choice| format!("{before}{choice}{after}")),
            ),
            None => found.push(text),
        }
    }
    true
}

/// The first braces that offer a choice: what stands before, the choices, and what stands behind.
fn first_braces(text: &str) -> Option<(&str, Vec<String>, &str)> {
    let opens = text.match_indices('{').map(|(place, _)| place);
    for open in opens.filter(|open| !text[..*open].ends_with(['\\', '$'])) {
        let mut depth = 0_usize;
        let mut from = open + 1;
        let mut choices = Vec::new();
        for (place, character) in text[open..].char_indices() {
            let place = open + place;
            match character {
                '{' => depth += 1,
                ',' if depth == 1 => {
                    choices.push(text[from..place].to_owned());
                    from = place + 1;
                }
                '}' if depth == 1 => {
                    let last = &text[from..place];
                    if choices.is_empty() {
                        choices = sequence(last)?;
                    } else {
                        choices.push(last.to_owned());
                    }
                    return Some((&text[..open], choices, &text[place + 1..]));
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    None
}

/// `1..3`, as numbers.
fn sequence(text: &str) -> Option<Vec<String>> {
    let (from, to) = text.split_once("..")?;
    let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
    let (low, high) = (from.min(to), from.max(to));
    let is_short = high.checked_sub(low)? < 1024;
    is_short.then(|| (low..=high).map(|number| number.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, path: &str, extent: Extent) -> bool {
        let path = Components::new(path, Case::Same);
        Pattern::parse(pattern, Case::Same).matches(&path, extent)
    }

    #[test]
    fn a_pattern_means_what_ignore_files_mean_by_it() {
        for (pattern, yes, no) in [
            ("*.js", "lib/a.js", "lib/a.ts"),
            ("lib/*.js", "lib/a.js", "lib/sub/a.js"),
            ("lib/**", "lib/sub/a.js", "lib"),
            ("lib/**/*.js", "lib/a.js", "lib/a.ts"),
            ("**/x", "a/b/x", "a/b/y"),
            ("**/a/**", "a/a", "b/a"),
            ("/a", "/a", "b/a"),
            ("{lib,test}/a", "test/a", "src/a"),
            ("a{b,{c,d}}", "ad", "a"),
            ("f{1..3}", "f2", "f4"),
            ("README", "readme", "read"),
            ("dir/", "dir/", "dir"),
            ("a/./b", "a/b", "a/c"),
        ] {
            assert!(matches(pattern, yes, Extent::Whole), "{pattern} {yes}");
            assert!(!matches(pattern, no, Extent::Whole), "{pattern} {no}");
        }
    }

    #[test]
    fn a_folder_is_the_beginning_of_what_may_lie_below() {
        assert!(matches("a/b/c", "a/b", Extent::Beginning));
        assert!(matches("a/**/c", "a/x/y", Extent::Beginning));
        assert!(!matches("a/b/c", "a/x", Extent::Beginning));
        assert!(!matches("a/b", "a/b/c", Extent::Beginning));
    }

    #[test]
    fn braces_without_end_stand_for_nothing() {
        assert!(!matches(
            &"{a,b}".repeat(40),
            &"a".repeat(40),
            Extent::Whole
        ));
        assert!(matches("{a", "{a", Extent::Whole));
        assert!(matches("{a}", "{a}", Extent::Whole));
    }
}
