//! What a package says of itself, once it is known to be the expected one.

use pkg_manifest::{Digest, PackageName, Version};

use crate::archive::{ArchiveError, FileMap, Manifest, escape};
use crate::error::StoreError;
use crate::expected::{Expected, check_identity, parse_version};
use crate::import::ImportWarning;
use crate::limits::MAX_PACKAGE_JSON;
use crate::package::{
    InstallScripts, PackageJson, find_bins, find_install_scripts, parse_package_json,
};
use crate::package_files::StoredBin;

/// What a package says of itself.
pub(crate) struct PackageFacts {
    pub(crate) name: Option<PackageName>,
    pub(crate) version: Option<Version>,
    pub(crate) bins: Vec<StoredBin>,
    pub(crate) install_scripts: Option<Digest>,
    /// Names that it asks for; sorted, each once.
    pub(crate) dependencies: Vec<String>,
}

impl PackageFacts {
    pub(crate) fn read<C: Copy>(
        map: &FileMap<C>,
        expected: &Expected,
        warnings: &mut Vec<ImportWarning>,
    ) -> Result<Self, StoreError> {
        let package = match map.manifest() {
            Manifest::Read(bytes) => parse_package_json(bytes),
            Manifest::TooLarge => Err(format!("it is larger than {MAX_PACKAGE_JSON} bytes")),
            Manifest::Missing => {
                warnings.push(ImportWarning::NoPackageJson);
                Ok(PackageJson::default())
            }
        };
        let package = package
            .map_err(|reason| ArchiveError::PackageJson(escape(reason.as_bytes())))
            .map_err(|error| error.of_package(&expected.label()))?;
        let (name, version) = identity(&package, expected)?;
        let (bins, refused) = find_bins(&package, map.files().map(|file| file.path));
        for name in refused {
            warnings.push(ImportWarning::RefusedBin {
                name: escape(name.as_bytes()),
            });
        }
        let mut stored_bins = Vec::with_capacity(bins.len());
        for bin in bins {
            match bin.path.parse() {
                Ok(path) => stored_bins.push(StoredBin {
                    name: bin.name,
                    path,
                }),
                Err(_) => {
                    let name = escape(bin.name.as_bytes());
                    warnings.push(ImportWarning::RefusedBin { name });
                }
            }
        }
        let wanted = [&package.dependencies, &package.optional_dependencies];
        let mut dependencies: Vec<String> = wanted.into_iter().flatten().cloned().collect();
        dependencies.sort_unstable();
        dependencies.dedup();
        let has_gyp = map.has("binding.gyp");
        let install_scripts = match find_install_scripts(&package, has_gyp) {
            InstallScripts::None => None,
            InstallScripts::Some(hash) => Some(Digest(hash)),
        };
        Ok(Self {
            name,
            version,
            bins: stored_bins,
            install_scripts,
            dependencies,
        })
    }
}

/// The package's own name and version, once they are known to be the expected ones. What was expected is not
/// recorded: the index is a function of the tarball alone.
fn identity(
    package: &PackageJson,
    expected: &Expected,
) -> Result<(Option<PackageName>, Option<Version>), StoreError> {
    let version = package.version.as_deref().map(parse_version);
    if let (Some(None), Some(_)) = (&version, &expected.version) {
        let text = package.version.as_deref().unwrap_or_default();
        let found = format!("version `{}`", escape(text.as_bytes()));
        return Err(StoreError::ManifestMismatch {
            package: expected.label(),
            found,
        });
    }
    let version = version.flatten();
    check_identity(expected, package.name.as_deref(), version.as_ref())?;
    let name = package.name.as_deref().and_then(|name| name.parse().ok());
    Ok((name, version))
}
