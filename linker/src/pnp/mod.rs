//! The layout without folders: a map that tells Node.js which package may see which, and where each of them is.
//!
//! Law: the map is a pure function of the lockfile, of what the project asks for, and of where the packages are; the
//! same input gives the same bytes. It names every instance that the lockfile has, those for other platforms too, so
//! that a map made on one machine can be used on another.

mod archive;
mod bins;
mod builder;
mod bundled;
mod ignore;
mod place;
mod plan;
mod print;
mod reference;
mod runtime;
mod state;
#[cfg(test)]
mod tests;
mod unplug;

pub(crate) use archive::{ArchiveWriter, is_whole_archive};
pub use bins::{BinSource, is_native_bin};
pub use bundled::bundled_folders;
pub use place::{Located, Place};
pub use plan::{FallbackMode, PnpOptions, PnpPlan, PnpSelection, plan_pnp};
pub use runtime::{DATA_FILE, LOADER_FILE, MAP_FILE, is_our_map};
pub use unplug::{Traits, is_unplugged};

/// The folder of a project that all but the map itself lies in.
pub(crate) const FOLDER: &str = ".pkg";
