//! The item metrics of a recorded continuation, text or answer, by their names.

use super::answer_text::{Punctuation, exact_match_text, prefix_match, squad_f1, squad_recall};
use super::metrics::base_name;
use super::rouge::{RougeScore, rouge_l, rouge_l_stemmed};
use crate::record::{Answer, TextScore};
use crate::suite::GenerateProbe;

use super::message_scores;

/// A metric of a verbatim continuation; a name that ends in `_s<n>` looks at the first tokens alone.
///
/// `None` for an empty reference, an unknown name, or another kind of answer.
#[must_use]
pub fn verbatim(metric: &str, answer: &Answer) -> Option<f64> {
    let Answer::Verbatim { generation, rest, span, written_span, is_same_span, .. } = answer else { return None };
    let name = base_name(metric);
    let is_span = name != metric;
    let (written, reference) = if is_span { (written_span, span) } else { (&generation.text, rest) };
    if reference.is_empty() {
        return None;
    }
    if name == "exact_match_tokens" {
        let plain = |text: &str| text.trim().to_lowercase();
        let is_same = if is_span { *is_same_span } else { plain(written) == plain(reference) };
        return Some(f64::from(u8::from(is_same)));
    }
    let (name, overlap) = match name.strip_suffix("_stemmed") {
        Some(name) => (name, rouge_l_stemmed(written, reference)),
        None => (name, rouge_l(written, reference)),
    };
    let RougeScore { precision, recall, f_measure } = overlap;
    match name {
        "rougeL_f" => Some(f_measure),
        "rougeL_precision" => Some(precision),
        "rougeL_recall" => Some(recall),
        _ => None,
    }
}

/// A metric of one text's log-likelihood. `None` for an empty text or an unknown name.
#[must_use]
pub fn text(metric: &str, score: &TextScore) -> Option<f64> {
    match metric {
        #[expect(clippy::cast_precision_loss, reason = "texts are far shorter than 2^52 bytes")]
        "logprob_per_byte" => (score.n_bytes > 0).then(|| score.logprob / score.n_bytes as f64),
        "greedy_match" => score.is_greedy.map(|hit| f64::from(u8::from(hit))),
        _ => None,
    }
}

/// A metric of a written answer. White space before it is dropped, as upstream's filter does.
///
/// `None` for an unknown name, another kind of answer, or one of all right answers where the data name none.
#[must_use]
pub fn completion(metric: &str, answer: &Answer, probe: &GenerateProbe) -> Option<f64> {
    let Answer::Completion { generation, reference, accepted, .. } = answer else { return None };
    let written = generation.text.trim_start();
    let punctuation = if probe.splits_addresses { Punctuation::SplitsAddresses } else { Punctuation::Removed };
    let best = |score: &dyn Fn(&str) -> f64| accepted.iter().map(|text| score(text)).reduce(f64::max);
    match metric {
        "exact_match_text" => Some(exact_match_text(written, reference)),
        "exact_match_text_any" => best(&|text| exact_match_text(written, text)),
        "squad_f1" => Some(squad_f1(written, reference, punctuation)),
        "squad_f1_any" => best(&|text| squad_f1(written, text, punctuation)),
        "squad_recall" => Some(squad_recall(written, reference, punctuation)),
        "prefix_match" => Some(prefix_match(written, reference, punctuation)),
        _ => message_scores::written(metric, &generation.text, reference, accepted).map(|score| score.value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::{FinishReason, Generation};

    fn generation(text: &str) -> Generation {
        Generation {
            text: text.to_owned(),
            token_ids: Vec::new(),
            logprobs: Vec::new(),
            n_prompt_tokens: 1,
            finish_reason: FinishReason::Length,
        }
    }

    #[test]
    fn the_whole_rest_and_its_first_tokens_are_two_questions() {
        let answer = Answer::Verbatim {
            generation: generation(" The lamp was LIT "),
            prompt: "p".into(),
            rest: "the lamp was lit".into(),
            span: "the lamp".into(),
            written_span: "the lamps".into(),
            is_same_span: false,
        };
        let of = |metric| verbatim(metric, &answer);
        assert_eq!((of("exact_match_tokens"), of("exact_match_tokens_s2")), (Some(1.0), Some(0.0)));
        assert_eq!((of("rougeL_f"), of("rougeL_f_s2"), of("rougeL_f_stemmed_s2")), (Some(1.0), Some(0.5), Some(1.0)));
        assert_eq!(of("acc"), None);
    }

    #[test]
    fn an_answer_may_be_right_by_any_of_several_and_wrong_by_the_first() {
        let probe = GenerateProbe {
            prompt: String::new(),
            reference: String::new(),
            any_of: Some("answers".into()),
            splits_addresses: false,
            max_tokens: 5,
            stop: Vec::new(),
            metrics: Vec::new(),
        };
        let answer = Answer::Completion {
            generation: generation(" Second."),
            prompt: "p".into(),
            reference: "first".into(),
            accepted: vec!["first".into(), "second".into()],
            lacks_prefill: false,
        };
        let of = |metric| completion(metric, &answer, &probe);
        assert_eq!((of("exact_match_text"), of("exact_match_text_any")), (Some(0.0), Some(1.0)));
        assert_eq!((of("prefix_match"), of("squad_f1_any")), (Some(0.0), Some(1.0)));
    }
}
