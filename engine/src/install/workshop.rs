//! Where packages of repositories are made: a folder of the cache with all files of the commit, and beside it what the package is
//! developed with, installed by this program like that of any project, its scripts off.
//!
//! The commit says which packages it asks for, and nothing else: no settings and no lockfile of it are read.

use std::{collections::BTreeMap, path::Path};

use futures_util::future::LocalBoxFuture;
use pkg_linker::Layout;
use pkg_manifest::{GitSource, Manifest, PackageName, RelativePath, Specifier};
use pkg_resolver::Update;
use pkg_store::SourceFile;
use serde_json::{Map, Value, json};

use super::{InstallOptions, install, session::Session};
use crate::{
    BuildError, Event, LoadedSettings, Project, Rebuild, Reporter, VirtualStore,
    builds::{Workplace, Workshop},
    git::{Git, Scratch},
};

/// The workshop of an install.
pub(super) struct SessionWorkshop<'a, 's>(pub(super) &'a Session<'s>);

/// Nobody listens.
struct Silence;

impl Reporter for Silence {
    fn report(&self, _event: Event) {}
}

impl Workshop for SessionWorkshop<'_, '_> {
    fn set_up<'w>(
        &'w self,
        source: &'w GitSource,
    ) -> LocalBoxFuture<'w, Result<Workplace, BuildError>> {
        Box::pin(set_up(self.0, source))
    }
}

async fn set_up(session: &Session<'_>, source: &GitSource) -> Result<Workplace, BuildError> {
    let git = Git::new(&session.project.root, session.settings, session.host);
    // A folder is made with what lies around it, as its author has it.
    let files = git.files(&source.whole()).await?.files;
    let scratch = Scratch::new(&session.settings.locations.cache, session.host.now)?;
    let workplace = Workplace {
        folder: source.folder().cloned(),
        scratch,
    };
    write_sources(&workplace.sources(), &files)?;
    let manifest = match source.folder() {
        Some(folder) => format!("{folder}/package.json"),
        None => "package.json".to_owned(),
    };
    let manifest = files.iter().find(|file| file.path == manifest);
    let manifest = manifest.and_then(|file| Manifest::parse(&file.bytes).ok());
    let wanted = wanted(manifest.as_ref(), source)?;
    if !wanted.is_empty() {
        install_beside(session, workplace.scratch.path(), wanted, source).await?;
        // Tools look for it there, too; it is read, and not theirs to change.
        let inside = workplace.package().join("node_modules");
        if pkg_fs::stat_link_if_exists(&inside)?.is_none() {
            pkg_fs::create_symlink(&workplace.modules(), &inside)?;
        }
    }
    Ok(workplace)
}

/// Writes the files of a commit into a fresh folder. What git itself would take for its own is left out.
fn write_sources(folder: &Path, files: &[SourceFile]) -> Result<(), BuildError> {
    pkg_fs::create_directory(folder, 0o755)?;
    for file in files {
        let is_gits = file
            .path
            .split('/')
            .any(|name| name.eq_ignore_ascii_case(".git"));
        let path = file.path.parse::<RelativePath>();
        let Some(path) = path.ok().filter(|_| !is_gits) else {
            continue;
        };
        let place = path.below(folder);
        if let Some(parent) = place.parent() {
            pkg_fs::create_directory_all(parent, 0o755)?;
        }
        let mode = if file.is_executable { 0o755 } else { 0o644 };
        pkg_fs::write_new(&place, &file.bytes, mode)?;
    }
    Ok(())
}

/// What a package is developed with, as groups of a manifest; of a registry all of it.
fn wanted(
    manifest: Option<&Manifest>,
    source: &GitSource,
) -> Result<Map<String, Value>, BuildError> {
    let Some(manifest) = manifest else {
        return Ok(Map::new());
    };
    let mut wanted = Map::new();
    for (field, group) in [
        ("dependencies", &manifest.dependencies),
        ("devDependencies", &manifest.dev_dependencies),
        ("peerDependencies", &manifest.peer_dependencies),
    ] {
        let foreign = group
            .iter()
            .find(|(_, specifier)| !is_of_registry(specifier));
        if let Some((name, _)) = foreign {
            return Err(BuildError::Exotic {
                package: source.to_string(),
                name: name.to_string(),
            });
        }
        insert(&mut wanted, field, group);
    }
    let optional: BTreeMap<PackageName, String> = manifest
        .optional_dependencies
        .iter()
        .filter(|(_, specifier)| is_of_registry(specifier))
        .map(|(name, specifier)| (name.clone(), specifier.clone()))
        .collect();
    insert(&mut wanted, "optionalDependencies", &optional);
    if let Some(meta) = manifest
        .fields
        .get("peerDependenciesMeta")
        .filter(|_| !wanted.is_empty())
    {
        wanted.insert("peerDependenciesMeta".to_owned(), meta.clone());
    }
    Ok(wanted)
}

fn insert(wanted: &mut Map<String, Value>, field: &str, group: &BTreeMap<PackageName, String>) {
    if group.is_empty() {
        return;
    }
    let group = group
        .iter()
        .map(|(name, specifier)| (name.to_string(), json!(specifier)));
    wanted.insert(field.to_owned(), Value::Object(group.collect()));
}

/// Whether a specifier leads to a registry, and nowhere else.
fn is_of_registry(specifier: &str) -> bool {
    match Specifier::parse(specifier) {
        Ok(Specifier::Range(_) | Specifier::Tag(_) | Specifier::Alias { .. }) => true,
        Ok(
            Specifier::Workspace(_)
            | Specifier::Catalog(_)
            | Specifier::Git(_)
            | Specifier::Tarball(_)
            | Specifier::File(_)
            | Specifier::Link(_),
        )
        | Err(_) => false,
    }
}

/// Installs beside the sources what they ask for.
async fn install_beside(
    session: &Session<'_>,
    root: &Path,
    wanted: Map<String, Value>,
    source: &GitSource,
) -> Result<(), BuildError> {
    let text = Value::Object(wanted).to_string();
    pkg_fs::write_new(&root.join("package.json"), text.as_bytes(), 0o644)?;
    let fail = |error| BuildError::Workshop {
        package: source.to_string(),
        source: Box::new(error),
    };
    let project = Project::load(root).map_err(|error| fail(error.into()))?;
    let settings = settings(session.settings);
    let options = InstallOptions {
        prod: true,
        dev: true,
        optional: true,
        lockfile_only: false,
        dry_run: false,
        force: false,
        fix_lockfile: false,
        update: Update::Nothing,
        is_change: true,
        rebuild: Rebuild::Nothing,
        request: Vec::new(),
    };
    install(&project, &settings, session.host, &options, &Silence)
        .await
        .map(drop)
        .map_err(fail)
}

/// The project's settings, but for what a project decides about its own tree.
fn settings(of_project: &LoadedSettings) -> LoadedSettings {
    let mut settings = of_project.clone();
    settings.warnings.clear();
    settings.files.clear();
    let own = &mut settings.settings;
    // What its author had when it was made: packages that it does not name are found, too.
    own.layout = Layout::Flat;
    own.virtual_store = VirtualStore::Project;
    own.ignore_scripts = true;
    own.frozen_lockfile = Some(false);
    own.strict_peer_dependencies = false;
    settings
}
