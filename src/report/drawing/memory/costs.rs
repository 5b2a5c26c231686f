//! Right answers against the tokens that a question takes.

use super::{Agent, Shown, estimate};
use crate::record::AgentCost;
use crate::report::agent_words::{self, ALL};
use crate::report::anchor::Anchors;
use crate::report::figure::frontier::{self, Frontier, FrontierPoint};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;
use crate::report::table::interval_words;

/// Agents that a title tells; of more, the cheapest and the one with the highest value.
const TOLD: usize = 3;

/// Draws the rows over all questions; `None` where none has a value.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    // What is not told as a number is not told as a mark.
    let is_told = |model: &str| {
        let stale = shown.record.stale.iter().flat_map(|stale| &stale.overall);
        stale.filter(|row| row.model == model).all(|row| row.is_valid)
    };
    let row = |agent: &Agent<'_>| {
        let own = shown.record.costs.iter().find(|row| row.model == agent.slug && row.column == ALL);
        own.filter(|row| row.value.is_some() && is_told(&row.model))
    };
    let own: Vec<(&Agent<'_>, f64, &AgentCost)> = shown
        .agents
        .iter()
        .filter_map(|agent| {
            let row = row(agent)?;
            Some((agent, row.read_per_question?, row))
        })
        .collect();
    let unknown = shown.agents.iter().filter(|agent| row(agent).is_some_and(|row| row.read_per_question.is_none()));
    let unknown: Vec<&str> = unknown.map(|agent| agent.name.as_str()).collect();
    if own.is_empty() {
        return Ok(None);
    }
    let mut caption = vec![
        "Tokens of the prompt of a question (o200k_base for every model), memory included; what writing the memory took is in the table."
            .to_owned(),
        interval_words(own.iter().filter_map(|(_, _, row)| row.interval.as_ref())),
    ];
    if let Some(stale) = &shown.record.stale {
        caption.extend(stale.overall.iter().map(|row| {
            format!("{}: {}.", agent_words::name(shown.results, &row.model), agent_words::overall_sentence(stale, row))
        }));
    }
    if !unknown.is_empty() {
        caption.push(format!("Not drawn, since it does not say how many tokens it read: {}.", unknown.join(", ")));
    }
    caption.retain(|sentence| !sentence.is_empty());
    let points = own.iter().filter_map(|(agent, read, row)| {
        Some(FrontierPoint {
            name: agent.name.clone(),
            part: agent.part,
            cost: *read,
            share: estimate(row.value, row.interval.as_ref())?,
        })
    });
    let is_stale = shown.record.stale.is_some();
    let input = Frontier {
        words: FigureWords {
            id: anchors.claim(&["memory-cost", &shown.results.suite]),
            title: if is_stale { tokens_alone(&own) } else { title(&own) },
            subtitle: format!(
                "{} against tokens read for a question",
                if is_stale { "Mean of the six cells" } else { "Mean of the columns, each with the same weight," }
            ),
            caption: caption.join(" "),
        },
        cost_name: "tokens read for a question (mean, logarithmic)".to_owned(),
        value_name: if is_stale { "mean of the six cells, per cent" } else { "mean of the columns, per cent" }
            .to_owned(),
        points: points.collect(),
    };
    frontier::draw(&input).map(Some)
}

fn title(own: &[(&Agent<'_>, f64, &AgentCost)]) -> String {
    let mut own = own.to_vec();
    own.sort_by(|a, b| a.1.total_cmp(&b.1));
    let told: Vec<&(&Agent<'_>, f64, &AgentCost)> = if own.len() > TOLD {
        let best = own.iter().max_by(|a, b| a.2.value.unwrap_or(0.0).total_cmp(&b.2.value.unwrap_or(0.0)));
        let mut told: Vec<_> = own.first().into_iter().chain(best).collect();
        told.dedup_by(|a, b| a.0.slug == b.0.slug);
        told
    } else {
        own.iter().collect()
    };
    let told = told.into_iter().filter_map(|(agent, read, row)| {
        let share = number::percent_in_prose(row.value?, row.interval.as_ref());
        Some(format!("{} {share} with {}", agent.name, number::fixed(*read, 0)))
    });
    format!("Mean of the columns and tokens a question: {}", told.collect::<Vec<String>>().join(", "))
}

/// Overall passes never stand without false alarms, which a title has no room for.
fn tokens_alone(own: &[(&Agent<'_>, f64, &AgentCost)]) -> String {
    let mut own = own.to_vec();
    own.sort_by(|a, b| a.1.total_cmp(&b.1));
    let told = own.iter().map(|(agent, read, _)| format!("{} {}", agent.name, number::fixed(*read, 0)));
    format!("Tokens read for a question: {}", told.collect::<Vec<String>>().join(", "))
}
