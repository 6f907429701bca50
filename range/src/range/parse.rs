//! Reads a range: splits it into sets and items, and collects the comparators of each.

use std::borrow::Cow;
use std::collections::HashSet;

use super::Range;
use super::expand::{Expanded, Expander};
use super::expansion::Expansion;
use super::respace::respace;
use crate::scan::{Partial, build_length};
use crate::text::{collapse, is_white_space};
use crate::version::successor_text;
use crate::{Comparator, Mode, ParseError, ParseErrorKind, Prereleases};

/// Sets longer than this look for duplicates with a hash table, and while they are read.
const SHORT_SET: usize = 64;

/// Reads `text` for both choices of prereleases; it must be a range under `prereleases`.
pub(super) fn parse(text: &str, mode: Mode, prereleases: Prereleases) -> Result<Range, ParseError> {
    let collapsed = collapse(text);
    let (sets, depends) =
        parse_sets(&collapsed, mode, prereleases).map_err(|failure| failure.into_error(text))?;
    let other = |other| parse_sets(&collapsed, mode, other).map_or(Vec::new(), |(sets, _)| sets);
    let (gated, all) = match prereleases {
        _ if !depends => (sets, None),
        Prereleases::Gated => (sets, Some(other(Prereleases::All))),
        Prereleases::All => (other(Prereleases::Gated), Some(sets)),
    };
    let all = all
        .filter(|all| *all != gated)
        .map(|all| Box::new(Expansion::new(all)));
    Ok(Range {
        gated: Expansion::new(gated),
        all,
    })
}

/// Why a text is no range: the reason, the number of the set, the item and the place in it.
struct Failure {
    kind: ParseErrorKind,
    set: usize,
    item: Box<str>,
    position: usize,
}

impl Failure {
    fn new(kind: ParseErrorKind, item: &str, position: usize) -> Self {
        Self {
            kind,
            set: 0,
            item: item.into(),
            position,
        }
    }

    /// Finds the place in `text`; the item may have been rewritten since, then its set is meant.
    fn into_error(self, text: &str) -> ParseError {
        let set = text.split("||").nth(self.set).unwrap_or_default();
        let set_start = set.as_ptr().addr() - text.as_ptr().addr();
        let position = match set.find(&*self.item) {
            Some(start) if !self.item.is_empty() => start + self.position,
            _ => set
                .find(|character| !is_white_space(character))
                .unwrap_or(0),
        };
        ParseError::new(self.kind, text, set_start + position)
    }
}

/// The sets of `text`, whose white space is collapsed, and whether they depend on `prereleases`.
fn parse_sets(
    text: &str,
    mode: Mode,
    prereleases: Prereleases,
) -> Result<(Vec<Comparator>, bool), Failure> {
    let mut expander = Expander::new(mode, prereleases);
    let mut null_set = None;
    let mut is_any = false;
    let mut first_dropped = None;
    for (index, set) in alternatives(text).enumerate() {
        let start = expander.comparators.len();
        let in_set = |failure| Failure {
            set: index,
            ..failure
        };
        let dropped = parse_set(&mut expander, start, set).map_err(in_set)?;
        first_dropped = first_dropped.or(dropped.map(in_set));
        let comparators = &mut expander.comparators;
        match &mut comparators[start..] {
            [only] if only.is_any() => is_any = true,
            [only] if only.is_null() => null_set = null_set.or_else(|| comparators.pop()),
            [.., last] => {
                last.ends_set = true;
                continue;
            }
            [] => continue,
        }
        // Nothing and `*` do not stand beside other sets, which must still be sound.
        comparators.truncate(start);
        if is_any {
            comparators.clear();
        }
    }
    let mut sets = expander.comparators;
    if is_any {
        sets = vec![Comparator::ANY];
    } else if sets.is_empty() {
        sets.extend(null_set);
    }
    let Some(last) = sets.last_mut() else {
        return Err(first_dropped.unwrap_or_else(|| Failure::new(ParseErrorKind::Empty, "", 0)));
    };
    last.ends_set = true;
    Ok((sets, expander.depends_on_prereleases))
}

/// The parts of `text` between `||`.
fn alternatives(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        // Most texts have none: looking for a byte costs less than making a searcher.
        let bars = if text.as_bytes().contains(&b'|') {
            text.find("||")
        } else {
            None
        };
        rest = bars.map(|bars| &text[bars + 2..]);
        Some(&text[..bars.unwrap_or(text.len())])
    })
}

/// Collects the comparators of one set after the first `start`.
///
/// In loose mode, returns the first item that was dropped.
fn parse_set(
    expander: &mut Expander,
    start: usize,
    text: &str,
) -> Result<Option<Failure>, Failure> {
    let text = text.trim_matches(' ');
    if !text
        .as_bytes()
        .iter()
        .any(|byte| matches!(byte, b' ' | b'+'))
    {
        return parse_items(expander, start, text);
    }
    let text = without_build(text);
    let text = match hyphen_range(&text, expander) {
        Some(bounds) => Cow::Owned(bounds),
        None => text,
    };
    parse_items(expander, start, &respace(&text))
}

/// Collects the comparators of the items of one set, which are separated by spaces.
fn parse_items(
    expander: &mut Expander,
    start: usize,
    text: &str,
) -> Result<Option<Failure>, Failure> {
    let mut dropped = None;
    let mut is_gap = false;
    let mut limit = SHORT_SET;
    for (index, item) in text.split(' ').enumerate() {
        let expanded = expander
            .expand(item)
            .map_err(|kind| Failure::new(kind, item, 0))?;
        is_gap = expanded == Expanded::Gap;
        if expander.comparators.len() - start >= limit {
            reduce_set(&mut expander.comparators, start);
            limit = SHORT_SET.max(2 * (expander.comparators.len() - start));
        }
        match expanded {
            Expanded::Comparators => {}
            // Gaps in the middle go when the reference joins the items again and splits the text.
            Expanded::Gap if index == 0 => expander.comparators.push(Comparator::ANY),
            Expanded::Gap => {}
            Expanded::Foreign(kind, position) => {
                if expander.mode == Mode::Strict {
                    return Err(Failure::new(kind, item, position));
                }
                dropped.get_or_insert_with(|| Failure::new(kind, item, position));
            }
        }
    }
    if is_gap {
        expander.comparators.push(Comparator::ANY);
    }
    reduce_set(&mut expander.comparators, start);
    Ok(dropped)
}

/// Removes duplicates and superfluous wildcards from the set that begins at `start`.
fn reduce_set(comparators: &mut Vec<Comparator>, start: usize) {
    if comparators.len() - start <= 1 {
        return;
    }
    if let Some(null) = comparators[start..].iter().position(Comparator::is_null) {
        comparators.swap(start, start + null);
        comparators.truncate(start + 1);
        return;
    }
    remove_duplicates(comparators, start);
    if comparators.len() - start > 1
        && let Some(any) = comparators[start..].iter().position(Comparator::is_any)
    {
        comparators.remove(start + any);
    }
}

/// Keeps the first of equal comparators.
fn remove_duplicates(comparators: &mut Vec<Comparator>, start: usize) {
    if comparators.len() - start > SHORT_SET {
        let mut set = comparators.split_off(start);
        let mut seen = HashSet::new();
        let are_new: Vec<bool> = set
            .iter()
            .map(|comparator| seen.insert(comparator))
            .collect();
        let mut are_new = are_new.into_iter();
        set.retain(|_| are_new.next().unwrap_or(true));
        comparators.append(&mut set);
        return;
    }
    let mut kept = start + 1;
    for index in start + 1..comparators.len() {
        let mut earlier = comparators[start..kept].iter();
        if !earlier.any(|earlier| earlier.is_same(&comparators[index])) {
            comparators.swap(kept, index);
            kept += 1;
        }
    }
    comparators.truncate(kept);
}

/// Cuts all build metadata out of `text`.
fn without_build(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('+') else {
        return Cow::Borrowed(text);
    };
    let mut kept = String::with_capacity(text.len());
    let (before, mut rest) = text.split_at(first);
    kept.push_str(before);
    while !rest.is_empty() {
        let length = build_length(rest.as_bytes(), usize::MAX);
        let next = rest[length.max(1)..]
            .find('+')
            .map_or(rest.len(), |at| at + length.max(1));
        kept.push_str(&rest[length..next]);
        rest = &rest[next..];
    }
    Cow::Owned(kept)
}

/// The comparators, as text, that `1.2.3 - 2` stands for, if all of `text` is such a range.
fn hyphen_range(text: &str, expander: &mut Expander) -> Option<String> {
    let (from, to) = text.split_once(" - ")?;
    let from = from.trim_start_matches(' ');
    let to = to.strip_suffix(' ').unwrap_or(to);
    let lower = Partial::parse(from.trim_start_matches(['v', '=', ' ']), expander.mode)?;
    let upper = Partial::parse(to.trim_start_matches(['v', '=', ' ']), expander.mode)?;
    expander.depends_on_prereleases = true;
    let includes_all = expander.prereleases == Prereleases::All;
    let lower = hyphen_lower(from, lower, includes_all);
    let upper = hyphen_upper(to, upper, includes_all);
    // A computed number may have an exponent, whose `+` the reference takes for that of a build.
    Some(without_build([lower, upper].join(" ").trim_matches(' ')).into_owned())
}

/// The lower bound of a hyphen range. `from` is its text, prefix included.
fn hyphen_lower(from: &str, partial: Partial<'_>, includes_all: bool) -> String {
    let lowest = if includes_all { "-0" } else { "" };
    match (partial.major(), partial.minor(), partial.patch()) {
        (None, ..) => String::new(),
        (Some(major), None, _) => format!(">={major}.0.0{lowest}"),
        (Some(major), Some(minor), None) => format!(">={major}.{minor}.0{lowest}"),
        _ if partial.prerelease.is_some() => format!(">={from}"),
        _ => format!(">={from}{lowest}"),
    }
}

/// The upper bound of a hyphen range. `to` is its text, prefix included.
fn hyphen_upper(to: &str, partial: Partial<'_>, includes_all: bool) -> String {
    match (partial.major(), partial.minor(), partial.patch()) {
        (None, ..) => String::new(),
        (Some(major), None, _) => format!("<{}.0.0-0", successor_text(major)),
        (Some(major), Some(minor), None) => format!("<{major}.{}.0-0", successor_text(minor)),
        (Some(major), Some(minor), Some(patch)) => match partial.prerelease {
            Some(prerelease) => format!("<={major}.{minor}.{patch}-{prerelease}"),
            None if includes_all => format!("<{major}.{minor}.{}-0", successor_text(patch)),
            None => format!("<={to}"),
        },
    }
}
