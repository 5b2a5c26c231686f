//! Tests of whole cards about economic memory: what is claimed, in which words, and that hostile names stay names.

use super::files::{Format, render};
use super::fixture::card::{assert_names_stay_text, card_of, table, written};
use super::fixture::recall;
use super::{html, markdown};
use crate::record::{ModelRecall, SuiteResults};

fn changed(change: impl Fn(&mut ModelRecall)) -> SuiteResults {
    let mut results = recall::results();
    results.recall.as_mut().unwrap().models.iter_mut().for_each(change);
    results
}

#[test]
fn the_tables_stand_in_the_order_of_the_questions() {
    let card = card_of(&recall::results());
    let ids: Vec<&str> = card.tables.iter().map(|table| table.id.as_str()).collect();
    let expected = [
        "recall-sides",
        "recall-cutoffs",
        "recall-beyond-level",
        "recall-contrasts",
        "recall-jumps",
        "recall-fake-cutoff",
        "recall-fake-date",
        "recall-controls",
        "recall-vintages",
        "recall-fabrication",
        "recall-calibration",
        "recall-days",
        "recall-reports",
        "recall-date-alone",
        "recall-embeddings",
        "recall-beyond-direction",
        "recall-errors-level",
        "recall-errors-change",
        "recall-statuses",
        "untested",
    ];
    assert_eq!(ids, expected);
    for table in card.all_tables() {
        let n_columns = table.columns.len();
        let rows = || table.groups.iter().flat_map(|group| &group.rows);
        assert!(rows().all(|row| row.cells.len() == n_columns), "{}", table.id);
    }
}

#[test]
fn where_knowledge_ends_stands_beside_what_is_stated() {
    let card = card_of(&recall::results());
    for id in ["recall-sides", "recall-cutoffs"] {
        insta::assert_snapshot!(id.replace('-', "_"), written(table(&card, id)));
    }
}

#[test]
fn what_is_beyond_guessing_is_a_lower_bound_and_flags_are_words() {
    let card = card_of(&recall::results());
    let told = written(table(&card, "recall-beyond-level"));
    assert!(
        told.contains("A is a lower bound") && told.contains("Fewer than five values, so no test: </script>"),
        "{told}"
    );
    assert!(
        told.contains(
            "Fewer than 95\u{a0}% answered, so the answered may be a selection: every row (guesses · all periods)."
        ),
        "{told}"
    );
    insta::assert_snapshot!("recall_beyond_level", told);
}

#[test]
fn all_periods_are_told_where_there_are_no_sides_alone() {
    let results = changed(|model| {
        let whole = |row: &crate::record::BeyondGuessing| crate::record::BeyondGuessing {
            side: "all".to_owned(),
            ..row.clone()
        };
        let more: Vec<_> = model.beyond.iter().filter(|row| row.side == "before").map(whole).collect();
        model.beyond.extend(more);
    });
    let card = card_of(&results);
    let heads: Vec<&str> =
        table(&card, "recall-beyond-level").groups.iter().map(|group| group.label.as_str()).collect();
    assert_eq!(heads, ["remembers · before the cutoff", "remembers · after the cutoff", "guesses · all periods"]);
}

#[test]
fn the_other_tables_look_as_they_did() {
    let card = card_of(&recall::results());
    for table in card.tables.iter().filter(|table| !table.id.starts_with("recall-beyond")) {
        if !["recall-sides", "recall-cutoffs"].contains(&table.id.as_str()) {
            insta::assert_snapshot!(table.id.replace('-', "_"), written(table));
        }
    }
}

#[test]
fn no_text_of_ours_calls_a_model_clean() {
    let card = card_of(&recall::results());
    for file in render(&card, &recall::results(), &[Format::Markdown]).unwrap() {
        let text = String::from_utf8(file.bytes).unwrap().to_lowercase();
        let is_word = text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "clean");
        assert!(!is_word, "{}", file.path);
    }
}

#[test]
fn the_header_names_the_words_that_were_asked() {
    let card = card_of(&recall::results());
    let (_, words) = card.facts.iter().find(|(name, _)| name == "Prompt words").unwrap();
    let dress = "chat template where a model has one, else lines to continue";
    assert_eq!(*words, format!("economic-neutral-v1 · 979797979797 · {dress}"));
    let card = card_of(&changed(|model| model.is_continued = true));
    let (_, words) = card.facts.iter().find(|(name, _)| name == "Prompt words").unwrap();
    assert!(words.ends_with("· plain, no chat template"), "{words}");
}

#[test]
fn hostile_names_stay_text_in_every_format() {
    let mut results = changed(|model| {
        model.untested.push(format!("a test: {}", recall::HOSTILE));
        model.stated_cutoff = model.stated_cutoff.take().map(|_| recall::HOSTILE.to_owned());
        if let Some(leak) = &mut model.fake_cutoff {
            leak.told = recall::HOSTILE.to_owned();
        }
    });
    results.verdict.push_str(recall::HOSTILE);
    assert_names_stay_text(&results);
}

#[test]
fn ids_are_unique_on_the_page() {
    let results = recall::results();
    let page = html::page(&card_of(&results), &results).unwrap();
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n);
}

#[test]
fn titles_claim_what_the_tests_say() {
    let titles: Vec<String> = card_of(&recall::results()).figures.into_iter().map(|figure| figure.title).collect();
    let expected = [
        "Over all series hits end before 2015-07 (2015-07 to 2015-11); stated cutoff 2015-12",
        "Recalled beyond guessing: at least 2 of 4 series before the cutoff, shown for none of 4 series after it",
        "Hits beyond the forecaster's drop at the cutoff (\u{3c4} \u{2212}0.620, p\u{a0}<\u{a0}0.0001); larger than at the placebos",
        "Mean stated confidence: 0.88 before the cutoff, 0.61 after the cutoff",
        "Over all series no month is found in which hits end; no cutoff is stated",
        "Recalled beyond guessing: shown for none of 4 series over all periods",
        "Mean stated confidence: 0.88 over all periods",
        "Told to know nothing after 2012-12: remembers: leak 0.94 (0.86 to 1.02), guesses: leak 0.00",
    ];
    assert_eq!(titles, expected);
}

#[test]
fn figures_are_left_out_in_words_where_nothing_was_measured() {
    let results = changed(|model| {
        *model = ModelRecall {
            cutoffs: Vec::new(),
            months: Vec::new(),
            statuses: Vec::new(),
            errors: Vec::new(),
            beyond: Vec::new(),
            contrasts: Vec::new(),
            jumps: Vec::new(),
            fake_cutoff: None,
            fake_date: None,
            calibrations: Vec::new(),
            fabrication: Vec::new(),
            controls: Vec::new(),
            days: Vec::new(),
            reports: Vec::new(),
            vintage: None,
            date_alone: None,
            untested: Vec::new(),
            ..model.clone()
        };
    });
    let card = card_of(&results);
    assert!(card.figures.is_empty());
    assert_eq!(card.absent_figures.len(), 10, "{:?}", card.absent_figures);
    let ids: Vec<&str> = card.tables.iter().map(|table| table.id.as_str()).collect();
    assert_eq!(ids, ["recall-sides", "recall-embeddings", "untested"]);
    assert!(html::page(&card, &results).is_ok() && markdown::page(&card).is_ok());
}

#[test]
fn numbers_that_are_none_are_dashes_and_not_drawn() {
    let results = changed(|model| {
        for row in &mut model.beyond {
            row.adjusted = Some(f64::NAN);
        }
        for row in &mut model.jumps {
            row.tau = None;
        }
        for row in &mut model.errors {
            row.mae = Some(f64::INFINITY);
        }
    });
    let card = card_of(&results);
    assert!(card.figures.iter().all(|figure| !figure.id.contains("jump") && !figure.id.contains("beyond")));
    assert_eq!(table(&card, "recall-errors-level").groups[0].rows[0].cells[1].text, "\u{2013}");
}

#[test]
fn a_card_of_many_models_keeps_the_record_of_the_shown_ones() {
    let mut results = recall::results();
    for number in 0..6 {
        let mut entry = results.models[0].clone();
        entry.slug = format!("{}-{number}", entry.slug);
        let record = results.recall.as_mut().unwrap();
        let mut model = record.models[0].clone();
        model.model.clone_from(&entry.slug);
        record.models.push(model);
        results.models.push(entry);
    }
    let card = card_of(&results);
    assert_eq!(table(&card, "recall-sides").n_rows(), super::shown::MOST_MODELS);
    assert!(html::page(&card, &results).unwrap().len() <= html::MOST_BYTES);
    assert!(markdown::page(&card).unwrap().len() <= markdown::MOST_BYTES);
}

#[test]
fn the_figures_look_as_they_did() {
    let card = card_of(&recall::results());
    for id in ["recall-over-time", "recall-beyond-guessing", "recall-confidence", "recall-told-to-forget"] {
        let figure = card.figures.iter().find(|figure| figure.id.starts_with(id)).unwrap_or_else(|| panic!("{id}"));
        insta::assert_snapshot!(id.replace('-', "_"), figure.svg);
    }
}
