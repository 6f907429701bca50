//! The graph without peers: projects and packages, and what each of their dependencies leads to.

use std::collections::BTreeMap;

use pkg_lockfile::{DependencyRef, Group, ImporterId, Package, PackageId};
use pkg_manifest::PackageName;
use rustc_hash::FxHashMap;

use crate::{error::Failure, specifier::Selector};

/// The graph as far as it is known.
#[derive(Default)]
pub(crate) struct Plain {
    pub(crate) importers: Vec<PlainImporter>,
    pub(crate) packages: Vec<PlainPackage>,
    pub(crate) requests: Vec<Request>,
    pub(crate) package_index: FxHashMap<PackageId, usize>,
    pub(crate) request_index: FxHashMap<(PackageName, String), usize>,
}

/// A project.
pub(crate) struct PlainImporter {
    pub(crate) id: ImporterId,
    pub(crate) direct: Vec<Direct>,
    /// Peers that were installed for packages below it: the name, and what was asked for.
    pub(crate) hidden: Vec<(PackageName, Target)>,
    /// Optional dependencies that the lockfile knows as missing: by name the specifier.
    pub(crate) left_out: BTreeMap<PackageName, String>,
}

/// A dependency of a project.
pub(crate) struct Direct {
    pub(crate) group: Group,
    pub(crate) specifier: String,
    pub(crate) edge: Edge,
}

/// A package.
pub(crate) struct PlainPackage {
    pub(crate) id: PackageId,
    pub(crate) record: Package,
    pub(crate) edges: Vec<Edge>,
}

/// A dependency: the name that it is linked under, and what it leads to.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) alias: PackageName,
    pub(crate) is_optional: bool,
    pub(crate) target: Target,
}

/// What a dependency leads to.
#[derive(Clone)]
pub(crate) enum Target {
    Package(usize),
    Link(String),
    Request(usize),
    Failed(Failure),
}

/// A question that several dependencies may share: which version is it?
pub(crate) struct Request {
    pub(crate) name: PackageName,
    pub(crate) text: String,
    pub(crate) selector: Selector,
    pub(crate) state: RequestState,
}

/// How far a question is answered.
pub(crate) enum RequestState {
    Pending,
    Picked(usize),
    Failed(Failure),
}

/// What a dependency leads to, once that is known.
pub(crate) enum Found<'p> {
    Package(usize),
    Link(&'p str),
    Failed(&'p Failure),
    Pending,
}

impl Plain {
    /// What a dependency leads to.
    pub(crate) fn find<'p>(&'p self, target: &'p Target) -> Found<'p> {
        match target {
            Target::Package(package) => Found::Package(*package),
            Target::Link(path) => Found::Link(path),
            Target::Failed(failure) => Found::Failed(failure),
            Target::Request(request) => match &self.requests[*request].state {
                RequestState::Pending => Found::Pending,
                RequestState::Picked(package) => Found::Package(*package),
                RequestState::Failed(failure) => Found::Failed(failure),
            },
        }
    }
}

impl Target {
    /// The target that a lockfile's reference to a folder is.
    pub(crate) fn of_link(reference: &DependencyRef) -> Option<Self> {
        match reference {
            DependencyRef::Link(path) => Some(Self::Link(path.clone())),
            DependencyRef::Snapshot(_) => None,
        }
    }
}
