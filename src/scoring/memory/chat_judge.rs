//! LongMemEval's judge: which rubric a question gets, and what a reply means (`llm_based_eval/longmem_qa_evaluate.py`).

/// What the judge is asked to look for. All ask for yes or no alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChatRubric {
    /// The response holds the answer, or all steps to it; a part alone is no.
    Answer,
    /// As [`ChatRubric::Answer`]; counts of days, weeks or months may be off by one.
    Time,
    /// The updated answer is there, also beside older information.
    Update,
    /// Personal information is recalled and used as the answer, a description of a good reply, says; not every point is needed.
    Preference,
    /// The response says that the question cannot be answered.
    Abstention,
}

/// A type of question that the judge has no rubric for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "choose a rubric for the question type `{question_type}`: use single-session-user, single-session-assistant, multi-session, temporal-reasoning, knowledge-update or single-session-preference"
)]
pub struct UnknownQuestionType {
    pub question_type: String,
}

impl ChatRubric {
    /// The rubric of a question, by its type; questions that have no answer have their own, whatever their type.
    ///
    /// # Errors
    /// The type is none of the six.
    pub fn of(question_type: &str, is_abstention: bool) -> Result<Self, UnknownQuestionType> {
        if is_abstention {
            return Ok(Self::Abstention);
        }
        match question_type {
            "single-session-user" | "single-session-assistant" | "multi-session" => Ok(Self::Answer),
            "temporal-reasoning" => Ok(Self::Time),
            "knowledge-update" => Ok(Self::Update),
            "single-session-preference" => Ok(Self::Preference),
            other => Err(UnknownQuestionType { question_type: other.to_owned() }),
        }
    }

    /// 0 to 4, in the order above.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Answer => 0,
            Self::Time => 1,
            Self::Update => 2,
            Self::Preference => 3,
            Self::Abstention => 4,
        }
    }
}

/// Whether a question has no answer, by its id.
#[must_use]
pub fn is_abstention(question_id: &str) -> bool {
    question_id.contains("_abs")
}

/// Whether a reply calls the response right: it holds `yes` in any case. `yesterday` is a yes, as upstream has it.
#[must_use]
pub fn says_yes(reply: &str) -> bool {
    reply.to_lowercase().contains("yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_without_an_answer_need_no_type() {
        assert_eq!(ChatRubric::of("other", true), Ok(ChatRubric::Abstention));
        assert!(ChatRubric::of("other", false).unwrap_err().to_string().contains("other"));
        assert!(is_abstention("q17_abs") && !is_abstention("q17"));
    }

    #[test]
    fn any_yes_counts() {
        assert!(says_yes("No, but YESterday") && !says_yes("y"));
    }
}
