//! Turns one item of a set, such as `^1.2` or `>=1.x`, into comparators.

use crate::comparator::split_operator;
use crate::scan::Partial;
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
    pub(super) fn new(mode: Mode, prereleases: Prereleases) -> Self {
        let comparators = Vec::with_capacity(2);
        Self {
            mode,
            prereleases,
            comparators,
            depends_on_prereleases: false,
        }
    }

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
        let Some(major) = partial.major() else {
            return Ok(Expanded::Gap);
        };
        let next = match (major, partial.minor(), partial.patch()) {
            ("0", Some(minor @ "0"), Some(patch)) => [
                Number::Text(major),
                Number::Text(minor),
                Number::Successor(patch),
            ],
            ("0", Some(minor), _) => next_minor(major, minor),
            _ => next_major(major),
        };
        self.up_to(partial, next)
    }

    /// `~1.2.3`: up to the next minor version.
    fn tilde(&mut self, partial: Partial<'_>) -> Result<Expanded, ParseErrorKind> {
        match (partial.major(), partial.minor()) {
            (None, _) => Ok(Expanded::Gap),
            (Some(major), None) => self.up_to(partial, next_major(major)),
            (Some(major), Some(minor)) => self.up_to(partial, next_minor(major, minor)),
        }
    }

    /// From the first version that `partial` stands for to below `next`.
    fn up_to(&mut self, partial: Partial<'_>, next: Tuple<'_>) -> Result<Expanded, ParseErrorKind> {
        let lower = match (partial.minor(), partial.patch()) {
            (Some(_), Some(_)) => {
                self.lower(first(&partial), partial.prerelease.unwrap_or_default())?
            }
            _ => self.partial_lower(first(&partial))?,
        };
        let upper = self.bound(Operator::Less, next, "0")?;
        Ok(worse(lower, upper))
    }

    /// `1.2.3`, `1.x`, `>=1.2` and the like.
    fn comparison(&mut self, item: &str) -> Result<Expanded, ParseErrorKind> {
        let (operator, rest) = split_operator(item);
        let core = without_prefix(rest);
        let partial = Partial::parse(core, self.mode).filter(|partial| !partial.is_misordered());
        let Some(partial) = partial else {
            return self.starred(item, core);
        };
        match (partial.major(), partial.minor(), partial.patch()) {
            (None, ..) if matches!(operator, Operator::Less | Operator::Greater) => {
                let lowest = Version {
                    pre: lowest_prerelease(),
                    ..Version::new(0, 0, 0)
                };
                self.push(Comparator::new(Operator::Less, lowest));
                Ok(Expanded::Comparators)
            }
            (None, ..) => Ok(Expanded::Gap),
            (Some(major), None, _) => self.partial_comparison(operator, partial, next_major(major)),
            (Some(major), Some(minor), None) => {
                self.partial_comparison(operator, partial, next_minor(major, minor))
            }
            (Some(_), Some(_), Some(_)) => self.full(item, operator, rest),
        }
    }

    /// A comparison with all versions that `partial` stands for, up to below `next`.
    fn partial_comparison(
        &mut self,
        operator: Operator,
        partial: Partial<'_>,
        next: Tuple<'_>,
    ) -> Result<Expanded, ParseErrorKind> {
        match operator {
            Operator::Any | Operator::Exact => self.up_to(partial, next),
            Operator::Greater => self.partial_lower(next),
            Operator::GreaterOrEqual => self.partial_lower(first(&partial)),
            Operator::Less => self.bound(Operator::Less, first(&partial), "0"),
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

    /// `>=first`, or from its lowest prerelease if all are included.
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

/// Skips what may stand between an operator and a partial version.
fn without_prefix(text: &str) -> &str {
    text.trim_start_matches(['v', '='])
}

/// The first version that `partial` stands for.
fn first<'t>(partial: &Partial<'t>) -> Tuple<'t> {
    let minor = partial.minor();
    // A patch number after a wildcard, as in `^1.x.3`, is ignored.
    let patch = partial.patch().filter(|_| minor.is_some());
    [partial.major(), minor, patch].map(|number| number.map_or(Number::Zero, Number::Text))
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
        let Some(number_value) = number.value() else {
            return Ok(None);
        };
        *value = number_value;
        length += match number {
            Number::Text(digits) => digits.len(),
            Number::Successor(_) | Number::Zero => decimal_digits(number_value),
        };
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
}

fn decimal_digits(value: u64) -> usize {
    value.checked_ilog10().map_or(1, |log| log as usize + 1)
}
