//! Tools that are run without being added to a project: each set of packages is installed once, into a private project below
//! the cache, and stays there until it is too old.
//!
//! ```text
//! CACHE/dlx/v1/KEY/lock        held while one is installed
//! CACHE/dlx/v1/KEY/current     a link to the newest one that is complete
//! CACHE/dlx/v1/KEY/UNIQUE/     package.json, pkg.lock, node_modules; and last of all tool.json
//! ```
//!
//! Who runs a tool while a newer one is installed keeps what it started with: older ones go a day after they were replaced.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use miette::Diagnostic;
use pkg_fs::{FileLock, FsError, Lock, LockMode, LockOptions};
use pkg_linker::Layout;
use pkg_manifest::{PackageArgument, Specifier};
use pkg_resolver::Update;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::{
    AddRequest, Change, ChangeError, Event, Host, InstallOptions, InstallReport, LoadedSettings,
    Project, ProjectError, Reporter, SaveGroup, SaveStyle, VirtualStore, change_allowing,
};

/// The most that `tool.json` may have, in bytes.
const LIMIT: u64 = 64 << 10;
/// Seconds after which what was replaced is nobody's any more.
const KEPT: i64 = 24 * 60 * 60;

/// Which packages a tool needs.
#[derive(Debug, Clone)]
pub struct ToolRequest {
    /// As `pkg add` takes them; the first is the one whose command is run, where none is named.
    pub packages: Vec<String>,
    /// Those whose install scripts may run, for this set of packages only.
    pub allow_builds: Vec<String>,
}

/// An installed tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The folder of its commands.
    pub commands: PathBuf,
    /// The command that its package is for, if that can be told.
    pub main: Option<String>,
    /// All of its commands.
    pub all: Vec<String>,
}

/// What is written down of an installed tool.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// Seconds since 1970.
    made: i64,
    /// What was asked for.
    packages: Vec<String>,
    main: Option<String>,
    all: Vec<String>,
}

/// Why a tool cannot be had.
#[derive(Debug, Error, Diagnostic)]
pub enum DlxError {
    /// Its packages cannot be installed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Change(#[from] ChangeError),
    /// The cache cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// The private project cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// What is written down cannot be.
    #[error("the note of the tool cannot be written")]
    #[diagnostic(code(ERR_PKG_DLX_NOTE))]
    Note(#[from] serde_json::Error),
}

/// Packages whose command cannot be told.
#[derive(Debug, Error, Diagnostic)]
#[error("it cannot be told which command of {} is meant", quoted(packages))]
#[diagnostic(code(ERR_PKG_NO_MAIN_COMMAND), help("{}", self.help_text()))]
pub struct NoMainCommand {
    /// What was asked for.
    pub packages: Vec<String>,
    /// The commands that there are.
    pub all: Vec<String>,
}

impl NoMainCommand {
    fn help_text(&self) -> String {
        let package = self.packages.first().map_or("NAME", String::as_str);
        match self.all.as_slice() {
            [] => "it has no command at all: it is there to be used by other programs".to_owned(),
            all => format!(
                "name one of {}: `pkg dlx -p {} COMMAND`",
                quoted(all),
                package.escape_debug()
            ),
        }
    }
}

fn quoted(names: &[String]) -> String {
    let quoted = names
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()));
    quoted.collect::<Vec<_>>().join(", ")
}

/// A tool that is installed and not too old; where there must be no network, however old it is.
pub fn cached_tool(settings: &LoadedSettings, host: &Host, request: &ToolRequest) -> Option<Tool> {
    let is_local = request.packages.iter().any(|text| is_path(text));
    let folder = key_folder(settings, host, request).join("current");
    let folder = folder.canonicalize().ok().filter(|_| !is_local)?;
    let note = read_note(&folder)?;
    let age = host.now - note.made;
    let limit = i64::try_from(settings.settings.dlx_cache_max_age).unwrap_or(i64::MAX);
    let is_fresh = age >= 0 && age < limit.saturating_mul(60);
    (is_fresh || settings.settings.offline).then(|| Tool::of(&folder, note))
}

/// Installs a tool, and tells what that did; where another process does so already, waits for it and takes that.
///
/// The registry and the rules of `settings` hold; what shapes a project's tree does not.
///
/// # Errors
/// See [`DlxError`].
pub async fn install_tool(
    mut settings: LoadedSettings,
    host: &Host,
    request: &ToolRequest,
    reporter: &dyn Reporter,
) -> Result<(Tool, Option<InstallReport>), DlxError> {
    let folder = key_folder(&settings, host, request);
    pkg_fs::create_directory_all(&folder, 0o755)?;
    let lock = lock(&folder, reporter)?;
    if let Some(tool) = cached_tool(&settings, host, request) {
        return Ok((tool, None));
    }
    let own = &mut settings.settings;
    own.layout = Layout::Isolated;
    own.virtual_store = VirtualStore::Project;
    own.frozen_lockfile = Some(false);
    own.ignore_scripts = request.allow_builds.is_empty();
    own.strict_dep_builds = false;
    own.public_hoist_pattern = Vec::new();
    own.shamefully_hoist = None;
    let name = pkg_fs::unique_name();
    let root = folder.join(&name);
    pkg_fs::create_directory_all(&root, 0o755)?;
    let report = install_into(&root, &mut settings, host, request, reporter).await?;
    let all = command_names(&root);
    let note = Note {
        made: host.now,
        packages: request.packages.clone(),
        main: main_command(&root, request, &all),
        all,
    };
    let text = serde_json::to_vec(&note)?;
    pkg_fs::write_atomic(&root.join("tool.json"), &text, 0o644)?;
    pkg_fs::replace_symlink(Path::new(&name), &folder.join("current"))?;
    remove_old(&folder, &name, host.now);
    drop(lock);
    Ok((Tool::of(&root, note), Some(report)))
}

impl Tool {
    /// No tool but what is on PATH.
    pub fn none() -> Self {
        Self {
            commands: PathBuf::new(),
            main: None,
            all: Vec::new(),
        }
    }

    fn of(folder: &Path, note: Note) -> Self {
        Self {
            commands: folder.join("node_modules/.bin"),
            main: note.main,
            all: note.all,
        }
    }
}

/// Adds the packages to an empty project.
async fn install_into(
    root: &Path,
    settings: &mut LoadedSettings,
    host: &Host,
    request: &ToolRequest,
    reporter: &dyn Reporter,
) -> Result<InstallReport, DlxError> {
    let manifest = b"{\n  \"private\": true\n}\n";
    pkg_fs::write_atomic(&root.join("package.json"), manifest, 0o644)?;
    let project = Project::load(root)?;
    let packages = request.packages.iter().map(|text| absolute(text, host));
    let add = Change::Add(AddRequest {
        packages: packages.collect(),
        group: Some(SaveGroup::Prod),
        style: Some(SaveStyle::Exact),
    });
    let options = InstallOptions {
        prod: true,
        dev: false,
        optional: true,
        lockfile_only: false,
        dry_run: false,
        force: false,
        fix_lockfile: false,
        update: Update::Nothing,
        is_change: true,
        rebuild: crate::Rebuild::Nothing,
        request: vec![b"dlx".to_vec()],
    };
    let request = (&add, &options, request.allow_builds.as_slice());
    Ok(change_allowing(&project, settings, host, request, reporter).await?)
}

/// The folder of a set of packages: the same whatever their order, another for another registry.
fn key_folder(settings: &LoadedSettings, host: &Host, request: &ToolRequest) -> PathBuf {
    let mut parts: Vec<String> = request
        .packages
        .iter()
        .map(|text| {
            let name = PackageArgument::parse(text)
                .ok()
                .and_then(|found| found.name);
            let registry = name.and_then(|name| settings.registry_url(&name));
            let registry = registry.map_or_else(String::new, |url| url.to_string());
            format!("{}\0{registry}", absolute(text, host))
        })
        .collect();
    // What scripts made is not for those who did not allow them.
    let allowed = request.allow_builds.iter();
    parts.extend(allowed.map(|name| format!("{name}\0\0allowed")));
    parts.sort();
    parts.dedup();
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0, 0]);
    }
    let key: String = hash.finalize()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    settings.locations.cache.join("dlx/v1").join(key)
}

/// Whether an argument is a folder or a file of this machine, which changes without notice.
fn is_path(text: &str) -> bool {
    PackageArgument::parse(text).is_ok_and(|argument| {
        matches!(
            argument.specifier,
            Some(Specifier::File(_) | Specifier::Link(_))
        )
    })
}

/// An argument that means the same from any folder.
fn absolute(text: &str, host: &Host) -> String {
    match text.starts_with("./") || text.starts_with("../") || text == "." || text == ".." {
        true => host.directory.join(text).to_string_lossy().into_owned(),
        false => text.to_owned(),
    }
}

fn lock(folder: &Path, reporter: &dyn Reporter) -> Result<Option<FileLock>, FsError> {
    let options = LockOptions {
        patience: Duration::from_secs(1),
        on_wait: &|_| {
            reporter.report(Event::Waiting {
                what: "another process installs the same tool".to_owned(),
            });
            true
        },
    };
    let lock = FileLock::acquire(&folder.join("lock"), LockMode::Exclusive, &options)?;
    Ok(match lock {
        Lock::Held(lock) => Some(lock),
        // Without it both install, each into a folder of its own.
        Lock::Busy | Lock::Unsupported => None,
    })
}

fn read_note(folder: &Path) -> Option<Note> {
    let bytes = pkg_fs::read_regular_file_if_exists(&folder.join("tool.json"), LIMIT).ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// The commands of the packages that were asked for.
fn command_names(root: &Path) -> Vec<String> {
    let entries = pkg_fs::list_directory(&root.join("node_modules/.bin")).unwrap_or_default();
    let mut names: Vec<String> = entries
        .into_iter()
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    names.sort();
    names
}

/// The command that is meant where none is named: the only one, or the one that is named as the package is.
fn main_command(root: &Path, request: &ToolRequest, all: &[String]) -> Option<String> {
    if let [only] = all {
        return Some(only.clone());
    }
    let first = request.packages.first()?;
    let named = PackageArgument::parse(first).ok()?.name;
    let name = match named {
        Some(name) => name,
        // Only the package itself says its name: the only dependency's.
        None => {
            let manifest = Project::load(root).ok()?.manifest;
            let mut names = manifest.dependencies.into_keys();
            names.next().filter(|_| names.next().is_none())?
        }
    };
    all.iter().find(|command| *command == name.bare()).cloned()
}

/// Takes away what was replaced long ago, and what an install left that was killed. What stays is in nobody's way.
fn remove_old(folder: &Path, current: &str, now: i64) {
    for (name, kind) in pkg_fs::list_directory(folder).unwrap_or_default() {
        if kind != pkg_fs::FileKind::Directory || name == current {
            continue;
        }
        let old = folder.join(&name);
        let made = match read_note(&old) {
            Some(note) => note.made,
            None => pkg_fs::stat(&old).map_or(now, |stat| stat.mtime_seconds),
        };
        if now - made > KEPT {
            drop(pkg_fs::remove_tree(&old));
        }
    }
}
