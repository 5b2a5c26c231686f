//! Ways to answer, tried in this order; each gives nothing where it does not apply.
//!
//! 1. `options`: the question names answers to choose from; 2. `labels`: the material pairs texts with labels;
//! 3. `recommendations`: the question is a dialogue; 4. `summary`: a summary is asked for; 5. `best_sentence`: everything else.

mod best_sentence;
mod labels;
mod options;
mod recommendations;
mod summary;

use super::material::sentences;
use super::parts::parts;
use super::python_list::as_turns;

/// The answer where the material has none.
const UNKNOWN: &str = "I do not know.";

/// The reader's answer to a prompt. It may have more than `max_tokens` tokens of o200k_base; a single sentence is shortened for them.
///
/// A pure function. O(n) in the prompt, times its options where it has some.
pub(super) fn answer(prompt: &str, max_tokens: usize) -> String {
    let parts = parts(prompt);
    let material = as_turns(parts.material);
    let sentences = sentences(&material);
    if sentences.is_empty() {
        return UNKNOWN.to_owned();
    }
    options::answer(&parts, &sentences)
        .or_else(|| labels::answer(&parts, &sentences))
        .or_else(|| recommendations::answer(&parts, &sentences))
        .or_else(|| summary::answer(&parts, &sentences))
        .or_else(|| best_sentence::answer(&parts, &sentences, max_tokens))
        .unwrap_or_else(|| UNKNOWN.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_material_nothing_is_known() {
        for prompt in
            ["", "Who?", "You are it.\n\n[Task]\nQuestion: Who?\nAnswer:", "Memory 1:\n\n[Task]\nQuestion: Who?"]
        {
            assert_eq!(answer(prompt, 50), UNKNOWN, "{prompt}");
        }
    }

    #[test]
    fn each_kind_of_question_finds_its_rule() {
        let asked = |material: &str, task: &str| answer(&format!("{material}\n\n[Task]\n{task}"), 100);
        assert_eq!(asked("The gate is red.", "Question: The gate?\n- blue\n- red\nNext:"), "red");
        assert_eq!(asked("mend it\nlabel: 3\n\nsell it\nlabel: 5", "Question: sell this\nlabel:"), "label: 5");
        assert_eq!(
            asked("Dialogue 1:\nSystem: Try The Long Ferry.", "Here is the conversation: User: A film?\nList:"),
            "1. The Long Ferry"
        );
        assert_eq!(asked("Ada left. She met Boris.", "Question: Write a summary."), "Ada left. She met Boris.");
        assert_eq!(asked("Ada left. She met Boris.", "Question: Whom did she meet?"), UNKNOWN);
        assert_eq!(asked("Ada left. She met Boris.", "Question: Who met Ada?"), "She met Boris.");
    }

    #[test]
    fn prompts_without_any_order_are_read_in_one_pass() {
        let n = 20_000;
        for piece in [
            ". ",
            "a?",
            "\n",
            "\n\n",
            "'}",
            "{'role': '",
            "\"",
            "1. ",
            "- \n",
            "User: ",
            "A. x\n",
            "label: 1\n",
            "The ",
        ] {
            for cue in ["Question:", "Here is the conversation:", "Summarise\nQuestion:"] {
                let half = piece.repeat(n);
                let told = answer(&format!("{half}\n[Task]\nlabel:\n{cue} {half}"), 20);
                assert!(!told.is_empty(), "{piece:?} {cue:?}");
            }
        }
    }
}
