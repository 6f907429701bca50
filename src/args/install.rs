//! Flags of `pkg install`, and of `pkg` alone.

use clap::{Args, ValueEnum};

/// Arguments of `pkg install`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct InstallCommandArgs {
    /// Packages to add, as `pkg add` takes them
    #[arg(value_name = "PACKAGE")]
    pub(crate) packages: Vec<String>,
    #[command(flatten)]
    pub(crate) install: InstallArgs,
    /// Approve the install scripts of NAME; several times for several
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_build: Vec<String>,
    /// With packages: how they are saved, as in `pkg add`
    #[command(flatten)]
    pub(crate) save: InstallSaveArgs,
}

/// npm's flags of `install` for packages that are added.
#[derive(Debug, Clone, Copy, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct InstallSaveArgs {
    /// Accepted for npm's sake: what is added is always saved
    #[arg(short = 'S', long, hide = true)]
    pub(crate) save: bool,
    /// Save to devDependencies
    #[arg(long, requires = "packages", conflicts_with_all = ["save_optional", "save_peer"])]
    pub(crate) save_dev: bool,
    /// Save to optionalDependencies
    #[arg(short = 'O', long, requires = "packages", conflicts_with = "save_peer")]
    pub(crate) save_optional: bool,
    /// Save to peerDependencies and devDependencies
    #[arg(long, requires = "packages")]
    pub(crate) save_peer: bool,
    /// Save the exact version
    #[arg(short = 'E', long, requires = "packages")]
    pub(crate) save_exact: bool,
}

/// A group of dependencies that an install may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Group {
    Dev,
    Optional,
}

impl InstallArgs {
    /// Whether flags leave a group out, or ask for it; `None` where they say nothing.
    pub(crate) fn has(&self, group: Group) -> Option<bool> {
        let is_left_out = match group {
            Group::Dev => self.prod,
            Group::Optional => self.no_optional || self.dev,
        };
        let is_asked_for = self.include.contains(&group) || group == Group::Dev && self.dev;
        match is_asked_for {
            true => Some(true),
            false => (is_left_out || self.omit.contains(&group)).then_some(false),
        }
    }
}

/// Flags of `pkg install`.
#[derive(Debug, Clone, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct InstallArgs {
    /// Install exactly what pkg.lock says; fail if package.json asks for something else (default in CI)
    #[arg(
        long,
        visible_alias = "immutable",
        overrides_with = "no_frozen_lockfile"
    )]
    pub(crate) frozen_lockfile: bool,
    /// Bring pkg.lock up to date where package.json changed, also in CI
    #[arg(long, overrides_with = "frozen_lockfile")]
    pub(crate) no_frozen_lockfile: bool,
    /// Accepted for pnpm's sake: a lockfile that holds is always preferred
    #[arg(long, hide = true)]
    pub(crate) prefer_frozen_lockfile: bool,
    /// Write pkg.lock and nothing else
    #[arg(long, visible_alias = "package-lock-only")]
    pub(crate) lockfile_only: bool,
    /// Leave out devDependencies
    #[arg(
        short = 'P',
        long,
        visible_alias = "production",
        conflicts_with = "dev"
    )]
    pub(crate) prod: bool,
    /// Install devDependencies only
    #[arg(short = 'D', long)]
    pub(crate) dev: bool,
    /// Leave out optionalDependencies
    #[arg(long)]
    pub(crate) no_optional: bool,
    /// Leave out a group, in npm's words
    #[arg(long, value_enum, value_name = "GROUP", value_delimiter = ',')]
    pub(crate) omit: Vec<Group>,
    /// Install a group whatever else leaves it out
    #[arg(long, value_enum, value_name = "GROUP", value_delimiter = ',')]
    pub(crate) include: Vec<Group>,
    /// Ask the network for nothing
    #[arg(long, conflicts_with = "prefer_offline")]
    pub(crate) offline: bool,
    /// Ask the network only for what is not cached
    #[arg(long)]
    pub(crate) prefer_offline: bool,
    /// Run no scripts of the project
    #[arg(long)]
    pub(crate) ignore_scripts: bool,
    /// Build the tree anew, and check every file that goes into it
    #[arg(short = 'f', long)]
    pub(crate) force: bool,
    /// Resolve anew what a damaged pkg.lock does not say
    #[arg(long, conflicts_with = "frozen_lockfile")]
    pub(crate) fix_lockfile: bool,
    /// Say what would change and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Lay packages out so this once: isolated, flat, nested or pnp
    #[arg(
        long,
        visible_alias = "node-linker",
        aliases = ["linker", "install-strategy"],
        value_name = "NAME"
    )]
    pub(crate) layout: Option<String>,
}
