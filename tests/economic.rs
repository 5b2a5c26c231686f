//! Models whose memory of an economy is known, and what the suite `economic-recall` finds of it.

use serde_json::{Value, json};

use crate::economic_world::{
    CUTOFF, Kind, Question, World, ask, endpoint, month, recall, recall_of, row, rows, says, suite_of,
};
use crate::endpoint::{Answerer, share};
use crate::runs::assert_same_numbers;
use crate::support::{list, number};

const STATED: [&str; 2] = ["--stated-cutoff", CUTOFF];
const LEVELS: [&str; 4] = ["--stated-cutoff", CUTOFF, "--task", "level"];
const FIRST_UNKNOWN: &str = "2017-01";

/// A sentence may say what was found, but never that nothing is there.
#[track_caller]
fn sentence(recall: &Value) -> &str {
    let sentence = recall["sentence"].as_str().expect("a sentence");
    assert!(!sentence.to_lowercase().contains("clean"), "{sentence}");
    sentence
}

/// A normal draw that belongs to a question.
fn noise(question: &Question<'_>) -> f64 {
    let key = format!("{:?} {:?}", question.series.map(|series| series.id), question.month);
    let (radius, angle) = (share(&format!("radius {key}")), share(&format!("angle {key}")));
    (-2.0 * (1.0 - radius).ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// Off by 0.6 % before the cutoff, and frozen at the last known value behind it; sure of what it knows.
fn noisy_oracle(world: &World) -> Answerer {
    world.model(|_, question| {
        if question.is_until(CUTOFF) {
            return says(question.value().map(|value| value * (1.0 + 0.006 * noise(question))), 0.9);
        }
        says(question.series.and_then(|series| series.at(month(CUTOFF))), 0.2)
    })
}

#[test]
fn of_an_oracle_all_is_recalled_before_its_cutoff_and_nothing_after_it() {
    let world = World::of_three_series();
    let recall = recall(&world, world.oracle(), &LEVELS);
    for series in &world.series {
        let before = row(&recall["beyond"], &[("task", "level"), ("series", series.id), ("side", "before")]);
        assert_eq!((&before["hit_share"], &before["adjusted"]), (&json!(1.0), &json!(1.0)), "{before}");
        assert!(number(&before["baseline_share"]) > 0.2 && number(&before["p_adjusted"]) < 1e-6, "{before}");
        let after = row(&recall["beyond"], &[("task", "level"), ("series", series.id), ("side", "after")]);
        assert_eq!((&after["hit_share"], &after["n_answered"]), (&json!(0.0), &json!(0)), "{after}");
        assert!(number(&after["adjusted"]) <= 0.0, "{after}");
        assert!(list(&after["flags"]).contains(&json!("few_answered")), "{after}");
    }
    for group in ["all", "marl", "tarn", "loess"] {
        let cutoff = row(&recall["cutoffs"], &[("group", group)]);
        assert_eq!((&cutoff["month"], &cutoff["is_found"]), (&json!(FIRST_UNKNOWN), &json!(true)), "{cutoff}");
        assert_eq!((&cutoff["rate_before"], &cutoff["rate_after"]), (&json!(1.0), &json!(0.0)), "{cutoff}");
    }
    assert_eq!(recall["sides"]["cutoff"], FIRST_UNKNOWN);
    assert_eq!(recall["sides"]["rests_on"], "stated and effective");
    let after = row(&recall["statuses"], &[("task", "level"), ("side", "after")]);
    assert!(number(&after["asked"]) >= 3.0 * 18.0 && after["refusals"] == after["asked"], "{after}");
    let before = row(&recall["statuses"], &[("task", "level"), ("side", "before")]);
    assert_eq!((&before["values"], &before["refusals"]), (&before["asked"], &json!(0)), "{before}");
    let sentence = sentence(&recall);
    assert!(sentence.contains("at least") && sentence.contains("3 of 3 series"), "{sentence}");
    assert!(sentence.contains("Hits end before 2017-01") && sentence.contains("stated: 2016-12"), "{sentence}");
}

#[test]
fn the_knowledge_of_an_oracle_falls_at_its_cutoff_and_at_no_placebo() {
    let world = World::of_three_series();
    let recall = recall(&world, world.oracle(), &LEVELS);
    for contrast in rows(&recall["contrasts"], &[("task", "level")]) {
        assert!(number(&contrast["difference"]) > 0.5, "{contrast}");
        assert!(number(&contrast["interval"]["low"]) > 0.0 && number(&contrast["p_value"]) < 0.001, "{contrast}");
    }
    assert_eq!(list(&recall["contrasts"]).len(), 4, "three series, and all of them together");
    let jumps = list(&recall["jumps"]).iter().filter(|jump| jump["bandwidth_months"] == 24.0);
    let jumps: Vec<(f64, f64)> = jumps.map(|jump| (number(&jump["at"]), number(&jump["tau"]))).collect();
    let (_, at_cutoff) = jumps.iter().find(|(at, _)| *at == 0.0).expect("the cutoff itself");
    assert!(*at_cutoff < -0.5, "{jumps:?}");
    let placebos: Vec<f64> = jumps.iter().filter(|(at, _)| *at != 0.0).map(|(_, tau)| tau.abs()).collect();
    assert!(!placebos.is_empty() && placebos.iter().all(|tau| *tau < at_cutoff.abs()), "{jumps:?}");
}

#[test]
fn a_cutoff_that_nobody_states_is_found_from_the_hits() {
    let world = World::of_three_series();
    let recall = recall(&world, world.oracle(), &["--task", "level"]);
    assert_eq!((&recall["stated_cutoff"], &recall["sides"]["cutoff"]), (&Value::Null, &json!(FIRST_UNKNOWN)));
    assert_eq!(recall["sides"]["rests_on"], "effective");
    assert!(sentence(&recall).contains("nothing is stated"), "{recall}");
}

#[test]
fn who_says_the_value_before_recalls_nothing_beyond_guessing() {
    let world = World::of_three_series();
    let walker = world.model(|_, question| says(question.value_before(), 0.5));
    let recall = recall(&world, walker, &LEVELS);
    for series in &world.series {
        for side in ["before", "after"] {
            let row = row(&recall["beyond"], &[("task", "level"), ("series", series.id), ("side", side)]);
            assert_eq!(row["baseline"], "last", "{row}");
            assert!(number(&row["adjusted"]) <= 0.0, "{row}");
            assert!(number(&row["hit_share"]) > 0.2, "a guess hits, and is no memory: {row}");
        }
        let contrast = row(&recall["contrasts"], &[("task", "level"), ("series", series.id)]);
        assert!(number(&contrast["difference"]).abs() < 1e-12, "{contrast}");
    }
    let sentence = sentence(&recall);
    assert!(sentence.contains("no proof of absence") && !sentence.contains("at least"), "{sentence}");
}

#[test]
fn who_ignores_the_instruction_to_forget_leaks_all_and_who_obeys_leaks_nothing() {
    let world = World::of_three_series();
    let stubborn = recall(&world, world.oracle(), &STATED);
    let leak = &stubborn["fake_cutoff"];
    assert_eq!(
        (&leak["told"], &leak["hit_unconstrained"], &leak["hit_after"]),
        (&json!("2012-12"), &json!(1.0), &json!(0.0))
    );
    assert_eq!((&leak["leak"], &leak["leak_clamped"], &leak["same_answer"]), (&json!(1.0), &json!(1.0), &json!(1.0)));
    assert!(number(&leak["n"]) >= 30.0 && number(&leak["n_after"]) >= 30.0, "{leak}");
    assert!(sentence(&stubborn).contains("Told to know nothing after 2012-12, it still uses 100\u{a0}%"), "{stubborn}");

    for series in &world.series {
        let (told, later) = (series.at(month("2012-12")), month("2013-01")..=month(CUTOFF));
        let far = |value: f64| told.is_some_and(|told| (value - told).abs() > 0.1_f64.max(0.005 * value));
        assert!(
            later.filter_map(|month| series.at(month)).all(far),
            "{}: the last value is a guess that hits",
            series.id
        );
    }
    let oracle = world.oracle();
    let obedient = world.model(move |_, question| match question.kind {
        Kind::FakeCutoff => says(question.series.and_then(|series| series.at(month("2012-12"))), 0.3),
        _ => oracle.0(question.message),
    });
    let obedient = recall(&world, obedient, &STATED);
    let leak = &obedient["fake_cutoff"];
    assert_eq!(
        (&leak["hit_unconstrained"], &leak["leak"], &leak["refusal_share"]),
        (&json!(1.0), &json!(0.0), &json!(0.0))
    );
    assert!(number(&leak["p_exact"]) < 1e-6, "{leak}");
    assert!(sentence(&obedient).contains("it still uses 0\u{a0}%"), "{obedient}");
}

#[test]
fn who_declines_when_told_to_forget_leaks_nothing_and_is_counted_as_declining() {
    let world = World::of_one_series();
    let oracle = world.oracle();
    let declining = world.model(move |_, question| match question.kind {
        Kind::FakeCutoff => "I cannot know that.".to_owned(),
        _ => oracle.0(question.message),
    });
    let leak = recall(&world, declining, &STATED)["fake_cutoff"].clone();
    assert_eq!((&leak["leak"], &leak["refusal_share"], &leak["same_answer"]), (&json!(0.0), &json!(1.0), &json!(0.0)));
}

#[test]
fn a_noisy_oracle_errs_by_its_noise_before_its_cutoff_and_by_more_after_it() {
    let world = World::of_three_series();
    let recall = recall(&world, noisy_oracle(&world), &LEVELS);
    // Of a normal error of 0.6 % the mean size is 0.479 %.
    for series in ["marl", "tarn", "loess"] {
        let error = |side| {
            number(&row(&recall["errors"], &[("task", "level"), ("series", series), ("side", side)])["mape_pct"])
        };
        let (before, after) = (error("before"), error("after"));
        assert!((0.35..0.62).contains(&before), "{series}: {before}");
        assert!(after > 10.0 * before, "{series}: {before} and {after}");
    }
}

#[test]
fn a_model_that_knows_what_it_knows_is_less_sure_after_its_cutoff() {
    let world = World::of_three_series();
    let recall = recall(&world, noisy_oracle(&world), &LEVELS);
    let of = |side| row(&recall["calibrations"], &[("task", "level"), ("side", side)]);
    let (before, after) = (of("before"), of("after"));
    assert!((number(&before["mean_confidence"]) - 0.9).abs() < 1e-9, "{before}");
    assert!((number(&after["mean_confidence"]) - 0.2).abs() < 1e-9, "{after}");
    assert_eq!((&before["n_without"], &after["n_without"]), (&json!(0), &json!(0)));
    assert!(number(&of("all")["auroc"]) > 0.6, "{}", of("all"));
}

#[test]
fn numbers_for_values_that_do_not_exist_are_counted_as_made_up() {
    let mut world = World::of_one_series();
    // A month that was never published.
    world.series[0].values[40] = None;
    let inventive = recall(&world, world.model(|_, _| says(Some(187.3), 0.8)), &["--task", "impossible"]);
    for why in ["all", "never published", "in the future"] {
        let row = row(&inventive["fabrication"], &[("what", why)]);
        assert!(row["share"] == 1.0 && number(&row["n"]) > 0.0, "{row}");
    }
    assert!(sentence(&inventive).contains("Asked for 4 values that do not exist, it gave 4."), "{inventive}");
    let honest =
        recall(&world, world.model(|_, _| "That value was never published.".to_owned()), &["--task", "impossible"]);
    assert_eq!(row(&honest["fabrication"], &[("what", "all")])["share"], 0.0);
}

#[test]
fn who_knows_everything_is_right_about_directions_thresholds_days_and_firms() {
    let world = World::of_three_series().with_texts();
    let (folder, endpoint) = (world.folder(), endpoint(world.model(|world, question| world.truth(question))));
    // The days on which values were published are known of one series.
    let published = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        let is_known = cells[0] == "tarn" && ("2014-01".."2014-09").contains(&cells[4]);
        let day = format!("{}-12", crate::economic_world::month_text(month(cells[4]) + 1));
        format!("{row},{}\n", if is_known { day.as_str() } else { "" })
    };
    let rows_of_series = world.series.iter().flat_map(|series| series.rows());
    let csv: String = rows_of_series.map(|row| published(&row)).collect();
    folder.write("data/series.csv", format!("{},published\n{csv}", World::HEAD));
    ask(&folder, &endpoint, "run", &STATED).with_code(0);
    let recall = recall_of(&folder, "run");
    for task in ["level", "reworded", "level-context", "change", "direction", "threshold"] {
        for series in ["all", "marl", "tarn", "loess"] {
            let row = row(&recall["beyond"], &[("task", task), ("series", series), ("side", "all")]);
            assert_eq!((&row["hit_share"], &row["flags"]), (&json!(1.0), &json!([])), "{row}");
        }
    }
    assert_eq!(recall["date_alone"]["accuracy"], 1.0, "{}", recall["date_alone"]);
    for task in ["headline-date", "release-date"] {
        let row = row(&recall["days"], &[("task", task), ("side", "all")]);
        for share in ["year", "month", "day"] {
            assert_eq!(row[share]["share"], 1.0, "{row}");
        }
        assert_eq!((&row["mean_days"], &row["n_answered"]), (&json!(0.0), &row["n"]), "{row}");
    }
    assert_eq!(list(&recall["reports"]).len(), 8, "four shares of two forms");
    for row in list(&recall["reports"]) {
        assert_eq!((&row["share"], &row["n"]), (&json!(1.0), &json!(2)), "{row}");
    }
    assert_eq!(row(&recall["fabrication"], &[("what", "all")])["share"], 0.0);
    let sentence = sentence(&recall);
    assert!(sentence.contains("at least"), "{sentence}");
    let suite = suite_of(&folder, "run");
    let left_out: Vec<&Value> = list(&suite["left_out"]).iter().map(|out| &out["task"]).collect();
    for task in ["vintage", "relabel", "date-only-mass"] {
        assert!(left_out.contains(&&json!(task)), "{left_out:?}");
    }
    for task in ["other-name", "headline-date", "reconstruct", "release-date", "fake-cutoff", "fake-date"] {
        assert!(!left_out.contains(&&json!(task)), "{left_out:?}");
    }
}

#[test]
fn a_model_that_goes_on_with_lines_is_read_and_marked_as_such() {
    let world = World::of_one_series();
    // A line is the name of the series and the period: `Title of marl (index points) 2012-05 =`.
    let series = world.series[0].clone();
    let lines = Answerer::new(move |prompt| {
        let period = prompt.trim_end_matches(" =").rsplit(' ').next().unwrap_or_default();
        series.at(month(period)).map_or(String::new(), |value| format!(" {value:.1}\nand more"))
    });
    let recall = recall(&world, lines, &["--task", "level", "--plain-prompts"]);
    assert_eq!(recall["is_continued"], true);
    let row = row(&recall["beyond"], &[("task", "level"), ("series", "marl"), ("side", "all")]);
    assert_eq!(row["hit_share"], 1.0, "{row}");
}

#[test]
fn a_run_has_the_same_bytes_however_many_questions_are_on_their_way() {
    let world = World::of_three_series().with_texts();
    let (folder, endpoint) = (world.folder(), endpoint(noisy_oracle(&world)));
    for concurrency in ["1", "8"] {
        let further = [STATED[0], STATED[1], "--concurrency", concurrency];
        ask(&folder, &endpoint, concurrency, &further).with_code(0);
    }
    assert_same_numbers(&folder, "1", "8");
    assert!(!list(&recall_of(&folder, "8")["beyond"]).is_empty());
}
