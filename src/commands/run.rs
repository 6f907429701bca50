//! `pkg run`.

use std::{ffi::OsString, process::ExitCode};

use clap::Args;
use pkg_engine::{
    Ended, LoadedSettings, Missing, Project, RunError, RunRequest, Runner, ScriptExit,
    SeveralRequest, end_by_signal,
};
use serde_json::json;

use super::{Context, ready};
use crate::{
    args::{Cli, Command, GlobalArgs, InstallArgs},
    render::{ScriptReporter, escape},
};

/// How many scripts of a pattern run at once, unless more or fewer are asked for: as many as with pnpm.
const AT_ONCE: usize = 4;

/// Arguments of `pkg run`.
#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct RunArgs {
    /// Succeed if there is no such script; also right behind the script's name
    #[arg(long)]
    pub(crate) if_present: bool,
    /// Run all scripts of a pattern at once
    #[arg(long)]
    pub(crate) parallel: bool,
    /// Run the scripts of a pattern one after another
    #[arg(long, conflicts_with = "parallel")]
    pub(crate) sequential: bool,
    /// Run all scripts of a pattern, whichever fails
    #[arg(long)]
    pub(crate) no_bail: bool,
    /// Run neither `preSCRIPT` nor `postSCRIPT`
    #[arg(long)]
    pub(crate) ignore_scripts: bool,
    /// The script, or a pattern: `build:*`, `/^build/`; then its arguments, which reach it verbatim
    #[arg(trailing_var_arg = true, value_name = "SCRIPT [ARGS]")]
    pub(crate) script: Vec<OsString>,
}

/// What the parser would make of `run SCRIPT …`, with no flag before the script, without the time that it takes.
pub(crate) fn plain(arguments: &[OsString]) -> Option<Cli> {
    let (command, script) = arguments.split_first()?;
    let is_run = command == "run" || command == "run-script";
    let first = script.first().filter(|_| is_run)?;
    if first.as_encoded_bytes().starts_with(b"-") {
        return None;
    }
    let args = RunArgs {
        script: script.to_vec(),
        ..RunArgs::default()
    };
    Some(Cli {
        global: GlobalArgs::default(),
        command: Some(Command::Run(args)),
        install: InstallArgs::default(),
    })
}

/// Runs a script, or several, or lists them all.
pub(crate) fn run(context: &Context<'_>, args: &RunArgs) -> ExitCode {
    let project = match Project::load(&context.host.directory) {
        Ok(project) => project,
        Err(error) => return context.output.error(&error),
    };
    let Some((script, arguments)) = args.script.split_first() else {
        list(context, &project);
        return ExitCode::SUCCESS;
    };
    run_in(
        context,
        project,
        (&script.to_string_lossy(), arguments),
        args,
    )
}

/// Runs a script of a project, or several.
pub(super) fn run_in(
    context: &Context<'_>,
    project: Project,
    (script, arguments): (&str, &[OsString]),
    args: &RunArgs,
) -> ExitCode {
    // Right behind the name it is a flag of ours, as npm's users write it.
    let (is_behind, arguments) = match arguments.split_first() {
        Some((first, rest)) if first == "--if-present" => (true, rest),
        _ => (false, arguments),
    };
    let mut scripting = match Scripting::open(context, project, "run") {
        Ok(scripting) => scripting,
        Err(code) => return code,
    };
    let scripts = match scripting.runner().select(script) {
        Ok(scripts) => scripts,
        Err(RunError::NoScript { .. }) if args.if_present || is_behind => {
            return ExitCode::SUCCESS;
        }
        Err(error) => return context.output.error(&error),
    };
    if let Err(code) = scripting.make_ready() {
        return code;
    }
    let at_once = match scripts.len() {
        _ if args.sequential => 1,
        number if args.parallel => number,
        number => number.min(AT_ONCE),
    };
    scripting.name_lines(&scripts);
    let settings = &scripting.settings.settings;
    let request = SeveralRequest {
        with_pre_and_post: settings.enable_pre_post_scripts && !args.ignore_scripts,
        arguments: arguments.to_vec(),
        scripts,
        at_once,
        bail: !args.no_bail,
    };
    scripting.finish(scripting.runner().run_several(&request))
}

/// All that scripts of one project need to run.
pub(super) struct Scripting<'a> {
    context: &'a Context<'a>,
    pub(super) project: Project,
    pub(super) settings: LoadedSettings,
    command: &'static str,
    reporter: ScriptReporter,
}

impl<'a> Scripting<'a> {
    /// Reads the settings of a project.
    pub(super) fn open(
        context: &'a Context<'a>,
        project: Project,
        command: &'static str,
    ) -> Result<Self, ExitCode> {
        let request = context.settings_request();
        match LoadedSettings::load(&project.root, &context.host, &request) {
            Ok(settings) => Ok(Self {
                context,
                project,
                settings,
                command,
                reporter: ScriptReporter::new(context.output),
            }),
            Err(error) => Err(context.output.error(&error)),
        }
    }

    /// Sees that the project's packages are there.
    pub(super) fn make_ready(&mut self) -> Result<(), ExitCode> {
        ready::make_ready(self.context, &self.project, &mut self.settings)
    }

    /// Says how wide the names are that stand before lines.
    fn name_lines(&mut self, scripts: &[String]) {
        self.reporter.make_room(scripts);
    }

    pub(super) fn runner(&self) -> Runner<'_> {
        Runner {
            project: &self.project,
            host: &self.context.host,
            settings: &self.settings,
            command: self.command,
            reporter: &self.reporter,
        }
    }

    /// Runs one script with its arguments.
    pub(super) fn run_one(
        &self,
        script: &str,
        arguments: &[OsString],
        missing: Missing,
    ) -> Result<Ended, RunError> {
        self.runner().run(&RunRequest {
            script: script.to_owned(),
            arguments: arguments.to_vec(),
            missing,
            with_pre_and_post: self.settings.settings.enable_pre_post_scripts,
        })
    }

    /// Says which scripts failed, a line each, and ends as the first of them did. Who asked for the end is told nothing.
    pub(super) fn finish(&self, result: Result<Vec<Ended>, RunError>) -> ExitCode {
        let output = self.context.output;
        let all = match result {
            Ok(all) => all,
            Err(error) => return output.error(&error),
        };
        let mut first = None;
        for ended in all.into_iter().filter(|ended| !ended.exit.is_success()) {
            first = first.or(Some(ended.exit));
            if !ended.was_interrupted && !output.is_silent() {
                output.error(&RunError::Failed {
                    script: ended.script,
                    exit: ended.exit,
                });
            }
        }
        let exit = first.unwrap_or(ScriptExit::Code(0));
        if let ScriptExit::Signal(signal) = exit {
            end_by_signal(signal);
        }
        ExitCode::from(u8::try_from(exit.code()).unwrap_or(1))
    }
}

/// Prints the scripts and what they run.
fn list(context: &Context<'_>, project: &Project) {
    let scripts = &project.manifest.scripts;
    if context.output.is_json {
        context
            .output
            .json(&json!({"ok": true, "scripts": scripts}));
        return;
    }
    let mut text = String::new();
    for (name, command) in scripts {
        text.push_str(&format!("{}\n  {}\n", escape(name), escape(command)));
    }
    if scripts.is_empty() {
        text.push_str("package.json has no scripts\n");
    }
    context.output.out(&text);
}
