//! Whether a project's packages are there, before something runs that needs them: a look at a few files. And if they are
//! not, the install that makes them what they were asked to be last time.

use std::path::Path;

use miette::Diagnostic;
use pkg_linker::MAP_FILE;
use pkg_lockfile::Groups;
use pkg_resolver::Update;
use thiserror::Error;

use crate::{
    Host, InstallError, InstallOptions, InstallReport, LoadedSettings, Project, Reporter, install,
    node::find_map,
    state::{Made, State},
};

/// How a project's packages stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// As the project asks for.
    Ready,
    /// Something that shaped them has changed since they were installed.
    Stale(Shape),
    /// They were never installed, or an install did not come to its end.
    Missing,
    /// Another manager's, as far as can be seen: not ours to look after.
    Foreign,
}

/// Why nothing is run.
#[derive(Debug, Error, Diagnostic)]
#[error("{}, and `verify-deps-before-run` lets nothing run then", readiness.in_words())]
#[diagnostic(code(ERR_PKG_NOT_INSTALLED), help("run `pkg install`"))]
pub struct NotReady {
    /// How the packages stand.
    pub readiness: Readiness,
}

impl Readiness {
    /// How the packages stand, in words.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Ready => "the packages of this project are as it asks for",
            Self::Stale(_) => "this project changed since its packages were installed",
            Self::Missing => "the packages of this project are not installed",
            Self::Foreign => "another manager installed the packages of this project",
        }
    }
}

/// What the last install was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape(Made);

/// Looks how a project's packages stand.
pub fn readiness(project: &Project) -> Readiness {
    let root = &project.root;
    match State::read(root) {
        Some(state) if state.holds(root) => Readiness::Ready,
        Some(state) => Readiness::Stale(Shape(state.made)),
        None if !wants_packages(project) => Readiness::Ready,
        None if root.join("node_modules/.pkg").exists() => Readiness::Missing,
        None if is_foreign(project) => Readiness::Foreign,
        None => Readiness::Missing,
    }
}

/// Whether a project asks for any package.
fn wants_packages(project: &Project) -> bool {
    let manifest = &project.manifest;
    !(manifest.dependencies.is_empty()
        && manifest.dev_dependencies.is_empty()
        && manifest.optional_dependencies.is_empty())
}

/// Whether what stands there, or is to stand there, is another manager's.
fn is_foreign(project: &Project) -> bool {
    let root = &project.root;
    let has_map = root.join(MAP_FILE).exists() && find_map(root).is_none();
    let is_locked_by_others =
        !project.lockfile_path().exists() && !project.foreign_lockfiles().is_empty();
    root.join("node_modules").exists() || has_map || is_locked_by_others
}

/// Whether an install could write where it has to.
pub fn can_install(root: &Path) -> bool {
    let modules = root.join("node_modules");
    let can_write =
        |folder: &Path| rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok();
    can_write(root) && (!modules.exists() || can_write(&modules))
}

/// Installs what the project asks for, with the groups and in the layout of the last install.
///
/// `request` is what a plain install would be asked for, as the state records it.
///
/// # Errors
/// See [`install`].
pub async fn make_ready(
    project: &Project,
    settings: &mut LoadedSettings,
    host: &Host,
    (readiness, request): (Readiness, Vec<Vec<u8>>),
    reporter: &dyn Reporter,
) -> Result<InstallReport, InstallError> {
    let usual = Made {
        layout: settings.settings.layout,
        virtual_store: settings.settings.virtual_store,
        groups: match host.variable("NODE_ENV") {
            Some("production") => Groups::PROD,
            Some(_) | None => Groups::ALL,
        },
        has_copies: false,
    };
    let made = match readiness {
        Readiness::Stale(Shape(made)) => made,
        Readiness::Ready | Readiness::Missing | Readiness::Foreign => usual,
    };
    settings.settings.layout = made.layout;
    settings.settings.virtual_store = made.virtual_store;
    let is_usual = Made {
        has_copies: false,
        ..made
    } == usual;
    let options = InstallOptions {
        prod: made.groups.prod,
        dev: made.groups.dev,
        optional: made.groups.optional,
        lockfile_only: false,
        dry_run: false,
        force: false,
        fix_lockfile: false,
        update: Update::Nothing,
        is_change: false,
        // A tree that no plain install would make must not pass for one.
        request: match is_usual {
            true => request,
            false => vec![b"as before".to_vec()],
        },
    };
    install(project, settings, host, &options, reporter).await
}
