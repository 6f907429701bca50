//! `pkg dlx`, which is also `pkgx`.

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::Args;
use pkg_engine::{
    DlxError, ExecProgram, ExecScene, LoadedSettings, NoMainCommand, Project, Tool, ToolRequest,
    Warning, cached_tool, install_tool,
};

use super::{
    Context,
    exec::{become_command, program},
    no_runtime, runtime,
};
use crate::render::Progress;

/// Arguments of `pkg dlx`.
#[derive(Debug, Args)]
pub(crate) struct DlxArgs {
    /// Install this package; several times for several. Then the first word is a command
    #[arg(short = 'p', long, value_name = "PACKAGE")]
    package: Vec<String>,
    /// Run a line of the shell
    #[arg(short = 'c', long, visible_alias = "call")]
    shell_mode: bool,
    /// Run the install scripts of NAME, in the jail; several times for several
    #[arg(long, value_name = "NAME")]
    allow_build: Vec<String>,
    /// Accepted for npm's sake: nobody is asked
    #[arg(short = 'y', long, hide = true)]
    yes: bool,
    /// The package whose command is run, then its arguments, which reach it verbatim
    #[arg(
        trailing_var_arg = true,
        value_name = "COMMAND [ARGS]",
        required_unless_present = "package"
    )]
    command: Vec<OsString>,
}

/// Becomes the command of a package that is installed for this alone.
pub(crate) fn run(context: &Context<'_>, args: &DlxArgs) -> ExitCode {
    let request = |packages: Vec<String>| ToolRequest {
        packages,
        allow_builds: args.allow_build.clone(),
    };
    let is_named = !args.package.is_empty();
    if is_named || args.shell_mode {
        let words = args.command.as_slice();
        let program = (!words.is_empty()).then(|| program(args.shell_mode, words));
        let request = request(args.package.clone());
        return run_tool(context, request, program, Vec::new());
    }
    let mut words = args.command.iter().cloned();
    let package = words.next().unwrap_or_default();
    let package = package.to_string_lossy().into_owned();
    run_tool(context, request(vec![package]), None, words.collect())
}

/// Becomes a program among the commands of packages; without one, the command that the first package is for.
pub(super) fn run_tool(
    context: &Context<'_>,
    request: ToolRequest,
    program: Option<ExecProgram>,
    arguments: Vec<OsString>,
) -> ExitCode {
    let root = Project::load(&context.host.directory)
        .map_or_else(|_| context.host.directory.clone(), |project| project.root);
    let load = || LoadedSettings::load(&root, &context.host, &context.settings_request());
    let settings = match load() {
        Ok(settings) => settings,
        Err(error) => return context.output.error(&error),
    };
    let found = match cached_tool(&settings, &context.host, &request) {
        Some(tool) => Ok(tool),
        None if request.packages.is_empty() => Ok(Tool::none()),
        None => match load() {
            Ok(settings) => install(context, settings, &request),
            Err(error) => Err(context.output.error(&error)),
        },
    };
    let tool = match found {
        Ok(tool) => tool,
        Err(code) => return code,
    };
    let program = match (program, &tool.main) {
        (Some(program), _) => program,
        (None, Some(main)) => ExecProgram::Command(main.into(), arguments),
        (None, None) => {
            let packages = request.packages;
            let all = tool.all;
            return context.output.error(&NoMainCommand { packages, all });
        }
    };
    let commands: Option<PathBuf> = Some(tool.commands).filter(|folder| folder.is_absolute());
    let scene = ExecScene {
        project: None,
        host: &context.host,
        settings: &settings,
        command: "exec",
        tools: commands.as_deref(),
    };
    become_command(context, &scene, &program)
}

fn install(
    context: &Context<'_>,
    settings: LoadedSettings,
    request: &ToolRequest,
) -> Result<Tool, ExitCode> {
    let output = context.output;
    let runtime = runtime().map_err(|error| no_runtime(output, &error))?;
    let progress = Progress::new(output);
    progress.begin(&settings.warnings);
    let result: Result<_, DlxError> =
        runtime.block_on(install_tool(settings, &context.host, request, &progress));
    runtime.shutdown_background();
    progress.clear();
    let (tool, report) = result.map_err(|error| progress.fail(&error))?;
    if let Some(report) = report {
        report
            .warnings
            .iter()
            .for_each(|warning| output.warning(warning));
        if !report.unbuilt.is_empty() {
            let message = format!(
                "install scripts were not run: {}. If it does not work without: `--allow-build=NAME`",
                report.unbuilt.join(", ")
            );
            output.warning(&Warning::new("WARN_PKG_UNBUILT", message));
        }
    }
    Ok(tool)
}
