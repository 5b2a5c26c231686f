//! Scenarios of the suite `stale`: a remark early in a long history, a later one that makes it invalid without saying so, and
//! three questions that show whether a system has noticed.
//!
//! - `scenario.rs`: what a scenario is; `conflict.rs`: its two kinds, and the three dimensions that are asked;
//! - `upstream_checks.rs`: what the published judge accepts; `record.rs`: a row in the official layout, and everything
//!   that we ask of it beyond that; `error.rs`: where a file departs from it;
//! - `reader.rs`: one scenario at a time out of a file of any size;
//! - `items.rs`: the questions of scenarios and controls as items;
//! - `control.rs`: scenarios whose old state still holds, made from those where it does not.
//!
//! Layout: `STALEproj/STALE` (`T1_T2_400_FULL.json`), code `icedreamc/STALE`.

mod conflict;
mod control;
mod error;
mod items;
mod reader;
mod record;
mod scenario;
mod upstream_checks;

pub use conflict::{ConflictType, Dimension};
pub use control::{Control, ControlScenario, negative_control};
pub use error::ScenarioError;
pub use items::{Asked, stale_items};
pub use reader::{ScenarioReader, open_scenarios};
pub use record::{RecordPlace, scenario_of};
pub use scenario::{Evidence, Scenario, Session, Speaker, Turn};
pub use upstream_checks::{answer_refusal, dataset_refusal};
