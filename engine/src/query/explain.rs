//! `explain`: why a package has the version that it has: who asks for what, which versions all of them accept, and what
//! stands in the way of a newer one.

use pkg_lockfile::PackageId;
use pkg_manifest::{PackageName, Packument, Specifier, Version};
use pkg_range::{Prereleases, Range};
use pkg_registry::{Detail, Registry};

use super::{PackagePattern, PathStep, QueryError, WhyPath, why::why};
use crate::{LoadedSettings, Project};

/// The most ways to the package that are looked at.
const MOST_WAYS: usize = 2_000;

/// Everything about the choice of one package's version.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The package.
    pub name: PackageName,
    /// What is installed of it.
    pub installed: Vec<PackageId>,
    /// Who asks for it, the nearest to the project first.
    pub demands: Vec<Demand>,
    /// How many versions the registry has; `None` where that is not known on this machine.
    pub published: Option<usize>,
    /// How many of them everybody accepts.
    pub common: usize,
    /// The newest that everybody accepts.
    pub newest_common: Option<Version>,
    /// The version that could be wanted instead, and what stands in its way; `None` where it is installed.
    pub target: Option<Target>,
}

/// Somebody asks for the package.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand {
    /// Who asks: the project, or a package.
    pub asker: String,
    /// The asker, where it is a package.
    pub package: Option<PackageId>,
    /// The way from the project to the asker, the project first.
    pub chain: Vec<String>,
    /// What is asked for, as it is written; `None` where that is not known on this machine.
    pub range: Option<String>,
    /// Whether it is a peer of the asker.
    pub is_peer: bool,
    /// What the asker got.
    pub got: PackageId,
    /// The newest version that this alone would accept.
    pub newest: Option<Version>,
}

/// A version that is not installed.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The version.
    pub version: Version,
    /// Whether the registry calls it `latest`.
    pub is_latest: bool,
    /// Who does not accept it.
    pub blockers: Vec<Blocker>,
}

/// A demand that a version does not meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocker {
    /// Who asks.
    pub asker: String,
    /// What is asked for.
    pub range: String,
    /// What would change that.
    pub unlock: Unlock,
}

/// What would make an asker accept a version.
#[derive(Debug, Clone, PartialEq)]
pub enum Unlock {
    /// The project's own package.json asks: it can be changed.
    Manifest,
    /// A newer version of the asker, the oldest that accepts it, and what that asks for.
    Newer {
        /// The asker's version.
        version: Version,
        /// What it asks for; `None` where it no longer needs the package.
        range: Option<String>,
    },
    /// No version that is published.
    Nothing,
    /// The asker's versions are not known on this machine.
    Unknown,
}

/// Explains the choice of what `pattern` names; with a range, what stands in the way of the newest version in it.
///
/// # Errors
/// [`QueryError::NotInstalled`] where the project has no such package.
pub async fn explain(
    project: &Project,
    settings: &LoadedSettings,
    pattern: &PackagePattern,
) -> Result<Vec<Choice>, QueryError> {
    let (name, range) = split(pattern.as_str());
    let explanations = why(project, settings, &PackagePattern::parse(name)?, MOST_WAYS)?;
    let registry = settings.open_registry()?;
    let mut names: Vec<PackageName> = explanations
        .iter()
        .map(|explanation| explanation.id.name().clone())
        .collect();
    names.dedup();
    let mut choices = Vec::new();
    for name in names {
        let of_name = explanations.iter().filter(|it| *it.id.name() == name);
        let (ids, paths): (Vec<_>, Vec<_>) = of_name.map(|it| (it.id.clone(), &it.paths)).unzip();
        let demands = demands(paths.into_iter().flatten());
        choices.push(choice(&registry, (name, ids), demands, range).await);
    }
    Ok(choices)
}

/// A pattern's name and its range.
fn split(pattern: &str) -> (&str, Option<&str>) {
    let start = usize::from(pattern.starts_with('@'));
    match pattern[start..].find('@') {
        Some(at) => (&pattern[..start + at], Some(&pattern[start + at + 1..])),
        None => (pattern, None),
    }
}

/// Each asker once, by its shortest way.
fn demands<'p>(paths: impl Iterator<Item = &'p WhyPath>) -> Vec<Demand> {
    let mut paths: Vec<&WhyPath> = paths.collect();
    paths.sort_by_key(|path| path.steps.len());
    let mut demands: Vec<Demand> = Vec::new();
    for path in paths {
        let Some((last, before)) = path.steps.split_last() else {
            continue;
        };
        let demand = demand(path, last, before);
        let is_known = |known: &Demand| {
            (&known.asker, &known.range, &known.got) == (&demand.asker, &demand.range, &demand.got)
        };
        if !demands.iter().any(is_known) {
            demands.push(demand);
        }
    }
    demands
}

fn demand(path: &WhyPath, last: &PathStep, before: &[PathStep]) -> Demand {
    let package = before.last().map(|step| step.id.clone());
    let steps = before.iter().map(|step| step.id.to_string());
    Demand {
        asker: package
            .as_ref()
            .map_or_else(|| path.project.clone(), ToString::to_string),
        package,
        chain: std::iter::once(path.project.clone()).chain(steps).collect(),
        range: last.range.clone(),
        is_peer: last.is_peer,
        got: last.id.clone(),
        newest: None,
    }
}

async fn choice(
    registry: &Registry,
    (name, installed): (PackageName, Vec<PackageId>),
    mut demands: Vec<Demand>,
    wanted: Option<&str>,
) -> Choice {
    let packument = registry.packument(&name, Detail::Abbreviated).await.ok();
    let versions: Vec<&Version> = packument.iter().flat_map(|it| it.versions()).collect();
    for demand in &mut demands {
        let accepts = demand.range.as_deref().and_then(range_of);
        demand.newest = accepts.and_then(|range| {
            let newest = range.max_satisfying(versions.iter().copied(), Prereleases::Gated);
            newest.cloned()
        });
    }
    let ranges: Vec<Range> = demands
        .iter()
        .filter_map(|demand| range_of(demand.range.as_deref()?))
        .collect();
    let is_common = |version: &&&Version| {
        ranges
            .iter()
            .all(|range| range.contains(version, Prereleases::Gated))
    };
    let common: Vec<&&Version> = versions.iter().filter(is_common).collect();
    let newest_common = common.last().map(|version| (**version).clone());
    let common = common.len();
    let target = match &packument {
        Some(packument) => target(registry, packument, (&installed, &demands), wanted).await,
        None => None,
    };
    Choice {
        published: packument.as_ref().map(|it| it.versions().len()),
        name,
        installed,
        demands,
        common,
        newest_common,
        target,
    }
}

/// The version that could be wanted, unless it is what everybody has.
async fn target(
    registry: &Registry,
    packument: &Packument,
    (installed, demands): (&[PackageId], &[Demand]),
    wanted: Option<&str>,
) -> Option<Target> {
    let latest = packument.dist_tags().get("latest");
    let version = match wanted {
        Some(wanted) => match packument.dist_tags().get(wanted) {
            Some(tagged) => tagged.clone(),
            None => range_of(wanted)?
                .max_satisfying(packument.versions(), Prereleases::Gated)?
                .clone(),
        },
        None => latest?.clone(),
    };
    if installed.iter().all(|id| id.version() == Some(&version)) {
        return None;
    }
    let mut blockers = Vec::new();
    for demand in demands {
        let Some(text) = &demand.range else { continue };
        let accepts =
            range_of(text).is_none_or(|range| range.contains(&version, Prereleases::Gated));
        if accepts {
            continue;
        }
        blockers.push(Blocker {
            asker: demand.asker.clone(),
            range: text.clone(),
            unlock: unlock(registry, demand, packument.name(), &version).await,
        });
    }
    Some(Target {
        is_latest: latest == Some(&version),
        version,
        blockers,
    })
}

/// What would make an asker accept a version.
async fn unlock(
    registry: &Registry,
    demand: &Demand,
    name: &PackageName,
    version: &Version,
) -> Unlock {
    let Some(package) = &demand.package else {
        return Unlock::Manifest;
    };
    let Some(current) = package.version() else {
        return Unlock::Unknown;
    };
    let Ok(packument) = registry
        .packument(package.name(), Detail::Abbreviated)
        .await
    else {
        return Unlock::Unknown;
    };
    let newer = packument.versions().filter(|candidate| {
        pkg_range::compare(candidate, current).is_gt()
            && (candidate.pre.is_empty() || !current.pre.is_empty())
    });
    for candidate in newer {
        let Ok(Some(document)) = packument.version(candidate) else {
            continue;
        };
        let groups = [
            &document.dependencies,
            &document.optional_dependencies,
            &document.peer_dependencies,
        ];
        let asked = groups.into_iter().find_map(|group| group.get(name));
        let accepts = asked.is_none_or(|asked| {
            range_of(asked).is_none_or(|range| range.contains(version, Prereleases::Gated))
        });
        if accepts {
            return Unlock::Newer {
                version: candidate.clone(),
                range: asked.cloned(),
            };
        }
    }
    Unlock::Nothing
}

/// The range of a specifier, that of an alias too; `None` where it is of another kind.
fn range_of(text: &str) -> Option<Range> {
    match Specifier::parse(text).ok()? {
        Specifier::Range(range) => Some(range),
        Specifier::Alias { specifier, .. } => match *specifier {
            Specifier::Range(range) => Some(range),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_its_range() {
        assert_eq!(split("a"), ("a", None));
        assert_eq!(split("a@^1"), ("a", Some("^1")));
        assert_eq!(split("@s/a"), ("@s/a", None));
        assert_eq!(split("@s/a@2"), ("@s/a", Some("2")));
    }

    #[test]
    fn ranges_stand_in_specifiers_and_in_aliases() {
        let v = |text: &str| Version::parse(text).unwrap();
        for text in ["^1.2.0", "npm:other@^1.2.0"] {
            let range = range_of(text).unwrap();
            assert!(range.contains(&v("1.9.0"), Prereleases::Gated));
            assert!(!range.contains(&v("2.0.0"), Prereleases::Gated));
        }
        assert!(range_of("file:../x").is_none());
    }
}
