//! `pkg size`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{
    Project,
    query::{QueryError, size},
};

use super::{Context, groups::GroupArgs};
use crate::render::{size_json, size_text};

/// Arguments of `pkg size`.
#[derive(Debug, Args)]
pub(crate) struct SizeArgs {
    #[command(flatten)]
    groups: GroupArgs,
    /// The most packages that are shown
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
}

/// Says how big the packages are, and why they are there.
pub(crate) fn run(context: &Context<'_>, args: &SizeArgs) -> ExitCode {
    match measured(context, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}

fn measured(context: &Context<'_>, args: &SizeArgs) -> Result<(), QueryError> {
    let project = Project::load(&context.host.directory)?;
    let settings = context.load_settings(&project.root)?;
    let report = size(&project, &settings, args.groups.groups())?;
    if context.output.is_json {
        context.output.json(&size_json(&report));
    } else {
        let output = context.output;
        output.out(&size_text(&report, args.limit, output.columns()));
    }
    Ok(())
}
