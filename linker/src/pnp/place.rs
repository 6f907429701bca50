//! Where a package is, as the map writes it: from the project's root, with a slash at the end.

use pkg_lockfile::{PackageId, SnapshotKey};
use pkg_manifest::Integrity;

use crate::pnp::FOLDER;
use crate::pnp::reference::{short_hash, virtual_slug};
use crate::slot::slot_name;

/// The longest name of a folder, in UTF-16 units.
const MAX_NAME: usize = 120;

/// Where the files of a package are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a folder of the project that the package may change: `.pkg/unplugged`.
    Unplugged,
    /// In a zip file of the project: `.pkg/cache`.
    Archive,
    /// In a folder that stands ready, from the project's root: may begin with `../`, has no slash at its end.
    Folder(String),
}

/// Where a package is, and whether it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub place: Place,
    /// Whether it is to be there: one for other machines is not.
    pub is_here: bool,
}

/// The folder of an unplugged package, from the project's root.
pub(crate) fn unplugged_folder(id: &PackageId) -> String {
    format!(
        "{FOLDER}/unplugged/{}/node_modules/{}",
        readable(id),
        id.name()
    )
}

/// The zip file of a package, from the project's root. Its name has the hash of the tarball, so that another tarball
/// of the same version is another file.
pub(crate) fn archive_file(id: &PackageId, integrity: Option<&Integrity>) -> String {
    let hash = integrity.map(|integrity| short_hash(&integrity.to_string()));
    format!(
        "{FOLDER}/cache/{}-{}.zip",
        readable(id),
        hash.unwrap_or_default()
    )
}

/// Where the map says that a package is.
pub(crate) fn location(id: &PackageId, integrity: Option<&Integrity>, place: &Place) -> String {
    match place {
        Place::Unplugged => format!("./{}/", unplugged_folder(id)),
        Place::Archive => format!(
            "./{}/node_modules/{}/",
            archive_file(id, integrity),
            id.name()
        ),
        Place::Folder(folder) => with_dots(folder),
    }
}

/// A folder as the map writes it.
pub(crate) fn with_dots(folder: &str) -> String {
    if folder == "." {
        "./".to_owned()
    } else if folder == ".." || folder.starts_with("../") || folder.starts_with('/') {
        format!("{folder}/")
    } else {
        format!("./{folder}/")
    }
}

/// Another path of the same place, which only this instance has: `__virtual__/SLUG/N` stands for as many steps up from
/// the folder that `__virtual__` lies in.
pub(crate) fn virtual_location(key: &SnapshotKey, location: &str) -> String {
    let slug = virtual_slug(key);
    let inside = location.strip_prefix("./").unwrap_or(location);
    if let Some(rest) = inside
        .strip_prefix(FOLDER)
        .and_then(|rest| rest.strip_prefix('/'))
    {
        return format!("./{FOLDER}/__virtual__/{slug}/0/{rest}");
    }
    let mut steps = 1;
    let mut rest = inside;
    while let Some(above) = rest.strip_prefix("../") {
        steps += 1;
        rest = above;
    }
    format!("./{FOLDER}/__virtual__/{slug}/{steps}/{rest}")
}

/// The place that a path of an instance stands for.
pub(crate) fn real_location(location: &str) -> String {
    let inside = location
        .strip_prefix("./")
        .and_then(|inside| inside.strip_prefix(FOLDER))
        .and_then(|inside| inside.strip_prefix("/__virtual__/"));
    let mut parts = inside.into_iter().flat_map(|inside| inside.splitn(3, '/'));
    let (_, steps, rest) = (parts.next(), parts.next(), parts.next());
    match (steps.and_then(|steps| steps.parse::<usize>().ok()), rest) {
        (Some(0), Some(rest)) => format!("./{FOLDER}/{rest}"),
        (Some(1), Some(rest)) => format!("./{rest}"),
        (Some(steps), Some(rest)) => format!("{}{rest}", "../".repeat(steps - 1)),
        (_, _) => location.to_owned(),
    }
}

/// A name for the folder of a package. Characters that a folder cannot have are replaced, so that a source, which may
/// differ from another in those alone, has a hash besides.
fn readable(id: &PackageId) -> String {
    if id.version().is_some() {
        return slot_name(id.as_str(), MAX_NAME);
    }
    let name = id.name().as_str().replace('/', "+");
    format!("{name}-{}", short_hash(id.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_an_instance_leads_to_that_of_its_package() {
        let key: SnapshotKey = "@s/a@1.0.0(b@2.0.0)".parse().unwrap();
        for (location, steps) in [
            ("./.pkg/cache/a.zip/node_modules/a/", "/0/cache/"),
            ("./packages/a/", "/1/packages/"),
            ("../../store/links/a/", "/3/store/"),
        ] {
            let of_instance = virtual_location(&key, location);
            assert!(
                of_instance.starts_with("./.pkg/__virtual__/@s-a-virtual-"),
                "{of_instance}"
            );
            assert!(of_instance.contains(steps), "{of_instance}");
            assert_eq!(real_location(&of_instance), location);
            assert_eq!(real_location(location), location);
        }
    }
}
