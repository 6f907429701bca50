//! Flags that every command takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What flags that every command takes stand below, in the help of each.
const GLOBAL: &str = "Global options";

/// Flags that every command takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct GlobalArgs {
    /// Work in this folder instead of the current one
    #[arg(
        help_heading = GLOBAL,
        short = 'C',
        long = "dir",
        visible_alias = "prefix",
        global = true,
        value_name = "DIR"
    )]
    pub(crate) directory: Option<PathBuf>,
    /// Take packages from this registry: an address, or `file:DIR`
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "URL")]
    pub(crate) registry: Option<String>,
    /// Keep the contents of packages in this folder
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "DIR")]
    pub(crate) store_dir: Option<PathBuf>,
    /// Keep the registry's answers in this folder
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Read the user's settings from this file
    #[arg(help_heading = GLOBAL, long, global = true, value_name = "FILE")]
    pub(crate) userconfig: Option<PathBuf>,
    /// Set any setting: `--config.KEY=VALUE`
    #[arg(help_heading = GLOBAL, long = "config", global = true, value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// How progress is shown
    #[arg(help_heading = GLOBAL, long, global = true, value_enum, value_name = "KIND")]
    pub(crate) reporter: Option<ReporterKind>,
    /// Print one JSON document on standard output, also on failure
    #[arg(help_heading = GLOBAL, long, global = true)]
    pub(crate) json: bool,
    /// Tell failures apart by the exit code: see `pkg help exit-codes`
    #[arg(help_heading = GLOBAL, long, global = true, value_enum, value_name = "HOW")]
    pub(crate) exit_codes: Option<ExitCodes>,
    /// Print nothing but errors
    #[arg(help_heading = GLOBAL, short = 's', long, global = true)]
    pub(crate) silent: bool,
    /// Tell no more than this: `error` leaves warnings out
    #[arg(help_heading = GLOBAL, long, global = true, value_enum, value_name = "LEVEL")]
    pub(crate) loglevel: Option<LogLevel>,
    /// Colour the output
    #[arg(help_heading = GLOBAL, long, global = true, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    #[command(flatten)]
    pub(crate) accepted: AcceptedArgs,
    /// Print the version
    #[arg(help_heading = GLOBAL, short = 'v', visible_short_alias = 'V', long = "version", action = clap::ArgAction::Version)]
    pub(crate) version: Option<bool>,
}

/// Flags that turn off what is not there, as command lines of others have them.
#[derive(Debug, Clone, Copy, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct AcceptedArgs {
    /// As `--color=never`
    #[arg(long, global = true, hide = true)]
    pub(crate) no_color: bool,
    /// As `--reporter=append-only`
    #[arg(long, global = true, hide = true)]
    pub(crate) no_progress: bool,
    /// Accepted for npm's sake: an install asks for no advisories
    #[arg(long, global = true, hide = true)]
    no_audit: bool,
    /// Accepted for npm's sake: an install asks for no money
    #[arg(long, global = true, hide = true)]
    no_fund: bool,
    /// Accepted for npm's sake: nothing looks for a newer version of itself
    #[arg(long, global = true, hide = true)]
    no_update_notifier: bool,
    /// Accepted for Yarn's sake: without a terminal nothing is asked
    #[arg(long, global = true, hide = true)]
    non_interactive: bool,
}

/// How much is told, in the words of npm and pnpm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevel {
    /// As `--silent`
    Silent,
    /// Errors and results, no warnings
    Error,
    /// All, as without the flag
    #[value(aliases = ["notice", "http", "timing", "info", "verbose", "silly", "debug"])]
    Warn,
}

/// How many exit codes failures have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExitCodes {
    /// 1 for every failure, 2 for a wrong command line, as npm and pnpm
    Plain,
    /// One a kind of failure
    Detailed,
}

/// When output is coloured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReporterKind {
    /// One line that moves, on a terminal only
    Default,
    /// Lines, never moved
    AppendOnly,
    /// One JSON event a line
    Ndjson,
    /// Nothing but errors
    Silent,
}
