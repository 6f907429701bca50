//! From manifests to a lockfile: reuses the one that holds, else drives the resolver. The only loop where
//! async meets it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use pkg_lockfile::{ImporterId, Lockfile};
use pkg_manifest::PackageVersion;
use pkg_registry::Registry;
use pkg_resolver::{PeerIssues, Picked, ResolveOptions, Resolver, Step, Update};

use super::{
    fetch::{Downloads, Source, Wanted},
    link::linker_host,
    needs,
    session::Session,
};
use crate::{
    Event, Host, InstallError, LoadedSettings, Warning, node_version::node_version,
    project::FoundLockfile,
};

/// The most packages that are told one by one to want another Node.js.
const FEW_ENGINES: usize = 3;

/// A lockfile that holds for the manifests, and how it came to be.
pub(super) struct Resolved<'f> {
    pub(super) lockfile: Cow<'f, Lockfile>,
    /// Whether the lockfile that was found was used as it is.
    pub(super) is_reused: bool,
}

/// Finds the lockfile to install.
pub(super) async fn resolve<'f, 's>(
    session: &'s Session<'_>,
    found: Option<&'f FoundLockfile>,
    is_frozen: bool,
    downloads: &mut Downloads<'s>,
) -> Result<Resolved<'f>, InstallError> {
    if let Some(found) = found
        && session.options.update == Update::Nothing
        && session
            .project
            .change
            .as_ref()
            .is_none_or(|change| change.pins.is_empty())
    {
        let options = resolve_options(session.settings, session.host);
        match found
            .lockfile
            .check(&wanted(session, &options), options.settings())
        {
            Ok(()) => {
                let mut lockfile = Cow::Borrowed(&found.lockfile);
                if found.was_conflicted {
                    lockfile.to_mut().prune_unreachable();
                }
                return Ok(Resolved {
                    lockfile,
                    is_reused: !found.was_conflicted,
                });
            }
            Err(outdated) if is_frozen => {
                let help = session.frozen_help();
                return Err(InstallError::Outdated { outdated, help });
            }
            Err(_) => {}
        }
    }
    let previous = found.map(|found| &found.lockfile);
    let mut lockfile = drive(session, previous, downloads).await?;
    session.project.settle(&mut lockfile);
    Ok(Resolved {
        lockfile: Cow::Owned(lockfile),
        is_reused: false,
    })
}

/// What the manifests ask for, a project's own peers included where they are installed for it.
pub(super) fn wanted(
    session: &Session<'_>,
    options: &ResolveOptions,
) -> BTreeMap<ImporterId, pkg_lockfile::Wanted> {
    let projects = session.project.to_resolve();
    projects
        .iter()
        .map(|(id, project)| (id.clone(), project.wanted(options)))
        .collect()
}

/// Resolves; once more, with nothing of the cache believed, where a version is wanted that the cache does not know, and
/// once more by the registry's clock where this machine's turned out to be ahead of it.
async fn drive<'s>(
    session: &'s Session<'_>,
    previous: Option<&Lockfile>,
    downloads: &mut Downloads<'s>,
) -> Result<Lockfile, InstallError> {
    loop {
        let before = cutoff(session);
        let driven = drive_once(session, previous, downloads).await;
        if is_younger_allowed(before, cutoff(session)) {
            session.warn(clock_warning(session.registry.clock_ahead()));
            continue;
        }
        match driven {
            Err(InstallError::Resolve(error))
                if error.is_unknown_version() && session.registry.distrust_cache() => {}
            driven => return driven,
        }
    }
}

/// The time after which versions are too young, as far as clocks are known.
pub(super) fn cutoff(session: &Session<'_>) -> Option<i64> {
    session_options(session).published_before
}

/// Whether a resolution went by a cutoff that is clearly later than the one that is known now.
pub(super) fn is_younger_allowed(before: Option<i64>, now: Option<i64>) -> bool {
    const TOLERANCE: i64 = 60;
    matches!((before, now), (Some(before), Some(now)) if before - now > TOLERANCE)
}

fn clock_warning(ahead: u64) -> Warning {
    let (count, unit) = match ahead {
        0..7_200 => (ahead / 60, "minutes"),
        7_200..172_800 => (ahead / 3_600, "hours"),
        _ => (ahead / 86_400, "days"),
    };
    let message = format!(
        "this machine's clock is {count} {unit} ahead of the registry's: `minimum-release-age` goes by the registry's"
    );
    Warning::new("WARN_PKG_CLOCK", message)
}

/// Resolves, and says what is odd about the result.
async fn drive_once<'s>(
    session: &'s Session<'_>,
    previous: Option<&Lockfile>,
    downloads: &mut Downloads<'s>,
) -> Result<Lockfile, InstallError> {
    let mut resolver = resolver(session, previous);
    answer_all(session, &mut resolver, downloads).await?;
    let resolved = resolver.finish().map_err(|error| {
        let known = error
            .unknown_name()
            .map(|name| session.registry.known_names(name));
        error.with_known_names(&known.unwrap_or_default())
    })?;
    warn(session, resolved.warnings);
    let mut lockfile = resolved.lockfile;
    if let Some(previous) = previous {
        lockfile.carry_extra(previous);
    }
    Ok(lockfile)
}

/// A resolver for what the manifests ask for.
pub(super) fn resolver(session: &Session<'_>, previous: Option<&Lockfile>) -> Resolver {
    let mut options = session_options(session);
    options.update = session.options.update.clone();
    options.node_version = node_version(session.host, &session.settings.locations.cache);
    Resolver::new(&session.project.to_resolve(), previous, options)
}

/// Asks what the resolver needs and tells it the answers, in whatever order they come, until it needs nothing more;
/// tarballs of picked versions are fetched meanwhile.
pub(super) async fn answer_all<'s>(
    session: &'s Session<'_>,
    resolver: &mut Resolver,
    downloads: &mut Downloads<'s>,
) -> Result<(), InstallError> {
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
            return Ok(());
        }
        tokio::select! {
            Some((need, answer)) = questions.next() => resolver.answer(&need, answer?)?,
            _ = downloads.advance(), if downloads.is_busy() => {}
        }
    }
}

fn session_options(session: &Session<'_>) -> ResolveOptions {
    resolve_options_by(&session.registry, session.settings, session.host)
}

/// What settings and clocks say of a resolution: of this machine's clock and the registry's the one that is behind.
pub(crate) fn resolve_options_by(
    registry: &Registry,
    loaded: &LoadedSettings,
    host: &Host,
) -> ResolveOptions {
    let mut options = resolve_options(loaded, host);
    let ahead = i64::try_from(registry.clock_ahead()).unwrap_or(i64::MAX);
    options.published_before = options
        .published_before
        .map(|before| before.saturating_sub(ahead));
    options
}

/// What settings and this machine's clock say of a resolution.
pub(crate) fn resolve_options(loaded: &LoadedSettings, host: &Host) -> ResolveOptions {
    let settings = &loaded.settings;
    let age = i64::try_from(settings.minimum_release_age * 60).unwrap_or(i64::MAX);
    ResolveOptions {
        published_before: (age > 0).then(|| host.now.saturating_sub(age)),
        age_exempt: settings.minimum_release_age_exclude.clone(),
        auto_install_peers: settings.auto_install_peers,
        peer_issues: if settings.strict_peer_dependencies {
            PeerIssues::Refuse
        } else {
            PeerIssues::Warn
        },
        registries: loaded.registry_addresses(),
        ..ResolveOptions::default()
    }
}

/// Starts the download of a version that will most probably be installed, if it is for this machine.
fn prefetch<'s>(session: &'s Session<'_>, picked: &Picked, downloads: &mut Downloads<'s>) {
    if session.options.lockfile_only || session.options.dry_run {
        return;
    }
    let is_for_here = linker_host().accepts(&picked.platform);
    let Some(version) = picked.version.as_ref().filter(|_| is_for_here) else {
        return;
    };
    let Some(dist) = &version.dist else {
        return;
    };
    // A version without a hash is fetched by itself, to learn it.
    if dist.integrity.is_none() {
        return;
    }
    let wanted = Wanted {
        id: picked.id.clone(),
        name: Some(picked.id.name().clone()),
        version: picked.id.version().cloned(),
        integrity: dist.integrity.clone(),
        source: Source::Registry(Box::new(dist.clone())),
        dependencies: Some(dependencies(version)),
        is_damaged: false,
    };
    downloads.start(session, wanted);
}

/// The names that a version depends on by its registry; sorted, each once.
fn dependencies(version: &PackageVersion) -> Vec<String> {
    let names = version.dependencies.keys();
    let names: BTreeSet<_> = names.chain(version.optional_dependencies.keys()).collect();
    names.into_iter().map(ToString::to_string).collect()
}

/// The stable code of a warning of the resolver.
fn code(warning: &pkg_resolver::Warning) -> &'static str {
    if warning.is_about_peers() {
        "WARN_PKG_PEER"
    } else {
        "WARN_PKG_RESOLVE"
    }
}

/// Tells what a resolution found odd; of many packages that want another Node.js in one line.
fn warn(session: &Session<'_>, warnings: Vec<pkg_resolver::Warning>) {
    let is_of_engine =
        |warning: &pkg_resolver::Warning| matches!(warning, pkg_resolver::Warning::Engine { .. });
    let (engines, others): (Vec<_>, Vec<_>) = warnings.into_iter().partition(is_of_engine);
    let (told, summed_up) = match engines.len() {
        0..=FEW_ENGINES => (engines, None),
        _ => (Vec::new(), Some(sum_up_engines(&engines))),
    };
    for warning in others.iter().chain(&told) {
        session.warn(Warning::new(code(warning), warning.to_string()));
    }
    if let Some(text) = summed_up {
        session.warn(Warning::new("WARN_PKG_RESOLVE", text));
    }
}

/// One line for many packages that want another Node.js than there is.
fn sum_up_engines(engines: &[pkg_resolver::Warning]) -> String {
    let first: Vec<_> = engines
        .iter()
        .take(FEW_ENGINES)
        .map(ToString::to_string)
        .collect();
    format!(
        "{} packages want another Node.js than there is: {}, and {} more",
        engines.len(),
        first.join(", "),
        engines.len() - first.len()
    )
}

#[cfg(test)]
mod tests {
    use pkg_lockfile::PackageId;
    use pkg_manifest::{PackageName, Version};
    use pkg_resolver::Warning;

    use super::sum_up_engines;

    #[test]
    fn many_packages_that_want_another_node_are_one_line() {
        let name: PackageName = "tool".parse().unwrap();
        let warnings: Vec<Warning> = (1..=5)
            .map(|major| Warning::Engine {
                package: PackageId::registry(&name, &Version::new(major, 0, 0)),
                wanted: ">=22".to_owned(),
            })
            .collect();
        assert_eq!(
            sum_up_engines(&warnings),
            "5 packages want another Node.js than there is: tool@1.0.0 wants Node.js >=22, tool@2.0.0 wants Node.js >=22, \
             tool@3.0.0 wants Node.js >=22, and 2 more"
        );
    }
}
