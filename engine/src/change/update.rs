//! `update`: newer versions, in the ranges of the manifest or beyond.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use pkg_lockfile::Lockfile;
use pkg_manifest::{PackageName, Specifier, Version};
use pkg_registry::Detail;
use pkg_resolver::{Update, pick_single};

use super::{ChangeError, Drafting, groups, saved::moved_range};
use crate::{
    Host, LoadedSettings, Project,
    query::{Groups, PackagePattern, not_installed},
};

/// How far direct dependencies may move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpdateLevel {
    /// As far as the ranges of the manifest allow.
    #[default]
    Range,
    /// Within the first two numbers of the current version.
    Patch,
    /// Within the first number of the current version.
    Minor,
    /// To what the registry calls `latest`.
    Latest,
}

/// What to update.
#[derive(Debug, Clone)]
pub struct UpdateRequest {
    /// Which packages, direct or not; all where there is none.
    pub patterns: Vec<PackagePattern>,
    /// How far.
    pub level: UpdateLevel,
    /// Which groups of the project.
    pub groups: Groups,
    /// Whether the manifest's ranges follow.
    pub save: bool,
}

/// A direct dependency that may move.
struct Candidate {
    field: &'static str,
    alias: PackageName,
    name: PackageName,
    /// The specifier without `npm:name@`.
    text: String,
    is_alias: bool,
    current: Option<Version>,
}

/// Moves the ranges of the manifest, and says which packages may leave their versions.
pub(super) async fn draft(
    drafting: &mut Drafting<'_>,
    request: &UpdateRequest,
) -> Result<Update, ChangeError> {
    let found = drafting.project.read_lockfile(false)?;
    let lockfile = found.map(|found| found.lockfile).unwrap_or_default();
    let candidates = candidates(drafting, &lockfile, request);
    let names = names(&lockfile, &candidates, request)?;
    let shared = &*drafting;
    let moved = try_join_all(
        candidates
            .iter()
            .map(|candidate| moved(shared, candidate, request.level)),
    )
    .await?;
    for (candidate, range) in candidates.iter().zip(moved) {
        let Some((range, version)) = range else {
            continue;
        };
        let aliased = |range: &str| match candidate.is_alias {
            true => format!("npm:{}@{range}", candidate.name),
            false => range.to_owned(),
        };
        let (field, alias) = (candidate.field, &candidate.alias);
        if range != candidate.text {
            drafting
                .editor
                .set_dependency(field, alias, &aliased(&range));
        }
        let pin = aliased(&version.to_string());
        drafting.pins.insert(alias.clone(), pin);
    }
    let is_all = request.patterns.is_empty() && request.groups == Groups::ALL;
    Ok(if is_all {
        Update::Everything
    } else {
        Update::Names(names)
    })
}

/// A direct dependency that an update would move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateChoice {
    /// The name that it is linked under.
    pub alias: PackageName,
    /// The field of the manifest that asks for it.
    pub field: &'static str,
    /// The version of the lockfile.
    pub from: Version,
    /// The version that it would have.
    pub to: Version,
    /// When that was published, seconds since 1970, where the registry says so.
    pub published: Option<i64>,
}

/// Finds what an update would move of what the project itself asks for, by group and name.
///
/// # Errors
/// [`ChangeError`].
pub async fn update_choices(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    request: &UpdateRequest,
) -> Result<Vec<UpdateChoice>, ChangeError> {
    let drafting = Drafting::open(project, settings, host, "{}")?;
    let found = project.read_lockfile(false)?;
    let lockfile = found.map(|found| found.lockfile).unwrap_or_default();
    let candidates = candidates(&drafting, &lockfile, request);
    names(&lockfile, &candidates, request)?;
    let choices = candidates.iter().map(|candidate| {
        let drafting = &drafting;
        async move {
            let moved = moved(drafting, candidate, request.level).await?;
            let newer = candidate.current.clone().zip(moved);
            let Some((from, (_, to))) = newer.filter(|(from, (_, to))| from != to) else {
                return Ok(None);
            };
            let packument = drafting.registry.packument(&candidate.name, Detail::Full);
            let published = packument.await?.published(&to);
            Ok::<_, ChangeError>(Some(UpdateChoice {
                alias: candidate.alias.clone(),
                field: candidate.field,
                from,
                to,
                published,
            }))
        }
    });
    Ok(try_join_all(choices).await?.into_iter().flatten().collect())
}

/// The direct dependencies from a registry that are asked about.
fn candidates(
    drafting: &Drafting<'_>,
    lockfile: &Lockfile,
    request: &UpdateRequest,
) -> Vec<Candidate> {
    let wanted = request.groups;
    let fields = [
        ("dependencies", wanted.prod),
        ("devDependencies", wanted.dev),
        ("optionalDependencies", wanted.prod && wanted.optional),
    ];
    let importer = lockfile.importers.values().next();
    let mut candidates = Vec::new();
    for (field, group) in groups(&drafting.project.manifest) {
        if !fields.contains(&(field, true)) {
            continue;
        }
        for (alias, text) in group {
            let (name, text, is_alias) = match Specifier::parse(text) {
                Ok(Specifier::Range(_) | Specifier::Tag(_)) => (alias.clone(), text.clone(), false),
                Ok(Specifier::Alias { name, .. }) => {
                    let inner = text.trim().get(4..).unwrap_or_default();
                    let range = inner[name.as_str().len()..].trim_start_matches('@');
                    (name, range.to_owned(), true)
                }
                _ => continue,
            };
            let patterns = &request.patterns;
            let is_meant = |pattern: &PackagePattern| {
                pattern.is_name_match(alias) || pattern.is_name_match(&name)
            };
            if !patterns.is_empty() && !patterns.iter().any(is_meant) {
                continue;
            }
            let current = importer.and_then(|importer| {
                [
                    &importer.dependencies,
                    &importer.dev_dependencies,
                    &importer.optional_dependencies,
                ]
                .into_iter()
                .find_map(|group| group.get(alias))
                .and_then(|dependency| dependency.target.snapshot()?.id().version().cloned())
            });
            candidates.push(Candidate {
                field,
                alias: alias.clone(),
                name,
                text,
                is_alias,
                current,
            });
        }
    }
    candidates
}

/// The names that may leave their versions, wherever they are in the graph.
fn names(
    lockfile: &Lockfile,
    candidates: &[Candidate],
    request: &UpdateRequest,
) -> Result<BTreeSet<PackageName>, ChangeError> {
    let mut names: BTreeSet<PackageName> = candidates
        .iter()
        .map(|candidate| candidate.name.clone())
        .collect();
    for pattern in &request.patterns {
        let below = lockfile
            .packages
            .keys()
            .map(pkg_lockfile::PackageId::name)
            .filter(|name| pattern.is_name_match(name));
        let mut is_found = candidates
            .iter()
            .any(|candidate| pattern.is_name_match(&candidate.alias));
        for name in below {
            is_found = true;
            names.insert(name.clone());
        }
        if !is_found {
            return Err(not_installed(lockfile, pattern).into());
        }
    }
    Ok(names)
}

/// What the manifest is to say of a dependency, and the version that was picked; `None` where it is to stay.
async fn moved(
    drafting: &Drafting<'_>,
    candidate: &Candidate,
    level: UpdateLevel,
) -> Result<Option<(String, Version)>, ChangeError> {
    let text = candidate.text.as_str();
    let is_tag = matches!(Specifier::parse(text), Ok(Specifier::Tag(_)));
    let asked = match (level, &candidate.current) {
        // A tag moves by itself.
        _ if is_tag => return Ok(None),
        (UpdateLevel::Range, _) => text.to_owned(),
        (UpdateLevel::Latest, _) => "latest".to_owned(),
        (UpdateLevel::Patch, Some(current)) => format!("~{current}"),
        (UpdateLevel::Minor, Some(current)) => {
            format!(">={current} <{}.0.0-0", current.major + 1)
        }
        (UpdateLevel::Patch | UpdateLevel::Minor, None) => text.to_owned(),
    };
    let packument = drafting
        .registry
        .packument(&candidate.name, Detail::Full)
        .await?;
    let picked = pick_single(&packument, &candidate.name, &asked, &drafting.resolving());
    let Some(picked) = picked else {
        return Ok(None);
    };
    let version = &picked.version;
    let is_older = candidate
        .current
        .as_ref()
        .is_some_and(|current| pkg_range::compare(version, current).is_lt());
    if is_older {
        // What is installed is ahead of `latest`, or of what is old enough.
        return Ok(None);
    }
    Ok(Some((moved_range(text, version), version.clone())))
}
