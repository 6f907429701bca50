//! The tree as folders in folders, as a walk over the disk meets it.

use std::collections::BTreeMap;

use pkg_lockfile::PackageId;

use crate::check::difference::{Item, Owner};
use crate::isolated::VIRTUAL_STORE;
use crate::tree::{BinOwner, Entry, Tree};

/// What should be at one path, and below it.
#[derive(Default)]
pub(crate) struct Node<'a> {
    pub(crate) entry: Option<&'a Entry>,
    pub(crate) children: BTreeMap<&'a str, Self>,
}

impl<'a> Node<'a> {
    /// All of a tree.
    pub(crate) fn of(tree: &'a Tree) -> Self {
        let mut root = Self::default();
        for (path, entry) in &tree.entries {
            let mut node = &mut root;
            for component in path.as_str().split('/') {
                node = node.children.entry(component).or_default();
            }
            node.entry = Some(entry);
        }
        // A layout without packages there has none that a program could find there either.
        root.children.entry("node_modules").or_default();
        root
    }

    /// What it is, in a word.
    pub(crate) fn item(&self) -> Item {
        match self.entry {
            None => Item::Folder,
            Some(Entry::Package { .. }) => Item::Package,
            Some(Entry::Symlink { .. }) => Item::Link,
            Some(Entry::Bin { .. }) => Item::Command,
            Some(Entry::File { .. }) => Item::File,
            Some(Entry::Archive { .. }) => Item::Archive,
        }
    }

    fn find(&self, path: &str) -> Option<&Self> {
        path.split('/')
            .try_fold(self, |node, component| node.children.get(component))
    }

    fn package(&self) -> Option<&'a PackageId> {
        match self.entry {
            Some(Entry::Package { snapshot, .. } | Entry::Archive { snapshot, .. }) => {
                Some(snapshot.id())
            }
            Some(Entry::Symlink { .. } | Entry::Bin { .. } | Entry::File { .. }) | None => None,
        }
    }

    /// The first package in it: of a folder of the virtual store the one that it is for.
    fn first_package(&self) -> Option<&'a PackageId> {
        self.package()
            .or_else(|| self.children.values().find_map(Self::first_package))
    }

    /// Whose a path of the tree is; `self` is the root. What lies in a folder of the virtual store is its package's, a
    /// link that of what it leads to.
    pub(crate) fn owner(&self, path: &str, entry: Option<&Entry>) -> Owner {
        let slot = path
            .strip_prefix(VIRTUAL_STORE)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|inside| inside.split('/').next())
            .filter(|slot| *slot != "node_modules");
        let of_slot = slot
            .and_then(|slot| self.find(VIRTUAL_STORE)?.children.get(slot))
            .and_then(Self::first_package);
        if let Some(id) = of_slot {
            return Owner::Package(id.clone());
        }
        let id = match entry {
            Some(Entry::Package { snapshot, .. } | Entry::Archive { snapshot, .. }) => {
                Some(snapshot.id())
            }
            Some(Entry::Bin {
                owner: BinOwner::Package(id),
                ..
            }) => Some(id),
            Some(Entry::Symlink { target }) => leads_to(path, target)
                .and_then(|path| self.find(&path))
                .and_then(Self::package),
            Some(Entry::Bin { .. } | Entry::File { .. }) | None => None,
        };
        id.map_or(Owner::Project, |id| Owner::Package(id.clone()))
    }
}

/// The path that a link leads to, by its text alone; `None` where that lies outside.
fn leads_to(link: &str, target: &str) -> Option<String> {
    let mut components: Vec<&str> = link.split('/').collect();
    components.pop();
    if target.starts_with('/') {
        return None;
    }
    for component in target.split('/') {
        match component {
            "" | "." => {}
            ".." => drop(components.pop()?),
            component => components.push(component),
        }
    }
    Some(components.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_where_its_text_says() {
        for (link, target, path) in [
            (
                "node_modules/a",
                ".pkg/a@1/node_modules/a",
                Some("node_modules/.pkg/a@1/node_modules/a"),
            ),
            ("node_modules/@s/a", "../../b", Some("b")),
            ("node_modules/a", "../../out", None),
            ("node_modules/a", "/etc", None),
        ] {
            assert_eq!(leads_to(link, target).as_deref(), path, "{link} {target}");
        }
    }
}
