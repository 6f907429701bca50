//! Operations that end in the report of an install: run until they end or a signal ends them, and told of.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use miette::Diagnostic;
use pkg_engine::InstallReport;

use super::{Context, no_runtime};
use crate::{
    interrupt::until_interrupted,
    render::{Progress, install_report},
};

/// Runs an operation and prints what it changed, or why it failed.
pub(crate) fn run<E: Diagnostic>(
    context: &Context<'_>,
    operation: impl AsyncFnOnce(&Progress) -> Result<InstallReport, Box<E>>,
) -> ExitCode {
    run_and_tell(context, operation, |report, elapsed| {
        install_report(context.output, report, elapsed);
        ExitCode::SUCCESS
    })
}

/// As [`run`], for operations that say otherwise what they did.
pub(crate) fn run_and_tell<E: Diagnostic>(
    context: &Context<'_>,
    operation: impl AsyncFnOnce(&Progress) -> Result<InstallReport, Box<E>>,
    tell: impl FnOnce(&InstallReport, Duration) -> ExitCode,
) -> ExitCode {
    let started = Instant::now();
    let progress = Progress::new(context.output);
    let result = match until_interrupted(progress.while_it_lasts(operation(&progress))) {
        Ok(result) => result,
        Err(error) => return no_runtime(context.output, &error),
    };
    progress.clear();
    match result {
        Ok(report) => tell(&report, started.elapsed()),
        Err(error) => progress.fail(&*error),
    }
}
