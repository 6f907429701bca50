//! One request for one thing, however many ask for it.

use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use rustc_hash::FxHashMap;

/// An answer that is on its way, for everybody who waits for it.
type Flight<V, E> = Shared<BoxFuture<'static, Result<V, E>>>;

/// Answers by key: those on their way, and those that were good.
///
/// A good answer stays, so that one run sees one state of the registry; a failure is forgotten, so
/// that asking again tries again.
pub(crate) struct SingleFlight<K, V: Clone, E: Clone> {
    flights: Mutex<FxHashMap<K, Flight<V, E>>>,
}

impl<K: Hash + Eq + Clone, V: Clone, E: Clone> SingleFlight<K, V, E> {
    pub(crate) fn new() -> Self {
        Self {
            flights: Mutex::new(FxHashMap::default()),
        }
    }

    /// Waits for the answer to the first of `keys` that is under way or known; else starts one
    /// under the last key.
    pub(crate) async fn get<F>(&self, keys: &[K], start: impl FnOnce() -> F) -> Result<V, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
        V: Send + 'static,
        E: Send + 'static,
    {
        let (key, flight) = self.join(keys, start);
        let answer = flight.clone().await;
        if answer.is_err() {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            // Another flight may already have taken its place.
            if flights.get(&key).is_some_and(|other| other.ptr_eq(&flight)) {
                flights.remove(&key);
            }
        }
        answer
    }

    /// Forgets the answers that are there: whoever asks from here on starts anew.
    pub(crate) fn forget(&self) {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        flights.clear();
    }

    fn join<F>(&self, keys: &[K], start: impl FnOnce() -> F) -> (K, Flight<V, E>)
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some(flight) = flights.get(key) {
                return (key.clone(), flight.clone());
            }
        }
        let key = keys.last().expect("a question has a key").clone();
        let flight = start().boxed().shared();
        flights.insert(key.clone(), flight.clone());
        (key, flight)
    }
}
