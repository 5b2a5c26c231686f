//! Whether a series and a date alone bring a direction out: LAP of arXiv:2512.23847.

use std::collections::BTreeMap;

use super::answers::{Answers, Asked, Side};
use super::guessing::as_number;
use super::mean;
use crate::dataset::economic::month_text;
use crate::record::DateAlone;
use crate::run::item_scores::TaskScores;
use crate::scoring::forecast::{empirical_cutoff, is_reportable};
use crate::statistics::{RobustErrors, interaction};
use crate::suite::RecallAsk;

/// By the probability of the two words where the model tells log-probabilities, else by whether its answer names a direction.
pub(super) fn date_alone(answers: &Answers<'_>, masses: Option<&TaskScores>) -> Option<DateAlone> {
    let task = answers.of_ask(RecallAsk::DateOnly)?;
    let by_mass: BTreeMap<&str, f64> = masses
        .and_then(|scores| scores.metrics.get("direction_mass").map(|values| (scores, values)))
        .map(|(_, values)| {
            let ids = task.task.items.iter().map(|item| item.id.as_str());
            ids.zip(values).filter_map(|(id, value)| Some((id, value.value?))).collect()
        })
        .unwrap_or_default();
    let is_by_mass = !by_mass.is_empty();
    let mut seen: Vec<(&Asked<'_>, f64)> = task
        .asked
        .iter()
        .filter_map(|asked| {
            let lap = if is_by_mass {
                *by_mass.get(asked.item.id.as_str())?
            } else {
                asked.score.as_ref()?;
                as_number(asked.is_answered())
            };
            Some((asked, lap))
        })
        .collect();
    seen.sort_by(|a, b| (a.0.series(), a.0.month).cmp(&(b.0.series(), b.0.month)));
    let of =
        |side: Side| -> Vec<f64> { seen.iter().filter(|(asked, _)| asked.side == side).map(|(_, lap)| *lap).collect() };
    let laps: Vec<f64> = seen.iter().map(|(_, lap)| *lap).collect();
    let named: Vec<f64> =
        task.asked.iter().filter(|asked| asked.is_answered()).map(|asked| as_number(asked.is_hit())).collect();
    let centre = mean(&laps)?;
    let variance = mean(&laps.iter().map(|lap| (lap - centre).powi(2)).collect::<Vec<_>>());
    let months: Vec<(i32, f64)> = seen.iter().map(|(asked, lap)| (asked.month, *lap)).collect();
    // The direction that came true on the direction that was named, 0 where none was.
    let (mut outcome, mut forecast, mut moderator) = (Vec::new(), Vec::new(), Vec::new());
    let mut clusters = Vec::new();
    for (asked, lap) in &seen {
        let Some(score) = &asked.score else { continue };
        let Some(truth) = score.truth else { continue };
        outcome.push(2.0 * truth - 1.0);
        forecast.push(score.value.map_or(0.0, |value| 2.0 * value - 1.0));
        moderator.push(*lap);
        clusters.push(u64::try_from(asked.month).unwrap_or_default());
    }
    let (mut coefficient, mut p, mut why) = (None, None, None);
    if is_reportable(&moderator) {
        match interaction(&outcome, &forecast, &moderator, RobustErrors::Clustered(&clusters)) {
            Ok(found) => {
                coefficient = found.fit.coefficients.last().copied();
                p = found.fit.p_values.last().copied().flatten();
            }
            Err(error) => why = Some(error.to_string()),
        }
    } else {
        why = Some("the variance of LAP is at most 1e-4, or there are at most 30 values".to_owned());
    }
    Some(DateAlone {
        measured_by: if is_by_mass { "log-probabilities" } else { "answers" }.to_owned(),
        n: laps.len() as u64,
        mean_before: mean(&of(Side::Before)),
        mean_after: mean(&of(Side::After)),
        last_month: empirical_cutoff(&months).map(month_text),
        accuracy: mean(&named),
        variance,
        interaction: coefficient,
        interaction_p: p,
        why_no_interaction: why,
    })
}
