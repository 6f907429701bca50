//! `pkg exec`.

use std::{ffi::OsString, process::ExitCode};

use clap::Args;
use pkg_engine::{ExecProgram, ExecScene, LoadedSettings, Project, ProjectError};

use super::{Context, ready};

/// Arguments of `pkg exec`.
#[derive(Debug, Args)]
pub(crate) struct ExecArgs {
    /// Run a line of the shell
    #[arg(short = 'c', long, visible_alias = "call")]
    shell_mode: bool,
    /// Accepted for npm's sake: nobody is asked
    #[arg(short = 'y', long, hide = true)]
    yes: bool,
    /// The command and its arguments, which reach it verbatim; with `-c`, the line
    #[arg(
        trailing_var_arg = true,
        required = true,
        value_name = "COMMAND [ARGS]"
    )]
    command: Vec<OsString>,
}

/// Becomes the command.
pub(crate) fn run(context: &Context<'_>, args: &ExecArgs) -> ExitCode {
    let project = match Project::load(&context.host.directory) {
        Ok(project) => Some(project),
        Err(ProjectError::NoManifest { .. }) => None,
        Err(error) => return context.output.error(&error),
    };
    let root = project
        .as_ref()
        .map_or(&context.host.directory, |project| &project.root);
    let request = context.settings_request();
    let mut settings = match LoadedSettings::load(root, &context.host, &request) {
        Ok(settings) => settings,
        Err(error) => return context.output.error(&error),
    };
    if let Some(project) = &project
        && let Err(code) = ready::make_ready(context, project, &mut settings)
    {
        return code;
    }
    let scene = ExecScene {
        project: project.as_ref(),
        host: &context.host,
        settings: &settings,
        command: "exec",
        tools: None,
    };
    become_command(context, &scene, &program(args.shell_mode, &args.command))
}

/// What to run.
pub(super) fn program(is_line: bool, words: &[OsString]) -> ExecProgram {
    let mut words = words.iter().cloned();
    let first = words.next().unwrap_or_default();
    let rest = words.collect();
    match is_line {
        true => ExecProgram::Line(first, rest),
        false => ExecProgram::Command(first, rest),
    }
}

/// Becomes the program; says why where that cannot be.
pub(super) fn become_command(
    context: &Context<'_>,
    scene: &ExecScene<'_>,
    program: &ExecProgram,
) -> ExitCode {
    let error = pkg_engine::exec(scene, program);
    context.output.error(&error);
    ExitCode::from(error.exit_code())
}
