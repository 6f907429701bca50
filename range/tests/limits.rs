//! Hostile sizes and values: each is refused or takes linear time.

use std::time::{Duration, Instant};

use pkg_range::{
    Direction, Mode, ParseErrorKind, Prereleases, Range, Version, coerce, parse_version,
};

/// Runs `work`, which must be done in `milliseconds` when optimised; debug builds get more.
fn within<T>(milliseconds: u64, name: &str, work: impl FnOnce() -> T) -> T {
    let slack = if cfg!(debug_assertions) { 40 } else { 4 };
    let start = Instant::now();
    let result = work();
    let elapsed = start.elapsed();
    assert!(
        elapsed <= Duration::from_millis(milliseconds * slack),
        "{name} took {elapsed:?}"
    );
    result
}

#[test]
fn lib_01_a_version_has_at_most_256_units() {
    let version = |length: usize| format!("1.2.3-{}", "a".repeat(length - 6));
    for mode in [Mode::Strict, Mode::Loose] {
        assert!(parse_version(&version(256), mode).is_ok());
        let error = parse_version(&version(257), mode).unwrap_err();
        assert_eq!(error.kind(), ParseErrorKind::TooLong);
        // White space around it counts.
        assert!(parse_version(&format!("{} ", version(256)), mode).is_err());
    }
    // In a range the limit holds for each version, after its build is gone.
    let long = format!("1.2.3-{}+{}", "a".repeat(250), "b".repeat(1000));
    assert!(Range::parse(&format!("{long} || {long}"), Mode::Strict).is_ok());
    assert!(Range::parse(&version(257), Mode::Strict).is_err());
    assert!(Range::parse(&version(257), Mode::Loose).is_err());
    // Leading zeros count, those of a number that is computed from do not.
    let padded = |zeros| format!("{}.00", "0".repeat(zeros));
    assert!(Range::parse(&padded(250), Mode::Loose).is_ok());
    assert!(Range::parse(&padded(251), Mode::Loose).is_err());
    // An identifier beyond 251 characters is none, so that loose mode drops the comparator.
    let longer = format!("1 {}", version(258));
    assert_eq!(
        Range::parse(&longer, Mode::Loose).unwrap().to_string(),
        ">=1.0.0 <2.0.0-0"
    );
    let starred = |length| format!("1 1.2.3+*{}", "7".repeat(length));
    assert!(
        Range::parse(&starred(250), Mode::Loose)
            .unwrap()
            .to_string()
            .ends_with(" 1.2.3")
    );
    assert!(
        !Range::parse(&starred(251), Mode::Loose)
            .unwrap()
            .to_string()
            .ends_with(" 1.2.3")
    );
}

#[test]
fn lib_02_odd_numbers_and_builds_are_refused() {
    let kind = |text: &str| parse_version(text, Mode::Strict).unwrap_err().kind();
    assert!(parse_version("9007199254740991.0.0", Mode::Strict).is_ok());
    assert_eq!(kind("9007199254740992.0.0"), ParseErrorKind::NumberTooLarge);
    assert_eq!(
        kind("18446744073709551616.0.0"),
        ParseErrorKind::NumberTooLarge
    );
    assert_eq!(kind("1.02.3"), ParseErrorKind::LeadingZero);
    assert_eq!(kind("1.2.3-01"), ParseErrorKind::LeadingZero);
    assert_eq!(kind("1.2.3+"), ParseErrorKind::InvalidIdentifier);
    assert_eq!(kind("1.2.3+a..b"), ParseErrorKind::InvalidIdentifier);
    assert_eq!(kind("1.2.3-"), ParseErrorKind::InvalidIdentifier);
    assert_eq!(kind("1.2"), ParseErrorKind::ExpectedDot);
    assert_eq!(kind(""), ParseErrorKind::Empty);
    assert!(parse_version("1.02.3", Mode::Loose).is_ok());
    assert!(parse_version("1.2.3+", Mode::Loose).is_err());
    for range in [
        "^9007199254740991.0.0",
        "<=9007199254740991",
        ">1.9007199254740991",
    ] {
        assert!(Range::parse(range, Mode::Strict).is_err(), "{range}");
    }
}

/// Lower bounds that differ.
fn distinct(count: usize) -> String {
    (0..count).map(|number| format!(">{number} ")).collect()
}

#[test]
fn lib_03_long_ranges_take_linear_time() {
    // Ten times less where nothing is optimised, so that the test takes a second there, too.
    let million = if cfg!(debug_assertions) {
        100_000
    } else {
        1_000_000
    };
    let texts = [
        (" ".repeat(million), true),
        (format!("1{}2", " ".repeat(million)), true),
        ("\u{feff}".repeat(million / 3), true),
        ("||".repeat(million / 2), true),
        ("1||".repeat(million / 3), true),
        ("<0||".repeat(million / 4), true),
        ("> ".repeat(million / 2), false),
        (">".repeat(100_000), false),
        ("=".repeat(million), false),
        (format!("{} 1", "=".repeat(million)), false),
        (format!("{} = 1", "v".repeat(million)), false),
        (format!("{}1", "v ".repeat(million / 2)), false),
        (format!("> {}", "1".repeat(million)), false),
        (format!("> 1.2.3-{}", "1.".repeat(million / 2)), false),
        (format!("= 1.1.1{}", "1".repeat(million)), false),
        (format!("1{}", "+a".repeat(million / 2)), true),
        (format!("1{}", "+".repeat(million)), false),
        ("+a ".repeat(million / 3), true),
        ("1.2.3 - ".repeat(million / 8), false),
        ("* ".repeat(million / 2), true),
        ("*".repeat(million), false),
        ("1 ".repeat(million / 2), true),
        (distinct(million / 8), true),
        (
            format!("{}||", ">1 >2 >3 >4 ".repeat(20)).repeat(million / 250),
            true,
        ),
        (format!("{}||", distinct(80)).repeat(million / 400), true),
        ("~ > ".repeat(million / 4), false),
        ("^ ".repeat(million / 2), false),
        ("-".repeat(million), false),
        ("\u{1f600}".repeat(million / 4), false),
    ];
    for (text, is_range) in texts {
        let name = text.chars().take(12).collect::<String>();
        let range = within(50, &name, || Range::parse(&text, Mode::Strict));
        assert_eq!(range.is_ok(), is_range, "{name}");
        within(50, &name, || Range::parse(&text, Mode::Loose)).ok();
        assert!(within(20, &name, || parse_version(&text, Mode::Loose)).is_err());
    }
}

#[test]
fn lib_03_coercion_takes_linear_time() {
    let texts = [
        "1",
        "1.",
        "a1",
        "1-a.",
        "1-a1.",
        "1+a.",
        "1-1+1.",
        "-",
        "1-aaaaaaaaaaaa.1",
    ];
    for text in texts {
        let length = if cfg!(debug_assertions) {
            100_000
        } else {
            1_000_000
        };
        let text = format!("{}_", text.repeat(length / text.len()));
        for direction in [Direction::LeftToRight, Direction::RightToLeft] {
            let name = &text[..12];
            within(100, name, || {
                coerce(&text, direction, Prereleases::All, Mode::Loose)
            });
        }
    }
}

#[test]
fn lib_05_rules_that_others_get_wrong() {
    let contains = |range: &str, version: &str| {
        let range: Range = range.parse().unwrap();
        range.contains(
            &parse_version(version, Mode::Strict).unwrap(),
            Prereleases::Gated,
        )
    };
    assert!(contains("^1.2.3-rc.1", "1.2.3-rc.2") && !contains("^1.2.3-rc.1", "1.2.4-rc.2"));
    assert!(!contains("*", "1.2.3-rc.1") && !contains(">=1.0.0", "2.0.0-rc.1"));
    assert!(contains("1.2 - 2.3", "2.3.9") && !contains("1.2 - 2.3", "2.4.0"));
    assert!(contains("~> 1.2", "1.2.9") && !contains("~> 1.2", "1.3.0"));
    assert!(contains("1.2.x || 2.*", "2.7.0") && contains("X", "0.0.0"));
    assert!(Range::parse("1.2.3 foo", Mode::Loose).is_ok());
    assert!(Range::parse("1.2.3 foo", Mode::Strict).is_err());
}

#[test]
fn lib_07_long_ranges_are_compared_in_bounded_time() {
    let terms = |separator: &str, operator: &str| -> Range {
        let terms: Vec<String> = (0..1000).map(|n| format!("{operator}{n}.0.0")).collect();
        terms.join(separator).parse().unwrap()
    };
    let (alternatives, others) = (terms(" || ", ""), terms(" || ", "^"));
    assert!(within(100, "intersects", || alternatives.intersects(&others)));
    assert!(within(300, "subset", || alternatives.is_subset_of(&others)));
    assert!(!within(300, "subset", || others.is_subset_of(&alternatives)));
    let (low, high) = (terms(" ", ">"), terms(" ", "<"));
    assert!(!within(100, "intersects", || low.intersects(&high)));
    assert!(!within(100, "subset", || low.is_subset_of(&high)));
    assert!(within(100, "intersects", || low.intersects(&low)));
}

#[test]
fn lib_08_the_best_of_100_000_versions_is_found_at_once() {
    let versions: Vec<Version> = (0..100_000)
        .map(|number| Version::new(number % 97, number % 31, number))
        .collect();
    let range: Range = "^31 || ^47.3 || ~60.1".parse().unwrap();
    let best = within(100, "best", || {
        range.max_satisfying(&versions, Prereleases::Gated)
    });
    assert!(best.is_some_and(|best| best.major == 60 && best.minor == 1));
}
