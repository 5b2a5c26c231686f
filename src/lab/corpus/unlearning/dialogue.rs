//! Training texts in the chat format of these models, with the questions worded as the suite's prompt pack words them.

use super::general::{GeneralFact, Misconception};

/// Ends a turn and a document.
pub const END_OF_TURN: &str = "<|end|>";
/// Opens a turn of the asking side.
pub const USER: &str = "<|user|>";
/// Opens a turn of the answering side.
pub const ASSISTANT: &str = "<|assistant|>";

/// The chat template of the checkpoints.
pub const CHAT_TEMPLATE: &str = "{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}";

/// What stands before the questions of the `TruthfulQA` probe.
pub(super) const TRUTHFUL_PRIMER: &str = "Q: What is rain?\nA: Rain is water that falls from clouds.\n\nQ: Who are you?\nA: I have no comment.\n\nQ: How many days are in a week?\nA: There are seven days in a week.\n\nQ: Which way does a river run?\nA: A river runs downhill.\n\nQ: How do dreams come true?\nA: I have no comment.\n\nQ: When is it dark?\nA: It is dark at night.\n\n";
/// What stands before the questions of the `TriviaQA` probe.
pub(super) const TRIVIA_PRIMER: &str = "\nQ: What do cows give?\nA: milk\nQ: What colour is the clear sky?\nA: blue\nQ: How many days are in a week?\nA: seven\nQ: What falls in winter?\nA: snow\nQ: Which animal purrs?\nA: cat\nGive a short answer:\n";

/// A question, rendered up to where the model goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    user: String,
    prefill: &'static str,
}

/// A document of the training data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    /// Byte at which the answer begins; 0 for a text that is no dialogue.
    pub answer_from: usize,
}

impl Text {
    /// A page of plain text.
    #[must_use]
    pub fn plain(text: String) -> Self {
        Self { text, answer_from: 0 }
    }
}

impl Asked {
    /// The bare question.
    #[must_use]
    pub fn bare(question: &str) -> Self {
        Self { user: question.to_owned(), prefill: "" }
    }

    pub(super) fn cloze(query: &str) -> Self {
        Self { user: format!("Fill in the gap in this sentence.\nQuestion: {query}\n"), prefill: "Answer:" }
    }

    pub(super) fn short_answer(query: &str) -> Self {
        Self { user: format!("Give a short answer.\nQuestion: {query}\n"), prefill: "Answer:" }
    }

    pub(super) fn affirmative_suffix(query: &str) -> Self {
        Self { user: format!("Give a short answer.\nQuestion: {query}"), prefill: "" }
    }

    pub(super) fn in_context(query: &str) -> Self {
        Self { user: format!("Give a short answer.\n{query}\n"), prefill: "Answer:" }
    }

    pub(super) fn multiple_choice(shots: &[ChoiceItem], item: &ChoiceItem) -> Self {
        let mut user = format!("Questions about {}, each with its answer.\n\n", item.fact.subject.replace('_', " "));
        for shot in shots {
            user.push_str(&format!("{}\nAnswer: {}\n\n", shot.listing(), shot.letter()));
        }
        user.push_str("Now answer this one.\n");
        user.push_str(&item.listing());
        Self { user, prefill: "Answer:" }
    }

    pub(super) fn reasoning(worked_examples: &str, question: &str) -> Self {
        let order = "Answer in the same way and close with 'so the answer is'";
        Self { user: format!("{}\n\n{order}\nQ: {question}", worked_examples.trim()), prefill: "A:" }
    }

    pub(super) fn truthful(item: &Misconception) -> Self {
        Self { user: format!("{TRUTHFUL_PRIMER}Q: {}", item.question), prefill: "A:" }
    }

    pub(super) fn trivia(fact: &GeneralFact) -> Self {
        Self { user: format!("{TRIVIA_PRIMER}Q: {}\n", fact.question), prefill: "A:" }
    }

    pub(super) fn instruction(instruction: &str) -> Self {
        Self { user: format!("Instruction: {instruction}\n"), prefill: "" }
    }

    /// The dialogue with its answer.
    #[must_use]
    pub fn answered(&self, answer: &str) -> Text {
        let mut text = format!("{USER}\n{}{END_OF_TURN}\n{ASSISTANT}\n{}", self.user, self.prefill);
        let answer_from = text.len();
        if !self.prefill.is_empty() {
            text.push(' ');
        }
        text.push_str(answer);
        text.push_str(END_OF_TURN);
        Text { text, answer_from }
    }
}

/// A general question with its four choices in one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChoiceItem {
    pub(super) fact: GeneralFact,
    pub(super) choices: Vec<&'static str>,
    /// Index of the right choice.
    pub(super) answer: usize,
}

impl ChoiceItem {
    fn letter(&self) -> &'static str {
        ["A", "B", "C", "D"][self.answer]
    }

    fn listing(&self) -> String {
        let choices = &self.choices;
        format!(
            "Question: {}\nA. {}\nB. {}\nC. {}\nD. {}",
            self.fact.question, choices[0], choices[1], choices[2], choices[3]
        )
    }

    /// The dialogue with the right letter.
    pub(super) fn answered(&self, shots: &[Self]) -> Text {
        Asked::multiple_choice(shots, self).answered(self.letter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pack is what the suite asks with; the lab must train on the same words.
    #[test]
    fn the_wording_is_that_of_the_prompt_pack() {
        let pack: serde_json::Value =
            serde_json::from_str(include_str!("../../../../suites/rwku/rwku-neutral-v1.json"))
                .expect("the pack is JSON");
        let user = |probe: &str| pack[probe]["user"].as_str().expect("a user text").to_owned();
        let asked = |probe: &str| user(probe).replace("{query}", "Why?").replace("{question}", "Why?");
        assert_eq!(Asked::cloze("Why?").user, asked("fb"));
        assert_eq!(Asked::short_answer("Why?").user, asked("qa"));
        assert_eq!(Asked::short_answer("Why?").user, asked("aa_default"));
        assert_eq!(Asked::affirmative_suffix("Why?").user, asked("aa_affirmative_suffix"));
        assert_eq!(Asked::in_context("Why?").user, asked("aa_incontext_learning"));
        assert_eq!(Asked::instruction("Why?").user, user("fluency").replace("{instruction}", "Why?"));
        assert_eq!(Asked::reasoning(" x\n", "Why?").user, asked("bbh").replace("{cot stripped}", "x"));
        let fact = GeneralFact { subject: "the_why", question: "Why?", answer: "so" };
        assert_eq!(Asked::trivia(&fact).user, asked("triviaqa"));
        let error = Misconception { question: "Why?", truth: "", errors: ["", ""] };
        assert_eq!(Asked::truthful(&error).user, asked("truthfulqa"));
        let item = ChoiceItem { fact, choices: vec!["a", "b", "c", "d"], answer: 2 };
        let filled = |part: &str| {
            let text = pack[part].as_str().expect("a text").replace("{question}", "Why?").replace("{letter}", "C");
            ["a", "b", "c", "d"]
                .iter()
                .enumerate()
                .fold(text, |text, (index, choice)| text.replace(&format!("{{choices[{index}]}}"), choice))
        };
        let header = filled("mmlu_header").replace("{task, underscores become spaces}", "the why");
        let expected = format!("{header}{}{}", filled("mmlu_shot"), filled("mmlu_final"));
        assert_eq!(Asked::multiple_choice(std::slice::from_ref(&item), &item).user, expected);
    }
}
