//! The program from outside: real processes in sandboxes, their output, their exit codes, their files.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests make and read files as users do, fail where that fails, and say what they skip"
)]

mod bad_input;
mod builds;
mod change;
mod change_meanwhile;
mod cli_attacks;
mod clocks;
mod config;
mod config_attacks;
mod dedupe;
mod dlx;
mod doctor;
mod edge_cases;
mod edge_cases_graph;
mod ended;
mod exec;
mod explain;
mod explained;
mod git;
mod habits;
mod help;
mod init;
mod install;
mod interactive;
mod interrupted;
mod json;
mod kinds;
mod layout;
mod lockfile;
mod network;
mod no_node;
mod outdated;
mod packuments;
mod pnp;
mod prune;
mod query;
mod ready;
mod run;
mod script_environment;
mod scripts;
mod security;
mod semver;
mod several;
mod shared_store;
mod shells;
mod signals;
mod simulated;
mod store;
mod support;
mod sweeps;
mod switching;
mod tampered;
mod terminal_ends;
mod tls;
mod update;
mod verify;
