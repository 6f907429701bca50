//! The versions of one package, as the resolver looks at them.

use std::{collections::BTreeMap, sync::Arc};

use pkg_manifest::{PackageName, PackageVersion, Version};

/// All versions of one package.
#[derive(Debug, Clone)]
pub struct Packument {
    pub name: PackageName,
    pub versions: Vec<Arc<PackageVersion>>,
    /// Dist-tags and the versions that they stand for.
    pub tags: BTreeMap<String, Version>,
    /// When each version was published, in seconds since 1970, where the document tells it.
    pub times: Option<BTreeMap<Version, i64>>,
    /// When the document changed last.
    pub modified: Option<i64>,
}
