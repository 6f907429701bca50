//! Peers: from the graph of packages to the graph of their instances.
//!
//! A package that has peers is linked beside them, so it exists once for each set of packages that
//! provide them. The rules are pnpm's: providers are the dependencies of the dependent and of all
//! that stand above it; what is missing is installed for the whole project; instances that are peers
//! of one another are told apart without one another's peers.
//!
//! A package below which nothing asks for peers has one instance and is walked once. All others are
//! walked once for each environment that differs in what matters to them.

mod entries;
mod environment;
mod graph;
mod issues;
mod missing;
mod needed;
mod suffix;
mod walk;

pub(crate) use entries::{Entries, EntryTarget};
pub(crate) use graph::Graph;
pub(crate) use missing::{Missing, Wanted};
pub(crate) use walk::Walk;
