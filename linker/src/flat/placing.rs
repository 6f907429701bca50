//! npm's placing: what each node asks for is put as high as it can lie, higher nodes first.
//!
//! A node is taken by its depth, then by its path. What it asks for and does not find is put, by name, into the last
//! folder on the way up before the first one that has something against it. A package comes with its peers: they lie
//! where it does or above, or it does not lie there. Since every edge of a lockfile leads to one instance, npm's
//! choice between keeping and replacing a version becomes: what is there does, or it does not.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use pkg_manifest::RelativePath;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Strategy;
use super::graph::{Edge, Graph, Slot, Target};
use super::order::order_key;
use super::tree::{GrowingTree, NodeId, What};
use crate::error::PlanError;

/// More folders than any project has: a lockfile of circles could ask for any number.
const MOST_NODES: usize = 100_000;

/// What a folder has to say about something that might be put into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Something else is there, or is found through it.
    Conflict,
    Free,
    /// What is there does.
    Keep,
    /// Another instance of the package is there, which this one does for.
    Upgrade(NodeId),
}

/// A dependency that is looked for a place for.
#[derive(Debug, Clone, Copy)]
struct Wish {
    from: NodeId,
    edge: Edge,
    /// Where the way up begins.
    start: NodeId,
    /// The node whose dependency brought it: it is another one where a peer comes with what asks for it.
    source: NodeId,
}

struct Placing<'g, 'a> {
    tree: GrowingTree<'g, 'a>,
    strategy: Strategy,
    /// By depth, then by path.
    queue: BinaryHeap<Reverse<(usize, Vec<u8>, NodeId)>>,
    queued: FxHashSet<NodeId>,
    /// By their index.
    projects: Vec<ProjectState>,
}

#[derive(Debug, Clone, Copy, Default)]
struct ProjectState {
    node: Option<NodeId>,
    /// Whether the tree has it: from the beginning, as a project of the workspace, or since a link leads to it.
    is_there: bool,
    is_linked: bool,
    is_placed: bool,
}

/// Places everything that a graph has.
pub(super) fn place_all<'g, 'a>(
    graph: &'g Graph<'a>,
    strategy: Strategy,
) -> Result<GrowingTree<'g, 'a>, PlanError> {
    let mut placing = Placing {
        tree: GrowingTree::new(graph),
        strategy,
        queue: BinaryHeap::new(),
        queued: FxHashSet::default(),
        projects: vec![ProjectState::default(); graph.projects.len()],
    };
    placing.add_projects();
    placing.run()?;
    Ok(placing.tree)
}

impl Placing<'_, '_> {
    /// A project looks into its own folder, then into those of the projects that it lies in.
    fn add_projects(&mut self) {
        let graph = self.tree.graph;
        let root = self.tree.add_project(graph.root, None);
        self.projects[graph.root].node = Some(root);
        let mut nodes: FxHashMap<&str, NodeId> = FxHashMap::default();
        for (index, project) in graph.projects.iter().enumerate() {
            let Some(path) = project.id.path().map(RelativePath::as_str) else {
                continue;
            };
            let mut above = path.rmatch_indices('/').map(|(end, _)| &path[..end]);
            let parent = above.find_map(|folder| nodes.get(folder)).copied();
            let node = self.tree.add_project(index, parent.or(Some(root)));
            self.projects[index].node = Some(node);
            self.projects[index].is_there = project.is_of_workspace;
            nodes.insert(path, node);
        }
    }

    /// The root project comes first. Others follow when something that was placed is in the way of what they ask for,
    /// or when nothing else is left: first those that something links.
    fn run(&mut self) -> Result<(), PlanError> {
        let mut next = vec![self.tree.graph.root];
        while !next.is_empty() {
            for project in next {
                if let Some(node) = self.projects[project].node {
                    self.enqueue(node);
                }
            }
            while let Some(Reverse((_, _, node))) = self.queue.pop() {
                self.queued.remove(&node);
                self.place_dependencies(node)?;
                self.note_project(node);
                if self.tree.nodes.len() > MOST_NODES {
                    return Err(PlanError::TooManyFolders { most: MOST_NODES });
                }
            }
            next = self.waiting(|project| project.is_linked);
            if next.is_empty() {
                next = self.waiting(|_| true);
            }
        }
        Ok(())
    }

    fn waiting(&self, is_next: impl Fn(&ProjectState) -> bool) -> Vec<usize> {
        let states = self.projects.iter().enumerate();
        let waiting = states.filter(|(_, state)| !state.is_placed && is_next(state));
        waiting.map(|(project, _)| project).collect()
    }

    /// Notes that all that a node asks for is placed, and which projects it links.
    fn note_project(&mut self, node: NodeId) {
        if let What::Project(project) = self.tree.nodes[node].what {
            self.projects[project].is_placed = true;
        }
        let graph = self.tree.graph;
        for edge in self.tree.edges(node) {
            if let Target::Link(link) = edge.target
                && let Some(project) = graph.links[link].project
            {
                self.projects[project].is_linked = true;
            }
        }
    }

    fn enqueue(&mut self, node: NodeId) {
        if !self.queued.insert(node) {
            return;
        }
        let place = &self.tree.nodes[node];
        let key = order_key(&place.path);
        self.queue.push(Reverse((place.depth, key, node)));
    }

    fn place_dependencies(&mut self, node: NodeId) -> Result<(), PlanError> {
        for edge in self.tree.edges(node) {
            let wish = Wish {
                from: node,
                edge: *edge,
                start: self.start(node, *edge),
                source: node,
            };
            self.place(wish)?;
        }
        Ok(())
    }

    /// A peer lies beside whoever asks for it, or above, never below.
    fn start(&self, from: NodeId, edge: Edge) -> NodeId {
        if edge.is_peer {
            self.deepest(from, edge.slot)
        } else {
            from
        }
    }

    /// The first folder on the way up that does not ask for the name as a peer itself.
    fn deepest(&self, from: NodeId, slot: Slot) -> NodeId {
        let mut way = self.tree.ancestry(from);
        way.find(|folder| !self.is_passed_over(*folder, slot))
            .unwrap_or(from)
    }

    fn is_passed_over(&self, folder: NodeId, slot: Slot) -> bool {
        !self.tree.is_project(folder)
            && self.tree.child(folder, slot).is_none()
            && self.tree.own(folder, slot).any(|edge| edge.is_peer)
    }

    fn place(&mut self, wish: Wish) -> Result<(), PlanError> {
        if self.tree.is_met(wish.from, wish.edge) {
            return Ok(());
        }
        let Some((folder, verdict)) = self.choose(wish) else {
            return Err(self.no_place(wish));
        };
        match verdict {
            Verdict::Keep | Verdict::Conflict => Ok(()),
            Verdict::Free => self.put(wish, folder),
            Verdict::Upgrade(node) => self.upgrade(wish, node),
        }
    }

    /// The last folder on the way up before the first that has something against it. Folders that only the peers do not
    /// fit into are passed by as long as none fits.
    fn choose(&self, wish: Wish) -> Option<(NodeId, Verdict)> {
        let mut chosen = None;
        let way = self.tree.ancestry(wish.start);
        for folder in way.filter(|folder| !self.is_passed_over(*folder, wish.edge.slot)) {
            match self.verdict_with_peers(wish, folder, &mut Vec::new()) {
                Verdict::Conflict if chosen.is_some() => break,
                Verdict::Conflict if self.verdict(wish, folder) == Verdict::Conflict => break,
                Verdict::Conflict => continue,
                verdict => chosen = Some((folder, verdict)),
            }
            if self.strategy == Strategy::Nested {
                break;
            }
        }
        chosen.or_else(|| self.last_resort(wish))
    }

    /// Where the peers of something cannot lie beside it, they lie in it; where a peer cannot lie beside whoever asks
    /// for it, it lies in there, and what was found through that folder gets another place.
    fn last_resort(&self, wish: Wish) -> Option<(NodeId, Verdict)> {
        let beside = self.verdict(wish, wish.start);
        if beside != Verdict::Conflict {
            return Some((wish.start, beside));
        }
        let slot = wish.edge.slot;
        let is_free = self.tree.child(wish.from, slot).is_none()
            && !self.tree.bundles(wish.from, slot)
            && self.tree.own(wish.from, slot).count() == 1;
        is_free.then_some((wish.from, Verdict::Free))
    }

    fn verdict_with_peers(&self, wish: Wish, folder: NodeId, way: &mut Vec<Target>) -> Verdict {
        let verdict = self.verdict(wish, folder);
        if matches!(verdict, Verdict::Conflict | Verdict::Keep) {
            return verdict;
        }
        way.push(wish.edge.target);
        let fits = self.peers_fit(wish, folder, way);
        way.pop();
        if fits { verdict } else { Verdict::Conflict }
    }

    /// Whether all peers of something can lie where it does, or above.
    fn peers_fit(&self, wish: Wish, folder: NodeId, way: &mut Vec<Target>) -> bool {
        let peers = self.edges_of(wish.edge.target).iter();
        peers.filter(|edge| edge.is_peer).all(|edge| {
            way.contains(&edge.target) || {
                let place = self.deepest(folder, edge.slot);
                let peer = Wish {
                    edge: *edge,
                    ..wish
                };
                match self.verdict(peer, place) {
                    Verdict::Conflict => false,
                    // It is found above already, with its own peers.
                    Verdict::Free if self.tree.is_met(place, *edge) => true,
                    Verdict::Free | Verdict::Keep | Verdict::Upgrade(_) => {
                        self.verdict_with_peers(peer, place, way) != Verdict::Conflict
                    }
                }
            }
        })
    }

    fn edges_of(&self, target: Target) -> &[Edge] {
        match target {
            Target::Instance(instance) => &self.tree.graph.instances[instance].edges,
            Target::Link(_) => &[],
        }
    }

    /// What a folder has to say about something, its peers aside.
    fn verdict(&self, wish: Wish, folder: NodeId) -> Verdict {
        let Wish { edge, source, .. } = wish;
        if self.tree.bundles(folder, edge.slot) {
            return Verdict::Conflict;
        }
        if let Some(child) = self.tree.child(folder, edge.slot) {
            return self.verdict_beside(child, edge);
        }
        let is_other = |own: &Edge| !self.does_for_edge(edge, *own);
        if self.tree.own(folder, edge.slot).any(is_other) {
            return Verdict::Conflict;
        }
        for lookup in self.tree.passing(folder, edge.slot) {
            // What asks from deeper may get a place deeper, if this one has to lie here.
            let may_move = folder == source
                && (!lookup.edge.is_peer || self.tree.nodes[lookup.from].parent != Some(folder));
            if !may_move && !self.does_for_edge(edge, lookup.edge) {
                return Verdict::Conflict;
            }
        }
        Verdict::Free
    }

    fn does_for_edge(&self, has: Edge, wanted: Edge) -> bool {
        has.name == wanted.name && self.tree.graph.satisfies(has.target, wanted.target)
    }

    fn verdict_beside(&self, child: NodeId, edge: Edge) -> Verdict {
        if self.tree.does_for(child, edge) {
            return Verdict::Keep;
        }
        let What::Place(Target::Instance(has)) = self.tree.nodes[child].what else {
            return Verdict::Conflict;
        };
        let Target::Instance(wanted) = edge.target else {
            return Verdict::Conflict;
        };
        let does = self.tree.nodes[child].name == Some(edge.name)
            && self
                .tree
                .graph
                .satisfies(edge.target, Target::Instance(has));
        if does && self.finds_the_same(child, wanted) {
            Verdict::Upgrade(child)
        } else {
            Verdict::Conflict
        }
    }

    /// Whether another instance would find, where the node is, all that is found already, and nothing wrong.
    fn finds_the_same(&self, node: NodeId, instance: usize) -> bool {
        let mut edges = self.tree.graph.instances[instance].edges.iter();
        edges.all(|edge| {
            let mut former = self.tree.own(node, edge.slot);
            let does = former.any(|former| self.does_for_edge(*former, *edge));
            let is_new_peer = edge.is_peer && self.tree.child(node, edge.slot).is_none();
            does || self.tree.is_met(node, *edge) || is_new_peer
        })
    }

    fn put(&mut self, wish: Wish, folder: NodeId) -> Result<(), PlanError> {
        let target = wish.edge.target;
        let same = |node: &NodeId| {
            self.tree.nodes[*node].name == Some(wish.edge.name) && self.is_same(*node, target)
        };
        let above = self.tree.ancestry(folder).find(same);
        let what = above.map_or(What::Place(target), What::Loop);
        if let What::Place(Target::Link(link)) = what
            && let Some(project) = self.tree.graph.links[link].project
        {
            self.projects[project].is_there = true;
        }
        let (node, misled) = self.tree.add(folder, wish.edge.name, what);
        for from in misled {
            self.look_again(from);
        }
        self.place_peers(wish, node)
    }

    /// Something that does not do for a node is now in the way of what it asks for.
    fn look_again(&mut self, node: NodeId) {
        let is_there = match self.tree.nodes[node].what {
            What::Project(project) => self.projects[project].is_there,
            What::Place(_) | What::Loop(_) => true,
        };
        if is_there {
            self.enqueue(node);
        }
    }

    fn upgrade(&mut self, wish: Wish, node: NodeId) -> Result<(), PlanError> {
        if let Target::Instance(instance) = wish.edge.target {
            self.tree.upgrade(node, instance);
        }
        self.place_peers(wish, node)
    }

    /// What comes with a package lies where it does, or above.
    fn place_peers(&mut self, wish: Wish, node: NodeId) -> Result<(), PlanError> {
        self.enqueue(node);
        for edge in self.tree.edges(node).iter().filter(|edge| edge.is_peer) {
            let peer = Wish {
                from: node,
                edge: *edge,
                start: self.start(node, *edge),
                source: wish.source,
            };
            self.place(peer)?;
        }
        Ok(())
    }

    fn is_same(&self, node: NodeId, target: Target) -> bool {
        let found = self.tree.target(node);
        found.is_some_and(|found| self.tree.graph.satisfies(found, target))
    }

    fn no_place(&self, wish: Wish) -> PlanError {
        let name = self.tree.graph.text(wish.edge.name);
        let above = &self.tree.nodes[wish.from].path;
        let separator = if above.is_empty() { "" } else { "/" };
        let what = format!("{above}{separator}node_modules/{name}");
        match what.parse() {
            Ok(path) => PlanError::Collision { path },
            Err(source) => PlanError::Path { what, source },
        }
    }
}
