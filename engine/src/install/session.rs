//! One install while it works: what it was given, what it has open, what it noticed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use pkg_fs::LockOptions;
use pkg_lockfile::{Lockfile, PackageId};
use pkg_registry::Registry;
use pkg_store::{Store, StoreLock};
use url::Url;

use super::{InstallOptions, InstallReport, Outcome, link::Linked, report, resolve::Resolved};
use crate::{
    Event, Host, InstallError, LoadedSettings, Project, Reporter, RunRequest, Warning,
    project::FoundLockfile,
    run_script,
    state::{FileRecord, FolderRecord, State, request_hash, state_path},
};

/// Everything that the stages of one install share.
pub(super) struct Session<'a> {
    pub(super) project: &'a Project,
    pub(super) settings: &'a LoadedSettings,
    pub(super) host: &'a Host,
    pub(super) options: &'a InstallOptions,
    pub(super) reporter: &'a dyn Reporter,
    pub(super) registry: Registry,
    pub(super) store: Arc<Store>,
    _store_lock: Option<StoreLock>,
    warnings: Mutex<Vec<Warning>>,
}

impl<'a> Session<'a> {
    /// Opens store and registry.
    pub(super) fn open(
        project: &'a Project,
        settings: &'a LoadedSettings,
        host: &'a Host,
        options: &'a InstallOptions,
        reporter: &'a dyn Reporter,
    ) -> Result<Self, InstallError> {
        let store = Arc::new(Store::open(&settings.locations.store)?);
        let store_lock = if options.dry_run {
            None
        } else {
            Some(lock_store(&store, reporter)?)
        };
        let registry = settings.open_registry()?;
        let session = Self {
            project,
            settings,
            host,
            options,
            reporter,
            registry,
            store,
            _store_lock: store_lock,
            warnings: Mutex::default(),
        };
        settings
            .warnings
            .iter()
            .cloned()
            .for_each(|warning| session.warn(warning));
        Ok(session)
    }

    /// Takes note of something for the user.
    pub(super) fn warn(&self, warning: Warning) {
        self.reporter.report(Event::Warning(warning.clone()));
        self.warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(warning);
    }

    /// Whether the lockfile must not change: as told, else in CI where there is one.
    pub(super) fn is_frozen(&self, has_lockfile: bool) -> bool {
        self.settings
            .settings
            .frozen_lockfile
            .unwrap_or(self.host.is_ci() && has_lockfile)
    }

    /// Says that another manager's lockfile is not what this install follows.
    pub(super) fn warn_of_foreign_lockfiles(&self, is_without_own: bool) {
        let foreign = self.project.foreign_lockfiles();
        if is_without_own && !foreign.is_empty() {
            let message = format!(
                "{} cannot be read yet: versions are resolved anew into pkg.lock",
                foreign.join(", ")
            );
            self.warn(Warning::new("WARN_PKG_FOREIGN_LOCKFILE", message));
        }
    }

    /// Runs one script of the project, if it has it and scripts may run.
    pub(super) async fn run_script(&self, name: &str) -> Result<(), InstallError> {
        let has_script = self.project.manifest.scripts.contains_key(name);
        let is_idle = self.options.dry_run || self.options.lockfile_only;
        if !has_script || self.settings.settings.ignore_scripts || is_idle {
            return Ok(());
        }
        let request = RunRequest {
            script: name.to_owned(),
            arguments: Vec::new(),
            if_present: true,
            with_pre_and_post: false,
            command: "install",
        };
        let exit = run_script(self.project, self.host, &request, self.reporter).await?;
        if exit.is_success() {
            Ok(())
        } else {
            Err(InstallError::Script {
                script: name.to_owned(),
                code: exit.code(),
            })
        }
    }

    /// Takes away what was written down about the former tree: from here on it vouches for nothing.
    pub(super) fn forget_state(&self) -> Result<(), InstallError> {
        pkg_fs::remove_file_if_exists(&state_path(&self.project.root))?;
        Ok(())
    }

    /// Writes down what shaped the tree, as the last thing.
    pub(super) fn write_state(&self) -> Result<(), InstallError> {
        let root = &self.project.root;
        let modules = root.join("node_modules");
        let own = [self.project.manifest_path(), self.project.lockfile_path()];
        let files = own
            .into_iter()
            .chain(self.settings.files.iter().cloned())
            .map(FileRecord::of)
            .collect::<Result<_, _>>()?;
        let mut folders = Vec::new();
        for folder in watched_folders(&modules)? {
            folders.extend(FolderRecord::of(folder)?);
        }
        let request = request_hash(self.options.request.iter().map(Vec::as_slice));
        let state = State {
            request,
            files,
            folders,
        };
        Ok(pkg_fs::write_atomic(
            &state_path(root),
            state.to_text().as_bytes(),
            0o644,
        )?)
    }

    /// Where a registry's tarball is: the usual address, or what the lockfile says, below the registry's address
    /// where it is no address by itself.
    pub(super) fn tarball_address(
        &self,
        id: &PackageId,
        tarball: Option<&str>,
    ) -> Result<Url, InstallError> {
        let bad = |text: &str| InstallError::BadAddress {
            text: text.to_owned(),
        };
        match (tarball, id.version()) {
            (Some(text), _) if text.contains("://") => Url::parse(text).map_err(|_| bad(text)),
            (Some(text), _) => {
                let registry = self.settings.registry_url(id.name());
                let registry = registry.ok_or_else(|| bad(text))?;
                registry.join(text).map_err(|_| bad(text))
            }
            (None, Some(version)) => Ok(self.registry.tarball_url(id.name(), version)?),
            (None, None) => Err(InstallError::NoSource { id: id.to_string() }),
        }
    }

    /// What the install did, for its caller.
    pub(super) fn report(
        &self,
        found: Option<&FoundLockfile>,
        resolved: &Resolved,
        linked: Option<Linked>,
    ) -> InstallReport {
        let outcome = match &linked {
            Some(linked) if linked.is_unchanged && resolved.is_reused => Outcome::UpToDate,
            Some(_) => Outcome::Installed,
            None if self.options.dry_run => Outcome::DryRun,
            None => Outcome::LockfileOnly,
        };
        let linked = linked.unwrap_or_default();
        let mut warnings = self
            .warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        warnings.sort();
        warnings.dedup();
        let empty = Lockfile::default();
        let old = found.map_or(&empty, |found| &found.lockfile);
        let diff = old.diff(&resolved.lockfile);
        InstallReport {
            outcome,
            changes: report::changes(&diff),
            packages: match outcome {
                Outcome::Installed | Outcome::UpToDate => linked.packages,
                Outcome::LockfileOnly | Outcome::DryRun => resolved.lockfile.snapshots.len(),
            },
            added: linked.added,
            removed: linked.removed,
            fetched: linked.fetched,
            bytes: linked.bytes,
            skipped: linked.skipped,
            unbuilt: linked.unbuilt,
            warnings,
            layout: self.settings.settings.layout,
        }
    }
}

/// Shares the store with other installs, not with whoever removes from it.
fn lock_store(store: &Store, reporter: &dyn Reporter) -> Result<StoreLock, InstallError> {
    let options = LockOptions {
        patience: Duration::from_secs(2),
        on_wait: &|_| {
            reporter.report(Event::Waiting {
                what: "the store is being cleaned".to_owned(),
            });
            true
        },
    };
    Ok(store.lock_shared(&options)?)
}

/// The folders whose entries are the project's own links: `node_modules`, its scopes and `.bin`.
fn watched_folders(modules: &Path) -> Result<Vec<PathBuf>, InstallError> {
    let mut folders = vec![modules.to_path_buf(), modules.join(".bin")];
    for (name, _) in pkg_fs::list_directory(modules)? {
        if name.to_string_lossy().starts_with('@') {
            folders.push(modules.join(name));
        }
    }
    Ok(folders)
}
