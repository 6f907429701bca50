//! What stands in the project: the map, how Node.js loads it, and the packages that lie in the project itself.

use std::collections::BTreeMap;

use pkg_lockfile::{DependencyRef, ImporterId, Lockfile, PackageId, normalized_path};
use pkg_manifest::{PackageName, RelativePath};
use rustc_hash::FxHashSet;

use crate::error::PlanError;
use crate::isolated::package_entry;
use crate::layout::LinkOptions;
use crate::pnp::FOLDER;
use crate::pnp::builder::{Places, build};
use crate::pnp::ignore::ignore_pattern;
use crate::pnp::place::{Located, Place, archive_file, unplugged_folder, with_dots};
use crate::pnp::print::print;
use crate::pnp::runtime::{DATA_FILE, LOADER_FILE, MAP_FILE, loader_text, map_text};
use crate::relative::way;
use crate::selection::{Platforms, Selection};
use crate::tree::{BinCandidate, BinFolder, BinOwner, Entry, Reach, Skipped, Tree};

/// Who may see what the root project has, besides whoever asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FallbackMode {
    /// Nobody.
    None,
    /// Packages, not projects.
    DependenciesOnly,
    /// Projects too.
    All,
}

/// What a map depends on besides the lockfile.
pub struct PnpOptions<'a> {
    pub link: &'a LinkOptions,
    /// The folder of the root project: absolute.
    pub root: &'a str,
    /// The names of the projects that have one.
    pub names: &'a BTreeMap<ImporterId, PackageName>,
    pub fallback_mode: FallbackMode,
    /// Paths from the root that the map leaves to Node.js itself.
    pub ignore_patterns: &'a [String],
    /// Whether the data stand in the map's file itself.
    pub is_inlined: bool,
    /// Where a package is, or would be if it were for this machine.
    pub places: &'a (dyn Fn(&PackageId) -> Located + Sync),
    /// The folders, in a package, of those that it brings along.
    pub bundled: &'a (dyn Fn(&PackageId) -> Vec<String> + Sync),
}

/// Which packages must be there, before anybody knows where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PnpSelection {
    /// The packages for this machine: sorted, each once.
    pub packages: Vec<PackageId>,
    /// Those among them that a project asks for itself, and that may have commands: sorted.
    pub commanding: Vec<PackageId>,
    pub skipped: Vec<Skipped>,
}

/// A plan but for the commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PnpPlan {
    pub(crate) tree: Tree,
}

impl PnpSelection {
    /// Selects packages.
    ///
    /// # Errors
    /// [`PlanError`] when an edge of the lockfile leads nowhere.
    pub fn new(lockfile: &Lockfile, options: &LinkOptions) -> Result<Self, PlanError> {
        let selection = Selection::new(lockfile, options)?;
        let mut packages: Vec<PackageId> = selection
            .instances
            .keys()
            .map(|key| key.id().clone())
            .collect();
        packages.dedup();
        packages.sort();
        packages.dedup();
        let direct = selection.importers.values().flat_map(BTreeMap::values);
        let keys = direct.filter_map(|target| target.snapshot());
        let mut commanding: Vec<PackageId> = keys
            .filter(|key| selection.instances[key].package.has_bin)
            .map(|key| key.id().clone())
            .collect();
        commanding.sort();
        commanding.dedup();
        Ok(Self {
            packages,
            commanding,
            skipped: selection.skipped,
        })
    }
}

/// Plans the layout.
///
/// # Errors
/// [`PlanError`] when an edge of the lockfile leads nowhere, or something has no place.
pub fn plan_pnp(lockfile: &Lockfile, options: &PnpOptions<'_>) -> Result<PnpPlan, PlanError> {
    let selection = Selection::of(lockfile, options.link, Platforms::All)?;
    let ignore = ignore_pattern(options.ignore_patterns);
    let (state, places) = build(&selection, ignore, options)?;
    let data = print(&state);
    let mut entries = Vec::new();
    let mut add = |path: &str, entry: Entry| -> Result<(), PlanError> {
        entries.push((parse_path(path)?, entry));
        Ok(())
    };
    let (map, data) = rayon::join(
        || file(map_text(&data, options.is_inlined)),
        || file(data.clone()),
    );
    add(MAP_FILE, map)?;
    add(LOADER_FILE, file(loader_text().to_owned()))?;
    add(DATA_FILE, data)?;
    let mut seen = FxHashSet::default();
    for (key, instance) in &selection.instances {
        let id = key.id();
        if !seen.insert(id) {
            continue;
        }
        let located = (options.places)(id);
        let package = package_entry(key, instance.package);
        match located.place {
            Place::Unplugged if located.is_here => add(&unplugged_folder(id), package)?,
            Place::Archive if located.is_here => {
                let integrity = instance.package.resolution.integrity();
                add(&archive_file(id, integrity), archived(package))?;
            }
            Place::Unplugged | Place::Archive | Place::Folder(_) => {}
        }
    }
    let mut tree = Tree {
        entries: Vec::new(),
        bin_folders: bin_folders(&selection, &places, options.root)?,
        skipped: Vec::new(),
    };
    tree.extend(entries)?;
    Ok(PnpPlan { tree })
}

/// The folders of commands: one for each project, of what it asks for.
fn bin_folders(
    selection: &Selection<'_>,
    places: &Places<'_>,
    root: &str,
) -> Result<Vec<BinFolder>, PlanError> {
    let mut folders = Vec::new();
    for (id, edges) in &selection.importers {
        let mut candidates = Vec::new();
        for (alias, target) in edges {
            let (owner, location) = match target {
                DependencyRef::Snapshot(key) => {
                    let location = places.get(key).cloned().unwrap_or_default();
                    (BinOwner::Package(key.id().clone()), location)
                }
                DependencyRef::Link(folder) => {
                    let folder = normalized_path(folder).map_err(PlanError::Link)?;
                    let location = with_dots(&way(root, &folder));
                    (BinOwner::Folder(folder), location)
                }
            };
            candidates.push(BinCandidate {
                alias: (*alias).clone(),
                owner,
                location,
                reach: Reach::Declared,
            });
        }
        let path = match id.path() {
            Some(path) => format!("{FOLDER}/projects/{path}/bin"),
            None => format!("{FOLDER}/bin"),
        };
        folders.push(BinFolder { path, candidates });
    }
    Ok(folders)
}

/// The same package as one file.
fn archived(package: Entry) -> Entry {
    match package {
        Entry::Package {
            snapshot,
            integrity,
        } => Entry::Archive {
            snapshot,
            integrity,
        },
        other => other,
    }
}

fn file(text: String) -> Entry {
    Entry::file(text.into_bytes(), false)
}

pub(crate) fn parse_path(path: &str) -> Result<RelativePath, PlanError> {
    path.parse().map_err(|source| PlanError::Path {
        what: path.to_owned(),
        source,
    })
}
