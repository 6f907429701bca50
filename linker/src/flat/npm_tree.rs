//! A lockfile of ours from one of npm's, with the same versions everywhere: what npm's trees are compared by.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{
    DependencyRef, ImporterDependency, Lockfile, Package, PackageId, Resolution, Snapshot,
    SnapshotKey,
};
use pkg_manifest::{Engines, Integrity, PackageName, Platform, RelativePath};
use serde_json::Value;

use crate::layout::LinkOptions;
use crate::test_graph::linux;
use crate::tree::{BinOwner, Entry, Tree};

/// What npm wrote into its lockfile, by location.
pub(super) struct NpmTree {
    pub(super) packages: BTreeMap<String, Value>,
    /// Instances by location: locations of one instance are one snapshot.
    classes: BTreeMap<String, usize>,
}

impl NpmTree {
    /// Takes the `packages` of a lockfile.
    pub(super) fn new(packages: Value) -> Self {
        let mut tree = Self {
            packages: serde_json::from_value(packages).unwrap(),
            classes: BTreeMap::new(),
        };
        tree.classify();
        tree
    }

    fn is_instance(&self, location: &str) -> bool {
        let package = &self.packages[location];
        let is = |key: &str| package[key].as_bool() == Some(true);
        is_below_modules(location) && !is("link") && !is("inBundle")
    }

    /// Locations of one package whose dependencies are the same, all the way down, are one instance.
    fn classify(&mut self) {
        let locations = self.packages.keys().filter(|key| self.is_instance(key));
        let locations: Vec<String> = locations.cloned().collect();
        self.classes = locations.iter().map(|key| (key.clone(), 0)).collect();
        loop {
            let signature = |location: &String| {
                let edges = self.edges(location).into_iter();
                let edges: Vec<_> = edges
                    .map(|(name, to, _)| match self.classes.get(&to) {
                        Some(class) => (name, self.id(&to).to_string(), *class),
                        None => (name, to, 0),
                    })
                    .collect();
                (self.id(location).to_string(), self.classes[location], edges)
            };
            let signatures: BTreeSet<_> = locations.iter().map(signature).collect();
            let numbers: BTreeMap<_, _> = signatures.iter().zip(0..).collect();
            let before: BTreeSet<usize> = self.classes.values().copied().collect();
            let next: BTreeMap<String, usize> = locations
                .iter()
                .map(|location| (location.clone(), numbers[&signature(location)]))
                .collect();
            let after: BTreeSet<usize> = next.values().copied().collect();
            self.classes = next;
            if before.len() == after.len() {
                return;
            }
        }
    }

    /// Dependencies of what lies at a location: name, location, group.
    fn edges(&self, location: &str) -> Vec<(String, String, &'static str)> {
        let package = &self.packages[location];
        let bundled: Vec<&str> = match package["bundleDependencies"].as_array() {
            Some(names) => names.iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        };
        let mut edges = BTreeMap::new();
        let groups = [
            "peerDependencies",
            "devDependencies",
            "dependencies",
            "optionalDependencies",
        ];
        let is_project = !is_below_modules(location);
        for group in groups {
            if group == "devDependencies" && !is_project {
                continue;
            }
            for name in package[group].as_object().into_iter().flatten() {
                let name = name.0.as_str();
                if let Some(to) = self
                    .found(location, name)
                    .filter(|_| !bundled.contains(&name))
                {
                    edges.insert(name.to_owned(), (to, group));
                }
            }
        }
        let edges = edges.into_iter();
        edges.map(|(name, (to, group))| (name, to, group)).collect()
    }

    fn found(&self, location: &str, name: &str) -> Option<String> {
        let mut folder = Some(location);
        while let Some(here) = folder {
            let separator = if here.is_empty() { "" } else { "/" };
            let path = format!("{here}{separator}node_modules/{name}");
            if let Some(package) = self.packages.get(&path) {
                // A link to a package above is that package.
                let above = package["resolved"]
                    .as_str()
                    .filter(|to| is_below_modules(to));
                let above = above.filter(|_| package["link"] == true);
                return Some(above.map_or(path, str::to_owned));
            }
            folder = match here.rsplit_once('/') {
                Some((above, _)) => Some(above),
                None => (!here.is_empty()).then_some(""),
            };
        }
        None
    }

    pub(super) fn id(&self, location: &str) -> PackageId {
        let package = &self.packages[location];
        let alias = location.rsplit_once("node_modules/").unwrap().1;
        let name: PackageName = package["name"].as_str().unwrap_or(alias).parse().unwrap();
        let version = package["version"].as_str().unwrap();
        match package["resolved"].as_str() {
            Some(source) if source.starts_with("file:") => {
                PackageId::exotic(&name, source).unwrap()
            }
            _ => PackageId::registry(&name, &version.parse().unwrap()),
        }
    }

    /// The key of an instance. Peers are named; a number tells instances apart that differ further below.
    fn key(&self, location: &str) -> SnapshotKey {
        let id = self.id(location);
        let mut suffix = String::new();
        for (_, to, group) in self.edges(location) {
            if group == "peerDependencies" && self.is_instance(&to) {
                suffix.push_str(&format!("({})", self.id(&to)));
            }
        }
        let class = self.classes[location];
        let of_package = |other: &&String| self.id(other) == id;
        let classes: BTreeSet<_> = self
            .classes
            .keys()
            .filter(of_package)
            .map(|other| self.classes[other])
            .collect();
        if classes.len() > 1 && classes.first() != Some(&class) {
            suffix.push_str(&format!("(copy@{class}.0.0)"));
        }
        SnapshotKey::new(id, &suffix)
    }

    fn target(&self, location: &str) -> DependencyRef {
        match self.packages[location]["link"].as_bool() {
            Some(true) => {
                let folder = self.packages[location]["resolved"].as_str().unwrap();
                DependencyRef::Link(folder.to_owned())
            }
            _ => DependencyRef::Snapshot(self.key(location)),
        }
    }

    pub(super) fn lockfile(&self) -> Lockfile {
        let mut lockfile = Lockfile::default();
        for location in self.packages.keys() {
            if !is_below_modules(location) {
                let id = if location.is_empty() { "." } else { location };
                let importer = lockfile.importers.entry(id.parse().unwrap()).or_default();
                for (name, to, _) in self.edges(location) {
                    let (specifier, target) = ("*".to_owned(), self.target(&to));
                    let dependency = ImporterDependency { specifier, target };
                    importer
                        .dependencies
                        .insert(name.parse().unwrap(), dependency);
                }
            } else if self.is_instance(location) {
                let key = self.key(location);
                lockfile
                    .packages
                    .insert(key.id().clone(), self.package(location));
                let mut snapshot = Snapshot::default();
                for (name, to, group) in self.edges(location) {
                    let edges = match group {
                        "optionalDependencies" => &mut snapshot.optional_dependencies,
                        _ => &mut snapshot.dependencies,
                    };
                    edges.insert(name.parse().unwrap(), self.target(&to));
                }
                lockfile.snapshots.insert(key, snapshot);
            }
        }
        lockfile
    }

    fn package(&self, location: &str) -> Package {
        let package = &self.packages[location];
        let list = |key: &str| -> Vec<String> {
            let values = package[key].as_array().into_iter().flatten();
            values
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let peers = package["peerDependencies"]
            .as_object()
            .into_iter()
            .flatten();
        let peers = peers.map(|(name, range)| {
            let range = range.as_str().unwrap_or("*").to_owned();
            (name.parse().unwrap(), range)
        });
        let bundled = list("bundleDependencies").into_iter();
        Package {
            resolution: Resolution::Registry {
                integrity: Integrity::sha512(location.as_bytes()),
                tarball: None,
            },
            version: None,
            engines: Engines::default(),
            platform: Platform {
                os: list("os"),
                cpu: list("cpu"),
                libc: list("libc"),
            },
            deprecated: None,
            has_bin: package["bin"].is_object(),
            has_install_scripts: false,
            bundled: bundled.map(|name| name.parse().unwrap()).collect(),
            peer_dependencies: peers.collect(),
            optional_peers: BTreeSet::default(),
        }
    }

    pub(super) fn options(&self) -> LinkOptions {
        let mut options = LinkOptions::for_host(linux());
        if self.packages[""]["workspaces"].is_null() {
            return options;
        }
        for (location, package) in &self.packages {
            if let Some(folder) = package["resolved"]
                .as_str()
                .filter(|_| package["link"] == true)
                && !is_below_modules(folder)
                && let Some(name) = location.strip_prefix("node_modules/")
            {
                options
                    .workspace_packages
                    .insert(name.parse().unwrap(), folder.parse().unwrap());
            }
        }
        options
    }

    pub(super) fn bins(&self, owner: &BinOwner) -> Vec<(String, RelativePath)> {
        let is_owner = |location: &&String| match owner {
            BinOwner::Package(id) => self.is_instance(location) && self.id(location) == *id,
            BinOwner::Folder(folder) => *location == folder,
        };
        let Some(location) = self.packages.keys().find(is_owner) else {
            return Vec::new();
        };
        let bins = self.packages[location]["bin"]
            .as_object()
            .into_iter()
            .flatten();
        bins.map(|(name, file)| {
            let file = file.as_str().unwrap();
            let file = file.strip_prefix("./").unwrap_or(file);
            (name.clone(), file.parse().unwrap())
        })
        .collect()
    }

    /// The lines that a layout file has for a tree of ours.
    pub(super) fn lines(&self, tree: &Tree) -> BTreeSet<String> {
        let line = |(path, entry): (&RelativePath, &Entry)| match entry {
            Entry::Package { snapshot, .. } => {
                let is_it = |location: &&String| {
                    self.is_instance(location) && self.id(location) == *snapshot.id()
                };
                let location = self.packages.keys().find(is_it).unwrap();
                let version = self.packages[location]["version"].as_str().unwrap();
                format!("D {path} {}@{version}", snapshot.id().name())
            }
            Entry::Symlink { target } | Entry::Bin { target, .. } => {
                format!("L {path} -> {target}")
            }
            Entry::Archive { .. } | Entry::File { .. } => format!("F {path}"),
        };
        tree.entries().map(line).collect()
    }
}

pub(super) fn is_below_modules(location: &str) -> bool {
    location.contains("node_modules/")
}
