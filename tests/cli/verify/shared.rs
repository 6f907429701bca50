//! Projects whose packages stand in the shared virtual store: the slots are held against the lockfile too.

use std::path::PathBuf;

use super::lines;
use crate::support::Sandbox;

/// The folder of a package in the shared virtual store, as a link of the project leads to it.
fn slot_of(sandbox: &Sandbox, name: &str) -> PathBuf {
    let link = sandbox.path("node_modules").join(name);
    std::fs::read_link(link).unwrap()
}

#[test]
fn slots_of_the_shared_virtual_store_are_verified_and_put_right() {
    let sandbox =
        Sandbox::with_dependencies(&[("greet", "1"), ("colour-mix", "1"), ("bin-crlf", "1")]);
    sandbox.write(".npmrc", "virtual-store=shared\n");
    sandbox.install(&[]);
    let ran = sandbox.run(&["verify"]);
    assert_eq!(ran.code, 0, "{ran}");
    let greet = slot_of(&sandbox, "greet");
    let index = greet.join("index.js");
    let before = std::fs::read(&index).unwrap();
    std::fs::remove_file(&index).unwrap();
    std::fs::write(&index, "changed").unwrap();
    std::fs::write(greet.join("extra.js"), "foreign").unwrap();
    let mix = slot_of(&sandbox, "colour-mix");
    let inner = mix.parent().unwrap().join("colour-name");
    std::fs::remove_file(&inner).unwrap();
    sandbox.remove("node_modules/bin-crlf");
    let told = [
        "bin-crlf@1.0.0 missing node_modules/bin-crlf".to_owned(),
        format!("colour-name@1.1.1 missing {}", inner.display()),
        format!("greet@1.2.3 foreign {}", greet.join("extra.js").display()),
        format!("greet@1.2.3 changed {}", index.display()),
    ];
    let told: Vec<String> = told.iter().map(|line| sandbox.filter(line)).collect();
    let ran = sandbox.run(&["verify", "--json"]);
    assert_eq!(lines(&ran.json()), told, "{ran}");
    let fixed = sandbox.run(&["verify", "--fix"]);
    assert_eq!(fixed.code, 0, "{fixed}");
    assert_eq!(std::fs::read(&index).unwrap(), before);
    assert!(!greet.join("extra.js").exists());
    let kept = std::fs::read_dir(sandbox.pkg_home("store/v1/quarantine")).unwrap();
    let kept: Vec<_> = kept
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(kept.contains(&"foreign".to_owned()) && kept.contains(&"changed".to_owned()));
    let ran = sandbox.run(&["verify"]);
    assert_eq!(ran.code, 0, "{ran}");
}
