//! One question, and our answer in the form of the reference's.

use pkg_range::{
    Comparator, Direction, Identifier, IdentifierBase, Mode, Prereleases, Range, ReleaseType, Side,
    Version, clean, coerce, compare, compare_build, difference, increment, parse_version,
    prerelease, satisfies, simplify, truncate, valid, valid_range,
};
use semver::BuildMetadata;
use serde_json::{Map, Value, json};

use crate::random::Random;
use crate::texts;

const LIST: [&str; 9] = [
    "0.0.0",
    "0.1.0",
    "1.0.0-rc.1",
    "1.0.0",
    "1.2.3-alpha.1",
    "1.2.3",
    "1.3.0",
    "2.0.0",
    "3.0.0+b",
];
const RELEASES: &[&str] = &[
    "major",
    "premajor",
    "minor",
    "preminor",
    "patch",
    "prepatch",
    "prerelease",
    "release",
    "pre",
    "tiny",
];

pub(crate) struct Question {
    range: String,
    other: String,
    left: String,
    right: String,
    release: &'static str,
    identifier: Option<&'static str>,
    base: Value,
    mode: Mode,
    prereleases: Prereleases,
}

impl Question {
    pub(crate) fn random(random: &mut Random) -> Self {
        let range = texts::range(random);
        let left = texts::version(random);
        let other = if random.one_in(30) {
            range.clone()
        } else {
            texts::range(random)
        };
        let right = if random.one_in(30) {
            left.clone()
        } else {
            texts::version(random)
        };
        let identifiers = [
            "alpha", "beta.1", "rc", "1", "a..b", "01", "", "a+b", "0a", "-",
        ];
        let bases = [
            Value::Null,
            json!(false),
            json!("0"),
            json!("1"),
            json!(true),
            json!(2),
        ];
        Self {
            range,
            other,
            left,
            right,
            release: random.pick(RELEASES),
            identifier: random.one_in(2).then(|| random.pick(&identifiers)),
            base: bases[random.below(bases.len())].clone(),
            mode: if random.one_in(2) {
                Mode::Loose
            } else {
                Mode::Strict
            },
            prereleases: if random.one_in(2) {
                Prereleases::All
            } else {
                Prereleases::Gated
            },
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!([
            self.range,
            self.other,
            self.left,
            self.right,
            self.release,
            self.identifier,
            self.base,
            self.mode == Mode::Loose,
            self.prereleases == Prereleases::All,
        ])
    }

    /// Which of the differences that the documentation lists this is, if any.
    pub(crate) fn excuse(&self, field: &str, ours: &Value, theirs: &Value) -> Option<&'static str> {
        let is_loose = self.mode == Mode::Loose;
        let texts = [&self.range, &self.other, &self.left, &self.right];
        let throws = *theirs == json!("!");
        // An asterisk may go, and what stood around it be one number.
        let joined = |text: &String| json!(text.replace('*', ""));
        let is_padded = |text: &&String| without_padding(&joined(text)) != joined(text);
        if is_loose
            && texts.iter().any(is_padded)
            && (throws || without_padding(ours) == without_padding(theirs))
        {
            return Some("leading zeros beyond 2^53");
        }
        if is_loose && field == "increment" && self.identifier == Some("01") && ours.is_null() {
            return Some("loose identifier");
        }
        if field == "minVersion" && throws && self.range.contains("9007199254740991") {
            return Some("lowest version beyond 2^53");
        }
        let mut items = texts
            .iter()
            .flat_map(|text| text.split(char::is_whitespace));
        if is_loose && throws && items.any(|item| item.len() >= 256) {
            return Some("hyphen beyond 256 characters");
        }
        let is_empty = field == "subset" && self.share_an_empty_set();
        is_empty.then_some("empty subset of itself")
    }

    /// Whether both ranges have the same set, one that nothing satisfies.
    ///
    /// The reference takes such a set for a subset of itself if both were written with the same
    /// text and that is still in its cache; we do however it was written.
    fn share_an_empty_set(&self) -> bool {
        let parse = |text: &str| Range::parse_for(text, self.mode, self.prereleases);
        let (Ok(range), Ok(other)) = (parse(&self.range), parse(&self.other)) else {
            return false;
        };
        let texts = |range: &Range| match self.comparators(range) {
            Value::Array(sets) => sets,
            _ => Vec::new(),
        };
        let nothing = Range::parse("<0.0.0-0", Mode::Strict).expect("a range");
        let others = texts(&other);
        texts(&range)
            .iter()
            .filter(|set| others.contains(set))
            .any(|set| {
                let comparators = set
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str);
                let text = comparators.collect::<Vec<_>>().join(" ");
                parse(&text).is_ok_and(|set| set.is_subset_of_for(&nothing, self.prereleases))
            })
    }

    pub(crate) fn answer(&self) -> Map<String, Value> {
        let (mode, prereleases) = (self.mode, self.prereleases);
        let range = Range::parse_for(&self.range, mode, prereleases).ok();
        let left = parse_version(&self.left, mode).ok();
        let mut answer = Map::new();
        let mut add = |field: &str, value: Value| answer.insert(field.to_owned(), value);
        add(
            "satisfies",
            json!(satisfies(&self.left, &self.range, mode, prereleases)),
        );
        add(
            "validRange",
            json!(valid_range(&self.range, mode, prereleases)),
        );
        add(
            "comparators",
            or_exception(range.as_ref().map(|range| self.comparators(range))),
        );
        add("version", json!(left.as_ref().map(parts)));
        add("valid", json!(valid(&self.left, mode)));
        add("clean", text(clean(&self.left, mode)));
        let minimum = range
            .as_ref()
            .map(|range| text(range.min_version_for(prereleases)));
        add("minVersion", or_exception(minimum));
        for (field, side) in [("above", Side::Above), ("below", Side::Below)] {
            let both = range.as_ref().zip(left.as_ref());
            let outside = both.map(|(range, left)| range.is_outside(left, side, prereleases));
            add(field, or_exception(outside.map(|outside| json!(outside))));
        }
        add("coerce", self.coercions(&self.left));
        add("coerceRange", self.coercions(&self.range));
        let comparator = Comparator::parse(&self.range, mode).ok();
        add(
            "comparator",
            or_exception(comparator.map(|comparator| json!(comparator.to_string()))),
        );
        self.add_relations(&mut answer, range.as_ref(), left.as_ref());
        self.add_lists(&mut answer, range.as_ref());
        answer
    }

    /// The answers that compare two versions or two ranges.
    fn add_relations(
        &self,
        answer: &mut Map<String, Value>,
        range: Option<&Range>,
        left: Option<&Version>,
    ) {
        let mut add = |field: &str, value: Value| answer.insert(field.to_owned(), value);
        let other = Range::parse_for(&self.other, self.mode, self.prereleases).ok();
        let ranges = range.zip(other.as_ref());
        let intersects = ranges.map(|(range, other)| range.intersects_for(other, self.prereleases));
        add(
            "intersects",
            or_exception(intersects.map(|intersects| json!(intersects))),
        );
        let subset = ranges.map(|(range, other)| range.is_subset_of_for(other, self.prereleases));
        // The reference does not even look at equal texts.
        let subset = if self.range == self.other {
            Some(true)
        } else {
            subset
        };
        add("subset", or_exception(subset.map(|subset| json!(subset))));
        let right = parse_version(&self.right, self.mode).ok();
        let versions = left.zip(right.as_ref());
        let order = |compare: fn(&Version, &Version) -> std::cmp::Ordering| {
            or_exception(versions.map(|(left, right)| json!(compare(left, right) as i8)))
        };
        add("compare", order(compare));
        add("compareBuild", order(compare_build));
        let strict = |text| parse_version(text, Mode::Strict).ok();
        let step = strict(&self.left)
            .zip(strict(&self.right))
            .map(|(left, right)| json!(difference(&left, &right).map(ReleaseType::as_str)));
        add("diff", or_exception(step));
        let release: Option<ReleaseType> = self.release.parse().ok();
        let base = match &self.base {
            Value::Bool(false) => IdentifierBase::Absent,
            Value::Null => IdentifierBase::Zero,
            Value::String(text) if text == "0" => IdentifierBase::Zero,
            _ => IdentifierBase::One,
        };
        let both = left.zip(release);
        let next =
            both.and_then(|(left, release)| increment(left, release, self.identifier, base).ok());
        add("increment", text(next));
        add(
            "truncate",
            text(both.and_then(|(left, release)| truncate(left, release))),
        );
    }

    /// The answers that take a list of versions.
    fn add_lists(&self, answer: &mut Map<String, Value>, range: Option<&Range>) {
        let texts = [&*self.left, &*self.right].into_iter().chain(LIST);
        let versions: Vec<(&str, Version)> = texts
            .filter_map(|text| Some((text, parse_version(text, self.mode).ok()?)))
            .collect();
        let text_of = |best: Option<&Version>| {
            let found = |best: &Version| {
                versions
                    .iter()
                    .find(|(_, version)| std::ptr::eq(version, best))
            };
            json!(best.and_then(found).map(|(text, _)| text))
        };
        let list = || versions.iter().map(|(_, version)| version);
        let best = range.and_then(|range| range.max_satisfying(list(), self.prereleases));
        let least = range.and_then(|range| range.min_satisfying(list(), self.prereleases));
        answer.insert("max".to_owned(), text_of(best));
        answer.insert("min".to_owned(), text_of(least));
        let list = LIST.map(|text| parse_version(text, Mode::Strict).expect("a version"));
        // The reference finds that nothing satisfies what is no range.
        let simple = simplify(&mut { list }, &self.range, self.mode, self.prereleases)
            .map_or_else(|_| json!(""), |simple| json!(simple));
        answer.insert("simplify".to_owned(), simple);
    }

    fn comparators(&self, range: &Range) -> Value {
        let sets = range.sets(self.prereleases);
        sets.map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>())
            .collect::<Vec<_>>()
            .into()
    }

    fn coercions(&self, text: &str) -> Value {
        let mut coercions = Vec::new();
        for direction in [Direction::LeftToRight, Direction::RightToLeft] {
            for prereleases in [Prereleases::Gated, Prereleases::All] {
                let version = coerce(text, direction, prereleases, self.mode);
                coercions.push(json!(version.map(|version| version.to_string())));
            }
        }
        coercions.into()
    }
}

/// Takes the leading zeros from numbers beyond 2^53 in all texts of `value`.
fn without_padding(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(without_padding).collect(),
        Value::String(text) => {
            let unpadded = text.split_inclusive(|character: char| !character.is_ascii_digit());
            let unpadded = unpadded.map(|number| match number.trim_start_matches('0') {
                significant if significant.len() >= 16 => significant,
                _ => number,
            });
            json!(unpadded.collect::<String>())
        }
        other => other.clone(),
    }
}

fn or_exception(value: Option<Value>) -> Value {
    value.unwrap_or_else(|| json!("!"))
}

/// The text without build.
fn text(version: Option<Version>) -> Value {
    let text = |version| {
        Version {
            build: BuildMetadata::EMPTY,
            ..version
        }
        .to_string()
    };
    json!(version.map(text))
}

fn parts(version: &Version) -> Value {
    let identifiers: Vec<Value> = prerelease(version)
        .map(|identifier| match identifier {
            Identifier::Number(number) => json!(number),
            Identifier::Text(text) => json!(text),
        })
        .collect();
    let build: Vec<&str> = version
        .build
        .split('.')
        .filter(|id| !id.is_empty())
        .collect();
    json!([
        version.major,
        version.minor,
        version.patch,
        identifiers,
        build
    ])
}
