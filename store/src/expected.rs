//! What the caller knows of a package before its bytes are opened.

use pkg_manifest::{Integrity, PackageName, Version};

use crate::archive::escape;
use crate::error::StoreError;

/// Which package is expected, by request or lockfile. What is `None` is not checked: for sources that define their
/// own name, and for those that a user has exempted.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The name that `package.json` must have.
    pub name: Option<PackageName>,
    /// The version that `package.json` must have; build metadata does not count.
    pub version: Option<Version>,
    /// The hashes of the tarball, of which the strongest must match.
    pub integrity: Option<Integrity>,
}

impl Expected {
    /// The package as messages name it.
    pub(crate) fn label(&self) -> String {
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => format!("{name}@{version}"),
            (Some(name), None) => name.to_string(),
            (None, Some(version)) => format!("package of version {version}"),
            (None, None) => "package".to_owned(),
        }
    }
}

/// Compares what a package calls itself with what was expected. What it does not say cannot differ.
pub(crate) fn check_identity(
    expected: &Expected,
    name: Option<&str>,
    version: Option<&Version>,
) -> Result<(), StoreError> {
    let is_name = match (&expected.name, name) {
        (Some(expected), Some(name)) => expected.as_str() == name,
        (Some(_) | None, _) => true,
    };
    let is_version = match (&expected.version, version) {
        (Some(expected), Some(version)) => expected.cmp_precedence(version).is_eq(),
        (Some(_) | None, _) => true,
    };
    if is_name && is_version {
        return Ok(());
    }
    let name = name.map_or_else(
        || "without a name".to_owned(),
        |name| escape(name.as_bytes()),
    );
    let version = version
        .map(|version| format!("@{version}"))
        .unwrap_or_default();
    let found = format!("{name}{version}");
    Err(StoreError::ManifestMismatch {
        package: expected.label(),
        found,
    })
}
