//! Memory agents: what a system keeps of a history that it does not see whole. An agent is given to a suite beside a backend and
//! imports none: what it has to ask a model comes to it as data.
//!
//! - [`state_store`]: what holds of a user now, decided when it is written and not when it is read.

pub mod state_store;
