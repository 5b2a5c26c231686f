//! From the figure list of a suite to finished figures: picks the values, writes the finding, calls the chart.
//!
//! One file for each kind of chart. Each gives `Ok(None)` when the results hold nothing to draw: the card then says
//! so in words instead of showing an empty frame. What was forgotten, what is recalled and what agents remember comes first; domains and attacks are held against each other and the health of the run is drawn
//! whether a suite asks for it or not.

mod attacks;
mod curves;
mod domains;
mod dose;
mod finding;
mod forest;
mod health;
mod memory;
mod recall;
mod selection;
mod unlearning;

use super::ReportError;
use super::anchor::Anchors;
use super::figure::{Figure, FigureError};
use crate::record::{ModelEntry, Role, SuiteResults};
use crate::suite::FigureSpec;

/// The figures of a card, and a sentence for each that could not be drawn.
#[derive(Debug, Default)]
pub struct Drawings {
    /// Forgetting, economic memory and memory agents first, then in the order of the suite; the health figure is last.
    pub figures: Vec<Figure>,
    /// Why a figure of the suite is not there.
    pub absent: Vec<String>,
}

/// Draws what the results say of forgetting, of economic memory and of memory agents, the figures that the suite asks for, for each model under test, and the health of the run.
///
/// # Errors
/// [`ReportError::Figure`] when a chart refuses its input: a broken value range in the suite, or a bug.
pub fn draw_all(results: &SuiteResults, specs: &[FigureSpec], anchors: &mut Anchors) -> Result<Drawings, ReportError> {
    let tested: Vec<&ModelEntry> = results.models.iter().filter(|model| model.role == Role::Model).collect();
    let mut out = Drawings::default();
    unlearning::draw_all(results, &tested, anchors, &mut out)?;
    recall::draw_all(results, &tested, anchors, &mut out)?;
    memory::draw_all(results, anchors, &mut out)?;
    for spec in specs {
        if let FigureSpec::Forest { title } = spec {
            let drawn = forest::draw(results, title, anchors);
            out.take(results, title, "no paired comparison with a baseline", drawn)?;
            continue;
        }
        for model in &tested {
            match spec {
                FigureSpec::DoseResponse { title, .. } => {
                    let drawn = dose::draw(results, model, spec, anchors);
                    out.take(results, &named(title, model, tested.len()), "no value by number of copies", drawn)?;
                }
                FigureSpec::Roc { task, metrics, title, min_copies } => {
                    let asked = curves::Asked { task, metrics, title, min_copies: *min_copies };
                    let drawn = curves::draw_roc(results, model, &asked, anchors);
                    out.take(
                        results,
                        &named(title, model, tested.len()),
                        "no curve with members and non-members",
                        drawn,
                    )?;
                }
                FigureSpec::Ecdf { task, metric, title, min_copies } => {
                    let asked =
                        curves::Asked { task, metrics: std::slice::from_ref(metric), title, min_copies: *min_copies };
                    let drawn = curves::draw_ecdf(results, model, &asked, anchors);
                    out.take(results, &named(title, model, tested.len()), "no item scores of both groups", drawn)?;
                }
                FigureSpec::Forest { .. } => {}
            }
        }
    }
    for model in &tested {
        // A suite of one domain has nothing to set side by side.
        if let Some(figure) = domains::draw(results, model, anchors)
            .map_err(|source| ReportError::Figure { suite: results.suite.clone(), source })?
        {
            out.figures.push(figure);
        }
    }
    if !results.attack_contrasts.is_empty() {
        for model in &tested {
            let drawn = attacks::draw(results, model, anchors);
            out.take(results, &named("Attacks against the loss", model, tested.len()), "no pair of attacks", drawn)?;
        }
    }
    let drawn = health::draw(results, anchors);
    out.take(results, "How the requests ended", "no request was made", drawn)?;
    Ok(out)
}

impl Drawings {
    /// Keeps a figure, or says why there is none.
    fn take(
        &mut self,
        results: &SuiteResults,
        title: &str,
        reason: &str,
        drawn: Result<Option<Figure>, FigureError>,
    ) -> Result<(), ReportError> {
        match drawn {
            Ok(Some(figure)) => self.figures.push(figure),
            // Values may be there and none of them finite: the chart finds out.
            Ok(None) | Err(FigureError::NothingToDraw { .. }) => {
                self.absent.push(format!("\u{201c}{title}\u{201d} is not drawn: {reason} in this run."));
            }
            Err(source) => return Err(ReportError::Figure { suite: results.suite.clone(), source }),
        }
        Ok(())
    }
}

/// The suite's title of a figure, with the model where a card shows several.
fn named(title: &str, model: &ModelEntry, n_tested: usize) -> String {
    if n_tested > 1 { format!("{title} · {}", model.slug) } else { title.to_owned() }
}
