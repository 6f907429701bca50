//! `pkg dedupe`.

use std::{process::ExitCode, time::Instant};

use clap::Args;
use miette::Diagnostic;
use pkg_engine::{InstallError, InstallOptions, InstallReport, Update};
use thiserror::Error;

use super::{
    Context,
    change::{FollowArgs, Prepared},
    no_runtime, runtime,
};
use crate::render::{Progress, dedupe_report};

/// Arguments of `pkg dedupe`.
#[derive(Debug, Args)]
pub(crate) struct DedupeArgs {
    /// Write nothing, and exit with 1 where something would change
    #[arg(long, conflicts_with = "lockfile_only")]
    check: bool,
    #[command(flatten)]
    follow: FollowArgs,
}

/// What `--check` ends with where something would change.
#[derive(Debug, Error, Diagnostic)]
#[error("pkg.lock would change: packages that would go: {gone}, that would come: {new}")]
#[diagnostic(code(ERR_PKG_DEDUPE_CHECK), help("run `pkg dedupe`"))]
struct CheckFailed {
    gone: usize,
    new: usize,
}

/// Brings each package to as few versions as its dependents' ranges allow, and says which went.
pub(crate) fn run(context: &Context<'_>, args: &DedupeArgs) -> ExitCode {
    let started = Instant::now();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(context.output, &error),
    };
    let progress = Progress::new(context.output);
    let result = runtime.block_on(deduped(context, args, &progress));
    // What is still being downloaded or written by other threads is wanted by nobody any more.
    runtime.shutdown_background();
    progress.clear();
    match result {
        Ok(report) => {
            dedupe_report(context.output, &report, args.check, started.elapsed());
            if !args.check || !report.graph.is_changed {
                return ExitCode::SUCCESS;
            }
            if context.output.is_json {
                return ExitCode::from(1);
            }
            context.output.error(&CheckFailed {
                gone: report.graph.removed.len(),
                new: report.graph.added.len(),
            })
        }
        Err(error) => context.output.error(&*error),
    }
}

async fn deduped(
    context: &Context<'_>,
    args: &DedupeArgs,
    progress: &Progress,
) -> Result<InstallReport, Box<InstallError>> {
    let Prepared {
        project,
        settings,
        options,
    } = Prepared::new(context, &args.follow).map_err(Box::new)?;
    let options = InstallOptions {
        dry_run: options.dry_run || args.check,
        update: Update::Dedupe,
        ..options
    };
    let report = pkg_engine::install(&project, &settings, &context.host, &options, progress);
    report.await.map_err(Box::new)
}
