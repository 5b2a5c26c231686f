//! How results are shown: one card for each suite, in HTML, Markdown, LaTeX and CSV.
//!
//! A report never computes a statistic. It picks values from [`crate::record`], prints them by the rules of
//! [`number`] and puts them in one order on every card: header, verdict, figures, tables, slices, items, method,
//! limits, provenance.
//!
//! - [`card`]: the model of a card, made once and set by every format;
//! - [`drawing`]: which values go into which figure, and the finding in its title; [`figure`]: the charts;
//! - [`table`]: what is tabulated; [`shown`]: of how many models;
//! - `part`: which model knew before, which was made to forget, which never knew;
//! - `jump`: jumps at a cutoff in words; `agent_words`: words of memory agents;
//! - [`caution`]: what a reader must know before believing the headline;
//! - [`compared`]: two runs side by side, for the terminal, pull requests and papers;
//! - [`html`], [`markdown`], [`latex`], [`csv`]: the formats; [`files`]: the `report/` folder of a run;
//! - [`number`], [`metric_name`], [`anchor`], `capital`, [`escape`]: how numbers, names, ids, sentences and hostile
//!   text are written.
//!
//! Same input, same bytes. Times, paths, hosts, costs and command lines come in through [`Provenance`] and stand in
//! the section of that name alone.

mod agent_words;
pub mod anchor;
mod capital;
pub mod card;
pub mod caution;
pub mod compared;
pub mod csv;
pub mod drawing;
pub mod error;
pub mod escape;
pub mod figure;
pub mod files;
pub mod html;
mod jump;
pub mod latex;
pub mod markdown;
pub mod metric_name;
pub mod number;
mod part;
pub mod shown;
pub mod table;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod memory_tests;
#[cfg(test)]
mod recall_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod unlearning_tests;

pub use card::{Card, Provenance};
pub use error::ReportError;
pub use files::{Format, ReportFile};
