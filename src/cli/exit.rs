//! Exit codes: part of the interface, stable, the same for every command.

use std::process::ExitCode;

use crate::backend::Halt;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: finished, everything answered, gates and verifications passed.
    Done,
    /// 1: finished, but a gate, a verification or a calibration failed.
    GateFailed,
    /// 2: usage, configuration or suite error; nothing was asked.
    Usage,
    /// 3: incomplete: rows ended in error.
    Incomplete,
    /// 4: nothing matched what was selected.
    NothingMatched,
    /// 5: the endpoint could not be reached, or refused the key.
    Endpoint,
    /// 6: data differ from their pinned hash.
    DataMismatch,
    /// 70: a bug of ours.
    Bug,
    /// 130: SIGINT, after a clean save.
    Interrupted,
    /// 143: SIGTERM, after a clean save.
    Terminated,
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::GateFailed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::NothingMatched => 4,
            Self::Endpoint => 5,
            Self::DataMismatch => 6,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

/// How a command ends whose work an endpoint or a budget has ended.
pub(super) fn halt_exit(halt: &Halt) -> Exit {
    match halt {
        Halt::Interrupted => Exit::Interrupted,
        Halt::Budget { .. } | Halt::Refused => Exit::Incomplete,
        Halt::KeyRefused { .. } | Halt::Unreachable { .. } | Halt::TooManyErrors { .. } => Exit::Endpoint,
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
