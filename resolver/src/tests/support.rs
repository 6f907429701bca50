//! A registry in a line of text, and a caller that answers from it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use pkg_lockfile::{ImporterId, Lockfile};
use pkg_manifest::{
    Dist, Engines, Integrity, PackageName, PackageVersion, Packument, PeerMeta, Platform, Version,
};
use serde_json::json;

use crate::{Answer, Need, Project, ResolveError, ResolveOptions, Resolved, Resolver, Step};

/// The packages of a registry.
#[derive(Clone, Default)]
pub(super) struct Packages {
    pub(super) packuments: BTreeMap<PackageName, Published>,
}

/// What a registry has of one name.
#[derive(Clone)]
pub(super) struct Published {
    pub(super) name: PackageName,
    pub(super) versions: Vec<PackageVersion>,
    pub(super) tags: BTreeMap<String, Version>,
    /// In seconds of the first minute of 1970.
    pub(super) times: Option<BTreeMap<Version, i64>>,
    pub(super) modified: Option<i64>,
}

fn time(seconds: i64) -> String {
    format!("1970-01-01T00:00:{seconds:02}.000Z")
}

impl Published {
    /// The answer of the registry.
    fn packument(&self) -> Arc<Packument> {
        let versions: BTreeMap<_, _> = self
            .versions
            .iter()
            .map(|version| (version.version.to_string(), document(version)))
            .collect();
        let tags = self.tags.iter();
        let tags: BTreeMap<_, _> = tags
            .map(|(tag, version)| (tag, version.to_string()))
            .collect();
        let times = self.times.as_ref().map(|times| {
            let times = times.iter();
            let times = times.map(|(version, seconds)| (version.to_string(), time(*seconds)));
            times.collect::<BTreeMap<_, _>>()
        });
        let packument = json!({
            "name": self.name.as_str(),
            "dist-tags": tags,
            "versions": versions,
            "time": times,
            "modified": self.modified.map(time),
        });
        Arc::new(Packument::parse(packument.to_string().into_bytes()).unwrap())
    }
}

fn texts<V: Clone>(map: &BTreeMap<PackageName, V>) -> BTreeMap<String, V> {
    map.iter()
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect()
}

fn document(version: &PackageVersion) -> serde_json::Value {
    let optional = version.peer_meta.keys();
    let optional: BTreeMap<_, _> = optional
        .map(|name| (name.to_string(), json!({"optional": true})))
        .collect();
    let bundled: Vec<_> = version.bundled.iter().map(PackageName::as_str).collect();
    let dist = version.dist.as_ref().unwrap();
    json!({
        "name": version.name.as_str(),
        "version": version.version.to_string(),
        "dependencies": texts(&version.dependencies),
        "optionalDependencies": texts(&version.optional_dependencies),
        "peerDependencies": texts(&version.peer_dependencies),
        "peerDependenciesMeta": optional,
        "bundleDependencies": bundled,
        "os": version.platform.os,
        "engines": version.engines.0,
        "deprecated": version.deprecated,
        "dist": {
            "tarball": dist.tarball.as_str(),
            "integrity": dist.integrity.as_ref().map(ToString::to_string),
        },
    })
}

pub(super) fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

pub(super) fn version(name_text: &str, version_text: &str) -> PackageVersion {
    let tarball = format!("https://registry.example.test/{name_text}/-/{version_text}.tgz");
    PackageVersion {
        name: name(name_text),
        version: pkg_range::parse_version(version_text, pkg_range::Mode::Strict).unwrap(),
        dependencies: BTreeMap::new(),
        optional_dependencies: BTreeMap::new(),
        peer_dependencies: BTreeMap::new(),
        peer_meta: BTreeMap::new(),
        bundled: Vec::new(),
        platform: Platform::default(),
        engines: Engines::default(),
        bins: BTreeMap::new(),
        deprecated: None,
        has_install_scripts: false,
        dist: Some(Dist {
            tarball: tarball.parse().unwrap(),
            integrity: Some(Integrity::sha512(
                format!("{name_text}@{version_text}").as_bytes(),
            )),
            unpacked_size: None,
            file_count: None,
        }),
    }
}

/// Splits `name@range`; without a range any version is meant.
pub(super) fn split(text: &str) -> (&str, &str) {
    match text[1..].find('@') {
        Some(at) => (&text[..=at], &text[at + 2..]),
        None => (text, "*"),
    }
}

/// Reads packages: `a@1.0.0 → b@^1 ?c@1 !host@* !?other   b@1.0.0`, three spaces apart.
///
/// Before a dependency `?` means optional, `!` a peer, `!?` an optional peer, and `%` that it comes
/// in the tarball. After a version `#` means deprecated. The last version of a name is `latest`.
pub(super) fn packages(text: &str) -> Packages {
    let mut packages = Packages::default();
    for line in text.split("   ").flat_map(|part| part.split('\n')) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let (id, dependencies) = line.split_once('→').unwrap_or((line, ""));
        let (package, number) = split(id.trim());
        let mut version = version(package, number.trim_end_matches('#'));
        version.deprecated = number.ends_with('#').then(|| "old".to_owned());
        for dependency in dependencies.split_whitespace() {
            add_dependency(&mut version, dependency);
        }
        packages.add(version);
    }
    packages
}

fn add_dependency(version: &mut PackageVersion, text: &str) {
    let bare = text.trim_start_matches(['!', '?', '%']);
    let (alias, wanted) = split(bare);
    let mark = &text[..text.len() - bare.len()];
    let (alias, wanted) = (name(alias), wanted.to_owned());
    match mark {
        "!" => version.peer_dependencies.insert(alias, wanted),
        "!?" => {
            let meta = PeerMeta { optional: true };
            version.peer_meta.insert(alias.clone(), meta);
            version.peer_dependencies.insert(alias, wanted)
        }
        "?" => version.optional_dependencies.insert(alias, wanted),
        _ => {
            if mark == "%" {
                version.bundled.push(alias.clone());
            }
            version.dependencies.insert(alias, wanted)
        }
    };
}

impl Packages {
    pub(super) fn add(&mut self, version: PackageVersion) {
        let packument = self
            .packuments
            .entry(version.name.clone())
            .or_insert_with(|| Published {
                name: version.name.clone(),
                versions: Vec::new(),
                tags: BTreeMap::new(),
                times: None,
                modified: None,
            });
        let latest = version.version.clone();
        packument.tags.insert("latest".to_owned(), latest);
        packument.versions.push(version);
    }

    pub(super) fn answer(&self, need: &Need) -> Answer {
        match need {
            Need::Packument { name, .. } => match self.packuments.get(name) {
                Some(published) => Answer::Packument(published.packument()),
                None => Answer::Missing("404".to_owned()),
            },
            Need::Integrity { .. } => Answer::Integrity(Integrity::sha512(b"computed")),
            Need::Directory { alias, path } => Answer::Manifest {
                version: Arc::new(version(alias.as_str(), "0.1.0")),
                resolution: pkg_lockfile::Resolution::Directory { path: path.clone() },
            },
            Need::File { alias, path } => Answer::Manifest {
                version: Arc::new(version(alias.as_str(), "0.1.0")),
                resolution: pkg_lockfile::Resolution::File {
                    integrity: Integrity::sha512(path.as_bytes()),
                    path: path.clone(),
                },
            },
            Need::Git { alias, specifier } => Answer::Commit {
                version: Arc::new(version(alias.as_str(), "0.1.0")),
                source: Box::new(
                    specifier.at("0123456789abcdef0123456789abcdef01234567".parse().unwrap()),
                ),
                integrity: Integrity::sha512(specifier.to_string().as_bytes()),
            },
            Need::Tarball { alias, url } => Answer::Manifest {
                version: Arc::new(version(alias.as_str(), "0.1.0")),
                resolution: pkg_lockfile::Resolution::Tarball {
                    integrity: Integrity::sha512(url.as_bytes()),
                },
            },
        }
    }
}

/// What a project asks for: `a@^1 ?b@1 +dev@1 !peer@*`.
pub(super) fn project(text: &str) -> Project {
    let mut project = Project::default();
    for dependency in text.split_whitespace() {
        let bare = dependency.trim_start_matches(['!', '?', '+']);
        let (alias, wanted) = split(bare);
        let group = match &dependency[..dependency.len() - bare.len()] {
            "?" => &mut project.optional_dependencies,
            "+" => &mut project.dev_dependencies,
            "!" => &mut project.peer_dependencies,
            _ => &mut project.dependencies,
        };
        group.insert(name(alias), wanted.to_owned());
    }
    project
}

pub(super) type Projects = BTreeMap<ImporterId, Project>;

pub(super) fn root(text: &str) -> Projects {
    [(ImporterId::root(), project(text))].into_iter().collect()
}

/// What came of a resolution, and what was asked for it.
pub(super) struct Outcome {
    pub(super) result: Result<Resolved, ResolveError>,
    pub(super) needs: Vec<Need>,
}

/// Resolves; `choose` says which of the open needs is answered next.
pub(super) fn drive(
    packages: &Packages,
    mut resolver: Resolver,
    mut choose: impl FnMut(usize) -> usize,
) -> Outcome {
    let mut open = Vec::new();
    let mut needs = Vec::new();
    loop {
        while let Some(step) = resolver.step() {
            if let Step::Need(need) = step {
                needs.push(need.clone());
                open.push(need);
            }
        }
        if open.is_empty() {
            break;
        }
        let need = open.swap_remove(choose(open.len()));
        let answer = packages.answer(&need);
        resolver.answer(&need, answer).unwrap();
    }
    let result = resolver.finish();
    Outcome { result, needs }
}

pub(super) fn run(
    packages: &Packages,
    projects: &Projects,
    previous: Option<&Lockfile>,
    options: ResolveOptions,
) -> Outcome {
    drive(packages, Resolver::new(projects, previous, options), |_| 0)
}

/// Resolves the root project, whose lockfile must come of it.
pub(super) fn resolve(packages: &Packages, wanted: &str) -> Lockfile {
    let outcome = run(packages, &root(wanted), None, ResolveOptions::default());
    outcome.result.unwrap().lockfile
}

/// Fails to resolve the root project.
pub(super) fn refuse(packages: &Packages, wanted: &str) -> ResolveError {
    let outcome = run(packages, &root(wanted), None, ResolveOptions::default());
    outcome.result.unwrap_err()
}

/// The instances, one a line: `a@1.0.0 → b@1.0.0 ?c@1.0.0`, projects first.
pub(super) fn graph(lockfile: &Lockfile) -> String {
    let mut lines = Vec::new();
    for (id, importer) in &lockfile.importers {
        let groups = [
            ("", &importer.dependencies),
            ("+", &importer.dev_dependencies),
            ("?", &importer.optional_dependencies),
        ];
        let links = groups.iter().flat_map(|(mark, group)| {
            let links = group.iter();
            links.map(move |(alias, direct)| link(mark, alias, &direct.target))
        });
        lines.push(line(&id.to_string(), links));
    }
    for (key, snapshot) in &lockfile.snapshots {
        let prod = snapshot.dependencies.iter();
        let optional = snapshot.optional_dependencies.iter();
        let links = prod
            .map(|(alias, target)| link("", alias, target))
            .chain(optional.map(|(alias, target)| link("?", alias, target)));
        lines.push(line(key.as_str(), links));
    }
    lines.join("\n")
}

fn line(from: &str, links: impl Iterator<Item = String>) -> String {
    let links: Vec<String> = links.collect();
    if links.is_empty() {
        return from.to_owned();
    }
    format!("{from} → {}", links.join(" "))
}

fn link(mark: &str, alias: &PackageName, target: &pkg_lockfile::DependencyRef) -> String {
    match target {
        pkg_lockfile::DependencyRef::Snapshot(key) if key.id().name() == alias => {
            format!("{mark}{key}")
        }
        pkg_lockfile::DependencyRef::Snapshot(key) => format!("{mark}{alias}={key}"),
        pkg_lockfile::DependencyRef::Link(path) => format!("{mark}{alias}=link:{path}"),
    }
}

pub(super) fn names(texts: &[&str]) -> BTreeSet<PackageName> {
    texts.iter().map(|text| name(text)).collect()
}

pub(super) fn id(text: &str) -> pkg_lockfile::PackageId {
    text.parse().unwrap()
}

pub(super) fn key(text: &str) -> pkg_lockfile::SnapshotKey {
    text.parse().unwrap()
}
