//! `pkg add`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use pkg_engine::{AddRequest, Change, SaveGroup, SaveStyle};

use super::{
    Context,
    change::{self, FollowArgs},
};

/// Arguments of `pkg add`.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// `name`, `name@range`, `name@tag`, `alias@npm:name`, a folder, a tarball, an address
    #[arg(value_name = "PACKAGE", required = true)]
    packages: Vec<String>,
    /// Approve the install scripts of NAME; several times for several
    #[arg(long, value_name = "NAME")]
    allow_build: Vec<String>,
    #[command(flatten)]
    save: SaveArgs,
    #[command(flatten)]
    follow: FollowArgs,
}

/// Where and how a new dependency is saved.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Save")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each field is one flag of the command line"
)]
pub(crate) struct SaveArgs {
    /// Save to dependencies (default)
    #[arg(short = 'P', long, conflicts_with_all = ["save_dev", "save_optional", "save_peer"])]
    save_prod: bool,
    /// Save to devDependencies
    #[arg(short = 'D', long, visible_alias = "dev", conflicts_with_all = ["save_optional", "save_peer"])]
    save_dev: bool,
    /// Save to optionalDependencies
    #[arg(
        short = 'O',
        long,
        visible_alias = "optional",
        conflicts_with = "save_peer"
    )]
    save_optional: bool,
    /// Save to peerDependencies and devDependencies
    #[arg(long, visible_alias = "peer")]
    save_peer: bool,
    /// Save the exact version
    #[arg(short = 'E', long, visible_alias = "exact", conflicts_with_all = ["save_prefix", "tilde"])]
    save_exact: bool,
    /// What stands before the saved version
    #[arg(long, value_enum, value_name = "PREFIX", conflicts_with = "tilde")]
    save_prefix: Option<SavePrefix>,
    /// Save `~1.2.3`
    #[arg(short = 'T', long)]
    tilde: bool,
}

/// What stands before a saved version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SavePrefix {
    #[value(name = "^")]
    Caret,
    #[value(name = "~")]
    Tilde,
    #[value(name = "", alias = "=")]
    Nothing,
}

impl SaveArgs {
    /// The request to add some packages.
    pub(crate) fn request(&self, packages: Vec<String>) -> AddRequest {
        let group = match self {
            Self {
                save_prod: true, ..
            } => Some(SaveGroup::Prod),
            Self { save_dev: true, .. } => Some(SaveGroup::Dev),
            Self {
                save_optional: true,
                ..
            } => Some(SaveGroup::Optional),
            Self {
                save_peer: true, ..
            } => Some(SaveGroup::Peer),
            _ => None,
        };
        let style = match self.save_prefix {
            _ if self.save_exact => Some(SaveStyle::Exact),
            _ if self.tilde => Some(SaveStyle::Tilde),
            Some(SavePrefix::Tilde) => Some(SaveStyle::Tilde),
            Some(SavePrefix::Nothing) => Some(SaveStyle::Exact),
            Some(SavePrefix::Caret) => Some(SaveStyle::Caret),
            None => None,
        };
        AddRequest {
            packages,
            group,
            style,
        }
    }
}

/// Adds packages to package.json and installs them.
pub(crate) fn run(context: &Context<'_>, args: &AddArgs) -> ExitCode {
    let request = args.save.request(args.packages.clone());
    let wanted = Change::Add(request);
    change::run_allowing(context, (&wanted, &args.allow_build), &args.follow)
}
