//! Why a figure could not be drawn.

/// A figure that can't be drawn; the message fits after "failed to ...".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FigureError {
    /// Ids end up in HTML attributes and file names, so only a narrow alphabet is taken.
    #[error("name figure {id:?}: ids take 1 to 64 of a-z, 0-9 and '-', and begin with a letter; rename it")]
    BadId {
        /// The refused id.
        id: String,
    },
    /// No series, no rows, or nothing in them is a finite number.
    #[error("draw figure {id:?}: no {what} to show; leave the figure out or check its input")]
    NothingToDraw {
        /// Id of the figure.
        id: String,
        /// What was missing, such as "series" or "rows".
        what: &'static str,
    },
    /// A range given for an axis is empty, reversed or not finite.
    #[error("draw figure {id:?}: the value range {low} to {high} is empty; give low < high")]
    BadRange {
        /// Id of the figure.
        id: String,
        /// Lower end as given.
        low: String,
        /// Upper end as given.
        high: String,
    },
    /// Two points of one series at one dose: a line through both would be a lie.
    #[error("draw figure {id:?}: series {series:?} has two points at dose {dose}; pool them first")]
    RepeatedDose {
        /// Id of the figure.
        id: String,
        /// Name of the series.
        series: String,
        /// The dose that occurs twice.
        dose: u64,
    },
    /// A row doesn't have one cell for each column.
    #[error("draw figure {id:?}: row {row:?} has {got} cells for {expected} columns")]
    CellCount {
        /// Id of the figure.
        id: String,
        /// Label of the row.
        row: String,
        /// Number of columns.
        expected: usize,
        /// Number of cells found.
        got: usize,
    },
    /// The drawing backend failed; it writes to memory, so this is a bug of ours or of plotters.
    #[error("draw figure {id:?}: the drawing backend failed: {message}")]
    Backend {
        /// Id of the figure.
        id: String,
        /// What plotters said.
        message: String,
    },
}
