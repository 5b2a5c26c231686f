//! The program as its users meet it: one binary, run in temporary folders, judged by files, output and exit codes.
//!
//! One test binary with modules, since each link carries burn and polars. `support` runs the program; `cli` has the
//! commands that look, `instruments` those that measure texts, `runs` the run folder and its promises, `resume` how a
//! stopped run goes on, `bad_input` and `bad_suites` what must be refused and how, `golden` the comparison with reference
//! implementations, `lab` training.

mod bad_input;
mod bad_suites;
mod cli;
mod golden;
mod instruments;
mod lab;
mod resume;
mod runs;
mod support;
