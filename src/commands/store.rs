//! `pkg store`.

use std::{path::Path, process::ExitCode};

use clap::{Args, Subcommand};
use pkg_engine::{
    LoadedSettings, StorePruneOptions, store_prune, store_repair, store_sums, store_verify,
};
use serde_json::json;

use super::Context;
use crate::render::{Progress, Repaired, store_prune_report, store_report, sum_line};

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Print the folder of the store
    #[command(after_help = "Examples:\n  pkg store path\n  du -sh $(pkg store path)")]
    Path,
    /// Hash every file of the store and name what is damaged
    #[command(after_help = "Examples:\n  pkg store verify\n  \
        pkg store verify --sums | sha256sum --check --quiet")]
    Verify(StoreVerifyArgs),
    /// Hash every file of the store and move what is damaged aside, so that installs fetch it again
    #[command(after_help = "Examples:\n  pkg store repair")]
    Repair,
    /// Remove from the store what no project needs
    #[command(after_help = "Examples:\n  pkg store prune --dry-run\n  pkg store prune")]
    Prune(StorePruneArgs),
}

/// Flags of `pkg store prune`.
#[derive(Debug, Args)]
pub(crate) struct StorePruneArgs {
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Forget projects whose folders are not there, even those on disks that may only be out of reach
    #[arg(long)]
    pub(crate) forget_missing: bool,
}

/// Flags of `pkg store verify`.
#[derive(Debug, Args)]
pub(crate) struct StoreVerifyArgs {
    /// Print a list of all files for `sha256sum --check` instead of hashing them
    #[arg(long, conflicts_with = "json")]
    pub(crate) sums: bool,
}

/// Answers a question about the store, or mends it.
pub(crate) fn run(context: &Context<'_>, command: &StoreCommand) -> ExitCode {
    let request = context.settings_request();
    let loaded = LoadedSettings::load(&context.host.directory, &context.host, &request);
    let store = match loaded {
        Ok(settings) => settings.locations.store,
        Err(error) => return context.output.error(&error),
    };
    match command {
        StoreCommand::Path if context.output.is_json => {
            context
                .output
                .json(&json!({"ok": true, "path": store.to_string_lossy()}));
            ExitCode::SUCCESS
        }
        StoreCommand::Path => {
            context.output.out(&format!("{}\n", store.display()));
            ExitCode::SUCCESS
        }
        StoreCommand::Verify(args) if args.sums => sums(context, &store),
        StoreCommand::Verify(_) => verify(context, &store),
        StoreCommand::Repair => repair(context, &store),
        StoreCommand::Prune(args) => prune(context, &store, args),
    }
}

fn verify(context: &Context<'_>, store: &Path) -> ExitCode {
    match store_verify(store) {
        Ok(report) => {
            store_report(context.output, &report, Repaired::No);
            ExitCode::from(u8::from(!report.is_intact()))
        }
        Err(error) => context.output.error(&error),
    }
}

fn repair(context: &Context<'_>, store: &Path) -> ExitCode {
    let progress = Progress::new(context.output);
    let result = store_repair(store, &progress);
    progress.clear();
    match result {
        Ok((report, quarantine)) => {
            store_report(context.output, &report, Repaired::Into(&quarantine));
            ExitCode::SUCCESS
        }
        Err(error) => context.output.error(&error),
    }
}

fn prune(context: &Context<'_>, store: &Path, args: &StorePruneArgs) -> ExitCode {
    let options = StorePruneOptions {
        dry_run: args.dry_run,
        forget_missing: args.forget_missing,
    };
    let progress = Progress::new(context.output);
    let result = store_prune(store, options, &progress);
    progress.clear();
    match result {
        Ok(report) => {
            store_prune_report(context.output, &report, options);
            ExitCode::SUCCESS
        }
        Err(error) => context.output.error(&error),
    }
}

/// Prints what `sha256sum --check` reads.
fn sums(context: &Context<'_>, store: &Path) -> ExitCode {
    match store_sums(store) {
        Ok(sums) => {
            let lines = sums.iter().map(|(digest, path)| sum_line(digest, path));
            context.output.out(&lines.collect::<String>());
            ExitCode::SUCCESS
        }
        Err(error) => context.output.error(&error),
    }
}
