//! The law of lookup, in every layout that has folders: a package finds what the lockfile says.

use pkg_lockfile::{DependencyRef, Lockfile, SnapshotKey};
use proptest::prelude::*;
use rustc_hash::FxHashSet;

use crate::layout::{Layout, LinkOptions, plan};
use crate::test_graph::{graph, linux};
use crate::tree::{Entry, Tree};

/// Follows a link, if one stands at the path.
fn real(tree: &Tree, path: &str) -> String {
    let Some(Entry::Symlink { target }) = tree.get(path) else {
        return path.to_owned();
    };
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    real(tree, &parts.join("/"))
}

/// What a file in the folder gets when it asks for a package, as Node.js looks for it.
fn looked_up(tree: &Tree, folder: &str, alias: &str) -> Option<String> {
    let mut folder = Some(folder);
    while let Some(here) = folder {
        let separator = if here.is_empty() { "" } else { "/" };
        let path = format!("{here}{separator}node_modules/{alias}");
        if tree.get(&path).is_some() {
            return Some(real(tree, &path));
        }
        folder = match here.rsplit_once('/') {
            Some((above, _)) => Some(above),
            None if here.is_empty() => None,
            None => Some(""),
        };
    }
    None
}

/// Walks through a tree as programs do: from the projects, and from each package that was found on.
struct Visitor<'a> {
    lockfile: &'a Lockfile,
    tree: &'a Tree,
    seen: FxHashSet<(String, &'a SnapshotKey)>,
}

impl<'a> Visitor<'a> {
    fn check(&mut self, folder: &str, alias: &str, target: &'a DependencyRef) {
        let tree = self.tree;
        let found = looked_up(tree, folder, alias);
        let found = found.unwrap_or_else(|| panic!("{folder} does not find {alias}\n{tree}"));
        match (target, tree.get(&found)) {
            (DependencyRef::Snapshot(key), Some(Entry::Package { snapshot, .. })) => {
                assert_eq!(snapshot.id(), key.id(), "{folder} finds {found}\n{tree}");
                self.visit(&found, key);
            }
            (DependencyRef::Link(path), None) => assert_eq!(*path, found),
            _ => panic!("{folder} finds {found}\n{tree}"),
        }
    }

    /// Looks at what a package needs where it is used as a certain instance, whichever it was planned as.
    fn visit(&mut self, found: &str, key: &'a SnapshotKey) {
        if self.seen.insert((found.to_owned(), key)) {
            for (alias, target) in &self.lockfile.snapshots[key].dependencies {
                self.check(found, alias.as_str(), target);
            }
        }
    }
}

fn check_lookups(lockfile: &Lockfile, layout: Layout) {
    let tree = plan(lockfile, layout, &LinkOptions::for_host(linux())).unwrap();
    let mut visitor = Visitor {
        lockfile,
        tree: &tree,
        seen: FxHashSet::default(),
    };
    for (id, importer) in &lockfile.importers {
        let folder = id.path().map(ToString::to_string).unwrap_or_default();
        for (alias, dependency) in &importer.dependencies {
            visitor.check(&folder, alias.as_str(), &dependency.target);
        }
    }
    for (path, entry) in tree.entries() {
        if let Entry::Package { .. } = entry {
            let is_reached = visitor.seen.iter().any(|(found, _)| found == path.as_str());
            assert!(is_reached, "nothing needs {path}\n{tree}");
        }
    }
}

fn check_all(lockfile: &Lockfile) {
    for layout in [Layout::Isolated, Layout::Flat, Layout::Nested] {
        check_lookups(lockfile, layout);
    }
}

/// Edges of a graph, as pairs of numbers below `count`.
fn edges(count: usize, most: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..count, 0..count), 0..most)
}

fn some(count: usize, range: std::ops::Range<usize>) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..count, range)
}

fn list(numbers: &[usize], name: &dyn Fn(usize) -> String) -> String {
    numbers.iter().map(|number| name(*number)).collect()
}

/// A graph of a root project, one in a folder, one in that, and instances.
fn text(
    projects: [&[usize]; 3],
    edges: &[(usize, usize)],
    count: usize,
    name: &dyn Fn(usize) -> String,
) -> String {
    let [root, project, inner] = projects.map(|numbers| list(numbers, name));
    let mut text = format!(".{root}; packages/w{project} r=link:packages/x; packages/w/in{inner}");
    for number in 0..count {
        let is_from = |edge: &&(usize, usize)| edge.0 == number;
        let targets: Vec<usize> = edges.iter().filter(is_from).map(|edge| edge.1).collect();
        text.push_str(&format!("; {}{}", name(number), list(&targets, name)));
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_package_finds_what_the_lockfile_says(
        edges in edges(12, 40),
        root in some(12, 1..5),
        project in some(12, 0..5),
        inner in some(12, 0..5),
    ) {
        // Four names in three versions each.
        let name = |number: usize| format!(" p{}@{}", number % 4, number / 4 + 1);
        let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from % 4 != to % 4).collect();
        check_all(&graph(&text([&root, &project, &inner], &edges, 12, &name)));
    }

    /// Whatever the peers are: also such as no resolver would give.
    #[test]
    fn every_instance_finds_its_own_peers(
        edges in edges(24, 60),
        peers in edges(4, 10),
        root in some(24, 1..5),
        project in some(24, 0..5),
        inner in some(24, 0..5),
    ) {
        // Four names in two versions each, with three choices of peers.
        let choice = ["", "(x@1)", "(x@2)"];
        let name = |number: usize| {
            let (name, version) = (number % 4, number / 4 % 2 + 1);
            format!(" p{name}@{version}{}", choice[number / 8])
        };
        let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from % 4 != to % 4).collect();
        let mut lockfile = graph(&text([&root, &project, &inner], &edges, 24, &name));
        for (id, package) in &mut lockfile.packages {
            for (from, to) in &peers {
                if id.name().as_str() == format!("p{from}") {
                    let peer = format!("p{to}").parse().unwrap();
                    package.peer_dependencies.insert(peer, "*".to_owned());
                }
            }
        }
        check_all(&lockfile);
    }
}
