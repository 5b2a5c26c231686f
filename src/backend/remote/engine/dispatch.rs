//! Decides what is sent when. Owns all state of the engine; nothing is locked but the reply cache.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::Pin;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, mpsc};

use super::limit::ALONE;
use super::row::{Finished, OpenJob, Row, milliseconds};
use super::wait::back_off;
use super::{Control, EngineOptions, Message};
use crate::backend::error::BackendError;
use crate::backend::jobs::{Delivery, FailedAttempt, Halt, Job, JobEvent, LimitChange, Reply, Traffic, Usage};
use crate::backend::remote::address::Address;
use crate::backend::remote::cache::ReplyCache;
use crate::backend::remote::cache_key::cache_key;
use crate::backend::remote::fault::{Fault, FaultKind, RemoteError};
use crate::backend::remote::price::Prices;
use crate::backend::remote::transport::{Received, Transport};
use crate::backend::remote::wire::{Form, Read, WireRequest, build, read, usage_of};

/// Finished items in a row without an answer that end the run.
const FAILED_IN_A_ROW: u32 = 20;
/// So long those in flight are waited for after an interrupt.
const GRACE: Duration = Duration::from_secs(10);
/// Time between two reports.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// Share of the budget at which a warning is given.
const WARN_AT: f64 = 0.8;

/// What a dispatcher works with.
pub(super) struct Parts {
    pub(super) transport: Arc<Transport>,
    pub(super) form: Arc<Form>,
    pub(super) address: Address,
    /// Part of every cache key.
    pub(super) identity: String,
    pub(super) options: EngineOptions,
    pub(super) prices: Option<Prices>,
    pub(super) cache: Option<Arc<Mutex<ReplyCache>>>,
    pub(super) control: Control,
    pub(super) tell: Sender<Message>,
    pub(super) halt: Arc<Notify>,
}

/// The one that decides.
pub(super) struct Dispatcher {
    parts: Parts,
    running: FuturesUnordered<BoxFuture<'static, Finished>>,
    ready: VecDeque<Row>,
    /// By the time of their next attempt, then by the order in which they came.
    waiting: BTreeMap<(Instant, u64), Row>,
    open: HashMap<usize, OpenJob>,
    n_waited: u64,
    started: Instant,
    /// Reserved for the requests in flight.
    reserved: f64,
    n_answers: u64,
    n_failed_in_a_row: u32,
    ending: Option<Halt>,
    traffic: Traffic,
    reported: Option<Instant>,
}

impl Dispatcher {
    pub(super) fn new(parts: Parts) -> Self {
        let traffic = Traffic { cost: parts.prices.is_some().then_some(0.0), ..Traffic::default() };
        Self {
            parts,
            running: FuturesUnordered::new(),
            ready: VecDeque::new(),
            waiting: BTreeMap::new(),
            open: HashMap::new(),
            n_waited: 0,
            started: Instant::now(),
            reserved: 0.0,
            n_answers: 0,
            n_failed_in_a_row: 0,
            ending: None,
            traffic,
            reported: None,
        }
    }

    /// Works until every job is delivered, or a reason to end comes up.
    pub(super) async fn run(mut self, mut jobs: mpsc::UnboundedReceiver<Job>) -> (Result<(), Halt>, Control) {
        let mut has_all = false;
        let mut deadline: Option<Instant> = None;
        let halt = Arc::clone(&self.parts.halt);
        loop {
            let wake = if self.ending.is_none() { self.launch(&mut jobs, &mut has_all) } else { None };
            let is_idle = self.running.is_empty();
            if is_idle && (self.ending.is_some() || (has_all && self.ready.is_empty() && self.waiting.is_empty())) {
                break;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                break;
            }
            let wants_jobs = !has_all && self.ending.is_none() && self.ready.is_empty() && self.has_slot();
            let alarm = deadline.or(wake);
            tokio::select! {
                biased;
                Some(finished) = self.running.next(), if !is_idle => self.finish(finished),
                job = jobs.recv(), if wants_jobs => match job {
                    Some(job) => self.accept(job),
                    None => has_all = true,
                },
                () = halt.notified(), if deadline.is_none() => {
                    self.ending.get_or_insert(Halt::Interrupted);
                    deadline = Some(Instant::now() + GRACE);
                }
                () = sleep_until(alarm), if alarm.is_some() => {}
            }
        }
        // What was paid for items that are not whole stays in the books.
        for (place, open) in std::mem::take(&mut self.open) {
            if open.exchange.n_sent > 0 {
                let event = JobEvent::Abandoned { place, exchange: open.exchange };
                let _ = self.parts.tell.send(Message::Event(event));
            }
        }
        self.report(true);
        (self.ending.map_or(Ok(()), Err), self.parts.control)
    }

    /// Until the first answer only one request is out: a refused key costs one request then.
    fn has_slot(&self) -> bool {
        let is_alone = !self.parts.control.has_answered && self.started.elapsed() < ALONE;
        let limit = if is_alone { 1 } else { self.parts.control.limit.current() };
        self.running.len() < limit
    }

    /// Sends what may be sent now. Gives when to look again, if nothing happens before.
    fn launch(&mut self, jobs: &mut mpsc::UnboundedReceiver<Job>, has_all: &mut bool) -> Option<Instant> {
        let now = Instant::now();
        while let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= now) {
            // They have waited; new ones have not.
            self.ready.push_front(first.remove());
        }
        let mut wake = self.waiting.keys().next().map(|(at, _)| *at);
        while self.ending.is_none() && self.has_slot() {
            while self.ready.is_empty() && !*has_all {
                match jobs.try_recv() {
                    Ok(job) => self.accept(job),
                    Err(mpsc::error::TryRecvError::Empty) => break,
                    Err(mpsc::error::TryRecvError::Disconnected) => *has_all = true,
                }
            }
            let Some(row) = self.ready.front() else { break };
            let most = row.wire.most;
            let reserved = self.parts.prices.as_ref().map_or(0.0, |prices| prices.cost(&most));
            if let Some(halt) = self.over_budget(reserved) {
                // Those in flight may turn out cheaper than the most that they could cost.
                if self.running.is_empty() {
                    self.ending = Some(halt);
                }
                break;
            }
            let tokens = most.prompt_tokens.saturating_add(most.completion_tokens);
            if let Err(until) = self.parts.control.pace.take(tokens, now) {
                wake = Some(wake.map_or(until, |wake| wake.min(until)));
                break;
            }
            if let Some(row) = self.ready.pop_front() {
                self.send(row, reserved);
            }
        }
        if !self.parts.control.has_answered && self.started.elapsed() < ALONE && !self.running.is_empty() {
            let opened = self.started + ALONE;
            wake = Some(wake.map_or(opened, |wake| wake.min(opened)));
        }
        wake
    }

    fn over_budget(&mut self, reserved: f64) -> Option<Halt> {
        let (limit, prices) = (self.parts.options.max_cost?, self.parts.prices.as_ref()?);
        let control = &mut self.parts.control;
        let currency = prices.currency.clone();
        if !control.has_warned && control.spent >= WARN_AT * limit {
            control.has_warned = true;
            let notice = format!("{:.6} {currency} of --max-cost {limit} are spent", control.spent);
            let _ = self.parts.tell.send(Message::Event(JobEvent::Notice(notice)));
        }
        (control.spent + self.reserved + reserved > limit).then_some(Halt::Budget {
            spent: control.spent,
            limit,
            currency,
        })
    }

    /// Takes a job in: what is cached is answered at once.
    fn accept(&mut self, job: Job) {
        let name: Arc<str> = job.name.into();
        let (form, n_requests) = (Arc::clone(&self.parts.form), job.requests.len());
        if let Some(error) = job.requests.iter().find_map(|asked| build(&form, asked).err()) {
            // One request that cannot be put into words fails the item before the others are paid for.
            let replies = (0..n_requests).map(|_| Err(error.clone())).collect();
            let delivery = Delivery { place: job.place, replies, latency_ms: 0.0, exchange: None };
            let _ = self.parts.tell.send(Message::Event(JobEvent::Delivered(delivery)));
            return;
        }
        self.open.insert(job.place, OpenJob::new(job.requests.len(), self.parts.prices.is_some()));
        for (request, asked) in job.requests.iter().enumerate() {
            let wire = match build(&self.parts.form, asked) {
                Ok(wire) => wire,
                Err(error) => {
                    self.put(job.place, request, Err(error));
                    continue;
                }
            };
            let key = self
                .parts
                .cache
                .is_some()
                .then(|| cache_key(&self.parts.form, &self.parts.address, &self.parts.identity, &wire, job.repeat));
            if let Some(Read { reply, .. }) = key.as_deref().and_then(|key| self.cached(key, &wire)) {
                self.traffic.n_cached += 1;
                if let Some(open) = self.open.get_mut(&job.place) {
                    open.exchange.n_cached += 1;
                }
                self.put(job.place, request, Ok(reply));
                continue;
            }
            self.ready.push_back(Row::new(job.place, request, Arc::clone(&name), wire, key));
        }
        self.deliver_if_whole(job.place);
    }

    fn cached(&self, key: &str, wire: &WireRequest) -> Option<Read> {
        let mut cache = self.parts.cache.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let found = cache.get(key).and_then(|body| read(wire, &body).ok());
        if found.is_none() {
            // What no longer passes the checks is asked for again, and kept anew.
            cache.forget(key);
        }
        found
    }

    fn send(&mut self, mut row: Row, reserved: f64) {
        row.attempts += 1;
        self.traffic.n_sent += 1;
        self.traffic.n_retries += u64::from(row.attempts > 1);
        self.reserved += reserved;
        if let Some(open) = self.open.get_mut(&row.place) {
            open.exchange.n_sent += 1;
        }
        let transport = Arc::clone(&self.parts.transport);
        let url = self.parts.address.method(row.wire.method);
        let sent = Instant::now();
        self.running.push(Box::pin(async move {
            let body = row.wire.body.to_string().into_bytes();
            let outcome = transport.post(url, body).await;
            Finished { row, outcome, sent, reserved }
        }));
    }

    fn finish(&mut self, finished: Finished) {
        let Finished { row, outcome, sent, reserved } = finished;
        let is_full = self.running.len() + 1 >= self.parts.control.limit.current();
        self.reserved = (self.reserved - reserved).max(0.0);
        let read = outcome.and_then(|received| match read(&row.wire, &received.body) {
            Ok(read) => Ok((read, received)),
            Err(fault) => {
                // A whole reply that is no answer is paid for all the same.
                self.spend(row.place, usage_of(&received.body).unwrap_or(row.wire.most));
                Err(fault)
            }
        });
        match read {
            Ok((read, received)) => self.answered(&row, is_full, read, &received),
            Err(fault) => self.failed(row, sent, self.parts.transport.scrubbed(fault)),
        }
        self.report(false);
    }

    fn answered(&mut self, row: &Row, is_full: bool, read: Read, received: &Received) {
        let Read { reply, usage, request_id, .. } = read;
        self.n_answers += 1;
        self.spend(row.place, usage);
        let control = &mut self.parts.control;
        control.has_answered = true;
        if let Some(wait) = received.full_for {
            control.pace.pause(Instant::now() + wait.min(self.parts.options.max_retry_after));
        }
        // Not journaled: each step up is one request more.
        control.limit.succeeded(is_full);
        if let (Some(key), Some(cache)) = (&row.key, &self.parts.cache) {
            let notice = cache.lock().unwrap_or_else(PoisonError::into_inner).put(key, &received.body);
            if let Some(notice) = notice {
                let _ = self.parts.tell.send(Message::Event(JobEvent::Notice(notice)));
            }
        }
        if let Some(open) = self.open.get_mut(&row.place) {
            open.latency_ms += milliseconds(received.total);
            let exchange = &mut open.exchange;
            exchange.first_byte_ms += milliseconds(received.first_byte);
            exchange.request_ids.extend(request_id.map(|id| id.chars().take(128).collect()));
        }
        self.put(row.place, row.request, Ok(reply));
        self.deliver_if_whole(row.place);
    }

    /// Books what a reply has used.
    fn spend(&mut self, place: usize, usage: Usage) {
        let cost = self.parts.prices.as_ref().map(|prices| prices.cost(&usage));
        let add = |sum: Option<f64>| sum.zip(cost).map(|(sum, cost)| sum + cost);
        self.parts.control.spent += cost.unwrap_or(0.0);
        self.traffic.usage.add(usage);
        self.traffic.cost = add(self.traffic.cost);
        if let Some(open) = self.open.get_mut(&place) {
            open.exchange.usage.add(usage);
            open.exchange.cost = add(open.exchange.cost);
        }
    }

    fn failed(&mut self, mut row: Row, sent: Instant, fault: Fault) {
        let now = Instant::now();
        let max_wait = self.parts.options.max_retry_after;
        let mut fault = fault;
        if fault.kind == FaultKind::Overloaded && self.parts.control.limit.overloaded(sent, now) {
            let limit = self.parts.control.limit.current();
            let event = JobEvent::LimitChanged { limit, why: LimitChange::Overload };
            let _ = self.parts.tell.send(Message::Event(event));
        }
        if let Some(wait) = fault.retry_after {
            if wait > max_wait && fault.is_retryable() {
                fault.kind = FaultKind::RetryAfterTooLong;
                fault.detail = format!(
                    "the endpoint asks to wait {} s, and --max-retry-after allows {} s",
                    wait.as_secs(),
                    max_wait.as_secs()
                );
            } else {
                self.parts.control.pace.pause(now + wait.min(max_wait));
            }
        }
        let is_stuck = row.is_stuck(&fault, self.n_answers);
        // An item that has failed by another of its requests gains nothing from this one.
        let is_lost = self.open.get(&row.place).is_none_or(|open| open.has_failed);
        let is_over = row.attempts >= self.parts.options.attempts || !fault.is_retryable() || is_stuck || is_lost;
        let wait = (!is_over && self.ending.is_none()).then(|| {
            let wait = back_off(self.parts.options.seed, &row.name, row.request, row.attempts);
            wait.max(fault.retry_after.unwrap_or(Duration::ZERO))
        });
        let event = FailedAttempt {
            place: row.place,
            request: row.request,
            attempt: row.attempts,
            kind: fault.kind.word().to_owned(),
            status: fault.status,
            wait_ms: wait.map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        };
        let _ = self.parts.tell.send(Message::Event(JobEvent::AttemptFailed(event)));
        if !self.parts.control.has_answered
            && let Some(halt) = self.hopeless(&fault, is_over)
        {
            self.ending = Some(halt);
            return;
        }
        match wait {
            Some(wait) => {
                self.n_waited += 1;
                self.waiting.insert((now + wait, self.n_waited), row);
            }
            // Ended before its attempts were used up: it counts as not asked.
            None if !is_over => {}
            None => self.give_up(&row, &fault),
        }
    }

    /// Nothing was answered yet, and this says that nothing will be.
    fn hopeless(&self, fault: &Fault, is_over: bool) -> Option<Halt> {
        let model = self.parts.form.name.clone();
        match fault.kind {
            FaultKind::KeyRefused => Some(Halt::KeyRefused {
                model,
                status: fault.status.unwrap_or(401),
                detail: fault.detail.clone(),
                advice: "check the variable that `api_key_env` names in models.toml".into(),
            }),
            FaultKind::Connect | FaultKind::TimeoutConnect | FaultKind::Tls if is_over => {
                Some(Halt::Unreachable { model, detail: fault.detail.clone() })
            }
            _ => None,
        }
    }

    fn give_up(&mut self, row: &Row, fault: &Fault) {
        let error = RemoteError {
            kind: fault.kind,
            status: fault.status,
            detail: fault.detail.clone(),
            body: fault.body.clone(),
            attempts: row.attempts,
        };
        let error = BackendError::Remote(Box::new(error));
        self.put(row.place, row.request, Err(error.clone()));
        // The item has failed: its other requests would be paid for in vain.
        let mut spared: Vec<usize> = Vec::new();
        let mut is_spared = |other: &Row| {
            let is_same = other.place == row.place;
            if is_same {
                spared.push(other.request);
            }
            is_same
        };
        self.ready.retain(|other| !is_spared(other));
        self.waiting.retain(|_, other| !is_spared(other));
        for request in spared {
            self.put(row.place, request, Err(error.clone()));
        }
        if let Some(open) = self.open.get_mut(&row.place) {
            open.has_failed = true;
            // A text that is too long for the context says nothing about the endpoint.
            open.counts_against_endpoint |= fault.kind != FaultKind::ContextLength;
        }
        self.deliver_if_whole(row.place);
        if self.n_failed_in_a_row >= FAILED_IN_A_ROW && self.ending.is_none() {
            self.ending = Some(Halt::TooManyErrors {
                model: self.parts.form.name.clone(),
                n: self.n_failed_in_a_row,
                kind: fault.kind.word().to_owned(),
                detail: fault.detail.clone(),
            });
        }
    }

    fn put(&mut self, place: usize, request: usize, reply: Result<Reply, BackendError>) {
        if let Some(open) = self.open.get_mut(&place) {
            open.put(request, reply);
        }
    }

    /// Hands a job out when its last reply is there.
    fn deliver_if_whole(&mut self, place: usize) {
        if self.open.get(&place).is_none_or(|open| open.n_missing > 0) {
            return;
        }
        let Some(open) = self.open.remove(&place) else { return };
        let replies: Vec<Result<Reply, BackendError>> = open.replies.into_iter().flatten().collect();
        if replies.iter().all(Result::is_ok) {
            self.n_failed_in_a_row = 0;
        } else if open.counts_against_endpoint {
            self.n_failed_in_a_row += 1;
        }
        let delivery = Delivery { place, replies, latency_ms: open.latency_ms, exchange: Some(open.exchange) };
        let _ = self.parts.tell.send(Message::Event(JobEvent::Delivered(delivery)));
    }

    fn report(&mut self, is_last: bool) {
        let now = Instant::now();
        if !is_last && self.reported.is_some_and(|reported| now.duration_since(reported) < REPORT_EVERY) {
            return;
        }
        self.reported = Some(now);
        self.traffic.in_flight = self.running.len();
        self.traffic.waiting = self.waiting.len();
        self.traffic.limit = self.parts.control.limit.current();
        let _ = self.parts.tell.send(Message::Event(JobEvent::Traffic(self.traffic)));
    }
}

/// Never, where no time is given.
fn sleep_until(at: Option<Instant>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    match at {
        Some(at) => Box::pin(tokio::time::sleep_until(at.into())),
        None => Box::pin(std::future::pending()),
    }
}
