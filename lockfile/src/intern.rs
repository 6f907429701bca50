//! Keys that are there once in memory, however many entries name them.

use std::collections::HashSet;

use pkg_manifest::PackageName;

use crate::{DependencyRef, KeyError, PackageId, SnapshotKey, key::is_source, path::check_path};

/// The keys that a text named so far. The hash function is the keyed one: the text may be hostile.
#[derive(Default)]
pub(crate) struct Interner {
    ids: HashSet<PackageId>,
    keys: HashSet<SnapshotKey>,
    /// Where the whole key of a dependency is put together.
    buffer: String,
}

impl Interner {
    pub(crate) fn id(&mut self, text: &str) -> Result<PackageId, KeyError> {
        if let Some(id) = self.ids.get(text) {
            return Ok(id.clone());
        }
        let id: PackageId = text.parse()?;
        self.ids.insert(id.clone());
        Ok(id)
    }

    pub(crate) fn key(&mut self, text: &str) -> Result<SnapshotKey, KeyError> {
        if let Some(key) = self.keys.get(text) {
            return Ok(key.clone());
        }
        let id = self.id(SnapshotKey::id_in(text)?)?;
        let key = SnapshotKey::of_text(text, id);
        self.keys.insert(key.clone());
        Ok(key)
    }

    /// Reads what the dependency `name` leads to.
    pub(crate) fn target(
        &mut self,
        name: &PackageName,
        text: &str,
    ) -> Result<DependencyRef, KeyError> {
        if let Some(path) = text.strip_prefix("link:") {
            return match check_path(path) {
                Ok(()) => Ok(DependencyRef::Link(path.to_owned())),
                Err(reason) => Err(KeyError::new(text, reason)),
            };
        }
        let head = text.split('(').next().unwrap_or_default();
        if head.contains('@') && !is_source(head) {
            return self.key(text).map(DependencyRef::Snapshot);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.push_str(name.as_str());
        buffer.push('@');
        buffer.push_str(text);
        let key = self.key(&buffer);
        self.buffer = buffer;
        key.map(DependencyRef::Snapshot)
    }
}
