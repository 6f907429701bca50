//! `add`, `remove`, `update`: a change of the manifest, and the install that follows from it. Manifest and lockfile are
//! written together, after everything that can fail.

mod add;
mod error;
mod remove;
mod saved;
mod unlink;
mod update;

use std::path::Path;

use pkg_manifest::{Manifest, ManifestEditor};
use pkg_registry::Registry;
use pkg_resolver::{ResolveOptions, Update};

pub use self::{
    add::{AddRequest, SaveGroup},
    error::ChangeError,
    remove::RemoveRequest,
    saved::SaveStyle,
    unlink::UnlinkRequest,
    update::{UpdateChoice, UpdateLevel, UpdateRequest, update_choices},
};
use crate::{
    Host, InstallError, InstallOptions, InstallReport, LoadedSettings, Project, ProjectError,
    Reporter,
    install::{install_locked, lock, resolve_options_by},
    project::{ManifestChange, Pins, read_manifest},
};

/// What to change.
#[derive(Debug, Clone)]
pub enum Change {
    /// Ask for more packages.
    Add(AddRequest),
    /// Ask for fewer.
    Remove(RemoveRequest),
    /// Take links to folders back.
    Unlink(UnlinkRequest),
    /// Move to newer versions.
    Update(UpdateRequest),
}

/// How often a change is made anew because somebody else was faster.
const MOST_ATTEMPTS: usize = 5;

/// Changes what a project asks for, and installs it.
///
/// Where somebody else changed the manifest meanwhile, the change is made anew, of what the manifest says now.
///
/// # Errors
/// [`ChangeError`]; manifest and lockfile are then as they were.
pub async fn change(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    request: (&Change, &InstallOptions),
    reporter: &dyn Reporter,
) -> Result<InstallReport, ChangeError> {
    let mut result = attempt(project, settings, host, request, reporter).await;
    for _ in 1..MOST_ATTEMPTS {
        if !result.as_ref().is_err_and(ChangeError::is_late) {
            break;
        }
        let project = Project::load(&project.root)?;
        result = attempt(&project, settings, host, request, reporter).await;
    }
    result
}

async fn attempt(
    project: &Project,
    settings: &LoadedSettings,
    host: &Host,
    (change, options): (&Change, &InstallOptions),
    reporter: &dyn Reporter,
) -> Result<InstallReport, ChangeError> {
    // From here on no other change of ours comes between: what it wrote is what this one starts from.
    let lock = lock(project, options, reporter)?;
    let drafted = draft(&project.root, settings, host, change).await;
    let (changed, update) = drafted.inspect_err(|_| {
        if let Some(lock) = &lock {
            project.forget_lock(lock);
        }
    })?;
    let options = InstallOptions {
        update,
        is_change: true,
        ..options.clone()
    };
    let installed = install_locked(lock, (&changed, settings), host, &options, reporter).await;
    Ok(installed.map_err(Box::new)?)
}

/// What the project asks for once it is changed, and what may then move.
async fn draft(
    root: &Path,
    settings: &LoadedSettings,
    host: &Host,
    change: &Change,
) -> Result<(Project, Update), ChangeError> {
    let project = &Project::load(root)?;
    let original = read_manifest(root)?;
    let text = String::from_utf8_lossy(&original).into_owned();
    let mut drafting = Drafting::open(project, settings, host, &text)?;
    let update = match change {
        Change::Add(request) => add::draft(&mut drafting, request).await?,
        Change::Remove(request) => remove::draft(&mut drafting, request)?,
        Change::Unlink(request) => unlink::draft(&mut drafting, request)?,
        Change::Update(request) => update::draft(&mut drafting, request).await?,
    };
    let is_saved = !matches!(change, Change::Update(UpdateRequest { save: false, .. }));
    let text = if is_saved {
        drafting.editor.text().to_owned()
    } else {
        text
    };
    let manifest = Manifest::parse(text.as_bytes()).map_err(|source| ProjectError::Manifest {
        path: project.manifest_path(),
        source,
    })?;
    let change = ManifestChange {
        original,
        text,
        pins: drafting.pins,
    };
    let changed = Project {
        root: project.root.clone(),
        manifest,
        change: Some(change),
    };
    Ok((changed, update))
}

/// A change while it is being worked out.
struct Drafting<'a> {
    project: &'a Project,
    settings: &'a LoadedSettings,
    host: &'a Host,
    registry: Registry,
    editor: ManifestEditor,
    pins: Pins,
}

impl<'a> Drafting<'a> {
    /// Begins a change of a project whose manifest has this text.
    fn open(
        project: &'a Project,
        settings: &'a LoadedSettings,
        host: &'a Host,
        text: &str,
    ) -> Result<Self, ChangeError> {
        let editor = ManifestEditor::new(text).map_err(|source| ProjectError::Manifest {
            path: project.manifest_path(),
            source,
        })?;
        Ok(Self {
            project,
            settings,
            host,
            registry: settings.open_registry()?,
            editor,
            pins: Pins::new(),
        })
    }

    /// What settings say of picking a version, and the clocks as far as they are known now.
    fn resolving(&self) -> ResolveOptions {
        resolve_options_by(&self.registry, self.settings, self.host)
    }
}

/// The groups of a manifest by their fields, with what it asks for there.
fn groups(
    manifest: &Manifest,
) -> [(
    &'static str,
    &std::collections::BTreeMap<pkg_manifest::PackageName, String>,
); 4] {
    [
        ("dependencies", &manifest.dependencies),
        ("devDependencies", &manifest.dev_dependencies),
        ("optionalDependencies", &manifest.optional_dependencies),
        ("peerDependencies", &manifest.peer_dependencies),
    ]
}

impl From<InstallError> for ChangeError {
    fn from(error: InstallError) -> Self {
        Self::Install(Box::new(error))
    }
}

/// Nothing but what the manifest now says may move.
const NOTHING: Update = Update::Nothing;
