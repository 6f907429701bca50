//! `pkg why`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{
    Project,
    query::{PackagePattern, QueryError, why},
};

use super::Context;
use crate::render::{why_json, why_text};

/// Arguments of `pkg why`.
#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The package: `name`, `name@range`, `@scope/*`
    #[arg(value_name = "PACKAGE", required = true)]
    packages: Vec<String>,
    /// The most ways that are shown to one version
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    limit: usize,
}

/// Says why packages are there.
pub(crate) fn run(context: &Context<'_>, args: &WhyArgs) -> ExitCode {
    match explained(context, args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}

fn explained(context: &Context<'_>, args: &WhyArgs) -> Result<(), QueryError> {
    let project = Project::load(&context.host.directory)?;
    let settings = context.load_settings(&project.root)?;
    let mut explanations = Vec::new();
    for package in &args.packages {
        let pattern = PackagePattern::parse(package)?;
        explanations.extend(why(&project, &settings, &pattern, args.limit)?);
    }
    if context.output.is_json {
        context.output.json(&why_json(&explanations));
    } else {
        context.output.out(&why_text(&explanations));
    }
    Ok(())
}
