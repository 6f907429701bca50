//! `pkg licenses`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{
    Project,
    query::{QueryError, licenses},
};

use super::{Context, groups::GroupArgs};
use crate::render::{licenses_json, licenses_text};

/// Arguments of `pkg licenses`.
#[derive(Debug, Args)]
pub(crate) struct LicensesArgs {
    /// What others want to hear before the flags
    #[arg(value_name = "list", value_parser = ["list", "ls"], hide = true)]
    _word: Option<String>,
    #[command(flatten)]
    groups: GroupArgs,
    /// Also who made each package, and its page
    #[arg(short = 'l', long)]
    long: bool,
}

/// Lists the licences of what the project depends on.
pub(crate) fn run(context: &Context<'_>, args: &LicensesArgs) -> ExitCode {
    match listed(context, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}

fn listed(context: &Context<'_>, args: &LicensesArgs) -> Result<(), QueryError> {
    let project = Project::load(&context.host.directory)?;
    let settings = context.load_settings(&project.root)?;
    let found = licenses(&project, &settings, args.groups.groups())?;
    if context.output.is_json {
        context.output.json(&licenses_json(&found));
    } else {
        context.output.out(&licenses_text(&found, args.long));
    }
    Ok(())
}
