//! Graph and layout to tree (pure), tree and store to `node_modules`.
//!
//! [`plan`] says what stands where, [`plan_bins`] adds the commands once the packages are known, and [`apply`] makes
//! it so. Laws: no path of a tree leaves the `node_modules` of a project, but for the map and the `.pkg` folder of the
//! layout that has none; nothing is written through a link; what
//! [`apply`] did not make is never deleted; whatever a run that was interrupted left, the next one repairs.

mod apply;
mod bins;
mod check;
mod error;
mod flat;
mod hoist;
#[cfg(test)]
mod hoist_tests;
mod host;
mod isolated;
#[cfg(test)]
mod isolated_tests;
mod layout;
mod pattern;
mod pnp;
mod record;
mod relative;
mod report;
mod selection;
mod shared;
mod shim;
mod slot;
mod strong;
#[cfg(test)]
mod test_graph;
mod tree;
mod verify;

pub use apply::{ApplyOptions, TRASH, Trash, apply};
pub use bins::{BinLookup, BinWarning, plan_bins};
pub use check::{
    CheckCounts, CheckOptions, Difference, DifferenceKind, Item, Owner, TreeCheck, check_tree,
};
pub use error::{LinkError, PlanError};
pub use host::Host;
pub use layout::{Layout, LinkOptions, plan};
pub use pattern::name_glob;
pub use pnp::{
    BinSource, DATA_FILE, FallbackMode, LOADER_FILE, Located, MAP_FILE, Place, PnpOptions, PnpPlan,
    PnpSelection, Traits, bundled_folders, is_native_bin, is_our_map, is_unplugged, plan_pnp,
};
pub use record::{RecordError, TreeRecord};
pub use relative::way;
pub use report::{LinkEvent, LinkReport, MovedAside, PlacedCounts};
pub use shared::{
    SharedSlots, Sharing, Slot, SlotOptions, SlotReport, ensure_unpacked, links_tree, make_slots,
    missing_slots,
};
pub use slot::slot_name;
pub use tree::{BinOwner, Entry, Skipped, Tree};
pub use verify::{verify, verify_wanted};
