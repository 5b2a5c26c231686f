//! What to ask: from a suite file to a checked [`Suite`].
//!
//! `registry.rs` finds the file, `file.rs` is what its author wrote, `shape.rs` and `check/` tell everything that is
//! wrong with it at once, `checked.rs` is what the rest of the program works with. `schema.rs` is the JSON Schema of
//! the file and the law of its shape. What belongs to rooms further right (attacks, metrics, templates) comes in as a
//! [`Vocabulary`].

mod check;
pub mod checked;
pub mod data_schema;
pub mod file;
mod file_set;
mod files;
mod memory;
mod placed;
mod problem;
mod published;
mod recall;
mod registry;
mod schema;
mod shape;
mod spelling;
mod vocabulary;

pub(crate) use check::is_pinned_revision;
pub use check::{SuiteText, check_suite};
pub use checked::{
    Axis, BuiltinSource, ChatChooseProbe, ChatProbe, ChoiceBy, ChoiceNormalisation, ChooseProbe, DataSet, Erratum,
    ExtractProbe, FigureSpec, GenerateProbe, HubSource, LikelihoodProbe, Margins, MembershipProbe, Multiplicity,
    NewlineStop, PathSource, Probe, PromptFile, PublishedModel, PublishedValue, SizeKind, StatisticalPlan, Suite,
    SuiteOrigin, SummaryPart, Task, TokensProbe, VerbatimProbe,
};
pub use data_schema::DataSchema;
pub use file::SuiteFile;
pub use file_set::{FilePattern, folder_order, set_sha256};
pub use files::{SUITE_FILE, SuiteFiles, builtin_file, embedded_suites, folders_in};
pub use memory::{MemoryFamily, MemoryProbe, StateProbe};
pub use placed::Placed;
pub(crate) use problem::Report;
pub use problem::{Problem, ProblemKind, SuiteError};
pub use published::{PublishedFault, PublishedProblem, read_published};
pub use recall::{RecallAsk, RecallProbe, SeriesSelection};
pub use registry::{FoundSuite, ListedSuite, SuiteRegistry};
pub(crate) use schema::toml_schema;
pub use schema::{suite_schema, suite_schema_text};
pub(crate) use shape::read_shaped;
pub(crate) use spelling::nearest;
pub use vocabulary::{TemplateFault, Vocabulary};
