//! The project's own scripts around an install, in npm's order.

use super::session::Session;
use crate::InstallError;

/// After linking. `preinstall` ran before resolution.
const AFTER: [&str; 6] = [
    "install",
    "postinstall",
    "prepublish",
    "preprepare",
    "prepare",
    "postprepare",
];
/// What prepares a project for its developers, which an install for production leaves out.
const FOR_DEVELOPERS: [&str; 4] = ["prepublish", "preprepare", "prepare", "postprepare"];

/// Runs the project's scripts that follow an install.
pub(super) fn run_root_scripts(session: &Session<'_>) -> Result<(), InstallError> {
    for name in AFTER {
        if session.options.dev || !FOR_DEVELOPERS.contains(&name) {
            session.run_script(name)?;
        }
    }
    Ok(())
}
