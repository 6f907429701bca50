//! Putting a tree right: what is wrong is moved aside, what is missing or damaged is brought and placed anew.

use std::path::PathBuf;

use pkg_resolver::Update;
use pkg_store::Store;

use super::{VerifyError, VerifyReport, aside::move_aside, check, standing::Standing};
use crate::{
    Host, InstallOptions, LoadedSettings, Project, Reporter, Warning, install, install::Packages,
};

/// What putting a tree right did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// What was wrong.
    pub before: VerifyReport,
    /// What still is.
    pub after: VerifyReport,
    /// What was moved aside, and where it is now: from the project's root, or in full.
    pub moved: Vec<(PathBuf, PathBuf)>,
    /// Packages that were downloaded again.
    pub fetched: usize,
    /// What the user should know.
    pub warnings: Vec<Warning>,
}

/// Looks at a tree as [`verify`](super::verify) does, and makes it again where it is wrong, in the same layout and with
/// the same groups. The lockfile stays as it is, and no script runs.
///
/// # Errors
/// See [`VerifyError`]: then something is still missing, and the next run goes on.
pub async fn fix(
    project: &Project,
    mut settings: LoadedSettings,
    host: &Host,
    reporter: &dyn Reporter,
) -> Result<Fixed, VerifyError> {
    let store = Store::open(&settings.locations.store)?;
    let standing = Standing::find(project, &settings, host, &store)?;
    let before = check(&store, &standing)?;
    if before.is_intact() {
        return Ok(Fixed {
            after: before.clone(),
            before,
            moved: Vec::new(),
            fetched: 0,
            warnings: Vec::new(),
        });
    }
    disbelieve(&store, &before, &standing.packages)?;
    let moved = {
        let _lock = project.lock(reporter)?;
        move_aside(&standing, &store, &before)?
    };
    settings.settings.frozen_lockfile = Some(true);
    settings.settings.ignore_scripts = true;
    settings.settings.layout = standing.shape.layout;
    settings.settings.virtual_store = standing.shape.virtual_store;
    let groups = standing.shape.groups;
    let options = InstallOptions {
        prod: groups.prod,
        dev: groups.dev,
        optional: groups.optional,
        lockfile_only: false,
        dry_run: false,
        force: true,
        fix_lockfile: false,
        update: Update::Nothing,
        is_change: false,
        rebuild: crate::Rebuild::Nothing,
        // No install asks for this: the next one looks for itself whether the tree is what it wants.
        request: vec![b"verify --fix".to_vec()],
    };
    let report = install(project, &settings, host, &options, reporter).await?;
    let after = super::verify(project, &settings, host)?;
    Ok(Fixed {
        before,
        after,
        moved,
        fetched: report.fetched,
        warnings: report.warnings,
    })
}

/// Makes sure that no file of the store that is damaged is believed again, whatever its size and time say.
fn disbelieve(
    store: &Store,
    report: &VerifyReport,
    packages: &Packages,
) -> Result<(), VerifyError> {
    for group in &report.packages {
        let pkg_linker::Owner::Package(id) = &group.owner else {
            continue;
        };
        for damage in &group.store {
            let files = packages.get(id);
            if let Some(file) = files.and_then(|files| files.file(damage.path.as_str())) {
                store.recheck_file(file)?;
            }
        }
    }
    Ok(())
}
