//! Folder registries answer as servers do, without a server.

use std::path::Path;

use pkg_manifest::Integrity;
use pkg_registry::{
    Detail, ErrorClass, FolderRegistry, Freshness, Network, Registry, list_files, pack_directory,
};
use pkg_registry_fixtures::packages_dir;
use tempfile::TempDir;

use crate::setup::{Client, Settings, block_on, dist, name, packument, version};

fn client(folder: &Path) -> Client {
    let url = FolderRegistry::new(folder.to_path_buf()).url().unwrap();
    Client::new(Settings {
        registry: url.to_string(),
        ..Settings::default()
    })
}

fn fixtures() -> Registry {
    client(&packages_dir()).offline(Network::Offline)
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    pkg_fs::create_directory_all(path.parent().unwrap(), 0o755).unwrap();
    pkg_fs::write_atomic(&path, text.as_bytes(), 0o644).unwrap();
}

#[test]
fn every_fixture_is_served_with_tarballs_of_the_right_hash() {
    let registry = fixtures();
    let mut names = Vec::new();
    for (entry, _) in pkg_fs::list_directory(&packages_dir()).unwrap() {
        let entry = entry.into_string().unwrap();
        if entry.starts_with('@') {
            let scope = pkg_fs::list_directory(&packages_dir().join(&entry)).unwrap();
            names.extend(
                scope
                    .iter()
                    .map(|(bare, _)| format!("{entry}/{}", bare.display())),
            );
        } else {
            names.push(entry);
        }
    }
    assert!(names.len() >= 60, "{}", names.len());
    block_on(async {
        for text in names {
            let name = name(&text);
            let packument = registry.packument(&name, Detail::Full).await.unwrap();
            assert!(packument.dist_tags().contains_key("latest"), "{name}");
            for version in packument.versions() {
                let document = packument.version(version).unwrap().unwrap();
                let dist = document.dist.as_ref().unwrap();
                let tarball = registry
                    .tarball(&name, dist, Freshness::Cached)
                    .await
                    .unwrap();
                assert!(dist.integrity.as_ref().unwrap().matches(&tarball));
            }
        }
    });
}

#[test]
fn tags_times_and_deprecations_come_from_their_file() {
    let registry = fixtures();
    let greet = packument(&registry, "greet").unwrap();
    assert_eq!(greet.dist_tags()["next"], version("3.0.0-beta.1"));
    assert_eq!(greet.dist_tags()["latest"], version("2.1.0"));
    assert!(greet.published(&version("1.0.0")).is_some());
    let colours = packument(&registry, "colour-name").unwrap();
    assert!(colours.is_deprecated(&version("1.0.0")));
    assert!(!colours.is_deprecated(&version("1.1.0")));
    let half = packument(&registry, "half-deprecated").unwrap();
    assert!(half.is_deprecated(&version("1.1.0")));
    let prereleases = packument(&registry, "only-prereleases").unwrap();
    assert_eq!(prereleases.dist_tags()["latest"], version("1.0.0-rc.10"));
}

#[test]
fn commands_of_a_folder_and_install_scripts_are_listed() {
    let registry = fixtures();
    let one = version("1.0.0");
    let of = |text: &str| {
        let packument = packument(&registry, text).unwrap();
        packument.version(&one).unwrap().unwrap()
    };
    let bins: Vec<String> = of("bin-folder").bins.keys().cloned().collect();
    assert_eq!(bins, ["folder-list", "folder-show"]);
    assert!(of("script-three").has_install_scripts);
    assert!(of("script-gyp").has_install_scripts);
    assert!(!of("script-harmless").has_install_scripts);
}

#[test]
fn bundled_dependencies_and_the_executable_bit_are_packed() {
    let holder = packages_dir().join("bundle-holder/1.0.0");
    let files = list_files(&holder).unwrap();
    assert!(files.contains(&"node_modules/bundle-inner/index.js".to_owned()));
    let tarball = pack_directory(&packages_dir().join("bin-many/1.0.0")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(tarball.as_slice()));
    let mut modes = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 499_162_500);
        let path = entry.path().unwrap().display().to_string();
        modes.push((path, header.mode().unwrap()));
    }
    let expected = [
        ("package/bin/bye.js", 0o755),
        ("package/bin/hello.js", 0o755),
        ("package/package.json", 0o644),
    ];
    assert_eq!(modes, expected.map(|(path, mode)| (path.to_owned(), mode)));
}

#[test]
fn packing_depends_on_the_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    for copy in ["one", "two"] {
        let copy = folder.path().join(copy);
        write(&copy, "package.json", r#"{"name":"a","version":"1.0.0"}"#);
        write(&copy, "lib/index.js", "1");
    }
    let one = pack_directory(&folder.path().join("one")).unwrap();
    let two = pack_directory(&folder.path().join("two")).unwrap();
    assert_eq!(Integrity::sha512(&one), Integrity::sha512(&two));
}

#[test]
fn links_are_not_packed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "package.json", "{}");
    pkg_fs::create_symlink(Path::new("/etc/passwd"), &folder.path().join("secret")).unwrap();
    assert_eq!(list_files(folder.path()).unwrap(), ["package.json"]);
}

#[test]
fn a_mirror_is_served_as_it_stands_with_its_own_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"name":"@a/b","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{
        "name":"@a/b","version":"1.0.0",
        "dist":{"tarball":"https://registry.example.test/@a/b/-/b-1.0.0.tgz"}}}}"#;
    write(folder.path(), "@a/b/packument.json", json);
    write(folder.path(), "@a/b/-/b-1.0.0.tgz", "not really a tarball");
    let registry = client(folder.path()).offline(Network::Offline);
    let packument = packument(&registry, "@a/b").unwrap();
    let document = packument.version(&version("1.0.0")).unwrap().unwrap();
    let dist = document.dist.as_ref().unwrap();
    assert_eq!(dist.tarball.scheme(), "file");
    let tarball = block_on(registry.tarball(&name("@a/b"), dist, Freshness::Cached)).unwrap();
    assert_eq!(&tarball[..], b"not really a tarball");
}

#[test]
fn what_is_not_there_is_not_found() {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let registry = client(folder.path()).registry();
    let error = packument(&registry, "absent").unwrap_err();
    assert_eq!(error.class(), ErrorClass::NotFound);
    let url = registry
        .tarball_url(&name("absent"), &version("1.0.0"))
        .unwrap();
    let dist = dist(url.as_str());
    let error = block_on(registry.tarball(&name("absent"), &dist, Freshness::Cached)).unwrap_err();
    assert_eq!(error.class(), ErrorClass::NotFound);
}

#[test]
fn addresses_outside_the_folder_are_refused() {
    let registry = fixtures();
    let base = FolderRegistry::new(packages_dir()).url().unwrap();
    for url in [
        "file:///etc/passwd".to_owned(),
        format!("{base}greet/-/../../../x.tgz"),
        format!("{base}greet/-/greet-..%2f..%2fx.tgz"),
        format!("{base}colour-name/-/colour-name-1.0.0.tgz"),
        "http://127.0.0.1:1/greet/-/greet-1.0.0.tgz".to_owned(),
    ] {
        let dist = dist(&url);
        let error =
            block_on(registry.tarball(&name("greet"), &dist, Freshness::Cached)).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Policy, "{url}");
    }
}

#[test]
fn a_folder_that_contradicts_itself_is_an_error_with_a_path() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "a/1.0.0/package.json",
        r#"{"name":"b","version":"1.0.0"}"#,
    );
    let registry = client(folder.path()).registry();
    let error = packument(&registry, "a").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("its folder says `a@1.0.0`, it says `b@1.0.0`"),
        "{error}"
    );
    assert!(
        error.to_string().contains("a/1.0.0/package.json"),
        "{error}"
    );
}
