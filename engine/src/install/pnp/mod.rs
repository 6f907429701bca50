//! The layout without folders: a map that tells Node.js where each package is.
//!
//! Packages stand unpacked in slots of the store, once a machine. One look at each slot is all that is done for a
//! package that is there already: that its slot exists tells also that it need not lie in the project.

mod options;
mod places;

use std::{fs::File, io::Read as _, path::Path, sync::Arc};

use pkg_linker::{BinOwner, Place, Tree, bundled_folders, links_tree, plan_pnp};
use pkg_lockfile::{Lockfile, PackageId, SnapshotKey};
use pkg_manifest::RelativePath;
use pkg_store::PackageFiles;
use rayon::prelude::*;

pub(crate) use self::options::{Look, MapSources};
use self::{
    options::MapOptions,
    places::{Places, Wanted},
};
use super::{
    build::unreviewed,
    fetch::Downloads,
    gather::{Gathered, Packages, Plan, gather},
    let_go,
    link::{self, Linked},
    note::note_slots,
    session::Session,
    shared,
};
use crate::InstallError;

/// Bytes of a command's file that tell what starts it.
const BEGINNING: u64 = 512;

/// Installs in this layout.
pub(super) async fn install_map<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    let mut linked = Linked::default();
    let sources = MapSources::of(session);
    let options = MapOptions::new(&sources);
    let planned = |lockfile: &Lockfile| Wanted::new(&sources, lockfile, &options);
    let gathered = gather(session, lockfile, downloads, &mut linked, &planned).await?;
    let Gathered {
        plan: wanted,
        mut packages,
        ..
    } = gathered;
    linked.packages = wanted.installed().len();
    let places = Places::new(&sources, lockfile, &wanted, &packages, &options);
    let is_new = pkg_fs::stat_link_if_exists(&session.project.root.join(pkg_linker::MAP_FILE))?;
    let slots = places.missing_slots();
    let made = shared::make(session, slots, lockfile, (&mut packages, downloads)).await?;
    // What is noted is noted before the map is made.
    let (noted, plan) = rayon::join(
        || note_slots(session, places.slot_names(), wanted.slot_set()),
        || {
            let bundled = |id: &PackageId| bundled(&packages, id);
            plan_pnp(lockfile, &options.of(&|id| places.of(id), &bundled))
        },
    );
    noted?;
    let plan = plan?;
    let lookup = |owner: &BinOwner| link::bins(session, &packages, owner);
    let source =
        |owner: &BinOwner, file: &RelativePath| beginning(&sources, &packages, owner, file);
    let (tree, warnings) = plan.with_bins(&lookup, &source)?;
    for warning in warnings {
        link::warn_of_bin(session, &warning);
    }
    let root = &session.project.root;
    let place = |key: &SnapshotKey| match places.of(key.id()).place {
        Place::Folder(folder) => Some(root.join(folder)),
        Place::Unplugged | Place::Archive => None,
    };
    let from = (packages, downloads, None);
    link::make(session, (&tree, &place), lockfile, from, &mut linked).await?;
    linked.added = if is_new.is_none() {
        linked.packages
    } else {
        linked.added + made.made
    };
    linked.is_unchanged &= made.made == 0;
    linked.unbuilt = unreviewed(session, lockfile, wanted.installed(), &linked.approved);
    let_go((tree, wanted));
    Ok(linked)
}

/// Plans what stands in the project, and which slots its map points to, by what is there: nothing is fetched or made.
///
/// `packages` tells the files of a package, where they are known.
pub(crate) fn plan_standing(
    sources: &MapSources<'_>,
    lockfile: &Lockfile,
    look_up: &(dyn Fn(&PackageId) -> Option<Arc<PackageFiles>> + Sync),
) -> Result<(Tree, Tree), InstallError> {
    let options = MapOptions::new(sources);
    let wanted = Wanted::new(sources, lockfile, &options)?;
    let packages: Packages = Plan::packages(&wanted)
        .into_par_iter()
        .filter_map(|id| Some((id.clone(), look_up(id)?)))
        .collect();
    let places = Places::new(sources, lockfile, &wanted, &packages, &options);
    let bundled = |id: &PackageId| bundled(&packages, id);
    let plan = plan_pnp(lockfile, &options.of(&|id| places.of(id), &bundled))?;
    let lookup = |owner: &BinOwner| link::commands(&sources.project.root, &packages, owner);
    let source = |owner: &BinOwner, file: &RelativePath| beginning(sources, &packages, owner, file);
    let (tree, _) = plan.with_bins(&lookup, &source)?;
    Ok((tree, links_tree(&places.used(&wanted))?))
}

/// The folders of the packages that a package brings along.
fn bundled(packages: &Packages, id: &PackageId) -> Vec<String> {
    let files = packages.get(id).map(|files| files.files.iter());
    let paths = files.into_iter().flatten().map(|file| file.path.as_str());
    bundled_folders(paths)
}

/// How the file of a command begins; nothing where it cannot be read.
fn beginning(
    sources: &MapSources<'_>,
    packages: &Packages,
    owner: &BinOwner,
    file: &RelativePath,
) -> Vec<u8> {
    match owner {
        BinOwner::Package(id) => packages
            .get(id)
            .and_then(|files| files.file(file.as_str()))
            .map(|stored| read_beginning(&sources.store.path(stored)))
            .unwrap_or_default(),
        BinOwner::Folder(folder) => read_beginning(&file.below(&sources.project.root.join(folder))),
    }
}

fn read_beginning(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(path) {
        // What cannot be read starts as the system likes.
        file.take(BEGINNING)
            .read_to_end(&mut bytes)
            .unwrap_or_default();
    }
    bytes
}
