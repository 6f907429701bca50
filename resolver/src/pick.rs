//! Which version a specifier installs.
//!
//! A pick is a function of the specifier, the packument, the lockfile and the specifiers of the
//! projects, and of nothing that was picked before: so the order of answers cannot matter.

use std::{cmp::Ordering, sync::Arc};

use pkg_manifest::{PackageName, PackageVersion, Version};
use pkg_range::{Prereleases, compare};

use crate::{Packument, error::Failure, specifier::Selector};

/// What a pick depends on beside the packument.
pub(crate) struct PickContext<'c> {
    pub(crate) name: &'c PackageName,
    /// The specifier as it is written, for errors.
    pub(crate) text: &'c str,
    /// What the projects ask of this package: versions that fit more of it are preferred.
    pub(crate) direct: &'c [Selector],
    pub(crate) default_tag: &'c str,
    /// Versions published later are not taken.
    pub(crate) cutoff: Option<i64>,
}

impl Selector {
    /// Whether a version is meant, tags aside. Prereleases are in by npm's rule only.
    pub(crate) fn contains(&self, version: &Version) -> bool {
        match self {
            Self::Version(wanted) => compare(wanted, version).is_eq(),
            Self::Range(range) => range.contains(version, Prereleases::Gated),
            Self::Tag(_) => false,
            Self::All(ranges) => ranges
                .iter()
                .all(|range| range.contains(version, Prereleases::Gated)),
        }
    }

    fn is_any(&self) -> bool {
        match self {
            Self::Range(range) => range.is_any(),
            Self::Version(_) | Self::Tag(_) => false,
            Self::All(ranges) => ranges.iter().all(pkg_range::Range::is_any),
        }
    }
}

/// How many of the projects' specifiers a version fits.
pub(crate) fn weight(direct: &[Selector], version: &Version) -> usize {
    direct
        .iter()
        .filter(|selector| selector.contains(version))
        .count()
}

/// Picks the version that `selector` installs.
///
/// Of the versions in range, those that fit most of the projects' own specifiers; of these `latest`
/// if it is among them, else the highest that is not deprecated, else the highest.
pub(crate) fn pick(
    context: &PickContext<'_>,
    packument: &Packument,
    selector: &Selector,
) -> Result<Arc<PackageVersion>, Failure> {
    match selector {
        Selector::Version(wanted) => pick_version(context, packument, wanted),
        Selector::Tag(tag) => pick_tag(context, packument, tag),
        Selector::Range(_) | Selector::All(_) => pick_range(context, packument, selector),
    }
}

fn pick_version(
    context: &PickContext<'_>,
    packument: &Packument,
    wanted: &Version,
) -> Result<Arc<PackageVersion>, Failure> {
    match packument.find(wanted) {
        Some(version) if is_mature(context, packument, &version.version) => Ok(Arc::clone(version)),
        Some(version) => Err(too_young(context, vec![&version.version])),
        None => Err(no_match(context, packument, wanted)),
    }
}

/// A tag whose version is too young stands for the highest older version of its kind.
fn pick_tag(
    context: &PickContext<'_>,
    packument: &Packument,
    tag: &str,
) -> Result<Arc<PackageVersion>, Failure> {
    let Some(tagged) = packument.tags.get(tag) else {
        return Err(no_match(context, packument, &Version::new(u64::MAX, 0, 0)));
    };
    if let Some(version) = packument.find(tagged)
        && is_mature(context, packument, tagged)
    {
        return Ok(Arc::clone(version));
    }
    let older = packument.versions.iter().filter(|version| {
        let version = &version.version;
        compare(version, tagged).is_lt()
            && (version.pre.is_empty() || !tagged.pre.is_empty())
            && is_mature(context, packument, version)
    });
    let best = older.max_by(|a, b| {
        let same_major = |version: &PackageVersion| version.version.major == tagged.major;
        (same_major(a), a.deprecated.is_none())
            .cmp(&(same_major(b), b.deprecated.is_none()))
            .then_with(|| compare(&a.version, &b.version))
    });
    best.map(Arc::clone)
        .ok_or_else(|| too_young(context, vec![tagged]))
}

fn pick_range(
    context: &PickContext<'_>,
    packument: &Packument,
    selector: &Selector,
) -> Result<Arc<PackageVersion>, Failure> {
    let latest = packument.tags.get(context.default_tag);
    let is_inside = |version: &Version| {
        selector.contains(version)
            || selector.is_any() && latest.is_some_and(|latest| compare(latest, version).is_eq())
    };
    let mut matching = packument
        .versions
        .iter()
        .filter(|version| is_inside(&version.version));
    let rank = |version: &PackageVersion| {
        let is_latest = latest.is_some_and(|latest| compare(latest, &version.version).is_eq());
        (
            weight(context.direct, &version.version),
            version.deprecated.is_none(),
            is_latest,
        )
    };
    let best = matching
        .clone()
        .filter(|version| is_mature(context, packument, &version.version))
        .max_by(|a, b| {
            rank(a)
                .cmp(&rank(b))
                .then_with(|| compare(&a.version, &b.version))
        });
    match best {
        Some(version) => Ok(Arc::clone(version)),
        None if matching.clone().next().is_some() => {
            let young = matching.by_ref().map(|version| &version.version).collect();
            Err(too_young(context, young))
        }
        None => {
            let wanted = lowest(selector).unwrap_or(Version::new(u64::MAX, 0, 0));
            Err(no_match(context, packument, &wanted))
        }
    }
}

/// The lowest version that a range lets in, to measure nearness by.
fn lowest(selector: &Selector) -> Option<Version> {
    match selector {
        Selector::Version(version) => Some(version.clone()),
        Selector::Range(range) => range.min_version(),
        Selector::All(ranges) => ranges.first()?.min_version(),
        Selector::Tag(_) => None,
    }
}

/// Whether a version is old enough. What has no date counts as old.
fn is_mature(context: &PickContext<'_>, packument: &Packument, version: &Version) -> bool {
    let Some(cutoff) = context.cutoff else {
        return true;
    };
    packument
        .published(version)
        .is_none_or(|published| published <= cutoff)
}

fn too_young(context: &PickContext<'_>, mut young: Vec<&Version>) -> Failure {
    young.sort_by(|a, b| compare(b, a));
    Failure::TooYoung {
        name: context.name.clone(),
        specifier: context.text.to_owned(),
        young: young.iter().take(5).map(ToString::to_string).collect(),
    }
}

fn no_match(context: &PickContext<'_>, packument: &Packument, wanted: &Version) -> Failure {
    let distance = |version: &Version| {
        (
            version.major.abs_diff(wanted.major),
            version.minor.abs_diff(wanted.minor),
            version.patch.abs_diff(wanted.patch),
        )
    };
    let mut versions: Vec<&Version> = packument
        .versions
        .iter()
        .map(|version| &version.version)
        .collect();
    versions.sort_by(|a, b| {
        let by_distance = distance(a).cmp(&distance(b));
        by_distance
            .then_with(|| compare(b, a))
            .then(Ordering::Equal)
    });
    Failure::NoMatchingVersion {
        name: context.name.clone(),
        specifier: context.text.to_owned(),
        nearest: versions.iter().take(5).map(ToString::to_string).collect(),
    }
}

impl Packument {
    /// The document of one version; build metadata does not count.
    pub(crate) fn find(&self, version: &Version) -> Option<&Arc<PackageVersion>> {
        let mut versions = self.versions.iter();
        versions.find(|candidate| compare(&candidate.version, version).is_eq())
    }

    /// When a version was published, if the document tells it.
    fn published(&self, version: &Version) -> Option<i64> {
        self.times.as_ref()?.get(version).copied()
    }

    /// Whether the ages of versions matter and are not in the document.
    pub(crate) fn lacks_times(&self, cutoff: Option<i64>) -> bool {
        let Some(cutoff) = cutoff else {
            return false;
        };
        self.times.is_none() && self.modified.is_none_or(|modified| modified > cutoff)
    }
}
