//! The flags that choose groups of dependencies.

use clap::Args;
use pkg_engine::query::Groups;

/// Which groups of dependencies are looked at; all by default.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct GroupArgs {
    /// Only dependencies and optionalDependencies
    #[arg(
        short = 'P',
        long,
        visible_alias = "production",
        conflicts_with = "dev"
    )]
    prod: bool,
    /// Only devDependencies
    #[arg(short = 'D', long)]
    dev: bool,
    /// Without optionalDependencies
    #[arg(long)]
    no_optional: bool,
}

impl GroupArgs {
    /// The groups.
    pub(crate) fn groups(self) -> Groups {
        Groups {
            prod: !self.dev,
            dev: !self.prod,
            optional: !self.no_optional,
        }
    }
}
