//! How a run goes, for people: a bar on a terminal, a plain line now and then elsewhere.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::endpoint_options::traffic_words;
use super::session::Session;
use crate::backend::{Backend, RemoteModel, Traffic};
use crate::record::CellNotice;
use crate::run::execute::Watcher;

/// Time between two plain lines.
const PLAIN_EVERY: Duration = Duration::from_secs(30);

/// Tells the progress of a run on stderr.
pub(super) struct Progress<'a> {
    session: &'a Session,
    state: Mutex<State>,
}

struct State {
    bar: ProgressBar,
    label: String,
    done: u64,
    failed: u64,
    open: u64,
    begun: Instant,
    told: Instant,
    traffic: Option<Traffic>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(session: &'a Session) -> Self {
        let state = State {
            bar: ProgressBar::hidden(),
            label: String::new(),
            done: 0,
            failed: 0,
            open: 0,
            begun: Instant::now(),
            told: Instant::now(),
            traffic: None,
        };
        Self { session, state: Mutex::new(state) }
    }

    fn with(&self, act: impl FnOnce(&mut State)) {
        act(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

/// What the user should know of an endpoint before anything is sent to it.
pub(super) fn tell_about(remote: &RemoteModel, session: &Session) {
    let name = &remote.identity().name;
    if remote.is_open_to_eavesdroppers() {
        session.note(&format!("{name}: http without TLS, so prompts and the key can be read on the way"));
    }
    if let Some(notice) = remote.cache_notice() {
        session.note(&notice);
    }
    if let Some(scoring) = remote.endpoint().and_then(|report| report.scoring) {
        session.note(&format!("{name}: given text is scored by {}", scoring.word()));
    }
}

/// A bar on a terminal, hidden elsewhere.
pub(super) fn bar(session: &Session, template: &str) -> ProgressBar {
    if !session.has_watcher() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

impl Watcher for Progress<'_> {
    fn cell_begins(&self, suite: &str, model: &str, n_open: u64, n_all: u64) {
        self.with(|state| {
            state.label = format!("{suite} / {model}");
            (state.done, state.failed, state.open, state.traffic) = (0, 0, n_open, None);
            (state.begun, state.told) = (Instant::now(), Instant::now());
            let recorded = n_all - n_open;
            if recorded > 0 {
                self.session.note(&format!("{}: {recorded} of {n_all} answers are recorded already", state.label));
            }
            state.bar = bar(self.session, "{prefix} [{bar:30}] {pos}/{len} {per_sec} {msg} eta {eta}");
            state.bar.set_length(n_open);
            state.bar.set_prefix(state.label.clone());
        });
    }

    fn answered(&self, n: u64, n_failed: u64) {
        self.with(|state| {
            state.done += n;
            state.failed += n_failed;
            state.bar.set_position(state.done);
            if state.traffic.is_none() {
                state.bar.set_message(format!("{} failed", state.failed));
            }
            if !self.session.has_watcher() && state.told.elapsed() >= PLAIN_EVERY {
                let traffic = state.traffic.as_ref().map_or_else(String::new, |it| format!("; {}", traffic_words(it)));
                #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
                let rate = state.done as f64 / state.begun.elapsed().as_secs_f64().max(1e-3);
                #[expect(clippy::cast_precision_loss, reason = "a time for people")]
                let left = state.open.saturating_sub(state.done) as f64 / rate.max(1e-9);
                self.session.note(&format!(
                    "{}: {} of {} answered, {} failed, {rate:.1}/s, eta {left:.0} s{traffic}",
                    state.label, state.done, state.open, state.failed
                ));
                state.told = Instant::now();
            }
        });
    }

    fn traffic(&self, traffic: &Traffic) {
        self.with(|state| {
            state.traffic = Some(*traffic);
            state.bar.set_message(format!("{} failed, {}", state.failed, traffic_words(traffic)));
        });
    }

    fn notice(&self, notice: &CellNotice) {
        self.session.note(&notice.to_string());
    }

    fn told(&self, text: &str) {
        self.session.note(text);
    }

    fn cell_ends(&self) {
        self.with(|state| {
            state.bar.finish_and_clear();
            let traffic = state.traffic.as_ref().map_or_else(String::new, |it| format!("; {}", traffic_words(it)));
            self.session.note(&format!("{}: {} answered, {} failed{traffic}", state.label, state.done, state.failed));
        });
    }
}
