//! How long an answer may be used, and what to ask with afterwards.

use std::time::{Duration, UNIX_EPOCH};

use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

use crate::clock::seconds_ahead;

/// The longest, in seconds, that an answer is used whose registry does not say for how long it may be.
const MOST_UNSAID: u64 = 300;
/// Such an answer is used for this part of the time for which the document has not changed.
const PART_UNSAID: u64 = 10;

/// What the head of an answer says of its freshness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    /// Seconds since 1970 by our clock.
    pub(crate) fetched_at: u64,
    /// For how many seconds no request is needed; 0 also for `no-cache` and `no-store`.
    pub(crate) max_age: u64,
    /// The seconds by which our clock was ahead of the registry's then.
    #[serde(default)]
    pub(crate) ahead: u64,
}

impl Validators {
    /// Reads them from the head of an answer that came at `now`.
    ///
    /// `no-store` is treated as `no-cache`: the file is the user's own, and a registry that says so
    /// would otherwise send every packument whole on every run.
    pub(crate) fn read(headers: &HeaderMap<HeaderValue>, now: u64) -> Self {
        let text = |name: HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let mut max_age: Option<u64> = None;
        let mut must_ask = headers.contains_key(header::EXPIRES);
        for value in headers.get_all(header::CACHE_CONTROL) {
            for directive in value.to_str().unwrap_or_default().split(',') {
                let directive = directive.trim().to_ascii_lowercase();
                if let Some(seconds) = directive.strip_prefix("max-age=") {
                    max_age = Some(seconds.trim_matches('"').parse().unwrap_or(0));
                }
                must_ask |= directive.starts_with("no-cache") || directive.starts_with("no-store");
            }
        }
        let age: u64 = text(header::AGE)
            .and_then(|age| age.parse().ok())
            .unwrap_or(0);
        let last_modified = text(header::LAST_MODIFIED);
        let usable = match max_age {
            _ if must_ask => 0,
            Some(max_age) => max_age,
            None => unsaid_age(last_modified.as_deref(), now),
        };
        Self {
            etag: text(header::ETAG),
            last_modified,
            fetched_at: now,
            max_age: usable.saturating_sub(age),
            ahead: seconds_ahead(headers, now),
        }
    }

    /// The same after a 304, which may bring new values.
    pub(crate) fn refreshed(&self, newer: &Self) -> Self {
        Self {
            etag: newer.etag.clone().or_else(|| self.etag.clone()),
            last_modified: newer
                .last_modified
                .clone()
                .or_else(|| self.last_modified.clone()),
            fetched_at: newer.fetched_at,
            max_age: newer.max_age,
            ahead: newer.ahead,
        }
    }

    /// Whether these lead to the same questions as `other` for ever: when they came is of no matter where both must
    /// be asked about every time.
    pub(crate) fn ask_alike(&self, other: &Self) -> bool {
        let are_stale = self.max_age == 0 && other.max_age == 0;
        are_stale && self.etag == other.etag && self.last_modified == other.last_modified
    }

    /// Whether no request is needed at `now`. A time before the fetch means that the clock was set
    /// back, and then nothing is known.
    pub(crate) fn is_fresh(&self, now: u64) -> bool {
        now.checked_sub(self.fetched_at)
            .is_some_and(|age| age < self.max_age)
    }

    /// The headers of a conditional request.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let header = |name, text: &Option<String>| {
            let value = HeaderValue::from_str(text.as_deref()?).ok()?;
            Some((name, value))
        };
        let etag = header(header::IF_NONE_MATCH, &self.etag);
        let modified = header(header::IF_MODIFIED_SINCE, &self.last_modified);
        etag.into_iter().chain(modified)
    }
}

/// For how many seconds an answer may be used that does not say it, by the rule of thumb that HTTP gives: what has not
/// changed for long will not change at once.
fn unsaid_age(last_modified: Option<&str>, now: u64) -> u64 {
    let changed = last_modified.and_then(|text| httpdate::parse_http_date(text).ok());
    let unchanged = changed.and_then(|changed| {
        let now = UNIX_EPOCH.checked_add(Duration::from_secs(now))?;
        now.duration_since(changed).ok()
    });
    unchanged.map_or(0, |unchanged| {
        (unchanged.as_secs() / PART_UNSAID).min(MOST_UNSAID)
    })
}

#[cfg(test)]
mod tests {
    use std::slice;

    use super::*;

    fn read(pairs: &[(HeaderName, &str)]) -> Validators {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Validators::read(&headers, 1000)
    }

    #[test]
    fn max_age_counts_from_the_origin() {
        let validators = read(&[
            (header::CACHE_CONTROL, "public, max-age=300"),
            (header::AGE, "100"),
        ]);
        assert!(validators.is_fresh(1199));
        assert!(!validators.is_fresh(1200));
    }

    #[test]
    fn a_clock_that_was_set_back_makes_everything_stale() {
        let validators = read(&[(header::CACHE_CONTROL, "max-age=300")]);
        assert!(!validators.is_fresh(999));
    }

    #[test]
    fn no_cache_and_no_store_ask_every_time() {
        for directive in ["no-cache", "no-store", "No-Store, max-age=60"] {
            let validators = read(&[
                (header::CACHE_CONTROL, "max-age=60"),
                (header::CACHE_CONTROL, directive),
            ]);
            assert!(!validators.is_fresh(1000), "{directive}");
        }
    }

    #[test]
    fn what_has_not_changed_for_long_is_fresh_for_a_while_where_the_registry_says_nothing() {
        let last = |text| (header::LAST_MODIFIED, text);
        // 100 seconds before what `read` takes for now.
        let lately = last("Thu, 01 Jan 1970 00:15:00 GMT");
        assert!(read(slice::from_ref(&lately)).is_fresh(1009));
        assert!(!read(slice::from_ref(&lately)).is_fresh(1010));
        let said = [
            (header::CACHE_CONTROL, "max-age=9"),
            (header::CACHE_CONTROL, "no-cache"),
            (header::EXPIRES, "Thu, 01 Jan 2099 00:00:00 GMT"),
        ];
        for said in said {
            assert!(!read(&[lately.clone(), said]).is_fresh(1009));
        }
        for nonsense in ["yesterday", "Thu, 01 Jan 1970 01:00:00 GMT"] {
            assert!(!read(&[last(nonsense)]).is_fresh(1000), "{nonsense}");
        }
        assert_eq!(unsaid_age(Some(lately.1), 1_000_000), MOST_UNSAID);
    }

    #[test]
    fn an_answer_that_changes_nothing_is_known() {
        let old = read(&[(header::ETAG, "\"a\"")]);
        let other_tag = read(&[(header::ETAG, "\"b\"")]);
        let mut later = old.clone();
        later.fetched_at = 2000;
        assert!(old.ask_alike(&later) && !old.ask_alike(&other_tag));
        later.max_age = 1;
        assert!(!old.ask_alike(&later));
    }

    #[test]
    fn a_304_keeps_what_it_does_not_say() {
        let old = read(&[
            (header::ETAG, "\"a\""),
            (header::CACHE_CONTROL, "max-age=9"),
        ]);
        let newer = Validators {
            fetched_at: 2000,
            max_age: 50,
            ..Validators::default()
        };
        let refreshed = old.refreshed(&newer);
        assert_eq!(refreshed.etag.as_deref(), Some("\"a\""));
        assert!(refreshed.is_fresh(2049));
    }
}
