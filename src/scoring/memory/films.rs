//! Titles of films by id, out of `entity2id.json` of the hub data set.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::text::python_text::{split, strip};

/// The films that can be recommended.
#[derive(Debug, Clone, PartialEq)]
pub struct Films {
    titles: Vec<String>,
    /// Place in `titles` by id.
    by_id: HashMap<i64, usize>,
    /// Distinct titles, each by its first place, in lower case; what an answer is compared with.
    candidates: Vec<(usize, Vec<char>)>,
}

/// Why a film has no title.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilmError {
    #[error(
        "read the ids of films: {reason}; entity2id.json is one object with a number for each name, fetch it again"
    )]
    NotFilms { reason: String },
    #[error("read the ids of films: there is none in the file; fetch entity2id.json again")]
    NoFilms,
    #[error("find the film {id:?}: entity2id.json has no such id; use the file that belongs to the data")]
    UnknownId { id: String },
}

impl Films {
    /// Reads `entity2id.json`: names of entities with their ids, in the order of the file.
    ///
    /// Of names with one id the last gives the title, as upstream's dictionary does.
    ///
    /// # Errors
    /// The text is something else, or holds no film.
    pub fn read(text: &str) -> Result<Self, FilmError> {
        let InOrder(entries) =
            serde_json::from_str(text).map_err(|error| FilmError::NotFilms { reason: error.to_string() })?;
        let (mut titles, mut by_id) = (Vec::new(), HashMap::new());
        for (name, id) in entries {
            let place = *by_id.entry(id).or_insert(titles.len());
            if place == titles.len() {
                titles.push(film_title(&name));
            } else {
                titles[place] = film_title(&name);
            }
        }
        if titles.is_empty() {
            return Err(FilmError::NoFilms);
        }
        let mut first_places: HashMap<&str, usize> = HashMap::new();
        let mut candidates = Vec::new();
        for (place, title) in titles.iter().enumerate() {
            if *first_places.entry(title).or_insert(place) == place {
                candidates.push((place, title.to_lowercase().chars().collect()));
            }
        }
        Ok(Self { titles, by_id, candidates })
    }

    /// The title of an id as the data write it.
    ///
    /// # Errors
    /// It is no number or no film's.
    pub fn title_of(&self, id: &str) -> Result<&str, FilmError> {
        let number = strip(id).parse::<i64>().ok();
        let place = number.and_then(|number| self.by_id.get(&number));
        place.map(|&place| self.titles[place].as_str()).ok_or_else(|| FilmError::UnknownId { id: id.to_owned() })
    }

    /// Distinct titles in lower case with the title itself, in the order of the file; at least one.
    pub(super) fn candidates(&self) -> impl Iterator<Item = (&str, &[char])> {
        self.candidates.iter().map(|(place, lower)| (self.titles[*place].as_str(), lower.as_slice()))
    }
}

/// The title in an entity's name, e.g. `<http://dbpedia.org/resource/Some_Title_(1999_film)>` or `Some Title (1999)`.
///
/// What stands behind the last slash; `_`, `-` and `>` are spaces; innermost groups in parentheses go.
#[must_use]
pub fn film_title(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or_default();
    single_spaced(&without_groups(&last.replace(['_', '-', '>'], " ")))
}

/// Without groups in parentheses that hold no other parentheses: one pass, so that an outer group stays. O(n).
pub(super) fn without_groups(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    // Where in `kept` the last open parenthesis stands.
    let mut open = None;
    for character in text.chars() {
        match (character, open) {
            ('(', _) => {
                open = Some(kept.len());
                kept.push('(');
            }
            (')', Some(at)) => {
                kept.truncate(at);
                open = None;
            }
            (character, _) => kept.push(character),
        }
    }
    kept
}

/// White space made single and none around.
pub(super) fn single_spaced(text: &str) -> String {
    split(text).collect::<Vec<_>>().join(" ")
}

/// The entries of an object in the order of the text.
struct InOrder(Vec<(String, i64)>);

impl<'de> Deserialize<'de> for InOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = InOrder;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object with a whole number for each name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<InOrder, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(InOrder(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lose_address_separators_and_innermost_groups() {
        assert_eq!(film_title("<http://dbpedia.org/resource/Some_Title_(1999_film)>"), "Some Title");
        assert_eq!(film_title("North/South-West"), "South West");
        assert_eq!(film_title("x (a (b) c) (d"), "x (a c) (d");
        assert_eq!(film_title("a) (b) c)"), "a) c)");
    }

    #[test]
    fn the_order_of_the_file_stays_and_one_id_has_one_title() {
        let films = Films::read("{\"Zebra\": 2, \"Apple\": 1, \"Zebra (2001)\": 3, \"Other\": 2}").unwrap();
        let titles: Vec<&str> = films.candidates().map(|(title, _)| title).collect();
        assert_eq!(titles, ["Other", "Apple", "Zebra"]);
        assert_eq!(films.title_of(" 3 "), Ok("Zebra"));
        assert_eq!(films.title_of("4"), Err(FilmError::UnknownId { id: "4".to_owned() }));
        assert!(films.title_of("x").is_err());
    }

    #[test]
    fn other_files_are_refused() {
        assert_eq!(Films::read("{}"), Err(FilmError::NoFilms));
        for text in ["[]", "{\"a\": \"b\"}", "{\"a\": 1", ""] {
            assert!(matches!(Films::read(text), Err(FilmError::NotFilms { .. })), "{text}");
        }
    }
}
