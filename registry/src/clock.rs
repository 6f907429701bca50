//! How far this machine's clock is ahead of the registries', as their answers say the time.
//!
//! What is too young by the registry's clock must not pass because this machine's is ahead.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use ::http::{HeaderMap, HeaderName, header};

/// Clocks differ by a little, and answers travel for a while.
const TOLERANCE: u64 = 300;

/// What the answers said so far.
#[derive(Debug, Default)]
pub(crate) struct ClockDifference(AtomicU64);

/// The seconds by which this machine, at `now`, was ahead of whoever made an answer with this head; 0 where it was not,
/// or where that is not told.
///
/// A cache on the way hands on the time at which it was answered, and says how old that is.
pub(crate) fn seconds_ahead(headers: &HeaderMap, now: u64) -> u64 {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let date = text(header::DATE).and_then(|text| httpdate::parse_http_date(text).ok());
    let Some(date) = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok()) else {
        return 0;
    };
    let age = text(header::AGE).and_then(|text| text.trim().parse::<u64>().ok());
    let registry = date.as_secs().saturating_add(age.unwrap_or(0));
    now.saturating_sub(registry)
}

impl ClockDifference {
    /// Takes note of by how many seconds this machine was ahead when an answer came that is used now.
    pub(crate) fn note(&self, ahead: u64) {
        self.0.fetch_max(ahead, Ordering::Relaxed);
    }

    /// The seconds by which this machine is ahead; 0 where that is little, or not known.
    pub(crate) fn ahead(&self) -> u64 {
        match self.0.load(Ordering::Relaxed) {
            ahead if ahead > TOLERANCE => ahead,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT.
    const THEN: u64 = 784_111_777;

    fn ahead(now: u64, age: Option<&str>) -> u64 {
        let mut headers = HeaderMap::new();
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        headers.insert(header::DATE, date.parse().unwrap());
        if let Some(age) = age {
            headers.insert(header::AGE, age.parse().unwrap());
        }
        let difference = ClockDifference::default();
        difference.note(seconds_ahead(&headers, now));
        difference.note(seconds_ahead(&HeaderMap::new(), now));
        difference.ahead()
    }

    #[test]
    fn only_a_clock_that_is_clearly_ahead_counts() {
        assert_eq!(ahead(THEN, None), 0);
        assert_eq!(ahead(THEN + 299, None), 0);
        assert_eq!(ahead(THEN + 172_800, None), 172_800);
        assert_eq!(ahead(THEN - 172_800, None), 0);
        // From a cache on the way.
        assert_eq!(ahead(THEN + 7_200, Some("7000")), 0);
        assert_eq!(ahead(THEN + 7_200, Some("nonsense")), 7_200);
    }
}
