//! Which of the packages in `node_modules` are bundled: those that are named, and what those need.

use std::collections::BTreeSet;

use pkg_manifest::{Manifest, PackageName};

use super::{manifest, tree::Folder};

/// The folders of all bundled packages that are there, each once.
pub(super) fn bundled(
    package: &Manifest,
    root: &Folder<'_>,
    read: &dyn Fn(&str) -> Option<String>,
) -> BTreeSet<String> {
    let is_dependency = |name: &&PackageName| {
        package.dependencies.contains_key(*name)
            || package.optional_dependencies.contains_key(*name)
    };
    let mut found = BTreeSet::new();
    let named = package.bundled.iter().filter(is_dependency);
    let mut waiting: Vec<String> = named.filter_map(|name| find(root, "", name)).collect();
    while let Some(folder) = waiting.pop() {
        if !found.insert(folder.clone()) {
            continue;
        }
        let Some(manifest) = manifest(read, &format!("{folder}/package.json")) else {
            continue;
        };
        let needed = manifest
            .dependencies
            .keys()
            .chain(manifest.optional_dependencies.keys());
        waiting.extend(needed.filter_map(|name| find(root, &folder, name)));
    }
    found
}

/// Where a package is found from a folder, as Node.js looks for it.
fn find(root: &Folder<'_>, from: &str, name: &PackageName) -> Option<String> {
    let mut folder = from;
    loop {
        let path = match folder {
            "" => format!("node_modules/{name}"),
            folder => format!("{folder}/node_modules/{name}"),
        };
        if root.at(&path).is_some() {
            return Some(path);
        }
        if folder.is_empty() {
            return None;
        }
        folder = folder
            .rfind("/node_modules/")
            .map_or("", |end| &folder[..end]);
    }
}
