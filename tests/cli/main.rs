//! The program from outside: real processes in sandboxes, their output, their exit codes, their files.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests make and read files as users do, fail where that fails, and say what they skip"
)]

mod bad_input;
mod change;
mod cli_attacks;
mod config;
mod config_attacks;
mod dedupe;
mod doctor;
mod edge_cases;
mod explain;
mod explained;
mod help;
mod install;
mod interrupted;
mod kinds;
mod layout;
mod lockfile;
mod network;
mod outdated;
mod packuments;
mod pnp;
mod query;
mod run;
mod scripts;
mod security;
mod semver;
mod shared_store;
mod store;
mod support;
mod sweeps;
mod switching;
mod tls;
mod update;
mod verify;
