//! When a failed request is sent again, and how hosts that complain are left in peace.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustc_hash::FxHashMap;
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

use crate::error::{RegistryError, TransientCause};
use crate::http::Failure;
use crate::options::{OnEvent, RegistryEvent, RetryPolicy};
use crate::shown::ShownUrl;
use crate::slots::Slots;

/// The policy and what is known of each host in this run.
pub(crate) struct Retries {
    policy: RetryPolicy,
    on_event: OnEvent,
    hosts: Mutex<FxHashMap<String, HostState>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct HostState {
    failures: u32,
    /// Nothing is sent before this moment: the host asked for peace.
    quiet_until: Option<Instant>,
}

impl Retries {
    pub(crate) fn new(policy: RetryPolicy, on_event: OnEvent) -> Self {
        Self {
            policy,
            on_event,
            hosts: Mutex::new(FxHashMap::default()),
        }
    }

    /// Calls `attempt` until it succeeds, fails for good, or tries or time are used up.
    pub(crate) async fn run<T, F>(
        &self,
        url: &Url,
        slots: &Slots,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, RegistryError>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let begin = Instant::now();
        let host = url.host_str().unwrap_or_default();
        let mut tries = 0;
        loop {
            self.wait_for_quiet(host).await;
            let answer = {
                let _slot = slots.acquire().await;
                attempt().await
            };
            tries += 1;
            let (cause, retry_after) = match answer {
                Ok(value) => {
                    slots.succeeded();
                    return Ok(value);
                }
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Transient { cause, retry_after }) => (cause, retry_after),
            };
            adapt(slots, &cause);
            let wait = self.wait(tries, retry_after);
            let host_failures = self.note(host, &cause, wait);
            let is_out_of_time = begin.elapsed() + wait > self.policy.budget;
            if tries >= self.policy.tries || is_out_of_time {
                return Err(RegistryError::Exhausted {
                    url: ShownUrl::new(url),
                    tries,
                    cause,
                    host_failures,
                });
            }
            (self.on_event)(RegistryEvent::Retrying {
                url: ShownUrl::new(url),
                cause,
                wait,
            });
            sleep(wait).await;
        }
    }

    /// The wait after try number `tries`.
    fn wait(&self, tries: u32, retry_after: Option<u64>) -> Duration {
        if let Some(seconds) = retry_after {
            return Duration::from_secs(seconds).min(self.policy.retry_after_cap);
        }
        let index = (tries as usize).saturating_sub(1);
        let waits = &self.policy.waits;
        let Some(wait) = waits.get(index).or(waits.last()) else {
            return Duration::ZERO;
        };
        vary(*wait)
    }

    fn note(&self, host: &str, cause: &TransientCause, wait: Duration) -> u32 {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let state = hosts.entry(host.to_owned()).or_default();
        state.failures += 1;
        // One complaint about the rate is meant for every request to the host.
        if matches!(cause, TransientCause::Status(429 | 503)) {
            state.quiet_until = state.quiet_until.max(Some(Instant::now() + wait));
        }
        state.failures
    }

    async fn wait_for_quiet(&self, host: &str) {
        let quiet_until = {
            let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            hosts.get(host).and_then(|state| state.quiet_until)
        };
        if let Some(moment) = quiet_until {
            sleep_until(moment).await;
        }
    }
}

/// Lets fewer requests through where that may help.
fn adapt(slots: &Slots, cause: &TransientCause) {
    match cause {
        TransientCause::Connect(_)
        | TransientCause::Idle { .. }
        | TransientCause::Status(429 | 503) => slots.choked(),
        TransientCause::Broken(_) => slots.broken(),
        TransientCause::Slow { .. } | TransientCause::Status(_) => {}
    }
}

/// Varies a wait by up to a quarter, so that many do not come back at the same moment.
fn vary(wait: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish() % 512;
    let factor = 0.75 + f64::from(u16::try_from(random).unwrap_or(256)) / 1024.0;
    wait.mul_f64(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varied_wait_stays_within_a_quarter() {
        for _ in 0..1000 {
            let wait = vary(Duration::from_millis(1000));
            assert!((750..=1250).contains(&wait.as_millis()), "{wait:?}");
        }
    }
}
