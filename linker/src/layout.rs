//! Which layouts there are, what shapes them, and the way to a tree.

use std::collections::BTreeMap;

use pkg_lockfile::{Groups, ImporterId, Lockfile};
use pkg_manifest::PackageName;

use crate::error::PlanError;
use crate::flat::{Strategy, plan_flat};
use crate::host::Host;
use crate::isolated::plan_isolated;
use crate::tree::Tree;

/// How packages are laid out, so that Node.js finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// Every instance in a folder of its own, its dependencies as links beside it.
    Isolated,
    /// Every instance as high as it can lie, in folders that lie in one another where versions conflict. Projects and
    /// packages find what they did not declare.
    Flat,
    /// Every instance below its dependent, unless one above is the same already.
    Nested,
    /// No folders: a map tells Node.js where each instance lies.
    Pnp,
}

impl Layout {
    /// All layouts, the default first.
    pub const ALL: [Self; 4] = [Self::Isolated, Self::Flat, Self::Nested, Self::Pnp];

    /// Its name, as settings and flags have it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Isolated => "isolated",
            Self::Flat => "flat",
            Self::Nested => "nested",
            Self::Pnp => "pnp",
        }
    }
}

/// What a plan depends on besides the lockfile and the layout.
#[derive(Debug, Clone)]
pub struct LinkOptions {
    /// Which dependencies are wanted.
    pub groups: Groups,
    /// The machine that the packages are for.
    pub host: Host,
    /// Which packages those that forgot to declare them may find: `*` is a wildcard, `!` before a pattern negates it.
    pub hoist_pattern: Vec<String>,
    /// Which packages the project itself may find without declaring them.
    pub public_hoist_pattern: Vec<String>,
    /// The longest name of a folder in the virtual store, in UTF-16 units.
    pub virtual_store_dir_max_length: usize,
    /// Workspace projects by their names, which are hoisted too. Empty where that is not wanted.
    pub workspace_packages: BTreeMap<PackageName, ImporterId>,
}

impl LinkOptions {
    /// What holds where no setting says otherwise.
    pub fn for_host(host: Host) -> Self {
        Self {
            groups: Groups::ALL,
            host,
            hoist_pattern: vec!["*".to_owned()],
            public_hoist_pattern: Vec::new(),
            virtual_store_dir_max_length: 120,
            workspace_packages: BTreeMap::new(),
        }
    }
}

/// Plans what stands where, all but the commands: those are known when the packages are, see
/// [`plan_bins`](crate::plan_bins).
///
/// # Errors
/// [`PlanError`] when an edge of the lockfile leads nowhere, or something has no place of its own.
pub fn plan(lockfile: &Lockfile, layout: Layout, options: &LinkOptions) -> Result<Tree, PlanError> {
    match layout {
        Layout::Isolated => plan_isolated(lockfile, options),
        Layout::Flat => plan_flat(lockfile, options, Strategy::Hoisted),
        Layout::Nested => plan_flat(lockfile, options, Strategy::Nested),
        Layout::Pnp => Err(PlanError::NoTree),
    }
}
