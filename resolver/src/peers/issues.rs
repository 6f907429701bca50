//! Peers whose version is not the one that is asked for.

use pkg_range::Prereleases;

use super::walk::{Linked, Walk};
use crate::{Warning, plain::Plain};

impl Walk<'_> {
    /// The peers that are out of range.
    pub(crate) fn out_of_range(&self, plain: &Plain) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for instance in &self.instances {
            let node = &self.graph.nodes[instance.package as usize];
            for (number, linked) in &instance.peers {
                let Linked::Instance(provider) = linked else {
                    continue;
                };
                let peer = &node.peers[*number as usize];
                let provider = self.instances[*provider as usize].package;
                let provider = &plain.packages[provider as usize];
                let version = provider.id.version().or(provider.record.version.as_ref());
                let fits = match (&peer.range, version) {
                    (Some(range), Some(version)) => range.contains(version, Prereleases::All),
                    _ => true,
                };
                if !fits {
                    warnings.push(Warning::PeerOutOfRange {
                        package: plain.packages[instance.package as usize].id.clone(),
                        peer: self.peer_name(peer.name).clone(),
                        wanted: peer.text.clone(),
                        found: provider.id.reference().to_owned(),
                    });
                }
            }
        }
        warnings
    }
}
