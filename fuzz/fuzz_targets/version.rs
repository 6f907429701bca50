//! Versions that are read print a text that is read as the same version.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pkg_range::{Direction, Mode, Prereleases, coerce, compare, compare_build, parse_version};

fuzz_target!(|text: &str| {
    for mode in [Mode::Strict, Mode::Loose] {
        match parse_version(text, mode) {
            Ok(version) => {
                // A loose version may gain a hyphen, and with it be longer than any version is.
                let printed = version.to_string();
                if printed.len() <= 256 {
                    let again = parse_version(&printed, mode).expect("its text is one");
                    assert_eq!(again, version);
                    assert!(compare(&again, &version).is_eq());
                    assert!(compare_build(&again, &version).is_eq());
                }
            }
            Err(error) => {
                assert!(text.is_char_boundary(error.position()));
                assert!(!format!("{error}").chars().any(char::is_control));
            }
        }
        for direction in [Direction::LeftToRight, Direction::RightToLeft] {
            for prereleases in [Prereleases::Gated, Prereleases::All] {
                drop(coerce(text, direction, prereleases, mode));
            }
        }
    }
});
