//! `pkg SCRIPT`: a script by its name, where no command has it.

use std::{ffi::OsString, process::ExitCode};

use pkg_engine::{Project, UnknownCommand};

use super::{
    Context,
    run::{self, RunArgs},
};
use crate::{elsewhere, words::command_names};

/// How a command line ends that cannot be understood.
const USAGE: u8 = 2;

/// Runs the script, or says what may have been meant.
pub(crate) fn run(context: &Context<'_>, words: &[OsString]) -> ExitCode {
    let Some((name, arguments)) = words.split_first() else {
        return ExitCode::from(USAGE);
    };
    let name = name.to_string_lossy();
    let project = Project::load(&context.host.directory).ok();
    match project {
        Some(project) if project.manifest.scripts.contains_key(&*name) => {
            run::run_in(context, project, (&name, arguments), &RunArgs::default())
        }
        project => {
            let instead = elsewhere::command(&name);
            let error = UnknownCommand::new(&name, &command_names(), project.as_ref(), instead);
            let mut output = context.output;
            output.is_json |= arguments.iter().any(|argument| argument == "--json");
            output.error(&error);
            ExitCode::from(USAGE)
        }
    }
}
