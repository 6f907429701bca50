//! `pkg dedupe`.

use std::process::ExitCode;

use clap::Args;
use miette::Diagnostic;
use pkg_engine::{InstallError, InstallOptions, InstallReport, Update};
use thiserror::Error;

use super::{
    Context,
    change::{FollowArgs, Prepared},
    operation,
};
use crate::render::{Progress, dedupe_report};

/// What stands below the help of `pkg dedupe`.
pub(crate) const EXAMPLES: &str = "Each range takes the highest version that something needs already. Examples:\n  \
    pkg dedupe            and say which versions went\n  \
    pkg dedupe --check    exit with 1 where something would change";

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

/// Lets each range take the highest version that is there already, and says which versions went.
pub(crate) fn run(context: &Context<'_>, args: &DedupeArgs) -> ExitCode {
    let deduped = async |progress: &Progress| deduped(context, args, progress).await;
    operation::run_and_tell(context, deduped, |report, elapsed| {
        dedupe_report(context.output, report, args.check, elapsed);
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
    })
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
    progress.begin(&settings.warnings);
    let options = InstallOptions {
        dry_run: options.dry_run || args.check,
        update: Update::Dedupe,
        ..options
    };
    let report = pkg_engine::install(&project, &settings, &context.host, &options, progress);
    report.await.map_err(Box::new)
}
