//! What packages say of themselves: `package.json`, names, specifiers, packuments, integrity and
//! `.npmrc`. Everything here is a plain function over text: no disk, no network, no clock.

mod integrity;
mod name;
mod package_version;
mod relative_path;

pub use integrity::{Algorithm, Digest, Integrity, IntegrityError};
pub use name::{NameError, PackageName};
pub use package_version::{Dist, Engines, PackageVersion, PeerMeta, Platform};
pub use relative_path::{RelativePath, RelativePathError};
pub use semver::Version;
