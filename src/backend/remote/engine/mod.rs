//! The engine: jobs go in one by one, at most twice the concurrency at a time; every answered job comes out at once.
//!
//! Two sides exchange messages and share no state but the reply cache. The caller's thread feeds jobs and takes events. One
//! task of a runtime, the [`dispatch::Dispatcher`], alone decides what is sent when: it owns the adaptive limit,
//! the token buckets, the queue of retries and the breakers.

mod dispatch;
mod limit;
mod pace;
mod row;
pub(super) mod wait;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc};

use self::dispatch::{Dispatcher, Parts};
use self::limit::AdaptiveLimit;
use self::pace::Pace;
use super::cache::ReplyCache;
use super::price::Prices;
use super::transport::Transport;
use super::wire::Form;
use crate::backend::jobs::{Halt, Job, JobEvent};

/// How often the caller's thread looks whether the user wants to stop.
const GLANCE: Duration = Duration::from_millis(50);

/// How an endpoint is asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EngineOptions {
    /// Most requests in flight, at least 1.
    pub(super) concurrency: usize,
    pub(super) is_adaptive: bool,
    pub(super) rpm: Option<u32>,
    pub(super) tpm: Option<u32>,
    /// Longest pause that the endpoint may ask for.
    pub(super) max_retry_after: Duration,
    /// Attempts for one request in all, at least 1.
    pub(super) attempts: u32,
    /// Most that the run may cost, in the currency of the prices.
    pub(super) max_cost: Option<f64>,
    /// Seeds the waiting times.
    pub(super) seed: u64,
}

/// What is kept between two calls: the endpoint is the same.
#[derive(Debug, Clone)]
pub(super) struct Control {
    pub(super) limit: AdaptiveLimit,
    pub(super) pace: Pace,
    /// The endpoint has answered at least once: it is there, and it takes the key.
    pub(super) has_answered: bool,
    pub(super) spent: f64,
    pub(super) has_warned: bool,
}

/// The engine of one endpoint.
pub(super) struct Engine {
    runtime: Runtime,
    pub(super) transport: Arc<Transport>,
    pub(super) options: EngineOptions,
    control: Mutex<Control>,
    cache: Option<Arc<Mutex<ReplyCache>>>,
    prices: Option<Prices>,
}

/// What the dispatcher tells the caller's thread.
enum Message {
    Event(JobEvent),
    Ended(Result<(), Halt>, Box<Control>),
}

impl Engine {
    /// An engine at rest.
    ///
    /// # Errors
    /// The runtime cannot be started.
    pub(super) fn new(
        transport: Transport,
        options: EngineOptions,
        cache: Option<ReplyCache>,
        prices: Option<Prices>,
    ) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(2)
            .thread_name("endpoint")
            .enable_all()
            .build()?;
        let control = Control {
            limit: AdaptiveLimit::new(options.concurrency, options.is_adaptive),
            pace: Pace::new(options.rpm, options.tpm, Instant::now()),
            has_answered: false,
            spent: 0.0,
            has_warned: false,
        };
        let cache = cache.map(|cache| Arc::new(Mutex::new(cache)));
        Ok(Self { runtime, transport: Arc::new(transport), options, control: Mutex::new(control), cache, prices })
    }

    pub(super) fn with_control<T>(&self, act: impl FnOnce(&mut Control) -> T) -> T {
        act(&mut self.control.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn with_cache<T>(&self, act: impl FnOnce(&mut ReplyCache) -> T) -> Option<T> {
        self.cache.as_ref().map(|cache| act(&mut cache.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    pub(super) fn prices(&self) -> Option<&Prices> {
        self.prices.as_ref()
    }

    /// Waits for one future on the engine's runtime.
    pub(super) fn wait_for<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Answers jobs; see [`crate::backend::Backend::answer`].
    pub(super) fn answer(
        &self,
        form: &Arc<Form>,
        address: &super::address::Address,
        identity: &str,
        jobs: &mut dyn Iterator<Item = Job>,
        desk: &mut dyn FnMut(JobEvent) -> ControlFlow<()>,
        stop: &AtomicBool,
    ) -> Result<(), Halt> {
        let most_open = 2 * self.options.concurrency;
        let (feed, fed) = mpsc::unbounded_channel();
        let (tell, told) = channel();
        let halt = Arc::new(Notify::new());
        let control = self.with_control(|control| control.clone());
        let dispatcher = Dispatcher::new(Parts {
            transport: Arc::clone(&self.transport),
            form: Arc::clone(form),
            address: address.clone(),
            identity: identity.to_owned(),
            options: self.options.clone(),
            prices: self.prices.clone(),
            cache: self.cache.clone(),
            control,
            tell: tell.clone(),
            halt: Arc::clone(&halt),
        });
        let work = self.runtime.spawn(async move {
            let (outcome, control) = dispatcher.run(fed).await;
            // The caller may have gone; then nobody wants to know.
            let _ = tell.send(Message::Ended(outcome, Box::new(control)));
        });
        let mut feed = Some(feed);
        // Requests of jobs that were fed and not delivered.
        let mut open = std::collections::HashMap::new();
        let mut n_open = 0;
        let mut is_stopping = false;
        let mut has_refused = false;
        let outcome = loop {
            while n_open < most_open && !is_stopping {
                let Some(sender) = &feed else { break };
                match jobs.next() {
                    Some(job) => {
                        n_open += job.requests.len().max(1);
                        open.insert(job.place, job.requests.len().max(1));
                        // A closed channel means that the dispatcher has ended; it says why.
                        if sender.send(job).is_err() {
                            feed = None;
                        }
                    }
                    None => feed = None,
                }
            }
            match told.recv_timeout(GLANCE) {
                Ok(Message::Ended(outcome, control)) => {
                    self.with_control(|kept| *kept = *control);
                    break outcome;
                }
                Ok(Message::Event(event)) => {
                    if let JobEvent::Delivered(delivery) = &event {
                        n_open -= open.remove(&delivery.place).unwrap_or(0);
                    }
                    if !has_refused && desk(event).is_break() {
                        has_refused = true;
                        is_stopping = true;
                        feed = None;
                        halt.notify_one();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break Err(Halt::Interrupted),
            }
            if !is_stopping && stop.load(Ordering::Relaxed) {
                is_stopping = true;
                feed = None;
                halt.notify_one();
            }
        };
        work.abort();
        if has_refused { Err(Halt::Refused) } else { outcome }
    }
}
