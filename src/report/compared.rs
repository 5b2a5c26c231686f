//! Two runs side by side: plain text for the terminal, Markdown for pull requests, LaTeX for papers.

use crate::record::{APPROXIMATE, ChangedItem, Comparison, ONE_CONTEXT, RunComparison};
use crate::report::anchor::Anchors;
use crate::report::escape::{markdown, one_line};
use crate::report::metric_name::{MetricName, method_words};
use crate::report::number;
use crate::report::table::{Cell, Row, RowGroup, Table, comparisons_by_slice, copies_words, numbers, words};
use crate::report::{latex, markdown as markdown_format};

/// Changed items that the terminal shows of each metric.
const SHOWN_CHANGES: usize = 3;

/// Header and rows of the terminal's table.
#[must_use]
pub fn rows(found: &RunComparison) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let has_margin = comparisons(found).any(|(_, row)| row.margin.is_some());
    let mut header = vec![
        "task",
        "metric",
        "copies",
        "A",
        "B",
        "A \u{2212} B (interval)",
        "SE",
        "p",
        "exact p",
        "adjusted",
        "effect",
        "MDE",
        "pairs",
        "only A/B",
        "A>B/=/<",
    ];
    if has_margin {
        header.push("outcome");
    }
    let several = found.suites.len() > 1;
    let rows = comparisons(found)
        .map(|(suite, row)| {
            let mut cells = cells(row);
            if several {
                cells[0] = format!("{suite}/{}", row.task);
            }
            if has_margin {
                cells.push(
                    row.margin.as_ref().map_or_else(|| number::UNDEFINED.to_owned(), |it| outcome_words(&it.outcome)),
                );
            }
            cells
        })
        .collect();
    (header, rows)
}

/// An outcome as records name it, for people.
#[must_use]
pub fn outcome_words(outcome: &str) -> String {
    outcome.replace("non_inferior", "non-inferior").replace('_', " ")
}

fn comparisons(found: &RunComparison) -> impl Iterator<Item = (&str, &Comparison)> {
    found.suites.iter().flat_map(|suite| suite.comparisons.iter().map(|row| (suite.suite.as_str(), row)))
}

fn cells(row: &Comparison) -> Vec<String> {
    let decimals = number::decimals(row.interval.as_ref());
    let dash = || number::UNDEFINED.to_owned();
    let value = |value: Option<f64>| value.map_or_else(dash, |value| number::fixed(value, decimals));
    let difference = row.difference.map_or_else(dash, |difference| {
        let size = number::signed(difference, decimals);
        row.interval.as_ref().map_or(size.clone(), |interval| format!("{size} ({})", number::range(interval, decimals)))
    });
    let count = |n: Option<u64>| n.map_or_else(dash, number::count);
    vec![
        row.task.clone(),
        row.metric.clone(),
        row.slice.copies.map_or_else(|| "all".to_owned(), |copies| number::count(u64::from(copies))),
        value(row.value_a),
        value(row.value_b),
        difference,
        row.standard_error.map_or_else(dash, |error| number::fixed(error, decimals + 1)),
        number::p_value(row.p_value),
        number::p_value(row.p_exact),
        number::p_value(row.p_adjusted),
        row.effect.as_ref().map_or_else(dash, |effect| number::signed(effect.value, 2)),
        value(row.minimal_detectable_effect),
        row.n_clusters.map_or_else(
            || number::count(row.n_pairs),
            |clusters| format!("{} in {}", number::count(row.n_pairs), number::count(clusters)),
        ),
        format!("{}/{}", number::count(row.n_only_a), number::count(row.n_only_b)),
        format!("{}/{}/{}", count(row.wins), count(row.ties), count(row.losses)),
    ]
}

/// What stands around the terminal's table: who is A and B, then (after the table) sentences, changed items, what was refused.
#[must_use]
pub fn text_around(found: &RunComparison) -> (String, String) {
    let mut before = String::new();
    for (letter, side) in [("A", &found.a), ("B", &found.b)] {
        put(&mut before, &format!("{letter}: {} of {}", one_line(&side.name), one_line(&side.run)));
    }
    let mut after = String::new();
    put(&mut after, "");
    for line in method_lines(found) {
        put(&mut after, &line);
    }
    let told = strongest(found);
    if !told.is_empty() {
        put(&mut after, "\nStrongest evidence:");
        for (suite, row) in told {
            put(&mut after, &format!("  {}: {}", place(suite, row), row.sentence));
        }
    }
    let changed = shown_changes(found);
    if !changed.is_empty() {
        put(&mut after, "\nMost changed items (A, B, change):");
        for item in changed {
            put(&mut after, &format!("  {}", changed_line(item)));
        }
    }
    for (head, lines) in remarks(found) {
        put(&mut after, &format!("\n{head}:"));
        for line in lines {
            put(&mut after, &format!("  {}", one_line(&line)));
        }
    }
    (before, after)
}

/// Flags that change how far a row can be trusted, and what they mean.
const FLAG_WORDS: [(&str, &str); 8] = [
    ("few_in_class", "Fewer than 10 members or non-members, so that interval and p are rough"),
    ("ignores_clusters", "Items share sources, which DeLong does not know, so that the interval is too short"),
    ("all_zero", "No pair differs, so that the interval of the mean is a point and says nothing of other items"),
    (ONE_CONTEXT, "All questions are about one context: the test holds for questions about it, not for other contexts"),
    ("few_clusters", "Fewer than 10 clusters, so that the interval is too short"),
    ("too_few_for_variance", "Too few pairs for an interval"),
    (
        APPROXIMATE,
        "Approximate: multiple choice by the first token of a chat answer, since the endpoint scores no given text",
    ),
    ("bca_fallback", "BCa was not possible and the percentile interval stands in for it"),
];

fn put(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn place(suite: &str, row: &Comparison) -> String {
    format!("{suite}/{}, {}, {}", row.task, MetricName::parse(&row.metric).words(), copies_words(&row.slice))
}

/// The three rows with the smallest p-values, smallest first.
fn strongest(found: &RunComparison) -> Vec<(&str, &Comparison)> {
    let mut rows: Vec<(&str, &Comparison)> = comparisons(found).filter(|(_, row)| row.p_value.is_some()).collect();
    rows.sort_by(|left, right| {
        let p = |row: &Comparison| row.p_value.unwrap_or(1.0);
        p(left.1).total_cmp(&p(right.1))
    });
    rows.truncate(3);
    rows
}

fn shown_changes(found: &RunComparison) -> Vec<&ChangedItem> {
    let mut shown = Vec::new();
    let mut group: Option<(&str, &str)> = None;
    let mut n = 0;
    for item in found.suites.iter().flat_map(|suite| &suite.changed) {
        let key = (item.task.as_str(), item.metric.as_str());
        n = if group == Some(key) { n + 1 } else { 1 };
        group = Some(key);
        if n <= SHOWN_CHANGES {
            shown.push(item);
        }
    }
    shown
}

fn changed_line(item: &ChangedItem) -> String {
    let copies = item.copies.map_or_else(String::new, |copies| {
        if copies == 1 { ", 1 copy".to_owned() } else { format!(", {copies} copies") }
    });
    format!(
        "{}, {}: {}{copies}: {}, {}, {}",
        item.task,
        item.metric,
        one_line(&item.item_id),
        number::fixed(item.a, 4),
        number::fixed(item.b, 4),
        number::signed(item.change, 4)
    )
}

fn method_lines(found: &RunComparison) -> Vec<String> {
    let margin = comparisons(found).find_map(|(_, row)| row.margin.as_ref());
    let outcome = margin.map(|it| {
        format!(
            "Outcome: from the interval at {} against a margin of {}{}, so that each side is tested at {}.",
            number::percent(it.interval.level),
            it.margin,
            if it.is_lower_better { ", lower is better" } else { "" },
            number::percent(1.0 - found.level)
        )
    });
    let mut lines = vec![
        format!(
            "Paired by item id; a missing answer leaves its pair and is counted under only A/B. Intervals at {}. p adjusted by \
             {} over {}.",
            number::percent(found.level),
            method_words(&format!("adjust_{}", found.adjustment)),
            found.family
        ),
        "MDE: smallest difference found with 80\u{a0}% power. A>B/=/<: items on which A is above, equal, below (for an AUC, \
         members by the share of non-members that they lie above)."
            .to_owned(),
    ];
    lines.extend(outcome);
    lines
}

fn remarks(found: &RunComparison) -> Vec<(&'static str, Vec<String>)> {
    let refused = found.refused.iter().map(ToString::to_string).collect();
    [("Read with care", cautions(found)), ("Not compared", refused), ("Notes", found.notes.clone())]
        .into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .collect()
}

/// What the flags of the rows say, each once with the rows it stands for.
fn cautions(found: &RunComparison) -> Vec<String> {
    const SHOWN_PLACES: usize = 4;
    let line = |(flag, words): &(&str, &str)| {
        let rows = comparisons(found).filter(|(_, row)| row.flags.iter().any(|own| own == flag));
        let places: Vec<String> = rows.map(|(suite, row)| place(suite, row)).collect();
        let more = places.len().saturating_sub(SHOWN_PLACES);
        let shown = places.iter().take(SHOWN_PLACES).cloned().collect::<Vec<_>>().join("; ");
        let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
        (!places.is_empty()).then(|| format!("{words}: {shown}{rest}"))
    };
    let unanswered = comparisons(found).filter(|(_, row)| row.n_neither > 0);
    let lines = unanswered.map(|(suite, row)| {
        format!(
            "{}: {} items that neither run answered are in no number",
            place(suite, row),
            number::count(row.n_neither)
        )
    });
    FLAG_WORDS.iter().filter_map(line).chain(lines).collect()
}

/// A Markdown document: sentences first, then every table.
#[must_use]
pub fn markdown_page(found: &RunComparison) -> String {
    let mut out = format!("# {} against {}\n\n", markdown(&found.a.name), markdown(&found.b.name));
    for (letter, side) in [("A", &found.a), ("B", &found.b)] {
        put(&mut out, &format!("- {letter}: {} of {}", markdown(&side.name), markdown(&side.run)));
    }
    put(&mut out, "");
    for (suite, row) in strongest(found) {
        put(&mut out, &format!("- {}: {}", markdown(&place(suite, row)), markdown(&row.sentence)));
    }
    for table in tables(found).iter().map(|(_, table)| table) {
        out.push_str(&markdown_format::table_text(table));
    }
    put(&mut out, "");
    for line in method_lines(found) {
        put(&mut out, &format!("- {}", markdown(&line)));
    }
    for (head, lines) in remarks(found) {
        put(&mut out, &format!("\n## {head}\n"));
        for line in lines {
            put(&mut out, &format!("- {}", markdown(&line)));
        }
    }
    out
}

/// Every table as LaTeX, one after the other.
#[must_use]
pub fn latex_tables(found: &RunComparison) -> String {
    let texts: Vec<String> = tables(found).iter().map(|(suite, table)| latex::table_text(suite, table)).collect();
    texts.join("\n")
}

/// The tables of each suite with its name: comparisons by task, then the most changed items.
fn tables(found: &RunComparison) -> Vec<(&str, Table)> {
    let mut out = Vec::new();
    let mut anchors = Anchors::default();
    for suite in &found.suites {
        for table in comparisons_by_slice(&suite.comparisons, &mut anchors) {
            out.push((suite.suite.as_str(), table));
        }
        if !suite.changed.is_empty() {
            out.push((suite.suite.as_str(), changed_table(&suite.changed, &mut anchors)));
        }
    }
    out
}

fn changed_table(items: &[ChangedItem], anchors: &mut Anchors) -> Table {
    let mut groups: Vec<RowGroup> = Vec::new();
    for item in items {
        let label = format!("{} \u{b7} {}", item.task, MetricName::parse(&item.metric).words());
        let row = Row::new(vec![
            Cell::text(item.item_id.clone()),
            Cell::text(item.copies.map_or_else(|| "all".to_owned(), |copies| number::count(u64::from(copies)))),
            Cell::text(number::fixed(item.a, 4)),
            Cell::text(number::fixed(item.b, 4)),
            Cell::text(number::signed(item.change, 4)),
        ]);
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.rows.push(row),
            None => groups.push(RowGroup { label, rows: vec![row] }),
        }
    }
    Table {
        id: anchors.claim(&["changed", "items"]),
        caption: "Most changed items".to_owned(),
        note: "Change: A \u{2212} B; for an AUC, of the share of non-members that the item lies above, while A and B are raw \
               scores."
            .to_owned(),
        columns: [words("Item")].into_iter().chain(["copies", "A", "B", "change"].map(numbers)).collect(),
        groups,
        is_long: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{
        ComparedSide, ComparedSuite, EffectRecord, IntervalRecord, MarginRecord, RUN_COMPARISON_SCHEMA,
        RefusedComparison, Slice,
    };

    fn found() -> RunComparison {
        let side = |name: &str| ComparedSide {
            run: format!("runs/{name}"),
            model: name.to_owned(),
            name: name.to_owned(),
            weights_sha256: None,
            revision: None,
            n_epochs: 1,
        };
        let interval =
            |low: f64, high: f64, level: f64| IntervalRecord { low, high, level, method: "newcombe_10".into() };
        let row = Comparison {
            task: "questions".into(),
            metric: "acc".into(),
            slice: Slice { copies: Some(64) },
            model_a: "one".into(),
            model_b: "two".into(),
            value_a: Some(0.71),
            value_b: Some(0.5),
            n_pairs: 1200,
            n_only_a: 3,
            n_only_b: 0,
            n_neither: 0,
            standard_error: None,
            p_exact: None,
            difference: Some(0.21),
            interval: Some(interval(0.12, 0.3, 0.95)),
            test: "mcnemar_midp".into(),
            p_value: Some(0.0002),
            p_adjusted: Some(0.0004),
            minimal_detectable_effect: Some(0.1),
            only_a_right: Some(300),
            only_b_right: Some(48),
            n_clusters: Some(120),
            effect: Some(EffectRecord { name: "cohen_h".into(), value: 0.43 }),
            wins: Some(300),
            ties: Some(852),
            losses: Some(48),
            margin: Some(MarginRecord {
                margin: 0.02,
                is_lower_better: false,
                outcome: "superior".into(),
                interval: interval(0.13, 0.29, 0.9),
            }),
            flags: vec![],
            sentence: "one is 21.0 points above two".into(),
        };
        let changed = ChangedItem {
            task: "questions".into(),
            metric: "acc".into(),
            item_id: "q\u{1b}[2J|7".into(),
            copies: Some(64),
            a: 1.0,
            b: 0.0,
            change: 1.0,
        };
        RunComparison {
            schema: RUN_COMPARISON_SCHEMA,
            a: side("one"),
            b: side("two"),
            level: 0.95,
            adjustment: "holm".into(),
            family: "2 comparisons".into(),
            seed: 1,
            suites: vec![ComparedSuite {
                suite: "hubble".into(),
                version: "1.0.0".into(),
                size: "builtin".into(),
                comparisons: vec![row],
                changed: vec![changed],
            }],
            refused: vec![RefusedComparison {
                suite: "hubble".into(),
                task: Some("passages".into()),
                metric: Some("auc.ref".into()),
                why: "another reference".into(),
            }],
            notes: vec!["A was limited".into()],
        }
    }

    #[test]
    fn the_flags_that_are_told_are_flags_of_the_statistics_or_of_the_scores() {
        for (flag, _) in FLAG_WORDS.into_iter().filter(|(flag, _)| ![APPROXIMATE, ONE_CONTEXT].contains(flag)) {
            assert!(serde_json::from_value::<crate::statistics::Flag>(flag.into()).is_ok(), "{flag}");
        }
    }

    #[test]
    fn the_terminal_shows_every_number_with_its_counts() {
        let (header, rows) = rows(&found());
        assert_eq!(header.len(), rows[0].len());
        let line = rows[0].join(" ");
        for part in [
            "questions",
            "acc",
            "+0.210 (0.120 to 0.300)",
            "0.00020",
            "0.00040",
            "1,200 in 120",
            "3/0",
            "300/852/48",
            "superior",
        ] {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        let (before, after) = text_around(&found());
        assert!(before.contains("A: one of runs/one"));
        assert!(
            after.contains("one is 21.0 points above two")
                && after.contains("hubble/passages/auc.ref: another reference")
        );
        assert!(!after.contains('\u{1b}'), "control characters of an id reach the terminal");
    }

    #[test]
    fn markdown_and_latex_escape_what_models_and_data_say() {
        let page = markdown_page(&found());
        assert!(page.starts_with("# one against two") && page.contains("Most changed items"), "{page}");
        assert!(!page.contains("[2J|7"), "an unescaped id breaks the table: {page}");
        let tables = latex_tables(&found());
        assert_eq!(tables.matches("\\begin{table}").count(), 2);
        assert_eq!(tables.matches('{').count(), tables.matches('}').count());
    }
}
