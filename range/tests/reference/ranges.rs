//! Vectors on ranges.

use pkg_range::{Comparator, Mode, Prereleases, Range, Side, Version, parse_version, simplify};
use serde_json::{Value, json};

use crate::vectors::{Options, each};

fn satisfies(range: &Value, version: &Value, options: Options) -> bool {
    let (Some(range), Some(version)) = (options.range(range), options.version(version)) else {
        return false;
    };
    range.contains(&version, options.prereleases)
}

fn valid_range(range: &Value, options: Options) -> Value {
    options.range(range).map_or(Value::Null, |range| {
        json!(range.canonical(options.prereleases).to_string())
    })
}

fn comparators(range: &Value, options: Options) -> Value {
    let Some(range) = options.range(range) else {
        return Value::Null;
    };
    range
        .sets(options.prereleases)
        .map(|set| set.iter().map(ToString::to_string).collect::<Vec<_>>())
        .collect::<Vec<_>>()
        .into()
}

#[test]
fn ranges_contain_what_they_contain_in_the_reference() {
    for name in ["range-include", "range-exclude"] {
        each(name, |row| {
            let options = Options::of(&row[2]);
            assert_eq!(
                json!(satisfies(&row[0], &row[1], options)),
                row[3],
                "{row:?}"
            );
        });
    }
    each("random-satisfies", |row| {
        let options = Options::of(&row[2]);
        let expected = row[3] == json!(1);
        assert_eq!(satisfies(&row[0], &row[1], options), expected, "{row:?}");
        assert_eq!(valid_range(&row[0], options), row[4], "{row:?}");
    });
}

#[test]
fn canonical_texts_are_those_of_the_reference() {
    each("range-parse", |row| {
        assert_eq!(
            valid_range(&row[0], Options::of(&row[1])),
            row[2],
            "{row:?}"
        );
    });
    each("range-forms", |row| {
        let options = Options::of(&row[1]);
        assert_eq!(valid_range(&row[0], options), row[2], "{row:?}");
        assert_eq!(comparators(&row[0], options), row[3], "{row:?}");
    });
    each("to-comparators", |row| {
        assert_eq!(
            comparators(&row[0], Options::of(&Value::Null)),
            row[1],
            "{row:?}"
        );
    });
}

#[test]
fn best_and_least_versions_are_those_of_the_reference() {
    each("max-satisfying", |row| {
        let options = Options::of(&row[2]);
        let texts = row[0].as_array().expect("a list");
        let versions: Vec<(&Value, Version)> = texts
            .iter()
            .filter_map(|text| Some((text, options.version(text)?)))
            .collect();
        let text_of = |best: Option<&Version>| {
            best.map_or(Value::Null, |best| {
                let found = versions
                    .iter()
                    .find(|(_, version)| std::ptr::eq(version, best));
                found.expect("it is one of the list").0.clone()
            })
        };
        let range = options.range(&row[1]);
        let list = || versions.iter().map(|(_, version)| version);
        let best = range
            .as_ref()
            .and_then(|r| r.max_satisfying(list(), options.prereleases));
        let least = range
            .as_ref()
            .and_then(|r| r.min_satisfying(list(), options.prereleases));
        assert_eq!(
            (text_of(best), text_of(least)),
            (row[3].clone(), row[4].clone()),
            "{row:?}"
        );
    });
}

fn min_version(range: &Value, options: Options) -> Value {
    let Some(range) = options.range(range) else {
        return json!("throws");
    };
    range
        .min_version_for(options.prereleases)
        .map_or(Value::Null, |version| json!(version.to_string()))
}

#[test]
fn least_versions_are_those_of_the_reference() {
    each("min-version", |row| {
        assert_eq!(
            min_version(&row[0], Options::of(&row[1])),
            row[2],
            "{row:?}"
        );
    });
    each("range-forms", |row| {
        assert_eq!(
            min_version(&row[0], Options::of(&row[1])),
            row[4],
            "{row:?}"
        );
    });
}

fn relation(
    row: &[Value],
    options: Options,
    holds: impl Fn(&Range, &Range, Prereleases) -> bool,
) -> bool {
    let range = |text| options.range(text).expect("a range");
    holds(&range(&row[0]), &range(&row[1]), options.prereleases)
}

#[test]
fn ranges_intersect_as_in_the_reference() {
    each("range-intersection", |row| {
        let intersects = relation(row, Options::of(&row[2]), Range::intersects_for);
        assert_eq!(json!(intersects), row[3], "{row:?}");
    });
    each("comparator-intersection", |row| {
        let options = Options::of(&row[2]);
        let [left, right] = [&row[0], &row[1]].map(|text| {
            Comparator::parse(text.as_str().expect("a text"), options.mode).expect("a comparator")
        });
        assert_eq!(
            json!(left.intersects(&right, options.prereleases)),
            row[3],
            "{row:?}"
        );
    });
}

#[test]
fn subsets_are_those_of_the_reference() {
    each("subset", |row| {
        let is_subset = relation(row, Options::of(&row[2]), Range::is_subset_of_for);
        assert_eq!(json!(is_subset), row[3], "{row:?}");
    });
    each("random-pairs", |row| {
        let options = Options::of(&row[2]);
        let is_subset = relation(row, options, Range::is_subset_of_for);
        assert_eq!(json!(u8::from(is_subset)), row[4], "{row:?}");
        let intersects = relation(row, options, Range::intersects_for);
        assert_eq!(json!(u8::from(intersects)), row[3], "{row:?}");
        assert_eq!(min_version(&row[0], options), row[5], "{row:?}");
    });
}

fn outside(range: &Value, version: &Value, side: Side, options: Options) -> Value {
    let (Some(range), Some(version)) = (options.range(range), options.version(version)) else {
        return json!("throws");
    };
    json!(u8::from(range.is_outside(
        &version,
        side,
        options.prereleases
    )))
}

#[test]
fn versions_are_beyond_ranges_as_in_the_reference() {
    let files = [
        "version-gt-range",
        "version-not-gt-range",
        "version-lt-range",
        "version-not-lt-range",
    ];
    for name in files {
        each(name, |row| {
            let side = if row[3] == json!(">") {
                Side::Above
            } else {
                Side::Below
            };
            let expected = u8::from(row[4].as_bool().expect("a flag"));
            let outside = outside(&row[0], &row[1], side, Options::of(&row[2]));
            assert_eq!(outside, json!(expected), "{row:?}");
        });
    }
    each("random-pairs", |row| {
        let options = Options::of(&row[2]);
        assert_eq!(
            outside(&row[0], &row[6], Side::Above, options),
            row[7],
            "{row:?}"
        );
        assert_eq!(
            outside(&row[0], &row[6], Side::Below, options),
            row[8],
            "{row:?}"
        );
    });
}

#[test]
fn simplified_ranges_are_those_of_the_reference() {
    let versions = std::cell::RefCell::new(Vec::new());
    each("simplify", |row| {
        if let Some(list) = row[1].as_array() {
            let parse = |text: &Value| parse_version(text.as_str().expect("a text"), Mode::Strict);
            *versions.borrow_mut() = list
                .iter()
                .map(|text| parse(text).expect("a version"))
                .collect();
            return;
        }
        let range = row[0].as_str().expect("a text");
        let simple = simplify(
            &mut versions.borrow_mut(),
            range,
            Mode::Strict,
            Prereleases::Gated,
        );
        assert_eq!(json!(simple.expect("a range")), row[1], "{row:?}");
    });
}
