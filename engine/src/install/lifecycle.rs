//! The project's own scripts around an install, in npm's order.

use std::path::Path;

use pkg_fs::{Folder, FsError, Ownership};

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

/// Refuses to run the scripts of somebody's project as root, who did not write them. In CI, where whoever started the machine
/// is root and everybody else, they run.
pub(super) fn check_owner(session: &Session<'_>) -> Result<(), InstallError> {
    let Some(Ownership { user, .. }) = session.owner.filter(|_| !session.host.is_ci()) else {
        return Ok(());
    };
    let all = std::iter::once("preinstall").chain(AFTER);
    match all.into_iter().find(|name| session.runs(name)) {
        Some(script) => Err(InstallError::AsRoot {
            owner: user,
            script: script.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Gives what an install made to the owner of the project, where root made it.
pub(super) fn give_back(root: &Path, owner: Ownership) -> Result<(), FsError> {
    const MADE: [&str; 5] = [
        "node_modules",
        ".pkg",
        ".pnp.cjs",
        ".pnp.data.json",
        ".pnp.loader.mjs",
    ];
    let folder = Folder::open(root)?;
    MADE.iter()
        .try_for_each(|name| folder.give(name.as_ref(), owner))
}

/// Runs the project's scripts that follow an install.
pub(super) fn run_root_scripts(session: &Session<'_>) -> Result<(), InstallError> {
    for name in AFTER {
        if session.options.dev || !FOR_DEVELOPERS.contains(&name) {
            session.run_script(name)?;
        }
    }
    Ok(())
}
