//! Which version a specifier installs, by pnpm's rule: `latest` where it satisfies the range, else the
//! highest; a deprecated version only where nothing else satisfies; none younger than the cut-off.

use std::sync::Arc;

use miette::Diagnostic;
use pkg_range::{Prereleases, Range, Version};
use thiserror::Error;

use crate::{DistTag, PackageName, PackageVersion, Packument, PackumentError, Specifier};

/// What a choice depends on, besides packument and specifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PickOptions {
    /// Only versions that were published by then, in seconds since 1970.
    pub before: Option<i64>,
}

/// Why no version could be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Error, Diagnostic)]
pub enum PickError {
    /// Nothing that is published matches.
    #[error("no version of `{name}` matches `{}`", wanted.escape_debug())]
    #[diagnostic(code(ERR_PKG_NO_MATCHING_VERSION))]
    NoMatch {
        /// The package.
        name: PackageName,
        /// The range or tag.
        wanted: String,
        /// Up to five published versions: of the same major first, then the highest; and the tags.
        #[help]
        published: String,
    },
    /// The package has no versions.
    #[error("`{name}` has no versions")]
    #[diagnostic(code(ERR_PKG_NO_VERSIONS))]
    NoVersions {
        /// The package.
        name: PackageName,
    },
    /// All that matches is too young.
    #[error("every version of `{name}` that matches `{}` is younger than the minimum release age", wanted.escape_debug())]
    #[diagnostic(
        code(ERR_PKG_TOO_YOUNG),
        help(
            "wait, ask for an older version, or add the package to `minimum-release-age-exclude`"
        )
    )]
    TooYoung {
        /// The package.
        name: PackageName,
        /// The range or tag.
        wanted: String,
    },
    /// The version that was chosen is unusable.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Packument(#[from] PackumentError),
}

/// Chooses the version that `specifier` installs; of a specifier that is no registry's, any version.
///
/// # Errors
/// See [`PickError`].
pub fn pick(
    packument: &Packument,
    specifier: &Specifier,
    options: PickOptions,
) -> Result<Arc<PackageVersion>, PickError> {
    if packument.versions().len() == 0 {
        return Err(PickError::NoVersions {
            name: packument.name().clone(),
        });
    }
    let choice = Choice {
        packument,
        before: options.before,
    };
    let wanted;
    let found = match specifier {
        Specifier::Range(range) => {
            wanted = range_text(range);
            choice.of_range(range)
        }
        Specifier::Tag(tag) => {
            wanted = tag.to_string();
            choice.of_tag(tag)
        }
        Specifier::Alias { specifier, .. } => return pick(packument, specifier, options),
        _ => {
            wanted = "*".to_owned();
            choice.of_range(&Range::any())
        }
    };
    if let Some(version) = found {
        return packument
            .version(version)?
            .ok_or_else(|| choice.no_match(&wanted));
    }
    let anytime = Choice {
        packument,
        before: None,
    };
    let exists = match specifier {
        Specifier::Range(range) => anytime.of_range(range).is_some(),
        Specifier::Tag(tag) => anytime.of_tag(tag).is_some(),
        _ => false,
    };
    Err(if exists {
        PickError::TooYoung {
            name: packument.name().clone(),
            wanted,
        }
    } else {
        choice.no_match(&wanted)
    })
}

/// The range as people write it.
fn range_text(range: &Range) -> String {
    if range.is_any() {
        "*".to_owned()
    } else {
        range.to_string()
    }
}

struct Choice<'p> {
    packument: &'p Packument,
    before: Option<i64>,
}

impl<'p> Choice<'p> {
    /// Whether a version is old enough; of one whose age is unknown, only where the whole package is.
    fn is_mature(&self, version: &Version) -> bool {
        let Some(before) = self.before else {
            return true;
        };
        match self.packument.published(version) {
            Some(published) => published <= before,
            None => self
                .packument
                .modified()
                .is_some_and(|modified| modified <= before),
        }
    }

    fn of_range(&self, range: &Range) -> Option<&'p Version> {
        let latest = self.packument.dist_tags().get("latest");
        let latest = latest
            .and_then(|version| self.packument.entry(version))
            .map(|entry| &entry.version);
        let latest = latest.filter(|version| {
            let matches = range.is_any() || range.contains(version, Prereleases::Gated);
            matches && self.is_mature(version)
        });
        if let Some(latest) = latest.filter(|version| !self.packument.is_deprecated(version)) {
            return Some(latest);
        }
        let mut deprecated = None;
        for version in self.packument.versions().rev() {
            if !range.contains(version, Prereleases::Gated) || !self.is_mature(version) {
                continue;
            }
            if !self.packument.is_deprecated(version) {
                return Some(version);
            }
            deprecated = deprecated.or(Some(version));
        }
        latest
            .or(deprecated)
            .or_else(|| self.prerelease_of_any(range))
    }

    /// `*` of a package whose mature versions are all prereleases: its highest one.
    fn prerelease_of_any(&self, range: &Range) -> Option<&'p Version> {
        let has_latest = self.packument.dist_tags().contains_key("latest");
        if !range.is_any() || !has_latest {
            return None;
        }
        self.packument
            .versions()
            .rev()
            .find(|version| self.is_mature(version))
    }

    /// The tag's version; where that is too young, the highest before it, of the same major at best.
    fn of_tag(&self, tag: &DistTag) -> Option<&'p Version> {
        let tagged = self.packument.dist_tags().get(tag.as_str())?;
        let tagged = &self.packument.entry(tagged)?.version;
        if self.is_mature(tagged) {
            return Some(tagged);
        }
        let older = || {
            self.packument.versions().rev().filter(|version| {
                *version < tagged
                    && (version.pre.is_empty() || !tagged.pre.is_empty())
                    && self.is_mature(version)
            })
        };
        older()
            .find(|version| version.major == tagged.major)
            .or_else(|| older().next())
    }

    fn no_match(&self, wanted: &str) -> PickError {
        let major = wanted
            .split(|c: char| !c.is_ascii_digit())
            .find(|part| !part.is_empty());
        let major = major.and_then(|major| major.parse::<u64>().ok());
        let all: Vec<_> = self.packument.versions().rev().collect();
        let near = all.iter().filter(|version| Some(version.major) == major);
        let rest = all.iter().filter(|version| Some(version.major) != major);
        let shown: Vec<_> = near.chain(rest).take(5).map(ToString::to_string).collect();
        let more = all.len().saturating_sub(shown.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let tags: Vec<_> = self
            .packument
            .dist_tags()
            .iter()
            .map(|(tag, version)| format!("{}: {version}", tag.escape_debug()))
            .collect();
        PickError::NoMatch {
            name: self.packument.name().clone(),
            wanted: wanted.to_owned(),
            published: format!(
                "published are {}{more} ({})",
                shown.join(", "),
                tags.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packument(tags: &str, versions: &[(&str, &str)]) -> Packument {
        let versions: Vec<_> = versions
            .iter()
            .map(|(version, more)| {
                let tarball = "https://registry.example.test/a/-/a.tgz";
                format!(
                    r#""{version}":{{"name":"a","version":"{version}","dist":{{"tarball":"{tarball}"}}{more}}}"#
                )
            })
            .collect();
        let json = format!(
            r#"{{"name":"a","dist-tags":{{{tags}}},"time":{{"1.0.0":"2020-01-01T00:00:00.000Z","2.0.0":"2026-01-01T00:00:00.000Z"}},"versions":{{{}}}}}"#,
            versions.join(",")
        );
        Packument::parse(json.into_bytes()).unwrap()
    }

    fn picked(
        packument: &Packument,
        wanted: &str,
        before: Option<i64>,
    ) -> Result<String, PickError> {
        let specifier = Specifier::parse(wanted).unwrap();
        pick(packument, &specifier, PickOptions { before }).map(|found| found.version.to_string())
    }

    const DEPRECATED: &str = r#","deprecated":"old""#;

    #[test]
    fn latest_wins_over_a_higher_match_and_the_highest_wins_else() {
        let found = packument(
            r#""latest":"1.1.0""#,
            &[("1.0.0", ""), ("1.1.0", ""), ("1.2.0", ""), ("2.0.0", "")],
        );
        assert_eq!(picked(&found, ">=1", None).unwrap(), "1.1.0");
        assert_eq!(picked(&found, "^2", None).unwrap(), "2.0.0");
        assert_eq!(picked(&found, "latest", None).unwrap(), "1.1.0");
    }

    #[test]
    fn a_deprecated_version_is_taken_only_when_nothing_else_matches() {
        let versions = [("1.0.0", ""), ("1.1.0", DEPRECATED), ("2.0.0", DEPRECATED)];
        let found = packument(r#""latest":"1.1.0""#, &versions);
        assert_eq!(picked(&found, "^1", None).unwrap(), "1.0.0");
        assert_eq!(picked(&found, "^2", None).unwrap(), "2.0.0");
    }

    #[test]
    fn young_versions_give_way_to_older_ones_and_a_young_pin_is_an_error() {
        let found = packument(r#""latest":"2.0.0""#, &[("1.0.0", ""), ("2.0.0", "")]);
        let before = parse("2025-01-01T00:00:00Z");
        assert_eq!(picked(&found, "*", before).unwrap(), "1.0.0");
        assert_eq!(picked(&found, "latest", before).unwrap(), "1.0.0");
        assert!(matches!(
            picked(&found, "2.0.0", before),
            Err(PickError::TooYoung { .. })
        ));
    }

    fn parse(time: &str) -> Option<i64> {
        crate::parse_time(time)
    }

    #[test]
    fn what_does_not_exist_is_answered_with_what_does() {
        let found = packument(r#""latest":"1.1.0""#, &[("1.0.0", ""), ("1.1.0", "")]);
        let error = picked(&found, "^9.0.0", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no version of `a` matches `>=9.0.0 <10.0.0-0`"
        );
        let help = error.help().unwrap().to_string();
        assert_eq!(help, "published are 1.1.0, 1.0.0 (latest: 1.1.0)");
    }

    #[test]
    fn the_cache_gives_back_what_was_put_in() {
        let found = packument(
            r#""latest":"1.0.0""#,
            &[("1.0.0", DEPRECATED), ("2.0.0-rc.1", "")],
        );
        let bytes = found.to_cache_bytes();
        let read = Packument::from_cache_bytes(bytes.clone()).unwrap();
        assert_eq!(read.dist_tags(), found.dist_tags());
        for version in found.versions() {
            assert_eq!(
                read.version(version).unwrap(),
                found.version(version).unwrap()
            );
            assert_eq!(read.published(version), found.published(version));
            assert_eq!(read.is_deprecated(version), found.is_deprecated(version));
        }
        assert_eq!(read.to_cache_bytes(), bytes);
        assert!(Packument::from_cache_bytes(bytes[..bytes.len() - 1].to_vec()).is_none());
    }

    #[test]
    fn damage_in_the_cache_is_never_believed() {
        let found = packument(
            r#""latest":"1.0.0""#,
            &[("1.0.0", DEPRECATED), ("2.0.0", "")],
        );
        let bytes = found.to_cache_bytes();
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            let Some(read) = Packument::from_cache_bytes(broken) else {
                continue;
            };
            let is_found = |version: &Version| read.version(version).is_err();
            assert_eq!(
                read.versions().filter(|version| is_found(version)).count(),
                1
            );
            assert_eq!(read.to_cache_bytes().len(), bytes.len());
        }
    }

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(parse("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(parse("2026-11-25T05:06:45.123Z"), Some(1_795_583_205));
        assert_eq!(parse("2000-02-29T12:00:00Z"), Some(951_825_600));
        assert_eq!(parse("yesterday"), None);
    }

    #[test]
    fn a_version_whose_document_says_another_is_unusable() {
        let json =
            r#"{"name":"a","versions":{"1.0.0":{"version":"2.0.0","dist":{}},"../../x":{}}}"#;
        let found = Packument::parse(json.as_bytes().to_vec()).unwrap();
        assert_eq!(found.versions().len(), 1);
        let error = found.version(&Version::new(1, 0, 0)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a@1.0.0` cannot be used: its document says version `2.0.0`"
        );
    }
}
