//! The layout without folders: a map that tells Node.js where each package is.

use pkg_lockfile::Lockfile;

use super::{fetch::Downloads, link::Linked, session::Session};
use crate::InstallError;

/// Installs in this layout.
#[expect(clippy::unused_async, reason = "what it will do awaits downloads")]
pub(super) async fn install_map<'s>(
    _session: &'s Session<'_>,
    _lockfile: &Lockfile,
    _downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    Err(InstallError::NotYet {
        what: "the layout `pnp`",
    })
}
