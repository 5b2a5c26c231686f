//! Where items come from: files of rows, and what a row means.
//!
//! `jsonl.rs` reads lines and knows their numbers, `json_rows.rs` lists and single objects, too, `csv_rows.rs` reads CSV, `row.rs` takes fields out of a row with errors that name file, line
//! and field, `hubble/`, `rwku/`, `economic/` and `trap.rs` turn rows into items by schema, `source.rs` finds the file of a data set for a size,
//! `sample.rs` cuts (`--limit`, `--shard`). `stale/` reads long histories with a state that has changed, one at a time; `memory/` reads
//! MemoryAgentBench's long contexts and cuts them into chunks; `history.rs` is what both have an agent memorise, `history_source.rs` finds their files. `instrument.rs` reads the input of `logprobs`, `generate` and `attack`.

mod csv_rows;
pub mod economic;
mod error;
mod history;
mod history_source;
pub mod hubble;
mod instrument;
mod item;
mod json_rows;
mod jsonl;
pub mod memory;
mod row;
pub mod rwku;
mod sample;
mod source;
pub mod stale;
mod trap;
mod unlearning;

pub use csv_rows::read_csv_rows;
pub use error::DataError;
pub use history::{History, OpenHistory};
pub use instrument::{
    InputMessage, InstrumentRows, LabelledRow, PairRow, PromptInput, PromptRow, RowId, TextRow, labelled_rows,
    pair_rows, prompt_rows, text_rows,
};
pub use item::Item;
pub use json_rows::read_json_rows;
pub use jsonl::{JsonLines, open_jsonl, read_jsonl};
pub use row::Row;
pub use sample::{Sample, Sampled, Shard, ShardError};
pub use source::{HubAccess, LoadedData, Size, Titles, load_data};
