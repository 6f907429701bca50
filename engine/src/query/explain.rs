//! `explain`: why a package has the version that it has: who asks for what, which versions all of them accept, and what
//! stands in the way of a newer one. Where there is no lockfile that holds, what an install would do is found out in
//! memory; where that fails, who asks for what is told as far as it is known.

use pkg_lockfile::{ImporterId, PackageId};
use pkg_manifest::{PackageName, Packument, Specifier, Version};
use pkg_range::{Prereleases, Range};
use pkg_registry::{Detail, Registry};
use pkg_resolver::{Asked, ResolveError};

use super::{
    Explanation, PackagePattern, PathStep, QueryError, WhyPath, conflict::demand_of, project_name,
    why::why_in,
};
use crate::{
    Host, InstallError, LoadedSettings, Project,
    install::{Trial, try_to_resolve},
};

/// The most ways to the package that are looked at.
const MOST_WAYS: usize = 2_000;

/// Everything about the choice of one package's version.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The package.
    pub name: PackageName,
    /// What is installed of it, or would be.
    pub installed: Vec<PackageId>,
    /// Whether it is installed, would be, or cannot be.
    pub standing: Standing,
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

/// What a choice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// What pkg.lock says.
    Locked,
    /// What an install would write into pkg.lock: there is none, or it does not hold.
    Expected,
    /// Nothing: an install fails.
    Failed {
        /// The stable code of the error.
        code: String,
        /// The error, with who wants what cannot be had.
        message: String,
    },
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
    /// The name that the asker has for it.
    pub alias: PackageName,
    /// What is asked for, as it is written; `None` where that is not known on this machine.
    pub range: Option<String>,
    /// Whether it is a peer of the asker.
    pub is_peer: bool,
    /// What the asker got; `None` where an install fails.
    pub got: Option<PackageId>,
    /// Why there is nothing for the asker.
    pub failure: Option<String>,
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

/// Explains the choice of what `patterns` name; with a range, what stands in the way of the newest version in it.
///
/// # Errors
/// [`QueryError::NotInstalled`] where the project has no such package; [`QueryError::Resolve`] where that cannot be
/// found out.
pub async fn explain(
    project: &Project,
    mut settings: LoadedSettings,
    host: &Host,
    patterns: &[PackagePattern],
) -> Result<Vec<Choice>, QueryError> {
    let mut wanted = Vec::new();
    for pattern in patterns {
        let (name, range) = split(pattern.as_str());
        wanted.push((PackagePattern::parse(name)?, range));
    }
    let is_wanted = |name: &PackageName| {
        let mut patterns = wanted.iter();
        patterns.any(|(pattern, _)| pattern.is_name_match(name))
    };
    let trial = try_to_resolve(project, &settings, host, &is_wanted)
        .await
        .map_err(Box::new)?;
    // What was known at the last install explains its choice; more is asked for only where that is nothing.
    settings.settings.prefer_offline = true;
    let registry = settings.open_registry()?;
    let mut choices = Vec::new();
    for (pattern, range) in &wanted {
        for found in subjects(&trial, (project, &settings), pattern)? {
            choices.push(choice(&registry, found, *range).await);
        }
    }
    Ok(choices)
}

/// A package and who asks for it.
struct Subject {
    name: PackageName,
    installed: Vec<PackageId>,
    standing: Standing,
    demands: Vec<Demand>,
}

/// The packages that a pattern names, by name.
fn subjects(
    trial: &Trial,
    place: (&Project, &LoadedSettings),
    pattern: &PackagePattern,
) -> Result<Vec<Subject>, QueryError> {
    let (lockfile, standing) = match trial {
        Trial::Holds(lockfile) => (lockfile, Standing::Locked),
        Trial::Resolved(lockfile) => (lockfile, Standing::Expected),
        Trial::Failed { error, asked } => {
            let named = |name: &PackageName| pattern.is_name_match(name);
            let mut asked: Vec<_> = asked.iter().filter(|asked| named(&asked.name)).collect();
            if asked.is_empty() {
                let error = InstallError::Resolve(ResolveError::clone(error));
                return Err(QueryError::Resolve(Box::new(error)));
            }
            asked.sort_by(|a, b| a.name.cmp(&b.name));
            let by_name = asked.chunk_by(|a, b| a.name == b.name);
            let name_of = |importer: &ImporterId| project_name(place.0, importer);
            return Ok(by_name
                .map(|asked| failed(asked, error, &name_of))
                .collect());
        }
    };
    let explanations = why_in(lockfile, place, pattern, MOST_WAYS)?;
    let by_name = explanations.chunk_by(|a, b| a.id.name() == b.id.name());
    let subjects = by_name.filter_map(|of_name| {
        let name = of_name.first()?.id.name().clone();
        Some(Subject {
            name,
            installed: of_name.iter().map(|it| it.id.clone()).collect(),
            standing: standing.clone(),
            demands: demands(of_name.iter().flat_map(|it: &Explanation| &it.paths)),
        })
    });
    Ok(subjects.collect())
}

/// A package of a project that cannot be installed.
fn failed(
    asked: &[&Asked],
    error: &ResolveError,
    name_of: &dyn Fn(&ImporterId) -> String,
) -> Subject {
    let got = asked
        .iter()
        .filter_map(|asked| asked.outcome.as_ref()?.as_ref().ok());
    let mut installed: Vec<PackageId> = got.cloned().collect();
    installed.sort();
    installed.dedup();
    Subject {
        name: asked[0].name.clone(),
        installed,
        standing: Standing::Failed {
            code: miette::Diagnostic::code(error).map_or_else(String::new, |it| it.to_string()),
            message: error.to_string(),
        },
        demands: asked
            .iter()
            .map(|asked| demand_of(asked, name_of(&asked.chain.importer)))
            .collect(),
    }
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
        alias: last.alias.clone(),
        range: last.range.clone(),
        is_peer: last.is_peer,
        got: Some(last.id.clone()),
        failure: None,
        newest: None,
    }
}

async fn choice(registry: &Registry, subject: Subject, wanted: Option<&str>) -> Choice {
    let Subject {
        name,
        installed,
        standing,
        mut demands,
    } = subject;
    for demand in &mut demands {
        find_range(registry, demand).await;
    }
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
        standing,
        demands,
        common,
        newest_common,
        target,
    }
}

/// Looks up what a package asks for whose manifest is not in the store.
async fn find_range(registry: &Registry, demand: &mut Demand) {
    let Some(package) = demand.package.as_ref().filter(|_| demand.range.is_none()) else {
        return;
    };
    let Some(version) = package.version() else {
        return;
    };
    let packument = registry.packument(package.name(), Detail::Abbreviated);
    let Ok(packument) = packument.await else {
        return;
    };
    let Ok(Some(document)) = packument.version(version) else {
        return;
    };
    let own = [&document.optional_dependencies, &document.dependencies];
    let own = own.iter().find_map(|group| group.get(&demand.alias));
    let peer = document.peer_dependencies.get(&demand.alias);
    demand.is_peer = own.is_none() && peer.is_some();
    demand.range = own.or(peer).cloned();
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
    let is_all = installed.iter().all(|id| id.version() == Some(&version));
    let is_had = demands.iter().all(|demand| demand.failure.is_none());
    if is_all && is_had && !installed.is_empty() {
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
