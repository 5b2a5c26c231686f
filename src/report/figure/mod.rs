//! Figures: pure functions from values to an accessible SVG, its words and its table.
//!
//! A chart is one file with a plain input struct and `draw(&Input) -> Result<Figure, FigureError>`.
//! Nothing here computes a statistic: estimates, intervals and distances come in ready.
//!
//! How a drawing comes about, in order:
//! - `words`: what the caller says about a figure, and cleaning of hostile text;
//! - `estimate`: a value with its interval, and what to do when it isn't a number;
//! - `scale` and `axis`: values to positions, exact ticks, axis drawing;
//! - `canvas`: a display list (lines, polygons, markers, text) in screen pixels;
//! - `label`: direct labels that never overlap; `legend`: names above a drawing where these have no room;
//! - `post`: plotters' SVG made responsive, accessible and dark-mode ready;
//! - `finished`: [`Figure`], the result; `table`: the same numbers as text.
//!
//! - `part` and `point_label`: what models look like where something was to be forgotten, and labels beside points.
//!
//! Charts: [`dose_response`], [`roc_curve`], [`forest`], [`health`], [`ecdf`], [`loss_curve`], [`trade_off`], [`dot_plot`], [`slope`], [`hit_curve`],
//! [`reliability`], [`heat_map`] (with `heat_panel` and its colours, `ramp`), [`position_curve`], [`frontier`].
//!
//! Every figure is drawn twice, [`Width::Full`] and [`Width::Narrow`]; the page shows one of the
//! two by a media query, see [`palette::style_sheet`].

mod axis;
mod canvas;
mod error;
mod estimate;
mod finished;
mod heat_panel;
mod label;
mod legend;
pub(super) mod number;
mod part;
mod point_label;
mod post;
mod ramp;
mod scale;
mod series_style;
mod table;
mod text;
mod words;

pub mod dose_response;
pub mod dot_plot;
pub mod ecdf;
pub mod forest;
pub mod frontier;
pub mod health;
pub mod heat_map;
pub mod hit_curve;
pub mod loss_curve;
pub mod palette;
pub mod position_curve;
pub mod reliability;
pub mod roc_curve;
pub mod slope;
pub mod trade_off;

pub use canvas::Width;
pub use error::FigureError;
pub use estimate::Estimate;
pub use finished::Figure;
pub use part::ModelPart;
pub use table::{Align, Column, FigureTable};
pub use words::FigureWords;

#[cfg(test)]
mod tests;
