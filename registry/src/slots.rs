//! How many requests are sent at once: fewer when the network chokes, more again when it recovers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Concurrency never falls below this: some servers refuse a seventh connection.
const FEWEST: usize = 4;

/// After so many good answers in a row one more request is let through.
const GOOD_ANSWERS: usize = 16;

/// What a broken connection adds to the trouble, from which a good answer takes one.
const TROUBLE: usize = 4;

/// The trouble that halves the limit.
const TOO_MUCH: usize = 12;

/// A limit of requests at once that halves on trouble and grows one by one.
pub(crate) struct Slots {
    most: usize,
    state: Mutex<State>,
    freed: Notify,
}

struct State {
    limit: usize,
    used: usize,
    /// Good answers since the limit last changed.
    good: usize,
    /// Grows with every broken connection, shrinks with every good answer.
    trouble: usize,
}

/// The right to one request; free again when dropped.
pub(crate) struct Slot<'a> {
    slots: &'a Slots,
}

impl Slots {
    /// Allows `most` at once, at least one.
    pub(crate) fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            most,
            state: Mutex::new(State {
                limit: most,
                used: 0,
                good: 0,
                trouble: 0,
            }),
            freed: Notify::new(),
        }
    }

    /// Waits for a slot.
    pub(crate) async fn acquire(&self) -> Slot<'_> {
        loop {
            {
                let mut state = self.lock();
                if state.used < state.limit {
                    state.used += 1;
                    return Slot { slots: self };
                }
            }
            // A slot that is freed before this waits is remembered, so none is missed.
            self.freed.notified().await;
        }
    }

    /// Notes a good answer.
    pub(crate) fn succeeded(&self) {
        let mut state = self.lock();
        state.good += 1;
        state.trouble = state.trouble.saturating_sub(1);
        if state.good < GOOD_ANSWERS || state.limit >= self.most {
            return;
        }
        state.good = 0;
        state.limit += 1;
        drop(state);
        self.freed.notify_one();
    }

    /// Notes that a connection was refused or timed out, or that the server wants fewer requests.
    pub(crate) fn choked(&self) {
        let mut state = self.lock();
        state.good = 0;
        state.limit = (state.limit / 2).max(FEWEST.min(self.most));
    }

    /// Notes a broken connection. One in twenty is how some networks are; one in four is a server
    /// or a proxy that cannot bear so many.
    pub(crate) fn broken(&self) {
        let mut state = self.lock();
        state.trouble = (state.trouble + TROUBLE).min(2 * TOO_MUCH);
        if state.trouble >= TOO_MUCH {
            drop(state);
            self.choked();
        } else if state.limit < self.most {
            // On the way back up this is the place to stop.
            state.good = 0;
            state.limit = (state.limit - 1).max(FEWEST.min(self.most));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.slots.lock().used -= 1;
        self.slots.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn free(slots: &Slots) -> usize {
        let mut held = Vec::new();
        while let Some(slot) = slots.acquire().now_or_never() {
            held.push(slot);
        }
        held.len()
    }

    #[test]
    fn trouble_halves_down_to_four_and_good_answers_bring_it_back() {
        let slots = Slots::new(64);
        assert_eq!(free(&slots), 64);
        slots.choked();
        assert_eq!(free(&slots), 32);
        for _ in 0..10 {
            slots.choked();
        }
        assert_eq!(free(&slots), 4);
        for _ in 0..2 * GOOD_ANSWERS {
            slots.succeeded();
        }
        assert_eq!(free(&slots), 6);
        for _ in 0..10_000 {
            slots.succeeded();
        }
        assert_eq!(free(&slots), 64);
    }

    #[test]
    fn a_few_broken_connections_among_many_good_ones_change_nothing() {
        let slots = Slots::new(64);
        for _ in 0..1000 {
            slots.broken();
            (0..19).for_each(|_| slots.succeeded());
        }
        assert_eq!(free(&slots), 64);
        (0..50).for_each(|_| slots.broken());
        assert_eq!(free(&slots), 4);
    }

    #[test]
    fn a_limit_below_four_stays_as_it_is() {
        let slots = Slots::new(2);
        slots.choked();
        assert_eq!(free(&slots), 2);
    }

    #[test]
    fn who_waits_gets_the_slot_that_is_dropped() {
        let slots = Slots::new(1);
        let slot = slots.acquire().now_or_never().unwrap();
        let mut waiting = std::pin::pin!(slots.acquire());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(slot);
        assert!(waiting.now_or_never().is_some());
    }
}
