//! Changed states noticed and acted on: type by dimension, a panel for each agent, with the overall number in company.

use super::{Agent, Shown, estimate};
use crate::record::{Stale, StaleCell};
use crate::report::agent_words;
use crate::report::anchor::Anchors;
use crate::report::figure::heat_map::{self, HeatCell, HeatMap, HeatPanel};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;
use crate::report::table::{distinct, interval_words};

/// Agents whose ends a title tells with intervals; of more, without.
const TOLD: usize = 2;

/// Draws it; `None` where no cell has a value.
pub(super) fn draw(shown: &Shown<'_>, stale: &Stale, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let own: Vec<(&Agent<'_>, Vec<&StaleCell>)> = shown
        .agents
        .iter()
        .map(|agent| {
            let cells = stale.cells.iter().filter(|cell| cell.model == agent.slug && cell.value.is_some());
            (agent, cells.collect::<Vec<&StaleCell>>())
        })
        .filter(|(_, cells)| !cells.is_empty())
        .collect();
    if own.is_empty() {
        return Ok(None);
    }
    let types = distinct(stale.cells.iter().map(|cell| cell.conflict.as_str()));
    let dimensions = distinct(stale.cells.iter().map(|cell| cell.dimension.as_str()));
    let panels = own.iter().map(|(agent, cells)| HeatPanel {
        name: agent.name.clone(),
        part: agent.part,
        cells: types
            .iter()
            .map(|conflict| {
                let of = |dimension: &&str| {
                    let cell = cells.iter().find(|cell| cell.conflict == *conflict && cell.dimension == *dimension)?;
                    Some(HeatCell { share: estimate(cell.value, cell.interval.as_ref())?, n: cell.n_judged })
                };
                dimensions.iter().map(of).collect()
            })
            .collect(),
    });
    let overall = shown.agents.iter().filter_map(|agent| {
        let row = stale.overall.iter().find(|row| row.model == agent.slug)?;
        Some(format!("{}: {}.", agent.name, agent_words::overall_sentence(stale, row)))
    });
    let mut caption: Vec<String> = overall.collect();
    caption.push(agent_words::STALE_WORDS.to_owned());
    caption.push(interval_words(own.iter().flat_map(|(_, cells)| cells).filter_map(|cell| cell.interval.as_ref())));
    caption.retain(|sentence| !sentence.is_empty());
    let input = HeatMap {
        words: FigureWords {
            id: anchors.claim(&["stale-noticed", &shown.results.suite]),
            title: title(&own),
            subtitle: "Scenarios that pass by type of change and dimension; overall numbers with false alarms and knowing without \
                       acting beside them in the caption"
                .to_owned(),
            caption: caption.join(" "),
        },
        value_name: "scenarios that pass, per cent of those judged".to_owned(),
        rows: types.iter().map(|conflict| agent_words::conflict(conflict).to_owned()).collect(),
        columns: dimensions.iter().map(|dimension| agent_words::dimension(dimension).to_owned()).collect(),
        panels: panels.collect(),
    };
    heat_map::draw(&input).map(Some)
}

/// The lowest and the highest cell of each agent.
fn title(own: &[(&Agent<'_>, Vec<&StaleCell>)]) -> String {
    let told = own.iter().filter_map(|(agent, cells)| {
        let mut cells = cells.clone();
        cells.sort_by(|a, b| a.value.unwrap_or(0.0).total_cmp(&b.value.unwrap_or(0.0)));
        let words = |cell: &StaleCell| {
            let interval = cell.interval.as_ref().filter(|_| own.len() <= TOLD);
            let share = number::percent_in_prose(cell.value?, interval);
            Some(format!("{share} in {} of {}", cell.dimension, cell.conflict))
        };
        match cells.as_slice() {
            [only] => Some(format!("{} {}", agent.name, words(only)?)),
            [low, .., high] => Some(format!("{} from {} to {}", agent.name, words(low)?, words(high)?)),
            [] => None,
        }
    });
    format!("Changes noticed and acted on: {}", told.collect::<Vec<String>>().join("; "))
}
