//! The file of one packument: a line of magic, a line of JSON about it, then the document.

use std::fs::File;
use std::hash::Hasher as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use pkg_fs::{FileKind, FsError};
use pkg_manifest::{Digest, PackageName};
use rustc_hash::FxHasher;
use serde::{Deserialize, Serialize};
use url::Url;

use super::Validators;
use crate::limits;
use crate::options::Detail;

const MAGIC: &[u8] = b"pkg packument 1\n";
/// How much of a file its magic and the line about it may take.
const HEAD_BYTES: u64 = 8 << 10;

/// Which packument it is: of which registry, by its whole address, and in which detail.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct EntryKey {
    pub(crate) registry: Url,
    pub(crate) name: PackageName,
    pub(crate) detail: Detail,
}

/// A packument on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) validators: Validators,
    pub(crate) document: Bytes,
}

/// The line about a document.
#[derive(Serialize, Deserialize)]
pub(super) struct Head {
    registry: Url,
    name: String,
    detail: String,
    validators: Validators,
    /// A check against torn files, which the cache may hold since it never waits for the disk.
    checksum: u64,
}

impl EntryKey {
    /// Where the entry lies below `cache_dir`. Names of packages never become names of files.
    pub(crate) fn path(&self, cache_dir: &Path) -> PathBuf {
        let mut registry = self.registry.clone();
        registry.set_query(None);
        registry.set_fragment(None);
        let text = format!("{}\n{registry}\n{}", self.detail(), self.name);
        let hash = Digest::of(text.as_bytes()).to_string();
        let (folder, file) = hash.split_at(2);
        cache_dir.join("packuments").join(folder).join(file)
    }

    fn detail(&self) -> &'static str {
        match self.detail {
            Detail::Abbreviated => "abbreviated",
            Detail::Full => "full",
        }
    }

    /// Reads the entry; a file that is damaged in any way counts as absent.
    pub(crate) fn read(&self, cache_dir: &Path) -> Option<Entry> {
        let path = self.path(cache_dir);
        let limit = limits::PACKUMENT_BYTES + (1 << 20);
        let bytes = pkg_fs::read_regular_file_if_exists(&path, limit).ok()??;
        let (head, start) = split(&bytes)?;
        let document = Bytes::from(bytes).slice(start..);
        if head.checksum != checksum(&document) {
            return None;
        }
        let validators = self.own(head)?;
        Some(Entry {
            validators,
            document,
        })
    }

    /// What a file says of when its document was had, if it is a file of this entry.
    pub(super) fn own(&self, head: Head) -> Option<Validators> {
        let is_ours = head.registry == self.plain_registry()
            && head.name == self.name.as_str()
            && head.detail == self.detail();
        is_ours.then_some(head.validators)
    }

    /// The names of the packages whose packuments of the same registry lie below `cache_dir`, of `most`
    /// files that are looked at.
    pub(crate) fn known_names(&self, cache_dir: &Path, most: usize) -> Vec<PackageName> {
        let list = |folder: &Path| pkg_fs::list_directory(folder).unwrap_or_default();
        let root = cache_dir.join("packuments");
        let folders = list(&root).into_iter().map(|(name, _)| root.join(name));
        let files = folders.flat_map(|folder| {
            let files = list(&folder).into_iter();
            let files = files.filter(|(_, kind)| *kind == FileKind::File);
            files.map(move |(name, _)| folder.join(name))
        });
        let heads = files.take(most).filter_map(|file| read_head(&file));
        let registry = self.plain_registry();
        let ours = heads.filter(|head| head.registry == registry);
        let mut names: Vec<PackageName> = ours.filter_map(|head| head.name.parse().ok()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Writes the entry so that a reader finds the former one or this one.
    pub(crate) fn write(&self, cache_dir: &Path, entry: &Entry) -> Result<(), FsError> {
        let head = Head {
            registry: self.plain_registry(),
            name: self.name.to_string(),
            detail: self.detail().to_owned(),
            validators: entry.validators.clone(),
            checksum: checksum(&entry.document),
        };
        let mut bytes = MAGIC.to_vec();
        serde_json::to_writer(&mut bytes, &head).expect("texts and numbers become JSON");
        bytes.push(b'\n');
        bytes.extend_from_slice(&entry.document);
        let path = self.path(cache_dir);
        let folder = path.parent().expect("an entry lies in a folder");
        // Private packages are nobody else's business.
        pkg_fs::create_directory_all(folder, 0o700)?;
        let temporary = folder.join(pkg_fs::unique_name());
        let make = |path: &Path| pkg_fs::write_new(path, &bytes, 0o600);
        pkg_fs::make_temporary(temporary.clone(), make)?;
        pkg_fs::rename(&temporary, &path).inspect_err(|_| {
            // The first error is the one to report.
            drop(pkg_fs::remove_file(&temporary));
        })
    }

    /// The registry's address without what may be secret in it.
    fn plain_registry(&self) -> Url {
        let mut registry = self.registry.clone();
        registry.set_query(None);
        registry.set_fragment(None);
        // Both fail only for addresses that can have neither.
        if registry.set_username("").is_ok() && registry.set_password(None).is_ok() {
            return registry;
        }
        registry
    }
}

/// Reads what a file says of itself, without the document.
fn read_head(path: &Path) -> Option<Head> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.take(HEAD_BYTES).read_to_end(&mut bytes).ok()?;
    split(&bytes).map(|(head, _)| head)
}

/// The line about the document, and where the document begins.
pub(super) fn split(bytes: &[u8]) -> Option<(Head, usize)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = serde_json::from_slice(&rest[..end]).ok()?;
    Some((head, MAGIC.len() + end + 1))
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(registry: &str) -> EntryKey {
        EntryKey {
            registry: registry.parse().unwrap(),
            name: "@fixture/greet".parse().unwrap(),
            detail: Detail::Abbreviated,
        }
    }

    fn entry() -> Entry {
        Entry {
            validators: Validators {
                etag: Some("\"a\"".to_owned()),
                ..Validators::default()
            },
            document: Bytes::from_static(b"{\"name\":\"@fixture/greet\"}"),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let key = key("https://registry.example.test/");
        assert!(key.read(folder.path()).is_none());
        key.write(folder.path(), &entry()).unwrap();
        key.write(folder.path(), &entry()).unwrap();
        let read = key.read(folder.path()).unwrap();
        assert_eq!(read.document, entry().document);
        assert_eq!(read.validators, entry().validators);
    }

    #[test]
    fn registries_that_differ_in_scheme_port_or_path_share_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let one = key("https://registry.example.test/one/");
        one.write(folder.path(), &entry()).unwrap();
        for other in [
            "http://registry.example.test/one/",
            "https://registry.example.test:8443/one/",
            "https://registry.example.test/two/",
        ] {
            assert!(key(other).read(folder.path()).is_none(), "{other}");
        }
    }

    #[test]
    fn damage_anywhere_makes_it_absent() {
        let folder = tempfile::tempdir().unwrap();
        let key = key("https://registry.example.test/");
        key.write(folder.path(), &entry()).unwrap();
        let path = key.path(folder.path());
        let whole = pkg_fs::read_regular_file(&path, 1 << 20).unwrap();
        for cut in 0..whole.len() {
            pkg_fs::write_atomic(&path, &whole[..cut], 0o600).unwrap();
            assert!(key.read(folder.path()).is_none(), "cut at {cut}");
        }
        let mut torn = whole.clone();
        *torn.last_mut().unwrap() = 0;
        pkg_fs::write_atomic(&path, &torn, 0o600).unwrap();
        assert!(key.read(folder.path()).is_none());
    }

    #[test]
    fn a_password_in_the_registrys_address_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let key = key("https://user:secret@registry.example.test/");
        key.write(folder.path(), &entry()).unwrap();
        let bytes = pkg_fs::read_regular_file(&key.path(folder.path()), 1 << 20).unwrap();
        assert!(!String::from_utf8(bytes).unwrap().contains("secret"));
        assert!(key.read(folder.path()).is_some());
    }
}
