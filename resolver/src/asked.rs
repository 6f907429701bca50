//! Who asks for a package in the graph as far as it is known, also where something in it cannot be had.

use std::collections::VecDeque;

use pkg_lockfile::PackageId;
use pkg_manifest::PackageName;

use crate::{
    Chain, Resolver,
    error::Failure,
    plain::{Edge, Found, Plain, Target},
};

/// Somebody asks for a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The package; for what cannot be had, the name that it would be linked under.
    pub name: PackageName,
    /// Who asks, by the shortest way from a project.
    pub chain: Chain,
    /// What is asked for, as it is written; `None` for what a lockfile had already.
    pub specifier: Option<String>,
    /// Whether it is a peer of who asks.
    pub is_peer: bool,
    /// What the asker gets; `None` for peers, which are looked for above the asker.
    pub outcome: Option<Result<PackageId, Failure>>,
}

impl Resolver {
    /// Who asks for the packages that `is_wanted` names, the nearest to a project first.
    ///
    /// Ask when nothing is left to answer: before, what is not known yet is missing.
    pub fn asked(&self, is_wanted: impl Fn(&PackageName) -> bool) -> Vec<Asked> {
        let mut asked = Vec::new();
        let plain = &self.plain;
        let mut is_seen = vec![false; plain.packages.len()];
        let mut open: VecDeque<(usize, Chain)> = VecDeque::new();
        let mut visit = |edge: &Edge, chain: &Chain, open: &mut VecDeque<(usize, Chain)>| {
            if let Found::Package(package) = plain.find(&edge.target)
                && !std::mem::replace(&mut is_seen[package], true)
            {
                let mut chain = chain.clone();
                chain.packages.push(plain.packages[package].id.clone());
                open.push_back((package, chain));
            }
        };
        for importer in &plain.importers {
            let chain = Chain {
                importer: importer.id.clone(),
                packages: Vec::new(),
            };
            for direct in &importer.direct {
                let specifier = Some(direct.specifier.clone());
                asked.extend(edge(plain, &direct.edge, &chain, specifier, &is_wanted));
                visit(&direct.edge, &chain, &mut open);
            }
        }
        while let Some((index, chain)) = open.pop_front() {
            let package = &plain.packages[index];
            for dependency in &package.edges {
                let specifier = specifier(plain, &dependency.target);
                asked.extend(edge(plain, dependency, &chain, specifier, &is_wanted));
                visit(dependency, &chain, &mut open);
            }
            let peers = package.record.peer_dependencies.iter();
            asked.extend(
                peers
                    .filter(|(name, _)| is_wanted(name))
                    .map(|(name, range)| Asked {
                        name: name.clone(),
                        chain: chain.clone(),
                        specifier: Some(range.clone()),
                        is_peer: true,
                        outcome: None,
                    }),
            );
        }
        asked
    }
}

/// What a dependency says, if it is one of those that are wanted.
fn edge(
    plain: &Plain,
    edge: &Edge,
    chain: &Chain,
    specifier: Option<String>,
    is_wanted: impl Fn(&PackageName) -> bool,
) -> Option<Asked> {
    let (name, outcome) = match plain.find(&edge.target) {
        Found::Package(package) => {
            let id = &plain.packages[package].id;
            (id.name(), Some(Ok(id.clone())))
        }
        Found::Failed(failure) => (
            own_name(plain, &edge.target).unwrap_or(&edge.alias),
            Some(Err(failure.clone())),
        ),
        Found::Link(_) | Found::Pending => return None,
    };
    if !is_wanted(name) && !is_wanted(&edge.alias) {
        return None;
    }
    Some(Asked {
        name: name.clone(),
        chain: chain.clone(),
        specifier,
        is_peer: false,
        outcome,
    })
}

fn own_name<'p>(plain: &'p Plain, target: &Target) -> Option<&'p PackageName> {
    match target {
        Target::Request(request) => Some(&plain.requests[*request].name),
        Target::Package(_) | Target::Link(_) | Target::Failed(_) => None,
    }
}

fn specifier(plain: &Plain, target: &Target) -> Option<String> {
    match target {
        Target::Request(request) => Some(plain.requests[*request].text.clone()),
        Target::Package(_) | Target::Link(_) | Target::Failed(_) => None,
    }
}
