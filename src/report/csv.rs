//! Metrics and comparisons as CSV, at full precision, for spreadsheets and scripts.
//!
//! One line a row, `\n` at its end, a header first. An empty field is a value that is not defined or not known.

use crate::record::{IntervalRecord, Role, SuiteResults};
use crate::report::escape::csv_text;
use crate::report::table::{Cell, Table};

/// Every metric row: task, model, measure, copies, counts, value, interval, flags (separated by spaces).
#[must_use]
pub fn metrics(results: &SuiteResults) -> String {
    let mut out = String::from(
        "suite,task,model,role,metric,copies,n,n_members,n_non_members,n_clusters,n_missing,value,ci_low,ci_high,\
         ci_level,ci_method,flags\n",
    );
    for row in &results.metrics {
        let role =
            results.models.iter().find(|model| model.slug == row.model).map_or("", |model| role_word(model.role));
        let [low, high, level, method] = interval(row.interval.as_ref());
        push_line(
            &mut out,
            &[
                csv_text(&results.suite),
                csv_text(&row.task),
                csv_text(&row.model),
                role.to_owned(),
                csv_text(&row.metric),
                optional(row.slice.copies),
                row.n.to_string(),
                optional(row.n_members),
                optional(row.n_non_members),
                optional(row.n_clusters),
                row.n_missing.to_string(),
                number(row.value),
                low,
                high,
                level,
                method,
                csv_text(&row.flags.join(" ")),
            ],
        );
    }
    out
}

/// Every paired comparison: values of both sides, difference with interval, p raw and adjusted, detectable effect.
#[must_use]
pub fn comparisons(results: &SuiteResults) -> String {
    let mut out = String::from(
        "suite,task,metric,copies,model_a,model_b,value_a,value_b,n_pairs,n_only_a,n_only_b,difference,ci_low,ci_high,\
         ci_level,ci_method,test,p_value,p_adjusted,effect,effect_value,mde,n_clusters,wins,ties,losses,only_a_right,\
         only_b_right,flags,sentence\n",
    );
    for row in &results.comparisons {
        let [low, high, level, method] = interval(row.interval.as_ref());
        push_line(
            &mut out,
            &[
                csv_text(&results.suite),
                csv_text(&row.task),
                csv_text(&row.metric),
                optional(row.slice.copies),
                csv_text(&row.model_a),
                csv_text(&row.model_b),
                number(row.value_a),
                number(row.value_b),
                row.n_pairs.to_string(),
                row.n_only_a.to_string(),
                row.n_only_b.to_string(),
                number(row.difference),
                low,
                high,
                level,
                method,
                csv_text(&row.test),
                number(row.p_value),
                number(row.p_adjusted),
                row.effect.as_ref().map_or_else(String::new, |effect| csv_text(&effect.name)),
                number(row.effect.as_ref().map(|effect| effect.value)),
                number(row.minimal_detectable_effect),
                optional(row.n_clusters),
                optional(row.wins),
                optional(row.ties),
                optional(row.losses),
                optional(row.only_a_right),
                optional(row.only_b_right),
                csv_text(&row.flags.join(" ")),
                csv_text(&row.sentence),
            ],
        );
    }
    out
}

/// Any table as it is printed; an interval stands behind its value, in brackets.
#[must_use]
pub fn table(table: &Table) -> String {
    let mut out = String::new();
    push_line(&mut out, &table.columns.iter().map(|column| csv_text(&column.name)).collect::<Vec<_>>());
    for row in table.groups.iter().flat_map(|group| &group.rows) {
        let cell = |cell: &Cell| match cell.aside.as_str() {
            "" => csv_text(&cell.text),
            aside => csv_text(&format!("{} ({aside})", cell.text)),
        };
        push_line(&mut out, &row.cells.iter().map(cell).collect::<Vec<_>>());
    }
    out
}

fn push_line(out: &mut String, fields: &[String]) {
    out.push_str(&fields.join(","));
    out.push('\n');
}

/// Shortest text that reads back as the same number; empty where there is none, `inf` and `-inf` as they are.
fn number(value: Option<f64>) -> String {
    value.filter(|value| !value.is_nan()).map_or_else(String::new, |value| value.to_string())
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn interval(interval: Option<&IntervalRecord>) -> [String; 4] {
    interval.map_or_else(Default::default, |it| {
        [number(Some(it.low)), number(Some(it.high)), number(Some(it.level)), csv_text(&it.method)]
    })
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Model => "model",
        Role::Baseline => "baseline",
        Role::Reference => "reference",
        Role::Judge => "judge",
        Role::Embedder => "embedder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_line_has_as_many_fields_as_the_header() {
        let results = fixture::plain_text_results();
        for table in [metrics(&results), comparisons(&results)] {
            let fields: Vec<usize> = table.lines().map(|line| line.split(',').count()).collect();
            assert!(fields.len() > 10);
            assert!(fields.iter().all(|n| *n == fields[0]), "{fields:?}");
        }
    }

    #[test]
    fn a_value_reads_back_bit_for_bit_and_a_missing_one_is_empty() {
        let mut results = fixture::plain_text_results();
        results.metrics.truncate(2);
        results.metrics[0].value = Some(0.1 + 0.2);
        results.metrics[1].value = None;
        let table = metrics(&results);
        let values: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').nth(11)).collect();
        assert_eq!(values[0].parse::<f64>().map(f64::to_bits), Ok((0.1_f64 + 0.2).to_bits()));
        assert_eq!(values[1], "");
    }
}
