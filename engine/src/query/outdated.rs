//! `outdated`: direct dependencies that have newer versions, in range or beyond.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt as _};
use pkg_lockfile::{DependencyRef, Groups, Importer};
use pkg_manifest::{PackageName, Packument, Specifier, Version};
use pkg_registry::{Detail, RegistryError};
use pkg_resolver::{ResolveOptions, pick_single};

use super::{DependencyGroup, PackagePattern, QueryError, direct, lockfile_of, project_name};
use crate::{Host, LoadedSettings, Project, install::resolve_options_by};

/// What to look at.
#[derive(Debug, Clone)]
pub struct OutdatedOptions {
    /// Which groups of the project.
    pub groups: Groups,
    /// Only these; all where there is none.
    pub patterns: Vec<PackagePattern>,
    /// Only what the ranges of the manifest take.
    pub compatible: bool,
}

/// How far apart two versions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UpdateKind {
    /// The same but for fixes.
    Patch,
    /// New features.
    Minor,
    /// Something may break; in versions before 1.0.0 a new minor version counts as such.
    Major,
    /// From or to a prerelease.
    Prerelease,
}

/// A direct dependency that is not what it could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutdatedPackage {
    /// The project that asks for it.
    pub project: String,
    /// The name that it is linked under.
    pub alias: PackageName,
    /// Its own name.
    pub name: PackageName,
    /// Where the manifest asks for it.
    pub group: DependencyGroup,
    /// What the manifest asks for.
    pub specifier: String,
    /// The version of the lockfile.
    pub current: Version,
    /// The best version that the manifest takes.
    pub wanted: Option<Version>,
    /// The version that the registry calls `latest`, or the newest older than the minimum age.
    pub latest: Option<Version>,
    /// When `latest` was published, seconds since 1970, where the registry says so.
    pub latest_published: Option<i64>,
    /// When the version of the lockfile was published.
    pub current_published: Option<i64>,
    /// From the version of the lockfile to the newest of the others.
    pub kind: UpdateKind,
    /// Why the version of the lockfile should no longer be used.
    pub deprecated: Option<String>,
}

/// Finds the direct dependencies with newer versions, sorted by name.
///
/// # Errors
/// [`QueryError::NoLockfile`]; [`QueryError::Registry`] where a packument cannot be had.
pub async fn outdated(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    options: &OutdatedOptions,
) -> Result<Vec<OutdatedPackage>, QueryError> {
    let lockfile = lockfile_of(project)?;
    let mut asked = Vec::new();
    for (id, importer) in &lockfile.importers {
        let project = project_name(project, id);
        asked.extend(questions(importer, options).map(|question| (project.clone(), question)));
    }
    let registry = settings.open_registry()?;
    let mut names: Vec<&PackageName> = asked.iter().map(|(_, question)| question.name).collect();
    names.sort();
    names.dedup();
    let packuments: Vec<Result<_, RegistryError>> = stream::iter(names)
        .map(|name| {
            let registry = &registry;
            async move { Ok((name, registry.packument(name, Detail::Full).await?)) }
        })
        .buffer_unordered(settings.settings.network_concurrency.max(1))
        .collect()
        .await;
    let packuments: HashMap<_, _> = packuments.into_iter().collect::<Result<_, _>>()?;
    let resolving = resolve_options_by(&registry, settings, host);
    let mut outdated: Vec<OutdatedPackage> = asked
        .iter()
        .filter_map(|(project, question)| {
            let packument = packuments.get(question.name)?;
            question.answer(project, packument, &resolving, options)
        })
        .collect();
    outdated.sort_by(|a, b| (&a.alias, a.group, &a.project).cmp(&(&b.alias, b.group, &b.project)));
    Ok(outdated)
}

/// One direct dependency from a registry.
struct Question<'l> {
    group: DependencyGroup,
    alias: &'l PackageName,
    name: &'l PackageName,
    specifier: &'l str,
    current: &'l Version,
}

/// The direct dependencies that were asked about.
fn questions<'l>(
    importer: &'l Importer,
    options: &'l OutdatedOptions,
) -> impl Iterator<Item = Question<'l>> {
    let is_wanted = |group| match group {
        DependencyGroup::Prod => options.groups.prod,
        DependencyGroup::Dev => options.groups.dev,
        DependencyGroup::Optional => options.groups.prod && options.groups.optional,
    };
    direct(importer)
        .filter(move |(group, ..)| is_wanted(*group))
        .filter_map(|(group, alias, dependency)| {
            let DependencyRef::Snapshot(key) = &dependency.target else {
                return None;
            };
            let patterns = &options.patterns;
            let is_meant = |pattern: &PackagePattern| pattern.is_match(Some(alias), key.id());
            if !patterns.is_empty() && !patterns.iter().any(is_meant) {
                return None;
            }
            Some(Question {
                group,
                alias,
                name: key.id().name(),
                specifier: &dependency.specifier,
                current: key.id().version()?,
            })
        })
}

impl Question<'_> {
    /// The dependency, if it could be another than it is.
    fn answer(
        &self,
        project: &str,
        packument: &Packument,
        resolving: &ResolveOptions,
        options: &OutdatedOptions,
    ) -> Option<OutdatedPackage> {
        let pick = |specifier: &str| {
            let picked = pick_single(packument, self.name, specifier, resolving);
            picked.map(|document| document.version.clone())
        };
        let wanted = pick(self.specifier);
        // What a tag other than `latest` leads to is not compared with `latest`.
        let is_tag = matches!(Specifier::parse(self.specifier), Ok(Specifier::Tag(_)));
        let latest = if is_tag {
            wanted.clone()
        } else {
            pick("latest")
        };
        let current = self.current;
        let document = packument.version(current).ok().flatten();
        let deprecated = document.and_then(|document| document.deprecated.clone());
        let newer = |version: &Option<Version>| {
            version
                .clone()
                .filter(|version| pkg_range::compare(version, current).is_gt())
        };
        let is_wanted_other = wanted
            .as_ref()
            .is_some_and(|wanted| !pkg_range::compare(wanted, current).is_eq());
        let newest = match (newer(&latest), newer(&wanted)) {
            (Some(latest), _) if !options.compatible => Some(latest),
            (_, wanted) => wanted,
        };
        if newest.is_none() && !is_wanted_other && deprecated.is_none() {
            return None;
        }
        let target = newest.or_else(|| wanted.clone());
        Some(OutdatedPackage {
            project: project.to_owned(),
            alias: self.alias.clone(),
            name: self.name.clone(),
            group: self.group,
            specifier: self.specifier.to_owned(),
            current: current.clone(),
            kind: target.map_or(UpdateKind::Patch, |target| kind(current, &target)),
            latest_published: latest
                .as_ref()
                .and_then(|latest| packument.published(latest)),
            current_published: packument.published(current),
            wanted,
            latest,
            deprecated,
        })
    }
}

/// How far apart two versions are, as `^` sees it.
pub(crate) fn kind(from: &Version, to: &Version) -> UpdateKind {
    let is_prerelease = |version: &Version| !version.pre.is_empty();
    if (from.major, from.minor, from.patch) == (to.major, to.minor, to.patch) {
        return if is_prerelease(from) || is_prerelease(to) {
            UpdateKind::Prerelease
        } else {
            UpdateKind::Patch
        };
    }
    let major = |version: &Version| match (version.major, version.minor) {
        (0, minor) => (0, minor, if minor == 0 { version.patch } else { 0 }),
        (major, _) => (major, 0, 0),
    };
    if major(from) != major(to) {
        UpdateKind::Major
    } else if from.minor != to.minor {
        UpdateKind::Minor
    } else {
        UpdateKind::Patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_a_version_is_follows_the_caret() {
        let kind = |from: &str, to: &str| kind(&from.parse().unwrap(), &to.parse().unwrap());
        assert_eq!(kind("1.2.3", "1.2.4"), UpdateKind::Patch);
        assert_eq!(kind("1.2.3", "1.3.0"), UpdateKind::Minor);
        assert_eq!(kind("1.2.3", "2.0.0"), UpdateKind::Major);
        assert_eq!(kind("0.2.3", "0.2.4"), UpdateKind::Patch);
        assert_eq!(kind("0.2.3", "0.3.0"), UpdateKind::Major);
        assert_eq!(kind("0.0.3", "0.0.4"), UpdateKind::Major);
        assert_eq!(kind("1.0.0-rc.1", "1.0.0"), UpdateKind::Prerelease);
    }
}
