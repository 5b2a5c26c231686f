//! One error for the command line; each knows its exit code.

use std::io;
use std::path::PathBuf;

use super::exit::{Exit, halt_exit};
use crate::backend::OpenError;
use crate::dataset::DataError;
use crate::lab::LabError;
use crate::record::{DiskFault, RecordError};
use crate::report::ReportError;
use crate::run::RunError;
use crate::run::compare::CompareError;
use crate::run::gate::GateError;
use crate::suite::SuiteError;
use crate::traps::TrapError;
use crate::verify::VerifyError;

/// A command that could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("{message}")]
    Usage { message: String },
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{what} is not in this build yet")]
    NotInThisBuild { what: &'static str },
    #[error("{}: no item `{item}`; {hint}", run.display())]
    UnknownItem { run: PathBuf, item: String, hint: String },
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error(transparent)]
    Gate(#[from] GateError),
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Model(#[from] OpenError),
    #[error(transparent)]
    Suite(#[from] SuiteError),
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Lab(#[from] LabError),
    #[error(transparent)]
    Traps(#[from] TrapError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl CliError {
    /// The exit code of this error, by the order of harness-features: 70, 6, 5, 4, 2.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Run(RunError::Interrupted { .. }) | Self::Lab(LabError::Interrupted { .. }) => Exit::Interrupted,
            Self::Run(RunError::Halted { halt, .. }) => halt_exit(halt),
            Self::Model(error) | Self::Run(RunError::Model(error)) if error.is_endpoint() => Exit::Endpoint,
            Self::Run(RunError::Data(DataError::Hub(fault))) if fault.is_endpoint() => Exit::Endpoint,
            Self::Run(RunError::Agent(fault)) if fault.is_endpoint() => Exit::Endpoint,
            Self::Model(error) | Self::Run(RunError::Model(error)) if error.is_hash() => Exit::DataMismatch,
            Self::Run(RunError::Statistics { .. }) => Exit::Bug,
            Self::Run(RunError::Record(error))
            | Self::Record(error)
            | Self::Compare(CompareError::Record(error))
            | Self::Gate(GateError::Record(error) | GateError::Side(CompareError::Record(error))) => record_exit(error),
            Self::Compare(CompareError::NothingMatched { .. }) => Exit::NothingMatched,
            Self::Run(error) if error.is_data_mismatch() => Exit::DataMismatch,
            Self::Run(error) if error.is_empty_selection() => Exit::NothingMatched,
            Self::Suite(error) if error.is_data_mismatch() => Exit::DataMismatch,
            Self::Data(error) if error.is_data_mismatch() => Exit::DataMismatch,
            Self::Traps(error) if error.is_data_mismatch() => Exit::DataMismatch,
            Self::Traps(TrapError::Halted { source }) => halt_exit(source),
            Self::Traps(TrapError::Unscored { .. } | TrapError::Backend { .. }) => Exit::Incomplete,
            Self::Traps(TrapError::Record(error)) => record_exit(error),
            Self::Verify(VerifyError::NothingFound { .. }) | Self::UnknownItem { .. } => Exit::NothingMatched,
            _ => Exit::Usage,
        }
    }
}

fn record_exit(error: &RecordError) -> Exit {
    match error {
        RecordError::HashMismatch { .. } => Exit::DataMismatch,
        // Something was asked, and what was answered is there.
        RecordError::Disk { fault: DiskFault::NoSpace, .. } => Exit::Incomplete,
        RecordError::Encode { .. }
        | RecordError::EncodeParquet { .. }
        | RecordError::DuplicateItemRow { .. }
        | RecordError::BadFlag { .. } => Exit::Bug,
        _ => Exit::Usage,
    }
}
