//! `view`: what the registry says of a package.

use pkg_manifest::{PackageName, Packument, Version};
use pkg_range::Prereleases;
use pkg_registry::Detail;
use pkg_resolver::pick_single;
use serde_json::Value;

use super::QueryError;
use crate::{Host, LoadedSettings, install::resolve_options};

/// A package and the version that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// Its name.
    pub name: PackageName,
    /// What its tags lead to, sorted by name.
    pub tags: Vec<(String, Version)>,
    /// All versions with the time of their publication, ascending.
    pub versions: Vec<(Version, Option<i64>)>,
    /// The versions that were asked for, ascending; one where a tag, or nothing, was.
    pub viewed: Vec<ViewedVersion>,
}

/// One version.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewedVersion {
    /// Its version.
    pub version: Version,
    /// When it was published, seconds since 1970.
    pub published: Option<i64>,
    /// Its document, as the registry has it.
    pub document: Value,
}

/// Looks a package up: `name`, `name@tag`, `name@range`.
///
/// # Errors
/// [`QueryError::NoVersion`] where nothing is what was asked for; and what the registry refuses.
pub async fn view(
    settings: &LoadedSettings,
    host: &Host,
    package: &str,
) -> Result<View, QueryError> {
    let at = package.char_indices().skip(1).find(|(_, c)| *c == '@');
    let (name, wanted) = match at {
        Some((at, _)) => (&package[..at], Some(&package[at + 1..])),
        None => (package, None),
    };
    let wanted = wanted.filter(|wanted| !wanted.is_empty());
    let name: &PackageName = &name.parse().map_err(|_| QueryError::Pattern {
        text: package.to_owned(),
        reason: "it is no name of a package",
    })?;
    let registry = settings.open_registry()?;
    let packument = registry.packument(name, Detail::Full).await?;
    let viewed = match wanted {
        None => tagged(&packument, "latest").into_iter().collect(),
        Some(text) => matching(&packument, name, text, settings, host),
    };
    if let (Some(wanted), true) = (wanted, viewed.is_empty()) {
        return Err(no_version(name, wanted, &packument));
    }
    let view = |version: Version| ViewedVersion {
        published: packument.published(&version),
        document: packument.document(&version).unwrap_or(Value::Null),
        version,
    };
    Ok(View {
        name: name.clone(),
        tags: packument
            .dist_tags()
            .iter()
            .map(|(tag, version)| (tag.clone(), version.clone()))
            .collect(),
        versions: packument
            .versions()
            .map(|version| (version.clone(), packument.published(version)))
            .collect(),
        viewed: viewed.into_iter().map(view).collect(),
    })
}

fn tagged(packument: &Packument, tag: &str) -> Option<Version> {
    packument.dist_tags().get(tag).cloned()
}

/// All versions in a range, or the one that a tag or a version names.
fn matching(
    packument: &Packument,
    name: &PackageName,
    text: &str,
    settings: &LoadedSettings,
    host: &Host,
) -> Vec<Version> {
    if let Some(version) = tagged(packument, text) {
        return vec![version];
    }
    let Ok(range) = pkg_range::Range::parse(text, pkg_range::Mode::Loose) else {
        let picked = pick_single(packument, name, text, &resolve_options(settings, host));
        return picked
            .map(|document| document.version.clone())
            .into_iter()
            .collect();
    };
    packument
        .versions()
        .filter(|version| range.contains(version, Prereleases::Gated))
        .cloned()
        .collect()
}

fn no_version(name: &PackageName, wanted: &str, packument: &Packument) -> QueryError {
    let tags: Vec<_> = packument
        .dist_tags()
        .iter()
        .map(|(tag, version)| format!("{tag}: {version}"))
        .collect();
    QueryError::NoVersion {
        name: name.to_string(),
        wanted: wanted.to_owned(),
        help: format!(
            "it has {} versions; {}",
            packument.versions().len(),
            tags.join(", ")
        ),
    }
}
