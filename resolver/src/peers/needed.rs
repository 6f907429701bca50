//! Which peers matter below each package.

use super::graph::{ChildTarget, Node};

/// A set of small numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    pub(super) fn insert(&mut self, number: u32) {
        self.0[number as usize / 64] |= 1 << (number % 64);
    }

    pub(super) fn has(&self, number: u32) -> bool {
        let word = self.0.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Adds another set; whether that changed anything.
    pub(super) fn union(&mut self, other: &Self) -> bool {
        let mut is_changed = false;
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            is_changed |= *other & !*word != 0;
            *word |= other;
        }
        is_changed
    }
}

/// For each package the peers that it, or anything below it, asks for.
pub(super) fn needed(nodes: &[Node], peer_count: usize) -> Vec<Bits> {
    let mut needed: Vec<Bits> = nodes
        .iter()
        .map(|node| {
            let mut own = Bits::with_capacity(peer_count);
            node.peers.iter().for_each(|peer| own.insert(peer.name));
            own
        })
        .collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for child in &node.children {
            if let ChildTarget::Package(target) = child.target {
                dependents[target as usize].push(index);
            }
        }
    }
    let mut pending: Vec<usize> = (0..nodes.len())
        .filter(|node| !needed[*node].is_empty())
        .collect();
    while let Some(node) = pending.pop() {
        let below = needed[node].clone();
        for dependent in &dependents[node] {
            if needed[*dependent].union(&below) {
                pending.push(*dependent);
            }
        }
    }
    needed
}
