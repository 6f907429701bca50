//! How long ago something was, as people say it.

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
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The Gregorian calendar, counting years from March in eras of 400.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let leaps = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.000Z",
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
