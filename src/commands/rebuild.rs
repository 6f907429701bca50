//! `pkg rebuild`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::{ApprovalError, LoadedSettings, Project, Rebuild, review};
use pkg_manifest::PackageName;

use super::{Context, install};

/// Arguments of `pkg rebuild`.
#[derive(Debug, Args)]
pub(crate) struct RebuildArgs {
    /// Packages whose scripts run again; all that may, without any
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<PackageName>,
}

/// Runs the scripts of packages again, whatever they made before.
pub(crate) fn run(context: &Context<'_>, args: &RebuildArgs) -> ExitCode {
    let rebuild = if args.names.is_empty() {
        Rebuild::All
    } else {
        if let Err(error) = check(context, &args.names) {
            return context.output.error(&error);
        }
        Rebuild::Named(args.names.clone())
    };
    install::run_again(context, rebuild)
}

/// Looks whether there is something to run for each name; where nothing is installed, an install will tell.
fn check(context: &Context<'_>, names: &[PackageName]) -> Result<(), ApprovalError> {
    let project = Project::load(&context.host.directory)?;
    let request = context.settings_request();
    let Ok(settings) = LoadedSettings::load(&project.root, &context.host, &request) else {
        return Ok(());
    };
    let reviews = match review(&project, &settings) {
        Err(ApprovalError::NotInstalled) => return Ok(()),
        reviews => reviews?,
    };
    let is_there = |name: &&PackageName| reviews.iter().any(|review| review.name == name.as_str());
    let Some(name) = names.iter().find(|name| !is_there(name)) else {
        return Ok(());
    };
    let there: Vec<_> = reviews
        .iter()
        .take(12)
        .map(|review| format!("`{}`", review.name))
        .collect();
    let help = match there.as_slice() {
        [] => "no package of this project has any".to_owned(),
        there => format!("there are {}", there.join(", ")),
    };
    let name = name.to_string();
    Err(ApprovalError::NoBuild { name, help })
}
