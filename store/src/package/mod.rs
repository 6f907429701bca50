//! What the store needs to know of a package's own `package.json`.

mod bins;
mod package_json;
mod scripts;

pub(crate) use bins::find_bins;
pub(crate) use package_json::{PackageJson, parse_package_json};
pub(crate) use scripts::{InstallScripts, find_install_scripts};
