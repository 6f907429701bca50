//! Which version a specifier installs.
//!
//! A pick is a function of the specifier, the packument, the lockfile and the specifiers of the
//! projects, and of nothing that was picked before: so the order of answers cannot matter.

use std::sync::Arc;

use pkg_manifest::{PackageName, PackageVersion, Packument, Version, nearest};
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
    /// What is made of versions of which nobody knows when they were published.
    pub(crate) undated: Undated,
    /// Versions that are taken before all others, whatever their age.
    pub(crate) preferred: &'c [Version],
}

impl PickContext<'_> {
    /// Whether a version is taken before all others.
    pub(crate) fn is_preferred(&self, version: &Version) -> bool {
        let mut preferred = self.preferred.iter();
        preferred.any(|preferred| compare(preferred, version).is_eq())
    }
}

/// What a version without a date of publishing counts as, where versions must have an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undated {
    /// Old enough: it lies in a folder of the user's.
    Old,
    /// Too young, as far as anybody knows.
    Refused,
}

/// How many versions an error lists.
const SHOWN: usize = 5;

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
/// Of the versions in range those that are preferred, if there are any; of these those that fit most of
/// the projects' own specifiers; of these `latest` if it is among them, else the highest that is not deprecated, else the highest.
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
        Some(version) => Err(too_young(context, packument, vec![version])),
        None => Err(no_match(context, packument, Some(wanted))),
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
        return Err(no_match(context, packument, None));
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
        None => Err(too_young(context, packument, vec![tagged])),
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
    let has_preferred = matching.iter().any(|version| context.is_preferred(version));
    let candidates = matching.iter().copied();
    let candidates = candidates.filter(|version| match has_preferred {
        true => context.is_preferred(version),
        false => is_mature(context, packument, version),
    });
    let best = candidates
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
        return Err(no_match(context, packument, Some(&wanted)));
    }
    Err(too_young(context, packument, matching))
}

/// What the packument says of a version that it has.
fn document(
    context: &PickContext<'_>,
    packument: &Packument,
    version: &Version,
) -> Result<Arc<PackageVersion>, Failure> {
    match packument.version(version) {
        Ok(Some(version)) => Ok(version),
        Ok(None) => Err(no_match(context, packument, Some(version))),
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

/// Whether a version is old enough. One without a date is as old as the whole packument at least.
fn is_mature(context: &PickContext<'_>, packument: &Packument, version: &Version) -> bool {
    let Some(cutoff) = context.cutoff else {
        return true;
    };
    match packument.published(version).or(packument.modified()) {
        Some(published) => published <= cutoff,
        None => context.undated == Undated::Old,
    }
}

/// Why none of the versions that match may be taken.
fn too_young(context: &PickContext<'_>, packument: &Packument, matching: Vec<&Version>) -> Failure {
    let is_dated = |version: &&Version| packument.published(version).is_some();
    let mut young: Vec<&Version> = matching.into_iter().filter(is_dated).collect();
    young.sort_by(|a, b| compare(b, a));
    let name = context.name.clone();
    let specifier = context.text.to_owned();
    if young.is_empty() {
        return Failure::Undated { name, specifier };
    }
    Failure::TooYoung {
        name,
        specifier,
        young: young.iter().take(5).map(ToString::to_string).collect(),
    }
}

/// Says which versions there are: those nearest to `wanted`, or to a tag that does not exist those that
/// have tags.
fn no_match(context: &PickContext<'_>, packument: &Packument, wanted: Option<&Version>) -> Failure {
    let tags = packument.dist_tags();
    let tags_of = |version: &Version| -> Vec<&str> {
        let tags = tags.iter();
        let named = tags.filter(|(_, tagged)| compare(tagged, version).is_eq());
        named.map(|(tag, _)| tag.as_str()).collect()
    };
    let mut versions: Vec<&Version> = packument.versions().collect();
    versions.sort_by(|a, b| {
        let by_nearness = match wanted {
            Some(wanted) => distance(a, wanted).cmp(&distance(b, wanted)),
            None => tags_of(b).len().min(1).cmp(&tags_of(a).len().min(1)),
        };
        by_nearness.then_with(|| compare(b, a))
    });
    let shown = |version: &&Version| match tags_of(version).as_slice() {
        [] => version.to_string(),
        tags => format!("{version} ({})", tags.join(", ").escape_debug()),
    };
    let instead = match wanted {
        Some(_) => versions
            .iter()
            .find(|version| version.pre.is_empty())
            .or(versions.first())
            .map(|version| format!("^{version}")),
        None => nearest(context.text, tags.keys().map(String::as_str))
            .first()
            .map(|tag| (*tag).to_owned())
            .or_else(|| tags.contains_key("latest").then(|| "latest".to_owned())),
    };
    let name = context.name;
    let list = format!("list all with `pkg view {name} versions`");
    Failure::NoMatchingVersion {
        name: name.clone(),
        specifier: context.text.to_owned(),
        nearest: versions.iter().take(SHOWN).map(shown).collect(),
        more: versions.len().saturating_sub(SHOWN),
        advice: match instead {
            Some(instead) => format!("ask for `{}`, or {list}", instead.escape_debug()),
            None => list,
        },
    }
}

/// How far two versions are apart: a difference in the major version hides one in the minor.
fn distance(version: &Version, wanted: &Version) -> (u64, u64, u64) {
    let major = version.major.abs_diff(wanted.major);
    let minor = match major {
        0 => version.minor.abs_diff(wanted.minor),
        _ => 0,
    };
    let patch = match (major, minor) {
        (0, 0) => version.patch.abs_diff(wanted.patch),
        _ => 0,
    };
    (major, minor, patch)
}
