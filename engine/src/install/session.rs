//! One install while it works: what it was given, what it has open, what it noticed.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use pkg_fs::{LockOptions, Ownership};
use pkg_linker::{DATA_FILE, LOADER_FILE, Layout, MAP_FILE};
use pkg_lockfile::{Lockfile, LockfileDiff, PackageId};
use pkg_registry::Registry;
use pkg_store::{Store, StoreLock};
use url::Url;

use super::{
    InstallOptions, InstallReport, Outcome,
    link::Linked,
    report::{self, GraphChanges},
    resolve::Resolved,
};
use crate::{
    Event, Host, InstallError, LoadedSettings, Missing, Origin, Project, Reporter, RunRequest,
    Runner, ScriptExit, VirtualStore, Warning,
    builds::{Approvals, approvals_path},
    project::FoundLockfile,
    state::{FileRecord, Made, PlaceRecord, State, request_hash, state_path},
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
    /// What the project says about scripts of packages.
    pub(super) approvals: Approvals,
    /// Whose the project is, where root works in somebody's.
    pub(super) owner: Option<Ownership>,
    _store_lock: Option<StoreLock>,
    warnings: Mutex<Vec<Warning>>,
    /// Packages that were downloaded to be resolved, and their bytes.
    fetched_early: Mutex<(usize, u64)>,
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
        Ok(Self {
            project,
            settings,
            host,
            options,
            reporter,
            registry,
            store,
            approvals: Approvals::read(&project.root)?,
            owner: Ownership::of_somebody_else(&project.root)?,
            _store_lock: store_lock,
            // Whoever loaded them has told of them.
            warnings: Mutex::new(settings.warnings.clone()),
            fetched_early: Mutex::default(),
        })
    }

    /// Takes note of something for the user.
    pub(super) fn warn(&self, warning: Warning) {
        self.reporter.report(Event::Warning(warning.clone()));
        self.warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(warning);
    }

    /// Takes note of a package that had to be had to know what it is.
    pub(super) fn note_fetched(&self, bytes: u64) {
        let mut early = self
            .fetched_early
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        early.0 += usize::from(bytes > 0);
        early.1 += bytes;
    }

    /// Why the lockfile must not change, and what to do where it has to.
    pub(super) fn frozen_help(&self) -> String {
        match self.settings.set_by.get("frozen-lockfile") {
            None => "in CI an install is frozen where there is a pkg.lock: run `pkg install` elsewhere and \
                     commit pkg.lock, or turn it off by `--no-frozen-lockfile`"
                .to_owned(),
            Some(source) if source.origin == Origin::CommandLine => {
                "run `pkg install` without `--frozen-lockfile`, and commit pkg.lock".to_owned()
            }
            Some(source) => format!(
                "`frozen-lockfile` is set ({source}): run `pkg install --no-frozen-lockfile`, and commit \
                 pkg.lock"
            ),
        }
    }

    /// Whether the lockfile must not change: as told, else in CI where there is one.
    pub(super) fn is_frozen(&self, has_lockfile: bool) -> bool {
        let is_expected = self.host.is_ci() && has_lockfile && !self.options.is_change;
        self.settings
            .settings
            .frozen_lockfile
            .unwrap_or(is_expected)
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

    /// Whether a script of the project is there and is to run.
    pub(super) fn runs(&self, name: &str) -> bool {
        let has_script = self.project.manifest.scripts.contains_key(name);
        let is_idle = self.options.dry_run || self.options.lockfile_only || self.options.is_change;
        has_script && !self.settings.settings.ignore_scripts && !is_idle
    }

    /// Runs one script of the project, if it has it and scripts may run.
    pub(super) fn run_script(&self, name: &str) -> Result<(), InstallError> {
        if !self.runs(name) {
            return Ok(());
        }
        let request = RunRequest {
            script: name.to_owned(),
            arguments: Vec::new(),
            missing: Missing::IsFine,
            with_pre_and_post: false,
        };
        let runner = Runner {
            project: self.project,
            host: self.host,
            settings: self.settings,
            command: "install",
            reporter: self.reporter,
        };
        let exit = runner.run(&request)?.exit;
        if exit.is_success() {
            Ok(())
        } else {
            Err(InstallError::Script {
                script: name.to_owned(),
                end: match exit {
                    ScriptExit::Code(code) => format!("failed with exit code {code}"),
                    ScriptExit::Signal(_) => format!("was ended by {}", exit.in_words()),
                },
                signal: exit.signal(),
            })
        }
    }

    /// Takes away what was written down about the former tree: from here on it vouches for nothing.
    pub(super) fn forget_state(&self) -> Result<(), InstallError> {
        pkg_fs::remove_file_if_exists(&state_path(&self.project.root))?;
        Ok(())
    }

    /// Writes down what shaped the tree, as the last thing.
    pub(super) fn write_state(&self, has_copies: bool) -> Result<(), InstallError> {
        let root = &self.project.root;
        let modules = root.join("node_modules");
        let own = [self.project.manifest_path(), self.project.lockfile_path()];
        let files = own
            .into_iter()
            .chain(self.settings.files.iter().cloned())
            .chain(self.slots_generation())
            .chain([approvals_path(root)])
            .map(FileRecord::of)
            .collect::<Result<_, _>>()?;
        let mut places = Vec::new();
        let of_map = [".pkg/bin", ".pkg/unplugged", ".pkg/cache"].map(|folder| root.join(folder));
        let folders = watched_folders(&modules)?.into_iter().chain(of_map);
        for place in folders.chain(self.map_files()) {
            places.extend(PlaceRecord::of(place)?);
        }
        let request = request_hash(self.options.request.iter().map(Vec::as_slice));
        let made = Made {
            layout: self.settings.settings.layout,
            virtual_store: self.settings.settings.virtual_store,
            groups: self.options.groups(),
            has_copies,
        };
        let state = State {
            root: root.clone(),
            request,
            made,
            files,
            places,
        };
        // It must not outlive a loss of power that the tree does not: it is not brought to the disk by itself.
        Ok(pkg_fs::write_atomic_unsynced(
            &state_path(root),
            state.to_text().as_bytes(),
            0o644,
        )?)
    }

    /// Where packages stand in the store, the file that changes when some of them may no longer.
    fn slots_generation(&self) -> Option<PathBuf> {
        let settings = &self.settings.settings;
        let uses_slots = match (settings.layout, settings.virtual_store) {
            (Layout::Pnp, _) | (Layout::Isolated, VirtualStore::Shared) => true,
            (Layout::Isolated, VirtualStore::Project) | (Layout::Flat | Layout::Nested, _) => false,
        };
        uses_slots.then(|| self.store.slots_generation())
    }

    /// The files of a map. Each appears by a rename, so that its time and its inode tell, without reading it, whether it
    /// is still the same.
    fn map_files(&self) -> Vec<PathBuf> {
        let files: &[&str] = match self.settings.settings.layout {
            Layout::Pnp => &[MAP_FILE, DATA_FILE, LOADER_FILE],
            Layout::Isolated | Layout::Flat | Layout::Nested => &[],
        };
        files
            .iter()
            .map(|file| self.project.root.join(file))
            .collect()
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
        resolved: &Resolved<'_>,
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
        // One that was reused is the one that was found.
        let diff = if resolved.is_reused {
            LockfileDiff::default()
        } else {
            old.diff(&resolved.lockfile)
        };
        let (fetched_early, bytes_early) = *self
            .fetched_early
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        InstallReport {
            outcome,
            changes: report::changes(&diff),
            graph: GraphChanges::new(old, &resolved.lockfile, &diff, &self.options.update),
            packages: match outcome {
                Outcome::Installed | Outcome::UpToDate => linked.packages,
                Outcome::LockfileOnly | Outcome::DryRun => resolved.lockfile.snapshots.len(),
            },
            added: linked.added,
            removed: linked.removed,
            local: linked.local,
            fetched: linked.fetched + fetched_early,
            bytes: linked.bytes + bytes_early,
            skipped: linked.skipped,
            unbuilt: linked.unbuilt,
            changed_builds: linked.changed_builds,
            built: linked.built,
            restored: linked.restored,
            warnings,
            layout: self.settings.settings.layout,
            virtual_store: self.settings.settings.virtual_store,
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
