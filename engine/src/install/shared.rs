//! The isolated layout with the folders of packages beside the store, once a machine: the project gets links for what it
//! depends on itself, and folders only for what cannot be shared.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use pkg_linker::{
    LinkError, LinkEvent, SharedSlots, Sharing, Skipped, Slot, SlotOptions, SlotReport, Tree,
    make_slots, missing_slots,
};
use pkg_lockfile::{Lockfile, PackageId, SnapshotKey};
use pkg_store::{SlotName, SlotSet};

use super::{
    build::unreviewed,
    fetch::Downloads,
    gather::{Packages, Plan, gather, refetch},
    let_go,
    link::{self, Linked, REPAIRS, link_options},
    note::{is_noted_ready, note_slots},
    session::Session,
};
use crate::{Event, InstallError, builds::Approvals};

/// What stands in the project, and in which slots what it links to.
struct SharedPlan {
    tree: Tree,
    /// Slots that are not known to be ready.
    missing: Vec<Slot>,
    /// All slots, in the generation in which they were looked at.
    slot_set: Option<SlotSet>,
    /// Slots that something in the project links to.
    roots: Vec<SlotName>,
    /// Packages that are installed, wherever they stand.
    installed: BTreeSet<PackageId>,
    /// Where each instance is that has a slot, for scripts that reach it; empty where none run.
    places: BTreeMap<SnapshotKey, PathBuf>,
}

impl Plan for SharedPlan {
    /// What stands ready need not be known, but for the commands of what the project links.
    fn packages(&self) -> Vec<&PackageId> {
        let missing = self.missing.iter().flat_map(Slot::packages);
        let mut packages = self.tree.packages();
        packages.extend(self.tree.bin_packages());
        packages.extend(missing);
        packages.sort();
        packages.dedup();
        packages
    }

    fn skipped(&self) -> &[Skipped] {
        self.tree.skipped()
    }
}

/// Installs in this layout.
pub(super) async fn install_links<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    let mut linked = Linked::default();
    let planned = |lockfile: &Lockfile| plan(session, lockfile);
    let gathered = gather(session, lockfile, downloads, &mut linked, &planned).await?;
    let (plan, mut packages) = (gathered.plan, gathered.packages);
    let made = make(session, &plan.missing, lockfile, (&mut packages, downloads)).await?;
    note_slots(session, &plan.roots, plan.slot_set.as_ref())?;
    let tree = link::with_bins(session, plan.tree, &packages)?;
    let place = |key: &SnapshotKey| plan.places.get(key).cloned();
    let sources = (packages, downloads, None);
    link::make(session, (&tree, &place), lockfile, sources, &mut linked).await?;
    linked.packages = plan.installed.len();
    linked.added += made.made;
    linked.is_unchanged &= made.made == 0;
    linked.unbuilt = unreviewed(session, lockfile, &plan.installed, &linked.approved);
    let_go((tree, plan.missing, plan.roots, plan.installed, plan.places));
    Ok(linked)
}

fn plan(session: &Session<'_>, lockfile: &Lockfile) -> Result<SharedPlan, InstallError> {
    let options = link_options(session);
    let store = &*session.store;
    let links = store.links();
    let links_text = links
        .to_str()
        .ok_or_else(|| InstallError::SharedStorePath {
            path: links.clone(),
        })?;
    let approvals = &session.approvals;
    let shared = SharedSlots::plan(lockfile, &options, &|key| sharing(approvals, key))?;
    let slots = shared.slots();
    let mut places = BTreeMap::new();
    if !approvals.approved.is_empty() {
        let place = |key: &SnapshotKey| Some(links.join(shared.get(key)?.name().package_folder()));
        let all = lockfile.snapshots.keys();
        places.extend(all.filter_map(|key| Some((key.clone(), place(key)?))));
    }
    let is_forced = session.options.force;
    if is_forced {
        store.doubt_these_slots(slots.iter().map(|slot| slot.name()))?;
    }
    let slot_set = store.slot_set(slots.iter().map(|slot| slot.name()))?;
    let missing = if is_forced {
        slots
    } else if is_noted_ready(store, &session.project.root, slot_set.as_ref())? {
        Vec::new()
    } else {
        missing_slots(store, &slots)?
    };
    Ok(SharedPlan {
        tree: shared.tree(links_text, &options)?,
        missing: missing.into_iter().cloned().collect(),
        slot_set,
        roots: shared.roots().into_iter().cloned().collect(),
        installed: shared.packages().cloned().collect(),
        places,
    })
}

/// A package whose scripts may run here is the project's own, and so is whatever reaches it: others have not approved them.
/// All else is as it was packed.
pub(crate) fn sharing(approvals: &Approvals, key: &SnapshotKey) -> Sharing {
    if approvals.has(key.id()) {
        Sharing::Never
    } else {
        Sharing::AsPacked
    }
}

/// Makes the slots; packages whose stored files are damaged are fetched again.
pub(super) async fn make<'s>(
    session: &'s Session<'_>,
    slots: &[Slot],
    lockfile: &Lockfile,
    (packages, downloads): (&mut Packages, &mut Downloads<'s>),
) -> Result<SlotReport, InstallError> {
    let slots: Vec<&Slot> = slots.iter().collect();
    if slots.is_empty() {
        return Ok(SlotReport::default());
    }
    let mut repairs = 0;
    loop {
        let lookup = |id: &PackageId| packages.get(id).map(Arc::clone);
        let options = SlotOptions {
            store: &session.store,
            packages: &lookup,
        };
        let on_event = |event: LinkEvent<'_>| {
            if let LinkEvent::Package { .. } = event {
                session.reporter.report(Event::Linked);
            }
        };
        match make_slots(&slots, &options, &on_event) {
            Err(LinkError::StoreDamaged { packages: damaged }) if repairs < REPAIRS => {
                repairs += 1;
                refetch(session, lockfile, damaged, packages, downloads).await?;
            }
            result => return Ok(result?),
        }
    }
}
