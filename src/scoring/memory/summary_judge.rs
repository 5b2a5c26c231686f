//! What three replies of a judge make of a summary (`check_metrics` of `llm_based_eval/summarization_evaluate.py`, method of HELMET).

use serde_json::Value;

use super::judge_json::judge_json;

/// Replies about one summary; `None` where the judge gave none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SummaryReplies<'a> {
    /// `{"fluency": 0 or 1}`.
    pub fluency: Option<&'a str>,
    /// `{"recall": key points found}`.
    pub recall: Option<&'a str>,
    /// `{"precision": sentences supported, "sentence_count": sentences}`.
    pub precision: Option<&'a str>,
}

/// What is counted and what follows. Nothing is clipped: a judge may find more than there is, and shares exceed 1 then.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SummaryScores {
    pub fluency: f64,
    /// Key points.
    pub n_keypoints: usize,
    pub recall_found: f64,
    /// Sentences of the summary, as the judge counts them.
    pub precision_total: f64,
    pub precision_found: f64,
    /// `recall_found / n_keypoints`; 0 without a key point.
    pub recall: f64,
    /// `precision_found / precision_total`; 0 without a sentence.
    pub precision: f64,
    /// `fluency 2 R P / (R + P)`; 0 where R + P is 0.
    pub f1: f64,
}

/// Why a summary has no scores. Upstream leaves such items out of the means; a report says how many.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnscoredSummary {
    #[error("the judge gave no reply about {about}; ask it again")]
    NoReply { about: &'static str },
    #[error("the judge's reply about {about} holds no JSON that can be read; ask it again")]
    NoJson { about: &'static str },
    #[error("the judge's reply about {about} has no number `{field}`; ask it again")]
    NoNumber { about: &'static str, field: &'static str },
    #[error("the judge's reply about {about} has the {field} {found}, but it can be {allowed} alone; ask it again")]
    Impossible { about: &'static str, field: &'static str, found: f64, allowed: String },
}

/// Means over the scored summaries, by upstream's names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SummaryMeans {
    /// `gpt-4-recall`.
    pub recall: f64,
    /// `gpt-4-precision`.
    pub precision: f64,
    /// `gpt-4-fluency`.
    pub fluency: f64,
    /// `gpt-4-f1`; times 100 it is the printed value.
    pub f1: f64,
}

impl SummaryScores {
    /// The scores of one summary; `n_keypoints`: how many key points the judge was shown.
    ///
    /// # Errors
    /// A reply is missing or cannot be read.
    pub fn of(n_keypoints: usize, replies: SummaryReplies<'_>) -> Result<Self, UnscoredSummary> {
        let read = |about, reply: Option<&str>| {
            judge_json(reply.ok_or(UnscoredSummary::NoReply { about })?).ok_or(UnscoredSummary::NoJson { about })
        };
        let number = |about, reply: &Value, field| {
            reply.get(field).and_then(as_number).ok_or(UnscoredSummary::NoNumber { about, field })
        };
        let fluency_reply = read("fluency", replies.fluency)?;
        let recall_reply = read("recall", replies.recall)?;
        let precision_reply = read("precision", replies.precision)?;
        let fluency = number("fluency", &fluency_reply, "fluency")?;
        let recall_found = number("recall", &recall_reply, "recall")?;
        let precision_found = number("precision", &precision_reply, "precision")?;
        let precision_total = number("precision", &precision_reply, "sentence_count")?;
        let share = |found: f64, total: f64| if total > 0.0 { found / total } else { 0.0 };
        let recall = share(recall_found, n_keypoints as f64);
        let precision = share(precision_found, precision_total);
        let f1 =
            if recall + precision > 0.0 { fluency * 2.0 * (recall * precision) / (recall + precision) } else { 0.0 };
        Ok(Self { fluency, n_keypoints, recall_found, precision_total, precision_found, recall, precision, f1 })
    }

    /// The same, of counts that can be true alone: upstream believes a judge that finds more key points than there are.
    ///
    /// # Errors
    /// As [`SummaryScores::of`]; [`UnscoredSummary::Impossible`]; [`UnscoredSummary::NoNumber`] for true and false, too.
    pub fn checked(n_keypoints: usize, is_empty: bool, replies: SummaryReplies<'_>) -> Result<Self, UnscoredSummary> {
        for (part, reply) in SummaryPart::ALL.into_iter().zip([replies.fluency, replies.recall, replies.precision]) {
            part.check(n_keypoints, is_empty, reply)?;
        }
        Self::of(n_keypoints, replies)
    }

    /// Means of the scores; `None` without one.
    #[must_use]
    pub fn means(scores: &[Self]) -> Option<SummaryMeans> {
        let mean = |value: fn(&Self) -> f64| scores.iter().map(value).sum::<f64>() / scores.len() as f64;
        (!scores.is_empty()).then(|| SummaryMeans {
            recall: mean(|scores| scores.recall),
            precision: mean(|scores| scores.precision),
            fluency: mean(|scores| scores.fluency),
            f1: mean(|scores| scores.f1),
        })
    }
}

/// What a judge is asked of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryPart {
    Fluency,
    Recall,
    Precision,
}

impl SummaryPart {
    pub const ALL: [Self; 3] = [Self::Fluency, Self::Recall, Self::Precision];

    /// The word of prompts and records, and the field of its reply.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fluency => "fluency",
            Self::Recall => "recall",
            Self::Precision => "precision",
        }
    }

    /// Whether a reply has the numbers that were asked for, and ones that can be true. `is_empty`: the summary has no text.
    ///
    /// # Errors
    /// What is missing, or what cannot be.
    pub fn check(self, n_keypoints: usize, is_empty: bool, reply: Option<&str>) -> Result<(), UnscoredSummary> {
        let about = self.word();
        let value = judge_json(reply.ok_or(UnscoredSummary::NoReply { about })?);
        let value = value.ok_or(UnscoredSummary::NoJson { about })?;
        let number = |field| value.get(field).and_then(Value::as_f64).ok_or(UnscoredSummary::NoNumber { about, field });
        let count = |field, least: f64, most: f64, allowed: String| {
            let found: f64 = number(field)?;
            let is_possible = found >= least && found <= most && found.fract() <= 0.0;
            if is_possible { Ok(found) } else { Err(UnscoredSummary::Impossible { about, field, found, allowed }) }
        };
        match self {
            Self::Fluency => count("fluency", 0.0, 1.0, "0 or 1".to_owned()).map(|_| ()),
            Self::Recall => {
                let most = n_keypoints as f64;
                count("recall", 0.0, most, format!("a whole number from 0 to the {n_keypoints} key points")).map(|_| ())
            }
            Self::Precision => {
                // What has text has a sentence: with none of them the precision would be a zero that nobody gave.
                let least = if is_empty { 0.0 } else { 1.0 };
                let sentences = count("sentence_count", least, f64::MAX, format!("a whole number from {least} on"))?;
                let allowed = format!("a whole number from 0 to its {sentences} sentences");
                count("precision", 0.0, sentences, allowed).map(|_| ())
            }
        }
    }
}

/// A number; true and false are 1 and 0, as in Python.
fn as_number(value: &Value) -> Option<f64> {
    value.as_bool().map(|flag| f64::from(u8::from(flag))).or_else(|| value.as_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(n_keypoints: usize, replies: [&str; 3]) -> Result<SummaryScores, UnscoredSummary> {
        let [fluency, recall, precision] = replies.map(Some);
        SummaryScores::of(n_keypoints, SummaryReplies { fluency, recall, precision })
    }

    #[test]
    fn nothing_is_clipped_and_nothing_divided_by_zero() {
        let more = scores(2, ["{\"fluency\": true}", "{\"recall\": 4}", "{\"precision\": 3, \"sentence_count\": 2}"]);
        let more = more.unwrap();
        assert_eq!((more.fluency, more.recall, more.precision), (1.0, 2.0, 1.5));
        let none = scores(0, ["{\"fluency\": 1}", "{\"recall\": 4}", "{\"precision\": 3, \"sentence_count\": 0}"]);
        assert_eq!(none.unwrap().f1, 0.0);
        assert_eq!(SummaryScores::means(&[]), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        let precision = "{\"precision\": 3}";
        let fault = scores(1, ["{\"fluency\": 1}", "{\"recall\": 1}", precision]).unwrap_err();
        assert_eq!(fault, UnscoredSummary::NoNumber { about: "precision", field: "sentence_count" });
        let fault = scores(1, ["5", "{\"recall\": 1}", precision]).unwrap_err();
        assert_eq!(fault, UnscoredSummary::NoJson { about: "fluency" });
        let fault = SummaryScores::of(1, SummaryReplies::default()).unwrap_err();
        assert_eq!(fault, UnscoredSummary::NoReply { about: "fluency" });
    }

    #[test]
    fn counts_that_cannot_be_true_are_the_judges_error_and_upstreams_number() {
        let good = [r#"{"fluency": 1}"#, r#"{"recall": 2}"#, r#"{"precision": 3, "sentence_count": 3}"#];
        let replies = |part: usize, reply: &'static str| {
            let mut all = good.map(Some);
            all[part] = Some(reply);
            let [fluency, recall, precision] = all;
            SummaryReplies { fluency, recall, precision }
        };
        let checked = |replies| SummaryScores::checked(2, false, replies);
        assert!(checked(replies(0, good[0])).is_ok());
        for (part, reply) in [
            (0, r#"{"fluency": 5}"#),
            (1, r#"{"recall": 3}"#),
            (1, r#"{"recall": -1}"#),
            (1, r#"{"recall": 0.5}"#),
            (2, r#"{"precision": 4, "sentence_count": 3}"#),
            (2, r#"{"precision": 1, "sentence_count": -3}"#),
            (2, r#"{"precision": 0, "sentence_count": 0}"#),
        ] {
            let fault = checked(replies(part, reply)).unwrap_err();
            assert!(matches!(fault, UnscoredSummary::Impossible { .. }), "{reply}: {fault}");
            assert!(SummaryScores::of(2, replies(part, reply)).is_ok(), "{reply}");
        }
        // What has no text has no sentence.
        let none = replies(2, r#"{"precision": 0, "sentence_count": 0}"#);
        assert_eq!(SummaryScores::checked(2, true, none).unwrap().f1, 0.0);
        let fault = checked(replies(1, r#"{"recall": true}"#)).unwrap_err();
        assert_eq!(fault, UnscoredSummary::NoNumber { about: "recall", field: "recall" });
    }
}
