//! Vectors on versions.

use std::cmp::Ordering;

use pkg_range::{
    Direction, Identifier, IdentifierBase, Mode, Version, clean, coerce, compare, compare_build,
    compare_identifiers, difference, increment, parse_version, prerelease, sort, sort_descending,
    truncate,
};
use semver::BuildMetadata;
use serde_json::{Value, json};

use crate::vectors::{Options, each};

fn sign(order: Ordering) -> Value {
    json!(order as i8)
}

fn identifiers(version: &Version) -> Vec<Value> {
    let as_value = |identifier| match identifier {
        Identifier::Number(number) => json!(number),
        Identifier::Text(text) => json!(text),
    };
    prerelease(version).map(as_value).collect()
}

/// The text without build, which the reference gives for a version object.
fn text_of(version: Option<Version>) -> Value {
    version.map_or(Value::Null, |mut version| {
        version.build = BuildMetadata::EMPTY;
        json!(version.to_string())
    })
}

#[test]
fn versions_are_read_as_in_the_reference() {
    each("valid-versions", |row| {
        let version = Options::of(&row[1])
            .version(&row[0])
            .expect("a valid version");
        let build: Vec<&str> = version
            .build
            .split('.')
            .filter(|id| !id.is_empty())
            .collect();
        let read = [
            json!(version.major),
            json!(version.minor),
            json!(version.patch),
            json!(identifiers(&version)),
            json!(build),
        ];
        assert_eq!(read, row[2..7], "{row:?}");
        assert_eq!(text_of(Some(version)), row[7], "{row:?}");
    });
    each("invalid-versions", |row| {
        let version = Options::of(&row[1]).version(&row[0]);
        let text = version.map_or(Value::Null, |version| json!(version.to_string()));
        assert_eq!(text, row[2], "{row:?}");
    });
}

#[test]
fn order_is_that_of_the_reference() {
    for name in ["comparisons", "equality", "random-compare"] {
        each(name, |row| {
            let options = Options::of(&row[2]);
            let left = options.version(&row[0]).expect("a version");
            let right = options.version(&row[1]).expect("a version");
            assert_eq!(sign(compare(&left, &right)), row[3], "{row:?}");
            assert_eq!(sign(compare_build(&left, &right)), row[4], "{row:?}");
        });
    }
    each("compare-identifiers", |row| {
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let (left, right) = (text(&row[0]), text(&row[1]));
        assert_eq!(sign(compare_identifiers(&left, &right)), row[2], "{row:?}");
        assert_eq!(sign(compare_identifiers(&right, &left)), row[3], "{row:?}");
    });
}

fn difference_of(left: &Value, right: &Value) -> Value {
    let options = Options::of(&Value::Null);
    let (Some(left), Some(right)) = (options.version(left), options.version(right)) else {
        return json!("throws");
    };
    difference(&left, &right).map_or(Value::Null, |release| json!(release.as_str()))
}

#[test]
fn differences_are_those_of_the_reference() {
    each("diff", |row| {
        assert_eq!(difference_of(&row[0], &row[1]), row[2], "{row:?}");
    });
    for name in ["comparisons", "random-compare"] {
        each(name, |row| {
            assert_eq!(difference_of(&row[0], &row[1]), row[5], "{row:?}");
        });
    }
}

#[test]
fn sorted_lists_are_those_of_the_reference() {
    each("sort", |row| {
        let versions = |texts: &Value| -> Vec<Version> {
            let texts = texts.as_array().expect("a list").iter();
            texts
                .map(|text| Options::of(&Value::Null).version(text).expect("a version"))
                .collect()
        };
        let mut sorted = versions(&row[0]);
        sort(&mut sorted);
        assert_eq!(sorted, versions(&row[1]));
        sort_descending(&mut sorted);
        assert_eq!(sorted, versions(&row[2]));
    });
}

#[test]
fn cleaned_texts_are_those_of_the_reference() {
    each("clean", |row| {
        let cleaned = clean(row[0].as_str().expect("a text"), Options::of(&row[1]).mode);
        assert_eq!(text_of(cleaned), row[2], "{row:?}");
    });
}

#[test]
fn coerced_versions_are_those_of_the_reference() {
    each("coerce", |row| {
        let text = row[0]
            .as_str()
            .map_or_else(|| row[0].to_string(), str::to_owned);
        let options = Options::of(&row[1]);
        let is_rtl = row[1]["rtl"] == json!(true);
        let direction = if is_rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        };
        let coerced = coerce(&text, direction, options.prereleases, options.mode);
        let coerced = coerced.map_or(Value::Null, |version| json!(version.to_string()));
        assert_eq!(coerced, row[2], "{row:?}");
    });
}

#[test]
fn prerelease_parts_are_those_of_the_reference() {
    each("prerelease", |row| {
        let version = Options::of(&row[1]).version(&row[0]);
        let parts = version
            .map(|version| identifiers(&version))
            .filter(|parts| !parts.is_empty());
        assert_eq!(json!(parts), row[2], "{row:?}");
    });
}

#[test]
fn increments_are_those_of_the_reference() {
    each("increments", |row| {
        let base = match row[4]
            .as_str()
            .map_or_else(|| row[4].to_string(), str::to_owned)
            .as_str()
        {
            "false" => IdentifierBase::Absent,
            "1" | "true" => IdentifierBase::One,
            _ => IdentifierBase::Zero,
        };
        let next = Options::of(&row[2]).version(&row[0]).and_then(|version| {
            let release = row[1].as_str().expect("a text").parse().ok()?;
            increment(&version, release, row[3].as_str(), base).ok()
        });
        assert_eq!(text_of(next), row[5], "{row:?}");
    });
}

#[test]
fn truncations_are_those_of_the_reference() {
    each("truncations", |row| {
        let version = parse_version(row[0].as_str().expect("a text"), Mode::Strict).ok();
        let release = row[1].as_str().expect("a text").parse().ok();
        let truncated = version
            .zip(release)
            .and_then(|(v, release)| truncate(&v, release));
        assert_eq!(text_of(truncated), row[2], "{row:?}");
    });
}
