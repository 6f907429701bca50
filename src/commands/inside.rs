//! Commands that this program starts by itself, as processes of their own; no help shows them.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use pkg_engine::{GUARD, JAIL, JAIL_ENTER, SWEEP, empty_trash, enter, guard_script, supervise};

use super::Context;

#[derive(Debug, Subcommand)]
pub(crate) enum InsideCommand {
    /// Delete what an install moved out of the way; installs start it themselves
    #[command(name = SWEEP, hide = true)]
    SweepTrash {
        /// The project's folder
        root: PathBuf,
    },
    /// Run one script of a package in the jail; installs start it themselves
    #[command(name = JAIL, hide = true)]
    Jail {
        /// What the script is, and what it may do
        policy: PathBuf,
    },
    /// Become the script; the command above starts it
    #[command(name = JAIL_ENTER, hide = true)]
    JailEnter {
        /// What the script is, and what it may do
        policy: PathBuf,
    },
    /// End a script whose parent was killed; `pkg run` starts it itself
    #[command(name = GUARD, hide = true)]
    GuardScript {
        /// The script's process
        pid: u32,
    },
}

pub(crate) fn run(context: &Context<'_>, command: &InsideCommand) -> ExitCode {
    match command {
        InsideCommand::SweepTrash { root } => sweep(context, root),
        InsideCommand::Jail { policy } => match supervise(policy) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => context.output.error(&error),
        },
        InsideCommand::JailEnter { policy } => match enter(policy) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => context.output.error(&error),
        },
        InsideCommand::GuardScript { pid } => {
            guard_script(*pid, &mut std::io::stdin());
            ExitCode::SUCCESS
        }
    }
}

fn sweep(context: &Context<'_>, root: &Path) -> ExitCode {
    match empty_trash(root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.output.error(&error),
    }
}
