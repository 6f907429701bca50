//! `pkg remove`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{Change, RemoveRequest};

use super::{
    Context,
    change::{self, FollowArgs},
};

/// Arguments of `pkg remove`.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Names as they stand in package.json
    #[arg(value_name = "PACKAGE", required = true)]
    packages: Vec<String>,
    /// Only from dependencies
    #[arg(short = 'P', long, visible_alias = "prod", conflicts_with_all = ["save_dev", "save_optional"])]
    save_prod: bool,
    /// Only from devDependencies
    #[arg(
        short = 'D',
        long,
        visible_alias = "dev",
        conflicts_with = "save_optional"
    )]
    save_dev: bool,
    /// Only from optionalDependencies
    #[arg(short = 'O', long, visible_alias = "optional")]
    save_optional: bool,
    #[command(flatten)]
    follow: FollowArgs,
}

/// Takes packages out of package.json and out of the tree.
pub(crate) fn run(context: &Context<'_>, args: &RemoveArgs) -> ExitCode {
    let field = match args {
        _ if args.save_prod => Some("dependencies"),
        _ if args.save_dev => Some("devDependencies"),
        _ if args.save_optional => Some("optionalDependencies"),
        _ => None,
    };
    let request = RemoveRequest {
        packages: args.packages.clone(),
        field,
    };
    change::run(context, &Change::Remove(request), &args.follow)
}
