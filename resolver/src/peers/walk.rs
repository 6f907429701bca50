//! The walk from the projects down: which instances of packages there are, and what each of them
//! is resolved against.

use pkg_manifest::PackageName;
use rustc_hash::FxHashMap;

use super::{
    environment::{Circles, EMPTY, EnvironmentId, Environments, Provider, provided},
    graph::{Child, ChildTarget, Graph, Node},
};
use crate::{ResolveError, bits::Bits};

/// What is linked beside an instance: another instance, or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Linked {
    Instance(u32),
    Link(u32),
}

/// A package in an environment.
pub(super) struct Instance {
    pub(super) package: u32,
    environment: EnvironmentId,
    /// Its dependencies: the number of the child, and what it leads to.
    pub(super) children: Vec<(u32, Linked)>,
    /// Its peers: the number of the peer in its list, and who provides it.
    pub(super) peers: Vec<(u32, Linked)>,
    /// The peers that come from above it, its own and those of what is below it, by name.
    pub(super) resolved: Vec<(u32, Linked)>,
    /// The names of all peers that something below it asks for, and does not find below it.
    pub(super) below: Bits,
    /// The names of the peers that it or something below it asks for, and that nobody provides.
    pub(super) missing: Bits,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    /// On the way from a project to the place of the walk.
    Open,
    Done,
}

/// All instances, and where the projects enter.
pub(crate) struct Walk<'g> {
    pub(super) graph: &'g Graph,
    environments: Environments,
    pub(super) instances: Vec<Instance>,
    index: FxHashMap<(u32, EnvironmentId), u32>,
    /// For each project what its dependencies lead to, then what is hidden.
    pub(super) roots: Vec<Vec<Linked>>,
    pub(super) hidden: Vec<Vec<Linked>>,
    /// For each project the peers that are provided by what is hidden there: the name and the package.
    pub(super) installed: Vec<Vec<(u32, u32)>>,
    budget: usize,
}

/// A place of the walk: an instance, and how many of its children were visited.
struct Frame {
    instance: u32,
    environment: EnvironmentId,
    next: usize,
}

impl<'g> Walk<'g> {
    /// Walks from every project. `base` is the project that provides peers to all others.
    ///
    /// Circles of packages can have instances without end. Where there are more than the budget, the walk begins
    /// anew and closes them.
    pub(crate) fn new(
        graph: &'g Graph,
        base: Option<usize>,
        budget: usize,
    ) -> Result<Self, ResolveError> {
        match Self::walked(graph, base, budget, Circles::Followed) {
            Err(ResolveError::Budget { .. }) => Self::walked(graph, base, budget, Circles::Closed),
            walked => walked,
        }
    }

    fn walked(
        graph: &'g Graph,
        base: Option<usize>,
        budget: usize,
        circles: Circles,
    ) -> Result<Self, ResolveError> {
        let mut walk = Self {
            graph,
            environments: Environments::new(circles),
            instances: Vec::new(),
            index: FxHashMap::default(),
            roots: Vec::new(),
            hidden: Vec::new(),
            installed: Vec::new(),
            budget,
        };
        let (everywhere, of_base) = match base {
            Some(root) => walk.environment_of_root(root, EMPTY),
            None => (EMPTY, Vec::new()),
        };
        for root in 0..graph.roots.len() {
            let (environment, installed) = walk.environment_of_root(root, everywhere);
            let is_base = base == Some(root);
            walk.installed
                .push(if is_base { of_base.clone() } else { installed });
            let children = &graph.roots[root].children;
            let targets = walk.visit_all(children, environment)?;
            walk.roots.push(targets);
            let targets = walk.visit_all(&graph.roots[root].hidden, environment)?;
            walk.hidden.push(targets);
        }
        walk.visit_providers()?;
        Ok(walk)
    }

    /// The environment of a project's dependencies, and which peers it has from what is hidden.
    fn environment_of_root(
        &mut self,
        root: usize,
        outer: EnvironmentId,
    ) -> (EnvironmentId, Vec<(u32, u32)>) {
        let mut installed = Vec::new();
        let root = &self.graph.roots[root];
        let mut added = provided(root.children.iter(), |_| true);
        // Both stand in one environment, since they may be peers of one another.
        for (name, target) in provided(root.hidden.iter(), |_| true) {
            let is_known = self.environments.provider(outer, name).is_some();
            if let (Err(at), false) = (
                added.binary_search_by_key(&name, |(name, _)| *name),
                is_known,
            ) {
                added.insert(at, (name, target));
                if let ChildTarget::Package(package) = target {
                    installed.push((name, package));
                }
            }
        }
        (self.environments.extend(outer, &added), installed)
    }

    fn visit_all(
        &mut self,
        children: &[Child],
        environment: EnvironmentId,
    ) -> Result<Vec<Linked>, ResolveError> {
        let mut targets = Vec::with_capacity(children.len());
        for child in children {
            let linked = self.linked(child, environment);
            if let Linked::Instance(instance) = linked {
                self.visit(instance)?;
            }
            targets.push(linked);
        }
        Ok(targets)
    }

    /// Visits whoever provides a peer and was not met as a dependency.
    fn visit_providers(&mut self) -> Result<(), ResolveError> {
        let mut next = 0;
        while next < self.instances.len() {
            let instance = u32::try_from(next).unwrap_or(u32::MAX);
            if self.instances[next].state == State::New {
                self.visit(instance)?;
            }
            next += 1;
        }
        Ok(())
    }

    fn linked(&mut self, child: &Child, environment: EnvironmentId) -> Linked {
        match child.target {
            ChildTarget::Package(package) => Linked::Instance(self.instance(package, environment)),
            ChildTarget::Link(link) => Linked::Link(link),
        }
    }

    /// The instance of a package in an environment; a new one is not visited yet.
    fn instance(&mut self, package: u32, environment: EnvironmentId) -> u32 {
        let environment = self
            .environments
            .canonical(self.graph, package, environment);
        if let Some(known) = self.index.get(&(package, environment)) {
            return *known;
        }
        let instance = u32::try_from(self.instances.len()).unwrap_or(u32::MAX);
        let peer_count = self.graph.peer_names.len();
        self.instances.push(Instance {
            package,
            environment,
            children: Vec::new(),
            peers: Vec::new(),
            resolved: Vec::new(),
            below: Bits::with_capacity(peer_count),
            missing: Bits::with_capacity(peer_count),
            state: State::New,
        });
        self.index.insert((package, environment), instance);
        instance
    }

    /// Visits an instance and all below it. A package that stands above itself is not entered again:
    /// there the one above is linked, and nothing of what it is resolved against is passed on.
    fn visit(&mut self, instance: u32) -> Result<(), ResolveError> {
        let mut frames = Vec::new();
        self.open(instance, &mut frames);
        while let Some(frame) = frames.last_mut() {
            let graph: &'g Graph = self.graph;
            let parent = frame.instance;
            let node = &graph.nodes[self.instances[parent as usize].package as usize];
            let Some(child) = node.children.get(frame.next) else {
                let inner = frame.environment;
                frames.pop();
                self.close(parent, inner);
                continue;
            };
            let number = u32::try_from(frame.next).unwrap_or(u32::MAX);
            let environment = frame.environment;
            frame.next += 1;
            if self.is_peer(parent, child) {
                continue;
            }
            let linked = self.linked(child, environment);
            self.instances[parent as usize]
                .children
                .push((number, linked));
            if let Linked::Instance(target) = linked {
                self.open(target, &mut frames);
            }
            if self.instances.len().max(self.environments.len()) > self.budget {
                return Err(ResolveError::Budget {
                    what: "instances of packages",
                    limit: self.budget,
                });
            }
        }
        Ok(())
    }

    /// Whether a dependency is replaced by the peer of the same name.
    fn is_peer(&self, parent: u32, child: &Child) -> bool {
        let instance = &self.instances[parent as usize];
        let node = &self.graph.nodes[instance.package as usize];
        child.alias_peer.is_some_and(|name| {
            let mut peers = instance.peers.iter();
            peers.any(|(peer, _)| node.peers[*peer as usize].name == name)
        })
    }

    /// Enters an instance that was not visited: resolves its peers.
    fn open(&mut self, instance: u32, frames: &mut Vec<Frame>) {
        if self.instances[instance as usize].state != State::New {
            return;
        }
        let Instance {
            package,
            environment,
            ..
        } = self.instances[instance as usize];
        let graph = self.graph;
        let node: &Node = &graph.nodes[package as usize];
        let mut peers = Vec::new();
        for (number, peer) in (0..).zip(&node.peers) {
            let linked = match self.environments.provider(environment, peer.name) {
                Some(Provider::Package {
                    package,
                    environment,
                }) => Linked::Instance(self.instance(package, environment)),
                Some(Provider::Link(link)) => Linked::Link(link),
                None => {
                    self.instances[instance as usize].missing.insert(peer.name);
                    continue;
                }
            };
            peers.push((number, linked));
        }
        let opened = &mut self.instances[instance as usize];
        opened.resolved = peers
            .iter()
            .map(|(number, linked)| (node.peers[*number as usize].name, *linked))
            .collect();
        opened.peers = peers;
        opened.state = State::Open;
        let environment = self.inner_environment(instance, environment);
        frames.push(Frame {
            instance,
            environment,
            next: 0,
        });
    }

    /// The environment of a package's dependencies, without those that a peer replaces.
    fn inner_environment(&mut self, instance: u32, outer: EnvironmentId) -> EnvironmentId {
        let instance = &self.instances[instance as usize];
        let node = &self.graph.nodes[instance.package as usize];
        let mut below = Bits::with_capacity(self.graph.peer_names.len());
        for child in &node.children {
            if let ChildTarget::Package(package) = child.target {
                below.union(&self.graph.needed[package as usize]);
            }
        }
        if below.is_empty() {
            return EMPTY;
        }
        let is_own = |child: &&Child| {
            let mut resolved = instance.resolved.iter();
            !resolved.any(|(name, _)| child.alias_peer == Some(*name))
        };
        let added = provided(node.children.iter().filter(is_own), |name| below.has(name));
        self.environments.extend(outer, &added)
    }

    /// Leaves an instance: collects what the instances below it take from above it.
    fn close(&mut self, instance: u32, inner: EnvironmentId) {
        let closed = &self.instances[instance as usize];
        let node = &self.graph.nodes[closed.package as usize];
        let mut below = Bits::with_capacity(self.graph.peer_names.len());
        let mut missing = closed.missing.clone();
        let mut resolved: Vec<(u32, Linked)> = Vec::new();
        for (_, child) in &closed.children {
            let Linked::Instance(child) = child else {
                continue;
            };
            let child = &self.instances[*child as usize];
            if child.state == State::Done {
                resolved.extend(&child.resolved);
                missing.union(&child.missing);
            }
        }
        let outer = closed.environment;
        // What a dependency of its own provides does not come from above, even if the same package
        // stands there too.
        let mut own = Bits::with_capacity(self.graph.peer_names.len());
        for (number, _) in &closed.children {
            if let Some(name) = node.children[*number as usize].alias_peer {
                own.insert(name);
            }
        }
        resolved.retain(|(name, _)| {
            let provider = |environment| self.environments.provider(environment, *name);
            !own.has(*name) && provider(inner) == provider(outer)
        });
        for (name, _) in &resolved {
            below.insert(*name);
        }
        below.union(&missing);
        let mut all = closed.resolved.clone();
        all.extend(resolved);
        all.retain(|(name, _)| Some(*name) != node.name);
        all.sort_unstable();
        all.dedup_by_key(|(name, _)| *name);
        let closed = &mut self.instances[instance as usize];
        closed.resolved = all;
        closed.below = below;
        closed.missing = missing;
        closed.state = State::Done;
    }

    /// The name of a peer by its number.
    pub(super) fn peer_name(&self, name: u32) -> &'g PackageName {
        &self.graph.peer_names[name as usize]
    }
}
