//! Where an answer says that it answers: `\boxed{...}`, or a line that begins with a tag (steps 3 and 4).

/// What stands in the last `\boxed{...}`; `None` without one, or where it is empty or open.
pub(super) fn boxed(text: &str) -> Option<&str> {
    const OPENING: &str = "\\boxed{";
    let inside = &text[text.rfind(OPENING)? + OPENING.len()..];
    let mut depth = 0_usize;
    for (place, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(&inside[..place]).filter(|inside| !inside.trim().is_empty()),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands behind the tag of the last line that begins with one of `tags` and `:` or `=`.
///
/// An empty rest takes the next line that is not blank. Signs of emphasis, quotation and lists before the tag are allowed,
/// and the words "final", "my", "the", "best" and "point".
pub(super) fn tagged<'t>(text: &'t str, tags: &[&str]) -> Option<&'t str> {
    let mut next_solid: Option<&str> = None;
    for line in text.lines().rev() {
        match rest_of_tag(line, tags) {
            Some(rest) if !is_blank(rest) => return Some(rest),
            Some(_) => {
                if let Some(next) = next_solid {
                    return Some(next);
                }
            }
            None => {}
        }
        if !is_blank(line) {
            next_solid = Some(line);
        }
    }
    None
}

/// Nothing but white space and signs of emphasis.
fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || is_emphasis(character))
}

fn is_emphasis(character: char) -> bool {
    matches!(character, '*' | '_' | '`' | '#' | '>')
}

fn rest_of_tag<'t>(line: &'t str, tags: &[&str]) -> Option<&'t str> {
    const BEFORE: [&str; 5] = ["final", "my", "the", "best", "point"];
    let is_skipped = |character: char| character.is_whitespace() || is_emphasis(character);
    let mut rest =
        line.trim_start_matches(|character: char| is_skipped(character) || matches!(character, '-' | '•' | '"'));
    // A tag has few words.
    for _ in 0..5 {
        let end = rest.find(|character: char| !character.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if word.is_empty() {
            return None;
        }
        let behind = behind.trim_start_matches(|character: char| is_skipped(character) || character == '"');
        if tags.iter().any(|tag| word.eq_ignore_ascii_case(tag))
            && let Some(value) = behind.strip_prefix([':', '=', '：', '＝'])
        {
            // The stars of a bold tag may close behind the colon.
            return Some(value.trim_start_matches(is_skipped));
        }
        if !BEFORE.iter().any(|before| word.eq_ignore_ascii_case(before)) {
            return None;
        }
        rest = behind;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(text: &str) -> Option<&str> {
        tagged(text, &["answer", "value", "estimate"])
    }

    #[test]
    fn the_last_tagged_line_counts() {
        assert_eq!(rest("Answer: 1\nFinal answer = 2\nthat is all"), Some("2"));
        assert_eq!(rest("**Answer:** 13,324.6"), Some("13,324.6"));
        assert_eq!(rest("**Estimate** = 4.7"), Some("4.7"));
        assert_eq!(rest("### Final Answer: **4.7**"), Some("4.7**"));
        assert_eq!(rest("Value:\n\n 4.7"), Some(" 4.7"));
        assert_eq!(rest("Answer: 3\nAnswer:"), Some("3"));
        assert_eq!(rest("the answer is: 4.7"), None);
        assert_eq!(rest("I give the Answer: 4.7"), None);
    }

    #[test]
    fn the_last_box_counts() {
        assert_eq!(boxed("\\boxed{1} and \\boxed{4.7\\text{ %}}."), Some("4.7\\text{ %}"));
        assert_eq!(boxed("\\boxed{1"), None);
        assert_eq!(boxed("\\boxed{}"), None);
    }
}
