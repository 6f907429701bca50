//! Commands that this program starts by itself, as processes of their own; no help shows them.

use std::{path::PathBuf, process::ExitCode};

use clap::Subcommand;
use pkg_engine::{
    GUARD, JAIL, JAIL_ENTER, SEAL, SWEEP, empty_trash, enter, guard_script, seal_store, supervise,
};

use super::Context;

#[derive(Debug, Subcommand)]
pub(crate) enum InsideCommand {
    /// Delete what an install moved out of the way; installs start it themselves
    #[command(name = SWEEP, hide = true)]
    SweepTrash {
        /// The project's folder
        root: PathBuf,
    },
    /// Bring to the disk what an install wrote into the store; installs start it themselves
    #[command(name = SEAL, hide = true)]
    SealStore {
        /// The store's folder
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
        InsideCommand::SweepTrash { root } => context.ended(empty_trash(root)),
        InsideCommand::SealStore { root } => context.ended(seal_store(root)),
        InsideCommand::Jail { policy } => context.ended(supervise(policy)),
        InsideCommand::JailEnter { policy } => context.ended(enter(policy)),
        InsideCommand::GuardScript { pid } => {
            guard_script(*pid, &mut std::io::stdin());
            ExitCode::SUCCESS
        }
    }
}
