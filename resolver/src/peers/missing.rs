//! Peers that nobody provides.

use std::collections::BTreeMap;

use pkg_manifest::PackageName;
use pkg_range::Range;

use super::walk::{Linked, Walk};

/// What the packages below one project ask of a peer that nobody provides.
pub(crate) struct Missing {
    /// The project's number.
    pub(crate) root: usize,
    pub(crate) peer: PackageName,
    /// Who asks, and for what, in order.
    pub(crate) wanted: Vec<Wanted>,
}

/// What one package asks of a peer.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// The package's number.
    pub(crate) package: usize,
    pub(crate) is_optional: bool,
    pub(crate) text: String,
    pub(crate) range: Option<Range>,
}

impl Missing {
    /// Whether some package cannot do without the peer.
    pub(crate) fn is_required(&self) -> bool {
        self.wanted.iter().any(|wanted| !wanted.is_optional)
    }
}

impl Walk<'_> {
    /// The peers that nobody provides, project by project, by name.
    pub(crate) fn missing(&self) -> Vec<Missing> {
        let mut all = Vec::new();
        let mut seen_by: Vec<Option<usize>> = vec![None; self.instances.len()];
        for root in 0..self.roots.len() {
            let mut by_peer: BTreeMap<u32, Vec<Wanted>> = BTreeMap::new();
            let mut pending: Vec<Linked> = self.roots[root].clone();
            pending.extend(&self.hidden[root]);
            while let Some(linked) = pending.pop() {
                let Linked::Instance(instance) = linked else {
                    continue;
                };
                let seen = &mut seen_by[instance as usize];
                if seen.replace(root) == Some(root) {
                    continue;
                }
                let instance = &self.instances[instance as usize];
                if instance.missing.is_empty() {
                    continue;
                }
                pending.extend(instance.children.iter().map(|(_, child)| *child));
                self.collect_missing(instance.package, &instance.peers, &mut by_peer);
            }
            all.extend(by_peer.into_iter().map(|(peer, wanted)| Missing {
                root,
                peer: self.peer_name(peer).clone(),
                wanted,
            }));
        }
        all
    }

    /// Which packages a project reaches: others are another one's, or came into the graph for something
    /// that was replaced.
    pub(crate) fn reached(&self, root: usize) -> Vec<bool> {
        let mut is_reached = vec![false; self.graph.nodes.len()];
        let mut seen = vec![false; self.instances.len()];
        let mut pending: Vec<Linked> = self.roots[root].clone();
        while let Some(linked) = pending.pop() {
            let Linked::Instance(instance) = linked else {
                continue;
            };
            if std::mem::replace(&mut seen[instance as usize], true) {
                continue;
            }
            let instance = &self.instances[instance as usize];
            is_reached[instance.package as usize] = true;
            let linked = instance.children.iter().chain(&instance.peers);
            pending.extend(linked.map(|(_, linked)| *linked));
        }
        is_reached
    }

    fn collect_missing(
        &self,
        package: u32,
        resolved: &[(u32, Linked)],
        by_peer: &mut BTreeMap<u32, Vec<Wanted>>,
    ) {
        let node = &self.graph.nodes[package as usize];
        for (number, peer) in (0..).zip(&node.peers) {
            let is_resolved = resolved.iter().any(|(resolved, _)| *resolved == number);
            let has_own = || {
                let mut children = node.children.iter();
                children.any(|child| child.alias_peer == Some(peer.name))
            };
            if is_resolved || peer.is_optional && has_own() {
                continue;
            }
            by_peer.entry(peer.name).or_default().push(Wanted {
                package: package as usize,
                is_optional: peer.is_optional,
                text: peer.text.clone(),
                range: peer.range.clone(),
            });
        }
    }
}
