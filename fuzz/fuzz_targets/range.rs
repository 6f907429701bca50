//! Ranges agree with themselves; the text is two ranges separated by a line break.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pkg_range::{Mode, Prereleases, Range};

fuzz_target!(|text: &str| {
    let (first, second) = text.split_once('\n').unwrap_or((text, "*"));
    for mode in [Mode::Strict, Mode::Loose] {
        let range = match Range::parse(first, mode) {
            Ok(range) => range,
            Err(error) => {
                assert!(first.is_char_boundary(error.position()));
                assert!(!format!("{error}").chars().any(char::is_control));
                continue;
            }
        };
        for prereleases in [Prereleases::Gated, Prereleases::All] {
            if let Some(least) = range.min_version_for(prereleases) {
                assert!(range.contains(&least, prereleases));
            }
            assert!(range.is_subset_of_for(&range, prereleases));
            if let Ok(other) = Range::parse(second, mode) {
                let _: bool = range.intersects_for(&other, prereleases);
                let _: bool = range.is_subset_of_for(&other, prereleases);
            }
        }
        // A loose version may gain a hyphen, and with it be longer than any version is.
        let printed = range.to_string();
        if printed.split(' ').all(|comparator| comparator.len() <= 256) {
            // Not always the same range: `>=00.0.0` is printed as `>=0.0.0`, which is read as `*`.
            Range::parse(&printed, mode).expect("its text is a range");
        }
    }
});
