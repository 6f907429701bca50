//! A lockfile with conflict markers of git: both sides are read and joined entry by entry.

use std::collections::BTreeMap;

use pkg_manifest::PackageName;

use crate::{
    DependencyRef, Importer, ImporterDependency, LockedSettings, Lockfile, Resolution, Snapshot,
    error::LockfileError, parse::read, reader::Commas,
};

/// The line (from 1) of the first conflict marker. No line of a whole lockfile starts like one.
pub(crate) fn first_marker(text: &str) -> Option<usize> {
    let is_marker = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
    text.lines().position(is_marker).map(|index| index + 1)
}

impl Lockfile {
    /// Reads a text in which git left conflict markers (with or without the common ancestor).
    ///
    /// Entries of either side are kept. Where the two sides disagree about a dependency the higher
    /// version wins; what no project reaches any more is dropped. The result is whole, but whether
    /// it says what the manifests ask for is for [`Lockfile::check`] to tell. A text without
    /// markers is simply parsed.
    ///
    /// # Errors
    /// [`LockfileError::Merge`] where the sides have different contents for one package; else as
    /// [`Lockfile::parse`].
    pub fn merge_conflicts(text: &str) -> Result<Self, LockfileError> {
        if first_marker(text).is_none() {
            return Self::parse(text);
        }
        let (ours, theirs) = sides(text)?;
        let mut merged = read(&ours, Commas::Lenient)?;
        merged.join(read(&theirs, Commas::Lenient)?)?;
        merged.prune_unreachable();
        merged.check_entries()?;
        Ok(merged)
    }

    fn join(&mut self, theirs: Self) -> Result<(), LockfileError> {
        self.extra.absorb(&theirs.extra);
        // Which side is right is for the check of the settings to tell.
        if self.settings == LockedSettings::default() {
            self.settings = theirs.settings;
        }
        for (id, importer) in theirs.importers {
            join_importer(self.importers.entry(id).or_default(), importer);
        }
        for (id, package) in theirs.packages {
            let ours = self.packages.entry(id.clone());
            let ours = ours.or_insert_with(|| package.clone());
            if !is_same_content(&ours.resolution, &package.resolution) {
                return Err(LockfileError::Merge { id });
            }
        }
        for (key, snapshot) in theirs.snapshots {
            match self.snapshots.entry(key) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(snapshot);
                }
                std::collections::btree_map::Entry::Occupied(mut entry) => {
                    join_snapshot(entry.get_mut(), snapshot);
                }
            }
        }
        Ok(())
    }
}

/// Which part of a conflict a line belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Both,
    Ours,
    Ancestor,
    Theirs,
}

/// The text as each side had it.
fn sides(text: &str) -> Result<(String, String), LockfileError> {
    let (mut ours, mut theirs) = (String::new(), String::new());
    let mut part = Part::Both;
    let mut opened = 0;
    for (index, line) in text.lines().enumerate() {
        let next = match (part, line.get(..7).unwrap_or_default()) {
            (Part::Both, "<<<<<<<") => Part::Ours,
            (Part::Ours, "|||||||") => Part::Ancestor,
            (Part::Ours | Part::Ancestor, "=======") => Part::Theirs,
            (Part::Theirs, ">>>>>>>") => Part::Both,
            (_, "<<<<<<<" | "|||||||" | "=======" | ">>>>>>>") => {
                return Err(LockfileError::Conflict { line: index + 1 });
            }
            (Part::Both | Part::Ours | Part::Ancestor | Part::Theirs, _) => {
                if matches!(part, Part::Both | Part::Ours) {
                    ours.push_str(line);
                    ours.push('\n');
                }
                if matches!(part, Part::Both | Part::Theirs) {
                    theirs.push_str(line);
                    theirs.push('\n');
                }
                continue;
            }
        };
        if part == Part::Both {
            opened = index + 1;
        }
        part = next;
    }
    if part == Part::Both {
        Ok((ours, theirs))
    } else {
        Err(LockfileError::Conflict { line: opened })
    }
}

/// Whether two entries of one package have the same bytes behind them.
fn is_same_content(left: &Resolution, right: &Resolution) -> bool {
    match (left.integrity(), right.integrity()) {
        (Some(left), Some(right)) => left.strongest().any(|hash| {
            left.algorithm() == right.algorithm() && right.strongest().any(|other| other == hash)
        }),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn join_importer(ours: &mut Importer, theirs: Importer) {
    for (name, version) in theirs.peers {
        let ours = ours.peers.entry(name).or_insert_with(|| version.clone());
        *ours = version.max(ours.clone());
    }
    for (name, specifier) in theirs.left_out {
        ours.left_out.entry(name).or_insert(specifier);
    }
    for (ours, theirs) in [
        (&mut ours.dependencies, theirs.dependencies),
        (&mut ours.dev_dependencies, theirs.dev_dependencies),
        (
            &mut ours.optional_dependencies,
            theirs.optional_dependencies,
        ),
    ] {
        join_map(ours, theirs, |dependency: &ImporterDependency| {
            &dependency.target
        });
    }
    let Importer {
        dependencies,
        dev_dependencies,
        optional_dependencies,
        left_out,
        peers: _,
    } = ours;
    // What one side could have is there.
    left_out.retain(|name, _| !optional_dependencies.contains_key(name));
    // A dependency that one side moved to another group stands in one of them, as in a manifest.
    let is_optional = |name: &PackageName| {
        optional_dependencies.contains_key(name) || left_out.contains_key(name)
    };
    dependencies.retain(|name, _| !is_optional(name));
    dev_dependencies.retain(|name, _| !is_optional(name) && !dependencies.contains_key(name));
}

fn join_snapshot(ours: &mut Snapshot, theirs: Snapshot) {
    join_map(&mut ours.dependencies, theirs.dependencies, |target| target);
    let optional = theirs.optional_dependencies;
    join_map(&mut ours.optional_dependencies, optional, |target| target);
    let required = &ours.dependencies;
    ours.optional_dependencies
        .retain(|name, _| !required.contains_key(name));
    ours.transitive_peers.extend(theirs.transitive_peers);
    ours.optional &= theirs.optional;
    ours.dev &= theirs.dev;
}

/// Adds what only `theirs` has, and takes from it what leads to a higher version.
fn join_map<V>(
    ours: &mut BTreeMap<PackageName, V>,
    theirs: BTreeMap<PackageName, V>,
    target: impl Fn(&V) -> &DependencyRef,
) {
    for (name, value) in theirs {
        let wins = ours
            .get(&name)
            .is_none_or(|held| is_higher(target(&value), target(held)));
        if wins {
            ours.insert(name, value);
        }
    }
}

/// Whether one target is of a higher version than another. Of two that are alike but for their peers
/// the one with the greater text is higher, so that it does not matter which side is ours.
fn is_higher(left: &DependencyRef, right: &DependencyRef) -> bool {
    let version = |target: &DependencyRef| {
        let key = target.snapshot()?;
        key.id().version().cloned()
    };
    (version(left), left) > (version(right), right)
}
