//! What of a prompt is material, what instruction and what question.

/// Cues that a question stands behind, at the start of a line.
const CUES: [(&str, Cue); 5] = [
    ("Now Answer the Question:", Cue::Question),
    ("Here is the conversation:", Cue::Conversation),
    ("Question:", Cue::Question),
    ("[Question]", Cue::Question),
    ("[Latest Query]", Cue::Question),
];

/// The line behind which instruction and question stand.
const TASK: &str = "[Task]";

/// The line that a history begins with.
const HISTORY: &str = "[Conversation History]";

/// Cues for the answer that may end a question's own line.
const ENDINGS: [&str; 2] = ["answer:", "label:"];

/// Most bytes of a last line that is taken for a cue because it ends in a colon.
const LONGEST_ENDING: usize = 80;

/// Most bytes of a first paragraph that is taken for a system message.
const LONGEST_ROLE: usize = 1000;

/// How the question was introduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cue {
    None,
    Question,
    /// The question is a dialogue that asks for recommendations.
    Conversation,
}

/// A prompt, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub(super) material: &'a str,
    /// What stands between `[Task]` and the question; without a cue the same as the question.
    pub(super) instruction: &'a str,
    pub(super) question: &'a str,
    pub(super) cue: Cue,
    /// The cue for the answer that the question ended in, e.g. `label:`.
    pub(super) ending: Option<&'a str>,
}

/// Takes a prompt apart. O(n).
///
/// A first paragraph that begins with `You ` is a system message and no material. Behind the last line `[Task]` stand instruction and
/// question, the question behind the last cue there. Without that line the last cue of the prompt ends the material; without a cue, too,
/// the last paragraph is the question.
pub(super) fn parts(prompt: &str) -> Parts<'_> {
    let prompt = without_system_message(prompt);
    if let Some((material, task)) = split_at_last_line(prompt, |line| (line.trim() == TASK).then_some(line.len())) {
        let found = split_at_cue(task);
        let (instruction, cue, question) = found.unwrap_or((task, Cue::None, task));
        return with_question(material, instruction, cue, question);
    }
    if let Some((material, cue, question)) = split_at_cue(prompt) {
        return with_question(material, "", cue, question);
    }
    let (text, ending) = without_ending(prompt);
    let (material, question) = text.trim_end().rsplit_once("\n\n").unwrap_or(("", text));
    Parts { ending, ..with_question(material, "", Cue::None, question) }
}

fn with_question<'a>(material: &'a str, instruction: &'a str, cue: Cue, question: &'a str) -> Parts<'a> {
    let (question, ending) = without_ending(question);
    Parts { material, instruction: instruction.trim(), question: without_date(question.trim()), cue, ending }
}

fn without_system_message(prompt: &str) -> &str {
    let prompt = prompt.trim_start();
    match prompt.split_once("\n\n") {
        Some((first, rest)) if first.starts_with("You ") && first.len() <= LONGEST_ROLE => rest,
        _ => prompt.split_once(HISTORY).filter(|(before, _)| before.len() <= LONGEST_ROLE).map_or(prompt, |(_, it)| it),
    }
}

fn split_at_cue(text: &str) -> Option<(&str, Cue, &str)> {
    let mut found = Cue::None;
    let (before, question) = split_at_last_line(text, |line| {
        let start = line.len() - line.trim_start().len();
        let (cue, kind) = CUES.iter().find(|(cue, _)| line[start..].starts_with(cue))?;
        found = *kind;
        Some(start + cue.len())
    })?;
    Some((before, found, question))
}

/// What stands before the last line that `reads` recognises, and behind as many of that line's bytes as it says.
fn split_at_last_line(text: &str, mut reads: impl FnMut(&str) -> Option<usize>) -> Option<(&str, &str)> {
    let mut end = text.len();
    loop {
        let start = text[..end].rfind('\n').map_or(0, |place| place + 1);
        if let Some(length) = reads(&text[start..end]) {
            return Some((&text[..start], &text[start + length..]));
        }
        end = start.checked_sub(1)?;
    }
}

/// Drops a cue for the answer from the end: `Answer:` and `label:` anywhere, another last line when it is short and ends in a colon.
fn without_ending(question: &str) -> (&str, Option<&str>) {
    let question = question.trim_end();
    for ending in ENDINGS {
        let start = question.len().saturating_sub(ending.len());
        let Some((before, last)) = question.split_at_checked(start) else { continue };
        if last.eq_ignore_ascii_case(ending) && (before.is_empty() || before.ends_with(char::is_whitespace)) {
            return (before.trim_end(), Some(last));
        }
    }
    match question.rsplit_once('\n') {
        Some((before, last)) if last.ends_with(':') && last.len() <= LONGEST_ENDING => {
            (before.trim_end(), Some(last.trim()))
        }
        _ => (question, None),
    }
}

/// LongMemEval's questions stand behind the day on which they are asked, in one line.
fn without_date(question: &str) -> &str {
    let dated = question.strip_prefix("Current Date:").and_then(|rest| rest.split_once(", Question:"));
    dated.map_or(question, |(_, asked)| asked.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_taken_apart_at_its_last_cue() {
        let prompt = "You take in material.\n\nMemory 1:\nQuestion: old?\n[Task]\nUse it. Example:\nQuestion: x?\n Now Answer the Question: Who?\nReally?\nAnswer:";
        assert_eq!(
            parts(prompt),
            Parts {
                material: "Memory 1:\nQuestion: old?\n",
                instruction: "Use it. Example:\nQuestion: x?",
                question: "Who?\nReally?",
                cue: Cue::Question,
                ending: Some("Answer:"),
            }
        );
    }

    #[test]
    fn a_task_without_a_cue_is_the_question() {
        let told = parts("Book.\n[Task]\nSummarise it.\n");
        assert_eq!((told.material, told.instruction, told.question), ("Book.\n", "Summarise it.", "Summarise it."));
    }

    #[test]
    fn a_history_ends_at_its_label() {
        let told = parts("You assist one user.\n\n[Conversation History]\n\nUser: Hi.\n\n\n[Latest Query]\nPlan it.");
        assert_eq!((told.material.trim(), told.question), ("[Conversation History]\n\nUser: Hi.", "Plan it."));
        assert_eq!(parts("Read.\n\n[Conversation History]\nh\n\n[Question]\nq").material.trim(), "h");
    }

    #[test]
    fn without_a_cue_the_last_paragraph_is_asked() {
        let told = parts("One fact.\n\nTwo facts.\n\nWhich?\n\nAnswer:");
        assert_eq!((told.material, told.question), ("One fact.\n\nTwo facts.", "Which?"));
        assert_eq!(parts("You are it.\n\nWhich?").material, "");
        assert_eq!((parts("").question, parts("x").question), ("", "x"));
    }

    #[test]
    fn dates_and_cues_for_the_answer_are_left_out_of_the_question() {
        let told = parts("m\n[Task]\nQuestion: Current Date: 2024/04/01 (Mon) 08:00, Question: When?\nlabel:");
        assert_eq!((told.question, told.ending), ("When?", Some("label:")));
        let told = parts("m\n[Task]\nHere is the conversation: System: Hi\nUser: ß?\n\nThe list of films:\n");
        assert_eq!((told.question, told.cue), ("System: Hi\nUser: ß?", Cue::Conversation));
        assert_eq!(without_ending("What should I do:"), ("What should I do:", None));
    }
}
