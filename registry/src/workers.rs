//! Threads for what would stop the reactor: inflating, parsing, and the cache's files.
//!
//! Not tokio's blocking pool: that grows to hundreds of threads and knows no order.

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// A few threads that take jobs in order. Dropping it waits for the jobs that were begun or queued.
pub(crate) struct Workers {
    /// `None` only while it is dropped.
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` threads, at least one.
    pub(crate) fn start(count: usize) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        let queue = Arc::new(Mutex::new(queue));
        let threads = (0..count.max(1))
            .map(|_| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    while let Some(job) = next(&queue) {
                        job();
                    }
                })
            })
            .collect();
        Self {
            jobs: Some(jobs),
            threads,
        }
    }

    /// Runs `work` on a thread and returns what it answers.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        self.answer(move |answer| answer(work())).await
    }

    /// Runs `work` on a thread; it answers once, at any time, and may go on working after that.
    pub(crate) async fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(Box<dyn FnOnce(T) + Send>) + Send + 'static,
    ) -> T {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(move || {
            // Nobody may be waiting any more: then the answer is not needed.
            work(Box::new(move |value| drop(sender.send(value))));
        });
        self.jobs
            .as_ref()
            .expect("the queue is open until the workers are dropped")
            .send(job)
            .expect("the threads live as long as the queue");
        receiver.await.expect("a worker answers every job")
    }
}

fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv()
        .ok()
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A panic of a job was already seen by whoever waited for it.
            drop(thread.join());
        }
    }
}
