//! What passes must be read against: false alarms, and knowing that is not acted on.

use super::{Agent, Shown, count_range, in_percent};
use crate::record::{FalseAlarmRow, KnowingRow, Stale};
use crate::report::agent_words;
use crate::report::anchor::Anchors;
use crate::report::figure::dot_plot::{self, DotModel, DotPlot, DotRow};
use crate::report::figure::{Estimate, Figure, FigureError, FigureWords};
use crate::report::table::interval_words;

/// Draws both rates of all agents; `None` where neither was measured.
pub(super) fn draw(shown: &Shown<'_>, stale: &Stale, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let mut alarms: Vec<Vec<&FalseAlarmRow>> =
        shown.agents.iter().map(|agent| agent_words::alarms(stale, agent.slug)).collect();
    let knowing: Vec<Option<&KnowingRow>> =
        shown.agents.iter().map(|agent| agent_words::knowing(stale, agent.slug)).collect();
    alarms.iter_mut().for_each(|rows| rows.retain(|row| row.rate.is_some()));
    let mut kinds: Vec<(&str, &str)> = Vec::new();
    for row in alarms.iter().flatten() {
        if !kinds.contains(&(&row.dimension, &row.control)) {
            kinds.push((&row.dimension, &row.control));
        }
    }
    let mut rows: Vec<DotRow> = kinds.iter().map(|kind| alarm_row(&alarms, *kind)).collect();
    let acting = |of: fn(&KnowingRow) -> (Option<Estimate>, u64), label: &str| {
        let own: Vec<Option<(Option<Estimate>, u64)>> = knowing.iter().map(|row| row.map(of)).collect();
        let counts: Vec<u64> = own.iter().flatten().map(|(_, n)| *n).collect();
        DotRow {
            label: label.to_owned(),
            count: count_range(&counts),
            estimates: own.into_iter().map(|it| it.and_then(|(estimate, _)| estimate)).collect(),
        }
    };
    if knowing.iter().flatten().any(|row| row.rate.is_some()) {
        rows.push(acting(|row| (in_percent(row.rate, row.interval.as_ref()), row.n_judged), "Knows, does not act"));
        rows.push(acting(
            |row| (in_percent(row.rate_of_knowing, row.interval_of_knowing.as_ref()), row.n_knowing),
            "Does not act, of those that know",
        ));
    }
    rows.retain(|row| row.estimates.iter().any(Option::is_some));
    if rows.is_empty() {
        return Ok(None);
    }
    let intervals = alarms.iter().flatten().filter_map(|row| row.interval.as_ref());
    let intervals =
        intervals.chain(knowing.iter().flatten().flat_map(|row| row.interval.iter().chain(&row.interval_of_knowing)));
    let caption = [
        "False alarm: the answer calls a state out of date that nothing has changed. Knows: passes SR; does not act: fails PR or IPA of \
         the same scenario. Lower is better."
            .to_owned(),
        interval_words(intervals),
    ];
    let caption: Vec<String> = caption.into_iter().filter(|sentence| !sentence.is_empty()).collect();
    let input = DotPlot {
        words: FigureWords {
            id: anchors.claim(&["stale-alarms", &shown.results.suite]),
            title: title(shown, stale),
            subtitle:
                "False alarms where nothing has changed, and scenarios in which the change is known and not acted on"
                    .to_owned(),
            caption: caption.join(" "),
        },
        value_name: "per cent of judged answers or scenarios".to_owned(),
        value_range: (0.0, 100.0),
        reference: None,
        cut_below: None,
        count_name: "n".to_owned(),
        models: shown.agents.iter().map(|agent| DotModel { name: agent.name.clone(), part: agent.part }).collect(),
        rows,
    };
    dot_plot::draw(&input).map(Some)
}

fn alarm_row(alarms: &[Vec<&FalseAlarmRow>], (dimension, control): (&str, &str)) -> DotRow {
    let own: Vec<Option<&FalseAlarmRow>> = alarms
        .iter()
        .map(|rows| rows.iter().copied().find(|row| row.dimension == dimension && row.control == control))
        .collect();
    let counts: Vec<u64> = own.iter().flatten().map(|row| row.n).collect();
    let control = if control == agent_words::ALL { String::new() } else { format!(", remark {control}") };
    DotRow {
        label: format!("False alarms, {dimension}{control}"),
        count: count_range(&counts),
        estimates: own.into_iter().map(|row| row.and_then(|row| in_percent(row.rate, row.interval.as_ref()))).collect(),
    }
}

/// Values with their intervals, agent by agent.
fn title(shown: &Shown<'_>, stale: &Stale) -> String {
    let words = |agent: &Agent<'_>| {
        let parts = [
            agent_words::alarm_words(stale, agent.slug).map(|words| format!("false alarms {words}")),
            agent_words::knowing_words(stale, agent.slug).map(|words| format!("knows without acting {words}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("{}: {}", agent.name, parts.join(", ")))
    };
    shown.agents.iter().filter_map(words).collect::<Vec<String>>().join("; ")
}
