//! The store as its callers see it, in a folder of its own for each test.

mod damage;
mod directory;
mod import;
mod maintenance;
mod protocol;
mod refusal;
mod sharing;
mod slots;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::hashes::integrity;
use crate::test_archive::TestArchive;
use crate::{Expected, Imported, PackageFiles, Store, StoreError};
use pkg_manifest::{Algorithm, Integrity};

/// A folder with a store, and everything beside it.
struct Place {
    folder: TempDir,
    store: Store,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Without a umask it would be open to everyone, and refused.
        std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        Self { folder, store }
    }

    /// Another store object for the same folder, as another process would have.
    fn again(&self) -> Store {
        Store::open(self.store.root()).unwrap()
    }

    fn import(&self, archive: TestArchive) -> Imported {
        self.store
            .import_tarball(&archive.tgz(), &Expected::default())
            .unwrap()
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn v1(&self, below: &str) -> PathBuf {
        self.store.root().join("v1").join(below)
    }

    /// Everything below a folder of the store, as paths relative to it.
    fn list(&self, below: &str) -> Vec<String> {
        let root = self.v1(below);
        let mut found = Vec::new();
        walk(&root, &mut |path| {
            found.push(
                path.strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
            );
        });
        found.sort();
        found
    }

    /// The path of one file of a package in the store.
    fn file(&self, package: &PackageFiles, path: &str) -> PathBuf {
        self.store.path(package.file(path).unwrap())
    }
}

fn walk(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            walk(&path, visit);
        } else {
            visit(&path);
        }
    }
}

fn read(path: &Path) -> Vec<u8> {
    pkg_fs::read_regular_file(path, 1 << 30).unwrap()
}

/// Writes in place, as an editor does through `node_modules`.
fn overwrite(path: &Path, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
}

fn sample() -> TestArchive {
    TestArchive::of(&[
        (
            "package/package.json",
            r#"{"name":"sample","version":"1.2.3","bin":"cli.js"}"#,
        ),
        ("package/cli.js", "#!/usr/bin/env node\n"),
        ("package/lib/deep/a.js", "a"),
        ("package/lib/b.js", "b"),
        ("package/empty", ""),
    ])
}

fn expected(name: &str, version: &str) -> Expected {
    Expected {
        name: Some(name.parse().unwrap()),
        version: Some(version.parse().unwrap()),
        integrity: None,
    }
}

fn integrity_of(algorithm: Algorithm, bytes: &[u8]) -> Integrity {
    integrity(algorithm, &algorithm.hash(bytes))
}

#[track_caller]
fn refused(archive: TestArchive, expected: &Expected) -> StoreError {
    let place = Place::new();
    let error = place
        .store
        .import_tarball(&archive.tgz(), expected)
        .unwrap_err();
    let stored = [
        place.list("files"),
        place.list("packages"),
        place.list("tmp"),
    ]
    .concat();
    assert!(stored.is_empty(), "{stored:?} was stored");
    error
}

/// Runs one test of this program again under a shell's settings.
#[track_caller]
fn run_again(settings: &str, test: &str) {
    let script = format!("{settings} && exec \"$0\" --exact {test}");
    let program = std::env::current_exe().unwrap();
    let output = Command::new("sh")
        .arg("-c")
        .arg(script)
        .arg(program)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{settings}: {text}"
    );
}
