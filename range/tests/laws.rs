//! Laws that hold for all versions and ranges.

use pkg_range::{
    Direction, Mode, ParseError, Prereleases, Range, Side, Version, coerce, compare, compare_build,
    parse_version, sort, valid_range,
};
use proptest::prelude::*;

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Strict), Just(Mode::Loose)]
}

fn prereleases() -> impl Strategy<Value = Prereleases> {
    prop_oneof![Just(Prereleases::Gated), Just(Prereleases::All)]
}

/// A version with small numbers, so that two of them often have to do with each other.
fn version() -> impl Strategy<Value = Version> {
    "[0-3]\\.[0-3]\\.[0-3](-(a|b|0|1|rc)(\\.[0-2])?)?"
        .prop_map(|text| parse_version(&text, Mode::Strict).expect("it is one"))
}

fn range_text() -> impl Strategy<Value = String> {
    let partial = "(x|[0-3]|[0-3]\\.[0-3x]|[0-3]\\.[0-3]\\.[0-3](-(a|b|0|rc)(\\.[0-2])?)?)";
    let item = format!("(\\^|~|<|<=|>|>=|=|){partial}");
    let set = format!("({item}( {item}){{0,2}}|{partial} - {partial})");
    proptest::string::string_regex(&format!("{set}( \\|\\| {set}){{0,2}}")).expect("an expression")
}

fn range() -> impl Strategy<Value = Range> {
    range_text().prop_map(|text| text.parse().expect("it is one"))
}

/// Text of the characters that matter, and of some that should not.
fn hostile() -> impl Strategy<Value = String> {
    "[0-9xX*vV=<>~^|.+\\-_ a\t\u{feff}\u{661}\u{1f600}\u{202e}\u{0}]{0,24}"
}

fn check_error(error: &ParseError, text: &str) {
    assert!(text.is_char_boundary(error.position()));
    let message = format!("{error:#}");
    let lines: Vec<&str> = message.split('\n').collect();
    assert_eq!(lines.len(), 3, "{message}");
    assert!(
        lines.iter().all(|line| !line.chars().any(char::is_control)),
        "{message}"
    );
    assert!(
        lines[1].chars().count() <= 62 && lines[2].trim() == "^",
        "{message}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused_with_a_place(text in any::<String>(), hostile in hostile(), mode in mode()) {
        for text in [text, hostile] {
            if let Err(error) = Range::parse(&text, mode) {
                check_error(&error, &text);
            }
            match parse_version(&text, mode) {
                Ok(version) if version.to_string().len() > 256 => {}
                Ok(version) => {
                    let again = parse_version(&version.to_string(), Mode::Strict).unwrap();
                    prop_assert_eq!(again, version);
                }
                Err(error) => check_error(&error, &text),
            }
            for direction in [Direction::LeftToRight, Direction::RightToLeft] {
                let coerced = coerce(&text, direction, Prereleases::All, mode);
                prop_assert!(coerced.is_none() || text.contains(|digit: char| digit.is_ascii_digit()));
            }
        }
    }

    #[test]
    fn what_strict_mode_reads_loose_mode_reads_too(text in range_text(), prereleases in prereleases()) {
        let strict = valid_range(&text, Mode::Strict, prereleases);
        prop_assert_eq!(strict, valid_range(&text, Mode::Loose, prereleases));
    }

    #[test]
    fn canonical_texts_mean_the_same(range in range(), version in version(), all in prereleases()) {
        let again: Range = range.canonical(all).to_string().parse().unwrap();
        prop_assert_eq!(again.contains(&version, all), range.contains(&version, all));
    }

    #[test]
    fn all_prereleases_are_more(range in range(), version in version()) {
        let gated = range.contains(&version, Prereleases::Gated);
        prop_assert!(!gated || range.contains(&version, Prereleases::All));
    }

    #[test]
    fn order_is_total(a in version(), b in version(), c in version()) {
        prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
        prop_assert!(compare(&a, &b).is_gt() || compare(&b, &c).is_gt() || compare(&a, &c).is_le());
    }

    #[test]
    fn sorted_lists_ascend(texts in prop::collection::vec("0\\.0\\.[01](-[01]|-9007199254740993[0-9]\\.[01])?(\\+0?[01])?", 0..60)) {
        let mut versions: Vec<Version> =
            texts.iter().map(|text| parse_version(text, Mode::Strict).unwrap()).collect();
        let length = versions.len();
        sort(&mut versions);
        prop_assert_eq!(versions.len(), length);
        let is_exact = !texts.iter().any(|text| text.contains("9007199254740993") || text.contains("+0"));
        prop_assert!(!is_exact || versions.is_sorted_by(|a, b| compare_build(a, b).is_le()));
    }

    #[test]
    fn best_and_least_are_inside_and_extreme(
        range in range(), versions in prop::collection::vec(version(), 0..20), all in prereleases()
    ) {
        let inside: Vec<&Version> = versions.iter().filter(|v| range.contains(v, all)).collect();
        let best = range.max_satisfying(&versions, all);
        let least = range.min_satisfying(&versions, all);
        prop_assert_eq!(best.is_some(), !inside.is_empty());
        prop_assert!(inside.iter().all(|v| compare(v, best.unwrap()).is_le()));
        prop_assert!(inside.iter().all(|v| compare(v, least.unwrap()).is_ge()));
    }

    #[test]
    fn ranges_with_a_common_release_intersect(a in range(), b in range(), version in version(), all in prereleases()) {
        let release = Version::new(version.major, version.minor, version.patch);
        let is_common = a.contains(&release, all) && b.contains(&release, all);
        prop_assert!(!is_common || (a.intersects_for(&b, all) && b.intersects_for(&a, all)));
    }

    #[test]
    fn subsets_contain_no_more_releases(a in range(), b in range(), version in version(), all in prereleases()) {
        let release = Version::new(version.major, version.minor, version.patch);
        let is_inside = a.is_subset_of_for(&b, all) && a.contains(&release, all);
        prop_assert!(!is_inside || b.contains(&release, all));
    }

    #[test]
    fn every_range_is_a_subset_of_itself(range in range(), all in prereleases()) {
        prop_assert!(range.is_subset_of_for(&range, all));
    }

    #[test]
    fn least_version_is_inside(range in range(), version in version(), all in prereleases()) {
        let least = range.min_version_for(all);
        prop_assert!(least.as_ref().is_none_or(|least| range.contains(least, all)));
        // The reference's rule looks at the lowest set only, which may be empty.
        if let Some(least) = least && range.contains(&version, all) && version.pre.is_empty() {
            prop_assert!(compare(&least, &version).is_le());
        }
    }

    #[test]
    fn no_version_is_on_both_sides(range in range(), version in version(), all in prereleases()) {
        let above = range.is_outside(&version, Side::Above, all);
        prop_assert!(!above || !range.contains(&version, all));
    }
}
