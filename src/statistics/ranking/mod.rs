//! Many models on many tasks: who is where, and how sure is that.
//!
//! - `scores`: the checked table of tasks by models
//! - `friedman`: do they differ at all
//! - `nemenyi`: critical difference of mean ranks
//! - `pairwise`: which pairs differ (Wilcoxon, Holm), and which models form a group
//! - `rank_interval`: between which places a model stands
//! - `page`: do the models follow a predicted order
//! - `bradley_terry`, `votes`: strengths from wins of one over another

pub(crate) mod bradley_terry;
pub(crate) mod friedman;
pub(crate) mod nemenyi;
pub(crate) mod page;
pub(crate) mod pairwise;
pub(crate) mod rank_interval;
pub(crate) mod scores;
pub(crate) mod votes;
