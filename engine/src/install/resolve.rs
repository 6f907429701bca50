//! From manifests to a lockfile: reuses the one that holds, else drives the resolver. The only loop where
//! async meets it.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use pkg_lockfile::{Lockfile, Package};
use pkg_registry::Detail;
use pkg_resolver::{Answer, Need, ResolveOptions, Resolver, Step};

use super::{fetch::Downloads, needs, session::Session};
use crate::{Event, Host, InstallError, Warning, project::FoundLockfile};

/// A lockfile that holds for the manifests, and how it came to be.
pub(super) struct Resolution {
    pub(super) lockfile: Lockfile,
    /// Whether the lockfile that was found was used as it is.
    pub(super) is_reused: bool,
}

/// Finds the lockfile to install.
pub(super) async fn resolve<'s>(
    session: &'s Session<'_>,
    found: Option<&FoundLockfile>,
    is_frozen: bool,
    downloads: &mut Downloads<'s>,
) -> Result<Resolution, InstallError> {
    if let Some(found) = found {
        match found.lockfile.check(&session.project.wanted()) {
            Ok(()) => {
                let lockfile = found.lockfile.clone();
                return Ok(Resolution { lockfile, is_reused: !found.was_conflicted });
            }
            Err(outdated) if is_frozen => return Err(outdated.into()),
            Err(_) => {}
        }
    }
    let previous = found.map(|found| &found.lockfile);
    let lockfile = drive(session, previous, downloads).await?;
    Ok(Resolution { lockfile, is_reused: false })
}

/// Asks what the resolver needs and tells it the answers, in whatever order they come; tarballs of picked
/// versions are fetched meanwhile.
async fn drive<'s>(
    session: &'s Session<'_>,
    previous: Option<&Lockfile>,
    downloads: &mut Downloads<'s>,
) -> Result<Lockfile, InstallError> {
    let wanted = session.project.wanted();
    let mut resolver = Resolver::new(&wanted, previous, options(session));
    let mut questions = FuturesUnordered::new();
    loop {
        while let Some(step) = resolver.step() {
            match step {
                Step::Need(need) => questions.push(needs::answer(session, need)),
                Step::Picked(picked) => {
                    session.reporter.report(Event::Resolved);
                    prefetch(session, &picked, downloads);
                }
            }
        }
        if questions.is_empty() {
            break;
        }
        tokio::select! {
            Some((need, answer)) = questions.next() => resolver.answer(&need, answer?)?,
            () = downloads.advance(), if downloads.is_busy() => {}
        }
    }
    let resolved = resolver.finish()?;
    for warning in resolved.warnings {
        session.warn(Warning::new(warning.code(), warning.to_string()));
    }
    Ok(resolved.lockfile)
}
