//! `pkg node`.

use std::{ffi::OsString, os::unix::process::CommandExt as _, process::ExitCode};

use clap::Args;
use pkg_engine::node_command;

use super::Context;

/// Arguments of `pkg node`.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct NodeArgs {
    /// The program and its arguments, or flags of Node.js
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "FILE [ARGS]"
    )]
    pub(crate) arguments: Vec<OsString>,
}

/// Becomes Node.js, with the map of the project loaded.
pub(crate) fn run(context: &Context<'_>, args: &NodeArgs) -> ExitCode {
    let mut command = match node_command(&context.host, &args.arguments) {
        Ok(command) => command,
        Err(error) => return context.output.error(&error),
    };
    // This comes back only where it failed: else this process is Node.js from here on.
    let error = command.exec();
    let program = command.get_program().to_string_lossy().into_owned();
    context.output.err(&format!(
        "error[ERR_PKG_NODE_SPAWN]: cannot start `{program}`: {error}\n"
    ));
    ExitCode::from(1)
}
