//! Hostile text made harmless: model output, item texts and names are never markup, commands or formulas.
//!
//! Every function cleans first: control characters are dropped, and characters that reverse the reading direction
//! or hide text are written as code points (`[U+202E]`), so that a reader sees that something was there.

/// Plain text over several lines: line breaks and tabs stay, other control characters go, invisible and
/// direction-changing characters are shown as code points.
#[must_use]
pub fn cleaned(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '\n' | '\t' => out.push(character),
            // Separators that some programs take for line breaks.
            '\u{2028}' | '\u{2029}' | '\u{85}' => out.push('\n'),
            control if control.is_control() => {}
            hidden if is_hidden(hidden) => {
                out.push_str("[U+");
                out.push_str(&format!("{:04X}", u32::from(hidden)));
                out.push(']');
            }
            // Not characters at all; XML forbids them.
            '\u{fffe}' | '\u{ffff}' => {}
            visible => out.push(visible),
        }
    }
    out
}

/// Marks that change the reading direction or take no room: what stands in the file is not what a reader sees.
/// The joiners U+200C and U+200D stay, since scripts and emoji need them.
fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// [`cleaned`] on one line: every run of white space becomes one space. The no-break space stays.
#[must_use]
pub fn one_line(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let words = cleaned(raw);
    for word in words.split(['\n', '\t', ' ']).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Text between tags or in a quoted attribute of HTML.
#[must_use]
pub fn html(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for character in cleaned(raw).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// JSON that stands inside a `<script>` element: no character of it can end the element, and hidden characters
/// are written as `\u` escapes. The parsed value is unchanged, since all of these occur inside strings only.
#[must_use]
pub fn json_in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{7f}'..='\u{9f}' => push_utf16(&mut out, character),
            hidden if is_hidden(hidden) => push_utf16(&mut out, hidden),
            other => out.push(other),
        }
    }
    out
}

fn push_utf16(out: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

/// A cell or sentence of Markdown: one line, nothing in it is markup, a table border, a link or a mention.
#[must_use]
pub fn markdown(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + raw.len() / 8);
    let line = one_line(raw);
    let mut previous = ' ';
    for (place, character) in line.char_indices() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '[' | ']' | '|' | '~' | '$' => {
                out.push('\\');
                out.push(character);
            }
            // Inside a word an underscore is plain text; at its edge it would begin emphasis.
            '_' if !previous.is_alphanumeric() => out.push_str("\\_"),
            // A mention would call somebody, an address would become a link.
            '@' => out.push_str("<!-- -->@<!-- -->"),
            ':' if line[place..].starts_with("://") => out.push_str(":<!-- -->"),
            '.' if previous == 'w' && line[..place].ends_with("www") => out.push_str("<!-- -->."),
            // Headings, lists and rules only begin at the start of a line.
            '#' | '+' | '-' if place == 0 => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
        previous = character;
    }
    out
}

/// A fenced block of Markdown that holds `raw` as it is: the fence is longer than any run of backticks inside.
#[must_use]
pub fn markdown_block(raw: &str) -> String {
    let text = cleaned(raw);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Running text or a table cell of LaTeX, on one line. The special characters print as themselves; the signs that
/// cards use (minus, no-break space, dashes, less-than) become their LaTeX commands. Other letters pass as UTF-8.
#[must_use]
pub fn latex(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + raw.len() / 8);
    for character in one_line(raw).chars() {
        match character {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '|' => out.push_str("\\textbar{}"),
            '_' | '%' | '&' | '#' | '$' | '{' | '}' => {
                out.push('\\');
                out.push(character);
            }
            '\u{2212}' => out.push_str("$-$"),
            '∞' => out.push_str("$\\infty$"),
            '\u{a0}' => out.push('~'),
            '\u{2013}' => out.push_str("--"),
            '·' => out.push_str("\\textperiodcentered{}"),
            '…' => out.push_str("\\dots{}"),
            other => out.push(other),
        }
    }
    out
}

/// A field of CSV by RFC 4180, on one line; text that a spreadsheet would run as a formula gets a leading
/// apostrophe. Write numbers without this function: a minus sign is no formula there.
#[must_use]
pub fn csv_text(raw: &str) -> String {
    let mut text = one_line(raw);
    if text.starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[31m<script>x</script>\u{202e}\r\n\0|`*_[b](c) @somebody https://example.org";

    #[test]
    fn control_characters_go_and_bidi_marks_show() {
        assert_eq!(cleaned("a\u{1b}[1m\r\nb\u{202e}c\u{0}"), "a[1m\nb[U+202E]c");
        assert_eq!(cleaned("\u{e0041}\u{200b}\u{9b}"), "[U+E0041][U+200B]");
        assert_eq!(one_line(" a \n\t b\u{a0}c "), "a b\u{a0}c");
    }

    #[test]
    fn joiners_that_scripts_need_stay() {
        assert_eq!(cleaned("\u{645}\u{200c}\u{646}"), "\u{645}\u{200c}\u{646}");
    }

    #[test]
    fn html_text_cannot_open_a_tag_or_leave_an_attribute() {
        assert_eq!(html("<b a=\"1\" c='2'>&"), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
        assert!(!html(HOSTILE).contains(['<', '>', '\u{1b}', '\u{202e}']));
    }

    #[test]
    fn json_in_a_script_cannot_end_it_and_parses_to_the_same_value() {
        let value = serde_json::json!({"text": "</script><!-- \u{202e}\u{2028}& \u{e0041}"});
        let written = json_in_script(&value.to_string());
        assert!(!written.contains(['<', '>', '&', '\u{202e}', '\u{2028}']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&written).ok(), Some(value));
    }

    #[test]
    fn a_markdown_cell_holds_no_border_link_mention_or_tag() {
        let cell = markdown(HOSTILE);
        assert!(!cell.contains('\n'));
        assert!(!cell.contains("<script"));
        assert!(!cell.contains("https://"));
        assert!(!cell.contains(" @s"));
        assert!(cell.contains("\\|\\`\\*_\\[b\\](c)") || cell.contains("\\|\\`\\*\\_\\[b\\](c)"));
        assert_eq!(markdown("# min_k_pp"), "\\# min_k_pp");
    }

    #[test]
    fn a_markdown_block_outlasts_the_fences_inside() {
        let block = markdown_block("x\n`````\n</details>");
        assert!(block.starts_with("``````text\n"));
        assert!(block.ends_with("\n``````\n"));
        assert!(markdown_block("plain").starts_with("```text\n"));
    }

    #[test]
    fn latex_specials_print_as_themselves() {
        assert_eq!(latex("_%&#${}~^\\"), "\\_\\%\\&\\#\\$\\{\\}\\textasciitilde{}\\textasciicircum{}\\textbackslash{}");
        assert_eq!(latex("p\u{a0}< 0.1 \u{2212}3"), "p~\\textless{} 0.1 $-$3");
        assert_eq!(latex("a\n\\input{/x}"), "a \\textbackslash{}input\\{/x\\}");
    }

    #[test]
    fn latex_escapes_can_be_undone() {
        let raw = r"50% of $x_1 & #2 {a} ~ ^ \ end";
        let undone = latex(raw)
            .replace("\\textbackslash{}", "\u{1}")
            .replace("\\textasciitilde{}", "~")
            .replace("\\textasciicircum{}", "^")
            .replace('\\', "")
            .replace('\u{1}', "\\");
        assert_eq!(undone, raw);
    }

    #[test]
    fn a_spreadsheet_takes_no_text_for_a_formula() {
        assert_eq!(csv_text("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"");
        assert_eq!(csv_text("\t@x"), "'@x");
        assert_eq!(csv_text("plain"), "plain");
        assert_eq!(csv_text("two\nlines"), "two lines");
    }
}
