//! Hoisting in the isolated layout: who may be found by packages that do not declare them. pnpm's rule.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{DependencyRef, ImporterId};
use pkg_manifest::PackageName;

use crate::error::PlanError;
use crate::layout::LinkOptions;
use crate::pattern::NamePatterns;
use crate::selection::Selection;

/// What is hoisted, and where to.
#[derive(Debug, Default)]
pub(crate) struct Hoisted<'a> {
    /// To the folder that only packages of the virtual store look into.
    pub(crate) private: BTreeMap<&'a PackageName, DependencyRef>,
    /// To the `node_modules` of the root project.
    pub(crate) public: BTreeMap<&'a PackageName, DependencyRef>,
}

struct Hoister<'a> {
    hoisted: Hoisted<'a>,
    private: NamePatterns,
    public: NamePatterns,
    /// In lower case: two links that differ in case only would be one on some file systems.
    taken: BTreeSet<String>,
}

impl<'a> Hoister<'a> {
    fn offer(&mut self, alias: &'a PackageName, target: &DependencyRef) {
        let place = if self.public.is_match(alias) {
            &mut self.hoisted.public
        } else if self.private.is_match(alias) {
            &mut self.hoisted.private
        } else {
            return;
        };
        if self.taken.insert(alias.as_str().to_lowercase()) {
            place.insert(alias, target.clone());
        }
    }
}

/// Chooses among the aliases that match `private`, or the pattern of public ones, by depth, then by the key of whoever depends on it; what the root project depends on is taken already.
pub(crate) fn hoist<'a>(
    selection: &Selection<'a>,
    options: &'a LinkOptions,
    private: &[String],
) -> Result<Hoisted<'a>, PlanError> {
    let root = selection.importers.get(&ImporterId::root());
    let mut hoister = Hoister {
        hoisted: Hoisted::default(),
        private: NamePatterns::new(private)?,
        public: NamePatterns::new(&options.public_hoist_pattern)?,
        taken: root
            .into_iter()
            .flat_map(|edges| edges.keys())
            .map(|alias| alias.as_str().to_lowercase())
            .collect(),
    };
    for (name, id) in &options.workspace_packages {
        if let Some(path) = id.path() {
            hoister.offer(name, &DependencyRef::Link(path.to_string()));
        }
    }
    for edges in selection.importers.values() {
        // A folder that a project links is that project's own.
        for (alias, target) in edges.iter().filter(|edge| edge.1.snapshot().is_some()) {
            hoister.offer(alias, target);
        }
    }
    let mut instances: Vec<_> = selection.instances.iter().collect();
    instances.sort_by_key(|(key, instance)| (instance.depth, *key));
    for (_, instance) in instances {
        for (alias, target) in &instance.edges {
            hoister.offer(alias, target);
        }
    }
    Ok(hoister.hoisted)
}
