//! Does this build agree with the reference libraries on this machine?
//!
//! [`verify`] finds golden files, computes every case from its inputs with this program's own code, and only then
//! compares with what the file expects. A kind is the name of a folder of golden files:
//!
//! - [`agreement`]: how close is close enough, field by field;
//! - `golden_files`: which files are cases, and of which kind; `golden_file`: one of them, and how it is read;
//! - `kinds`: the one table of kinds; a new kind is a new file here and a line there;
//! - `economic_recall`, `harness_peers`, `local_models`, `membership`, `memory_agent_bench`, `rwku`, `stale`, `statistics`,
//!   `unlearning_metrics` (with `paired_targets`): the kinds
//!   that this build handles; `case_lines`, `vocabulary_rows`: how their files are read;
//! - [`report`]: what was found, as text, as JSON, and as an exit code.

pub mod agreement;
mod case_lines;
mod economic_recall;
mod golden_file;
mod golden_files;
mod harness_peers;
mod kinds;
mod local_models;
mod membership;
mod memory_agent_bench;
mod paired_targets;
pub mod report;
mod rwku;
mod session;
mod stale;
mod statistics;
mod unlearning_metrics;
mod vocabulary_rows;

pub use kinds::kind_names;
pub use report::{FailedCase, FileReport, NotChecked, VerifyReport};
pub use session::{VerifyError, verify};
