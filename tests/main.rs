//! The program as its users meet it: one binary, run in temporary folders, judged by files, output and exit codes.
//!
//! One test binary with modules, since each link carries burn and polars. `support` runs the program; `cli` has the
//! commands that look, `instruments` those that measure texts, `attacks` what attacks are given and how they are judged, `runs` the run folder and its promises, `resume` how a
//! stopped run goes on, `bad_input` and `bad_suites` what must be refused and how, `golden` the comparison with reference
//! implementations, `gradients` that with PyTorch's, `lab` training, `economist` a model with a known cutoff, `economic` models whose memory of the small economy of `economic_world` is known, `economic_bad_input` what series, cutoffs and answers may not be, `local_models` what every kind of checkpoint must give and which are refused, `hub` downloads from a hub, `compare`, `gate` and `stats` the commands of those names, `metrics` the command `metric`,
//! `endpoints` what happens to runs on a server with faults, which is in `endpoint`, `endpoints_bad_input` what is refused there, `statistics_simulated` and
//! `statistics_laws` what the statistics promise on simulated data and on any data, `traps` copyright traps from the draw to the claim, `unlearning` what is left of what a model was made to forget, `agent_server` the server side of the memory-agent protocol.
//!
//! Agents with a memory: `memory_runs` calls their suites and reads what is left of a run, `support_agent` is an agent behind HTTP that keeps
//! to a script; `memory_agents` has the agents inside the program, `memory_http` those behind HTTP, `memory_judges` who reads their answers,
//! `memory_resume` runs that were cut, `memory_bad_agents`, `memory_bad_input` and `memory_bad_options` what goes wrong.

mod agent_server;
mod attacks;
mod bad_input;
mod bad_suites;
mod cli;
mod compare;
mod economic;
mod economic_bad_input;
mod economic_world;
mod economist;
mod endpoint;
mod endpoints;
mod endpoints_bad_input;
mod gate;
mod golden;
mod gradients;
mod hub;
mod hubble;
mod instruments;
mod lab;
mod local_models;
mod memory_agents;
mod memory_bad_agents;
mod memory_bad_input;
mod memory_bad_options;
mod memory_http;
mod memory_judges;
mod memory_resume;
mod memory_runs;
mod memory_times;
mod memory_truth;
mod metrics;
mod resume;
mod runs;
mod statistics_laws;
mod statistics_simulated;
mod stats;
mod support;
mod support_agent;
mod traps;
mod unlearning;
