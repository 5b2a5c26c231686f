//! Films out of a written list, and how many of the wanted ones are among the first.

use super::edit_distance::Nearest;
use super::films::{Films, single_spaced, without_groups};
use crate::text::python_text::{is_digit, is_space, strip};

/// Names of the values, and how many films each looks at.
pub const RECALL_CUTOFFS: [(&str, usize); 3] =
    [("recsys_recall@1", 1), ("recsys_recall@5", 5), ("recsys_recall@10", 10)];

/// The films of an output by rank, each line as the nearest title.
///
/// The list begins behind the first `1.`, wherever that stands; without one the whole output is the list, commas being line ends.
/// Blank lines and chatter take ranks, too: an empty line is nearest to the shortest title. Of equally near titles the first of the
/// file is taken, where upstream's choice depends on its process. O(lines x titles) at most.
#[must_use]
pub fn recommended_films<'f>(output: &str, films: &'f Films) -> Vec<&'f str> {
    let list = match output.split_once("1.") {
        Some((_, list)) => list.to_owned(),
        None => output.replace(',', "\n"),
    };
    let nearest = |line: &str| {
        let line: Vec<char> = clean_line(strip(line)).to_lowercase().chars().collect();
        Nearest::new(&line).among(films.candidates())
    };
    list.split('\n').filter_map(nearest).collect()
}

/// A line without groups in parentheses and without the number before it, white space made single.
///
/// The number is digits, one of `.`, `)` and `、`, and a dash, white space between; the line must begin with it. A title that begins
/// with a number loses it likewise.
#[must_use]
pub fn clean_line(line: &str) -> String {
    let line = without_groups(line);
    single_spaced(without_number(&line))
}

fn without_number(line: &str) -> &str {
    let rest = line.trim_start_matches(is_digit);
    if rest.len() == line.len() {
        return line;
    }
    let rest = rest.strip_prefix(['.', ')', '、']).unwrap_or(rest).trim_start_matches(is_space);
    rest.strip_prefix(['-', '—', '–']).unwrap_or(rest).trim_start_matches(is_space)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn films() -> Films {
        Films::read("{\"Amber Fields\": 1, \"Up\": 2, \"Glass Harvest\": 3}").unwrap()
    }

    #[test]
    fn the_list_begins_behind_the_first_one_and_a_stop() {
        assert_eq!(
            recommended_films("Version 1. glass harvest\n2. amber fieds", &films()),
            ["Glass Harvest", "Amber Fields"]
        );
        assert_eq!(recommended_films("Amber fild, Glass harv", &films()), ["Amber Fields", "Glass Harvest"]);
        assert_eq!(recommended_films("", &films()), ["Up"]);
    }

    #[test]
    fn numbers_and_groups_go_from_the_beginning_of_a_line() {
        assert_eq!(clean_line("12)  — Amber  Fields (1999)"), "Amber Fields");
        assert_eq!(clean_line("300"), "");
        assert_eq!(clean_line("٣. x"), "x");
        assert_eq!(clean_line(" 5. x"), "5. x");
    }

    proptest! {
        #[test]
        fn every_line_is_a_film(output in "\\PC{0,30}(\n\\PC{0,90}){0,3}") {
            prop_assert!(!recommended_films(&output, &films()).is_empty());
        }
    }
}
