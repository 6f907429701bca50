//! `pkg test`, `pkg start`, `pkg stop`, `pkg restart`: scripts that are commands.

use std::{ffi::OsString, process::ExitCode};

use clap::Args;
use pkg_engine::{Ended, Missing, Project, RunError};

use super::{Context, run::Scripting};

/// What `start` is where the project has no such script, but this file.
const SERVER: (&str, &str) = ("server.js", "node server.js");

/// Arguments of a script that is a command.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct ScriptArgs {
    /// Arguments that reach the script verbatim
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGS"
    )]
    arguments: Vec<OsString>,
}

/// A script that is a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NamedScript {
    Test,
    Start,
    Stop,
    Restart,
}

impl NamedScript {
    fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

/// Runs it.
pub(crate) fn run(context: &Context<'_>, script: NamedScript, args: &ScriptArgs) -> ExitCode {
    let project = match Project::load(&context.host.directory) {
        Ok(project) => project,
        Err(error) => return context.output.error(&error),
    };
    let mut scripting = match Scripting::open(context, project, script.name()) {
        Ok(scripting) => scripting,
        Err(code) => return code,
    };
    let has_script = scripting
        .project
        .manifest
        .scripts
        .contains_key(script.name());
    let missing = missing(&scripting, script);
    if !has_script && missing == Missing::Fails && script != NamedScript::Restart {
        return scripting.finish(one(scripting.run_one(script.name(), &[], missing)));
    }
    if let Err(code) = scripting.make_ready() {
        return code;
    }
    if script == NamedScript::Restart && !has_script {
        return scripting.finish(stop_and_start(&scripting, &args.arguments));
    }
    scripting.finish(one(scripting.run_one(
        script.name(),
        &args.arguments,
        missing,
    )))
}

fn one(ended: Result<Ended, RunError>) -> Result<Vec<Ended>, RunError> {
    ended.map(|ended| vec![ended])
}

/// What runs where there is no such script.
fn missing(scripting: &Scripting<'_>, script: NamedScript) -> Missing {
    let (file, command) = SERVER;
    let has_server = scripting.project.root.join(file).is_file();
    match script {
        NamedScript::Start if has_server => Missing::Runs(command),
        NamedScript::Test | NamedScript::Start | NamedScript::Stop | NamedScript::Restart => {
            Missing::Fails
        }
    }
}

/// What `restart` is by itself: `stop`, if there is one, and `start`; `prerestart` and `postrestart` around them.
fn stop_and_start(
    scripting: &Scripting<'_>,
    arguments: &[OsString],
) -> Result<Vec<Ended>, RunError> {
    let start = missing(scripting, NamedScript::Start);
    let steps = [
        ("prerestart", &[][..], Missing::IsFine),
        ("stop", &[][..], Missing::IsFine),
        ("start", arguments, start),
        ("postrestart", &[][..], Missing::IsFine),
    ];
    let mut all = Vec::new();
    for (script, arguments, missing) in steps {
        let ended = scripting.run_one(script, arguments, missing)?;
        let is_over = !ended.exit.is_success();
        all.push(ended);
        if is_over {
            break;
        }
    }
    Ok(all)
}
