//! Log-probabilities of given text out of a reply, with every check that tells a wrong number from a right one.
//!
//! The tokens of the reply, joined, must be the text that was sent. Where context ends and the scored text begins is then
//! counted in the bytes of those tokens, so that no second tokenizer can disagree. A token that straddles the border counts
//! to the text.

use std::collections::HashSet;

use super::body::{LogprobsBody, PromptLogprob, PromptLogprobs};
use crate::backend::remote::fault::{Fault, FaultKind};
use crate::backend::request::{TokenScores, WireTokens};

/// Above this a log-probability is no rounding of zero.
const LARGEST: f64 = 1e-6;
/// vLLM writes this where it has no number.
const SENTINEL: f64 = -9999.0;
/// So close to the best alternative a token is the best itself.
const TIE: f64 = 1e-9;
const REPLACEMENT: char = '\u{fffd}';

/// Scores of one text, in full precision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WireScores {
    /// Every token that the model saw.
    pub(crate) pieces: Vec<String>,
    /// First scored token, at least 1.
    pub(crate) first_scored: usize,
    pub(crate) logprobs: Vec<f64>,
    pub(crate) is_argmax: Vec<bool>,
    pub(crate) is_boundary_split: bool,
    /// A scored token without alternatives: `is_argmax` is a guess.
    pub(crate) lacks_alternatives: bool,
}

impl From<WireScores> for TokenScores {
    #[expect(clippy::cast_possible_truncation, reason = "records keep log-probabilities as f32")]
    fn from(scores: WireScores) -> Self {
        Self {
            token_ids: Vec::new(),
            first_scored: scores.first_scored,
            logprobs: scores.logprobs.iter().map(|&logprob| logprob as f32).collect(),
            vocab_mean: None,
            vocab_std: None,
            is_argmax: scores.is_argmax,
            n_windows: 1,
            wire: Some(WireTokens {
                pieces: scores.pieces,
                is_boundary_split: scores.is_boundary_split,
                lacks_alternatives: scores.lacks_alternatives,
            }),
        }
    }
}

/// What was sent: conditioned on `context`, the rest is scored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'a> {
    pub(crate) context: &'a str,
    pub(crate) text: &'a str,
}

impl Sent<'_> {
    fn whole(self) -> String {
        format!("{}{}", self.context, self.text)
    }

    /// Bytes before the scored text; spaces at the end of the context go with the text, as tokenizers join them.
    fn border(self) -> usize {
        self.context.trim_end_matches(' ').len()
    }
}

/// Scores out of an echoed prompt. `told_completion`: generated tokens by the reply's own count.
pub(super) fn echoed(
    body: &LogprobsBody,
    sent: Sent<'_>,
    max_tokens: u64,
    told_completion: Option<u64>,
) -> Result<WireScores, Fault> {
    let missing = |what| Fault::new(FaultKind::LogprobsMissing, format!("the reply has no `{what}`"));
    let tokens = body.tokens.as_ref().ok_or_else(|| missing("logprobs.tokens"))?;
    let logprobs = body.token_logprobs.as_ref().ok_or_else(|| missing("logprobs.token_logprobs"))?;
    let tops = body.top_logprobs.as_ref().ok_or_else(|| missing("logprobs.top_logprobs"))?;
    if tokens.len() != logprobs.len() || tops.len() != tokens.len() {
        let (tokens, logprobs, tops) = (tokens.len(), logprobs.len(), tops.len());
        let detail = format!("{tokens} tokens, but {logprobs} log-probabilities and {tops} lists of alternatives");
        return Err(Fault::new(FaultKind::LogprobCount, detail));
    }
    let whole = sent.whole();
    let bytes: Vec<Vec<u8>> = tokens.iter().map(|token| piece_bytes(token)).collect();
    let ends = [told_completion, Some(max_tokens), Some(0), Some(1)]
        .into_iter()
        .flatten()
        .filter_map(|generated| tokens.len().checked_sub(usize::try_from(generated).ok()?))
        .find_map(|n_prompt| Some((n_prompt, piece_ends(&bytes[..n_prompt], &whole, body.text_offset.as_deref())?)));
    let Some((n_prompt, ends)) = ends else { return Err(mismatch(&bytes, &whole)) };
    check_first(logprobs.first().copied().flatten())?;
    let first_scored = first_scored(&ends, sent)?;
    let mut scored = Vec::with_capacity(n_prompt - first_scored);
    let mut is_argmax = Vec::with_capacity(n_prompt - first_scored);
    let mut lacks_alternatives = false;
    // Every log-probability of the prompt is looked at: a broken reply is not half good.
    for place in 1..n_prompt {
        let logprob = checked(logprobs[place], place)?;
        if place < first_scored {
            continue;
        }
        let best = tops[place].iter().flat_map(|top| top.values()).flatten().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        scored.push(logprob);
        is_argmax.push(best.is_finite() && logprob >= best - TIE);
        lacks_alternatives |= !best.is_finite();
    }
    Ok(WireScores {
        pieces: tokens[..n_prompt].to_vec(),
        first_scored,
        logprobs: scored,
        is_argmax,
        is_boundary_split: is_split(&ends, first_scored, sent),
        lacks_alternatives,
    })
}

/// Scores out of vLLM's `prompt_logprobs`: at each place, the token that continues the text is the prompt's own.
pub(super) fn prompted(places: &[Option<PromptLogprobs>], sent: Sent<'_>) -> Result<WireScores, Fault> {
    if places.len() < 2 && places.iter().all(Option::is_none) {
        let detail = "`prompt_logprobs` holds nothing: the server accepts the key and does not support it";
        return Err(Fault::new(FaultKind::PromptLogprobsUnsupported, detail));
    }
    check_first(places.first().and_then(|first| first.as_ref()).and_then(|map| map.values().next()?.logprob))?;
    let whole = sent.whole();
    let path = own_tokens(&places[1..], &whole).ok_or_else(|| {
        let detail = "the tokens of `prompt_logprobs`, joined, are not the end of the text that was sent";
        Fault::new(FaultKind::TextMismatch, detail)
    })?;
    let mut pieces = vec![whole[..path.first_end].to_owned()];
    let mut ends = vec![path.first_end];
    for token in &path.tokens {
        ends.push(ends[ends.len() - 1] + token.decoded_token.as_ref().map_or(0, String::len));
        pieces.push(token.decoded_token.clone().unwrap_or_default());
    }
    let first_scored = first_scored(&ends, sent)?;
    let (mut logprobs, mut is_argmax) = (Vec::new(), Vec::new());
    for (place, token) in (1..).zip(&path.tokens) {
        let logprob = checked(token.logprob, place)?;
        if place < first_scored {
            continue;
        }
        let best = places[place].iter().flat_map(|map| map.values()).filter_map(|token| token.logprob);
        let best = best.fold(f64::NEG_INFINITY, f64::max);
        logprobs.push(logprob);
        is_argmax.push(token.rank.map_or(logprob >= best - TIE, |rank| rank == 1));
    }
    let is_boundary_split = is_split(&ends, first_scored, sent);
    Ok(WireScores { pieces, first_scored, logprobs, is_argmax, is_boundary_split, lacks_alternatives: false })
}

/// The prompt's own token at each place but the first.
struct OwnTokens<'a> {
    /// Bytes of the text in the first token, which has no entry; 0 where it is a beginning-of-sequence token.
    first_end: usize,
    tokens: Vec<&'a PromptLogprob>,
}

/// Walks backwards: at each place a candidate must end where the text still to be explained ends. The longest candidate is
/// tried first. Memoised by place and length, so O(places x length).
fn own_tokens<'a>(places: &'a [Option<PromptLogprobs>], whole: &str) -> Option<OwnTokens<'a>> {
    struct Step<'a> {
        end: usize,
        candidates: Vec<&'a PromptLogprob>,
    }
    let candidates = |place: usize, end: usize| -> Option<Step<'a>> {
        let map = places[place].as_ref()?;
        let mut fitting: Vec<_> = map
            .values()
            .filter(|token| token.decoded_token.as_ref().is_some_and(|piece| whole[..end].ends_with(piece.as_str())))
            .collect();
        // The last is tried first.
        fitting.sort_by_key(|token| token.decoded_token.as_ref().map_or(0, String::len));
        Some(Step { end, candidates: fitting })
    };
    let mut dead: HashSet<(usize, usize)> = HashSet::new();
    let mut chosen: Vec<&PromptLogprob> = Vec::new();
    let Some(last) = places.len().checked_sub(1) else {
        return Some(OwnTokens { first_end: whole.len(), tokens: Vec::new() });
    };
    let mut stack = vec![candidates(last, whole.len())?];
    loop {
        let place = places.len() - stack.len() + 1;
        let step = stack.last_mut()?;
        let end = step.end;
        let Some(token) = step.candidates.pop() else {
            dead.insert((place, end));
            stack.pop();
            chosen.pop();
            continue;
        };
        let end = end - token.decoded_token.as_ref().map_or(0, String::len);
        chosen.push(token);
        if stack.len() == places.len() {
            chosen.reverse();
            return Some(OwnTokens { first_end: end, tokens: chosen });
        }
        let next = places.len() - stack.len() - 1;
        match (!dead.contains(&(next + 1, end))).then(|| candidates(next, end)).flatten() {
            Some(step) => stack.push(step),
            None => {
                chosen.pop();
            }
        }
    }
}

fn check_first(first: Option<f64>) -> Result<(), Fault> {
    match first {
        None => Ok(()),
        Some(logprob) => {
            let detail =
                format!("the first token has the log-probability {logprob}, although nothing stands before it");
            Err(Fault::new(FaultKind::FirstLogprobNotNull, detail))
        }
    }
}

fn checked(logprob: Option<f64>, place: usize) -> Result<f64, Fault> {
    let fault = |kind, what: String| Err(Fault::new(kind, format!("token {place} has {what}")));
    match logprob {
        None => fault(FaultKind::LogprobNotANumber, "no log-probability (null or NaN)".into()),
        Some(value) if !value.is_finite() => {
            fault(FaultKind::LogprobNotANumber, format!("the log-probability {value}"))
        }
        Some(value) if value > LARGEST => {
            fault(FaultKind::LogprobPositive, format!("the log-probability {value}, above 0"))
        }
        Some(value) if value <= SENTINEL => {
            fault(FaultKind::LogprobSentinel, format!("the log-probability {value}, which stands for none"))
        }
        Some(value) => Ok(value.min(0.0)),
    }
}

/// First token that ends behind the border, at least 1.
fn first_scored(ends: &[usize], sent: Sent<'_>) -> Result<usize, Fault> {
    let border = sent.border();
    let first = ends.iter().position(|&end| end > border).unwrap_or(ends.len());
    if first >= ends.len() {
        return Err(Fault::new(FaultKind::LogprobsMissing, "no token of the text to be scored is in the reply"));
    }
    if first == 0 && !sent.context.is_empty() {
        let detail = "the first token holds the context and the beginning of the text: nothing stands before it";
        return Err(Fault::new(FaultKind::LogprobsMissing, detail));
    }
    if first.max(1) >= ends.len() {
        return Err(Fault::new(FaultKind::LogprobsMissing, "the text has one token: nothing stands before it"));
    }
    Ok(first.max(1))
}

fn is_split(ends: &[usize], first_scored: usize, sent: Sent<'_>) -> bool {
    !sent.context.is_empty() && ends[first_scored - 1] < sent.border()
}

/// Tokens of half a character are told as `bytes:\xe2\x80`.
fn piece_bytes(piece: &str) -> Vec<u8> {
    let Some(escaped) = piece.strip_prefix("bytes:") else { return piece.as_bytes().to_vec() };
    let mut bytes = Vec::new();
    let mut rest = escaped;
    while !rest.is_empty() {
        let Some(hex) = rest.strip_prefix("\\x").and_then(|rest| rest.get(..2)) else {
            return piece.as_bytes().to_vec();
        };
        let Ok(byte) = u8::from_str_radix(hex, 16) else { return piece.as_bytes().to_vec() };
        bytes.push(byte);
        rest = &rest[4..];
    }
    bytes
}

/// Byte of `whole` at which each piece ends; `None` when the pieces are not the text. A first piece that is not part of the
/// text (a beginning-of-sequence token) ends at 0.
fn piece_ends(pieces: &[Vec<u8>], whole: &str, offsets: Option<&[u64]>) -> Option<Vec<usize>> {
    if pieces.is_empty() {
        return None;
    }
    for n_special in [0, 1] {
        let joined: usize = pieces[n_special..].iter().map(Vec::len).sum();
        if joined != whole.len() {
            continue;
        }
        let mut ends = vec![0; n_special];
        let mut end = 0;
        let fits = pieces[n_special..].iter().all(|piece| {
            let start = end;
            end += piece.len();
            ends.push(end);
            whole.as_bytes()[start..end] == **piece
        });
        if fits {
            return Some(ends);
        }
    }
    let has_halves = pieces.iter().any(|piece| String::from_utf8_lossy(piece).contains(REPLACEMENT));
    // Halves of characters are told as U+FFFD: the offsets have to say where they stand.
    if has_halves { ends_by_offset(pieces, whole, offsets?) } else { None }
}

/// Units in which servers count `text_offset`.
#[derive(Clone, Copy)]
enum OffsetUnit {
    Scalars,
    Bytes,
    Utf16,
}

fn ends_by_offset(pieces: &[Vec<u8>], whole: &str, offsets: &[u64]) -> Option<Vec<usize>> {
    let offsets = offsets.get(..pieces.len())?;
    [OffsetUnit::Scalars, OffsetUnit::Bytes, OffsetUnit::Utf16].into_iter().find_map(|unit| {
        let mut starts: Vec<usize> =
            offsets.iter().map(|&offset| byte_at(whole, offset, unit)).collect::<Option<_>>()?;
        let fits = starts.is_sorted()
            && pieces.iter().zip(&starts).all(|(piece, &start)| {
                let is_half = String::from_utf8_lossy(piece).contains(REPLACEMENT);
                is_half || whole.as_bytes()[start..].starts_with(piece)
            });
        if !fits || starts.first() != Some(&0) {
            return None;
        }
        starts.push(whole.len());
        Some(starts[1..].to_vec())
    })
}

fn byte_at(whole: &str, offset: u64, unit: OffsetUnit) -> Option<usize> {
    let offset = usize::try_from(offset).ok()?;
    match unit {
        OffsetUnit::Bytes => (offset <= whole.len()).then_some(offset),
        OffsetUnit::Scalars => whole.char_indices().map(|(at, _)| at).chain(std::iter::once(whole.len())).nth(offset),
        OffsetUnit::Utf16 => {
            let mut counted = 0;
            for (at, c) in whole.char_indices() {
                if counted >= offset {
                    return Some(at);
                }
                counted += c.len_utf16();
            }
            (counted >= offset).then_some(whole.len())
        }
    }
}

fn mismatch(pieces: &[Vec<u8>], whole: &str) -> Fault {
    let joined = pieces.concat();
    let same = joined.iter().zip(whole.as_bytes()).take_while(|(a, b)| a == b).count();
    let detail = format!(
        "the tokens of the reply, joined, are not the text that was sent: they differ from byte {same} on ({} bytes against {})",
        joined.len(),
        whole.len()
    );
    Fault::new(FaultKind::TextMismatch, detail)
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
