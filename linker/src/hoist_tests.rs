//! pnpm's own trees: the same instances give the same links, those that are hoisted among them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pkg_lockfile::{
    DependencyRef, ImporterDependency, ImporterId, Lockfile, Snapshot, SnapshotKey,
};
use pkg_manifest::{PackageName, RelativePath};
use serde_json::Value;

use crate::layout::{Layout, LinkOptions, plan};
use crate::test_graph::{linux, registry_package};
use crate::tree::Entry;

fn read(path: &Path) -> String {
    String::from_utf8(std::fs::read(path).unwrap()).unwrap()
}

/// One line of the lockfile that has a value: the keys that it stands under, and the value.
type Row<'a> = (Vec<&'a str>, &'a str);

/// Reads the lines of pnpm's lockfile: keys, one a line and deeper by two spaces each, and values without structure.
fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let depth = (line.len() - line.trim_start().len()) / 2;
        let line = line.trim_start();
        let (key, value) = match line.strip_suffix(':') {
            Some(key) => (key, ""),
            None => line.split_once(": ").unwrap_or((line, "")),
        };
        keys.truncate(depth);
        keys.push(key.trim_matches('\''));
        rows.push((keys.clone(), value.trim_matches('\'')));
    }
    rows
}

/// What pnpm recorded of a case.
struct Case {
    lockfile: Lockfile,
    workspace: BTreeMap<PackageName, ImporterId>,
    links: BTreeSet<String>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let text = read(&folder.join("pnpm-lock.yaml"));
        let graph: Value =
            serde_json::from_str(&read(&folder.join("expected-graph.json"))).unwrap();
        let mut case = Self {
            lockfile: Lockfile::default(),
            workspace: BTreeMap::new(),
            links: recorded_links(&read(&folder.join("layout.txt"))),
        };
        let rows = rows(&text);
        for (keys, _) in &rows {
            if let ["snapshots", key] = keys[..] {
                let key: SnapshotKey = key.parse().unwrap();
                let package = registry_package(key.id());
                case.lockfile.packages.insert(key.id().clone(), package);
                case.lockfile.snapshots.insert(key, Snapshot::default());
            }
        }
        for (keys, value) in &rows {
            case.take(keys, value);
        }
        for id in case.lockfile.importers.keys() {
            if let (Some(path), Some(name)) =
                (id.path(), graph["nodes"][id.as_str()]["name"].as_str())
            {
                let id = path.as_str().parse().unwrap();
                case.workspace.insert(name.parse().unwrap(), id);
            }
        }
        case
    }

    fn take(&mut self, keys: &[&str], value: &str) {
        match keys[..] {
            ["importers", id] => {
                self.lockfile
                    .importers
                    .entry(id.parse().unwrap())
                    .or_default();
            }
            ["importers", id, _, alias, "version"] => {
                let target = match value.strip_prefix("link:") {
                    Some(path) => DependencyRef::Link(joined(id, path)),
                    None => self.target(alias, value),
                };
                let id = id.parse().unwrap();
                let importer = self.lockfile.importers.entry(id).or_default();
                let specifier = "*".to_owned();
                let dependency = ImporterDependency { specifier, target };
                importer
                    .dependencies
                    .insert(alias.parse().unwrap(), dependency);
            }
            ["packages", id, list @ ("os" | "cpu" | "libc")] => {
                let package = self.lockfile.packages.get_mut(id).unwrap();
                let words = value
                    .trim_matches(['[', ']'])
                    .split(", ")
                    .map(str::to_owned);
                *match list {
                    "os" => &mut package.platform.os,
                    "cpu" => &mut package.platform.cpu,
                    _ => &mut package.platform.libc,
                } = words.collect();
            }
            [
                "snapshots",
                key,
                group @ ("dependencies" | "optionalDependencies"),
                alias,
            ] => {
                let target = self.target(alias, value);
                let snapshot = self.lockfile.snapshots.get_mut(key).unwrap();
                let edges = match group {
                    "dependencies" => &mut snapshot.dependencies,
                    _ => &mut snapshot.optional_dependencies,
                };
                edges.insert(alias.parse().unwrap(), target);
            }
            _ => {}
        }
    }

    /// A reference is a version, or a whole key under an alias.
    fn target(&self, alias: &str, reference: &str) -> DependencyRef {
        if let Some(folder) = reference.strip_prefix("link:") {
            return DependencyRef::Link(folder.to_owned());
        }
        let named = format!("{alias}@{reference}").parse().ok();
        let is_known = |key: &SnapshotKey| self.lockfile.snapshots.contains_key(key);
        let key = named.filter(is_known);
        DependencyRef::Snapshot(key.unwrap_or_else(|| reference.parse().unwrap()))
    }

    fn options(&self) -> LinkOptions {
        LinkOptions {
            workspace_packages: self.workspace.clone(),
            ..LinkOptions::for_host(linux())
        }
    }

    fn planned(&self) -> BTreeSet<String> {
        let tree = plan(&self.lockfile, Layout::Isolated, &self.options()).unwrap();
        let line = |(path, entry): (&RelativePath, &Entry)| match entry {
            Entry::Package { .. } => format!("D {path}"),
            Entry::Symlink { target } => format!("L {path} -> {target}"),
            Entry::Bin { .. } | Entry::Archive { .. } | Entry::File { .. } => path.to_string(),
        };
        let lines = tree.entries().map(line);
        lines
            .map(|line| {
                line.replace("/.pkg/", "/.pnpm/")
                    .replace(" .pkg/", " .pnpm/")
            })
            .collect()
    }
}

/// The folders of packages and the links, without commands, and without what came out of tarballs.
fn recorded_links(layout: &str) -> BTreeSet<String> {
    let is_kept = |line: &&str| {
        let is_link = line.starts_with("L ") || line.starts_with("D node_modules/");
        let is_bundled = line.starts_with("D ") && line.matches("/node_modules/").count() > 1;
        is_link && !is_bundled && !line.contains("/.bin/")
    };
    layout
        .lines()
        .filter(is_kept)
        .map(without_version)
        .collect()
}

/// A path that begins in a folder, from the root.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| *part != ".").collect();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// A package's line has its name and version at the end.
fn without_version(line: &str) -> String {
    match line
        .strip_prefix("D ")
        .and_then(|rest| rest.split_once(' '))
    {
        Some((path, _)) => format!("D {path}"),
        None => line.to_owned(),
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "says why nothing was tested")]
fn isolated_trees_are_those_of_pnpm() {
    let cases = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/spec/lockfiles/pnpm-lock-v9"
    ));
    let Ok(folders) = std::fs::read_dir(cases) else {
        eprintln!("skipped: the vectors are not here");
        return;
    };
    let mut count = 0;
    for folder in folders.map(|folder| folder.unwrap().path()) {
        let case = Case::read(&folder);
        let ours = case.planned();
        let missing: Vec<_> = case.links.difference(&ours).collect();
        let added: Vec<_> = ours.difference(&case.links).collect();
        let name = folder.display();
        assert!(
            ours == case.links,
            "{name}: pnpm has {missing:#?}, and not {added:#?}"
        );
        count += 1;
    }
    assert!(count >= 14, "{count}");
}
