//! `pkg create`.

use std::{ffi::OsString, process::ExitCode};

use clap::Args;
use pkg_engine::{ToolRequest, initializer};

use super::{Context, dlx::run_tool};

/// Arguments of `pkg create`.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Run the install scripts of NAME, in the jail; several times for several
    #[arg(long, value_name = "NAME")]
    allow_build: Vec<String>,
    /// Accepted for npm's sake: nobody is asked
    #[arg(short = 'y', long, hide = true)]
    yes: bool,
    /// What to make, then arguments, which reach the package verbatim
    #[arg(trailing_var_arg = true, required = true, value_name = "NAME [ARGS]")]
    words: Vec<OsString>,
}

/// Becomes the package that makes such projects.
pub(crate) fn run(context: &Context<'_>, args: &CreateArgs) -> ExitCode {
    create(context, &args.words, args.allow_build.clone())
}

/// The first word says what to make.
pub(super) fn create(
    context: &Context<'_>,
    words: &[OsString],
    allow_builds: Vec<String>,
) -> ExitCode {
    let Some((name, arguments)) = words.split_first() else {
        return ExitCode::from(2);
    };
    let package = initializer(&name.to_string_lossy());
    let request = ToolRequest {
        packages: vec![package],
        allow_builds,
    };
    run_tool(context, request, None, arguments.to_vec())
}
