//! Points and commas within a number (step 7).

use super::target::NumberLocale;

/// The number that digits with `,` and `.` between them stand for; `None` where the marks fit no number.
///
/// Both marks: the later one is decimal. Several commas: groups where the last has three digits (Indian grouping
/// accepted). One comma before exactly three digits, behind one to three without a leading zero, in English: a group; else
/// decimal. Several points: groups. One point: decimal, but a group before exactly three digits in European writing.
pub(super) fn number_of(body: &str, locale: NumberLocale) -> Option<String> {
    let n_commas = body.bytes().filter(|&byte| byte == b',').count();
    let n_points = body.bytes().filter(|&byte| byte == b'.').count();
    let without = |mark: char| body.replace(mark, "");
    match (n_commas, n_points) {
        (0, 0) => Some(body.to_owned()),
        (0, 1) => {
            let (whole, rest) = body.split_once('.')?;
            let is_group = locale == NumberLocale::Eu && is_one_group(whole, rest);
            Some(if is_group { without('.') } else { body.to_owned() })
        }
        (0, _) => are_groups(body, '.', 3).then(|| without('.')),
        (1, 0) => {
            let (whole, rest) = body.split_once(',')?;
            let is_group = locale == NumberLocale::En && is_one_group(whole, rest);
            Some(if is_group { without(',') } else { body.replace(',', ".") })
        }
        (_, 0) if are_groups(body, ',', 2) => Some(without(',')),
        // "13,324,6": groups, then a decimal comma.
        (_, 0) => {
            let (whole, rest) = body.rsplit_once(',')?;
            are_groups(whole, ',', 3).then(|| format!("{}.{rest}", whole.replace(',', "")))
        }
        _ => {
            let decimal_is_point = body.rfind('.') > body.rfind(',');
            let (decimal, group) = if decimal_is_point { ('.', ',') } else { (',', '.') };
            let (whole, rest) = body.rsplit_once(decimal)?;
            let is_well_formed = !whole.contains(decimal) && are_groups(whole, group, 2);
            is_well_formed.then(|| format!("{}.{rest}", whole.replace(group, "")))
        }
    }
}

/// One to three digits without a leading zero, then exactly three.
fn is_one_group(whole: &str, rest: &str) -> bool {
    (1..=3).contains(&whole.len()) && rest.len() == 3 && !whole.starts_with('0')
}

/// Blocks of digits: up to three, then `fewest` to three each, three at the end.
fn are_groups(body: &str, mark: char, fewest: usize) -> bool {
    let mut blocks = body.split(mark);
    let is_first = blocks.next().is_some_and(|block| (1..=3).contains(&block.len()));
    let mut last = 0;
    is_first
        && blocks.all(|block| {
            last = block.len();
            (fewest..=3).contains(&last)
        })
        && last == 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_points_and_commas_holds() {
        let en = |body: &str| number_of(body, NumberLocale::En);
        for (body, expected) in [
            ("219", "219"),
            ("1,234.5", "1234.5"),
            ("13.324,6", "13324.6"),
            ("1,234,567", "1234567"),
            ("1,23,456", "123456"),
            ("1,23,456.7", "123456.7"),
            ("13,895", "13895"),
            ("0,123", "0.123"),
            ("4,7", "4.7"),
            ("1234,567", "1234.567"),
            ("13,3246", "13.3246"),
            ("1.234.567", "1234567"),
            ("1.234.567,8", "1234567.8"),
            ("2.506", "2.506"),
            ("1,234,5", "1234.5"),
        ] {
            assert_eq!(en(body).as_deref(), Some(expected), "{body}");
        }
        for body in ["4.5,4.7", "1,2,3", "1.2.3", "4.5,4.7,4.9", "12.34.5"] {
            assert_eq!(en(body), None, "{body}");
        }
        let eu = |body: &str| number_of(body, NumberLocale::Eu);
        assert_eq!(eu("2.506").as_deref(), Some("2506"));
        assert_eq!(eu("0.506").as_deref(), Some("0.506"));
        assert_eq!(eu("2.50").as_deref(), Some("2.50"));
        assert_eq!(eu("13,895").as_deref(), Some("13.895"));
        assert_eq!(eu("1.234.567").as_deref(), Some("1234567"));
    }
}
