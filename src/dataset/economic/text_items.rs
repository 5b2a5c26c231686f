//! Texts to be dated, and anonymous reports to be put down to a firm, a quarter and a year.

use std::collections::BTreeSet;

use serde_json::Value;

use super::level_items::item;
use super::period::Period;
use super::series::day;
use crate::dataset::error::DataError;
use crate::dataset::item::Item;
use crate::dataset::row::Row;

/// `text` and `published`, a day; `id` where the file has one.
pub(super) fn headlines(rows: &[Row]) -> Result<Vec<Item>, DataError> {
    let mut seen = BTreeSet::new();
    let one = |(place, row): (usize, &Row)| {
        let text = filled(row, "text")?;
        let day = day(row, "published")?.ok_or_else(|| row.missing("published", "a day like 2008-09-15"))?;
        let month = Period::Day(day).last_month();
        let mut fields = std::collections::BTreeMap::new();
        fields.insert("text".to_owned(), Value::from(text));
        fields.insert("truth_date".to_owned(), day.to_string().into());
        fields.insert("truth_text".to_owned(), day.to_string().into());
        fields.insert("month".to_owned(), month.into());
        fields.insert("known_since".to_owned(), (f64::from(month) + f64::from(day.day() - 1) / 31.0).into());
        Ok(item(own_id(row, place, &mut seen)?, month, fields))
    };
    rows.iter().enumerate().map(one).collect()
}

/// `text`, `firm`, `year`, `quarter`; `ticker` and `aliases` where the file has them. Each text comes twice: as it is, and with its
/// numbers taken out.
pub(super) fn reports(rows: &[Row]) -> Result<Vec<Item>, DataError> {
    let mut seen = BTreeSet::new();
    let mut items = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        let text = filled(row, "text")?;
        let firm = filled(row, "firm")?;
        let number = |field: &str, allowed: &str| {
            let value = row.get(field).ok_or_else(|| row.missing(field, allowed))?;
            row.as_count(field, value)
                .and_then(|number| i32::try_from(number).map_err(|_| row.wrong(field, value, allowed)))
        };
        let year = number("year", "a year like 2018")?;
        let quarter = number("quarter", "a quarter from 1 to 4")?;
        if !(1..=4).contains(&quarter) || !(1800..=2200).contains(&year) {
            return Err(row.wrong("quarter", &Value::from(quarter), "1 to 4, with a year from 1800 to 2200"));
        }
        let aliases = match row.get("aliases") {
            None => Vec::new(),
            Some(value) => row.as_texts("aliases", value)?,
        };
        let ticker = row.get("ticker").map(|value| row.as_label("ticker", value)).transpose()?;
        let month = year * 12 + 3 * quarter - 1;
        let id = own_id(row, place, &mut seen)?;
        for (form, text) in [("whole", text.to_owned()), ("no-numbers", without_numbers(text))] {
            let mut fields = std::collections::BTreeMap::new();
            fields.insert("text".to_owned(), Value::from(text));
            fields.insert("form".to_owned(), form.into());
            fields.insert("firm".to_owned(), firm.into());
            fields.insert("ticker".to_owned(), ticker.clone().into());
            fields.insert("aliases".to_owned(), aliases.clone().into());
            fields.insert("year".to_owned(), year.into());
            fields.insert("quarter".to_owned(), quarter.into());
            fields.insert("truth_text".to_owned(), format!("{firm}, quarter {quarter} of {year}").into());
            fields.insert("month".to_owned(), month.into());
            // Reported in the month after the quarter.
            fields.insert("known_since".to_owned(), f64::from(month + 2).into());
            let mut one = item(format!("{id}/{form}"), month, fields);
            id.clone_into(&mut one.cluster);
            items.push(one);
        }
    }
    Ok(items)
}

fn filled<'r>(row: &'r Row, field: &str) -> Result<&'r str, DataError> {
    let text = row.text(field)?;
    if text.trim().is_empty() {
        return Err(row.wrong(field, &Value::from(text), "a text with something in it"));
    }
    Ok(text)
}

fn own_id(row: &Row, place: usize, seen: &mut BTreeSet<String>) -> Result<String, DataError> {
    let id = match row.get("id") {
        Some(value) => row.as_label("id", value)?,
        None => (place + 1).to_string(),
    };
    if !seen.insert(id.clone()) {
        return Err(row.wrong("id", &Value::from(id.as_str()), "an id that no row before has"));
    }
    Ok(id)
}

/// The text with every number, its separators and its decimals included, as `[number]`.
fn without_numbers(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let characters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < characters.len() {
        if !characters[at].is_ascii_digit() {
            plain.push(characters[at]);
            at += 1;
            continue;
        }
        let is_inside = |at: usize| {
            characters.get(at).is_some_and(char::is_ascii_digit)
                || (matches!(characters.get(at), Some('.' | ','))
                    && characters.get(at + 1).is_some_and(char::is_ascii_digit))
        };
        while is_inside(at) {
            at += 1;
        }
        plain.push_str("[number]");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::json_rows::read_json_rows;

    #[test]
    fn numbers_leave_a_text_whole_otherwise() {
        assert_eq!(
            without_numbers("sold 78.3 million for 5,099,019,513.59 dollars in 2017, up 18%."),
            "sold [number] million for [number] dollars in [number], up [number]%."
        );
    }

    #[test]
    fn a_report_is_asked_with_and_without_its_numbers() {
        let rows = read_json_rows(
            "reports.jsonl",
            br#"{"id":"a","text":"We sold 3 cars.","firm":"Cars","ticker":"CAR","year":2018,"quarter":3}"#,
        )
        .unwrap();
        let items = reports(&rows).unwrap();
        assert_eq!(items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["a/whole", "a/no-numbers"]);
        assert_eq!(items[0].cluster, items[1].cluster);
        assert_eq!(items[1].fields["text"], "We sold [number] cars.");
    }

    #[test]
    fn faults_of_texts_name_line_and_field() {
        let told = |text: &[u8], read: fn(&[Row]) -> Result<Vec<Item>, DataError>| {
            read(&read_json_rows("a.jsonl", text).unwrap()).unwrap_err().to_string()
        };
        let message = told(br#"{"text":"x"}"#, headlines);
        assert!(message.contains("line 1") && message.contains("`published`"), "{message}");
        let message = told(br#"{"text":" ","published":"2008-09-15"}"#, headlines);
        assert!(message.contains("`text`"), "{message}");
        let message = told(br#"{"text":"x","firm":"F","year":2018,"quarter":5}"#, reports);
        assert!(message.contains("`quarter`"), "{message}");
        let twice = b"{\"id\":\"a\",\"text\":\"x\",\"published\":\"2008-09-15\"}\n{\"id\":\"a\",\"text\":\"y\",\"published\":\"2008-09-15\"}\n";
        let message = told(twice, headlines);
        assert!(message.contains("line 2") && message.contains("`id`"), "{message}");
    }
}
