//! The text that tells the instances of a package apart: the peers that each is resolved against.

use pkg_lockfile::SnapshotKey;
use pkg_manifest::Digest;

use super::walk::{Linked, Walk};
use crate::plain::Plain;

/// The length after which a hash stands for the peers.
const LONGEST: usize = 1000;

/// Gives every instance its key.
///
/// The key of a peer stands in the keys of those that it is a peer of. Where instances are peers of
/// one another this would not end: there a peer is written with its name and version alone.
pub(super) fn keys(walk: &Walk<'_>, plain: &Plain) -> Vec<SnapshotKey> {
    let mut keys: Vec<Option<SnapshotKey>> = vec![None; walk.instances.len()];
    let components = components(walk);
    for component in &components.in_order {
        for instance in component {
            let peers = walk.instances[*instance as usize].resolved.iter();
            let mut ids: Vec<String> = peers
                .map(|(name, linked)| match linked {
                    Linked::Link(link) => {
                        let path = &walk.graph.links[*link as usize];
                        format!("{}@{}", walk.peer_name(*name), path_token(path))
                    }
                    Linked::Instance(peer) => match &keys[*peer as usize] {
                        Some(key) if !components.is_cyclic[*peer as usize] => key.to_string(),
                        _ => {
                            let package = walk.instances[*peer as usize].package;
                            plain.packages[package as usize].id.to_string()
                        }
                    },
                })
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let package = walk.instances[*instance as usize].package;
            let id = plain.packages[package as usize].id.clone();
            keys[*instance as usize] = Some(SnapshotKey::new(id, &suffix(&ids)));
        }
    }
    keys.into_iter()
        .map(|key| key.expect("every instance is in one component"))
        .collect()
}

/// Joins the ids of peers.
fn suffix(ids: &[String]) -> String {
    if ids.is_empty() {
        return String::new();
    }
    let joined = ids.join(")(");
    if joined.len() <= LONGEST {
        return format!("({joined})");
    }
    let hash = Digest::of(joined.as_bytes()).to_string();
    format!("({})", &hash[..32])
}

/// A folder as the version of a peer: separators become `+`.
fn path_token(path: &str) -> String {
    let mut token = String::new();
    for character in path.trim_start_matches('.').chars() {
        let is_separator = character.is_control() || r#"/\+:*?"<>|()@"#.contains(character);
        match is_separator {
            true if token.ends_with('+') => {}
            true => token.push('+'),
            false => token.push(character),
        }
    }
    token.trim_matches(['+', '.']).to_owned()
}

/// Instances that are peers of one another, and in which order to write them.
struct Components {
    /// Each after those that its members have as peers.
    in_order: Vec<Vec<u32>>,
    is_cyclic: Vec<bool>,
}

/// The state of Tarjan's algorithm, without recursion.
struct Search<'w> {
    walk: &'w Walk<'w>,
    order: Vec<u32>,
    low: Vec<u32>,
    is_on_stack: Vec<bool>,
    stack: Vec<u32>,
    found: Components,
    count: u32,
}

fn components(walk: &Walk<'_>) -> Components {
    let count = walk.instances.len();
    let mut search = Search {
        walk,
        order: vec![0; count],
        low: vec![0; count],
        is_on_stack: vec![false; count],
        stack: Vec::new(),
        found: Components {
            in_order: Vec::new(),
            is_cyclic: vec![false; count],
        },
        count: 0,
    };
    for instance in (0..).take(count) {
        if search.order[instance as usize] == 0 {
            search.run(instance);
        }
    }
    search.found
}

impl Search<'_> {
    fn run(&mut self, instance: u32) {
        let walk = self.walk;
        let mut frames = vec![(instance, 0)];
        self.enter(instance);
        while let Some((instance, next)) = frames.last_mut() {
            let instance = *instance;
            let peers = &walk.instances[instance as usize].resolved;
            let Some((_, linked)) = peers.get(*next) else {
                frames.pop();
                self.leave(instance);
                if let Some((parent, _)) = frames.last() {
                    let low = self.low[instance as usize];
                    let parent = &mut self.low[*parent as usize];
                    *parent = low.min(*parent);
                }
                continue;
            };
            *next += 1;
            let Linked::Instance(peer) = *linked else {
                continue;
            };
            if self.order[peer as usize] == 0 {
                self.enter(peer);
                frames.push((peer, 0));
            } else if self.is_on_stack[peer as usize] {
                let order = self.order[peer as usize];
                let low = &mut self.low[instance as usize];
                *low = order.min(*low);
                self.found.is_cyclic[peer as usize] |= peer == instance;
            }
        }
    }

    fn enter(&mut self, instance: u32) {
        self.count += 1;
        self.order[instance as usize] = self.count;
        self.low[instance as usize] = self.count;
        self.is_on_stack[instance as usize] = true;
        self.stack.push(instance);
    }

    /// If an instance is the first of its component, the component is complete.
    fn leave(&mut self, instance: u32) {
        if self.low[instance as usize] != self.order[instance as usize] {
            return;
        }
        let mut component = Vec::new();
        while let Some(member) = self.stack.pop() {
            self.is_on_stack[member as usize] = false;
            component.push(member);
            if member == instance {
                break;
            }
        }
        if component.len() > 1 {
            for member in &component {
                self.found.is_cyclic[*member as usize] = true;
            }
        }
        self.found.in_order.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::{path_token, suffix};

    #[test]
    fn folders_become_tokens() {
        assert_eq!(path_token("packages/host"), "packages+host");
        assert_eq!(path_token("../other//x"), "other+x");
    }

    #[test]
    fn many_peers_become_a_hash() {
        let ids: Vec<String> = (0..200).map(|number| format!("p{number}@1.0.0")).collect();
        assert_eq!(suffix(&ids).len(), 34);
        assert_eq!(suffix(&ids[..2]), "(p0@1.0.0)(p1@1.0.0)");
    }
}
