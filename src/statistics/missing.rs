//! Missing and impossible values, before anything is computed.
//!
//! NaN stands for "missing" and may be dropped on request; an infinity is always
//! an error, because it is a broken score and not an absent one.

use serde::{Deserialize, Serialize};

use super::error::StatError;

/// What to do with rows that hold a missing value (NaN).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPolicy {
    /// Refuse, naming the first bad row.
    #[default]
    Reject,
    /// Drop the row and count it.
    Omit,
}

/// Indices of the rows in which every column holds a finite value, ascending.
///
/// Under `Reject` this is every row or an error. Under `Omit` rows with a NaN are
/// left out (the caller reports how many); infinities are refused all the same.
///
/// # Errors
/// `EmptyInput`, `LengthMismatch` (columns of different length), `NonFinite`.
pub fn usable_rows(columns: &[&[f64]], policy: MissingPolicy) -> Result<Vec<usize>, StatError> {
    let Some(first) = columns.first() else {
        return Err(StatError::EmptyInput);
    };
    if columns.iter().all(|column| column.is_empty()) {
        return Err(StatError::EmptyInput);
    }
    if let Some(other) = columns.iter().find(|column| column.len() != first.len()) {
        return Err(StatError::LengthMismatch { left: first.len(), right: other.len() });
    }
    let mut rows = Vec::with_capacity(first.len());
    for index in 0..first.len() {
        let mut is_missing = false;
        for column in columns {
            let value = column[index];
            if value.is_infinite() || (value.is_nan() && policy == MissingPolicy::Reject) {
                return Err(StatError::NonFinite { index });
            }
            is_missing |= value.is_nan();
        }
        if !is_missing {
            rows.push(index);
        }
    }
    Ok(rows)
}

/// Refuses empty input and anything not finite.
pub(crate) fn check_values(values: &[f64]) -> Result<(), StatError> {
    if values.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_finite(values)
}

/// Refuses empty input, unequal lengths and anything not finite in either column.
pub(crate) fn check_pairs(left: &[f64], right: &[f64]) -> Result<(), StatError> {
    usable_rows(&[left, right], MissingPolicy::Reject).map(|_| ())
}

pub(crate) fn check_finite(values: &[f64]) -> Result<(), StatError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(StatError::NonFinite { index }),
        None => Ok(()),
    }
}

/// Differences of finite values can still leave the range of floats; `rows` names where they came from.
pub(crate) fn check_differences(differences: &[f64], rows: &[usize]) -> Result<(), StatError> {
    match differences.iter().zip(rows).find(|(difference, _)| !difference.is_finite()) {
        Some((_, &index)) => Err(StatError::NonFinite { index }),
        None => Ok(()),
    }
}

pub(crate) fn check_lengths(left: usize, right: usize) -> Result<(), StatError> {
    if left == right { Ok(()) } else { Err(StatError::LengthMismatch { left, right }) }
}

/// True when the values agree to 12 significant digits.
///
/// `0.3 - 0.2` and `0.2 - 0.1` differ in the last bit; such noise is not variation.
pub(crate) fn is_constant(values: &[f64]) -> bool {
    let (low, high) =
        values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    high - low <= 1e-12 * low.abs().max(high.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infinity_is_never_hidden_by_omit() {
        let column = [1.0, f64::NAN, f64::INFINITY];
        assert_eq!(usable_rows(&[&column], MissingPolicy::Omit), Err(StatError::NonFinite { index: 2 }));
    }

    #[test]
    fn omit_drops_the_whole_row() {
        let rows = usable_rows(&[&[1.0, f64::NAN, 3.0], &[1.0, 2.0, 3.0]], MissingPolicy::Omit);
        assert_eq!(rows, Ok(vec![0, 2]));
    }

    #[test]
    fn rounding_noise_is_not_variation() {
        assert!(is_constant(&[0.3 - 0.2, 0.2 - 0.1]));
        assert!(!is_constant(&[0.1, 0.100_001]));
        assert!(is_constant(&[0.0, 0.0]));
    }
}
