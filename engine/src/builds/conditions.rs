//! How much of the jail there is to be.

use super::{error::BuildError, run::Building};
use crate::{
    Sandbox, Warning,
    jail::{Confinement, has_landlock},
};

/// How much of the jail there is to be, and a word to the user where that is not all.
pub(super) fn confinement(
    building: &Building<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Confinement, BuildError> {
    let is_hidden =
        cfg!(debug_assertions) && building.host.variable("PKG_TEST_NO_LANDLOCK").is_some();
    let is_there = has_landlock() && !is_hidden;
    let reason = "this kernel has no Landlock, or it is turned off";
    match building.settings.sandbox {
        Sandbox::Off => Ok(Confinement::Off),
        Sandbox::Auto | Sandbox::Required if is_there => Ok(Confinement::Full),
        Sandbox::Required => Err(BuildError::NoSandbox { reason }),
        Sandbox::Auto => {
            let message = format!(
                "{reason}: scripts of packages run with a clean environment and no network, but can reach your files; \
                 `sandbox=required` refuses that"
            );
            warnings.push(Warning::new("WARN_PKG_NO_SANDBOX", message));
            Ok(Confinement::Calls)
        }
    }
}
