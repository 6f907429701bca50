//! The tree while it grows: nodes, and who finds what through which folder.
//!
//! Law: every edge of every node is either *met*, and then noted in all folders that its lookup passes, or *unmet*, and
//! then in the list of its name. So whether something may stand in a folder is one look at the folder's notes.

use rustc_hash::FxHashMap;

use super::graph::{Edge, Graph, Name, Slot, Target};

/// A node of the tree.
pub(super) type NodeId = usize;

/// A project or a place of a package.
#[derive(Debug)]
pub(super) struct Node {
    /// The folder whose `node_modules` it lies in; of a project the one whose packages it may use.
    pub(super) parent: Option<NodeId>,
    /// From the root; empty for the root project.
    pub(super) path: String,
    /// The name that it is linked under; a project has none.
    pub(super) name: Option<Name>,
    pub(super) what: What,
    /// Projects have none, whatever they lie in.
    pub(super) depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Project(usize),
    Place(Target),
    /// The same instance as a node above, which would otherwise be nested without end.
    Loop(NodeId),
}

/// Where a lookup ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Node(NodeId),
    /// In the tarball of a package on the way.
    Bundled,
    Nothing,
}

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookup {
    pub(super) from: NodeId,
    pub(super) edge: Edge,
}

#[derive(Debug)]
pub(super) struct GrowingTree<'g, 'a> {
    pub(super) graph: &'g Graph<'a>,
    pub(super) nodes: Vec<Node>,
    children: FxHashMap<(NodeId, Slot), NodeId>,
    passing: FxHashMap<(NodeId, Slot), Vec<Lookup>>,
    unmet: FxHashMap<Slot, Vec<Lookup>>,
}

impl<'g, 'a> GrowingTree<'g, 'a> {
    pub(super) fn new(graph: &'g Graph<'a>) -> Self {
        Self {
            graph,
            nodes: Vec::new(),
            children: FxHashMap::default(),
            passing: FxHashMap::default(),
            unmet: FxHashMap::default(),
        }
    }

    /// Adds a project; `parent` is the one that it lies in.
    pub(super) fn add_project(&mut self, project: usize, parent: Option<NodeId>) -> NodeId {
        let node = Node {
            parent,
            path: self.graph.projects[project].path().to_owned(),
            name: None,
            what: What::Project(project),
            depth: 0,
        };
        self.nodes.push(node);
        self.note_edges(self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    /// Puts something into a folder where nothing of its name is. Gives the nodes that find it now, and ask for something
    /// else.
    pub(super) fn add(&mut self, folder: NodeId, name: Name, what: What) -> (NodeId, Vec<NodeId>) {
        let above = &self.nodes[folder].path;
        let separator = if above.is_empty() { "" } else { "/" };
        let path = format!("{above}{separator}node_modules/{}", self.graph.text(name));
        let node = self.nodes.len();
        self.nodes.push(Node {
            parent: Some(folder),
            path,
            name: Some(name),
            what,
            depth: self.nodes[folder].depth + 1,
        });
        let slot = self.graph.slot(name);
        let former = self.children.insert((folder, slot), node);
        debug_assert!(former.is_none(), "nothing of the name lies in the folder");
        self.divert(folder, slot, node);
        let misled = self.meet(slot, node);
        self.note_edges(node);
        (node, misled)
    }

    /// Makes a node another instance of its package, that does for it.
    pub(super) fn upgrade(&mut self, node: NodeId, instance: usize) {
        for edge in self.edges(node) {
            let edge = *edge;
            self.forget(Lookup { from: node, edge });
        }
        self.nodes[node].what = What::Place(Target::Instance(instance));
        self.note_edges(node);
        if let Some(name) = self.nodes[node].name {
            self.meet(self.graph.slot(name), node);
        }
    }

    pub(super) fn edges(&self, node: NodeId) -> &'g [Edge] {
        match self.nodes[node].what {
            What::Project(project) => &self.graph.projects[project].edges,
            What::Place(Target::Instance(instance)) => &self.graph.instances[instance].edges,
            What::Place(Target::Link(_)) | What::Loop(_) => &[],
        }
    }

    /// What a node itself asks for under a name, or under one that differs in case only.
    pub(super) fn own(&self, node: NodeId, slot: Slot) -> impl Iterator<Item = &'g Edge> + use<'g> {
        self.edges(node)
            .iter()
            .filter(move |edge| edge.slot == slot)
    }

    pub(super) fn is_project(&self, node: NodeId) -> bool {
        matches!(self.nodes[node].what, What::Project(_))
    }

    pub(super) fn child(&self, folder: NodeId, slot: Slot) -> Option<NodeId> {
        self.children.get(&(folder, slot)).copied()
    }

    /// Whether the package's tarball has something of the name.
    pub(super) fn bundles(&self, node: NodeId, slot: Slot) -> bool {
        match self.nodes[node].what {
            What::Place(Target::Instance(instance)) => {
                self.graph.instances[instance].bundled.contains(&slot)
            }
            What::Project(_) | What::Place(Target::Link(_)) | What::Loop(_) => false,
        }
    }

    /// Looks for a name as Node.js does, from a package's own folder upwards.
    pub(super) fn find(&self, from: NodeId, slot: Slot) -> Found {
        let mut folder = Some(from);
        while let Some(node) = folder {
            if let Some(child) = self.child(node, slot) {
                return Found::Node(child);
            }
            if self.bundles(node, slot) {
                return Found::Bundled;
            }
            folder = self.nodes[node].parent;
        }
        Found::Nothing
    }

    /// Whether a node does for what is asked for.
    pub(super) fn does_for(&self, node: NodeId, edge: Edge) -> bool {
        self.nodes[node].name == Some(edge.name)
            && self
                .target(node)
                .is_some_and(|target| self.graph.satisfies(target, edge.target))
    }

    /// What a node is a place of.
    pub(super) fn target(&self, node: NodeId) -> Option<Target> {
        match self.nodes[node].what {
            What::Project(_) => None,
            What::Place(target) => Some(target),
            What::Loop(above) => self.target(above),
        }
    }

    pub(super) fn is_met(&self, from: NodeId, edge: Edge) -> bool {
        match self.find(from, edge.slot) {
            Found::Node(node) => self.does_for(node, edge),
            Found::Bundled | Found::Nothing => false,
        }
    }

    /// The edges that are met above the folder, and asked for in it or below.
    pub(super) fn passing(&self, folder: NodeId, slot: Slot) -> &[Lookup] {
        self.passing
            .get(&(folder, slot))
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The node itself, and what it lies in.
    pub(super) fn ancestry(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(Some(node), |node| self.nodes[*node].parent)
    }

    fn note_edges(&mut self, node: NodeId) {
        for edge in self.edges(node) {
            if self.is_met(node, *edge) {
                self.note_met(node, *edge);
            } else {
                let lookup = Lookup {
                    from: node,
                    edge: *edge,
                };
                self.unmet.entry(edge.slot).or_default().push(lookup);
            }
        }
    }

    fn note_met(&mut self, from: NodeId, edge: Edge) {
        let mut folder = Some(from);
        while let Some(node) = folder.filter(|node| self.child(*node, edge.slot).is_none()) {
            let met = Lookup { from, edge };
            self.passing.entry((node, edge.slot)).or_default().push(met);
            folder = self.nodes[node].parent;
        }
    }

    /// Removes an edge from all notes.
    fn forget(&mut self, lookup: Lookup) {
        if let Some(unmet) = self.unmet.get_mut(&lookup.edge.slot) {
            unmet.retain(|other| !other.is(lookup));
        }
        self.forget_met(lookup, lookup.from);
    }

    /// Removes a met edge from the notes of a folder and of those above.
    fn forget_met(&mut self, lookup: Lookup, folder: NodeId) {
        let above: Vec<NodeId> = self.ancestry(folder).collect();
        for folder in above {
            if let Some(passing) = self.passing.get_mut(&(folder, lookup.edge.slot)) {
                passing.retain(|other| !other.is(lookup));
            }
        }
    }

    /// Lookups that passed a folder end in it now.
    fn divert(&mut self, folder: NodeId, slot: Slot, node: NodeId) {
        for lookup in self.passing.remove(&(folder, slot)).unwrap_or_default() {
            if self.does_for(node, lookup.edge) {
                self.forget_met(lookup, folder);
            } else {
                self.forget_met(lookup, lookup.from);
                self.unmet.entry(slot).or_default().push(lookup);
            }
        }
    }

    /// Notes the edges that are met by a node that was added, and gives the nodes that find it in vain.
    fn meet(&mut self, slot: Slot, node: NodeId) -> Vec<NodeId> {
        let (mut met, mut unmet, mut misled) = (Vec::new(), Vec::new(), Vec::new());
        for lookup in self.unmet.remove(&slot).unwrap_or_default() {
            let finds = self.find(lookup.from, slot) == Found::Node(node);
            if finds && self.does_for(node, lookup.edge) {
                met.push(lookup);
                continue;
            }
            unmet.push(lookup);
            if finds {
                misled.push(lookup.from);
            }
        }
        self.unmet.insert(slot, unmet);
        for lookup in met {
            self.note_met(lookup.from, lookup.edge);
        }
        misled
    }
}

impl Lookup {
    fn is(self, other: Self) -> bool {
        self.from == other.from && self.edge.name == other.edge.name
    }
}
