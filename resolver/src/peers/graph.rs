//! The plain graph in numbers, as the walk over it wants it.

use std::collections::BTreeSet;

use pkg_manifest::PackageName;
use pkg_range::{Mode, Range, compare};
use rustc_hash::FxHashMap;

use super::needed::needed;
use crate::{
    bits::Bits,
    plain::{Edge, Found, Plain, Target},
};

/// The plain graph, without what cannot be installed.
pub(crate) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) roots: Vec<Root>,
    pub(super) peer_names: Vec<PackageName>,
    pub(super) links: Vec<String>,
    /// For each package the peers that it, or anything below it, asks for.
    pub(super) needed: Vec<Bits>,
}

/// A package.
pub(super) struct Node {
    pub(super) peers: Vec<Peer>,
    pub(super) children: Vec<Child>,
    /// Its own name, if it is the name of a peer.
    pub(super) name: Option<u32>,
}

/// A peer that a package asks for.
pub(super) struct Peer {
    pub(super) name: u32,
    pub(super) is_optional: bool,
    pub(super) text: String,
    /// What is asked for; `None` where that is no range.
    pub(super) range: Option<Range>,
}

/// A dependency.
pub(super) struct Child {
    pub(super) alias: PackageName,
    pub(super) is_optional: bool,
    pub(super) target: ChildTarget,
    /// The names of peers that it provides: its alias, and its own.
    pub(super) alias_peer: Option<u32>,
    pub(super) name_peer: Option<u32>,
    /// Of two that provide one peer, the one with the higher rank counts.
    pub(super) rank: u32,
}

/// What a dependency leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildTarget {
    Package(u32),
    Link(u32),
}

/// A project.
pub(super) struct Root {
    pub(super) children: Vec<Child>,
    /// Peers that are installed for packages below it, but are none of its dependencies.
    pub(super) hidden: Vec<Child>,
}

struct Builder<'p> {
    plain: &'p Plain,
    is_broken: &'p [bool],
    peers: FxHashMap<PackageName, u32>,
    links: Vec<String>,
    ranges: FxHashMap<&'p str, Option<Range>>,
    /// The place of each package in the order of versions.
    ranks: Vec<u32>,
}

impl Graph {
    pub(crate) fn new(plain: &Plain, is_broken: &[bool]) -> Self {
        let packages = plain.packages.iter();
        let names: BTreeSet<&PackageName> = packages
            .flat_map(|package| package.record.peer_dependencies.keys())
            .collect();
        let peer_names: Vec<PackageName> = names.into_iter().cloned().collect();
        let mut builder = Builder {
            plain,
            is_broken,
            peers: peer_names.iter().cloned().zip(0..).collect(),
            links: Vec::new(),
            ranges: FxHashMap::default(),
            ranks: ranks(plain),
        };
        let nodes: Vec<Node> = (0..plain.packages.len())
            .map(|package| builder.node(package))
            .collect();
        let roots = (0..plain.importers.len())
            .map(|root| builder.root(root))
            .collect();
        let needed = needed(&nodes, peer_names.len());
        Self {
            nodes,
            roots,
            links: builder.links,
            peer_names,
            needed,
        }
    }
}

impl<'p> Builder<'p> {
    fn node(&mut self, number: usize) -> Node {
        let plain = self.plain;
        let package = &plain.packages[number];
        let record = &package.record;
        let peers = record
            .peer_dependencies
            .iter()
            .filter(|(name, _)| *name != package.id.name());
        let peers = peers
            .map(|(name, text)| Peer {
                name: self.peers[name],
                is_optional: record.optional_peers.contains(name),
                text: text.clone(),
                range: self.range(text),
            })
            .collect();
        Node {
            peers,
            children: self.children(number, &package.edges),
            name: self.peers.get(package.id.name()).copied(),
        }
    }

    fn range(&mut self, text: &'p str) -> Option<Range> {
        let parse = || Range::parse(text, Mode::Loose).ok();
        self.ranges.entry(text).or_insert_with(parse).clone()
    }

    fn root(&mut self, root: usize) -> Root {
        let importer = &self.plain.importers[root];
        let direct = importer.direct.iter().map(|direct| &direct.edge);
        let mut children: Vec<Child> = direct.filter_map(|edge| self.child(edge)).collect();
        children.sort_by(|a, b| a.alias.cmp(&b.alias));
        let hidden = importer.hidden.iter().filter_map(|(alias, target)| {
            self.child(&Edge {
                alias: alias.clone(),
                is_optional: false,
                target: Target::clone(target),
            })
        });
        let mut hidden: Vec<Child> = hidden.collect();
        // In which order they were found to be missing must not show.
        hidden.sort_by(|a, b| a.alias.cmp(&b.alias));
        Root { children, hidden }
    }

    /// The dependencies of a package by name.
    ///
    /// One that leads back to the package itself, by its own name, is none: where it would be linked
    /// the package stands already.
    fn children(&mut self, package: usize, edges: &[Edge]) -> Vec<Child> {
        let own_name = self.plain.packages[package].id.name();
        let is_itself = |edge: &Edge| {
            let found = self.plain.find(&edge.target);
            edge.alias == *own_name && matches!(found, Found::Package(target) if target == package)
        };
        let others = edges.iter().filter(|edge| !is_itself(edge));
        let others: Vec<&Edge> = others.collect();
        let mut children: Vec<Child> = others
            .into_iter()
            .filter_map(|edge| self.child(edge))
            .collect();
        children.sort_by(|a, b| a.alias.cmp(&b.alias));
        children
    }

    fn child(&mut self, edge: &Edge) -> Option<Child> {
        let (target, name, rank) = match self.plain.find(&edge.target) {
            Found::Package(package) if !self.is_broken[package] => {
                let name = self.plain.packages[package].id.name();
                let index = u32::try_from(package).ok()?;
                let name = self.peers.get(name).copied();
                (ChildTarget::Package(index), name, self.ranks[package])
            }
            Found::Link(path) => (ChildTarget::Link(self.link(path)), None, 0),
            Found::Package(_) | Found::Failed(_) | Found::Pending => return None,
        };
        Some(Child {
            alias: edge.alias.clone(),
            is_optional: edge.is_optional,
            target,
            alias_peer: self.peers.get(&edge.alias).copied(),
            name_peer: name,
            rank,
        })
    }

    fn link(&mut self, path: &str) -> u32 {
        let known = self.links.iter().position(|known| known == path);
        let index = known.unwrap_or_else(|| {
            self.links.push(path.to_owned());
            self.links.len() - 1
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }
}

/// The place of each package in the order of versions.
fn ranks(plain: &Plain) -> Vec<u32> {
    let mut order: Vec<usize> = (0..plain.packages.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&plain.packages[*a].id, &plain.packages[*b].id);
        let by_version = match (a.version(), b.version()) {
            (Some(a), Some(b)) => compare(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        };
        by_version.then_with(|| a.cmp(b))
    });
    let mut ranks = vec![0; order.len()];
    for (rank, package) in (1..).zip(order) {
        ranks[package] = rank;
    }
    ranks
}
