//! Two models on the same items, by the test that the house takes when nobody asks for another (`specs` section 1):
//!
//! | items | test | interval |
//! |---|---|---|
//! | share a source | t on CR1 errors; below ten clusters a cluster sign flip | CR1, t with G - 1 |
//! | right or wrong | McNemar mid-p | Newcombe; Tango where the two answer alike |
//! | real scores | sign-flip permutation of the mean | BCa bootstrap |
//! | members and non-members | paired DeLong | DeLong |
//!
//! - `items`: the first three rows; `areas`: the last
//! - `finding`: what comes out, with its margin's verdict
//! - `explain`: the one sentence that every card prints

pub(crate) mod areas;
pub(crate) mod explain;
pub(crate) mod finding;
pub(crate) mod items;
