//! Whether a tarball is where its registry has it: a lockfile that was tampered with may name any host, with the hash of
//! what that one serves.

use pkg_manifest::Dist;
use pkg_registry::Detail;

use super::{fetch::Wanted, session::Session};
use crate::InstallError;

/// Asks the registry about a package that a lockfile has somewhere else than at the registry. The place is right when the
/// registry names it too, or has the same hash for the package; the usual places need no question.
///
/// # Errors
/// [`InstallError::ForeignTarball`] where the registry knows nothing of it.
pub(super) async fn check_place(
    session: &Session<'_>,
    wanted: &Wanted,
    dist: &Dist,
) -> Result<(), InstallError> {
    let (Some(name), Some(version)) = (&wanted.name, &wanted.version) else {
        return Ok(());
    };
    let registry = session.settings.registry_url(name);
    let is_usual = registry.is_some_and(|registry| {
        registry.origin() == dist.tarball.origin() && registry.scheme() == dist.tarball.scheme()
    });
    if is_usual {
        return Ok(());
    }
    let packument = session
        .registry
        .packument(name, Detail::Abbreviated)
        .await?;
    let published = packument.version(version).ok().flatten();
    let is_known = published
        .as_ref()
        .and_then(|published| published.dist.as_ref())
        .is_some_and(|published| match (&published.integrity, &dist.integrity) {
            (Some(published), Some(locked)) if published.algorithm() == locked.algorithm() => {
                published == locked
            }
            (Some(_) | None, _) => published.tarball == dist.tarball,
        });
    if is_known {
        return Ok(());
    }
    Err(InstallError::ForeignTarball {
        package: wanted.id.to_string(),
        host: dist.tarball.host_str().unwrap_or_default().to_owned(),
    })
}
