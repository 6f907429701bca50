//! What stays as the lockfile has it, and what moves.

use pkg_lockfile::Lockfile;

use super::support::{Packages, graph, name, names, packages, resolve, root, run, version};
use crate::{Need, ResolveOptions, Update};

fn again(registry: &Packages, wanted: &str, previous: &Lockfile) -> (Lockfile, Vec<Need>) {
    let options = ResolveOptions::default();
    let outcome = run(registry, &root(wanted), Some(previous), options);
    (outcome.result.unwrap().lockfile, outcome.needs)
}

fn updated(registry: &Packages, wanted: &str, previous: &Lockfile, names_to: &[&str]) -> Lockfile {
    let options = ResolveOptions {
        update: Update::Names(names(names_to)),
        ..ResolveOptions::default()
    };
    run(registry, &root(wanted), Some(previous), options)
        .result
        .unwrap()
        .lockfile
}

const OLD: &str = "a@1.0.0 → b@^1 !host@*   b@1.0.0 → c@^1   c@1.0.0   host@1.0.0   x@1.0.0 → c@^1";

fn newer() -> Packages {
    packages(&format!(
        "{OLD}   a@1.1.0 → b@^1   b@1.1.0 → c@^1   c@1.1.0   host@2.0.0   x@1.1.0 → c@^1"
    ))
}

#[test]
fn an_unchanged_manifest_asks_for_nothing_and_changes_nothing() {
    let previous = resolve(&packages(OLD), "a@^1 x@^1");
    let (lockfile, needs) = again(&newer(), "a@^1 x@^1", &previous);
    assert_eq!(needs, []);
    assert_eq!(lockfile, previous);
}

#[test]
fn a_new_dependency_moves_nothing_else() {
    let previous = resolve(&packages(OLD), "a@^1");
    let (lockfile, needs) = again(&newer(), "a@^1 x@^1", &previous);
    assert_eq!(needs.len(), 1);
    let text = graph(&lockfile);
    assert!(
        text.starts_with(". → a@1.0.0(host@1.0.0) x@1.1.0\n"),
        "{text}"
    );
    assert!(text.contains("x@1.1.0 → c@1.0.0"), "{text}");
    assert!(!text.contains("c@1.1.0"), "{text}");
}

#[test]
fn a_removed_dependency_takes_what_only_it_needs() {
    let previous = resolve(&packages(OLD), "a@^1 x@^1");
    let (lockfile, needs) = again(&newer(), "x@^1", &previous);
    assert_eq!(needs, []);
    assert_eq!(graph(&lockfile), ". → x@1.0.0\nc@1.0.0\nx@1.0.0 → c@1.0.0");
}

#[test]
fn a_wider_range_takes_the_highest_locked_version() {
    let registry = packages("a@1.0.0   a@1.5.0   a@2.0.0   b@1.0.0 → a@1.5.0");
    let previous = resolve(&registry, "a@1.0.0 b@1");
    let (lockfile, needs) = again(&registry, "a@>=1 b@1", &previous);
    assert_eq!(needs, []);
    assert!(graph(&lockfile).starts_with(". → a@1.5.0 b@1.0.0"));
}

#[test]
fn a_range_that_the_locked_version_does_not_fit_is_resolved_anew() {
    let registry = packages("a@2.0.0-rc.1   a@1.0.0   a@2.0.0");
    let previous = resolve(&registry, "a@2.0.0-rc.1");
    let (lockfile, _) = again(&registry, "a@^1", &previous);
    assert_eq!(graph(&lockfile), ". → a@1.0.0\na@1.0.0");
}

#[test]
fn an_update_of_a_name_moves_it_everywhere_and_nothing_else() {
    let previous = resolve(&packages(OLD), "a@^1 x@^1");
    let lockfile = updated(&newer(), "a@^1 x@^1", &previous, &["c"]);
    let expected = ". → a@1.0.0(host@1.0.0) x@1.0.0\n\
                    a@1.0.0(host@1.0.0) → b@1.0.0 host@1.0.0\n\
                    b@1.0.0 → c@1.1.0\nc@1.1.0\nhost@1.0.0\nx@1.0.0 → c@1.1.0";
    assert_eq!(graph(&lockfile), expected);
}

#[test]
fn an_update_of_a_project_dependency_moves_it_alone() {
    let previous = resolve(&packages(OLD), "a@^1 x@^1");
    let lockfile = updated(&newer(), "a@^1 x@^1", &previous, &["x"]);
    let text = graph(&lockfile);
    assert!(
        text.starts_with(". → a@1.0.0(host@1.0.0) x@1.1.0\n"),
        "{text}"
    );
    assert!(text.contains("x@1.1.0 → c@1.0.0"), "{text}");
}

#[test]
fn an_update_of_everything_forgets_the_lockfile() {
    let previous = resolve(&packages(OLD), "a@^1 x@^1");
    let options = ResolveOptions {
        update: Update::Everything,
        ..ResolveOptions::default()
    };
    let outcome = run(&newer(), &root("a@^1 x@^1"), Some(&previous), options);
    assert_eq!(
        outcome.result.unwrap().lockfile,
        resolve(&newer(), "a@^1 x@^1")
    );
}

#[test]
fn an_update_keeps_what_the_registry_no_longer_has() {
    let previous = resolve(&packages(OLD), "x@^1");
    let mut registry = packages("x@2.0.0");
    registry.add(version("c", "1.1.0"));
    let lockfile = updated(&registry, "x@^1", &previous, &["c"]);
    assert_eq!(lockfile, previous);
}

#[test]
fn a_package_and_its_alias_keep_their_versions() {
    let registry = packages("a@1.0.0   a@2.0.0   b@1.0.0 → a@1 old@npm:a@2.0.0");
    let wanted = "a@^1 other@npm:a@^2 b@1";
    let previous = resolve(&registry, wanted);
    let (lockfile, needs) = again(&registry, wanted, &previous);
    assert_eq!(needs, []);
    assert_eq!(lockfile, previous);
}

#[test]
fn installed_peers_keep_their_versions() {
    let registry = packages("a@1.0.0 → !host@>=1   host@1.0.0   host@1.5.0   b@1.0.0 → !host@^1");
    let previous = resolve(&packages("a@1.0.0 → !host@>=1   host@1.0.0"), "a@1");
    let (lockfile, needs) = again(&registry, "a@1", &previous);
    assert_eq!((lockfile, needs), (previous.clone(), vec![]));
    let (lockfile, needs) = again(&registry, "a@1 b@1", &previous);
    let expected = Need::Packument {
        name: name("b"),
        detail: crate::Detail::Install,
    };
    assert_eq!(needs, [expected]);
    assert!(graph(&lockfile).starts_with(". → a@1.0.0(host@1.0.0) b@1.0.0(host@1.0.0)"));
    // What the project asks for itself counts more.
    let (lockfile, _) = again(&registry, "a@1 host@1.5.0", &previous);
    assert!(graph(&lockfile).starts_with(". → a@1.0.0(host@1.5.0) host@1.5.0"));
}

#[test]
fn optional_dependencies_that_are_gone_stay_locked() {
    let registry = packages("a@1.0.0 → ?b@1   b@1.0.0");
    let previous = resolve(&registry, "a@1");
    let (lockfile, needs) = again(&packages("a@1.0.0 → ?b@1"), "a@1", &previous);
    assert_eq!((lockfile, needs), (previous, vec![]));
}

#[test]
fn a_direct_optional_dependency_that_is_missing_is_asked_for_once() {
    let previous = resolve(&packages("a@1.0.0"), "a@1 ?gone@^1");
    let importer = previous.importers.values().next().unwrap();
    assert_eq!(
        importer.left_out.keys().cloned().collect::<Vec<_>>(),
        [name("gone")]
    );
    let registry = packages("a@1.0.0   gone@1.0.0");
    let (lockfile, needs) = again(&registry, "a@1 ?gone@^1", &previous);
    assert_eq!((lockfile, needs), (previous.clone(), vec![]));
    // Another specifier, or an update, is another question.
    let (lockfile, _) = again(&registry, "a@1 ?gone@*", &previous);
    assert!(graph(&lockfile).contains("?gone@1.0.0"));
    let lockfile = updated(&registry, "a@1 ?gone@^1", &previous, &["gone"]);
    assert!(graph(&lockfile).contains("?gone@1.0.0"));
}

/// What is a dependency and a peer is installed as a peer, or not: the other setting asks again.
#[test]
fn other_settings_look_at_manifests_again_and_move_no_version() {
    let registry = packages("a@1.0.0 → host@^1 !host@*   host@1.0.0   host@2.0.0");
    let without = ResolveOptions {
        auto_install_peers: false,
        ..ResolveOptions::default()
    };
    let resolve = |previous, options: &ResolveOptions| {
        let outcome = run(&registry, &root("a@1"), previous, options.clone());
        outcome.result.unwrap().lockfile
    };
    let with = ResolveOptions::default();
    let (first, second) = (resolve(None, &with), resolve(None, &without));
    assert_eq!(
        graph(&first),
        ". → a@1.0.0(host@2.0.0)\na@1.0.0(host@2.0.0) → host@2.0.0\nhost@2.0.0"
    );
    assert_eq!(
        graph(&second),
        ". → a@1.0.0\na@1.0.0 → host@1.0.0\nhost@1.0.0"
    );
    assert_eq!(resolve(Some(&first), &without), second);
    let back = resolve(Some(&second), &with);
    // The locked version fits the peer.
    assert_eq!(
        graph(&back),
        ". → a@1.0.0(host@1.0.0)\na@1.0.0(host@1.0.0) → host@1.0.0\nhost@1.0.0"
    );
}
