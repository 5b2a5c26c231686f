//! Parse, call the library, map the result to an exit code.

use std::process::ExitCode;

use mnemoscope::cli::{self, Exit};

fn main() -> ExitCode {
    // A panic is our bug: the default hook has printed where; the code says so to scripts.
    std::panic::catch_unwind(|| cli::main(std::env::args_os())).unwrap_or(Exit::Bug).into()
}
