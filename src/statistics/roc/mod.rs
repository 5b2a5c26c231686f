//! Telling members from non-members by a score.
//!
//! - `curve`: the ROC curve and its area
//! - `operating_point`: a rate at a bound on the other one
//! - `delong`: how sure an area, or the difference of two, is
//! - `bootstrap`: the same for what has no formula

pub(crate) mod bootstrap;
pub(crate) mod curve;
pub(crate) mod delong;
pub(crate) mod operating_point;
