//! Names of packages that this machine knows, to tell what a mistyped one was meant to be.

use std::path::Path;

use pkg_fs::FileKind;
use pkg_manifest::PackageName;

use crate::cache::EntryKey;
use crate::options::Detail;
use crate::registry::{Registry, Source, source};

/// How many names are looked at: more would cost a user longer than the answer is worth.
const MOST: usize = 20_000;

impl Registry {
    /// The names of packages that the registry of `name` is known to have: all of a folder, and of a server
    /// those that were asked for before. Whatever cannot be read is left out.
    pub fn known_names(&self, name: &PackageName) -> Vec<PackageName> {
        let Some(registry) = self.inner.options.access.registry(name) else {
            return Vec::new();
        };
        match source(&registry) {
            Ok(Source::Folder(folder)) => names_in_folder(folder.root()),
            Ok(Source::Http(registry)) => {
                let key = EntryKey {
                    registry,
                    name: name.clone(),
                    detail: Detail::Abbreviated,
                };
                key.known_names(&self.inner.options.cache_dir, MOST)
            }
            Err(_) => Vec::new(),
        }
    }
}

fn names_in_folder(root: &Path) -> Vec<PackageName> {
    let mut names = Vec::new();
    for name in folders(root) {
        if name.starts_with('@') {
            let inner = folders(&root.join(&name));
            names.extend(inner.iter().map(|inner| format!("{name}/{inner}")));
        } else {
            names.push(name);
        }
        if names.len() >= MOST {
            break;
        }
    }
    let parsed = names.into_iter().filter_map(|name| name.parse().ok());
    parsed.collect()
}

fn folders(parent: &Path) -> Vec<String> {
    let entries = pkg_fs::list_directory(parent).unwrap_or_default();
    let folders = entries
        .into_iter()
        .filter(|(_, kind)| *kind == FileKind::Directory);
    folders
        .filter_map(|(name, _)| name.into_string().ok())
        .collect()
}
