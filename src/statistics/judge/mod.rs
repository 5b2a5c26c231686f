//! Rates that a judge with errors has measured.
//!
//! - `rogan_gladen`: corrected by the judge's sensitivity and specificity
//! - `prediction_powered`: corrected by a random subset that was labelled by hand

pub(crate) mod prediction_powered;
pub(crate) mod rogan_gladen;
