//! What an install did.

use pkg_linker::Layout;
use pkg_lockfile::{DirectChange, Lockfile, LockfileDiff, Move};
use pkg_resolver::Update;

use crate::{VirtualStore, Warning};

/// How an install ended, when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The tree stands as asked for, and something was changed.
    Installed,
    /// Nothing had to be changed.
    UpToDate,
    /// Only the lockfile was brought up to date.
    LockfileOnly,
    /// Nothing was written: this is what would change.
    DryRun,
}

/// What an install did.
#[derive(Debug, Clone)]
pub struct InstallReport {
    /// How it ended.
    pub outcome: Outcome,
    /// What changed for the project, a line each: `+ express 5.3.0`.
    pub changes: Vec<String>,
    /// What changed in the lockfile below them.
    pub graph: GraphChanges,
    /// Packages of the tree.
    pub packages: usize,
    /// Package folders that were built by this install.
    pub added: usize,
    /// Package folders that were taken away.
    pub removed: usize,
    /// Those of them that came from folders and tarballs on this disk.
    pub local: usize,
    /// Packages that were downloaded.
    pub fetched: usize,
    /// Bytes that were downloaded.
    pub bytes: u64,
    /// Packages left out because they are not for this platform.
    pub skipped: usize,
    /// Packages whose install scripts were not run because nobody has decided about them, `name@version`.
    pub unbuilt: Vec<String>,
    /// Those of them of which other scripts were approved.
    pub changed_builds: Vec<String>,
    /// Package folders whose scripts ran.
    pub built: usize,
    /// Package folders that hold what their scripts made before.
    pub restored: usize,
    /// What the user should know; sorted, each once.
    pub warnings: Vec<Warning>,
    /// The layout of the tree.
    pub layout: Layout,
    /// Where folders of packages are, if the layout is `isolated`.
    pub virtual_store: VirtualStore,
}

/// What changed in the resolved graph.
#[derive(Debug, Clone, Default)]
pub struct GraphChanges {
    /// Whether the lockfile says anything else than before.
    pub is_changed: bool,
    /// Packages that came, `name@version`.
    pub added: Vec<String>,
    /// Packages that went.
    pub removed: Vec<String>,
    /// Dependencies that lead elsewhere; looked at by a deduplication only.
    pub moves: Vec<Move>,
}

impl GraphChanges {
    /// Compares two lockfiles.
    pub(super) fn new(
        old: &Lockfile,
        new: &Lockfile,
        diff: &LockfileDiff,
        update: &Update,
    ) -> Self {
        let texts = |ids: &[pkg_lockfile::PackageId]| ids.iter().map(ToString::to_string).collect();
        let is_deduping = *update == Update::Dedupe;
        Self {
            is_changed: is_deduping && old != new || !diff.is_empty(),
            added: texts(&diff.added),
            removed: texts(&diff.removed),
            moves: if is_deduping {
                old.moves(new)
            } else {
                Vec::new()
            },
        }
    }
}

/// What changed for the projects themselves, a line each: `+ express 5.3.0`.
pub(super) fn changes(diff: &LockfileDiff) -> Vec<String> {
    let shown = |change: &DirectChange| {
        let name = &change.name;
        match (&change.before, &change.after) {
            (Some(before), Some(after)) if before.target == after.target => {
                let (version, field) = (after.reference(), after.group.field());
                format!("~ {name} {version}, now in {field}")
            }
            (Some(before), Some(after)) => {
                format!("~ {name} {} → {}", before.reference(), after.reference())
            }
            (None, Some(after)) => format!("+ {name} {}", after.reference()),
            (Some(before), None) => format!("- {name} {}", before.reference()),
            (None, None) => format!("  {name}"),
        }
    };
    diff.direct.iter().map(shown).collect()
}
