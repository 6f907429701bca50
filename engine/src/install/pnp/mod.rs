//! The layout without folders: a map that tells Node.js where each package is.
//!
//! Packages stand unpacked in slots of the store, once a machine. One look at each slot is all that is done for a
//! package that is there already: that its slot exists tells also that it need not lie in the project.

mod options;
mod places;

use std::{fs::File, io::Read as _, path::Path, sync::Arc};

use pkg_linker::{
    BinOwner, LinkError, LinkEvent, SlotOptions, bundled_folders, ensure_unpacked, plan_pnp,
};
use pkg_lockfile::{Lockfile, PackageId};
use pkg_manifest::RelativePath;

use self::{
    options::MapOptions,
    places::{Places, Wanted},
};
use super::{
    fetch::Downloads,
    gather::{Gathered, Packages, gather, refetch},
    link::{self, Linked},
    session::Session,
};
use crate::{Event, InstallError};

/// How often damaged packages are fetched again before the install is given up.
const REPAIRS: usize = 2;
/// Bytes of a command's file that tell what starts it.
const BEGINNING: u64 = 512;

/// Installs in this layout.
pub(super) async fn install_map<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    downloads: &mut Downloads<'s>,
) -> Result<Linked, InstallError> {
    let mut linked = Linked::default();
    let options = MapOptions::new(session);
    let planned = |lockfile: &Lockfile| Wanted::new(session, lockfile, &options);
    let gathered = gather(session, lockfile, downloads, &mut linked, &planned).await?;
    let Gathered {
        plan: wanted,
        mut packages,
    } = gathered;
    linked.packages = wanted.count();
    let places = Places::new(session, lockfile, &wanted, &packages, &options);
    let is_new = pkg_fs::stat_link_if_exists(&session.project.root.join(pkg_linker::MAP_FILE))?;
    let made = unpack(session, lockfile, &places, (&mut packages, downloads)).await?;
    let bundled = |id: &PackageId| bundled(&packages, id);
    let plan = plan_pnp(lockfile, &options.of(&|id| places.of(id), &bundled))?;
    let lookup = |owner: &BinOwner| link::bins(session, &packages, owner);
    let source = |owner: &BinOwner, file: &RelativePath| beginning(session, &packages, owner, file);
    let (tree, warnings) = plan.with_bins(&lookup, &source)?;
    for warning in warnings {
        link::warn_of_bin(session, &warning);
    }
    link::make(session, &tree, lockfile, (packages, downloads), &mut linked).await?;
    linked.added = if is_new.is_none() {
        linked.packages
    } else {
        linked.added + made
    };
    Ok(linked)
}

/// Makes the slots that are missing; packages whose stored files are damaged are fetched again.
async fn unpack<'s>(
    session: &'s Session<'_>,
    lockfile: &Lockfile,
    places: &Places,
    (packages, downloads): (&mut Packages, &mut Downloads<'s>),
) -> Result<usize, InstallError> {
    let missing = places.missing_slots();
    let mut repairs = 0;
    loop {
        let lookup = |id: &PackageId| packages.get(id).map(Arc::clone);
        let options = SlotOptions {
            store: &session.store,
            packages: &lookup,
        };
        let on_event = |event: LinkEvent<'_>| {
            if matches!(event, LinkEvent::Package { .. }) {
                session.reporter.report(Event::Linked);
            }
        };
        match ensure_unpacked(missing, &options, &on_event) {
            Err(LinkError::StoreDamaged { packages: damaged }) if repairs < REPAIRS => {
                repairs += 1;
                refetch(session, lockfile, damaged, packages, downloads).await?;
            }
            result => {
                result?;
                return Ok(missing.len());
            }
        }
    }
}

/// The folders of the packages that a package brings along.
fn bundled(packages: &Packages, id: &PackageId) -> Vec<String> {
    let files = packages.get(id).map(|files| files.files.iter());
    let paths = files.into_iter().flatten().map(|file| file.path.as_str());
    bundled_folders(paths)
}

/// How the file of a command begins; nothing where it cannot be read.
fn beginning(
    session: &Session<'_>,
    packages: &Packages,
    owner: &BinOwner,
    file: &RelativePath,
) -> Vec<u8> {
    match owner {
        BinOwner::Package(id) => packages
            .get(id)
            .and_then(|files| files.file(file.as_str()))
            .map(|stored| read_beginning(&session.store.path(stored)))
            .unwrap_or_default(),
        BinOwner::Folder(folder) => read_beginning(&file.below(&session.project.root.join(folder))),
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
