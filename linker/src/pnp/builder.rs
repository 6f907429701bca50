//! From the lockfile to the map: who may see what, and under which path.

use std::borrow::Cow;
use std::collections::BTreeSet;

use pkg_lockfile::{DependencyRef, ImporterId, Package, PackageId, SnapshotKey, normalized_path};
use pkg_manifest::PackageName;
use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rustc_hash::FxHashMap;

use crate::error::PlanError;
use crate::pnp::bundled::add_bundled;
use crate::pnp::place::{location, virtual_location, with_dots};
use crate::pnp::plan::{FallbackMode, PnpOptions};
use crate::pnp::reference::{reference, short_hash, virtual_reference};
use crate::pnp::state::{Information, Kind, State, Target};
use crate::relative::way;
use crate::selection::{Edges, Instance, Selection};

/// Where the instances are that projects ask for themselves, as the map writes it.
pub(crate) type Places<'a> = FxHashMap<&'a SnapshotKey, String>;

/// Folders that are linked as they are, by the name that they are linked under and their path.
type LinkedFolders<'a> = BTreeSet<(&'a PackageName, String)>;

/// Makes the map.
pub(crate) fn build<'a>(
    selection: &'a Selection<'a>,
    ignore: Option<String>,
    options: &PnpOptions<'a>,
) -> Result<(State<'a>, Places<'a>), PlanError> {
    let mut builder = Builder::new(selection, options);
    let mut state = State {
        roots: builder.roots(),
        has_fallback: options.fallback_mode != FallbackMode::None,
        ignore,
        ..State::default()
    };
    if options.fallback_mode == FallbackMode::DependenciesOnly {
        state.excluded = state.roots.clone();
        state.excluded.sort();
    }
    for (id, edges) in &selection.importers {
        builder.add_project(id, edges)?;
    }
    builder.add_instances()?;
    builder.add_links();
    state.packages = builder.packages;
    state
        .packages
        .sort_by(|left, right| (&left.name, &left.reference).cmp(&(&right.name, &right.reference)));
    Ok((state, builder.places))
}

struct Builder<'a, 'o> {
    selection: &'a Selection<'a>,
    options: &'o PnpOptions<'a>,
    /// How each instance is called.
    references: FxHashMap<&'a SnapshotKey, String>,
    /// How many instances a package has, where there is more than one.
    crowds: FxHashMap<&'a PackageId, usize>,
    /// Packages whose place, common to all instances, is in the map.
    common: FxHashMap<&'a PackageId, String>,
    links: LinkedFolders<'a>,
    places: Places<'a>,
    packages: Vec<Information<'a>>,
}

impl<'a, 'o> Builder<'a, 'o> {
    fn new(selection: &'a Selection<'a>, options: &'o PnpOptions<'a>) -> Self {
        let mut counts: FxHashMap<&PackageId, usize> = FxHashMap::default();
        for key in selection.instances.keys() {
            *counts.entry(key.id()).or_default() += 1;
        }
        counts.retain(|_, count| *count > 1);
        let call = |key: &SnapshotKey| match counts.contains_key(key.id()) {
            true => virtual_reference(key),
            false => reference(key.id()),
        };
        Self {
            selection,
            options,
            references: selection
                .instances
                .keys()
                .map(|key| (*key, call(key)))
                .collect(),
            crowds: counts,
            common: FxHashMap::default(),
            links: LinkedFolders::new(),
            places: Places::default(),
            packages: Vec::with_capacity(selection.instances.len() + 16),
        }
    }

    /// The projects, the root first: names and references.
    fn roots(&self) -> Vec<(String, String)> {
        let root = ImporterId::root();
        let others = self.selection.importers.keys().filter(|id| ***id != root);
        std::iter::once(&root)
            .chain(others.copied())
            .map(|id| (self.project_name(id).into_owned(), project_reference(id)))
            .collect()
    }

    /// The name of a project; one that has none gets one that no package has.
    fn project_name(&self, id: &ImporterId) -> Cow<'a, str> {
        match self.options.names.get(id) {
            Some(name) => Cow::Borrowed(name.as_str()),
            None => Cow::Owned(format!("project-{}", short_hash(id.as_str()))),
        }
    }

    fn add_project(&mut self, id: &ImporterId, edges: &Edges<'a>) -> Result<(), PlanError> {
        let name = self.project_name(id);
        let reference = Cow::<str>::Owned(project_reference(id));
        let make = |dependencies, own: Option<(Cow<'a, str>, Cow<'a, str>)>| {
            let (name, reference) = own.unzip();
            Information {
                name,
                reference,
                location: with_dots(id.as_str()),
                dependencies,
                peers: Vec::new(),
                kind: Kind::Soft,
                is_discarded: false,
            }
        };
        let own = (name, reference);
        let mut links = LinkedFolders::new();
        let dependencies = self.dependencies(edges, &own, &mut links)?;
        self.links.extend(links);
        if *id == ImporterId::root() {
            self.packages.push(make(dependencies.clone(), None));
        }
        self.packages.push(make(dependencies, Some(own)));
        Ok(())
    }

    /// All instances: their places one after the other, since instances of one package share one, and then what each sees.
    fn add_instances(&mut self) -> Result<(), PlanError> {
        let instances: Vec<_> = self.selection.instances.iter().collect();
        let places: Vec<String> = instances
            .iter()
            .map(|(key, instance)| self.place(key, instance))
            .collect();
        let made: Vec<(Vec<Information<'a>>, LinkedFolders<'a>)> = instances
            .into_par_iter()
            .zip(places)
            .map(|((key, instance), place)| self.instance(key, instance, place))
            .collect::<Result<_, PlanError>>()?;
        for (packages, links) in made {
            self.packages.extend(packages);
            self.links.extend(links);
        }
        Ok(())
    }

    fn place(&mut self, key: &'a SnapshotKey, instance: &Instance<'a>) -> String {
        let mut place = self.common_place(key.id(), instance.package);
        if self.crowds.contains_key(key.id()) {
            place = virtual_location(key, &place);
        }
        if instance.depth == 0 {
            self.places.insert(key, place.clone());
        }
        place
    }

    /// An instance, with the packages that it brings along, and the folders that it links.
    fn instance(
        &self,
        key: &'a SnapshotKey,
        instance: &Instance<'a>,
        place: String,
    ) -> Result<(Vec<Information<'a>>, LinkedFolders<'a>), PlanError> {
        let name = Cow::Borrowed(key.id().name().as_str());
        let own = (name, Cow::Owned(self.references[key].clone()));
        let mut links = LinkedFolders::new();
        let mut dependencies = self.dependencies(&instance.edges, &own, &mut links)?;
        let peers = peers(instance);
        for peer in &peers {
            let found = dependencies.binary_search_by(|(name, _)| name.cmp(peer));
            if let Err(at) = found {
                dependencies.insert(at, (peer.clone(), Target::Missing));
            }
        }
        let (name, reference) = own;
        let mut information = Information {
            name: Some(name),
            reference: Some(reference),
            location: place,
            dependencies,
            peers,
            kind: Kind::Hard,
            is_discarded: false,
        };
        let mut packages = Vec::with_capacity(1);
        if !instance.package.bundled.is_empty() {
            let folders = (self.options.bundled)(key.id());
            packages.extend(add_bundled(&mut information, &folders));
        }
        packages.push(information);
        Ok((packages, links))
    }

    /// Where a package is, whatever its peers. One that has several instances is also in the map without peers: that is
    /// whose a file is that was reached by its own path and not by an instance's.
    fn common_place(&mut self, id: &'a PackageId, package: &Package) -> String {
        if let Some(known) = self.common.get(id) {
            return known.clone();
        }
        let located = (self.options.places)(id);
        let place = location(id, package.resolution.integrity(), &located.place);
        if self.crowds.contains_key(id) {
            let name = Cow::Borrowed(id.name().as_str());
            let reference = Cow::<str>::Owned(reference(id));
            self.packages.push(Information {
                name: Some(name.clone()),
                reference: Some(reference.clone()),
                location: place.clone(),
                dependencies: vec![(name, Target::Same(reference))],
                peers: Vec::new(),
                kind: Kind::Soft,
                is_discarded: false,
            });
            self.common.insert(id, place.clone());
        }
        place
    }

    /// What something may see: its dependencies, and itself unless one of them has its name.
    fn dependencies(
        &self,
        edges: &Edges<'a>,
        own: &(Cow<'a, str>, Cow<'a, str>),
        links: &mut LinkedFolders<'a>,
    ) -> Result<Vec<(Cow<'a, str>, Target<'a>)>, PlanError> {
        let mut dependencies = Vec::with_capacity(edges.len() + 1);
        for (alias, target) in edges {
            let target = self.target(alias, target, links)?;
            dependencies.push((Cow::Borrowed(alias.as_str()), target));
        }
        let found = dependencies.binary_search_by(|(name, _)| name.cmp(&own.0));
        if let Err(at) = found {
            let own = (own.0.clone(), Target::Same(own.1.clone()));
            dependencies.insert(at, own);
        }
        Ok(dependencies)
    }

    fn target(
        &self,
        alias: &'a PackageName,
        target: &'a DependencyRef,
        links: &mut LinkedFolders<'a>,
    ) -> Result<Target<'a>, PlanError> {
        let (name, reference) = match target {
            DependencyRef::Snapshot(key) => {
                let name = Cow::Borrowed(key.id().name().as_str());
                (name, Cow::Owned(self.references[key].clone()))
            }
            DependencyRef::Link(folder) => {
                let folder = normalized_path(folder).map_err(PlanError::Link)?;
                match self.project_in(&folder) {
                    Some(id) => (self.project_name(id), Cow::Owned(project_reference(id))),
                    None => {
                        let reference = link_reference(&folder);
                        links.insert((alias, folder));
                        (Cow::Borrowed(alias.as_str()), Cow::Owned(reference))
                    }
                }
            }
        };
        Ok(if name == alias.as_str() {
            Target::Same(reference)
        } else {
            Target::Other(name, reference)
        })
    }

    /// The project of the lockfile that lies in a folder.
    fn project_in(&self, folder: &str) -> Option<&'a ImporterId> {
        let mut projects = self.selection.importers.keys();
        projects.find(|id| id.as_str() == folder).copied()
    }

    /// Folders that are linked as they are: their files see what the folders above them see, as they would without a
    /// map.
    fn add_links(&mut self) {
        for (alias, folder) in std::mem::take(&mut self.links) {
            let name = Cow::Borrowed(alias.as_str());
            let reference = Cow::<str>::Owned(link_reference(&folder));
            self.packages.push(Information {
                name: Some(name.clone()),
                reference: Some(reference.clone()),
                location: with_dots(&way(self.options.root, &folder)),
                dependencies: vec![(name, Target::Same(reference))],
                peers: Vec::new(),
                kind: Kind::Soft,
                is_discarded: true,
            });
        }
    }
}

fn project_reference(id: &ImporterId) -> String {
    format!("workspace:{id}")
}

fn link_reference(folder: &str) -> String {
    format!("link:{folder}")
}

/// What a package expects of whoever depends on it. Types of a peer come from where the peer comes from.
fn peers<'a>(instance: &Instance<'a>) -> Vec<Cow<'a, str>> {
    let declared = &instance.package.peer_dependencies;
    let mut peers: Vec<Cow<'a, str>> = Vec::with_capacity(2 * declared.len());
    for peer in declared.keys() {
        peers.push(Cow::Borrowed(peer.as_str()));
        let Some(types) = types_of(peer) else {
            continue;
        };
        let is_declared = instance
            .edges
            .keys()
            .any(|alias| alias.as_str() == types.as_str());
        if !is_declared {
            peers.push(Cow::Owned(types));
        }
    }
    peers.sort();
    peers.dedup();
    peers
}

/// The package that has the types of another one.
fn types_of(name: &PackageName) -> Option<String> {
    match name.scope() {
        Some("@types") => None,
        Some(scope) => Some(format!(
            "@types/{}__{}",
            scope.trim_start_matches('@'),
            name.bare()
        )),
        None => Some(format!("@types/{name}")),
    }
}
