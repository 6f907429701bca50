//! Which version a specifier installs.
//!
//! A pick is a function of the specifier, the packument, the lockfile and the specifiers of the
//! projects, and of nothing that was picked before: so the order of answers cannot matter.

use std::{cmp::Ordering, sync::Arc};

use pkg_manifest::{PackageName, PackageVersion, Packument, Version};
use pkg_range::{Prereleases, compare};

use crate::{error::Failure, specifier::Selector};

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
    let known = packument
        .versions()
        .find(|version| compare(version, wanted).is_eq());
    match known {
        Some(version) if is_mature(context, packument, version) => {
            document(context, packument, version)
        }
        Some(version) => Err(too_young(context, vec![version])),
        None => Err(no_match(context, packument, wanted)),
    }
}

/// A tag whose version is too young stands for the highest older version of its kind.
fn pick_tag(
    context: &PickContext<'_>,
    packument: &Packument,
    tag: &str,
) -> Result<Arc<PackageVersion>, Failure> {
    let tagged = packument.dist_tags().get(tag);
    let known = tagged.filter(|tagged| {
        packument
            .versions()
            .any(|known| compare(known, tagged).is_eq())
    });
    let Some(tagged) = known else {
        return Err(no_match(context, packument, &Version::new(u64::MAX, 0, 0)));
    };
    if is_mature(context, packument, tagged) {
        return document(context, packument, tagged);
    }
    let older = packument.versions().filter(|version| {
        compare(version, tagged).is_lt()
            && (version.pre.is_empty() || !tagged.pre.is_empty())
            && is_mature(context, packument, version)
    });
    let rank = |version: &Version| {
        let is_live = !packument.is_deprecated(version);
        (version.major == tagged.major, is_live)
    };
    let best = older.max_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| compare(a, b)));
    match best {
        Some(version) => document(context, packument, version),
        None => Err(too_young(context, vec![tagged])),
    }
}

fn pick_range(
    context: &PickContext<'_>,
    packument: &Packument,
    selector: &Selector,
) -> Result<Arc<PackageVersion>, Failure> {
    let latest = packument.dist_tags().get(context.default_tag);
    let is_latest =
        |version: &Version| latest.is_some_and(|latest| compare(latest, version).is_eq());
    let is_any = selector.is_any();
    let matching: Vec<&Version> = packument
        .versions()
        .filter(|version| selector.contains(version) || is_any && is_latest(version))
        .collect();
    let mature = matching.iter().copied();
    let mature = mature.filter(|version| is_mature(context, packument, version));
    let best = mature
        .map(|version| {
            let is_live = !packument.is_deprecated(version);
            let any = context.direct.iter().filter(|selector| {
                selector.is_any() && is_latest(version) && !selector.contains(version)
            });
            (
                weight(context.direct, version) + any.count(),
                is_live,
                is_latest(version),
                version,
            )
        })
        .max_by(|a, b| {
            let by_rank = (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2));
            by_rank.then_with(|| compare(a.3, b.3))
        });
    if let Some((.., version)) = best {
        return document(context, packument, version);
    }
    if matching.is_empty() {
        let wanted = lowest(selector).unwrap_or(Version::new(u64::MAX, 0, 0));
        return Err(no_match(context, packument, &wanted));
    }
    Err(too_young(context, matching))
}

/// What the packument says of a version that it has.
fn document(
    context: &PickContext<'_>,
    packument: &Packument,
    version: &Version,
) -> Result<Arc<PackageVersion>, Failure> {
    match packument.version(version) {
        Ok(Some(version)) => Ok(version),
        Ok(None) => Err(no_match(context, packument, version)),
        Err(error) => Err(Failure::Unusable {
            reason: error.to_string(),
        }),
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
    let mut versions: Vec<&Version> = packument.versions().collect();
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
