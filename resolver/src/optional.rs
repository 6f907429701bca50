//! What is left out because it is optional and cannot be had, and what fails because it is not.

use std::collections::VecDeque;

use pkg_manifest::PackageName;

use crate::{
    Chain, Warning,
    error::Failure,
    plain::{Edge, Found, Plain},
};

/// Which packages cannot be installed, because something that they need cannot be had.
///
/// The dependency that leads to such a package is left out if it is optional, or else the package
/// that has the dependency cannot be installed either: so the nearest optional branch falls.
pub(crate) fn broken(plain: &Plain) -> Vec<bool> {
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); plain.packages.len()];
    let mut is_broken = vec![false; plain.packages.len()];
    let mut pending = Vec::new();
    for (index, package) in plain.packages.iter().enumerate() {
        for edge in package.edges.iter().filter(|edge| !edge.is_optional) {
            match plain.find(&edge.target) {
                Found::Package(target) => dependents[target].push(index),
                Found::Failed(_) => pending.push(index),
                Found::Link(_) | Found::Pending => {}
            }
        }
    }
    while let Some(package) = pending.pop() {
        if !is_broken[package] {
            is_broken[package] = true;
            pending.extend(&dependents[package]);
        }
    }
    is_broken
}

/// The first failure, breadth first, that no optional dependency softens.
pub(crate) fn fatal(plain: &Plain, is_broken: &[bool]) -> Option<(Failure, Chain)> {
    let mut came_from: Vec<Option<(usize, Option<usize>)>> = vec![None; plain.packages.len()];
    let mut pending = VecDeque::new();
    for (index, importer) in plain.importers.iter().enumerate() {
        for direct in importer
            .direct
            .iter()
            .filter(|direct| !direct.edge.is_optional)
        {
            match plain.find(&direct.edge.target) {
                Found::Failed(failure) => {
                    return Some((failure.clone(), chain(plain, &came_from, index, None)));
                }
                Found::Package(target) if is_broken[target] && came_from[target].is_none() => {
                    came_from[target] = Some((index, None));
                    pending.push_back(target);
                }
                Found::Package(_) | Found::Link(_) | Found::Pending => {}
            }
        }
    }
    while let Some(package) = pending.pop_front() {
        let importer = came_from[package].map_or(0, |(importer, _)| importer);
        for edge in sorted(&plain.packages[package].edges) {
            match plain.find(&edge.target) {
                Found::Failed(failure) => {
                    let chain = chain(plain, &came_from, importer, Some(package));
                    return Some((failure.clone(), chain));
                }
                Found::Package(target) if is_broken[target] && came_from[target].is_none() => {
                    came_from[target] = Some((importer, Some(package)));
                    pending.push_back(target);
                }
                Found::Package(_) | Found::Link(_) | Found::Pending => {}
            }
        }
    }
    None
}

/// The dependencies that are not optional, by name.
fn sorted(edges: &[Edge]) -> Vec<&Edge> {
    let mut sorted: Vec<_> = edges.iter().filter(|edge| !edge.is_optional).collect();
    sorted.sort_by(|a, b| a.alias.cmp(&b.alias));
    sorted
}

fn chain(
    plain: &Plain,
    came_from: &[Option<(usize, Option<usize>)>],
    importer: usize,
    mut package: Option<usize>,
) -> Chain {
    let mut packages = Vec::new();
    while let Some(index) = package {
        packages.push(plain.packages[index].id.clone());
        package = came_from[index].and_then(|(_, parent)| parent);
    }
    packages.reverse();
    Chain {
        importer: plain.importers[importer].id.clone(),
        packages,
    }
}

/// What was left out.
pub(crate) fn dropped(plain: &Plain, is_broken: &[bool]) -> Vec<Warning> {
    let direct = plain.importers.iter().flat_map(|importer| &importer.direct);
    let packages = plain.packages.iter().enumerate();
    let transitive = packages
        .filter(|(index, _)| !is_broken[*index])
        .flat_map(|(_, package)| &package.edges);
    let edges = direct.map(|direct| &direct.edge).chain(transitive);
    let mut warnings: Vec<Warning> = edges
        .filter(|edge| edge.is_optional)
        .filter_map(|edge| {
            let reason = match plain.find(&edge.target) {
                Found::Failed(failure) => failure.to_string(),
                Found::Package(target) if is_broken[target] => reason(plain, target),
                Found::Package(_) | Found::Link(_) | Found::Pending => return None,
            };
            let name: PackageName = edge.alias.clone();
            Some(Warning::OptionalDropped { name, reason })
        })
        .collect();
    warnings.sort();
    warnings.dedup();
    warnings
}

/// Why a package cannot be installed.
fn reason(plain: &Plain, package: usize) -> String {
    let package = &plain.packages[package];
    format!("{} needs what cannot be had", package.id)
}
