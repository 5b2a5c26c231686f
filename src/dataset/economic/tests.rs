//! Items of a small file of series.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::*;
use crate::dataset::csv_rows::read_csv_rows;

/// Two monthly series of ten values from 2008-01 on, one with a month that was never published, and a quarterly one.
fn rows() -> Vec<Row> {
    let mut text =
        String::from("series_id,title,unit,frequency,period,value,source,vintage,published,false_name,twin\n");
    for month in 1..=10 {
        let value = if month == 9 { String::new() } else { format!("{}.0", month * month) };
        let _ = writeln!(text, "a,First,index,M,2008-{month:02},{value},S,v,,A name,b");
    }
    for month in 1..=10 {
        let _ = writeln!(text, "b,Second,index,M,2008-{month:02},{}.0,S,w,2008-{month:02}-28,,", 100 + month % 2);
    }
    for quarter in 1..=4 {
        let _ = writeln!(text, "q,Third,percent,Q,2008Q{quarter},{quarter}.5,S,v,,,");
    }
    read_csv_rows("series.csv", text.as_bytes()).unwrap()
}

/// By id: items come in an order of chance.
fn made(schema: DataSchema, selection: &SeriesSelection) -> Vec<Item> {
    let mut made = items(schema, &rows(), selection).unwrap_or_else(|error| panic!("{error}"));
    made.sort_by(|a, b| a.id.cmp(&b.id));
    made
}

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

#[test]
fn a_value_is_asked_once_six_stand_before_it_and_history_never_sees_it() {
    let selection = SeriesSelection { context: 3, ..SeriesSelection::default() };
    let items = made(DataSchema::EconomicLevels, &selection);
    assert_eq!(
        ids(&items),
        ["a/2008-07", "a/2008-08", "a/2008-10", "b/2008-07", "b/2008-08", "b/2008-09", "b/2008-10"]
    );
    let first = &items[0].fields;
    assert_eq!(
        (&first["truth"], &first["previous_value"], &first["threshold"]),
        (&json!(49.0), &json!(36.0), &json!("12.5"))
    );
    assert_eq!(first["context"], "2008-04: 16.0\n2008-05: 25.0\n2008-06: 36.0");
    assert_eq!(first["history"]["last"], json!([4.0, 9.0, 16.0, 25.0, 36.0]));
    assert_eq!((&first["history"]["first"], &first["history"]["n"]), (&json!(1.0), &json!(6)));
    assert_eq!(items[0].cluster, "2008-07");
    // What was never published is no previous value.
    assert_eq!(items[2].fields["previous_value"], json!(64.0));
    assert!((items[0].fields["change"].as_f64().unwrap() - 100.0 * (49.0 / 36.0 - 1.0)).abs() < 1e-9);
}

#[test]
fn a_selection_names_series_their_beginning_and_how_many_are_skipped() {
    let selection = SeriesSelection {
        series: vec!["b".to_owned()],
        from: Some("2008-08".to_owned()),
        every: 2,
        ..SeriesSelection::default()
    };
    assert_eq!(ids(&made(DataSchema::EconomicLevels, &selection)), ["b/2008-08", "b/2008-10"]);
    let unknown = SeriesSelection { series: vec!["z".to_owned()], ..selection };
    let message = items(DataSchema::EconomicLevels, &rows(), &unknown).unwrap_err().to_string();
    assert!(message.contains("`z`") && message.contains("a, b, q"), "{message}");
}

#[test]
fn a_move_has_a_direction_and_a_false_name_is_asked_where_there_is_one() {
    let all = SeriesSelection::default();
    let moves = made(DataSchema::EconomicMoves, &all);
    assert_eq!(moves[0].choices, ["up", "down", "unknown"]);
    let answer = |id: &str| moves.iter().find(|item| item.id == id).and_then(|item| item.answer);
    assert_eq!((answer("b/2008-07"), answer("b/2008-08")), (Some(0), Some(1)));
    let renamed = made(DataSchema::EconomicRenamed, &all);
    assert!(renamed.iter().all(|item| item.fields["series"] == "a" && item.fields["false_name"] == "A name"));
    // The twin's name over the same values would be no false name, and no other series is like it.
    let message = items(DataSchema::EconomicSwapped, &rows(), &SeriesSelection { series: vec!["a".into()], ..all })
        .unwrap_err()
        .to_string();
    assert!(message.contains("another series of its measure"), "{message}");
}

#[test]
fn nothing_before_the_fake_cutoff_is_asked() {
    let selection = SeriesSelection { fake_cutoff: Some("2008-08".to_owned()), ..SeriesSelection::default() };
    let items = made(DataSchema::EconomicAfterFakeCutoff, &selection);
    assert_eq!(ids(&items), ["a/2008-10", "b/2008-09", "b/2008-10"]);
    assert_eq!(items[0].fields["fake_cutoff_words"], "August 2008");
    let late = SeriesSelection { fake_cutoff: Some("2012-12".to_owned()), ..SeriesSelection::default() };
    assert!(super::items(DataSchema::EconomicAfterFakeCutoff, &rows(), &late).is_err());
}

#[test]
fn what_does_not_exist_is_asked_where_it_never_was_and_long_after_the_end() {
    let items = made(DataSchema::EconomicImpossible, &SeriesSelection::default());
    let why = |id: &str| items.iter().find(|item| item.id == id).map(|item| item.fields["why"].clone());
    assert_eq!(why("a/2008-09"), Some(Value::from("never published")));
    assert_eq!(why("a/2019-10"), Some(Value::from("in the future")));
    assert!(items.iter().any(|item| item.id == "q/2019Q4"), "{:?}", ids(&items));
}

#[test]
fn vintages_publications_and_forecasts_come_from_what_the_file_tells() {
    let all = SeriesSelection::default();
    let vintages = made(DataSchema::EconomicVintages, &all);
    assert_eq!(ids(&vintages), ["a/2008-07", "a/2008-08", "a/2008-10"]);
    assert_eq!(vintages[0].fields["other_truth"], json!(101.0));
    let releases = made(DataSchema::EconomicReleases, &all);
    assert_eq!((releases.len(), &releases[0].fields["truth_date"]), (10, &json!("2008-01-28")));
    let selection = SeriesSelection {
        series: vec!["b".to_owned()],
        context: 6,
        repeats: 2,
        future_date: Some("2035-06-15".to_owned()),
        ..all
    };
    let forecasts = made(DataSchema::EconomicForecasts, &selection);
    assert_eq!(forecasts.len(), 4 * 2 * 2);
    assert_eq!(forecasts[0].fields["today"], "2035-06-15");
    assert_eq!(forecasts[2].fields["today"], "2008-07-15");
}

#[test]
fn a_value_is_known_from_its_publication_or_the_usual_lag_on() {
    let items = made(DataSchema::EconomicLevels, &SeriesSelection::default());
    let since = |id: &str| items.iter().find(|item| item.id == id).and_then(|item| item.fields["known_since"].as_f64());
    let july = f64::from(2008 * 12 + 6);
    assert!((since("a/2008-07").unwrap() - (july + 1.0)).abs() < 1e-9);
    assert!((since("b/2008-07").unwrap() - (july + 27.0 / 31.0)).abs() < 1e-9);
}

#[test]
fn the_first_items_are_of_all_series_and_always_the_same() {
    let all = SeriesSelection::default();
    let first = items(DataSchema::EconomicLevels, &rows(), &all).unwrap();
    assert_eq!(first, items(DataSchema::EconomicLevels, &rows(), &all).unwrap());
    let series: std::collections::BTreeSet<&str> =
        first[..4].iter().filter_map(|item| item.fields["series"].as_str()).collect();
    assert_eq!(series.len(), 2);
}
