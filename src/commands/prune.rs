//! `pkg prune`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{InstallOptions, InstallReport, PruneError, prune};

use super::{
    Context,
    change::{FollowArgs, Prepared},
    operation,
};
use crate::render::Progress;

/// What stands below the help of `pkg prune`.
pub(crate) const EXAMPLES: &str = "Files that no install put there are left alone. Examples:\n  pkg prune\n  \
    pkg prune --prod      also what only development needs";

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
    operation::run(context, async |progress: &Progress| {
        pruned(context, args, progress).await.map_err(Box::new)
    })
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
    progress.begin(&settings.warnings);
    let options = InstallOptions {
        dev: !args.prod,
        optional: !args.no_optional,
        ..options
    };
    prune(&project, &settings, &context.host, &options, progress).await
}
