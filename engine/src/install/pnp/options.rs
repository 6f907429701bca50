//! What shapes a map, as settings and manifest say it.

use std::{collections::BTreeMap, path::Path};

use pkg_linker::{FallbackMode, LinkOptions, Located, PnpOptions};
use pkg_lockfile::{Groups, ImporterId, PackageId};
use pkg_manifest::PackageName;
use pkg_store::Store;
use serde_json::Value;

use super::super::{link::plan_options, session::Session};
use crate::{LoadedSettings, Project, builds::Approvals};

/// What a map is planned from besides the lockfile.
#[derive(Clone, Copy)]
pub(crate) struct MapSources<'a> {
    pub(crate) project: &'a Project,
    pub(crate) settings: &'a LoadedSettings,
    pub(crate) store: &'a Store,
    pub(crate) groups: Groups,
    pub(crate) look: Look,
}

/// How closely the slots of the store are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Not at all, where an install before found the same ones ready and nothing was removed since.
    AsNoted,
    /// Once at each.
    AtEach,
    /// Into each, whatever stands there.
    Inside,
}

impl<'a> MapSources<'a> {
    pub(super) fn of(session: &'a Session<'_>) -> Self {
        Self {
            project: session.project,
            settings: session.settings,
            store: &session.store,
            groups: session.options.groups(),
            look: if session.options.force {
                Look::Inside
            } else {
                Look::AsNoted
            },
        }
    }
}

/// What is known before anything is looked at.
pub(super) struct MapOptions {
    pub(super) link: LinkOptions,
    /// The folder of the project, without links in it: the map's paths are relative to it.
    pub(super) root: String,
    /// The way from there to the slots of the store.
    pub(super) slots: String,
    pub(super) is_archived: bool,
    names: BTreeMap<ImporterId, PackageName>,
    fallback_mode: FallbackMode,
    ignore_patterns: Vec<String>,
    is_inlined: bool,
    /// What the manifest says of packages, by name or by name and version: whether they are unplugged.
    unplugged: BTreeMap<String, bool>,
    /// Packages whose scripts may run are unplugged.
    approvals: Approvals,
}

impl MapOptions {
    pub(super) fn new(sources: &MapSources<'_>) -> Self {
        let settings = &sources.settings.settings;
        let manifest = &sources.project.manifest;
        let name = manifest.name.clone();
        let root = real(&sources.project.root);
        let store = real(sources.store.root());
        let links = sources.store.links();
        let below = links.strip_prefix(sources.store.root());
        let slots = below.map_or_else(|_| links.clone(), |below| Path::new(&store).join(below));
        Self {
            link: plan_options(settings, sources.groups),
            slots: pkg_linker::way(&root, &slots.to_string_lossy()),
            root,
            is_archived: settings.pnp_archives,
            names: name
                .map(|name| (ImporterId::root(), name))
                .into_iter()
                .collect(),
            fallback_mode: settings.pnp_fallback_mode,
            ignore_patterns: settings.pnp_ignore_patterns.clone(),
            is_inlined: settings.pnp_enable_inlining,
            // An install that cannot read them has failed already.
            approvals: Approvals::read(&sources.project.root).unwrap_or_default(),
            unplugged: unplugged(manifest.fields.get("dependenciesMeta")),
        }
    }

    pub(super) fn of<'a>(
        &'a self,
        places: &'a (dyn Fn(&PackageId) -> Located + Sync),
        bundled: &'a (dyn Fn(&PackageId) -> Vec<String> + Sync),
    ) -> PnpOptions<'a> {
        PnpOptions {
            link: &self.link,
            root: &self.root,
            names: &self.names,
            fallback_mode: self.fallback_mode,
            ignore_patterns: &self.ignore_patterns,
            is_inlined: self.is_inlined,
            places,
            bundled,
        }
    }

    /// What the project wants of a package, whatever the package itself would be.
    pub(super) fn is_unplugged(&self, id: &PackageId) -> Option<bool> {
        if self.approvals.has(id) {
            return Some(true);
        }
        if self.unplugged.is_empty() {
            return None;
        }
        let of_version = self.unplugged.get(id.as_str());
        of_version
            .or_else(|| self.unplugged.get(id.name().as_str()))
            .copied()
    }
}

/// `dependenciesMeta`, of which only `unplugged` is read.
fn unplugged(field: Option<&Value>) -> BTreeMap<String, bool> {
    let entries = field.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(name, meta)| Some((name.clone(), meta.get("unplugged")?.as_bool()?)))
        .collect()
}

/// A path without links in it, or as it is where that cannot be told.
fn real(path: &Path) -> String {
    let real = path.canonicalize();
    real.as_deref()
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}
