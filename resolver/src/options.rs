//! What the caller decides: the manifests of the projects, and how to choose.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{LockedSettings, Wanted};
use pkg_manifest::{PackageName, Version};

use crate::pick::Undated;

/// What the manifest of one project asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    pub dependencies: BTreeMap<PackageName, String>,
    pub dev_dependencies: BTreeMap<PackageName, String>,
    pub optional_dependencies: BTreeMap<PackageName, String>,
    /// Peers of the project itself. Those that are not optional are installed for it, as if they
    /// stood in its dependencies, while [`ResolveOptions::auto_install_peers`] is on.
    pub peer_dependencies: BTreeMap<PackageName, String>,
    /// Which of its peers are optional.
    pub optional_peers: BTreeSet<PackageName>,
}

/// How to resolve.
#[derive(Debug, Clone)]
pub struct ResolveOptions {
    /// Versions published later than this (seconds since 1970) are not taken, unless the lockfile
    /// has them. The caller computes it from the minimum release age.
    pub published_before: Option<i64>,
    /// Packages that are taken whatever their age: names, or patterns with `*`.
    pub age_exempt: Vec<String>,
    /// The dist-tag that wins where it satisfies a range.
    pub default_tag: String,
    /// Whether peers that nobody provides are installed.
    pub auto_install_peers: bool,
    /// What to do about peers that are missing or out of range.
    pub peer_issues: PeerIssues,
    /// Which packages may leave the version that the lockfile has.
    pub update: Update,
    /// The version of Node.js, for warnings about `engines`.
    pub node_version: Option<Version>,
    /// The address of the registry of each name, to tell usual addresses of tarballs from others.
    pub registries: Registries,
    /// The number of packages, and of instances of packages, after which the work is given up.
    pub budget: usize,
}

/// What to do about peers that are missing or out of range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PeerIssues {
    /// Report them as warnings.
    #[default]
    Warn,
    /// Fail.
    Refuse,
}

/// Which packages may leave the version that the lockfile has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Update {
    /// Only those whose manifest changed.
    #[default]
    Nothing,
    /// Also these, wherever they are in the graph.
    Names(BTreeSet<PackageName>),
    /// Each range takes the best version that the lockfile has anywhere, whatever it had itself; only
    /// where none is in range comes one from the registry.
    Dedupe,
    /// All.
    Everything,
}

/// Addresses of registries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registries {
    /// Of all names that no scope claims. Empty: any address that ends as usual is usual.
    pub default: String,
    /// Of the names of a scope (with its `@`).
    pub scopes: BTreeMap<String, String>,
}

impl Project {
    /// What the project asks for, each name in one group, as it is held against a lockfile: its own
    /// peers are among the dependencies if they are installed for it.
    pub fn wanted(&self, options: &ResolveOptions) -> Wanted {
        let mut dependencies = self.dependencies.clone();
        let peers = self.peer_dependencies.iter().filter(|(name, _)| {
            options.auto_install_peers
                && !self.optional_peers.contains(*name)
                && !self.dev_dependencies.contains_key(*name)
        });
        for (name, text) in peers {
            let text = || text.clone();
            dependencies.entry(name.clone()).or_insert_with(text);
        }
        Wanted::new(
            dependencies,
            self.dev_dependencies.clone(),
            self.optional_dependencies.clone(),
        )
    }
}

impl Default for ResolveOptions {
    fn default() -> Self {
        Self {
            published_before: None,
            age_exempt: Vec::new(),
            default_tag: "latest".to_owned(),
            auto_install_peers: true,
            peer_issues: PeerIssues::Warn,
            update: Update::Nothing,
            node_version: None,
            registries: Registries::default(),
            budget: 200_000,
        }
    }
}

impl ResolveOptions {
    /// The settings that the lockfile records.
    pub fn settings(&self) -> LockedSettings {
        LockedSettings {
            auto_install_peers: self.auto_install_peers,
        }
    }

    /// The publishing date after which versions of a package are not taken.
    pub(crate) fn cutoff(&self, name: &PackageName) -> Option<i64> {
        let is_exempt = || {
            let mut patterns = self.age_exempt.iter();
            patterns.any(|pattern| matches_pattern(pattern, name.as_str()))
        };
        self.published_before.filter(|_| !is_exempt())
    }
}

impl ResolveOptions {
    /// What is made of versions of a package whose date of publishing nobody knows: a folder's own are
    /// the user's, and a server has to say.
    pub(crate) fn undated(&self, name: &PackageName) -> Undated {
        let address = self.registries.of(name);
        match address.is_some_and(|address| address.starts_with("file:")) {
            true => Undated::Old,
            false => Undated::Refused,
        }
    }
}

impl Update {
    /// Whether a package may leave its locked version.
    pub(crate) fn has(&self, name: &PackageName) -> bool {
        match self {
            Self::Nothing | Self::Dedupe => false,
            Self::Names(names) => names.contains(name),
            Self::Everything => true,
        }
    }
}

impl Registries {
    /// The address for a name, with a slash at its end; `None` if it is not known.
    fn of(&self, name: &PackageName) -> Option<String> {
        let scoped = name.scope().and_then(|scope| self.scopes.get(scope));
        let address = scoped.unwrap_or(&self.default);
        let address = address.trim_end_matches('/');
        (!address.is_empty()).then(|| format!("{address}/"))
    }

    /// How the lockfile writes the address of a tarball; `None` where it is the usual one.
    pub(crate) fn shorten(
        &self,
        name: &PackageName,
        version: &Version,
        url: &str,
    ) -> Option<String> {
        let usual = format!("{name}/-/{}-{version}.tgz", name.bare());
        match self.of(name) {
            Some(base) => match url.strip_prefix(base.as_str()) {
                Some(path) if path == usual => None,
                Some(path) => Some(path.to_owned()),
                None => Some(url.to_owned()),
            },
            None => (!url.ends_with(&format!("/{usual}"))).then(|| url.to_owned()),
        }
    }
}

/// Whether a name matches a pattern in which `*` stands for any text.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let Some((head, mut rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut name) = name.strip_prefix(head) else {
        return false;
    };
    while let Some((part, after)) = rest.split_once('*') {
        let Some(at) = name.find(part) else {
            return false;
        };
        name = &name[at + part.len()..];
        rest = after;
    }
    name.ends_with(rest)
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn a_star_stands_for_any_text() {
        assert!(matches_pattern("@scope/*", "@scope/name"));
        assert!(matches_pattern("*", "name"));
        assert!(matches_pattern("a*b*c", "a-b-b-c"));
        assert!(!matches_pattern("a*b*c", "a-c"));
        assert!(!matches_pattern("name", "names"));
    }
}
