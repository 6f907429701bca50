//! The shared virtual store: package folders that stand once per machine, in slots of the store.
//!
//! [`SharedSlots::plan`] is pure: which instances of a graph can be shared, and the slot of each, named by a hash of
//! all that it can reach. [`make_slots`] makes those that are missing. A project then needs links to the slots of its
//! direct dependencies only.

mod closure;
#[cfg(test)]
mod closure_tests;
mod component;
mod contents;
mod inspect;
mod make;
mod slot;
#[cfg(test)]
mod slot_tests;

pub use closure::{SharedSlots, Sharing};
pub use contents::links_tree;
pub use make::{SlotOptions, SlotReport, ensure_unpacked, make_slots, missing_slots};
pub use slot::Slot;
