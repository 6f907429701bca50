//! `install`: from a manifest to a tree that runs. Reads as a page: load, resolve and fetch, plan, link,
//! write, report.

mod build;
mod fetch;
mod gate;
mod gather;
mod head_start;
mod lifecycle;
mod link;
mod needs;
mod note;
mod place;
mod pnp;
mod report;
mod resolve;
mod seal;
mod session;
mod shared;
mod takeover;
mod trash;
mod trial;
mod workshop;

use std::borrow::Cow;

use pkg_linker::Layout;
use pkg_lockfile::{Groups, Lockfile, Resolution};
use pkg_resolver::Update;

pub(crate) use self::resolve::{resolve_options, resolve_options_by};
use self::{fetch::Downloads, link::Linked, resolve::Resolved, session::Session};
pub(crate) use self::{
    gate::{check_links, check_repositories},
    gather::{Packages, expected, is_optional, without},
    link::{commands, plan_options, read_record},
    needs::path_on_disk,
    pnp::{Look, MapSources, plan_standing},
    shared::sharing,
    trial::{Trial, try_to_resolve},
};
pub use self::{
    report::{GraphChanges, InstallReport, Outcome},
    seal::{SEAL, seal_store},
    trash::{SWEEP, empty_trash},
};
use crate::{
    Host, InstallError, LoadedSettings, Project, Rebuild, Reporter, VirtualStore,
    project::{FoundLockfile, ProjectLock},
};

/// What one install is asked to do, besides what settings say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct InstallOptions {
    /// Install `dependencies`.
    pub prod: bool,
    /// Install `devDependencies`.
    pub dev: bool,
    /// Install `optionalDependencies`.
    pub optional: bool,
    /// Write the lockfile and nothing else.
    pub lockfile_only: bool,
    /// Write nothing.
    pub dry_run: bool,
    /// Build the tree anew.
    pub force: bool,
    /// Resolve anew what a damaged lockfile does not say.
    pub fix_lockfile: bool,
    /// Which packages may leave the versions of the lockfile.
    pub update: Update,
    /// Whether this install follows from a change of the manifest: the project's own scripts are then not run.
    pub is_change: bool,
    /// Packages whose scripts run again, although nothing asks for it.
    pub rebuild: Rebuild,
    /// Flags and environment that shape the tree, as the state records them.
    pub request: Vec<Vec<u8>>,
}

impl InstallOptions {
    fn groups(&self) -> Groups {
        Groups {
            prod: self.prod,
            dev: self.dev,
            optional: self.optional,
        }
    }
}

/// Installs a project.
///
/// # Errors
/// See [`InstallError`]. The old lockfile and the old tree are then as they were, or the next install
/// repairs the tree.
pub async fn install(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<InstallReport, InstallError> {
    let lock = lock(project, options, reporter)?;
    install_locked(lock, (project, settings), host, options, reporter).await
}

/// Waits until no other process works on the project, unless nothing is to be written.
pub(crate) fn lock(
    project: &Project,
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<Option<ProjectLock>, InstallError> {
    let lock = (!options.dry_run).then(|| project.lock(reporter));
    Ok(lock.transpose()?)
}

/// As [`install`], for those who have the project's lock.
pub(crate) async fn install_locked(
    lock: Option<ProjectLock>,
    (project, settings): (&Project, &LoadedSettings),
    host: &Host,
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<InstallReport, InstallError> {
    let result = match Session::open(project, settings, host, options, reporter) {
        Ok(session) => run_for_owner(&session).await,
        Err(error) => Err(error),
    };
    let is_without_tree = result.is_err() || options.lockfile_only;
    if let Some(lock) = lock.filter(|_| is_without_tree) {
        project.forget_lock(&lock);
    }
    result
}

/// As [`run`]; what it made is the owner's of the project, however it ended.
async fn run_for_owner(session: &Session<'_>) -> Result<InstallReport, InstallError> {
    lifecycle::check_owner(session)?;
    let result = run(session).await;
    if let Some(owner) = session.owner.filter(|_| !session.options.dry_run) {
        let given = lifecycle::give_back(&session.project.root, owner);
        // Of two failures the first is told.
        if result.is_ok() {
            given?;
        }
    }
    result
}

/// The stages of an install.
async fn run(session: &Session<'_>) -> Result<InstallReport, InstallError> {
    let (project, options) = (session.project, session.options);
    let found = project.read_lockfile(options.fix_lockfile)?;
    if let Some(found) = &found {
        check_links(&found.lockfile)?;
        check_repositories(&found.lockfile)?;
    }
    session.warn_of_foreign_lockfiles(found.is_none());
    let is_frozen = session.is_frozen(found.is_some());
    check_frozen(is_frozen, found.as_ref())?;
    session.run_script("preinstall")?;
    let mut downloads = Downloads::default();
    let resolved = resolve::resolve(session, found.as_ref(), is_frozen, &mut downloads).await?;
    if options.dry_run {
        return Ok(session.report(found.as_ref(), &resolved, None));
    }
    if options.lockfile_only {
        write_files(project, found.as_ref(), &resolved)?;
        return Ok(session.report(found.as_ref(), &resolved, None));
    }
    session.forget_state()?;
    let linked = lay_out_all(session, &resolved.lockfile, &mut downloads).await?;
    write_files(project, found.as_ref(), &resolved)?;
    build::check_reviewed(session, &linked)?;
    lifecycle::run_root_scripts(session)?;
    seal::hand_over_rest(session)?;
    let mut packages = resolved.lockfile.packages.values();
    let has_copies =
        packages.any(|package| matches!(package.resolution, Resolution::Directory { .. }));
    session.write_state(has_copies)?;
    let report = session.report(found.as_ref(), &resolved, Some(linked));
    let_go(resolved);
    let_go(found);
    Ok(report)
}

/// Leaves what an install worked with to the end of the process, which follows: to free a graph piece by piece would be waited
/// for.
fn let_go<T>(data: T) {
    std::mem::forget(data);
}

/// Lays the packages out and builds them; where an optional one cannot be built, again without it.
async fn lay_out_all<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    let mut lockfile = Cow::Borrowed(lockfile);
    loop {
        let linked = lay_out(session, &lockfile, downloads).await?;
        if linked.left_out.is_empty() {
            return Ok(linked);
        }
        for id in &linked.left_out {
            lockfile = Cow::Owned(without(&lockfile, id));
        }
    }
}

/// Brings the packages into the store, and lays them out as the settings say.
async fn lay_out<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    let settings = &session.settings.settings;
    match (settings.layout, settings.virtual_store) {
        (Layout::Pnp, _) => pnp::install_map(session, lockfile, downloads).await,
        (Layout::Isolated, VirtualStore::Shared) => {
            shared::install_links(session, lockfile, downloads).await
        }
        (Layout::Isolated, VirtualStore::Project) | (Layout::Flat | Layout::Nested, _) => {
            link::install_tree(session, lockfile, downloads).await
        }
    }
}

/// Refuses what a frozen install must not touch.
fn check_frozen(is_frozen: bool, found: Option<&FoundLockfile>) -> Result<(), InstallError> {
    match found {
        _ if !is_frozen => Ok(()),
        None => Err(InstallError::Frozen {
            message: "a frozen install needs a pkg.lock, and there is none",
        }),
        Some(found) if found.was_conflicted => Err(InstallError::Frozen {
            message: "pkg.lock holds the markers of an unfinished merge",
        }),
        Some(_) => Ok(()),
    }
}

/// Writes the lockfile where its text changed, and the manifest where it is to change: both, or none.
fn write_files(
    project: &Project,
    found: Option<&FoundLockfile>,
    resolved: &Resolved<'_>,
) -> Result<(), InstallError> {
    if let Some(change) = &project.change {
        change.check(&project.root)?;
    }
    let path = project.lockfile_path();
    // One that holds stays as it is, however it is spelt.
    let text = (!resolved.is_reused).then(|| resolved.lockfile.to_text());
    let changed = text.filter(|text| found.is_none_or(|found| found.text != *text));
    if let Some(text) = &changed {
        pkg_fs::write_atomic(&path, text.as_bytes(), 0o644)?;
    }
    let Some(change) = &project.change else {
        return Ok(());
    };
    let written = change.write(&project.root);
    if written.is_err() && changed.is_some() {
        match found {
            Some(found) => pkg_fs::write_atomic(&path, found.text.as_bytes(), 0o644)?,
            None => drop(pkg_fs::remove_file_if_exists(&path)?),
        }
    }
    Ok(written?)
}
