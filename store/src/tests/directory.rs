//! Folders as packages.

use std::path::Path;

use super::{Place, expected, read};
use crate::{Expected, PackageState, StoreError};

fn write(root: &Path, path: &str, text: &str, mode: u32) {
    let path = root.join(path);
    pkg_fs::create_directory_all(path.parent().unwrap(), 0o755).unwrap();
    pkg_fs::write_new(&path, text.as_bytes(), mode).unwrap();
}

/// A place and a package's folder in it.
fn folder() -> (Place, std::path::PathBuf) {
    let place = Place::new();
    let root = place.path("project");
    write(
        &root,
        "package.json",
        r#"{"name":"local","version":"1.0.0"}"#,
        0o644,
    );
    write(&root, "src/index.js", "x", 0o644);
    write(&root, "run.sh", "#!/bin/sh\n", 0o755);
    (place, root)
}

fn paths(place: &Place, root: &Path) -> Vec<String> {
    let package = place
        .store
        .import_directory(root, &Expected::default())
        .unwrap()
        .files;
    assert_eq!(place.store.check(&package).unwrap(), PackageState::Intact);
    package
        .files
        .iter()
        .map(|file| file.path.to_string())
        .collect()
}

#[test]
fn a_folder_is_stored_by_its_contents() {
    let (place, root) = folder();
    let imported = place
        .store
        .import_directory(&root, &expected("local", "1.0.0"))
        .unwrap();
    let package = imported.files;
    assert!(package.file("run.sh").unwrap().executable);
    assert_eq!(read(&place.file(&package, "src/index.js")), b"x");
    assert_eq!(
        place.again().get(&package.integrity).unwrap().unwrap(),
        package
    );
    let (_other, same) = folder();
    let again = place
        .store
        .import_directory(&same, &Expected::default())
        .unwrap()
        .files;
    assert_eq!(
        again.integrity, package.integrity,
        "the place does not count"
    );
    write(&root, "more", "", 0o644);
    let changed = place
        .store
        .import_directory(&root, &Expected::default())
        .unwrap()
        .files;
    assert_ne!(changed.integrity, package.integrity);
}

#[test]
fn installed_packages_and_repositories_are_left_out() {
    let (place, root) = folder();
    write(&root, "node_modules/a/index.js", "", 0o644);
    write(&root, "src/node_modules/b", "", 0o644);
    write(&root, ".git/config", "", 0o644);
    write(&root, ".gitignore", "", 0o644);
    let expected = [".gitignore", "package.json", "run.sh", "src/index.js"];
    assert_eq!(paths(&place, &root), expected);
}

#[test]
fn a_link_inside_counts_as_its_file_and_any_other_link_is_refused() {
    let (place, root) = folder();
    pkg_fs::create_symlink(Path::new("src/index.js"), &root.join("inside.js")).unwrap();
    assert!(paths(&place, &root).contains(&"inside.js".to_owned()));
    write(&place.path("canary"), "secret", "secret", 0o644);
    for target in [
        "../canary/secret",
        "/etc/passwd",
        "nowhere",
        "src",
        "outside",
        "..",
    ] {
        let link = root.join("outside");
        pkg_fs::create_symlink(Path::new(target), &link).unwrap();
        let error = place
            .store
            .import_directory(&root, &Expected::default())
            .unwrap_err();
        let StoreError::Directory { path, .. } = error else {
            panic!("{target}: {error}");
        };
        assert!(path.ends_with("outside"));
        pkg_fs::remove_file(&link).unwrap();
    }
}

#[test]
fn a_socket_or_pipe_is_refused_and_not_waited_for() {
    let (place, root) = folder();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let error = place
        .store
        .import_directory(&root, &Expected::default())
        .unwrap_err();
    assert!(matches!(error, StoreError::Directory { .. }), "{error}");
}

#[test]
fn a_folder_of_another_package_is_refused() {
    let (place, root) = folder();
    let error = place
        .store
        .import_directory(&root, &expected("other", "1.0.0"))
        .unwrap_err();
    assert!(
        matches!(error, StoreError::ManifestMismatch { .. }),
        "{error}"
    );
    let error = place
        .store
        .import_directory(&root.join("none"), &Expected::default());
    assert!(matches!(error, Err(StoreError::Fs(error)) if error.is_not_found()));
}
