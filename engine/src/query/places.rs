//! Where a project's direct dependencies are: in `node_modules`, or where the map of the layout without folders says.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use pkg_linker::DATA_FILE;
use pkg_manifest::PackageName;
use serde_json::Value;

use crate::node::has_own_map;

/// The most that a map may have, in bytes.
const LIMIT: u64 = 256 << 20;
/// What stands in the path of a package that the map has several times, with other peers: no folder on the disk.
const VIRTUAL: &str = "__virtual__/";

/// Where the direct dependencies of the project at `root` are.
pub(super) struct Places {
    modules: PathBuf,
    /// By alias; `None` where there is no map.
    mapped: Option<HashMap<String, PathBuf>>,
}

impl Places {
    pub(super) fn of(root: &Path) -> Self {
        let mapped = has_own_map(root).then(|| mapped(root).unwrap_or_default());
        Self {
            modules: root.join("node_modules"),
            mapped,
        }
    }

    /// The folder of a direct dependency, or the path in an archive; `None` where the map has none.
    pub(super) fn get(&self, alias: &PackageName) -> Option<PathBuf> {
        match &self.mapped {
            Some(mapped) => mapped.get(alias.as_str()).cloned(),
            None => Some(self.modules.join(alias.as_str())),
        }
    }
}

/// Reads the map's data: pairs of a name and of pairs of a reference and what is known of it; the project itself has
/// neither name nor reference.
fn mapped(root: &Path) -> Option<HashMap<String, PathBuf>> {
    let bytes = pkg_fs::read_regular_file(&root.join(DATA_FILE), LIMIT).ok()?;
    let data: Value = serde_json::from_slice(&bytes).ok()?;
    let mut direct = Vec::new();
    let mut locations = HashMap::new();
    for named in data.get("packageRegistryData")?.as_array()? {
        let name = named.get(0)?.as_str();
        for version in named.get(1)?.as_array()? {
            let reference = version.get(0)?.as_str();
            let information = version.get(1)?;
            match (name, reference) {
                (Some(name), Some(reference)) => {
                    let location = information.get("packageLocation")?.as_str()?;
                    locations.insert((name, reference), location);
                }
                _ => direct.extend(information.get("packageDependencies")?.as_array()?),
            }
        }
    }
    let place = |dependency: &Value| {
        let alias = dependency.get(0)?.as_str()?;
        let target = dependency.get(1)?;
        let key = match target.as_array() {
            Some(pair) => (pair.first()?.as_str()?, pair.get(1)?.as_str()?),
            None => (alias, target.as_str()?),
        };
        Some((alias.to_owned(), on_disk(root, locations.get(&key)?)))
    };
    Some(direct.into_iter().filter_map(place).collect())
}

/// A location of the map as a path. `A/__virtual__/NAME/2/B` stands for `B` two folders above `A`.
fn on_disk(root: &Path, location: &str) -> PathBuf {
    let real = || {
        let (above, rest) = location.split_once(VIRTUAL)?;
        let (_, rest) = rest.split_once('/')?;
        let (levels, rest) = rest.split_once('/')?;
        let up = "../".repeat(levels.parse().ok().filter(|levels| *levels < 100)?);
        Some(format!("{above}{up}{rest}"))
    };
    let location = real().unwrap_or_else(|| location.to_owned());
    let mut path = root.to_path_buf();
    for part in location.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_paths_below_the_project_and_above_it() {
        let at = |location| {
            on_disk(Path::new("/home/app"), location)
                .display()
                .to_string()
        };
        assert_eq!(at("./"), "/home/app");
        assert_eq!(at("./.pkg/unplugged/a/"), "/home/app/.pkg/unplugged/a");
        assert_eq!(at("../store/a@1.0.0/"), "/home/store/a@1.0.0");
        assert_eq!(
            at("./.pkg/__virtual__/a-virtual-0/2/store/a/"),
            "/home/store/a"
        );
    }
}
