//! The instances that pnpm makes of 31 projects with peers, as observed.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{DependencyRef, ImporterId, Lockfile};
use pkg_manifest::{PackageName, PeerMeta};
use serde_json::Value;

use super::support::{Packages, Projects, name, run, version};
use crate::{Project, ResolveOptions};

const VECTORS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/spec/peers/peers.json"
);

fn specifiers(manifest: &Value, field: &str, importer: &str) -> BTreeMap<PackageName, String> {
    let Some(entries) = manifest[field].as_object() else {
        return BTreeMap::new();
    };
    let entry = |(alias, text): (&String, &Value)| {
        let text = text.as_str().unwrap();
        // Workspace dependencies are links between members.
        let text = match text.strip_prefix("workspace:") {
            Some(_) => format!(
                "link:{}{alias}",
                "../".repeat(importer.matches('/').count())
            ),
            None => text.to_owned(),
        };
        (name(alias), text)
    };
    entries.iter().map(entry).collect()
}

fn universe(vectors: &Value) -> Packages {
    let key = "universe (name: version: manifest fields; latest = last version)";
    let mut packages = Packages::default();
    for (package, versions) in vectors[key].as_object().unwrap() {
        for (number, manifest) in versions.as_object().unwrap() {
            let mut version = version(package, number);
            version.dependencies = specifiers(manifest, "dependencies", "");
            version.peer_dependencies = specifiers(manifest, "peerDependencies", "");
            let meta = manifest["peerDependenciesMeta"].as_object();
            version.peer_meta = meta
                .into_iter()
                .flatten()
                .map(|(peer, _)| (name(peer), PeerMeta { optional: true }))
                .collect();
            packages.add(version);
        }
    }
    packages
}

fn projects(case: &Value) -> Projects {
    let manifests = case["manifests"].as_object().unwrap();
    let project = |(path, manifest): (&String, &Value)| {
        let project = Project {
            dependencies: specifiers(manifest, "dependencies", path),
            peer_dependencies: specifiers(manifest, "peerDependencies", path),
            ..Project::default()
        };
        (path.parse::<ImporterId>().unwrap(), project)
    };
    manifests.iter().map(project).collect()
}

fn reference(alias: &PackageName, target: &DependencyRef, from: &str) -> String {
    match target {
        DependencyRef::Snapshot(key) if key.id().name() == alias => key.reference().to_owned(),
        DependencyRef::Snapshot(key) => key.to_string(),
        // The observed text is relative to the member.
        DependencyRef::Link(path) if from.is_empty() => format!("link:{path}"),
        DependencyRef::Link(path) => format!("link:../{}", path.rsplit('/').next().unwrap()),
    }
}

/// What was observed and what is resolved, as lines.
fn observed(expected: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (importer, dependencies) in expected["importers"].as_object().unwrap() {
        for (alias, reference) in dependencies.as_object().unwrap() {
            lines.insert(format!(
                "{importer}: {alias} {}",
                reference.as_str().unwrap()
            ));
        }
    }
    for (key, snapshot) in expected["snapshots"].as_object().unwrap() {
        lines.insert(key.clone());
        for field in ["dependencies", "optionalDependencies"] {
            for (alias, reference) in snapshot[field].as_object().into_iter().flatten() {
                let reference = reference.as_str().unwrap();
                lines.insert(format!("{key}: {field} {alias} {reference}"));
            }
        }
        for peer in snapshot["transitivePeerDependencies"]
            .as_array()
            .into_iter()
            .flatten()
        {
            lines.insert(format!("{key}: transitive {}", peer.as_str().unwrap()));
        }
    }
    lines
}

fn resolved(lockfile: &Lockfile) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (id, importer) in &lockfile.importers {
        for (alias, direct) in &importer.dependencies {
            let reference = reference(alias, &direct.target, &id.to_string());
            lines.insert(format!("{id}: {alias} {reference}"));
        }
    }
    for (key, snapshot) in &lockfile.snapshots {
        lines.insert(key.to_string());
        let groups = [
            ("dependencies", &snapshot.dependencies),
            ("optionalDependencies", &snapshot.optional_dependencies),
        ];
        for (field, group) in groups {
            for (alias, target) in group {
                let reference = reference(alias, target, "");
                lines.insert(format!("{key}: {field} {alias} {reference}"));
            }
        }
        for peer in &snapshot.transitive_peers {
            lines.insert(format!("{key}: transitive {peer}"));
        }
    }
    lines
}

#[test]
#[expect(clippy::print_stderr, reason = "says why nothing was tested")]
fn instances_are_those_that_pnpm_makes() {
    let Ok(text) = std::fs::read(VECTORS) else {
        eprintln!("skipped: no vectors at the workspace's side");
        return;
    };
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    let packages = universe(&vectors);
    let mut differences = Vec::new();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let outcome = run(&packages, &projects(case), None, ResolveOptions::default());
        let lockfile = outcome.result.unwrap().lockfile;
        let (observed, resolved) = (observed(&case["pnpm"]), resolved(&lockfile));
        if observed != resolved {
            let lacks: Vec<_> = observed.difference(&resolved).collect();
            let has: Vec<_> = resolved.difference(&observed).collect();
            differences.push(format!("{}: lacks {lacks:#?}, has {has:#?}", case["name"]));
        }
    }
    assert_eq!(cases.len(), 31);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
