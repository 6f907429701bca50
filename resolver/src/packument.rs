//! The versions of one package, as the resolver looks at them.

use std::{collections::BTreeMap, sync::Arc};

use pkg_manifest::{PackageName, PackageVersion, Version};
use pkg_range::compare;

/// All versions of one package.
#[derive(Debug, Clone)]
pub struct Packument {
    pub name: PackageName,
    pub versions: Vec<Arc<PackageVersion>>,
    pub tags: BTreeMap<String, Version>,
    pub times: Option<BTreeMap<Version, i64>>,
    pub modified: Option<i64>,
}

impl Packument {
    pub fn name(&self) -> &PackageName {
        &self.name
    }

    pub fn dist_tags(&self) -> &BTreeMap<String, Version> {
        &self.tags
    }

    pub fn versions(&self) -> impl DoubleEndedIterator<Item = &Version> + ExactSizeIterator {
        self.versions.iter().map(|version| &version.version)
    }

    pub fn published(&self, version: &Version) -> Option<i64> {
        self.times.as_ref()?.get(version).copied()
    }

    pub fn lacks_times(&self, before: i64) -> bool {
        self.times.is_none() && self.modified.is_none_or(|modified| modified > before)
    }

    pub fn is_deprecated(&self, version: &Version) -> bool {
        let found = self.version(version).ok().flatten();
        found.is_some_and(|found| found.deprecated.is_some())
    }

    pub fn version(&self, version: &Version) -> Result<Option<Arc<PackageVersion>>, String> {
        let mut versions = self.versions.iter();
        let found = versions.find(|found| compare(&found.version, version).is_eq());
        Ok(found.cloned())
    }
}
