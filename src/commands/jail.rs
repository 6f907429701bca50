//! The hidden commands that run one script of a package in the jail: see `pkg_engine`'s jail.

use std::{path::Path, process::ExitCode};

use pkg_engine::{JailError, enter, supervise};

use super::Context;

/// Supervises the script of a policy.
pub(crate) fn run(context: &Context<'_>, policy: &Path) -> ExitCode {
    answer(context, supervise(policy))
}

/// Enters the jail of a policy and becomes its script.
pub(crate) fn run_inside(context: &Context<'_>, policy: &Path) -> ExitCode {
    answer(context, enter(policy))
}

fn answer(context: &Context<'_>, result: Result<(), JailError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}
