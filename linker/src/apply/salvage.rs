//! When the layout changes, most packages only lie elsewhere: a folder that is known to be whole is moved there, which
//! costs one call of the system where linking costs one a file.

use std::path::PathBuf;

use pkg_fs::{FsError, rename};
use pkg_manifest::RelativePath;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::apply::removal::{Listed, Removal, packages_of, remove, remove_empty};
use crate::apply::site::{OWN_FOLDER, Site, is_folder};
use crate::apply::{ApplyOptions, Change, completed, trusted};
use crate::record::Kind;
use crate::relative::is_inside;
use crate::tree::Entry;

/// Folders of packages where they are not wanted any more, and the entry that wants each elsewhere.
pub(crate) type Claims<'a> = FxHashMap<&'a str, usize>;
/// Folders of packages that are on their way, by the entry that wants them.
pub(crate) type Salvaged = FxHashMap<usize, PathBuf>;

/// Finds for new entries the same packages among the unwanted. Only a record of a run that had ended tells which are
/// whole. What is unplugged is another's to change, and is never exchanged with what is linked to the store.
pub(crate) fn claims<'a>(
    removal: &Removal<'a>,
    changes: &[Change<'_>],
    options: &ApplyOptions<'_>,
) -> Claims<'a> {
    let mut claims = Claims::default();
    let is_package = |kind| kind == Kind::Package;
    let leaving = removal.leaving();
    let has_package = leaving
        .iter()
        .any(|(_, recorded)| is_package(recorded.kind));
    if trusted(options).is_none() || !has_package {
        return claims;
    }
    let mut wanted: FxHashMap<Box<str>, Vec<usize>> = FxHashMap::default();
    for change in changes.iter().filter(|change| !is_unplugged(change.path)) {
        if let Entry::Package {
            snapshot,
            integrity: Some(_),
        } = change.entry
            && let Some(files) = (options.packages)(snapshot.id())
        {
            let recorded = completed(change.entry, Some(&files.integrity.to_string()));
            wanted.entry(recorded.text).or_default().push(change.index);
        }
    }
    for (path, recorded) in leaving {
        if is_package(recorded.kind)
            && !is_unplugged(path)
            && let Some(index) = wanted.get_mut(&recorded.text).and_then(Vec::pop)
        {
            claims.insert(path.as_str(), index);
        }
    }
    claims
}

/// The packages that go with all that lies in them: nothing in them is claimed.
fn doomed<'a>(leaving: &[Listed<'a>], claimed: &FxHashSet<&'a str>) -> FxHashSet<&'a str> {
    let mut doomed = packages_of(leaving);
    for path in claimed {
        doomed.remove(path);
        for (end, _) in path.match_indices('/') {
            doomed.remove(&path[..end]);
        }
    }
    doomed
}

fn is_unplugged(path: &RelativePath) -> bool {
    path.as_str()
        .strip_prefix(OWN_FOLDER)
        .is_some_and(|rest| rest.starts_with('/'))
}

impl Removal<'_> {
    /// Takes the claimed folders out of where they are, without what lay in them and was no part of the package.
    pub(crate) fn salvage(
        &mut self,
        site: &Site<'_>,
        claims: &Claims<'_>,
    ) -> Result<Salvaged, FsError> {
        let mut salvaged = Salvaged::default();
        if claims.is_empty() {
            return Ok(salvaged);
        }
        let claimed: FxHashSet<&str> = claims.keys().copied().collect();
        let leaving = self.leaving();
        let doomed = doomed(&leaving, &claimed);
        let mut handled: FxHashSet<&str> = FxHashSet::default();
        let mut emptied: Vec<RelativePath> = Vec::new();
        // Deepest first: what lies in a folder is gone before the folder moves.
        for (path, recorded) in leaving.into_iter().rev() {
            let index = claims.get(path.as_str());
            if index.is_none() && !is_inside(path.as_str(), &claimed) {
                continue;
            }
            handled.insert(path.as_str());
            if index.is_none() && is_inside(path.as_str(), &doomed) {
                self.removed.count(recorded.kind, 1);
                continue;
            }
            let Some(parent) = path.parent() else {
                continue;
            };
            if !self.is_real(site, parent.as_str())? {
                continue;
            }
            match index {
                None => {
                    let count = usize::from(remove(site, path, recorded)?);
                    self.removed.count(recorded.kind, count);
                }
                Some(index) => {
                    let inside = format!("{path}/");
                    let is_inside =
                        |folder: &mut RelativePath| folder.as_str().starts_with(&inside);
                    for folder in emptied.extract_if(.., is_inside) {
                        remove_empty(site, folder, path.as_str());
                    }
                    let place = site.path(path.as_str());
                    let is_there = is_folder(&place)?;
                    // Nothing comes to where it lies now: it can wait there.
                    if is_there && self.is_in_dead_slot(path) {
                        salvaged.insert(*index, place);
                        continue;
                    }
                    if is_there {
                        let staged = site.building_place()?;
                        rename(&place, &staged)?;
                        salvaged.insert(*index, staged);
                    }
                }
            }
            emptied.push(parent);
        }
        self.unwanted
            .retain(|(path, _)| !handled.contains(path.as_str()));
        self.emptied.extend(emptied);
        Ok(salvaged)
    }
}
