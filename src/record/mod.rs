//! What was said: the run on disk.
//!
//! One folder a run ([`RunFolder`]), one cell for each suite and model in it ([`Cell`]). An answer counts once it
//! stands in a cell: in its journal, or, for local likelihoods, in a closed token segment that the journal names.
//! Everything right of this room can be made again from here without asking a model.
//!
//! | file | module |
//! |---|---|
//! | `run.json` | [`RunManifest`] (`manifest`), the part that must not change on resume is [`RunPlan`] (`plan`) |
//! | `cells/SUITE/MODEL/journal.jsonl` | `journal` (lines), `event` (what they say) |
//! | `cells/SUITE/MODEL/tokens/NNNNNN.parquet` | `tokens` |
//! | `items.parquet` | `items` |
//! | `results.json` | `results` |
//!
//! `cell` writes a cell, `cell_reader` reads it back; `atomic` replaces files whole, `canonical` spells JSON and
//! hashes, `finite` finds numbers that JSON cannot hold, `slug` names folders.

mod answer;
mod atomic;
mod canonical;
mod cell;
mod cell_reader;
mod comparison;
mod contrast;
mod cutoff;
mod document;
mod error;
mod event;
mod finite;
mod hardware;
mod interval;
mod items;
mod journal;
mod manifest;
mod memory;
mod memory_times;
mod parquet;
mod plan;
mod recall;
mod results;
mod role;
mod slug;
mod spent;
mod store;
mod tokens;
mod unlearning;

pub use answer::{
    APPROXIMATE, Answer, AnswerKey, ChoiceScore, Failure, LACKS_PREFILL, ONE_CONTEXT, Outcome, RememberedAnswer,
    TextScore, TextVector,
};
pub use atomic::write_atomically;
pub use canonical::{canonical_json, request_hash};
pub use cell::{Cell, CellNotice, LikelihoodStorage};
pub(crate) use cell_reader::JOURNAL_FILE;
pub use cell_reader::{RecordedOutcome, read_cell, visit_cell};
pub use comparison::{
    ChangedItem, ComparedSide, ComparedSuite, RUN_COMPARISON_SCHEMA, RefusedComparison, RunComparison,
};
pub use contrast::AttackContrast;
pub use cutoff::CutoffClaim;
pub use error::{DiskAction, DiskFault, RecordError, ReferenceFault};
pub use event::{AnsweredEvent, AttemptEvent, FailedEvent, JOURNAL_SCHEMA, JournalEvent, RecordedAnswer, SessionEnd};
pub use hardware::Hardware;
pub use interval::IntervalRecord;
pub use items::{ItemRow, items_to_bytes, read_items};
pub use journal::{Journal, JournalEnd, TornLine, read_journal};
pub use manifest::{Cost, Counts, MANIFEST_SCHEMA, RunManifest, Session, utc_now};
pub use memory::{
    AgentCost, AgentEntry, ColumnRow, CompetencyRow, FalseAlarmRow, JudgeRow, KnowingRow, Memory, PositionBin,
    PositionCurve, RetrievalRow, Stale, StaleCell, StaleOverall, StaleSlice,
};
pub use memory_times::{MemorisedEvent, MemoryTimes, RecallTime, TimeSpread};
pub use plan::{DataRecord, MemoryPlan, ModelRecord, PlanDifference, PromptRecord, RunPlan, Shard, SuiteRecord};
pub use recall::{
    BeyondGuessing, Calibration, Control, CutoffEstimate, DateAlone, DayRow, EmbeddingFit, ErrorRow, FakeCutoffLeak,
    FakeDateShift, Jump, LeftOut, ModelRecall, MonthHits, Recall, ShareRow, SideContrast, Sides, StatusCounts,
    VintageChoice,
};
pub use results::{
    BlindBaseline, Comparison, Distribution, EffectRecord, ErratumPair, ErratumRow, HealthRow, MarginRecord,
    MeasuredRow, MetricRow, ModelEntry, NotableItem, PublishedRow, RESULTS_SCHEMA, Results, RocCurve, Slice,
    SuiteResults, Trend,
};
pub use role::Role;
pub use slug::{model_slug, model_slugs};
pub use spent::Spent;
pub use store::{CellPlace, RunFolder};
pub use tokens::{ClosedSegment, DEFAULT_ROWS_PER_SEGMENT, TokenRow, TokenSegmentWriter, read_segment, segment_path};
pub use unlearning::{
    AnswerKinds, AttackValue, Claim, ClaimKind, ClaimOutcome, FactsKept, ItemTest, MeasureValue, ModelSummary,
    PromptWords, Side, TargetTest, TargetValue, Unlearning,
};
