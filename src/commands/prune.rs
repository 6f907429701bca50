//! `pkg prune`.

use std::{process::ExitCode, time::Instant};

use clap::Args;
use pkg_engine::{InstallOptions, InstallReport, PruneError, prune};

use super::{
    Context,
    change::{FollowArgs, Prepared},
    no_runtime, runtime,
};
use crate::render::{Progress, install_report};

/// Arguments of `pkg prune`.
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Also take out devDependencies
    #[arg(short = 'P', long, visible_alias = "production")]
    prod: bool,
    /// Also take out optionalDependencies
    #[arg(long)]
    no_optional: bool,
    /// Say what would change and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Takes out of the tree what package.json and pkg.lock do not want.
pub(crate) fn run(context: &Context<'_>, args: &PruneArgs) -> ExitCode {
    let started = Instant::now();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(context.output, &error),
    };
    let progress = Progress::new(context.output);
    let result = runtime.block_on(pruned(context, args, &progress));
    runtime.shutdown_background();
    progress.clear();
    match result {
        Ok(report) => {
            install_report(context.output, &report, started.elapsed());
            ExitCode::SUCCESS
        }
        Err(error) => context.output.error(&error),
    }
}

async fn pruned(
    context: &Context<'_>,
    args: &PruneArgs,
    progress: &Progress,
) -> Result<InstallReport, PruneError> {
    let follow = FollowArgs {
        dry_run: args.dry_run,
        ..FollowArgs::default()
    };
    let Prepared {
        project,
        settings,
        options,
    } = Prepared::new(context, &follow).map_err(Box::new)?;
    let options = InstallOptions {
        dev: !args.prod,
        optional: !args.no_optional,
        ..options
    };
    prune(&project, &settings, &context.host, &options, progress).await
}
