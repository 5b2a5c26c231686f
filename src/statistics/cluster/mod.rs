//! Items that are not independent: they share a source, or are one item asked again.
//!
//! - `mean`: cluster-robust standard errors (CR0, CR1, Miller 2024)
//! - `bootstrap`: whole clusters resampled; `contrast`: on either side of a difference
//! - `effective`: how many independent values say as much
//! - `variance`: intraclass correlation, and the parts of the variance that items and repeats contribute
//! - `stratified`: a mean of cell means, clusters resampled within strata
//! - `pass_at_k`: does one of k draws, or do all of them, succeed

pub(crate) mod bootstrap;
pub(crate) mod contrast;
pub(crate) mod effective;
pub(crate) mod mean;
pub(crate) mod pass_at_k;
pub(crate) mod ratio;
pub(crate) mod stratified;
pub(crate) mod variance;
