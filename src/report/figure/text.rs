//! Text that came from outside: cleaning, escaping, estimated widths, cutting and wrapping.

/// Plain text safe to show: white space to spaces, control characters gone, marks that change the
/// reading direction or hide text written as code points such as `[U+202E]`.
pub(super) fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => out.push(' '),
            c if c.is_control() => {}
            '\u{fffe}' | '\u{ffff}' => {}
            '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{61c}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e007f}' => {
                out.push_str(&format!("[U+{:04X}]", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

/// XML and HTML escapes for text and double-quoted attributes. Clean first.
pub(super) fn escape(plain: &str) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Estimated width in pixels of one line set in a sans-serif face of `size` pixels.
///
/// No font is read. The figures are those of DejaVu Sans, the widest of the usual fallbacks, so
/// that space kept for a label is enough everywhere.
pub(super) fn width(line: &str, size: f64) -> f64 {
    line.chars().map(em).sum::<f64>() * size
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '|' | '\'' | 'I' => 0.29,
        '.' | ',' | ':' | ';' | ' ' | '\u{a0}' | '!' => 0.33,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '"' | '·' => 0.40,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' => 0.97,
        'A'..='Z' | '&' => 0.70,
        '+' | '<' | '>' | '=' | '\u{2212}' | '~' => 0.84,
        '0'..='9' | '#' | '$' => 0.64,
        c if c.is_ascii() => 0.61,
        '\u{300}'..='\u{36f}' => 0.0,
        '\u{1100}'..='\u{11ff}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{1f000}'.. => 1.05,
        _ => 0.72,
    }
}

/// The line, or as much of it as fits in `max_width` with an ellipsis at the end.
pub(super) fn cut(line: &str, size: f64, max_width: f64) -> String {
    if width(line, size) <= max_width {
        return line.to_owned();
    }
    let room = max_width - width("…", size);
    let mut used = 0.0;
    let mut out = String::new();
    for c in line.chars() {
        used += em(c) * size;
        if used > room {
            break;
        }
        out.push(c);
    }
    let mut out = out.trim_end().to_owned();
    out.push('…');
    out
}

/// At most `max` characters, with an ellipsis when cut. For messages.
pub(super) fn cut_to_chars(line: &str, max: usize) -> String {
    if line.chars().count() <= max {
        return line.to_owned();
    }
    let mut out: String = line.chars().take(max.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// Lines no wider than `max_width`, at most `max_lines`; the last one is cut when text is left.
///
/// Breaks at spaces; a single word wider than the line behind its hyphens and low lines, or else it is cut through. Always at least one line.
pub(super) fn wrap(line: &str, size: f64, max_width: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut parts = breakable(line, size, max_width).into_iter();
    while let Some((space, part)) = parts.next() {
        let space = if current.is_empty() { "" } else { space };
        let candidate = format!("{current}{space}{part}");
        if width(&candidate, size) <= max_width || current.is_empty() {
            current = candidate;
            continue;
        }
        if lines.len() + 1 >= max_lines {
            current = candidate;
            for (space, rest) in parts.by_ref() {
                current.push_str(space);
                current.push_str(rest);
            }
            break;
        }
        lines.push(std::mem::take(&mut current));
        current = part.to_owned();
    }
    lines.push(current);
    lines.iter().map(|line| cut(line, size, max_width)).collect()
}

/// Parts that stay together, each with what stands before it where it does not begin a line.
fn breakable(line: &str, size: f64, max_width: f64) -> Vec<(&'static str, &str)> {
    let mut parts = Vec::new();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        if width(word, size) <= max_width {
            parts.push((" ", word));
            continue;
        }
        let pieces = word.split_inclusive(['-', '_']);
        parts.extend(pieces.enumerate().map(|(place, piece)| (if place == 0 { " " } else { "" }, piece)));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_cleaned_and_escaped() {
        let shown = escape(&clean("a\u{0}\u{1b}[31m\n<script>\u{202e}&\"'"));
        assert_eq!(shown, "a[31m &lt;script&gt;[U+202E]&amp;&quot;&#39;");
        assert_eq!(clean("a\u{ffff}\u{200b}b"), "a[U+200B]b");
    }

    #[test]
    fn long_text_is_cut_and_wrapped_within_its_width() {
        let long = "a rather long label that no figure has room for, and then some more";
        assert!(width(&cut(long, 12.0, 100.0), 12.0) <= 100.0);
        let lines = wrap(long, 12.0, 120.0, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| width(line, 12.0) <= 120.0));
        assert!(lines[1].ends_with('…'));
        assert_eq!(wrap("", 12.0, 10.0, 2), vec![String::new()]);
        assert_eq!(wrap(&"x".repeat(500), 12.0, 60.0, 3).len(), 1);
        assert_eq!(wrap("builtin-extractive-long-context", 12.0, 130.0, 2), ["builtin-extractive-", "long-context"]);
        assert_eq!(wrap("a well-known word", 12.0, 500.0, 2), ["a well-known word"]);
    }
}
