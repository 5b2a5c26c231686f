//! Lines through numbers, with errors that hold without equal variances.
//!
//! - `least_squares`: the fit, and its HC1, clustered and Newey-West errors
//! - `discontinuity`: does the line jump at a cutoff
//! - `interaction`: is a slope steeper where another number is larger
//! - `ridge`: many columns, few rows; the penalty chosen over blocks

pub(crate) mod discontinuity;
pub(crate) mod interaction;
pub(crate) mod least_squares;
pub(crate) mod ridge;
