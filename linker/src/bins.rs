//! Commands: which `.bin` folder has which, and whose wins where two packages have one of the same name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use pkg_lockfile::PackageId;
use pkg_manifest::{RelativePath, Version};

use crate::error::PlanError;
use crate::relative::link_text;
use crate::tree::{BinCandidate, BinFolder, BinOwner, Entry, Tree};

/// Commands that a package never gets: they would stand in for the runtime, or for package managers.
const RESERVED: [&str; 4] = ["node", "npm", "npx", "pkg"];
/// Bytes of a component of a path.
const MAX_NAME: usize = 255;

/// Tells the commands of an owner: names, and files in the package; empty for one that has none.
pub type BinLookup<'a> = dyn Fn(&BinOwner) -> Vec<(String, RelativePath)> + 'a;

/// A command that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BinWarning {
    /// Two packages have a command of this name.
    Conflict {
        folder: String,
        name: String,
        winner: BinOwner,
        loser: BinOwner,
    },
    /// The name is the runtime's or a package manager's.
    Reserved { name: String, owner: BinOwner },
    /// The name cannot be that of a command; it is escaped.
    BadName { name: String, owner: BinOwner },
}

/// Adds the commands to a tree, once the packages are known. Pure, as [`plan`](crate::plan) is.
///
/// In one folder a declared dependency wins over a hoisted one, then one whose name is the command's, then the first
/// by name, then the highest version.
///
/// # Errors
/// [`PlanError::Path`] for a command whose path is too long.
pub fn plan_bins(
    mut tree: Tree,
    lookup: &BinLookup<'_>,
) -> Result<(Tree, Vec<BinWarning>), PlanError> {
    let folders = std::mem::take(&mut tree.bin_folders);
    let mut entries = Vec::new();
    let warnings = choose_bins(&folders, lookup, &mut |folder, name, claim| {
        entries.push(entry(folder, name, claim)?);
        Ok(())
    })?;
    tree.extend(entries)?;
    Ok((tree, warnings))
}

/// Tells `add` of every command that a folder has, and whose it is.
pub(crate) fn choose_bins(
    folders: &[BinFolder],
    lookup: &BinLookup<'_>,
    add: &mut dyn FnMut(&BinFolder, &str, &Claim<'_>) -> Result<(), PlanError>,
) -> Result<Vec<BinWarning>, PlanError> {
    let mut known: BTreeMap<&BinOwner, Vec<(String, RelativePath)>> = BTreeMap::new();
    let mut warnings = Vec::new();
    for candidate in folders.iter().flat_map(|folder| &folder.candidates) {
        known
            .entry(&candidate.owner)
            .or_insert_with(|| allowed(&candidate.owner, lookup(&candidate.owner), &mut warnings));
    }
    for folder in folders {
        for (name, claim) in winners(folder, &known, &mut warnings) {
            add(folder, name, &claim)?;
        }
    }
    Ok(warnings)
}

/// A package that has a command of some name.
pub(crate) struct Claim<'a> {
    pub(crate) candidate: &'a BinCandidate,
    pub(crate) path: &'a RelativePath,
}

fn winners<'a>(
    folder: &'a BinFolder,
    known: &'a BTreeMap<&BinOwner, Vec<(String, RelativePath)>>,
    warnings: &mut Vec<BinWarning>,
) -> BTreeMap<&'a str, Claim<'a>> {
    let mut claims: BTreeMap<&str, Vec<Claim<'_>>> = BTreeMap::new();
    for candidate in &folder.candidates {
        for (name, path) in &known[&candidate.owner] {
            let claim = Claim { candidate, path };
            claims.entry(name).or_default().push(claim);
        }
    }
    let mut winners = BTreeMap::new();
    for (name, mut claims) in claims {
        claims.sort_by(|left, right| rank(name, left).cmp(&rank(name, right)));
        let mut claims = claims.into_iter();
        let Some(winner) = claims.next() else {
            continue;
        };
        let losers = claims.filter(|claim| claim.candidate.owner != winner.candidate.owner);
        warnings.extend(losers.map(|loser| BinWarning::Conflict {
            folder: folder.path.clone(),
            name: name.to_owned(),
            winner: winner.candidate.owner.clone(),
            loser: loser.candidate.owner.clone(),
        }));
        winners.insert(name, winner);
    }
    winners
}

/// What sorts first wins.
fn rank<'a>(name: &str, claim: &Claim<'a>) -> impl Ord + use<'a> {
    let candidate = claim.candidate;
    let (package, version): (&str, Option<&Version>) = match &candidate.owner {
        BinOwner::Package(id) => (id.name().as_str(), id.version()),
        BinOwner::Folder(_) => (candidate.alias.as_str(), None),
    };
    (
        candidate.reach,
        candidate.alias.as_str() != name,
        package,
        Reverse(version),
        &candidate.alias,
    )
}

fn entry(
    folder: &BinFolder,
    name: &str,
    claim: &Claim<'_>,
) -> Result<(RelativePath, Entry), PlanError> {
    let path = format!("{}/{name}", folder.path);
    let file = format!("{}/{}", claim.candidate.location, claim.path);
    let bin = Entry::Bin {
        target: link_text(&folder.path, &file),
        owner: claim.candidate.owner.clone(),
        path: claim.path.clone(),
    };
    match path.parse() {
        Ok(path) => Ok((path, bin)),
        Err(source) => Err(PlanError::Path { what: path, source }),
    }
}

fn allowed(
    owner: &BinOwner,
    bins: Vec<(String, RelativePath)>,
    warnings: &mut Vec<BinWarning>,
) -> Vec<(String, RelativePath)> {
    let mut kept = bins;
    kept.retain(|(name, _)| {
        let owner = owner.clone();
        if RESERVED.contains(&name.as_str()) {
            let name = name.clone();
            warnings.push(BinWarning::Reserved { name, owner });
            return false;
        }
        if !is_bin_name(name) {
            let name = name.escape_debug().take(MAX_NAME).collect();
            warnings.push(BinWarning::BadName { name, owner });
            return false;
        }
        true
    });
    kept
}

/// Whether a name can be typed as it is, in every shell and on every file system.
fn is_bin_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
    let is_safe = !name.starts_with('-') && name.bytes().all(is_plain);
    (is_safe || name == "$") && !matches!(name, "" | "." | "..") && name.len() <= MAX_NAME
}

impl From<&PackageId> for BinOwner {
    fn from(id: &PackageId) -> Self {
        Self::Package(id.clone())
    }
}
