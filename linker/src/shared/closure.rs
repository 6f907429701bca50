//! Which instances can be shared, and the slot of each: one key for all that an instance can reach.

use pkg_lockfile::{DependencyRef, Lockfile, PackageId, SnapshotKey};
use pkg_manifest::PackageName;
use pkg_store::SlotName;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::PlanError;
use crate::isolated::plan_selection;
use crate::layout::LinkOptions;
use crate::selection::{Instance, Selection};
use crate::shared::component::{Component, Link, Member};
use crate::shared::contents::links_tree;
use crate::shared::slot::{Slot, SlotLink, content_hash, key, label};
use crate::strong::strong_components;
use crate::tree::Tree;

/// Whether an instance may be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sharing {
    /// Its files are those of its tarball.
    AsPacked,
    /// Its files are those of its tarball after something that this text names by a hash: a patch, or the result of
    /// scripts that the user has approved. Whoever fills the slot has to know how.
    With(String),
    /// Its files are the project's own business.
    Never,
}

/// The slots of a graph.
#[derive(Debug)]
pub struct SharedSlots<'a> {
    pub(crate) selection: Selection<'a>,
    slots: FxHashMap<&'a SnapshotKey, Slot>,
}

impl<'a> SharedSlots<'a> {
    /// Finds what can be shared: all that comes from a tarball with a strong hash, is [`Sharing`] its files, and
    /// reaches nothing that is the project's own. Cycles count as one.
    ///
    /// # Errors
    /// [`PlanError`] when an edge of the lockfile leads nowhere.
    pub fn plan(
        lockfile: &'a Lockfile,
        options: &'a LinkOptions,
        sharing: &dyn Fn(&SnapshotKey) -> Sharing,
    ) -> Result<Self, PlanError> {
        let selection = Selection::new(lockfile, options)?;
        let slots = Keys::new(&selection).all(sharing);
        Ok(Self { selection, slots })
    }

    /// The slot of an instance; `None` for one that stays in the project.
    pub fn get(&self, key: &SnapshotKey) -> Option<&Slot> {
        self.slots.get(key)
    }

    /// All slots, each once, in no order.
    pub fn slots(&self) -> Vec<&Slot> {
        let mut known = FxHashSet::default();
        let slots = self.slots.values();
        slots.filter(|slot| known.insert(&slot.name)).collect()
    }

    /// The slots that projects themselves depend on, and those that packages of the project do: all others are reached
    /// from these.
    pub fn roots(&self) -> Vec<&SlotName> {
        let instances = self.selection.instances.iter();
        let own = instances.filter(|(key, _)| !self.slots.contains_key(*key));
        let edges = self.selection.importers.values();
        let edges = edges.chain(own.map(|(_, instance)| &instance.edges));
        let targets = edges.flat_map(|edges| edges.values());
        let slots = targets.filter_map(|target| self.slots.get(target.snapshot()?));
        let mut roots: Vec<&SlotName> = slots.map(|slot| &slot.name).collect();
        roots.sort();
        roots.dedup();
        roots
    }

    /// Plans what stands in the project: links into the shared virtual store, whose folder is `links`, for direct
    /// dependencies and those that are hoisted publicly; and in the isolated layout what cannot be shared.
    ///
    /// # Errors
    /// [`PlanError`] when something has no place of its own.
    pub fn tree(&self, links: &str, options: &LinkOptions) -> Result<Tree, PlanError> {
        plan_selection(&self.selection, options, &|key| {
            let slot = self.slots.get(key)?;
            Some(format!("{links}/{}", slot.name.package_folder()))
        })
    }

    /// Plans what stands in the shared virtual store, from its folder, for those who look at all of it.
    ///
    /// # Errors
    /// [`PlanError`] when something has no place of its own.
    pub fn links_tree(&self) -> Result<Tree, PlanError> {
        links_tree(&self.slots())
    }

    /// The packages that are installed, shared or not; one that has several instances comes several times.
    pub fn packages(&self) -> impl Iterator<Item = &PackageId> {
        self.selection.instances.keys().map(|key| key.id())
    }
}

/// The instances of a graph by numbers.
struct Keys<'s, 'a> {
    instances: Vec<(&'a SnapshotKey, &'s Instance<'a>)>,
    numbers: FxHashMap<&'a SnapshotKey, usize>,
}

/// A dependency that is linked beside its package.
struct Edge<'a> {
    alias: &'a PackageName,
    /// `None` for a folder of the project.
    to: Option<usize>,
}

impl<'s, 'a> Keys<'s, 'a> {
    fn new(selection: &'s Selection<'a>) -> Self {
        let instances: Vec<_> = selection
            .instances
            .iter()
            .map(|(key, instance)| (*key, instance))
            .collect();
        let numbers = instances
            .iter()
            .enumerate()
            .map(|(number, (key, _))| (*key, number))
            .collect();
        Self { instances, numbers }
    }

    fn edges(&self, number: usize) -> impl Iterator<Item = Edge<'a>> {
        let (key, instance) = self.instances[number];
        let name = key.id().name();
        // A dependency that has the package's own name is hidden by it, as in the isolated layout.
        let seen = instance
            .edges
            .iter()
            .filter(move |(alias, _)| **alias != name);
        seen.map(|(alias, target)| Edge {
            alias,
            to: match target {
                DependencyRef::Snapshot(key) => self.numbers.get(key).copied(),
                DependencyRef::Link(_) => None,
            },
        })
    }

    /// The packages that edges lead to, in the order of the edges; without folders of the project.
    fn linked(&self, number: usize) -> impl Iterator<Item = &'a PackageId> {
        let targets = self.edges(number).filter_map(|edge| edge.to);
        targets.map(|target| self.instances[target].0.id())
    }

    fn all(&self, sharing: &dyn Fn(&SnapshotKey) -> Sharing) -> FxHashMap<&'a SnapshotKey, Slot> {
        let count = self.instances.len();
        let targets: Vec<Vec<usize>> = (0..count)
            .map(|number| self.edges(number).filter_map(|edge| edge.to).collect())
            .collect();
        let mut slots: Vec<Option<Slot>> = vec![None; count];
        // What is reached comes before what reaches it.
        for component in strong_components(&targets) {
            let made = self.component_slots(&component, &slots, sharing);
            for (number, slot) in component.into_iter().zip(made.into_iter().flatten()) {
                slots[number] = Some(slot);
            }
        }
        let keys = self.instances.iter().map(|(key, _)| *key);
        keys.zip(slots)
            .filter_map(|(key, slot)| Some((key, slot?)))
            .collect()
    }

    /// The slots of packages that can all reach one another; `None` when one of them, or what they reach, stays in
    /// the project.
    fn component_slots(
        &self,
        numbers: &[usize],
        slots: &[Option<Slot>],
        sharing: &dyn Fn(&SnapshotKey) -> Sharing,
    ) -> Option<Vec<Slot>> {
        let members: Vec<Member> = numbers
            .iter()
            .map(|number| self.member(*number, numbers, slots, sharing))
            .collect::<Option<_>>()?;
        let links: Vec<_> = members.iter().map(|member| member.links.clone()).collect();
        let component = Component::new(members);
        let text = component.text();
        let keys: Vec<[u8; 32]> = (0..numbers.len())
            .map(|member| key(&text, component.place(member)))
            .collect();
        let text = text.into();
        let names: Vec<SlotName> = numbers
            .iter()
            .zip(&keys)
            .map(|(number, key)| {
                let (snapshot, _) = self.instances[*number];
                SlotName::new(snapshot.id().name(), self.version(*number).as_deref(), key)
            })
            .collect();
        let made = numbers.iter().zip(links).enumerate();
        made.map(|(member, (number, links))| {
            let (snapshot, instance) = self.instances[*number];
            let links = links.into_iter().zip(self.linked(*number));
            let links = links.map(|((alias, link), id)| SlotLink {
                alias,
                slot: match link {
                    Link::Slot(slot) => slot,
                    Link::Member(member) => names[member].clone(),
                },
                id: id.clone(),
            });
            Some(Slot {
                name: names[member].clone(),
                id: snapshot.id().clone(),
                integrity: instance.package.resolution.integrity()?.clone(),
                links: links.collect(),
                text: std::sync::Arc::clone(&text),
                place: component.place(member),
            })
        })
        .collect()
    }

    fn member(
        &self,
        number: usize,
        component: &[usize],
        slots: &[Option<Slot>],
        sharing: &dyn Fn(&SnapshotKey) -> Sharing,
    ) -> Option<Member> {
        let (snapshot, instance) = self.instances[number];
        let result = match sharing(snapshot) {
            Sharing::AsPacked => None,
            Sharing::With(result) => Some(result),
            Sharing::Never => return None,
        };
        let content = content_hash(instance.package.resolution.integrity()?)?;
        let version = self.version(number);
        let name = snapshot.id().name();
        let link = |edge: Edge<'_>| {
            let to = edge.to?;
            let link = match component.iter().position(|member| *member == to) {
                Some(member) => Link::Member(member),
                None => Link::Slot(slots[to].as_ref()?.name.clone()),
            };
            Some((edge.alias.clone(), link))
        };
        Some(Member {
            label: label(name, version.as_deref(), &content, result.as_deref()),
            links: self.edges(number).map(link).collect::<Option<_>>()?,
        })
    }

    fn version(&self, number: usize) -> Option<String> {
        let (key, instance) = self.instances[number];
        let version = key.id().version().or(instance.package.version.as_ref());
        version.map(ToString::to_string)
    }
}
