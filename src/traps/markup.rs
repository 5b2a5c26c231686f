//! Where in an HTML page a copy may stand: in its text, not inside of tags, comments, or elements that are no text.

/// Elements whose content is no text of the page.
const RAW_ELEMENTS: [&str; 5] = ["script", "style", "title", "textarea", "noscript"];
/// Characters of a tag that are kept: its name is all that is needed.
const MOST_OF_A_TAG: usize = 16;

/// A reading of a page, character by character, once.
#[derive(Debug, Default)]
pub(super) struct Markup {
    state: State,
    /// The open element whose content is no text.
    raw: Option<&'static str>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// The beginning of a tag in lower case, and the quote of an open attribute.
    Tag { name: String, quote: Option<char> },
    /// The last two characters.
    Comment([char; 2]),
}

impl Markup {
    /// Whether what comes next stands in the page's text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.state, State::Text) && self.raw.is_none()
    }

    pub(super) fn read(&mut self, c: char) {
        let next = match &mut self.state {
            State::Text if c == '<' => Some(State::Tag { name: String::new(), quote: None }),
            State::Text => None,
            State::Comment(last) => {
                let ends = *last == ['-', '-'] && c == '>';
                *last = [last[1], c];
                ends.then_some(State::Text)
            }
            State::Tag { name, quote } => match (*quote, c) {
                (Some(open), c) if open == c => {
                    *quote = None;
                    None
                }
                (Some(_), _) => None,
                (None, '"' | '\'') if self.raw.is_none() => {
                    *quote = Some(c);
                    None
                }
                (None, '>') => {
                    let name: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '/').collect();
                    match self.raw {
                        Some(raw) if name.strip_prefix('/') == Some(raw) => self.raw = None,
                        Some(_) => {}
                        None => self.raw = RAW_ELEMENTS.into_iter().find(|raw| *raw == name),
                    }
                    Some(State::Text)
                }
                // A comparison in a script opens what is no tag: the closing tag begins anew.
                (None, '<') => Some(State::Tag { name: String::new(), quote: None }),
                (None, c) => {
                    if name.len() < MOST_OF_A_TAG {
                        name.push(c.to_ascii_lowercase());
                    }
                    (name == "!--" && self.raw.is_none()).then_some(State::Comment([' ', ' ']))
                }
            },
        };
        if let Some(next) = next {
            self.state = next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The characters that stand in text.
    fn text_of(page: &str) -> String {
        let mut markup = Markup::default();
        page.chars()
            .filter(|&c| {
                let is_text = markup.is_text() && c != '<';
                markup.read(c);
                is_text
            })
            .collect()
    }

    #[test]
    fn tags_quotes_comments_and_scripts_are_no_text() {
        assert_eq!(text_of("a<p class=\"x > y\">b</p>c"), "abc");
        assert_eq!(text_of("a<!-- b 3 > 2 <i> -->c<!---->d"), "acd");
        assert_eq!(text_of("a<script>if (b < c) { d > '\"' }</script>e<STYLE>f</Style>g"), "aeg");
        assert_eq!(text_of("a<titlepage>b</titlepage><title>c</title>d"), "abd");
        assert_eq!(text_of("a<noscript><p>b</p></noscript>c"), "ac");
    }
}
