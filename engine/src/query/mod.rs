//! Questions about a project's dependencies: what there is, why, how old, how big, under which licence. Answers come
//! from the lockfile, the store and the registry's answers; nothing is written.

mod conflict;
mod error;
mod explain;
mod licenses;
mod list;
mod manifests;
mod outdated;
mod pattern;
mod places;
mod size;
mod view;
mod why;

use pkg_lockfile::{DependencyRef, Importer, ImporterDependency, ImporterId, Lockfile};
use pkg_manifest::PackageName;

pub use error::QueryError;
pub use explain::{Blocker, Choice, Demand, Standing, Target, Unlock, explain};
pub use licenses::{LicenseGroup, LicensedPackage, licenses};
pub use list::{Depth, ListOptions, ListedGroup, ListedPackage, ListedProject, list};
pub use outdated::{OutdatedOptions, OutdatedPackage, UpdateKind, outdated};
pub use pattern::PackagePattern;
pub use pkg_lockfile::Groups;
pub use size::{PackageSize, SizeReport, size};
pub use view::{View, ViewedVersion, view};
pub(crate) use why::not_installed;
pub use why::{Explanation, PathStep, WhyPath, why};

use crate::Project;

/// Where a direct dependency stands in `package.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependencyGroup {
    /// `dependencies`.
    Prod,
    /// `devDependencies`.
    Dev,
    /// `optionalDependencies`.
    Optional,
}

impl DependencyGroup {
    /// All groups, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Prod, Self::Dev, Self::Optional];

    /// The field of `package.json`.
    pub fn field(self) -> &'static str {
        match self {
            Self::Prod => "dependencies",
            Self::Dev => "devDependencies",
            Self::Optional => "optionalDependencies",
        }
    }

    /// What a project has in this group.
    fn of(
        self,
        importer: &Importer,
    ) -> &std::collections::BTreeMap<PackageName, ImporterDependency> {
        match self {
            Self::Prod => &importer.dependencies,
            Self::Dev => &importer.dev_dependencies,
            Self::Optional => &importer.optional_dependencies,
        }
    }
}

/// The lockfile of a project that has one.
fn lockfile_of(project: &Project) -> Result<Lockfile, QueryError> {
    let found = project.read_lockfile(false)?;
    found
        .map(|found| found.lockfile)
        .ok_or_else(|| QueryError::NoLockfile {
            root: project.root.clone(),
        })
}

/// The direct dependencies of one project, in the order of the groups.
fn direct(
    importer: &Importer,
) -> impl Iterator<Item = (DependencyGroup, &PackageName, &ImporterDependency)> {
    DependencyGroup::ALL.into_iter().flat_map(move |group| {
        group
            .of(importer)
            .iter()
            .map(move |(alias, dependency)| (group, alias, dependency))
    })
}

/// What people call a project: its name, else its folder.
fn project_name(project: &Project, importer: &ImporterId) -> String {
    match (&project.manifest.name, importer.path()) {
        (Some(name), None) => name.to_string(),
        _ => importer.to_string(),
    }
}

/// A version, or where else a dependency comes from.
fn shown_reference(target: &DependencyRef) -> String {
    match target {
        DependencyRef::Snapshot(key) => key.id().reference().to_owned(),
        DependencyRef::Link(path) => format!("link:{path}"),
    }
}
