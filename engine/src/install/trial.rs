//! A resolution in memory, for questions: what would be installed, or why nothing can be. Nothing of the project is
//! written.

use pkg_lockfile::Lockfile;
use pkg_manifest::PackageName;
use pkg_resolver::{Asked, ResolveError, Update};

use super::{
    InstallOptions,
    fetch::Downloads,
    resolve::{answer_all, cutoff, is_younger_allowed, resolve_options, resolver, wanted},
    session::Session,
};
use crate::{Event, Host, InstallError, LoadedSettings, Project, Rebuild, Reporter};

/// How a resolution ended.
pub(crate) enum Trial {
    /// The lockfile holds for what the manifests ask for.
    Holds(Lockfile),
    /// There is none, or it does not hold; this is what an install would write.
    Resolved(Lockfile),
    /// Something cannot be had. Who asks for the packages in question, as far as the graph is known.
    Failed {
        error: Box<ResolveError>,
        asked: Vec<Asked>,
    },
}

/// Nobody watches a question.
struct Unheard;

impl Reporter for Unheard {
    fn report(&self, _: Event) {}
}

/// Finds the graph of a project: its lockfile where that holds, else by resolving.
///
/// # Errors
/// As an install, but for what cannot be had: that is an answer.
pub(crate) async fn try_to_resolve(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    is_wanted: &dyn Fn(&PackageName) -> bool,
) -> Result<Trial, InstallError> {
    let options = options();
    let session = Session::open(project, settings, host, &options, &Unheard)?;
    let found = project.read_lockfile(false)?;
    let rules = resolve_options(settings, host);
    let previous = match found {
        Some(found)
            if found
                .lockfile
                .check(&wanted(&session, &rules), rules.settings())
                .is_ok() =>
        {
            return Ok(Trial::Holds(found.lockfile));
        }
        found => found.map(|found| found.lockfile),
    };
    loop {
        let before = cutoff(&session);
        let mut resolver = resolver(&session, previous.as_ref());
        answer_all(&session, &mut resolver, &mut Downloads::default()).await?;
        if is_younger_allowed(before, cutoff(&session)) {
            continue;
        }
        let asked = resolver.asked(is_wanted);
        match resolver.finish() {
            Ok(resolved) => {
                let mut lockfile = resolved.lockfile;
                project.settle(&mut lockfile);
                return Ok(Trial::Resolved(lockfile));
            }
            // A version may have been published since the cache was written.
            Err(error) if error.is_unknown_version() && session.registry.distrust_cache() => {}
            Err(error) => {
                let error = Box::new(error);
                return Ok(Trial::Failed { error, asked });
            }
        }
    }
}

/// An install of everything that writes nothing.
fn options() -> InstallOptions {
    InstallOptions {
        prod: true,
        dev: true,
        optional: true,
        lockfile_only: true,
        dry_run: true,
        force: false,
        fix_lockfile: false,
        update: Update::Nothing,
        is_change: false,
        rebuild: Rebuild::Nothing,
        request: Vec::new(),
    }
}
