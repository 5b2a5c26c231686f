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
    fn length_counts_characters_not_bytes() {
        assert_eq!(length("港は"), 2);
    }
}
