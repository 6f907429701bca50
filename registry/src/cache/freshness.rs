//! How long an answer may be used, and what to ask with afterwards.

use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

/// What the head of an answer says of its freshness.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Validators {
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    /// Seconds since 1970 by our clock.
    pub(crate) fetched_at: u64,
    /// For how many seconds no request is needed; 0 also for `no-cache` and `no-store`.
    pub(crate) max_age: u64,
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
        let mut max_age: u64 = 0;
        let mut must_ask = false;
        for value in headers.get_all(header::CACHE_CONTROL) {
            for directive in value.to_str().unwrap_or_default().split(',') {
                let directive = directive.trim().to_ascii_lowercase();
                if let Some(seconds) = directive.strip_prefix("max-age=") {
                    max_age = seconds.trim_matches('"').parse().unwrap_or(0);
                }
                must_ask |= directive.starts_with("no-cache") || directive.starts_with("no-store");
            }
        }
        let age: u64 = text(header::AGE)
            .and_then(|age| age.parse().ok())
            .unwrap_or(0);
        Self {
            etag: text(header::ETAG),
            last_modified: text(header::LAST_MODIFIED),
            fetched_at: now,
            max_age: if must_ask {
                0
            } else {
                max_age.saturating_sub(age)
            },
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
        }
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

#[cfg(test)]
mod tests {
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
