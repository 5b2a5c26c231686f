//! Why a report could not be made or written.

use std::path::PathBuf;

use super::figure::FigureError;

/// A report that could not be made; the message fits after "failed to ...".
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A chart refused its input. The card builder leaves charts without data out, so this is a bug of ours or
    /// an id of the suite that cannot be used in a file name.
    #[error("draw a figure of suite {suite:?}: {source}")]
    Figure {
        /// Suite of the card.
        suite: String,
        /// What the chart said.
        source: FigureError,
    },
    /// The results cannot be written as JSON into the page.
    #[error("embed the results of suite {suite:?} as JSON: {source}; check results.json with `mnemoscope verify`")]
    Data {
        /// Suite of the card.
        suite: String,
        /// What the serialiser said.
        source: serde_json::Error,
    },
    /// The built-in template and the card do not fit together: a bug of ours.
    #[error("fill the template {template}: {source}; this is a bug, please report it")]
    Template {
        /// Name of the template.
        template: &'static str,
        /// What the template engine said, with its line.
        source: minijinja::Error,
    },
    /// A page over its limit, after everything that has a file of its own was left out.
    #[error("keep {file} under {limit_bytes} bytes: it has {size_bytes}; give the suite fewer figures")]
    TooLarge {
        /// The file that grew too large.
        file: &'static str,
        /// Its size.
        size_bytes: usize,
        /// What the format allows.
        limit_bytes: usize,
    },
    /// The disk refused.
    #[error("{action} {}: {source}; check that the folder exists, is writable and has space left", path.display())]
    Write {
        /// What was tried: `create`, `write`, `rename`.
        action: &'static str,
        /// File or folder that was meant.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
