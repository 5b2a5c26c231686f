//! Single numbers read off a text.

/// Unicode scalar values of the text.
#[must_use]
pub fn length(text: &str) -> usize {
    text.chars().count()
}

/// The largest year from 1900 to 2099 in the text; `None` without one.
///
/// A year is a run of exactly four ASCII digits, so `12024` and `20240501` hold none, while `2024-05-01` does. O(n).
#[must_use]
pub fn latest_year(text: &str) -> Option<u16> {
    text.split(|character: char| !character.is_ascii_digit())
        .filter(|digits| digits.len() == 4)
        .filter_map(|digits| digits.parse::<u16>().ok())
        .filter(|year| (1900..=2099).contains(year))
        .max()
}

/// Names of months, in lower case; `may` is left out, since it is mostly a verb.
const MONTHS: [&str; 11] =
    ["january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december"];

/// How many dates the text holds, by the look of it: years from 1900 to 2099, ISO dates (`2024-05-01`, which is one year and
/// one date), and names of months. O(n).
#[must_use]
pub fn date_patterns(text: &str) -> usize {
    let is_digit = |character: char| character.is_ascii_digit();
    let years = text
        .split(|character: char| !is_digit(character))
        .filter(|digits| digits.len() == 4)
        .filter_map(|digits| digits.parse::<u16>().ok())
        .filter(|year| (1900..=2099).contains(year))
        .count();
    let iso =
        text.split(|character: char| !(is_digit(character) || character == '-')).filter(|run| is_iso(run)).count();
    let lowered = text.to_lowercase();
    let months =
        lowered.split(|character: char| !character.is_alphabetic()).filter(|word| MONTHS.contains(word)).count();
    years + iso + months
}

fn is_iso(run: &str) -> bool {
    let parts: Vec<&str> = run.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let within = |part: &str, limit: u8| part.len() == 2 && part.parse::<u8>().is_ok_and(|n| (1..=limit).contains(&n));
    year.len() == 4 && within(month, 12) && within(day, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_year_in_range_counts() {
        assert_eq!(latest_year("From 1998 to 2023-07-01, not 3001 or 1850"), Some(2023));
        assert_eq!(latest_year("in the 1990s"), Some(1990));
    }

    #[test]
    fn longer_numbers_hold_no_year() {
        assert_eq!(latest_year("order 12024, batch 20240501, room 19"), None);
        assert_eq!(latest_year(""), None);
    }

    #[test]
    fn years_iso_dates_and_names_of_months_are_counted() {
        assert_eq!(date_patterns("On 14 March 1998, and on 2024-05-01; it may march on"), 5);
        assert_eq!(date_patterns("order 7731-20-99, room 19"), 0);
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(length("港は"), 2);
    }
}
