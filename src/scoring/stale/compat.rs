//! Verdicts as the published code takes them out of a judge's reply, with all it does to them.

use super::json_scan::{Dialect, Leaf, scan_whole};
use crate::text::python_text::is_space;

/// What the published code makes of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompatVerdict {
    /// Three verdicts, by Python's truth: `"false"` passes, `null` and absent fields fail.
    Judged([bool; 3]),
    /// The reply could not be read. It is counted as three fails.
    JudgeError,
    /// The whole evaluation dies of an `AttributeError`: the reply, or what it says of a dimension, is no object.
    Fatal,
}

impl CompatVerdict {
    /// What is counted; `None` where nothing is, because the evaluation has died.
    #[must_use]
    pub fn counted(self) -> Option<[bool; 3]> {
        match self {
            Self::Judged(verdicts) => Some(verdicts),
            Self::JudgeError => Some([false; 3]),
            Self::Fatal => None,
        }
    }

    /// The name of Python's exception, where the evaluation dies.
    #[must_use]
    pub fn crash(self) -> Option<&'static str> {
        (self == Self::Fatal).then_some("AttributeError")
    }
}

/// Reads a reply as upstream: what stands in the first fence, else all of it. `None`: the endpoint gave no content. Linear.
#[must_use]
pub fn read_compat(reply: Option<&str>) -> CompatVerdict {
    let Some(reply) = reply else { return CompatVerdict::JudgeError };
    let payload = first_fence(reply).unwrap_or(reply);
    // A byte order mark is refused: no value begins with it.
    let Some(scanned) = scan_whole(payload, Dialect::PYTHON) else { return CompatVerdict::JudgeError };
    if !matches!(scanned.value, Leaf::Object { .. }) {
        return CompatVerdict::Fatal;
    }
    let mut verdicts = [false; 3];
    for (verdict, evaluation) in verdicts.iter_mut().zip(scanned.verdicts.dimensions) {
        let Some(evaluation) = evaluation else { continue };
        if !matches!(evaluation.value, Leaf::Object { .. }) {
            return CompatVerdict::Fatal;
        }
        *verdict = evaluation.pass.is_some_and(Leaf::is_true);
    }
    CompatVerdict::Judged(verdicts)
}

/// What three backticks, perhaps `json`, and the next three backticks hold, blanks at its ends left out.
fn first_fence(reply: &str) -> Option<&str> {
    let (_, behind) = reply.split_once("```")?;
    let inner = behind.strip_prefix("json").unwrap_or(behind).trim_start_matches(is_space);
    let (inner, _) = inner.split_once("```")?;
    Some(inner.trim_end_matches(is_space))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(pass: &str) -> CompatVerdict {
        read_compat(Some(&format!("{{\"dim1_eval\": {{\"pass\": {pass}}}, \"dim2_eval\": {{}}}}")))
    }

    #[test]
    fn truth_is_pythons() {
        for pass in ["true", "1", "-0.5", "1e-300", "\"false\"", "[0]", "{\"a\": 0}", "NaN", "-Infinity", "\"\\ud800\""]
        {
            assert_eq!(judged(pass), CompatVerdict::Judged([true, false, false]), "{pass}");
        }
        for pass in ["false", "0", "-0", "0.0e5", "1e-400", "\"\"", "[]", "{}", "null"] {
            assert_eq!(judged(pass), CompatVerdict::Judged([false; 3]), "{pass}");
        }
        for pass in
            ["01", "1.", ".5", "+1", "-NaN", "nan", "'x'", "\"\\x\"", "\"\\u12g4\"", "\"\t\"", "[1,]", "{\"a\" 1}"]
        {
            assert_eq!(judged(pass), CompatVerdict::JudgeError, "{pass}");
        }
    }

    #[test]
    fn keys_may_be_escaped_and_the_last_one_wins() {
        let reply = "{\"dim1\\u005feval\": {\"p\\u0061ss\": true}, \"dim2_eval\": 3, \"dim2_eval\": {\"pass\": 0, \"pass\": 1}}";
        assert_eq!(read_compat(Some(reply)), CompatVerdict::Judged([true, true, false]));
    }

    #[test]
    fn python_stops_at_deep_brackets_and_long_numbers() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(judged(&nested(500)), CompatVerdict::Judged([true, false, false]));
        assert_eq!(judged(&nested(1000)), CompatVerdict::JudgeError);
        assert_eq!(judged(&"9".repeat(4300)), CompatVerdict::Judged([true, false, false]));
        assert_eq!(judged(&"9".repeat(4301)), CompatVerdict::JudgeError);
    }

    #[test]
    fn the_first_fence_is_the_payload() {
        let fenced = |reply: &str| first_fence(reply).map(str::to_owned);
        assert_eq!(fenced("a ```json\u{1c}\n x \n``` b ```y```").as_deref(), Some("x"));
        assert_eq!(fenced("``````").as_deref(), Some(""));
        assert_eq!(fenced("````x```").as_deref(), Some("`x"));
        assert_eq!(fenced("```JSON x```").as_deref(), Some("JSON x"));
        assert_eq!(fenced("`````"), None);
    }
}
