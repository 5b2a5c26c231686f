//! Tests of whole cards about forgetting: what was claimed, in which words, and that hostile names stay names.

use super::fixture::card::{assert_names_stay_text, card_of, rows, table};
use super::fixture::unlearning;
use super::{html, markdown};
use crate::record::{ClaimOutcome, Role, SuiteResults};

#[test]
fn the_tables_stand_before_the_ordinary_ones_and_the_targets_among_the_slices() {
    let card = card_of(&unlearning::results());
    let ids: Vec<&str> = card.tables.iter().map(|table| table.id.as_str()).take(6).collect();
    assert_eq!(
        ids,
        [
            "unlearning-measures",
            "unlearning-claims",
            "unlearning-attacks",
            "unlearning-answers",
            "unlearning-facts",
            "unlearning-summaries"
        ]
    );
    assert!(card.counts[0].is_long && card.counts[0].id == "unlearning-targets");
    for table in card.all_tables() {
        let n_columns = table.columns.len();
        assert!(
            table.groups.iter().flat_map(|group| &group.rows).all(|row| row.cells.len() == n_columns),
            "{}",
            table.id
        );
    }
}

#[test]
fn the_headline_table_has_the_models_in_the_order_of_their_lives() {
    let card = card_of(&unlearning::results());
    let table = table(&card, "unlearning-measures");
    let heads: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let expected = ["Measure", "original (before)", "unlearned", "retrained (never knew)", "Targets"];
    assert_eq!(heads, expected);
    insta::assert_snapshot!("unlearning_measures", rows(table));
}

#[test]
fn claims_say_how_small_a_p_could_have_been_and_for_whom_they_hold() {
    let card = card_of(&unlearning::results());
    let table = table(&card, "unlearning-claims");
    insta::assert_snapshot!("unlearning_claims", format!("{}\n\n{}", table.note, rows(table)));
}

#[test]
fn the_other_tables_look_as_they_did() {
    let card = card_of(&unlearning::results());
    for id in ["unlearning-attacks", "unlearning-answers", "unlearning-facts", "unlearning-summaries"] {
        let table = table(&card, id);
        insta::assert_snapshot!(id.replace('-', "_"), format!("{}\n\n{}", table.note, rows(table)));
    }
}

#[test]
fn the_header_names_the_words_that_were_asked() {
    let card = card_of(&unlearning::results());
    let (_, words) = card.facts.iter().find(|(name, _)| name == "Prompt words").unwrap();
    assert_eq!(words, "rwku-neutral-v1 · 5d5d5d5d5d5d · chat template · told in context to forget");
}

#[test]
fn hostile_names_of_targets_stay_text_in_every_format() {
    let mut results = unlearning::results();
    for claim in &mut results.unlearning.as_mut().unwrap().claims {
        claim.title = format!("{} {}", claim.title, unlearning::HOSTILE_TARGET);
    }
    let page = assert_names_stay_text(&results);
    assert!(page.contains("&lt;/script&gt;&lt;b&gt;Orla[U+202E] Brandvik &amp; &quot;Sons&quot; [U+200F]"));
}

#[test]
fn ids_stay_unique_with_four_models_under_test() {
    let mut results = unlearning::results();
    for number in 1..4 {
        let slug = format!("unlearned-{number}");
        let entry = results.models[0].clone();
        results.models.push(crate::record::ModelEntry { slug: slug.clone(), ..entry });
        let record = results.unlearning.as_mut().unwrap();
        let is_own = |model: &str| model == "unlearned";
        macro_rules! copied {
            ($($rows:ident),*) => {$(
                let more: Vec<_> = record.$rows.iter().filter(|row| is_own(&row.model)).cloned().collect();
                record.$rows.extend(more.into_iter().map(|mut row| { row.model.clone_from(&slug); row }));
            )*};
        }
        copied!(targets, measures, attacks, answers, facts, claims);
    }
    let card = card_of(&results);
    let page = html::page(&card, &results).unwrap();
    let mut ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n);
    assert!(markdown::page(&card).is_ok());
}

#[test]
fn without_a_model_before_nothing_is_called_forgotten() {
    let mut results = unlearning::results();
    results.models.retain(|model| model.role == Role::Model);
    let record = results.unlearning.as_mut().unwrap();
    record.claims.clear();
    record.measures.retain(|row| row.role == Role::Model);
    record.targets.retain(|row| row.model == "unlearned");
    record.attacks.retain(|row| row.role == Role::Model);
    let card = card_of(&results);
    assert!(card.cautions[0].contains("nothing here can be called forgotten or kept"), "{:?}", card.cautions);
    assert!(card.all_tables().all(|table| table.id != "unlearning-claims"));
}

#[test]
fn two_hundred_targets_still_make_a_page() {
    let mut results = unlearning::results();
    let record = results.unlearning.as_mut().unwrap();
    let rows = record.targets.clone();
    for number in 0..200 {
        record.targets.extend(rows.iter().filter(|row| row.target.starts_with("Ivo")).cloned().map(|mut row| {
            row.target = format!("Person {number}");
            row
        }));
    }
    let card = card_of(&results);
    let targets = table(&card, "unlearning-targets");
    assert_eq!(targets.groups.len(), 2);
    assert!(targets.note.contains("only those of forget-all and neighbour-all are shown"), "{}", targets.note);
    assert!(html::page(&card, &results).unwrap().len() <= html::MOST_BYTES);
    assert!(markdown::page(&card).unwrap().len() <= markdown::MOST_BYTES);
}

#[test]
fn the_figures_come_first_and_in_the_order_of_the_questions() {
    let card = card_of(&unlearning::results());
    let titles: Vec<(&str, &str)> =
        card.figures.iter().map(|figure| (figure.id.as_str(), figure.title.as_str())).collect();
    let expected = [
        ("unlearning-trade-off-rwku", "unlearned: less is left; neighbours not shown to be kept within the margin"),
        (
            "unlearning-attacks-by-form-rwku-unlearned",
            "Adversarial questions: 6 of 10 forms are shown to bring back less than before, 10 are lower (exploratory, on these \
             questions)",
        ),
        (
            "unlearning-targets-before-and-after-rwku-unlearned",
            "6 of 6 targets are lower after than before; over targets, less is left",
        ),
        (
            "unlearning-kept-rwku-unlearned",
            "Kept within the margin of 0.02: 1 of 5 measures, 1 more on these targets only, 3 not shown",
        ),
        (
            "unlearning-kept-rwku-unlearned-2",
            "Fluency (n-gram entropy): kept within the margin of 0.35 on these targets",
        ),
    ];
    assert_eq!(titles, expected);
}

#[test]
fn what_holds_on_these_targets_alone_is_not_said_of_others() {
    let mut results = unlearning::results();
    for claim in &mut results.unlearning.as_mut().unwrap().claims {
        claim.outcome = ClaimOutcome::FoundHere;
    }
    let titles: Vec<String> = card_of(&results).figures.into_iter().map(|figure| figure.title).collect();
    assert_eq!(
        titles[0],
        "unlearned: less is left on these targets; neighbours kept within the margin on these targets"
    );
    assert!(titles[2].ends_with("less is left on these targets, not shown for others"), "{}", titles[2]);
    assert!(titles[3].contains("5 of 5 measures, on these targets only"), "{}", titles[3]);
    for claim in &mut results.unlearning.as_mut().unwrap().claims {
        claim.outcome = ClaimOutcome::Untested;
    }
    let titles: Vec<String> = card_of(&results).figures.into_iter().map(|figure| figure.title).collect();
    assert_eq!(titles[0], "What is left of what was to be forgotten, and of the rest");
    assert_eq!(titles[2], "6 of 6 targets are lower after than before");
}

#[test]
fn one_target_alone_and_values_that_are_no_numbers_are_drawn_or_said_to_be_missing() {
    let mut results = unlearning::results();
    let record = results.unlearning.as_mut().unwrap();
    record.targets.retain(|row| row.target == unlearning::HOSTILE_TARGET);
    for row in &mut record.measures {
        (row.n_targets, row.interval, row.standard_deviation) = (1, None, None);
    }
    for claim in &mut record.claims {
        (claim.n_targets, claim.interval) = (1, None);
    }
    let card = card_of(&results);
    assert_eq!(card.figures.len(), 5);
    assert!(card.figures[2].svg.contains("&lt;/script&gt;&lt;b&gt;Orla"));
    assert!(!card.figures[2].svg.contains("mean over targets"));
    let record = results.unlearning.as_mut().unwrap();
    for row in &mut record.measures {
        row.value = None;
    }
    for row in &mut record.targets {
        row.value = Some(f64::NAN);
    }
    for row in &mut record.attacks {
        row.value = None;
    }
    for claim in &mut record.claims {
        claim.difference = None;
    }
    let card = card_of(&results);
    assert!(card.figures.is_empty());
    assert!(card.absent_figures.len() >= 3, "{:?}", card.absent_figures);
}

#[test]
fn a_point_without_whiskers_is_explained_and_one_with_them_is_not() {
    let told = |results: &SuiteResults| markdown::page(&card_of(results)).unwrap().contains("A point without whiskers");
    let mut results = unlearning::results();
    assert!(!told(&results));
    let attacks = results.unlearning.as_mut().map(|record| &mut record.attacks);
    let interval = attacks.and_then(|attacks| attacks[0].interval.as_mut()).expect("the fixture has intervals");
    interval.high = interval.low;
    assert!(told(&results));
}
