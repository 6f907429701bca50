//! Turns one item of a set, such as `^1.2` or `>=1.x`, into comparators.

use crate::comparator::split_operator;
use crate::scan::{Partial, is_wild};
use crate::text::MAX_LENGTH;
use crate::version::{component, lowest_prerelease, prerelease_of, successor, successor_text};
use crate::{Comparator, Mode, Operator, ParseErrorKind, Prereleases, Version};

/// Expands items into comparators, which it collects.
pub(super) struct Expander {
    pub(super) mode: Mode,
    pub(super) prereleases: Prereleases,
    pub(super) comparators: Vec<Comparator>,
    /// Whether the other choice of prereleases may expand differently.
    pub(super) depends_on_prereleases: bool,
}

/// What an item came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expanded {
    /// Comparators were collected.
    Comparators,
    /// A wildcard, for which nothing was collected: it leaves a gap in the text.
    Gap,
    /// The item is no comparator, which loose mode forgives.
    Foreign(ParseErrorKind, usize),
}

/// A number of a bound: as it stands in the text, or computed from one that does.
#[derive(Clone, Copy)]
enum Number<'t> {
    Text(&'t str),
    Successor(&'t str),
    Zero,
}

type Tuple<'t> = [Number<'t>; 3];

impl Expander {
    /// Expands `item`, which has no white space.
    ///
    /// # Errors
    /// The item is a comparator, but one whose version is refused even in loose mode.
    pub(super) fn expand(&mut self, item: &str) -> Result<Expanded, ParseErrorKind> {
        match item.as_bytes() {
            [] => Ok(Expanded::Gap),
            [b'^', ..] => self.expand_prefixed(item, 1, Self::caret),
            [b'~', b'>', ..] => self.expand_prefixed(item, 2, Self::tilde),
            [b'~', ..] => self.expand_prefixed(item, 1, Self::tilde),
            _ => self.comparison(item),
        }
    }

    fn expand_prefixed(
        &mut self,
        item: &str,
        operator_length: usize,
        expand: fn(&mut Self, Partial<'_>) -> Result<Expanded, ParseErrorKind>,
    ) -> Result<Expanded, ParseErrorKind> {
        let rest = without_prefix(&item[operator_length..]);
        match Partial::parse(rest, self.mode) {
            Some(partial) => expand(self, partial),
            None => Ok(self.foreign(item, rest)),
        }
    }

    /// `^1.2.3`: up to the next change of the left-most number that is not zero.
    ///
    /// Zero is decided on the text, so that loose mode's `^00.1.2` goes up to `1.0.0-0`.
    fn caret(&mut self, partial: Partial<'_>) -> Result<Expanded, ParseErrorKind> {
        let Partial {
            major,
            minor,
            patch,
            prerelease,
        } = partial;
        if is_wild(Some(major)) {
            return Ok(Expanded::Gap);
        }
        let Some(minor) = minor.filter(|&minor| !is_wild(Some(minor))) else {
            return self.between_partial(
                [Number::Text(major), Number::Zero, Number::Zero],
                next_major(major),
            );
        };
        let next = match (major, minor, patch.filter(|&patch| !is_wild(Some(patch)))) {
            ("0", "0", Some(patch)) => [
                Number::Text(major),
                Number::Text(minor),
                Number::Successor(patch),
            ],
            ("0", _, _) => next_minor(major, minor),
            _ => next_major(major),
        };
        self.span_from_minor(major, minor, patch, prerelease, next)
    }

    /// `~1.2.3`: up to the next minor version.
    fn tilde(&mut self, partial: Partial<'_>) -> Result<Expanded, ParseErrorKind> {
        let Partial {
            major,
            minor,
            patch,
            prerelease,
        } = partial;
        if is_wild(Some(major)) {
            return Ok(Expanded::Gap);
        }
        match minor.filter(|&minor| !is_wild(Some(minor))) {
            None => self.between_partial(
                [Number::Text(major), Number::Zero, Number::Zero],
                next_major(major),
            ),
            Some(minor) => {
                self.span_from_minor(major, minor, patch, prerelease, next_minor(major, minor))
            }
        }
    }

    /// From the version given, or from the first of its minor version, to below `next`.
    fn span_from_minor(
        &mut self,
        major: &str,
        minor: &str,
        patch: Option<&str>,
        prerelease: Option<&str>,
        next: Tuple<'_>,
    ) -> Result<Expanded, ParseErrorKind> {
        match patch.filter(|&patch| !is_wild(Some(patch))) {
            None => self.between_partial(
                [Number::Text(major), Number::Text(minor), Number::Zero],
                next,
            ),
            Some(patch) => {
                let from = [
                    Number::Text(major),
                    Number::Text(minor),
                    Number::Text(patch),
                ];
                self.between(from, prerelease.unwrap_or_default(), next)
            }
        }
    }

    /// `1.2.3`, `1.x`, `>=1.2` and the like.
    fn comparison(&mut self, item: &str) -> Result<Expanded, ParseErrorKind> {
        let (operator, rest) = split_operator(item);
        let core = without_prefix(rest);
        let partial = Partial::parse(core, self.mode).filter(|partial| !is_misordered(partial));
        let Some(partial) = partial else {
            return self.starred(item, core);
        };
        if is_wild(Some(partial.major)) {
            if matches!(operator, Operator::Less | Operator::Greater) {
                let lowest = Version {
                    pre: lowest_prerelease(),
                    ..Version::new(0, 0, 0)
                };
                self.push(Comparator::new(Operator::Less, lowest));
                return Ok(Expanded::Comparators);
            }
            return Ok(Expanded::Gap);
        }
        let major = Number::Text(partial.major);
        match (partial.minor, partial.patch) {
            (Some(minor), Some(patch)) if !is_wild(Some(minor)) && !is_wild(Some(patch)) => {
                self.full(item, operator, rest)
            }
            (Some(minor), _) if !is_wild(Some(minor)) => self.partial_comparison(
                operator,
                [major, Number::Text(minor), Number::Zero],
                next_minor(partial.major, minor),
            ),
            _ => self.partial_comparison(
                operator,
                [major, Number::Zero, Number::Zero],
                next_major(partial.major),
            ),
        }
    }

    /// A comparison with all versions from `first` to below `next`.
    fn partial_comparison(
        &mut self,
        operator: Operator,
        first: Tuple<'_>,
        next: Tuple<'_>,
    ) -> Result<Expanded, ParseErrorKind> {
        match operator {
            Operator::Any | Operator::Exact => self.between_partial(first, next),
            Operator::Greater => self.partial_lower(next),
            Operator::GreaterOrEqual => self.partial_lower(first),
            Operator::Less => self.bound(Operator::Less, first, "0"),
            Operator::LessOrEqual => self.bound(Operator::Less, next, "0"),
        }
    }

    /// A comparison with one version. `item` is all of it, `rest` what follows the operator.
    fn full(
        &mut self,
        item: &str,
        operator: Operator,
        rest: &str,
    ) -> Result<Expanded, ParseErrorKind> {
        if matches!(item, ">=0.0.0" | ">=0.0.0-0") {
            self.depends_on_prereleases = true;
            let is_floor = (item == ">=0.0.0") == (self.prereleases == Prereleases::Gated);
            if is_floor {
                self.push(Comparator::ANY);
                return Ok(Expanded::Comparators);
            }
        }
        match Comparator::with_version(operator, rest, self.mode) {
            Ok(comparator) => {
                self.push(comparator);
                Ok(Expanded::Comparators)
            }
            Err((kind @ (ParseErrorKind::NumberTooLarge | ParseErrorKind::TooLong), _)) => {
                Err(kind)
            }
            Err((kind, position)) => {
                Ok(Expanded::Foreign(kind, item.len() - rest.len() + position))
            }
        }
    }

    /// An item that is no partial version: one asterisk, with the comparison before it, may go.
    fn starred(&mut self, item: &str, core: &str) -> Result<Expanded, ParseErrorKind> {
        let Some(star) = item.find('*') else {
            return Ok(self.foreign(item, core));
        };
        let before = &item[..star];
        let before = before.strip_suffix('=').unwrap_or(before);
        let before = before.strip_suffix(['<', '>']).unwrap_or(before);
        let without_star = [before, &item[star + 1..]].concat();
        let (operator, rest) = split_operator(&without_star);
        match self.full(&without_star, operator, rest)? {
            Expanded::Foreign(..) => Ok(self.foreign(item, core)),
            expanded => Ok(expanded),
        }
    }

    /// `>=first <next-0`, where `first` starts at its lowest prerelease if all are included.
    fn between_partial(
        &mut self,
        first: Tuple<'_>,
        next: Tuple<'_>,
    ) -> Result<Expanded, ParseErrorKind> {
        let lower = self.partial_lower(first)?;
        let upper = self.bound(Operator::Less, next, "0")?;
        Ok(worse(lower, upper))
    }

    /// `>=first-prerelease <next-0`.
    fn between(
        &mut self,
        first: Tuple<'_>,
        prerelease: &str,
        next: Tuple<'_>,
    ) -> Result<Expanded, ParseErrorKind> {
        let lower = self.lower(first, prerelease)?;
        let upper = self.bound(Operator::Less, next, "0")?;
        Ok(worse(lower, upper))
    }

    fn partial_lower(&mut self, first: Tuple<'_>) -> Result<Expanded, ParseErrorKind> {
        self.depends_on_prereleases = true;
        let prerelease = if self.prereleases == Prereleases::All {
            "0"
        } else {
            ""
        };
        self.lower(first, prerelease)
    }

    /// `>=first-prerelease`, or nothing to compare with where that is the lowest of all.
    fn lower(&mut self, first: Tuple<'_>, prerelease: &str) -> Result<Expanded, ParseErrorKind> {
        let is_origin = first
            .iter()
            .all(|number| matches!(number, Number::Zero | Number::Text("0")));
        if is_origin && matches!(prerelease, "" | "0") {
            self.depends_on_prereleases = true;
            let floor = if self.prereleases == Prereleases::All {
                "0"
            } else {
                ""
            };
            if prerelease == floor {
                self.push(Comparator::ANY);
                return Ok(Expanded::Comparators);
            }
        }
        self.bound(Operator::GreaterOrEqual, first, prerelease)
    }

    fn bound(
        &mut self,
        operator: Operator,
        tuple: Tuple<'_>,
        prerelease: &str,
    ) -> Result<Expanded, ParseErrorKind> {
        let version = match version(tuple, prerelease) {
            Ok(Some(version)) => version,
            Ok(None) => return self.written_out(operator, tuple, prerelease),
            Err(kind) => return Err(kind),
        };
        self.push(Comparator::new(operator, version));
        Ok(Expanded::Comparators)
    }

    /// A bound with a number that is too large, which is read from its text as the reference does.
    fn written_out(
        &mut self,
        operator: Operator,
        tuple: Tuple<'_>,
        prerelease: &str,
    ) -> Result<Expanded, ParseErrorKind> {
        let [major, minor, patch] = tuple.map(Number::text);
        let mut text = [major, minor, patch].join(".");
        if !prerelease.is_empty() {
            text.push('-');
            text.push_str(prerelease);
        }
        match Comparator::with_version(operator, &text, self.mode) {
            Ok(comparator) => {
                self.push(comparator);
                Ok(Expanded::Comparators)
            }
            Err((kind @ (ParseErrorKind::NumberTooLarge | ParseErrorKind::TooLong), _)) => {
                Err(kind)
            }
            Err(_) => Ok(Expanded::Foreign(ParseErrorKind::NumberTooLarge, 0)),
        }
    }

    fn push(&mut self, comparator: Comparator) {
        self.comparators.push(comparator);
    }

    /// Says what is wrong with `item`, of which `core` is what should be a partial version.
    fn foreign(&self, item: &str, core: &str) -> Expanded {
        let (kind, position) = super::explain::explain(core, self.mode);
        Expanded::Foreign(kind, item.len() - core.len() + position)
    }
}

/// A set is as bad as the worse of its items.
fn worse(left: Expanded, right: Expanded) -> Expanded {
    if matches!(left, Expanded::Foreign(..)) {
        left
    } else {
        right
    }
}

/// Whether a number follows a wildcard.
fn is_misordered(partial: &Partial<'_>) -> bool {
    let is_number = |component: Option<&str>| component.is_some() && !is_wild(component);
    (is_wild(Some(partial.major)) && is_number(partial.minor))
        || (is_wild(partial.minor) && is_number(partial.patch))
}

/// Skips what may stand between an operator and a partial version.
fn without_prefix(text: &str) -> &str {
    text.trim_start_matches(['v', '='])
}

fn next_major(major: &str) -> Tuple<'_> {
    [Number::Successor(major), Number::Zero, Number::Zero]
}

fn next_minor<'t>(major: &'t str, minor: &'t str) -> Tuple<'t> {
    [Number::Text(major), Number::Successor(minor), Number::Zero]
}

/// The version of these numbers; `None` if one of them is too large.
fn version(tuple: Tuple<'_>, prerelease: &str) -> Result<Option<Version>, ParseErrorKind> {
    let mut length = 2 + if prerelease.is_empty() {
        0
    } else {
        1 + prerelease.len()
    };
    let mut numbers = [0; 3];
    for (value, number) in numbers.iter_mut().zip(tuple) {
        length += number.length();
        let Some(number) = number.value() else {
            return Ok(None);
        };
        *value = number;
    }
    if length > MAX_LENGTH {
        return Err(ParseErrorKind::TooLong);
    }
    let [major, minor, patch] = numbers;
    let pre = prerelease_of(prerelease).ok_or(ParseErrorKind::InvalidIdentifier)?;
    Ok(Some(Version {
        pre,
        ..Version::new(major, minor, patch)
    }))
}

impl Number<'_> {
    fn value(self) -> Option<u64> {
        match self {
            Number::Zero => Some(0),
            Number::Text(digits) => component(digits),
            Number::Successor(digits) => successor(digits),
        }
    }

    fn text(self) -> String {
        match self {
            Number::Zero => "0".to_owned(),
            Number::Text(digits) => digits.to_owned(),
            Number::Successor(digits) => successor_text(digits),
        }
    }

    /// Characters it takes; 16 is enough for a computed number that is not too large.
    fn length(self) -> usize {
        match self {
            Number::Zero => 1,
            Number::Text(digits) => digits.len(),
            Number::Successor(digits) => digits.len().min(16),
        }
    }
}
