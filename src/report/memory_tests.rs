//! Tests of whole cards about memory agents: what is claimed, in which words, and that hostile names stay names.

use super::files::{Format, render};
use super::fixture::card::{assert_names_stay_text, card_of, table, written};
use super::fixture::memory;
use super::{Card, html, latex, markdown};
use crate::record::{Memory, ModelEntry, SuiteResults};

fn both() -> [SuiteResults; 2] {
    [memory::agent_results(), memory::stale_results()]
}

fn changed(mut results: SuiteResults, change: impl Fn(&mut Memory)) -> SuiteResults {
    results.memory.iter_mut().for_each(change);
    results
}

/// The card of one agent alone.
fn alone(mut results: SuiteResults, model: &str) -> SuiteResults {
    results.models.retain(|entry: &ModelEntry| entry.slug == model || entry.slug == "grader");
    let record = results.memory.as_mut().unwrap();
    record.agents.retain(|row| row.model == model);
    record.columns.retain(|row| row.model == model);
    record.competencies.retain(|row| row.model == model);
    record.retrieval.retain(|row| row.model == model);
    record.positions.retain(|row| row.model == model);
    record.costs.retain(|row| row.model == model);
    if let Some(stale) = &mut record.stale {
        stale.cells.retain(|row| row.model == model);
        stale.overall.retain(|row| row.model == model);
        stale.false_alarms.retain(|row| row.model == model);
        stale.knowing.retain(|row| row.model == model);
        stale.slices.retain(|row| row.model == model);
    }
    results
}

#[test]
fn the_tables_stand_in_the_order_of_the_questions() {
    let [agents, stale] = both().map(|results| card_of(&results));
    let ids = |card: &Card| card.tables.iter().map(|table| table.id.clone()).collect::<Vec<String>>();
    let expected = [
        "memory-agents",
        "memory-competencies",
        "memory-columns",
        "memory-retrieval",
        "memory-positions",
        "memory-costs",
        "memory-judges",
    ];
    assert_eq!(ids(&agents), expected);
    let expected = [
        "memory-agents",
        "stale-overall",
        "stale-cells",
        "stale-false-alarms",
        "stale-knowing",
        "memory-retrieval",
        "memory-costs",
        "memory-judges",
        "stale-slices",
    ];
    assert_eq!(ids(&stale), expected);
    for card in [agents, stale] {
        for table in card.all_tables() {
            let n_columns = table.columns.len();
            let rows = || table.groups.iter().flat_map(|group| &group.rows);
            assert!(rows().all(|row| row.cells.len() == n_columns), "{}", table.id);
        }
    }
}

#[test]
fn the_tables_look_as_they_did() {
    for results in both() {
        for table in &card_of(&results).tables {
            insta::assert_snapshot!(format!("{}_{}", results.suite, table.id).replace('-', "_"), written(table));
        }
    }
}

#[test]
fn what_is_measured_heads_the_rows_of_an_agent_alone() {
    let card = card_of(&alone(memory::agent_results(), memory::SEARCH));
    insta::assert_snapshot!("columns_of_one_agent", written(table(&card, "memory-columns")));
    let titles: Vec<String> = card.figures.into_iter().map(|figure| figure.title).collect();
    let expected = [
        "reader+bm25: 53.0\u{a0}% (46.0 to 59.3) in accurate retrieval, 18.6\u{a0}% (11.6 to 24.9) in test-time learning",
        "Mean of the columns and tokens a question: reader+bm25 35.2\u{a0}% (32.2 to 37.9) with 5,312",
        "Evidence found but not used: reader+bm25 65 of 203",
        "No loss in the middle shown for reader+bm25 2.0 (\u{2212}6.0 to 10.0)",
    ];
    assert_eq!(titles, expected);
    let card = card_of(&alone(memory::stale_results(), memory::CALM));
    assert!(card.figures[0].title.contains("careful from 3.5\u{a0}% ("), "{}", card.figures[0].title);
    assert_eq!(table(&card, "stale-cells").groups[0].rows[0].cells[0].text, "SR state resolution");
}

#[test]
fn titles_tell_values_with_their_intervals() {
    let [agents, stale] = both().map(|results| card_of(&results));
    let titles = |card: Card| card.figures.into_iter().map(|figure| figure.title).collect::<Vec<String>>();
    insta::assert_snapshot!("memory_titles", titles(agents).join("\n"));
    insta::assert_snapshot!("stale_titles", titles(stale).join("\n"));
}

#[test]
fn the_overall_number_of_changed_states_never_stands_alone() {
    let card = card_of(&memory::stale_results());
    for figure in card.figures.iter().filter(|figure| figure.caption.contains("overall ")) {
        for sentence in figure.caption.split("overall ").skip(1).filter(|rest| rest.starts_with(char::is_numeric)) {
            assert!(sentence.contains("false alarms SR") && sentence.contains("knows without acting"), "{sentence}");
        }
    }
    let told = written(table(&card, "stale-overall"));
    assert!(told.contains("careful | 31.3\u{a0}% [28.3 to 34.0] | SR\u{a0}6.0\u{a0}%, PR\u{a0}2.0\u{a0}%"), "{told}");
    assert!(told.contains("alarmist+state-store | invalid | SR\u{a0}46.5\u{a0}%"), "{told}");
}

#[test]
fn the_header_names_the_words_that_were_asked() {
    let card = card_of(&memory::agent_results());
    let (_, words) = card.facts.iter().find(|(name, _)| name == "Prompt words").unwrap();
    assert_eq!(*words, "memory-neutral-v1 · a1a1a1a1a1a1 · chat template");
}

#[test]
fn what_weakens_the_numbers_stands_before_them() {
    let [agents, stale] = both().map(|results| card_of(&results).cautions);
    insta::assert_snapshot!("memory_cautions", agents.join("\n"));
    insta::assert_snapshot!("stale_cautions", stale.join("\n"));
}

#[test]
fn hostile_names_stay_text_in_every_format() {
    for results in both() {
        let slug = results.models[0].slug.clone();
        let mut results = serde_json::from_str::<SuiteResults>(
            &serde_json::to_string(&results)
                .unwrap()
                .replace(&format!("\"{slug}\""), &serde_json::to_string(memory::HOSTILE).unwrap()),
        )
        .unwrap();
        results.verdict.push_str(memory::HOSTILE);
        assert_names_stay_text(&results);
    }
}

#[test]
fn every_format_holds_every_table_and_ids_are_unique() {
    for results in both() {
        let card = card_of(&results);
        let page = html::page(&card, &results).unwrap();
        let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let n = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), n);
        let text = markdown::page(&card).unwrap();
        let papers: Vec<String> = latex::tables(&card).into_iter().map(|(id, _)| id).collect();
        for table in &card.tables {
            assert!(page.contains(&format!("id=\"{}\"", table.id)), "{}", table.id);
            assert!(text.contains(&format!("**{}**", table.caption)), "{}", table.id);
            assert!(papers.contains(&table.id), "{}", table.id);
        }
    }
}

#[test]
fn figures_are_left_out_in_words_where_nothing_was_measured() {
    let results = changed(memory::agent_results(), |record| {
        *record = Memory {
            prompts: None,
            agents: Vec::new(),
            columns: Vec::new(),
            competencies: Vec::new(),
            retrieval: Vec::new(),
            positions: Vec::new(),
            costs: Vec::new(),
            judges: Vec::new(),
            stale: None,
        };
    });
    let card = card_of(&results);
    assert!(card.figures.is_empty() && card.tables.is_empty());
    assert_eq!(card.absent_figures.len(), 5, "{:?}", card.absent_figures);
    let results = changed(memory::stale_results(), |record| {
        let stale = record.stale.as_mut().unwrap();
        stale.cells.iter_mut().for_each(|cell| cell.value = None);
        (stale.false_alarms, stale.knowing) = (Vec::new(), Vec::new());
        (record.retrieval, record.costs) = (Vec::new(), Vec::new());
    });
    let card = card_of(&results);
    assert!(card.figures.is_empty());
    assert_eq!(card.absent_figures.len(), 5, "{:?}", card.absent_figures);
    assert!(html::page(&card, &results).is_ok() && markdown::page(&card).is_ok());
}

#[test]
fn numbers_that_are_none_are_dashes_and_not_drawn() {
    let results = changed(memory::agent_results(), |record| {
        record.columns.iter_mut().for_each(|row| row.value = Some(f64::NAN));
        record.competencies.iter_mut().for_each(|row| row.value = Some(f64::INFINITY));
        record.costs.iter_mut().for_each(|row| (row.value, row.read_per_question) = (Some(0.4), None));
    });
    let card = card_of(&results);
    assert!(card.figures.iter().all(|figure| !figure.id.contains("competencies") && !figure.id.contains("cost")));
    assert_eq!(table(&card, "memory-columns").groups[0].rows[0].cells[2].text, "\u{2013}");
}

#[test]
fn a_card_of_many_models_keeps_the_record_of_the_shown_ones() {
    let mut results = memory::agent_results();
    for number in 0..6 {
        let mut entry = results.models[0].clone();
        entry.slug = format!("{}-{number}", entry.slug);
        let record = results.memory.as_mut().unwrap();
        let mut agent = record.agents[0].clone();
        agent.model.clone_from(&entry.slug);
        record.agents.push(agent);
        let columns: Vec<_> = record.columns.iter().filter(|row| row.model == memory::LONG).cloned().collect();
        record.columns.extend(columns.into_iter().map(|mut row| {
            row.model.clone_from(&entry.slug);
            row
        }));
        results.models.push(entry);
    }
    let card = card_of(&results);
    // The baseline is no model under test.
    assert_eq!(table(&card, "memory-agents").n_rows(), super::shown::MOST_AGENTS + 1);
    assert!(html::page(&card, &results).unwrap().len() <= html::MOST_BYTES);
    assert!(markdown::page(&card).unwrap().len() <= markdown::MOST_BYTES);
}

#[test]
fn the_figures_look_as_they_did() {
    for results in both() {
        for figure in &card_of(&results).figures {
            insta::assert_snapshot!(figure.id.replace('-', "_"), figure.svg);
        }
    }
}

#[test]
#[ignore = "writes cards to look at: MNEMOSCOPE_CARDS=FOLDER cargo test --release --lib cards_to_look_at -- --ignored"]
fn cards_to_look_at() {
    let folder = std::env::var_os("MNEMOSCOPE_CARDS").expect("MNEMOSCOPE_CARDS names a folder");
    let one = [
        ("one-agent", alone(memory::agent_results(), memory::SEARCH)),
        ("one-stale", alone(memory::stale_results(), memory::CALM)),
    ];
    let many = [("agents", memory::agent_results()), ("stale", memory::stale_results())];
    for (name, results) in many.into_iter().chain(one) {
        let files = render(&card_of(&results), &results, &Format::ALL).unwrap();
        super::files::write(&std::path::Path::new(&folder).join(name), &files).unwrap();
    }
}
