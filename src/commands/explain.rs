//! `pkg explain`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{
    Project,
    query::{Choice, PackagePattern, QueryError, explain},
};

use super::{Context, no_runtime, runtime};
use crate::render::{explain_json, explain_text};

/// Arguments of `pkg explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The package: `name`, or `name@range` for what stands in the way of that
    #[arg(value_name = "PACKAGE", required = true)]
    packages: Vec<String>,
    /// Ask the network for nothing
    #[arg(long)]
    offline: bool,
}

/// Explains the choice of versions.
pub(crate) fn run(context: &Context<'_>, args: &ExplainArgs) -> ExitCode {
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return no_runtime(context.output, &error),
    };
    let explained = runtime.block_on(async { explained(context, args).await.map_err(Box::new) });
    match explained {
        Ok(choices) if context.output.is_json => {
            context.output.json(&explain_json(&choices));
            ExitCode::SUCCESS
        }
        Ok(choices) => {
            context.output.say(&explain_text(&choices));
            ExitCode::SUCCESS
        }
        Err(error) => context.output.error(&*error),
    }
}

async fn explained(context: &Context<'_>, args: &ExplainArgs) -> Result<Vec<Choice>, QueryError> {
    let project = Project::load(&context.host.directory)?;
    let mut settings = context.load_settings(&project.root)?;
    settings.settings.offline |= args.offline;
    let patterns = args.packages.iter().map(|text| PackagePattern::parse(text));
    let patterns: Vec<_> = patterns.collect::<Result<_, _>>()?;
    explain(&project, settings, &context.host, &patterns).await
}
