//! What packages say of themselves: `package.json`, names, specifiers, packuments, integrity and
//! `.npmrc`. Everything here is a plain function over text: no disk, no network, no clock.

mod credentials;
mod document;
mod editor;
mod fragments;
mod git;
mod integrity;
mod manifest;
mod name;
mod nearest;
mod npmrc;
mod package_argument;
mod package_version;
mod packument;
mod packument_cache;
mod relative_path;
mod specifier;
mod yaml;

pub use credentials::without_credentials;
pub use editor::ManifestEditor;
pub use fragments::FragmentSource;
pub use git::{CommitHash, GitAddress, GitSource, GitSourceError, GitSpecifier, GitWanted};
pub use integrity::{Algorithm, Digest, Integrity, IntegrityError};
pub use manifest::{Manifest, ManifestError};
pub use name::{NameError, PackageName};
pub use nearest::{edit_distance, nearest};
pub use npmrc::{
    AddressTls, ConfigLayer, ConfigSource, DeclaredFile, NETWORK_KEYS, NpmrcError, Pem,
    RegistryConfig, RegistryUrl, RegistryUrlError, credential_key, expand, parse_ini,
};
pub use package_argument::{ArgumentError, PackageArgument};
pub use package_version::{Dist, Engines, PackageVersion, PeerMeta, Platform};
pub use packument::{Packument, PackumentBytes, PackumentError, parse_time};
pub use relative_path::{RelativePath, RelativePathError};
pub use semver::Version;
pub use specifier::{DistTag, Specifier, SpecifierError};
pub use yaml::{YamlDocument, YamlError, parse_yaml};
