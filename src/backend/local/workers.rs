//! Threads of a model: each works on a batch of its own, or all of them on one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::ThreadPool;

use crate::backend::open_error::OpenError;

/// One-thread pools, inside of which no operation spreads, and one pool of all threads.
pub(super) struct Workers {
    alone: Vec<ThreadPool>,
    together: ThreadPool,
}

impl Workers {
    pub(super) fn new(threads: usize) -> Result<Self, OpenError> {
        let pool = |n: usize| {
            rayon::ThreadPoolBuilder::new()
                .num_threads(n)
                .build()
                .map_err(|error| OpenError::Threads { reason: error.to_string() })
        };
        let threads = threads.max(1);
        Ok(Self { alone: (0..threads).map(|_| pool(1)).collect::<Result<_, _>>()?, together: pool(threads)? })
    }

    pub(super) fn threads(&self) -> usize {
        self.alone.len()
    }

    /// Runs one piece of work that spreads over all threads by itself.
    pub(super) fn together<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.together.install(work)
    }

    /// Runs jobs, each on one thread where there are several, else the only one on all threads. Results stand in the
    /// order of the jobs, whoever finished first.
    pub(super) fn each<J: Send, R: Send>(&self, jobs: Vec<J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
        if jobs.len() < 2 {
            return jobs.into_iter().map(|job| self.together(|| work(job))).collect();
        }
        let jobs: Vec<Mutex<Option<J>>> = jobs.into_iter().map(|job| Mutex::new(Some(job))).collect();
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(jobs.len()));
        std::thread::scope(|scope| {
            for pool in self.alone.iter().take(jobs.len()) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(job) = jobs.get(index) else { break };
                        let job = job.lock().unwrap_or_else(PoisonError::into_inner).take();
                        if let Some(job) = job {
                            let result = pool.install(|| work(job));
                            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}
