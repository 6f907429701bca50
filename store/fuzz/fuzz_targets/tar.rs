//! Any bytes as a tarball: they are imported or refused, and what is imported is found again and checks out.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use pkg_store::{Expected, PackageState, Store};
use tempfile::TempDir;

static PLACE: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder for the store"));

fuzz_target!(|tarball: &[u8]| {
    let store = Store::open(PLACE.path()).expect("our own folder can be trusted");
    let Ok(imported) = store.import_tarball(tarball, &Expected::default()) else {
        return;
    };
    let package = imported.files;
    assert!(package.files.windows(2).all(|pair| pair[0].path.as_str() < pair[1].path.as_str()));
    for file in &package.files {
        let path = file.path.as_str();
        assert!(!path.starts_with('/') && !path.contains('\0'));
        assert!(path.split('/').all(|part| !matches!(part, "" | "." | "..")));
    }
    let found = store.get(&package.integrity).expect("the store can be read");
    assert_eq!(found.as_ref(), Some(&package));
    assert_eq!(store.check(&package).expect("the store can be read"), PackageState::Intact);
});
