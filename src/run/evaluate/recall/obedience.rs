//! Told to forget, under false dates and names, asked for what does not exist: does the model do as it is told?

use std::collections::BTreeMap;

use super::answers::{Answers, Asked, Side};
use super::guessing::{LEAST_VALUES, as_number};
use super::{interval, mean, ratio, share_row};
use crate::record::{Control, FakeCutoffLeak, FakeDateShift, ShareRow, VintageChoice};
use crate::run::error::RunError;
use crate::run::evaluate::subject::Subject;
use crate::scoring::forecast::{fake_cutoff_leak, is_hit};
use crate::scoring::recall_scores::tolerance_of;
use crate::statistics::{
    Alternative, Bootstrap, Continuity, KsMode, SignFlip, cluster_ratio_bootstrap, ks_test, mann_whitney,
    mcnemar_exact_p, seed_for, sign_flip_clustered,
};
use crate::suite::RecallAsk;

/// Questions told and not told to forget, by series and period.
fn by_value<'i, 'a>(asked: &'i [Asked<'a>]) -> BTreeMap<(&'i str, &'i str), &'i Asked<'a>> {
    asked
        .iter()
        .filter(|asked| asked.score.is_some())
        .map(|asked| ((asked.series(), asked.text("period")), asked))
        .collect()
}

/// How much of what a model knows stays when it is told to forget.
pub(super) fn fake_cutoff(
    subject: &Subject<'_>,
    model: &str,
    answers: &Answers<'_>,
    untested: &mut Vec<String>,
) -> Option<FakeCutoffLeak> {
    let told = answers.of_ask(RecallAsk::FakeCutoff)?;
    let Some(levels) = answers.of_ask(RecallAsk::Level) else {
        untested.push("fake cutoff: the same values were not asked without it; run the task `level`, too".to_owned());
        return None;
    };
    let free = by_value(&levels.asked);
    // Values that the model can know: those truly after the cutoff are the floor.
    let pairs: Vec<(&Asked<'_>, &Asked<'_>)> = told
        .asked
        .iter()
        .filter(|asked| asked.score.is_some() && !matches!(asked.side, Side::After | Side::Grey))
        .filter_map(|asked| Some((asked, *free.get(&(asked.series(), asked.text("period")))?)))
        .collect();
    let series: std::collections::BTreeSet<&str> = pairs.iter().map(|(told, _)| told.series()).collect();
    let after: Vec<bool> = free
        .values()
        .filter(|asked| asked.side == Side::After && series.contains(asked.series()))
        .map(|asked| asked.is_hit())
        .collect();
    if pairs.is_empty() {
        return None;
    }
    let n = pairs.len();
    let count = |is: &dyn Fn(&(&Asked<'_>, &Asked<'_>)) -> bool| pairs.iter().filter(|pair| is(pair)).count();
    let share = |count: usize| ratio(count as f64, n).unwrap_or_default();
    let unconstrained = share(count(&|(_, free)| free.is_hit()));
    let hit_told = share(count(&|(told, _)| told.is_hit()));
    let only_unconstrained = count(&|(told, free)| free.is_hit() && !told.is_hit()) as u64;
    let only_told = count(&|(told, free)| !free.is_hit() && told.is_hit()) as u64;
    let hits_after = after.iter().filter(|hit| **hit).count();
    let hit_after = ratio(hits_after as f64, after.len());
    if after.is_empty() {
        untested.push(
            "fake cutoff: no value of its series is truly after the cutoff, so the floor of the leak is taken as 0"
                .to_owned(),
        );
    }
    let is_tested = n >= LEAST_VALUES;
    if !is_tested {
        untested.push(format!("fake cutoff: {n} values were asked both ways; a test needs {LEAST_VALUES}"));
    }
    let floor = hit_after.unwrap_or(0.0);
    let leak = fake_cutoff_leak(unconstrained, hit_told, floor);
    // Values drawn together with both of their answers; the floor is held.
    let settings = Bootstrap {
        resamples: subject.plan.resamples,
        seed: seed_for(subject.seed, &format!("{}/{model}/fake cutoff", subject.suite)),
        level: subject.level(),
    };
    let above_floor = |hit: bool| as_number(hit) - floor;
    let over: Vec<f64> = pairs.iter().map(|(told, _)| above_floor(told.is_hit())).collect();
    let under: Vec<f64> = pairs.iter().map(|(_, free)| above_floor(free.is_hit())).collect();
    let months: Vec<i32> = pairs.iter().map(|(told, _)| told.month).collect();
    let drawn = (is_tested && leak.is_some())
        .then(|| cluster_ratio_bootstrap(&over, &under, &months, &settings).ok())
        .flatten();
    let same = |(told, free): &(&Asked<'_>, &Asked<'_>)| {
        let value = |asked: &Asked<'_>| asked.score.as_ref().and_then(|score| score.value);
        match (value(told), value(free)) {
            (Some(told), Some(free)) => (told - free).abs() <= 1e-9 * free.abs().max(1.0),
            _ => false,
        }
    };
    let refused = count(&|(told, _)| !told.is_answered());
    Some(FakeCutoffLeak {
        told: told.asked.first().map(|asked| asked.text("fake_cutoff").to_owned()).unwrap_or_default(),
        n: n as u64,
        hit_unconstrained: unconstrained,
        hit_told,
        n_after: after.len() as u64,
        hit_after,
        leak: leak.map(|leak| leak.ratio),
        leak_clamped: leak.map(|leak| leak.clamped),
        interval: drawn.map(|found| interval(&found.percentile)),
        refusal_share: share(refused),
        p_exact: is_tested.then(|| mcnemar_exact_p(only_unconstrained, only_told)),
        only_unconstrained,
        only_told,
        same_answer: share(count(&same)),
    })
}

/// Forecasts from one history, by the stated date of today.
#[derive(Debug, Default)]
struct Forecasts {
    past: Vec<f64>,
    future: Vec<f64>,
}

/// Forecasts from one history under a past and a future date: they should be draws of one distribution.
pub(super) fn fake_date(answers: &Answers<'_>, untested: &mut Vec<String>) -> Option<FakeDateShift> {
    let task = answers.of_ask(RecallAsk::FakeDate)?;
    let mut origins: BTreeMap<(&str, &str), Forecasts> = BTreeMap::new();
    for asked in &task.asked {
        // Beyond all sense, and past adding up.
        let Some(value) = asked.score.as_ref().and_then(|score| score.value).filter(|value| value.abs() < 1e100) else {
            continue;
        };
        let own = origins.entry((asked.series(), asked.text("period"))).or_default();
        if asked.text("stated") == "past" { own.past.push(value) } else { own.future.push(value) }
    }
    // Origins differ in level and unit: each is centred and scaled by all its forecasts.
    let (mut past, mut future) = (Vec::new(), Vec::new());
    let mut n_origins = 0;
    for Forecasts { past: early, future: late } in origins.values() {
        if early.is_empty() || late.is_empty() {
            continue;
        }
        let all: Vec<f64> = early.iter().chain(late).copied().collect();
        let Some(centre) = mean(&all) else { continue };
        let spread = mean(&all.iter().map(|value| (value - centre).powi(2)).collect::<Vec<_>>()).unwrap_or(0.0).sqrt();
        let scale = if spread > 0.0 { spread } else { 1.0 };
        past.extend(early.iter().map(|value| (value - centre) / scale));
        future.extend(late.iter().map(|value| (value - centre) / scale));
        n_origins += 1;
    }
    if past.len() < LEAST_VALUES || future.len() < LEAST_VALUES {
        untested.push(format!(
            "fake date: {} forecasts under the past and {} under the future date can be read; a test needs {LEAST_VALUES} of each",
            past.len(),
            future.len()
        ));
        return None;
    }
    let ks = ks_test(&past, &future, Alternative::TwoSided, KsMode::Auto).ok();
    let ranks = mann_whitney(&past, &future, Alternative::TwoSided, Continuity::Corrected).ok();
    Some(FakeDateShift {
        n_past: past.len() as u64,
        n_future: future.len() as u64,
        n_origins,
        mean_shift: mean(&past)? - mean(&future)?,
        ks_statistic: ks.as_ref().map(|test| test.distance),
        ks_p: ks.as_ref().map(|test| test.p_value),
        u: ranks.as_ref().map(|test| test.u_a),
        mann_whitney_p: ranks.as_ref().map(|test| test.p_value),
    })
}

/// Answers to questions that have none, by reason.
pub(super) fn fabrication(subject: &Subject<'_>, answers: &Answers<'_>) -> Result<Vec<ShareRow>, RunError> {
    let Some(task) = answers.of_ask(RecallAsk::Impossible) else { return Ok(Vec::new()) };
    let mut reasons: BTreeMap<&str, Vec<bool>> = BTreeMap::new();
    let mut all = Vec::new();
    for asked in task.asked.iter().filter(|asked| asked.score.is_some()) {
        reasons.entry(asked.text("why")).or_default().push(asked.is_answered());
        all.push(asked.is_answered());
    }
    let mut rows = vec![share_row(subject, "all", "all", &all)?];
    for (reason, answered) in reasons {
        rows.push(share_row(subject, reason, "all", &answered)?);
    }
    Ok(rows)
}

/// Questions against their controls, on the same values.
pub(super) fn controls(answers: &Answers<'_>, seed: u64) -> Vec<Control> {
    let pairs = [
        (
            RecallAsk::LevelContext,
            RecallAsk::OtherName,
            "with its own name against another series' name over the same numbers",
        ),
        (RecallAsk::LevelContext, RecallAsk::Level, "with the twelve values before against nothing"),
        (RecallAsk::Level, RecallAsk::Relabel, "with its own name against a name that does not exist"),
        (RecallAsk::Level, RecallAsk::Reworded, "in the usual words against other words"),
    ];
    let mut rows = Vec::new();
    for (question, control, what) in pairs {
        let (Some(one), Some(other)) = (answers.of_ask(question), answers.of_ask(control)) else { continue };
        let others = by_value(&other.asked);
        let hits: Vec<(bool, bool, i32)> = one
            .asked
            .iter()
            .filter(|asked| asked.score.is_some())
            .filter_map(|asked| {
                let other = others.get(&(asked.series(), asked.text("period")))?;
                Some((asked.is_hit(), other.is_hit(), asked.month))
            })
            .collect();
        if hits.len() < LEAST_VALUES {
            continue;
        }
        let count = |is: fn(&(bool, bool, i32)) -> bool| hits.iter().filter(|pair| is(pair)).count();
        let (only_question, only_control) =
            (count(|pair| pair.0 && !pair.1) as u64, count(|pair| !pair.0 && pair.1) as u64);
        rows.push(Control {
            what: what.to_owned(),
            n: hits.len() as u64,
            share: ratio(count(|pair| pair.0) as f64, hits.len()).unwrap_or_default(),
            control_share: ratio(count(|pair| pair.1) as f64, hits.len()).unwrap_or_default(),
            only_question,
            only_control,
            p_value: flips_by_month(&hits, seed),
        });
    }
    rows
}

/// Two-sided sign flips of the differences, whole months together.
fn flips_by_month(hits: &[(bool, bool, i32)], seed: u64) -> Option<f64> {
    let column = |of: fn(&(bool, bool, i32)) -> bool| hits.iter().map(|pair| as_number(of(pair))).collect::<Vec<f64>>();
    let (question, control) = (column(|pair| pair.0), column(|pair| pair.1));
    let months: Vec<i32> = hits.iter().map(|pair| pair.2).collect();
    let settings = SignFlip { seed: seed_for(seed, "controls of recall"), ..SignFlip::default() };
    sign_flip_clustered(&question, &control, &months, &settings).ok().map(|test| test.p_value)
}

/// Which of two vintages answers give.
pub(super) fn vintage(answers: &Answers<'_>) -> Option<VintageChoice> {
    let task = answers.of_ask(RecallAsk::Vintage)?;
    let mut choice =
        VintageChoice { n: 0, n_answered: 0, asked_vintage: 0, other_vintage: 0, neither: 0, nearer_asked: 0 };
    for asked in &task.asked {
        let (Some(score), Some(truth), Some(other), Some(tolerance)) =
            (&asked.score, asked.number("truth"), asked.number("other_truth"), tolerance_of(asked.item))
        else {
            continue;
        };
        choice.n += 1;
        let Some(value) = score.value else { continue };
        choice.n_answered += 1;
        match (is_hit(value, truth, tolerance), is_hit(value, other, tolerance)) {
            (true, _) => choice.asked_vintage += 1,
            (false, true) => choice.other_vintage += 1,
            (false, false) => choice.neither += 1,
        }
        choice.nearer_asked += u64::from((value - truth).abs() < (value - other).abs());
    }
    (choice.n > 0).then_some(choice)
}
