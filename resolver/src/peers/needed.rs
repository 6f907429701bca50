//! Which peers matter below each package.

use super::graph::{ChildTarget, Node};
use crate::bits::Bits;

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
