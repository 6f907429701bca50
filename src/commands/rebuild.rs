//! `pkg rebuild`.

use std::process::ExitCode;

use clap::Args;
use pkg_engine::Rebuild;
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
        Rebuild::Named(args.names.clone())
    };
    install::run_again(context, rebuild)
}
