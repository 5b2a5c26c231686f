//! The sentence at the top of the card.

use crate::record::{Comparison, IntervalRecord, Memory, ONE_CONTEXT, Role};
use crate::run::plan::Plan;

/// Numbers with intervals, n and what they must be read beside; never an overall number alone.
pub(in crate::run::evaluate) fn sentence(plan: &Plan, memory: &Memory, comparisons: &[Comparison]) -> String {
    let mut parts = Vec::new();
    let tested: Vec<_> =
        plan.models.iter().filter(|model| model.role == Role::Model && model.agent.is_some()).collect();
    for model in &tested {
        let words = match &memory.stale {
            Some(_) => of_stale(memory, &model.slug),
            None => of_columns(memory, &model.slug, tested.len() == 1),
        };
        parts.extend(words.map(|words| format!("{}: {words}.", model.shown_name)));
    }
    // Of several agents the largest difference that a test bears out, said to be that.
    let p_of = |row: &Comparison| row.p_adjusted.or(row.p_value);
    let n_tested = comparisons.iter().filter(|row| p_of(row).is_some()).count();
    let found: Vec<&Comparison> = comparisons.iter().filter(|row| p_of(row).is_some_and(|p| p < 0.05)).collect();
    let size = |row: &&Comparison| row.difference.map_or(0.0, f64::abs);
    if let Some(row) = found.iter().copied().max_by(|a, b| size(a).total_cmp(&size(b))) {
        // A cell of changed states by its name; else the task says what was asked.
        let what = row.metric.strip_prefix("stale.").unwrap_or(&row.task);
        let which = match found.len() {
            1 => "The one difference of agents that a test bears out".to_owned(),
            n => format!("The largest of {n} differences of agents that tests bear out"),
        };
        let one_context = row.flags.iter().any(|flag| flag == ONE_CONTEXT);
        let about = if one_context { ", on questions about one context alone" } else { "" };
        parts.push(format!("{which} ({what}{about}): {}", row.sentence));
    } else if n_tested > 0 {
        let which =
            if n_tested == 1 { "The one difference".to_owned() } else { format!("None of the {n_tested} differences") };
        let not = if n_tested == 1 { "is not" } else { "is" };
        parts.push(format!("{which} of agents {not} borne out by a test (5\u{a0}%, all of them together)."));
    }
    parts.join(" ")
}

fn percent(value: f64) -> String {
    format!("{:.1}\u{a0}%", crate::scoring::stale::round_half_up(100.0 * value, 1))
}

fn with_interval(value: f64, interval: Option<&IntervalRecord>) -> String {
    match interval {
        Some(interval) => {
            let (low, high) = (100.0 * interval.low, 100.0 * interval.high);
            format!("{} ({:.0}\u{a0}% CI {low:.1} to {high:.1})", percent(value), 100.0 * interval.level)
        }
        None => percent(value),
    }
}

/// Of one model every competency, of several the mean of all where there is one.
fn of_columns(memory: &Memory, model: &str, is_alone: bool) -> Option<String> {
    let mut words = Vec::new();
    let own = || memory.competencies.iter().filter(|row| row.model == model);
    let has_overall = own().any(|row| row.competency == "overall" && row.value.is_some());
    for row in own().filter(|row| is_alone || !has_overall || row.competency == "overall") {
        let name = row.competency.replace('-', " ");
        match row.value {
            Some(value) => words.push(format!(
                "{name} {}, n\u{a0}=\u{a0}{} over {}",
                with_interval(value, row.interval.as_ref()),
                row.n,
                contexts(row.n_clusters)
            )),
            None if row.competency != "overall" && !row.parts.is_empty() => {
                words.push(format!("{name} not measured (without {})", row.missing.join(", ")));
            }
            None => {}
        }
    }
    if own().all(|row| row.value.is_none()) {
        // Tasks without a whole competency: their columns, by name.
        words = memory
            .columns
            .iter()
            .filter(|row| row.model == model)
            .filter_map(|row| {
                let value = with_interval(row.value?, row.interval.as_ref());
                Some(format!("{} {value}, n\u{a0}=\u{a0}{} over {}", row.column, row.n, contexts(row.n_clusters)))
            })
            .collect();
    }
    (!words.is_empty()).then(|| words.join("; "))
}

fn contexts(n: u64) -> String {
    if n == 1 { "1 context".to_owned() } else { format!("{n} contexts") }
}

fn of_stale(memory: &Memory, model: &str) -> Option<String> {
    let stale = memory.stale.as_ref()?;
    let mut words = Vec::new();
    for row in stale.overall.iter().filter(|row| row.model == model) {
        match row.macro_mean {
            Some(value) => words.push(format!(
                "mean of the six cells {}, n\u{a0}=\u{a0}{} scenarios",
                with_interval(value, row.interval.as_ref()),
                super::rows::n_judged(stale, model)
            )),
            None if !row.is_valid && super::rows::n_judged(stale, model) > 0 => {
                let why = match super::rows::invalidity(row) {
                    "too_many_unanswered" => format!("{} lack an answer", row.n_unanswered),
                    _ => format!("{} lack a verdict", row.n_without_verdict),
                };
                words.push(format!("{} scenarios, no mean: not valid, {why}", row.n_scenarios));
            }
            None => words.push(format!("{} scenarios, not all cells judged", row.n_scenarios)),
        }
    }
    let is_measured = stale.overall.iter().any(|row| row.model == model && row.macro_mean.is_some());
    let mut has_alarms = false;
    for dimension in ["SR", "PR"] {
        let row = stale
            .false_alarms
            .iter()
            .find(|row| row.model == model && row.dimension == dimension && row.control == "all");
        if let Some((row, rate)) = row.and_then(|row| Some((row, row.rate?))) {
            let rate = with_interval(rate, row.interval.as_ref());
            words.push(format!("false alarms {dimension} {rate}, n\u{a0}=\u{a0}{}", row.n));
            has_alarms = true;
        }
    }
    if is_measured && !has_alarms {
        words.push("false alarms not measured".to_owned());
    }
    let row = stale.knowing.iter().find(|row| row.model == model && row.conflict == "all");
    if let Some((row, rate)) = row.and_then(|row| Some((row, row.rate?))) {
        // Who knows nothing leaves nothing undone.
        let known = format!("{} of {} known", row.n_knowing, row.n_judged);
        words.push(format!("knows but does not act {}, {known}", with_interval(rate, row.interval.as_ref())));
    }
    (!words.is_empty()).then(|| words.join("; "))
}
