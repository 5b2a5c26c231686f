//! Chats that stand in a text as Python prints a list of messages: `[{'role': 'user', 'content': '...'}, ...]`.

use std::borrow::Cow;

/// What each message begins with.
const ROLE: &str = "{'role': '";
/// What stands between a role and the quote that opens what is said.
const CONTENT: &str = "', 'content': ";
/// A chat's heading in such a list.
const TIME: &str = "'Chat Time: ";

/// The text with each message of such a list as a turn: `User: ...` or `Assistant: ...`, escapes undone. Other lines stay as they are.
///
/// A line that begins or ends within a message is read as far as it goes, since memories are cut anywhere. O(n).
pub(super) fn as_turns(text: &str) -> Cow<'_, str> {
    if !text.contains(ROLE) {
        return Cow::Borrowed(text);
    }
    let mut turns = String::with_capacity(text.len());
    for line in text.lines() {
        if line.contains(ROLE) {
            write_turns(line, &mut turns);
        } else {
            turns.push_str(line);
        }
        turns.push('\n');
    }
    Cow::Owned(turns)
}

fn write_turns(line: &str, turns: &mut String) {
    let mut pieces = line.split(ROLE);
    // What stands before the first message belongs to one that began in an earlier line.
    write_content(pieces.next().unwrap_or_default(), turns);
    for piece in pieces {
        let said = match piece.split_once(CONTENT) {
            Some((role, said)) => {
                turns.push_str(if role == "assistant" { "\nAssistant: " } else { "\nUser: " });
                said.strip_prefix(['\'', '"']).unwrap_or(said)
            }
            None => "",
        };
        write_content(said, turns);
    }
}

/// What is said, without the list's own signs behind it.
fn write_content(said: &str, turns: &mut String) {
    let closed = ["'}", "\"}"].iter().filter_map(|end| said.rfind(end)).max();
    let said = match closed {
        Some(end) => &said[..end],
        None => said.split(TIME).next().unwrap_or_default().trim_end_matches(['[', ',', ' ']),
    };
    let mut characters = said.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => turns.push('\n'),
                Some('t') => turns.push('\t'),
                Some(escaped) => turns.push(escaped),
                None => {}
            },
            _ => turns.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_turns() {
        let text = "['Chat Time: 2024/03/10 (Mon) 10:00', [{'role': 'user', 'content': \"It's 9.\"}, {'role': 'assistant', 'content': 'So\\nit \\'is\\'.'}], 'Chat Time: 2024/03/11', [{'role': 'user', 'content': 'A {\"b\": \"c\"} d.'}]]";
        assert_eq!(as_turns(text), "\nUser: It's 9.\nAssistant: So\nit 'is'.\nUser: A {\"b\": \"c\"} d.\n");
    }

    #[test]
    fn a_list_that_is_cut_anywhere_is_read_as_far_as_it_goes() {
        assert_eq!(as_turns("end of it.'}, {'role': 'user', 'content': 'begin"), "end of it.\nUser: begin\n");
        assert_eq!(as_turns("x'}, {'role': 'us"), "x\n");
        assert_eq!(as_turns("no list\nat all"), "no list\nat all");
    }
}
