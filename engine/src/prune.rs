//! `prune`: takes out of the tree what the manifest and the lockfile no longer want, and adds nothing new.

use miette::Diagnostic;
use pkg_lockfile::Group;
use thiserror::Error;

use crate::{
    Host, InstallError, InstallOptions, InstallReport, LoadedSettings, Project, ProjectError,
    Reporter, install, install::resolve_options,
};

/// Why nothing was pruned.
#[derive(Debug, Error, Diagnostic)]
pub enum PruneError {
    /// There is no lockfile to go by.
    #[error("there is no pkg.lock to say what is wanted")]
    #[diagnostic(code(ERR_PKG_NO_LOCKFILE), help("`pkg install` writes it"))]
    NoLockfile,
    /// The manifest asks for something that the lockfile lacks: an install, not a removal.
    #[error("package.json asks for `{name}` at `{}`, which pkg.lock does not have", specifier.escape_debug())]
    #[diagnostic(code(ERR_PKG_OUTDATED_LOCKFILE), help("run `pkg install` first"))]
    Outdated {
        /// The dependency.
        name: String,
        /// What is asked for.
        specifier: String,
    },
    /// The project cannot be worked with.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// The tree could not be brought to what is wanted.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Install(#[from] Box<InstallError>),
}

/// Brings the tree to what manifest and lockfile both want, in the groups of `options`.
///
/// What the manifest no longer asks for leaves the lockfile too. Files that no install put there are left alone.
///
/// # Errors
/// [`PruneError`].
pub async fn prune(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<InstallReport, PruneError> {
    let found = project.read_lockfile(false)?;
    let lockfile = found.ok_or(PruneError::NoLockfile)?.lockfile;
    let resolving = resolve_options(settings, host);
    for (id, project) in project.to_resolve() {
        let wanted = project.wanted(&resolving);
        let importer = lockfile.importers.get(&id);
        let missing = Group::ALL.into_iter().find_map(|group| {
            let mut entries = wanted.group(group).iter();
            entries.find(|(name, specifier)| {
                let locked = importer.and_then(|importer| {
                    let mut groups = Group::ALL.into_iter();
                    let found = groups.find_map(|group| importer.group(group).get(*name));
                    let left_out = importer.left_out.get(*name);
                    found.map(|found| &found.specifier).or(left_out)
                });
                locked != Some(*specifier)
            })
        });
        if let Some((name, specifier)) = missing {
            let (name, specifier) = (name.to_string(), specifier.clone());
            return Err(PruneError::Outdated { name, specifier });
        }
    }
    let installed = install(project, settings, host, options, reporter).await;
    Ok(installed.map_err(Box::new)?)
}
