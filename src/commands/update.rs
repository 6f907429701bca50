//! `pkg update`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{Change, UpdateLevel, UpdateRequest, query::PackagePattern};

use super::{
    Context,
    change::{self, FollowArgs},
    groups::GroupArgs,
};

/// Arguments of `pkg update`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct UpdateArgs {
    /// Only these packages, direct or not: `name`, `@scope/*`
    #[arg(value_name = "PACKAGE")]
    patterns: Vec<String>,
    /// To the newest versions, whatever package.json allows now
    #[arg(short = 'L', long, conflicts_with_all = ["minor", "patch"])]
    latest: bool,
    /// Within the same major version
    #[arg(long, conflicts_with = "patch")]
    minor: bool,
    /// Within the same minor version
    #[arg(long)]
    patch: bool,
    /// Leave package.json as it is
    #[arg(long, conflicts_with = "latest")]
    no_save: bool,
    #[command(flatten)]
    groups: GroupArgs,
    #[command(flatten)]
    follow: FollowArgs,
}

/// Moves packages to newer versions.
pub(crate) fn run(context: &Context<'_>, args: &UpdateArgs) -> ExitCode {
    let patterns = args.patterns.iter().map(|text| PackagePattern::parse(text));
    let patterns = match patterns.collect() {
        Ok(patterns) => patterns,
        Err(error) => return context.output.error(&error),
    };
    let level = match args {
        _ if args.latest => UpdateLevel::Latest,
        _ if args.minor => UpdateLevel::Minor,
        _ if args.patch => UpdateLevel::Patch,
        _ => UpdateLevel::Range,
    };
    let request = UpdateRequest {
        patterns,
        level,
        groups: args.groups.groups(),
        save: !args.no_save,
    };
    change::run(context, &Change::Update(request), &args.follow)
}
