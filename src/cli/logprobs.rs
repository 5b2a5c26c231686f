//! `mnemoscope logprobs`: `{"id","text"}` -> `{"id","token_ids","tokens","logprobs"}`, token by token.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::error::CliError;
use super::exit::Exit;
use super::instrument::{
    AskedRow, BosChoice, Deliver, InstrumentArgs, Request, SingleRequests, answer_for_session, asked_row, require,
};
use super::session::Session;
use crate::backend::{Backend, Bos, Capability, Context, Halt, Reply, Request as BackendRequest, ScoreRequest};
use crate::dataset::{RowId, TextRow, text_rows};

/// Log-probabilities of texts, token by token.
#[derive(Debug, Args)]
pub struct LogprobsArgs {
    #[command(flatten)]
    instrument: InstrumentArgs,
    /// Also mean and standard deviation of the log-probabilities over the vocabulary, at every token.
    #[arg(long)]
    vocab_stats: bool,
    /// Whether a beginning-of-sequence token is put before the text.
    #[arg(long, value_enum, default_value = "auto")]
    bos: BosChoice,
    /// Score in windows of so many tokens, whatever fits; else whole where it fits, in windows of the context where not.
    #[arg(long, value_name = "N")]
    window: Option<NonZeroUsize>,
    /// Tokens that each window moves on; half the window where none is given.
    #[arg(long, value_name = "N")]
    stride: Option<NonZeroUsize>,
    /// Only the first N rows.
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
}

/// One output line; n-1 values for n ids.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct LogprobsRow {
    id: RowId,
    /// Null where an endpoint does not tell them.
    token_ids: Option<Vec<u32>>,
    /// Each token as people read it.
    tokens: Vec<String>,
    /// `logprobs[i]` belongs to `token_ids[i + 1]`.
    logprobs: Vec<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vocab_mean: Option<Vec<f32>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vocab_std: Option<Vec<f32>>,
    /// Only where the text did not fit into one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    windows: Option<usize>,
}

/// What changes the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Options {
    bos: Bos,
    window: Context,
    vocab_stats: bool,
}

pub(super) fn run(args: &LogprobsArgs, session: &Session) -> Result<Exit, CliError> {
    let destination = args.instrument.destination()?;
    let rows = args.instrument.rows(text_rows, args.limit)?;
    let opened = args.instrument.open_model(&args.instrument.model, &[Capability::Score], session)?;
    let model = opened.backend();
    let context = model.identity().context_length.and_then(|length| usize::try_from(length).ok());
    let window = context_rule(args.window, args.stride, context.unwrap_or(usize::MAX))?;
    let options = Options { bos: args.bos.into(), window, vocab_stats: args.vocab_stats };
    let asked = asked_rows(model, &rows, &options)?;
    let note = |text: &str| session.note(text);
    let answers = answer_for_session(&asked, &destination, session, &mut |places, deliver| {
        score(model, &rows, &options, places, deliver, &session.interrupted, &note)
    })?;
    Ok(answers.conclude(rows.len(), &destination, session))
}

fn asked_rows(backend: &dyn Backend, rows: &[TextRow], options: &Options) -> Result<Vec<AskedRow>, CliError> {
    require(backend, Capability::Score, "`logprobs`")?;
    if options.vocab_stats {
        require(backend, Capability::VocabStats, "--vocab-stats")?;
    }
    let request = Request { command: "logprobs", models: &[backend.identity()], options };
    rows.iter().map(|row| asked_row(&request, &row.id, &row.text)).collect()
}

/// How long texts are scored.
///
/// # Errors
/// A window that the model cannot hold, or a stride that leaves tokens without context.
fn context_rule(
    window: Option<NonZeroUsize>,
    stride: Option<NonZeroUsize>,
    context_length: usize,
) -> Result<Context, CliError> {
    if window.is_none() && stride.is_none() {
        return Ok(Context::Fit);
    }
    let window = window.map_or(context_length, NonZeroUsize::get);
    let stride = stride.map_or((window / 2).max(1), NonZeroUsize::get);
    let refuse = |message| Err(CliError::Usage { message });
    if window > context_length {
        return refuse(format!(
            "--window {window} is longer than the model's context of {context_length} tokens; give at most that"
        ));
    }
    if stride >= window {
        return refuse(format!(
            "--stride {stride} must be smaller than the window of {window} tokens, or the first token of each window \
             has no context; give at most {}",
            window.saturating_sub(1)
        ));
    }
    Ok(Context::Windowed { window, stride })
}

fn score(
    backend: &dyn Backend,
    rows: &[TextRow],
    options: &Options,
    places: &[usize],
    deliver: &mut Deliver<'_, LogprobsRow>,
    interrupted: &AtomicBool,
    note: &dyn Fn(&str),
) -> Result<(), Halt> {
    let request = |place: usize| {
        BackendRequest::Score(ScoreRequest {
            context: String::new(),
            text: rows[place].text.clone(),
            bos: options.bos,
            window: options.window,
            vocab_stats: options.vocab_stats,
        })
    };
    let row = |place: usize, reply: Reply| match reply {
        Reply::Scores(scores) => Some(LogprobsRow {
            id: rows[place].id.clone(),
            tokens: backend.pieces(&scores),
            token_ids: scores.wire.is_none().then_some(scores.token_ids),
            logprobs: scores.logprobs,
            vocab_mean: scores.vocab_mean,
            vocab_std: scores.vocab_std,
            windows: (scores.n_windows > 1).then_some(scores.n_windows),
        }),
        _ => None,
    };
    SingleRequests { backend, request: &request, row: &row, interrupted, note }.answer(places, deliver)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use indicatif::ProgressBar;
    use serde_json::{Value, json};

    use super::super::instrument::{Answers, Destination, Watch, answer_rows};
    use super::*;
    use crate::backend::{Capabilities, Script, ScriptedBackend};

    const PLAIN: Options = Options { bos: Bos::Auto, window: Context::Fit, vocab_stats: false };

    fn rows(texts: &[&str]) -> Vec<TextRow> {
        let row = |(place, text): (usize, &&str)| TextRow {
            line: place + 1,
            id: RowId::Text(format!("t{place}")),
            text: (*text).to_owned(),
        };
        texts.iter().enumerate().map(row).collect()
    }

    fn answer(
        backend: &ScriptedBackend,
        texts: &[&str],
        options: &Options,
        out: Option<&Path>,
    ) -> (Answers<LogprobsRow>, String) {
        let rows = rows(texts);
        let interrupted = AtomicBool::new(false);
        let watch = Watch { note: &|_| {}, bar: ProgressBar::hidden() };
        let asked = asked_rows(backend, &rows, options).unwrap();
        let mut printed = Vec::new();
        let destination = Destination::new(out).unwrap();
        let answers = answer_rows(&asked, &destination, &mut printed, &watch, &mut |places, deliver| {
            score(backend, &rows, options, places, deliver, &interrupted, &|_| {})
        });
        (answers.unwrap(), String::from_utf8(printed).unwrap())
    }

    #[test]
    fn a_line_has_one_value_fewer_than_ids_and_an_error_stands_in_its_place() {
        let script = Script { faults: vec!["boom".into()], default_logprob: -2.5, ..Script::default() };
        let (_, printed) = answer(&ScriptedBackend::new(script), &["a b c", "alone", "boom it", "d e"], &PLAIN, None);
        let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            lines[0],
            json!({"id": "t0", "token_ids": [0, 1, 2], "tokens": ["w0", "w1", "w2"], "logprobs": [-2.5, -2.5]})
        );
        assert_eq!((&lines[1]["id"], &lines[1]["error"]["kind"]), (&json!("t1"), &json!("too_short")));
        assert_eq!(lines[2]["error"]["kind"], "scripted");
        assert!(lines[2].get("logprobs").is_none());
        assert_eq!(lines[3]["id"], "t3");
    }

    #[test]
    fn the_vocabulary_statistics_come_only_when_asked_for() {
        let backend = ScriptedBackend::new(Script::default());
        let (_, printed) = answer(&backend, &["a b c"], &Options { vocab_stats: true, ..PLAIN }, None);
        let line: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!((&line["vocab_mean"], &line["vocab_std"]), (&json!([-2.0, -2.0]), &json!([1.0, 1.0])));
        let blind =
            Script { capabilities: Capabilities { score: true, ..Capabilities::default() }, ..Script::default() };
        let refused =
            asked_rows(&ScriptedBackend::new(blind), &rows(&["a b"]), &Options { vocab_stats: true, ..PLAIN });
        assert!(matches!(refused, Err(CliError::Usage { message }) if message.contains("`vocab_stats`")));
    }

    #[test]
    fn the_same_call_again_sends_nothing_and_another_option_sends_all() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.jsonl");
        let backend = ScriptedBackend::new(Script::default());
        answer(&backend, &["a b", "c d"], &PLAIN, Some(&out));
        answer(&backend, &["a b", "c d"], &PLAIN, Some(&out));
        assert_eq!(backend.n_asked(), 2);
        answer(&backend, &["a b", "c d", "e f"], &PLAIN, Some(&out));
        assert_eq!(backend.n_asked(), 3);
        answer(&backend, &["a b", "c d"], &Options { bos: Bos::Never, ..PLAIN }, Some(&out));
        assert_eq!(backend.n_asked(), 5);
    }

    #[test]
    fn windows_must_fit_and_overlap() {
        let rule = |window, stride| context_rule(NonZeroUsize::new(window), NonZeroUsize::new(stride), 64);
        assert_eq!(rule(0, 0).unwrap(), Context::Fit);
        assert_eq!(rule(32, 0).unwrap(), Context::Windowed { window: 32, stride: 16 });
        assert_eq!(rule(0, 8).unwrap(), Context::Windowed { window: 64, stride: 8 });
        for (window, stride) in [(65, 0), (32, 32), (0, 64), (1, 0)] {
            assert!(matches!(rule(window, stride), Err(CliError::Usage { .. })), "{window} {stride}");
        }
    }
}
