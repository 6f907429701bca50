//! The flat layout, and the nested one: packages as high as they can lie, as npm 3 and later place them, or below their
//! dependents, as npm 2 did.
//!
//! Law: from where an instance lies, looking for each of its dependencies in its own `node_modules` and then in those
//! above finds the instance that the lockfile says, or one that differs from it by more peers only. A package that is
//! wanted with other peers lies a second time, beside those.

#[cfg(test)]
mod case_tests;
mod emit;
mod graph;
#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod npm_tests;
#[cfg(test)]
mod npm_tree;
mod order;
mod placing;
#[cfg(test)]
mod tests;
mod tree;

use pkg_lockfile::{ImporterId, Lockfile};

use self::emit::Emitter;
use self::graph::Graph;
use self::placing::place_all;
use crate::error::PlanError;
use crate::layout::LinkOptions;
use crate::selection::Selection;
use crate::tree::Tree;

/// How high a package is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// As high as it can lie.
    Hoisted,
    /// Below its dependent.
    Nested,
}

/// Plans the flat layout, or the nested one.
pub(crate) fn plan_flat(
    lockfile: &Lockfile,
    options: &LinkOptions,
    strategy: Strategy,
) -> Result<Tree, PlanError> {
    let root = ImporterId::root();
    let graph = Graph::new(lockfile, options, &root)?;
    let placing = place_all(&graph, strategy)?;
    let selection = Selection::new(lockfile, options)?;
    let emitter = Emitter::new(&placing, &selection, options);
    let mut tree = Tree::default();
    tree.extend(emitter.entries()?)?;
    tree.bin_folders = emitter.bin_folders();
    tree.skipped = selection.skipped;
    Ok(tree)
}
