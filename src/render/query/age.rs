//! How long ago something was, as people say it.

use crate::help::day;

/// `3 days`, `2 weeks`, `5 months`: from one time to another, both seconds since 1970.
pub(super) fn age(from: i64, to: i64) -> String {
    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;
    let seconds = (to - from).max(0);
    let units = [
        (365 * DAY, "year"),
        (30 * DAY, "month"),
        (7 * DAY, "week"),
        (DAY, "day"),
        (HOUR, "hour"),
    ];
    // Two of a unit at least: `13 months` says more than `1 year`.
    let unit = units
        .into_iter()
        .find(|(length, _)| seconds >= 2 * length)
        .or_else(|| (seconds >= HOUR).then_some((HOUR, "hour")));
    match unit {
        Some((length, name)) => {
            let count = seconds / length;
            format!("{count} {name}{}", if count == 1 { "" } else { "s" })
        }
        None => "under an hour".to_owned(),
    }
}

/// A moment as registries write it, from seconds since 1970: `2026-11-25T05:06:45.000Z`.
pub(super) fn timestamp(seconds: i64) -> String {
    let second = seconds.rem_euclid(86_400);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{}T{hour:02}:{minute:02}:{:02}.000Z",
        day(seconds),
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_the_largest_unit_that_there_are_two_of() {
        const DAY: i64 = 86_400;
        let cases = [
            (0, "under an hour"),
            (3600, "1 hour"),
            (DAY, "24 hours"),
            (2 * DAY, "2 days"),
            (13 * DAY, "13 days"),
            (14 * DAY, "2 weeks"),
            (61 * DAY, "2 months"),
            (400 * DAY, "13 months"),
            (800 * DAY, "2 years"),
            (-5, "under an hour"),
        ];
        for (seconds, text) in cases {
            assert_eq!(age(1_000_000_000, 1_000_000_000 + seconds), text);
        }
    }

    #[test]
    fn a_timestamp_is_what_a_registry_wrote() {
        for text in [
            "1970-01-01T00:00:00.000Z",
            "2000-02-29T12:00:00.000Z",
            "2023-12-31T23:59:59.000Z",
            "2026-11-25T05:06:45.000Z",
        ] {
            let seconds = pkg_manifest::parse_time(text).unwrap();
            assert_eq!(timestamp(seconds), text);
        }
    }
}
