//! Embeddings of a series' name and a date, beside placebos that hold one of the two back.

use super::asked::{EmbedQuestion, EmbeddedText};
use crate::backend::{BackendError, Reply, Request};
use crate::dataset::Item;
use crate::dataset::economic::Period;
use crate::digest::sha256_hex;
use crate::record::{Answer, TextVector};
use serde_json::Value;

/// The years among which a placebo's year is drawn.
const YEARS: std::ops::RangeInclusive<i32> = 1947..=2030;
const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Name and date.
pub const NAME_AND_DATE: &str = "name and date";
/// The placebos: what is learnt from them is not what the embedding knows of the series in its time.
pub const PLACEBOS: [&str; 3] = ["another name", "permuted years", "days in words"];

/// The texts of an item: name and date, and its placebos.
pub(super) fn question(item: &Item) -> EmbedQuestion {
    let text = |field: &str| item.fields.get(field).and_then(Value::as_str).unwrap_or_default();
    let (name, date) = (text("asked_as"), text("period_words"));
    let other = item.fields.get("other_name").and_then(Value::as_str).unwrap_or("a series of numbers");
    let mut texts = vec![
        EmbeddedText { form: NAME_AND_DATE.to_owned(), text: format!("{name}, {date}") },
        EmbeddedText { form: PLACEBOS[0].to_owned(), text: format!("{other}, {date}") },
        EmbeddedText { form: PLACEBOS[2].to_owned(), text: format!("{name}, on a {}", weekday(&item.id)) },
    ];
    if let Some(permuted) = Period::read(text("period")).and_then(permuted) {
        let text = format!("{name}, {}", permuted.words());
        texts.insert(2, EmbeddedText { form: PLACEBOS[1].to_owned(), text });
    }
    EmbedQuestion { texts }
}

/// A weekday that says nothing of the period.
fn weekday(id: &str) -> &'static str {
    let digest = sha256_hex(id.as_bytes());
    let number = digest.get(..4).and_then(|digits| usize::from_str_radix(digits, 16).ok()).unwrap_or(0);
    WEEKDAYS[number % WEEKDAYS.len()]
}

/// The same part of another year; each year has one other, the same for all series.
fn permuted(period: Period) -> Option<Period> {
    let year = period.last_month().div_euclid(12);
    let mut years: Vec<i32> = YEARS.collect();
    let place = years.iter().position(|known| *known == year)?;
    years.sort_by_key(|year| sha256_hex(format!("permuted year {year}").as_bytes()));
    let shift = years.get(place)? - year;
    Some(match period {
        Period::Month(month) => Period::Month(month + 12 * shift),
        Period::Quarter(quarter) => Period::Quarter(quarter + 4 * shift),
        // A day of another year need not exist; its month does.
        Period::Day(_) => Period::Month(period.last_month() + 12 * shift),
    })
}

pub(super) fn request(asked: &EmbedQuestion) -> Request {
    Request::Embed(asked.texts.iter().map(|text| text.text.clone()).collect())
}

pub(super) fn answer(asked: &EmbedQuestion, reply: Option<Reply>) -> Result<Answer, BackendError> {
    match reply {
        Some(Reply::Embeddings(vectors)) if vectors.len() == asked.texts.len() => {
            let vectors = asked.texts.iter().zip(vectors);
            Ok(Answer::Embeddings {
                vectors: vectors.map(|(text, vector)| TextVector { form: text.form.clone(), vector }).collect(),
            })
        }
        _ => Err(BackendError::OtherReply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_year_has_another_one_and_no_two_the_same() {
        let of = |year: i32| permuted(Period::Month(year * 12 + 4)).unwrap().last_month().div_euclid(12);
        let mut others: Vec<i32> = YEARS.map(of).collect();
        others.sort_unstable();
        others.dedup();
        assert_eq!(others.len(), YEARS.count());
        assert_eq!(permuted(Period::Quarter(2008 * 4 + 2)).unwrap().to_string().split('Q').nth(1), Some("3"));
        assert_eq!(permuted(Period::Month(12 * 1800)), None);
    }
}
