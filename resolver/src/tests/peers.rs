//! Peers beyond what was observed: warnings, refusals, and graphs that could grow without end.

use super::support::{graph, id, packages, resolve, root, run};
use crate::{PeerIssues, ResolveError, ResolveOptions, Warning};

#[test]
fn peers_that_do_not_fit_are_used_with_a_warning_or_refused() {
    let registry = packages("a@1.0.0 → !host@^9   host@1.0.0   host@9.0.0");
    let outcome = run(
        &registry,
        &root("a@1 host@1"),
        None,
        ResolveOptions::default(),
    );
    let resolved = outcome.result.unwrap();
    assert!(
        matches!(&resolved.warnings[..], [Warning::PeerOutOfRange { found, .. }] if found == "1.0.0")
    );
    let options = ResolveOptions {
        peer_issues: PeerIssues::Refuse,
        ..ResolveOptions::default()
    };
    let error = run(&registry, &root("a@1 host@1"), None, options)
        .result
        .unwrap_err();
    assert!(matches!(error, ResolveError::Peers(issues) if issues.len() == 1));
}

#[test]
fn peers_that_exclude_each_other_are_not_installed() {
    let registry = packages("a@1.0.0 → !host@1   b@1.0.0 → !host@2   host@1.0.0   host@2.0.0");
    let outcome = run(&registry, &root("a@1 b@1"), None, ResolveOptions::default());
    let resolved = outcome.result.unwrap();
    assert_eq!(
        graph(&resolved.lockfile),
        ". → a@1.0.0 b@1.0.0\na@1.0.0\nb@1.0.0"
    );
    assert!(
        matches!(&resolved.warnings[..], [Warning::PeerConflict { wanted, .. }] if wanted == &["1", "2"])
    );
}

#[test]
fn without_automatic_peers_nothing_is_installed_for_them() {
    let registry = packages("a@1.0.0 → !host@1 !?maybe@1   host@1.0.0");
    let options = ResolveOptions {
        auto_install_peers: false,
        ..ResolveOptions::default()
    };
    let resolved = run(&registry, &root("a@1 !host@1"), None, options)
        .result
        .unwrap();
    assert_eq!(graph(&resolved.lockfile), ". → a@1.0.0\na@1.0.0");
    assert!(matches!(
        &resolved.warnings[..],
        [Warning::PeerMissing { .. }]
    ));
}

#[test]
fn a_peer_that_cannot_be_had_is_a_warning() {
    let registry = packages("a@1.0.0 → !gone@1");
    let resolved = run(&registry, &root("a@1"), None, ResolveOptions::default())
        .result
        .unwrap();
    assert_eq!(graph(&resolved.lockfile), ". → a@1.0.0\na@1.0.0");
    assert!(matches!(
        &resolved.warnings[..],
        [Warning::PeerMissing { .. }]
    ));
}

#[test]
fn installed_peers_are_no_prereleases_that_their_range_rejects() {
    let registry = packages("a@1.0.0 → !host@>=1   host@1.0.0   host@2.0.0-rc.1");
    let lockfile = resolve(&registry, "a@1");
    assert!(lockfile.packages.contains_key(&id("host@1.0.0")));
    assert_eq!(lockfile.packages.len(), 2);
}

#[test]
fn peers_of_installed_peers_are_installed_too() {
    let registry = packages("a@1.0.0 → !b@1   b@1.0.0 → !c@1   c@1.0.0 → !d@1   d@1.0.0");
    let expected = ". → a@1.0.0(b@1.0.0(c@1.0.0(d@1.0.0)))\n\
                    a@1.0.0(b@1.0.0(c@1.0.0(d@1.0.0))) → b@1.0.0(c@1.0.0(d@1.0.0))\n\
                    b@1.0.0(c@1.0.0(d@1.0.0)) → c@1.0.0(d@1.0.0)\n\
                    c@1.0.0(d@1.0.0) → d@1.0.0\nd@1.0.0";
    assert_eq!(graph(&resolve(&registry, "a@1")), expected);
}

#[test]
fn an_own_dependency_stands_in_for_an_optional_peer() {
    let registry = packages("a@1.0.0 → host@1 !?host@*   host@1.0.0   host@2.0.0");
    let alone = ". → a@1.0.0\na@1.0.0 → host@1.0.0\nhost@1.0.0";
    assert_eq!(graph(&resolve(&registry, "a@1")), alone);
    let beside = ". → a@1.0.0(host@2.0.0) host@2.0.0\n\
                  a@1.0.0(host@2.0.0) → host@2.0.0\nhost@2.0.0";
    assert_eq!(graph(&resolve(&registry, "a@1 host@2")), beside);
}

#[test]
fn an_instance_with_more_stands_for_those_with_less() {
    // The member without `color` takes what the other has.
    let registry = packages("debug@1.0.0 → !?color@*   color@8.0.0");
    let projects = [("packages/a", "debug@1 color@8"), ("packages/b", "debug@1")]
        .map(|(path, wanted)| (path.parse().unwrap(), super::support::project(wanted)));
    let projects = projects.into_iter().collect();
    let outcome = run(&registry, &projects, None, ResolveOptions::default());
    let expected = "packages/a → color@8.0.0 debug@1.0.0(color@8.0.0)\n\
                    packages/b → debug@1.0.0(color@8.0.0)\n\
                    color@8.0.0\ndebug@1.0.0(color@8.0.0) → ?color@8.0.0";
    assert_eq!(graph(&outcome.result.unwrap().lockfile), expected);
}

/// PKU-22.
#[test]
fn three_hundred_packages_that_are_peers_of_one_another_end() {
    let peers: Vec<String> = (0..300).map(|number| format!("!p{number}@1")).collect();
    let lines: Vec<String> = (0..300)
        .map(|number| format!("p{number}@1.0.0 → {}", peers.join(" ")))
        .collect();
    let registry = packages(&lines.join("   "));
    // The rest is installed because it is missing.
    let lockfile = resolve(&registry, "p0@1 p1@1");
    assert_eq!(lockfile.snapshots.len(), 300);
}

#[test]
fn chains_of_peers_do_not_grow_exponentially() {
    let lines: Vec<String> = (0..40)
        .map(|number| {
            let peers: Vec<String> = (0..number).map(|peer| format!("!p{peer}@1")).collect();
            format!("p{number}@1.0.0 → {}", peers.join(" "))
        })
        .collect();
    let lockfile = resolve(&packages(&lines.join("   ")), "p39@1");
    assert_eq!(lockfile.snapshots.len(), 40);
    assert!(
        lockfile
            .snapshots
            .keys()
            .all(|key| key.as_str().len() < 1100)
    );
}

#[test]
fn many_contexts_share_what_does_not_depend_on_them() {
    let mut lines = vec!["leaf@1.0.0 → pure@1   pure@1.0.0   host@1.0.0   host@2.0.0".to_owned()];
    lines.push("plug@1.0.0 → leaf@1 !host@*".to_owned());
    for number in 0..100 {
        let host = number % 2 + 1;
        lines.push(format!("w{number}@1.0.0 → plug@1 host@{host}.0.0"));
    }
    let wanted: Vec<String> = (0..100).map(|number| format!("w{number}@1")).collect();
    let lockfile = resolve(&packages(&lines.join("   ")), &wanted.join(" "));
    // Two of `plug`, two of `host`, one of `leaf` and one of `pure`.
    assert_eq!(lockfile.snapshots.len(), 106);
}

#[test]
fn of_two_aliases_of_a_peer_the_higher_version_provides_it() {
    let registry = packages("plug@1.0.0 → !host@*   host@1.0.0   host@2.0.0   host@10.0.0");
    let lockfile = resolve(&registry, "x@npm:host@10 y@npm:host@2 plug@1");
    let text = graph(&lockfile);
    assert!(
        text.contains("plug@1.0.0(host@10.0.0) → host@10.0.0"),
        "{text}"
    );
    // What has the name itself counts, whatever its version.
    let lockfile = resolve(&registry, "x@npm:host@10 host@1 plug@1");
    let text = graph(&lockfile);
    assert!(
        text.contains("plug@1.0.0(host@1.0.0) → host@1.0.0"),
        "{text}"
    );
}

#[test]
fn ten_thousand_peers_in_a_row_do_not_fill_the_stack() {
    let count = 10_000;
    let dependencies: Vec<String> = (0..=count).map(|number| format!("p{number}@1")).collect();
    let mut lines = vec![format!("a@1.0.0 → {}", dependencies.join(" "))];
    lines.extend((0..count).map(|number| format!("p{number}@1.0.0 → !p{}@1", number + 1)));
    lines.push(format!("p{count}@1.0.0"));
    let lockfile = resolve(&packages(&lines.join("   ")), "a@1");
    assert_eq!(lockfile.snapshots.len(), count + 2);
}

#[test]
fn missing_peers_on_more_levels_than_the_budget_are_refused() {
    let lines: Vec<String> = (0..300)
        .map(|number| format!("p{number}@1.0.0 → !p{}@1", number + 1))
        .collect();
    let error = super::support::refuse(&packages(&lines.join("   ")), "p0@1");
    assert!(
        matches!(error, ResolveError::Budget { limit: 200, .. }),
        "{error}"
    );
}

#[test]
fn a_circle_that_provides_another_version_at_each_turn_comes_to_an_end() {
    // Below each `t@1` stands a `b`, below that a `d`, an `eslint` and a `t@1` again, with other peers each time.
    let registry = packages(
        "b@1.0.0 → p@1 d@1   b@2.0.0 → t@1.0.0   x@2.0.0 → !p@*   p@1.0.0 → t@2.0.0 z@npm:eslint@1.1.0 !eslint@*   \
         p@2.0.0 → d@1 eslint@1.1.0   d@1.0.0 → t@1.0.0 z@npm:eslint@2.0.0   eslint@1.0.0 → t@1.1.0   \
         eslint@1.1.0 → p@2 !t@*   eslint@2.0.0 → t@1.1.0 b@2   t@1.0.0 → b@1   t@1.1.0 → y@npm:x@2   t@2.0.0",
    );
    let options = ResolveOptions {
        budget: 2_000,
        ..ResolveOptions::default()
    };
    let outcome = run(&registry, &root("d@1 b@1 eslint@1.0.0"), None, options);
    let lockfile = outcome.result.unwrap().lockfile;
    assert_eq!(lockfile.packages.len(), 12);
    assert_eq!(lockfile.snapshots.len(), 19);
}
