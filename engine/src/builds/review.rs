//! Looking at the scripts of packages, and deciding about them.

use std::sync::Arc;

use pkg_lockfile::{Package, PackageId, Resolution};
use pkg_store::{Expected, PackageFiles, Store};

use super::{
    approvals::{Approvals, Decision, key},
    difference::difference,
    error::ApprovalError,
    grant::Grant,
    script_set::{IMPLIED, ScriptSet, may_have_scripts},
};
use crate::{LoadedSettings, Project};

/// What was decided about the scripts of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewState {
    /// They run.
    Approved,
    /// They never run.
    Denied,
    /// Others of this package were approved, not these.
    Changed,
    /// Nothing.
    New,
}

/// A script as it would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedScript {
    /// Its name in `scripts`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// Whether it stands nowhere, and a `binding.gyp` implies it.
    pub is_implied: bool,
}

/// The scripts of one package. All texts are the package's: escape them to print them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The package, with its version or source.
    pub package: String,
    /// What it is approved by: its name, or for one that is no registry's all of its id.
    pub name: String,
    /// What was decided.
    pub state: ReviewState,
    /// Those that an install runs, in this order; then others that they run.
    pub scripts: Vec<ReviewedScript>,
    /// Files of the package that they name, which are approved with them.
    pub files: Vec<String>,
    /// How they differ from those that were approved: lines that begin with `@`, `-`, `+` or a blank.
    pub difference: Vec<String>,
    /// What they may do besides what all may.
    pub grants: Vec<Grant>,
}

/// What is to be decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// Names, or names with versions, of packages whose scripts may run.
    pub approve: Vec<String>,
    /// Those whose scripts may not.
    pub deny: Vec<String>,
    /// Approve all that nobody has decided about.
    pub all: bool,
    /// What the approved may do besides.
    pub grants: Vec<Grant>,
}

/// What was decided, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Approved {
    /// Whose scripts may run now.
    pub approved: Vec<String>,
    /// Whose scripts may not.
    pub denied: Vec<String>,
}

/// A package with scripts.
struct Found {
    id: PackageId,
    files: Arc<PackageFiles>,
    set: ScriptSet,
}

/// Finds the packages of a project that have scripts for an install.
///
/// # Errors
/// [`ApprovalError::NotInstalled`] without a lockfile.
pub fn review(project: &Project, settings: &LoadedSettings) -> Result<Vec<Review>, ApprovalError> {
    let store = Store::open(&settings.locations.store)?;
    let approvals = Approvals::read(&project.root)?;
    let found = find(project, &store)?;
    Ok(found
        .iter()
        .map(|found| look_at(&store, &approvals, found))
        .collect())
}

/// Decides about scripts, and writes it down in the project.
///
/// # Errors
/// [`ApprovalError::NoBuild`] for a name that is none of a package with scripts.
pub fn approve(
    project: &Project,
    settings: &LoadedSettings,
    request: &ApprovalRequest,
) -> Result<Approved, ApprovalError> {
    let store = Store::open(&settings.locations.store)?;
    let mut approvals = Approvals::read(&project.root)?;
    let found = find(project, &store)?;
    let mut decided = Approved::default();
    for name in &request.deny {
        for found in named(&found, name)? {
            approvals.approved.remove(key(&found.id));
            approvals.denied.insert(key(&found.id).to_owned());
            decided.denied.push(key(&found.id).to_owned());
        }
    }
    let mut chosen: Vec<&Found> = Vec::new();
    for name in &request.approve {
        chosen.extend(named(&found, name)?);
    }
    if request.all {
        let is_open = |found: &&Found| {
            matches!(
                approvals.decide(&found.id, &found.set),
                Decision::Unknown | Decision::Changed
            )
        };
        chosen.extend(found.iter().filter(is_open));
    }
    for chosen in chosen {
        let key = key(&chosen.id).to_owned();
        approvals.denied.remove(&key);
        let sets = approvals.approved.entry(key.clone()).or_default();
        // What no installed version has any more was approved for nobody.
        let same_package = |found: &&Found| super::approvals::key(&found.id) == key;
        sets.retain(|set| {
            found
                .iter()
                .filter(same_package)
                .any(|found| found.set == *set)
        });
        if !sets.contains(&chosen.set) {
            sets.push(chosen.set.clone());
        }
        if !request.grants.is_empty() {
            approvals
                .grants
                .entry(key.clone())
                .or_default()
                .extend(request.grants.iter().cloned());
        }
        decided.approved.push(key);
    }
    for names in [&mut decided.approved, &mut decided.denied] {
        names.sort();
        names.dedup();
    }
    approvals.write(&project.root)?;
    Ok(decided)
}

/// The packages with scripts that a name means.
fn named<'f>(found: &'f [Found], name: &str) -> Result<Vec<&'f Found>, ApprovalError> {
    let is_meant = |found: &&Found| key(&found.id) == name || found.id.as_str() == name;
    let meant: Vec<&Found> = found.iter().filter(is_meant).collect();
    if !meant.is_empty() {
        return Ok(meant);
    }
    let mut names: Vec<&str> = found.iter().map(|found| key(&found.id)).collect();
    names.dedup();
    let help = if names.is_empty() {
        "no package of this project has any".to_owned()
    } else {
        let names: Vec<String> = names
            .iter()
            .take(12)
            .map(|name| format!("`{name}`"))
            .collect();
        format!("there are {}", names.join(", "))
    };
    Err(ApprovalError::NoBuild {
        name: name.to_owned(),
        help,
    })
}

/// All packages of the lockfile that have scripts and are in the store.
fn find(project: &Project, store: &Store) -> Result<Vec<Found>, ApprovalError> {
    let lockfile = project
        .read_lockfile(false)?
        .ok_or(ApprovalError::NotInstalled)?
        .lockfile;
    let mut found = Vec::new();
    for (id, package) in &lockfile.packages {
        let Some(files) = stored(project, store, package)? else {
            continue;
        };
        if !may_have_scripts(id, &files) {
            continue;
        }
        if let Some(set) = ScriptSet::read(store, id, &files) {
            found.push(Found {
                id: id.clone(),
                files: Arc::new(files),
                set,
            });
        }
    }
    Ok(found)
}

fn stored(
    project: &Project,
    store: &Store,
    package: &Package,
) -> Result<Option<PackageFiles>, ApprovalError> {
    if let Resolution::Directory { path } = &package.resolution {
        let expected = Expected {
            name: None,
            version: None,
            integrity: None,
        };
        let imported = store.import_directory(&project.root.join(path), &expected)?;
        return Ok(Some(imported.files));
    }
    match package.resolution.integrity() {
        Some(integrity) => Ok(store.get(integrity)?),
        None => Ok(None),
    }
}

fn look_at(store: &Store, approvals: &Approvals, found: &Found) -> Review {
    let Found { id, files, set } = found;
    let state = match approvals.decide(id, set) {
        Decision::Approved => ReviewState::Approved,
        Decision::Denied => ReviewState::Denied,
        Decision::Changed => ReviewState::Changed,
        Decision::Unknown => ReviewState::New,
    };
    let events = match set.preparation(id) {
        preparation if preparation.is_empty() => set.events().collect(),
        preparation => preparation,
    };
    let is_event = |name: &str| events.iter().any(|(event, _)| *event == name);
    let others: Vec<(&str, &str)> = set
        .scripts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .filter(|(name, _)| !is_event(name))
        .collect();
    let scripts = events
        .into_iter()
        .chain(others)
        .map(|(name, text)| ReviewedScript {
            name: name.to_owned(),
            text: text.to_owned(),
            is_implied: text == IMPLIED
                && name == "install"
                && set.files.contains_key("binding.gyp"),
        });
    let former = approvals.approved.get(key(id)).and_then(|sets| sets.last());
    let former = former.filter(|_| state == ReviewState::Changed);
    Review {
        package: id.to_string(),
        name: key(id).to_owned(),
        state,
        scripts: scripts.collect(),
        files: set.files.keys().cloned().collect(),
        difference: former
            .map(|former| difference(store, former, (set, files)))
            .unwrap_or_default(),
        grants: approvals.grants(id).cloned().collect(),
    }
}
