//! Which package provides which peer, as seen from a place in the graph.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::graph::{Child, ChildTarget, Graph};

/// The number of an environment.
pub(super) type EnvironmentId = u32;

/// The environment in which nothing is provided.
pub(super) const EMPTY: EnvironmentId = 0;

/// How many providers that stand on one another are looked at: a longer row costs instances that are
/// the same, a deeper search would fill the stack.
const DEPTH: usize = 100;

/// Who provides a peer: a package in the environment where it stands, or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Provider {
    Package {
        package: u32,
        environment: EnvironmentId,
    },
    Link(u32),
}

impl Provider {
    /// Whether it is the same package or folder, wherever it stands.
    fn stands_for(self, other: Self) -> bool {
        match (self, other) {
            (Self::Package { package, .. }, Self::Package { package: other, .. }) => {
                package == other
            }
            _ => self == other,
        }
    }
}

/// The providers by the name of the peer, in order.
type Content = Rc<[(u32, Provider)]>;

/// Who newly provides a peer, in order of the peers.
type Added = Vec<(u32, ChildTarget)>;

/// What becomes of packages that ask for one another in a circle, and provide another version of a peer at each turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Circles {
    /// Each turn is an environment of its own, as long as one differs from the turn before.
    Followed,
    /// Where the same packages provide all peers as once before on the way, it is that environment again.
    Closed,
}

/// All environments, each once.
///
/// An environment refers to itself: what it provides stands in it. So environments are told apart by
/// how they came about, and as far as they do not refer to themselves by what they hold.
pub(super) struct Environments {
    contents: Vec<Content>,
    /// Of each the one that it was made from.
    origins: Vec<EnvironmentId>,
    circles: Circles,
    extended: FxHashMap<(EnvironmentId, Vec<(u32, Provider)>), EnvironmentId>,
    restricted: FxHashMap<Content, EnvironmentId>,
    canonical: FxHashMap<(u32, EnvironmentId), EnvironmentId>,
}

impl Environments {
    pub(super) fn new(circles: Circles) -> Self {
        let empty: Content = Rc::new([]);
        Self {
            contents: vec![Rc::clone(&empty)],
            origins: vec![EMPTY],
            circles,
            extended: FxHashMap::default(),
            restricted: [(empty, EMPTY)].into_iter().collect(),
            canonical: FxHashMap::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.contents.len()
    }

    /// Who provides a peer.
    pub(super) fn provider(&self, environment: EnvironmentId, peer: u32) -> Option<Provider> {
        let content = &self.contents[environment as usize];
        let found = content
            .binary_search_by_key(&peer, |(name, _)| *name)
            .ok()?;
        Some(content[found].1)
    }

    /// The environment of some dependencies: the one around them, and what they provide themselves.
    ///
    /// The same package as the one that is provided already changes nothing.
    pub(super) fn extend(&mut self, outer: EnvironmentId, added: &Added) -> EnvironmentId {
        // While it is a key, the environment of the new ones is not known: it stands for itself.
        let as_key = |target: &ChildTarget| match *target {
            ChildTarget::Package(package) => Provider::Package {
                package,
                environment: EnvironmentId::MAX,
            },
            ChildTarget::Link(link) => Provider::Link(link),
        };
        let is_new =
            |(name, target): &&(u32, ChildTarget)| match (self.provider(outer, *name), target) {
                (Some(Provider::Package { package, .. }), ChildTarget::Package(new)) => {
                    package != *new
                }
                (Some(Provider::Link(link)), ChildTarget::Link(new)) => link != *new,
                _ => true,
            };
        let new: Vec<(u32, Provider)> = added
            .iter()
            .filter(is_new)
            .map(|(name, target)| (*name, as_key(target)))
            .collect();
        if new.is_empty() {
            return outer;
        }
        let key = (outer, new);
        if let Some(known) = self.extended.get(&key) {
            return *known;
        }
        let id = self.next_id();
        let content = merge(&self.contents[outer as usize], &key.1, id);
        if let Some(known) = self.turn_before(outer, &content) {
            self.extended.insert(key, known);
            return known;
        }
        self.contents.push(content);
        self.origins.push(outer);
        self.extended.insert(key, id);
        id
    }

    /// The environment on the way in which the same packages provide all peers, if circles are closed.
    fn turn_before(&self, outer: EnvironmentId, content: &Content) -> Option<EnvironmentId> {
        if self.circles == Circles::Followed {
            return None;
        }
        let mut next = Some(outer);
        while let Some(environment) = next {
            let other = &self.contents[environment as usize];
            let mut pairs = content.iter().zip(other.iter());
            let is_same = |(left, right): (&(u32, Provider), &(u32, Provider))| {
                left.0 == right.0 && left.1.stands_for(right.1)
            };
            if content.len() == other.len() && pairs.all(is_same) {
                return Some(environment);
            }
            next = (environment != EMPTY).then(|| self.origins[environment as usize]);
        }
        None
    }

    /// The environment as far as it matters to a package: two that hold the same for it are one.
    pub(super) fn canonical(
        &mut self,
        graph: &Graph,
        package: u32,
        environment: EnvironmentId,
    ) -> EnvironmentId {
        self.canonical_within(graph, package, environment, DEPTH)
    }

    fn canonical_within(
        &mut self,
        graph: &Graph,
        package: u32,
        environment: EnvironmentId,
        depth: usize,
    ) -> EnvironmentId {
        if environment == EMPTY || depth == 0 {
            return environment;
        }
        if let Some(known) = self.canonical.get(&(package, environment)) {
            return *known;
        }
        // Providers that need one another come back here; to them it is the environment as it is.
        self.canonical.insert((package, environment), environment);
        let needed = &graph.needed[package as usize];
        let content = Rc::clone(&self.contents[environment as usize]);
        let mut restricted = Vec::new();
        for (name, provider) in content.iter().filter(|(name, _)| needed.has(*name)) {
            let provider = match *provider {
                Provider::Package {
                    package,
                    environment,
                } => Provider::Package {
                    package,
                    environment: self.canonical_within(graph, package, environment, depth - 1),
                },
                link @ Provider::Link(_) => link,
            };
            restricted.push((*name, provider));
        }
        let id = self.intern(restricted.into(), environment);
        self.canonical.insert((package, environment), id);
        self.canonical.insert((package, id), id);
        id
    }

    fn intern(&mut self, content: Content, origin: EnvironmentId) -> EnvironmentId {
        if let Some(known) = self.restricted.get(&content) {
            return *known;
        }
        let id = self.next_id();
        self.contents.push(Rc::clone(&content));
        self.origins.push(origin);
        self.restricted.insert(content, id);
        id
    }

    fn next_id(&self) -> EnvironmentId {
        EnvironmentId::try_from(self.contents.len()).unwrap_or(EnvironmentId::MAX)
    }
}

/// Puts new providers over those around; the new ones stand in the environment `own`.
fn merge(outer: &[(u32, Provider)], new: &[(u32, Provider)], own: EnvironmentId) -> Content {
    let is_shadowed = |name: u32| new.binary_search_by_key(&name, |(name, _)| *name).is_ok();
    let kept = outer
        .iter()
        .copied()
        .filter(|(name, _)| !is_shadowed(*name));
    let added = new.iter().map(|(name, provider)| match *provider {
        Provider::Package { package, .. } => {
            let environment = own;
            (
                *name,
                Provider::Package {
                    package,
                    environment,
                },
            )
        }
        link @ Provider::Link(_) => (*name, link),
    });
    let mut content: Vec<_> = kept.chain(added).collect();
    content.sort_unstable_by_key(|(name, _)| *name);
    content.into()
}

/// The peers that some dependencies provide.
///
/// A dependency provides its alias and its own name. Where two provide one name, the one whose
/// alias is that name counts, or else the higher version.
pub(super) fn provided<'c>(
    children: impl Iterator<Item = &'c Child>,
    is_needed: impl Fn(u32) -> bool,
) -> Added {
    let mut by_name: Vec<(u32, bool, u32, ChildTarget)> = Vec::new();
    for child in children {
        let names = [(child.alias_peer, true), (child.name_peer, false)];
        for (name, is_alias) in names {
            let Some(name) = name.filter(|name| is_needed(*name)) else {
                continue;
            };
            by_name.push((name, is_alias, child.rank, child.target));
        }
    }
    by_name.sort_by_key(|(name, is_alias, rank, _)| (*name, *is_alias, *rank));
    let mut added: Added = Vec::new();
    for (name, _, _, target) in by_name {
        match added.last_mut() {
            Some(last) if last.0 == name => last.1 = target,
            _ => added.push((name, target)),
        }
    }
    added
}
