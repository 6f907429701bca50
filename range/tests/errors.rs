//! Errors say what is wrong and where, in the text as it was given.

use ParseErrorKind::{
    Empty, ExpectedDot, ExpectedNumber, InvalidIdentifier, LeadingZero, MisplacedOperator,
    NumberAfterWildcard, NumberTooLarge, TooLong, UnexpectedText,
};
use pkg_range::{Comparator, Mode, ParseErrorKind, Prereleases, Range, parse_version};

#[test]
fn ranges_name_the_place() {
    let cases: [(&str, ParseErrorKind, usize); 18] = [
        ("latest", ExpectedNumber, 0),
        ("^1.2.beta", ExpectedNumber, 5),
        ("^1.2 || 2.beta", ExpectedNumber, 10),
        ("\t1.2.3 \u{a0} >=foo", ExpectedNumber, 12),
        ("1.2.3.4", UnexpectedText, 5),
        ("1.2-alpha", UnexpectedText, 3),
        ("1.x.3", NumberAfterWildcard, 0),
        ("1 || 01.2", LeadingZero, 5),
        ("1.2.3-01", LeadingZero, 6),
        ("1.2.3-a..b", InvalidIdentifier, 8),
        ("1.2.3-", InvalidIdentifier, 6),
        (">", MisplacedOperator, 1),
        ("1 || ^", MisplacedOperator, 6),
        (">=>1", MisplacedOperator, 2),
        ("^9007199254740991", NumberTooLarge, 0),
        ("9007199254740992.0.0", NumberTooLarge, 0),
        ("1,2", UnexpectedText, 1),
        ("1 | 2", MisplacedOperator, 2),
    ];
    for (text, kind, position) in cases {
        let error = Range::parse(text, Mode::Strict).unwrap_err();
        assert_eq!((error.kind(), error.position()), (kind, position), "{text}");
    }
    assert_eq!(
        Range::parse("foo || bar", Mode::Loose).unwrap_err().kind(),
        ExpectedNumber
    );
}

#[test]
fn versions_and_comparators_name_the_place() {
    let cases: [(&str, ParseErrorKind, usize); 9] = [
        ("", Empty, 0),
        (" v", Empty, 2),
        (" 1.2", ExpectedDot, 4),
        ("v1.2.x", ExpectedNumber, 5),
        ("1.02.3", LeadingZero, 2),
        ("1.9007199254740992.3", NumberTooLarge, 2),
        ("1.2.3-a.\u{e9}", InvalidIdentifier, 8),
        ("1.2.3+a.", InvalidIdentifier, 7),
        ("1.2.3 4", UnexpectedText, 5),
    ];
    for (text, kind, position) in cases {
        let error = parse_version(text, Mode::Strict).unwrap_err();
        assert_eq!((error.kind(), error.position()), (kind, position), "{text}");
    }
    let error = Comparator::parse("> =1.2.3", Mode::Strict).unwrap_err();
    assert_eq!((error.kind(), error.position()), (ExpectedNumber, 2));
    let error = parse_version(&"1".repeat(300), Mode::Strict).unwrap_err();
    assert_eq!(error.kind(), TooLong);
}

#[test]
fn what_is_printed_of_the_text_is_short_and_harmless() {
    let text = format!("{} || \u{1b}[31mred\u{202e}\u{7}", "1.2.3 ".repeat(100));
    let error = Range::parse(&text, Mode::Strict).unwrap_err();
    assert_eq!(error.position(), 604);
    assert_eq!(
        error.excerpt(),
        "3 1.2.3 1.2.3 1.2.3 1.2.3  || \u{fffd}[31mred\u{fffd}\u{fffd}"
    );
    assert_eq!(
        format!("{error:#}").lines().last(),
        Some(format!("  {}^", " ".repeat(30)).as_str()),
    );
    let plain = Range::parse_for("x y", Mode::Strict, Prereleases::All).unwrap_err();
    assert_eq!(
        plain.to_string(),
        "expected a number, `x` or `*` at position 2"
    );
}
