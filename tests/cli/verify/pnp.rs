//! The layout without folders: the map is held against the lockfile, and what it points to against the store.

use std::path::PathBuf;

use serde_json::json;

use super::lines;
use crate::support::Sandbox;

fn installed(settings: &str) -> Sandbox {
    let sandbox = Sandbox::with_manifest(&json!({
        "name": "app",
        "dependencies": {"greet": "1", "colour-mix": "1", "bin-crlf": "1", "script-post": "1"},
        "dependenciesMeta": {"script-post": {"unplugged": true}}
    }));
    sandbox.write(".npmrc", format!("layout=pnp\n{settings}"));
    sandbox.install(&[]);
    let ran = sandbox.run(&["verify", "--json"]);
    assert_eq!(ran.code, 0, "{ran}");
    assert_eq!(ran.json()["layout"], "pnp");
    sandbox
}

/// The one file below a folder that has this name.
fn find(folder: PathBuf, name: &str) -> PathBuf {
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(name) {
                return path;
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    panic!("there is no {name}");
}

/// Is told exactly this, puts it right, and finds nothing more.
#[track_caller]
fn assert_put_right(sandbox: &Sandbox, told: &[String]) {
    let told: Vec<String> = told.iter().map(|line| sandbox.filter(line)).collect();
    let ran = sandbox.run(&["verify", "--json"]);
    assert_eq!(lines(&ran.json()), told, "{ran}");
    let fixed = sandbox.run(&["verify", "--fix"]);
    assert_eq!(fixed.code, 0, "{fixed}");
    let ran = sandbox.run(&["verify"]);
    assert_eq!(ran.code, 0, "{ran}");
}

#[test]
fn a_map_that_was_edited_by_hand_is_found_and_put_right() {
    let sandbox = installed("");
    let map = sandbox.read(".pnp.cjs");
    sandbox.write(".pnp.cjs", map.replace("greet", "great"));
    assert_put_right(&sandbox, &["- changed .pnp.cjs".to_owned()]);
    assert_eq!(sandbox.read(".pnp.cjs"), map);
    sandbox.remove(".pnp.cjs");
    sandbox.write("index.js", "mine");
    assert_put_right(&sandbox, &["- missing .pnp.cjs".to_owned()]);
    assert_eq!(sandbox.read("index.js"), "mine");
    sandbox.write("node_modules/left-pad/index.js", "unlisted");
    assert_put_right(
        &sandbox,
        &["left-pad unlisted node_modules/left-pad".to_owned()],
    );
}

#[test]
fn what_the_map_points_to_is_hashed() {
    let sandbox = installed("");
    let index = find(sandbox.pkg_home("store/v1/links/greet"), "greet/index.js");
    let before = std::fs::read(&index).unwrap();
    std::fs::remove_file(&index).unwrap();
    std::fs::write(&index, "changed").unwrap();
    let unplugged = find(sandbox.path(".pkg/unplugged"), "script-post/package.json");
    std::fs::write(unplugged.with_file_name("extra.js"), "foreign").unwrap();
    let inside = unplugged.strip_prefix(sandbox.path("")).unwrap();
    assert_put_right(
        &sandbox,
        &[
            format!("greet@1.2.3 changed {}", index.display()),
            format!(
                "script-post@1.1.0 foreign {}",
                inside.with_file_name("extra.js").display()
            ),
        ],
    );
    assert_eq!(std::fs::read(&index).unwrap(), before);
}

#[test]
fn zip_files_of_packages_are_compared() {
    let sandbox = installed("pnp-archives=true\n");
    let cache = sandbox.path(".pkg/cache");
    let name = std::fs::read_dir(&cache)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("greet"))
        .unwrap();
    let path = format!(".pkg/cache/{name}");
    let mut bytes = std::fs::read(sandbox.path(&path)).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    sandbox.write(&path, &bytes);
    assert_put_right(&sandbox, &[format!("greet@1.2.3 changed {path}")]);
    sandbox.write(&path, &bytes[..middle]);
    assert_put_right(&sandbox, &[format!("greet@1.2.3 changed {path}")]);
    sandbox.remove(&path);
    assert_put_right(&sandbox, &[format!("greet@1.2.3 missing {path}")]);
    sandbox.write(".pkg/cache/other.zip", "foreign");
    assert_put_right(&sandbox, &["- foreign .pkg/cache/other.zip".to_owned()]);
}
