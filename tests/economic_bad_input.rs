//! Series, cutoffs and answers that are not as `economic-recall` needs them: refused with their place, or counted for what they are.

use serde_json::{Value, json};

use crate::economic_world::{CUTOFF, World, ask, endpoint, recall, recall_of, row, rows, says, suite_of};
use crate::endpoint::{Answerer, Behaviour, Endpoint};
use crate::support::{Ended, Folder, json_lines, list};

const LEVELS: [&str; 4] = ["--stated-cutoff", CUTOFF, "--task", "level"];

/// Asks with a file of series that has been changed; nothing may be asked.
#[track_caller]
fn refused(file: &str, content: impl AsRef<[u8]>) -> Ended {
    let folder = Folder::new();
    folder.write(&format!("data/{file}"), content);
    refused_with(&folder, &LEVELS)
}

#[track_caller]
fn refused_with(folder: &Folder, further: &[&str]) -> Ended {
    let endpoint = endpoint(Answerer::new(|_| says(Some(1.0), 0.5)));
    let ended = ask(folder, &endpoint, "run", further).with_code(2);
    assert_eq!(endpoint.n_requests(), 0, "{}", ended.stderr);
    assert!(!folder.path("run/results.json").exists());
    ended
}

/// The lines of the file of one series, to be changed; line 1 is the head.
fn lines() -> Vec<String> {
    World::of_one_series().csv().lines().map(str::to_owned).collect()
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_missing_month_is_refused_with_what_may_stand_in_its_place() {
    let mut lines = lines();
    assert!(lines.remove(10).contains(",2012-04,"));
    refused("series.csv", joined(&lines)).telling(&[
        "series.csv, line 11",
        "`marl` goes from 2012-03 to 2012-05",
        "2012-04 is missing",
        "add a row with an empty `value`",
    ]);
}

#[test]
fn two_rows_for_one_month_are_refused_with_both_lines() {
    let mut lines = lines();
    lines.insert(11, lines[10].clone());
    refused("series.csv", joined(&lines)).telling(&[
        "series.csv, line 12",
        "`marl` has a value for 2012-04 in line 11 already",
        "keep one of the rows",
    ]);
}

#[test]
fn two_vintages_in_one_series_are_refused_with_both_rows() {
    let mut lines = lines();
    lines[20] = lines[20].replace("2020-01-31", "2021-06-30");
    refused("series.csv", joined(&lines)).telling(&[
        "series.csv, line 21",
        "vintage 2021-06-30",
        "2020-01-31 in line 2",
        "a `series_id` of their own",
    ]);
}

#[test]
fn a_value_that_is_no_number_is_refused_with_line_and_field() {
    for wrong in ["n/a", "1.234.5", "NaN", "12,5"] {
        let mut lines = lines();
        let cells: Vec<&str> = lines[30].split(',').collect();
        let cell = format!("\"{wrong}\"");
        let changed = cells.iter().enumerate().map(|(place, own)| if place == 5 { cell.as_str() } else { own });
        lines[30] = changed.collect::<Vec<_>>().join(",");
        refused("series.csv", joined(&lines)).telling(&[
            "series.csv, line 31",
            "the field `value`",
            wrong,
            "a number with a decimal point",
            "change it",
        ]);
    }
}

#[test]
fn a_row_that_is_too_short_is_refused_with_its_line() {
    let mut lines = lines();
    let short = lines[15].rsplit_once(',').expect("cells").0.to_owned();
    lines[15] = short;
    refused("series.csv", joined(&lines)).telling(&["series.csv, line 16", "8 cells", "9 columns"]);
}

#[test]
fn an_empty_file_and_one_of_a_head_alone_are_refused() {
    for content in ["", "\n", World::HEAD] {
        refused("series.csv", content).telling(&["series.csv", "there is no row in it", "the right file"]);
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_with_line_and_advice() {
    let mut bytes = joined(&lines()).into_bytes();
    let line_4 = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).expect("four lines").0 + 1;
    bytes.insert(line_4 + 6, 0xe9);
    refused("series.csv", bytes).telling(&["series.csv, line 4", "not UTF-8", "save the file as UTF-8"]);
    let row = b"{\"series_id\": \"caf\xe9\"}\n";
    refused("series.jsonl", row).telling(&["series.jsonl, line 1", "not UTF-8", "save the file as UTF-8"]);
}

#[test]
fn a_missing_column_is_refused_with_what_belongs_there() {
    let text = joined(&lines()).replace("vintage", "vintages");
    refused("series.csv", text).telling(&["series.csv, line 2", "no column `vintages`", "`vintage`"]);
    let text = joined(&lines()).replace("vintage", "stand");
    refused("series.csv", text).telling(&["series.csv, line 2", "`vintage` is missing", "e.g. 2022-10-31"]);
}

#[test]
fn a_series_with_too_few_values_to_ask_for_one_is_refused() {
    let few = joined(&lines()[..7]);
    refused("series.csv", few).telling(&["series.csv", "six values before it", "bring longer series"]);
}

#[test]
fn a_folder_without_series_is_refused_with_the_file_that_it_lacks() {
    let folder = Folder::new();
    folder.write("data/other.txt", "");
    refused_with(&folder, &LEVELS).telling(&["series.csv", "it is not there", "put it into the folder"]);
}

#[test]
fn a_cutoff_after_the_last_value_is_refused() {
    let folder = World::of_one_series().folder();
    for cutoff in ["2018-12", "2019-03"] {
        refused_with(&folder, &["--stated-cutoff", cutoff, "--task", "level"]).telling(&[
            &format!("is {cutoff}"),
            "the last value of the series is of 2018-12",
            "bring later values",
        ]);
    }
}

#[test]
fn a_cutoff_of_a_model_that_is_not_asked_is_refused_with_those_that_are() {
    let folder = World::of_one_series().folder();
    for (option, value) in [("--stated-cutoff", "@another=2016-12"), ("--released", "@another=2017-03-01")] {
        refused_with(&folder, &[option, value]).telling(&[option, "`@another`", "no model of this run", "#mock"]);
    }
}

#[test]
fn a_cutoff_that_is_no_month_is_refused_with_an_example() {
    let folder = World::of_one_series().folder();
    for wrong in ["2016", "2016-13", "Dec 2016", "2016-12-31", "", "@mock="] {
        refused_with(&folder, &["--stated-cutoff", wrong]).telling(&["--stated-cutoff", "YYYY-MM, e.g. 2023-10"]);
    }
    refused_with(&folder, &["--released", "2016-12"]).telling(&["--released", "YYYY-MM-DD, e.g. 2024-08-06"]);
}

#[test]
fn with_fewer_than_five_values_after_the_cutoff_nothing_is_tested_there_and_the_card_says_why() {
    let world = World::of_one_series();
    let (folder, endpoint) = (world.folder(), endpoint(world.model(|world, question| world.truth(question))));
    ask(&folder, &endpoint, "run", &["--stated-cutoff", "2018-04", "--task", "level"]).with_code(0);
    let recall = recall_of(&folder, "run");
    let after = row(&recall["beyond"], &[("series", "marl"), ("side", "after")]);
    assert_eq!(
        (&after["n"], &after["p_exact"], &after["interval"]),
        (&json!(3), &Value::Null, &Value::Null),
        "{after}"
    );
    assert!(list(&after["flags"]).contains(&json!("fewer_than_five_values")), "{after}");
    assert_eq!(recall["contrasts"], json!([]));
    let untested = recall["untested"].to_string();
    assert!(
        untested.contains("level, marl: ") && untested.contains("3 after the cutoff; a test needs 5"),
        "{untested}"
    );
    let words = "Of values published after 2018-10 there are 3; no series has five that a forecaster misses, so nothing is tested there.";
    assert!(recall["sentence"].as_str().expect("a sentence").contains(words), "{recall}");
    assert!(folder.read("run/report/card.html").contains(words));
}

#[test]
fn a_model_that_only_refuses_is_counted_as_such_and_not_as_forgetting() {
    let world = World::of_one_series().with_texts();
    let answers = "I'm sorry, but I do not know this value.";
    let (folder, endpoint) = (world.folder(), endpoint(world.model(move |_, _| answers.to_owned())));
    ask(&folder, &endpoint, "run", &["--stated-cutoff", CUTOFF]).with_code(0);
    let recall = recall_of(&folder, "run");
    for status in rows(&recall["statuses"], &[("side", "all")]) {
        assert_eq!((&status["refusals"], &status["errors"]), (&status["asked"], &json!(0)), "{status}");
    }
    for error in list(&recall["errors"]) {
        assert_eq!((&error["n_answered"], &error["mae"]), (&json!(0), &Value::Null), "{error}");
    }
    assert_eq!(recall["fake_cutoff"]["leak"], Value::Null, "nothing is known, so nothing can leak");
    assert_eq!(recall["calibrations"], json!([]));
    let sentence = recall["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("no proof of absence") && !sentence.contains("clean"), "{sentence}");
}

#[test]
fn answers_in_other_languages_are_no_values_and_no_zeros() {
    let answers = [
        "Im Juli 2008 lag der Wert bei ungefähr zwölf.",
        "Das weiß ich leider nicht.",
        "这个数值大约是十二。",
        "我不知道这个数值。",
        "値は約十二でした。",
        "القيمة حوالي اثني عشر",
        "Значение было около двенадцати",
    ];
    let world = World::of_three_series();
    for answer in answers {
        let recall = recall(&world, Answerer::new(move |_| answer.to_owned()), &LEVELS);
        // A year alone is no percentage, and a value of an index it is.
        let is_a_year = answer.contains("2008");
        let errors = rows(&recall["errors"], &[("series", if is_a_year { "loess" } else { "marl" }), ("side", "all")]);
        assert_eq!(errors[0]["n_answered"], 0, "{answer}: {}", errors[0]);
        for row in rows(&recall["beyond"], &[("side", "all")]) {
            assert_eq!(row["hit_share"], 0.0, "{answer}: {row}");
        }
        let status = row(&recall["statuses"], &[("task", "level"), ("side", "all")]);
        assert_eq!(status["errors"], 0, "{answer}: {status}");
        if !is_a_year {
            assert_eq!((&status["values"], &status["ranges"]), (&json!(0), &json!(0)), "{answer}: {status}");
        }
    }
}

#[test]
fn an_answer_of_ten_megabytes_costs_no_other_answer() {
    let world = World::of_one_series();
    let contents = [
        ("x".repeat(10 << 20), "unparseable"),
        (format!("1.0 {}", "and so on ".repeat(1 << 20)), "values"),
        (format!("{}{}", "{".repeat(5 << 20), "\"value\": ".repeat(1 << 19)), "unparseable"),
    ];
    for (content, counted_as) in contents {
        let oracle = world.oracle();
        let long = Answerer::new(
            move |message| {
                if message.contains("May 2014") { content.clone() } else { oracle.0(message) }
            },
        );
        let (folder, endpoint) = (world.folder(), endpoint(long));
        ask(&folder, &endpoint, "run", &LEVELS).with_code(0);
        let recall = recall_of(&folder, "run");
        let all = row(&recall["statuses"], &[("task", "level"), ("side", "before")]);
        let number = |field: &str| all[field].as_u64().expect("a count");
        let n_other = if counted_as == "values" { 0 } else { 1 };
        assert_eq!((number("values"), number("errors")), (number("asked") - n_other, 0), "{all}");
        let marl = row(&recall["beyond"], &[("series", "marl"), ("side", "before")]);
        let share = marl["hit_share"].as_f64().expect("a share");
        assert!((share - (1.0 - 1.0 / number("asked") as f64)).abs() < 1e-12, "{marl}");
    }
}

#[test]
fn an_answer_beyond_all_sense_is_a_miss_and_costs_no_run() {
    let world = World::of_one_series();
    let oracle = world.oracle();
    let wild = Answerer::new(move |message| {
        if message.contains("May 2014") {
            "{\"value\": 1e307, \"confidence\": 0.9}".to_owned()
        } else {
            oracle.0(message)
        }
    });
    let (folder, endpoint) = (world.folder(), endpoint(wild));
    ask(&folder, &endpoint, "run", &LEVELS).with_code(0);
    let recall = recall_of(&folder, "run");
    let all = row(&recall["statuses"], &[("task", "level"), ("side", "before")]);
    assert_eq!((&all["values"], &all["errors"]), (&all["asked"], &json!(0)), "{all}");
    let marl = row(&recall["beyond"], &[("series", "marl"), ("side", "before")]);
    assert!(marl["hit_share"].as_f64().expect("a share") < 1.0, "{marl}");
}

#[test]
fn a_constant_answer_to_calm_years_moves_no_side() {
    // Calm until 2014, when the value that is always said is right; knowledge has nothing to do with it.
    let mut text = String::from("series_id,title,unit,period,value,source,vintage\n");
    for month in 0..96 {
        let value = if month < 60 { 0.12 } else { 0.3 + f64::from(month * 7 % 11) / 4.0 };
        text.push_str(&format!("calm,Rate,percent,{}-{:02},{value:.2},S,v\n", 2010 + month / 12, month % 12 + 1));
    }
    let folder = Folder::new();
    folder.write("data/series.csv", text);
    let endpoint = endpoint(Answerer::new(|_| "{\"value\": 0.12}".to_owned()));
    ask(&folder, &endpoint, "run", &["--task", "level", "--stated-cutoff", "2016-06"]).with_code(0);
    let recall = recall_of(&folder, "run");
    assert_eq!(recall["sides"]["rests_on"], "stated", "{}", recall["sides"]);
    assert_eq!(recall["sides"]["before_until"], "2015-12");
    assert_eq!(recall["cutoffs"][0]["is_beyond_guessing"], false, "{}", recall["cutoffs"][0]);
    assert!(!recall["sentence"].as_str().expect("a sentence").contains("at least"), "{}", recall["sentence"]);
}

#[test]
fn an_answer_that_never_ends_is_an_error_of_its_own() {
    let world = World::of_one_series();
    let folder = world.folder();
    let sticky = Some(("May 2014".to_owned(), crate::endpoint::Fault::Endless));
    let endpoint = Endpoint::start(Behaviour { answerer: Some(world.oracle()), sticky, ..Behaviour::default() });
    ask(&folder, &endpoint, "run", &LEVELS).with_code(3).telling(&["1 failed"]);
    let recall = recall_of(&folder, "run");
    let all = row(&recall["statuses"], &[("task", "level"), ("side", "before")]);
    assert_eq!((&all["errors"], &all["refusals"], &all["unparseable"]), (&json!(1), &json!(0), &json!(0)), "{all}");
    // It is in no share.
    let marl = row(&recall["beyond"], &[("series", "marl"), ("side", "before")]);
    assert_eq!(marl["hit_share"], 1.0, "{marl}");
    assert!(folder.read("run/cells/economic-recall/mock/journal.jsonl").contains("body_too_large"));
}

#[test]
fn optional_tasks_whose_data_are_not_there_are_left_out_with_the_reason() {
    let world = World::of_one_series();
    let (folder, endpoint) = (world.folder(), endpoint(world.oracle()));
    ask(&folder, &endpoint, "run", &["--stated-cutoff", CUTOFF]).with_code(0);
    let suite = suite_of(&folder, "run");
    for (task, reason) in [
        ("headline-date", "the folder has no headlines.jsonl"),
        ("reconstruct", "the folder has no reports.jsonl"),
        ("other-name", "another series of its measure"),
        ("vintage", "`twin`"),
        ("release-date", "`published`"),
        ("relabel", "`false_name`"),
        ("date-only-mass", "needs"),
    ] {
        let out = row(&suite["left_out"], &[("task", task)]);
        assert!(out["reason"].as_str().expect("a reason").contains(reason), "{out}");
    }
    for asked in ["level", "direction", "fake-cutoff", "fake-date"] {
        assert!(list(&suite["left_out"]).iter().all(|out| out["task"] != asked), "{}", suite["left_out"]);
    }
}

#[test]
fn a_faulty_headline_is_refused_and_not_left_out() {
    let folder = World::of_one_series().folder();
    folder.write("data/headlines.jsonl", "{\"text\": \"Ferry sinks\", \"published\": \"2013-02-30\"}\n");
    refused_with(&folder, &[]).telling(&["headlines.jsonl, line 1", "`published`", "a day like 2008-09-15"]);
}

#[test]
fn columns_that_nobody_knows_change_nothing() {
    let world = World::of_one_series();
    let known = recall(&world, world.oracle(), &LEVELS);
    let (folder, endpoint) = (world.folder(), endpoint(world.oracle()));
    let head_and_rows: Vec<String> = lines()
        .iter()
        .enumerate()
        .map(|(place, line)| format!("{line},{}", if place == 0 { "colour" } else { "blue" }))
        .collect();
    folder.write("data/series.csv", joined(&head_and_rows));
    ask(&folder, &endpoint, "run", &LEVELS).with_code(0);
    assert_eq!(recall_of(&folder, "run"), known);
}

#[test]
fn series_in_json_lines_are_asked_like_those_in_csv() {
    let world = World::of_one_series();
    let of_csv = recall(&world, world.oracle(), &LEVELS);
    let row = |line: &String| {
        let cells: Vec<&str> = line.split(',').collect();
        let value: f64 = cells[5].parse().expect("a value");
        // Numbers and truth values are JSON's own.
        json!({"series_id": cells[0], "title": cells[1], "unit": cells[2], "frequency": cells[3], "period": cells[4],
            "value": value, "source": cells[6], "vintage": cells[7], "asked_as": cells[8], "decimals": 1, "signed": false})
    };
    let (folder, endpoint) = (Folder::new(), endpoint(world.oracle()));
    folder.write("data/series.jsonl", json_lines(&lines()[1..].iter().map(row).collect::<Vec<_>>()));
    ask(&folder, &endpoint, "run", &LEVELS).with_code(0);
    assert_eq!(recall_of(&folder, "run"), of_csv);
}
