//! `layout`: says how a project's packages are laid out, or lays them out otherwise, with the same versions and without
//! the network.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FileKind, FsError};
use pkg_linker::Layout;
use pkg_registry::RegistryError;
use thiserror::Error;

use crate::{
    Host, InstallError, InstallOptions, InstallReport, LoadedSettings, Origin, Project, Reporter,
    install, settings::set_entry,
};

/// The most that an `.npmrc` may have, in bytes.
const NPMRC_LIMIT: u64 = 1 << 20;

/// Why the layout was not switched. Then the project's settings and its tree are as they were.
#[derive(Debug, Error, Diagnostic)]
pub enum LayoutError {
    /// The tree cannot be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Install(#[from] InstallError),
    /// A package of the new tree is not on this machine.
    #[error("the layout stays as it is: {missing}")]
    #[diagnostic(
        code(ERR_PKG_LAYOUT_NOT_IN_STORE),
        help("run `pkg install`, which may fetch it, then the same command again")
    )]
    NotInStore {
        /// What is not there.
        missing: String,
    },
    /// The project's settings cannot be read or written.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// The project's settings are elsewhere.
    #[error("`{}` is no file of this project", DisplayPath(path))]
    #[diagnostic(
        code(ERR_PKG_LAYOUT_SETTINGS),
        help("write `layout={}` into it yourself, then run `pkg install`", layout.name())
    )]
    NotAFile {
        /// The settings file.
        path: PathBuf,
        /// What was to be written.
        layout: Layout,
    },
    /// The project's settings are no text.
    #[error("`{}` is not UTF-8", DisplayPath(path))]
    #[diagnostic(code(ERR_PKG_NPMRC), help("save it as UTF-8"))]
    NotText {
        /// The settings file.
        path: PathBuf,
    },
}

/// What a switch did.
#[derive(Debug, Clone)]
pub enum Switched {
    /// The setting is written; nothing is installed yet.
    Set,
    /// The setting is written and the tree is made.
    Installed(Box<InstallReport>),
}

/// Lays a project's packages out as `settings` say, which the caller has made to say it, and keeps that in the project's
/// `.npmrc`; where the virtual store is, too, if the command line says so.
///
/// The setting is written first: a switch that is interrupted is finished by the next install.
///
/// # Errors
/// [`LayoutError`]; the setting is then what it was.
pub async fn switch_layout(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<Switched, LayoutError> {
    let file = project.root.join(".npmrc");
    let before = read(&file, settings.settings.layout)?;
    write(&file, before.as_deref(), settings)?;
    if pkg_fs::stat_if_exists(&project.lockfile_path())?.is_none() {
        return Ok(Switched::Set);
    }
    match install(project, settings, host, options, reporter).await {
        Ok(report) => Ok(Switched::Installed(Box::new(report))),
        Err(error) => {
            match before {
                Some(text) => pkg_fs::write_atomic(&file, text.as_bytes(), 0o644)?,
                None => drop(pkg_fs::remove_file_if_exists(&file)?),
            }
            Err(match error {
                InstallError::Registry(RegistryError::OfflineMissing { what }) => {
                    let missing = format!("{what} is not on this machine");
                    LayoutError::NotInStore { missing }
                }
                error => error.into(),
            })
        }
    }
}

fn read(file: &Path, layout: Layout) -> Result<Option<String>, LayoutError> {
    let path = file.to_path_buf();
    match pkg_fs::stat_link_if_exists(file)?.map(|found| found.kind) {
        None => return Ok(None),
        Some(FileKind::File) => {}
        Some(_) => return Err(LayoutError::NotAFile { path, layout }),
    }
    let bytes = pkg_fs::read_regular_file(file, NPMRC_LIMIT)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(LayoutError::NotText { path }),
    }
}

fn write(file: &Path, before: Option<&str>, settings: &LoadedSettings) -> Result<(), FsError> {
    let before = before.unwrap_or_default();
    let mut after = set_entry(before, "layout", settings.settings.layout.name());
    let source = settings.set_by.get("virtual-store");
    if source.is_some_and(|source| source.origin == Origin::CommandLine) {
        let virtual_store = settings.settings.virtual_store.name();
        after = set_entry(&after, "virtual-store", virtual_store);
    }
    if after == before {
        return Ok(());
    }
    let mode = pkg_fs::stat_link_if_exists(file)?.map_or(0o644, |found| found.mode & 0o777);
    pkg_fs::write_atomic(file, after.as_bytes(), mode)
}

/// Whether the project itself says which layout it has, or nobody does: then nothing need be written to keep it.
pub fn is_kept_by_project(settings: &LoadedSettings) -> bool {
    settings
        .set_by
        .get("layout")
        .is_none_or(|source| matches!(source.origin, Origin::ProjectFile(_)))
}
