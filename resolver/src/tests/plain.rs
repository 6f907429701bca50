//! Which versions are taken, what fails, and what is left out.

use std::sync::Arc;

use pkg_lockfile::{ImporterId, Resolution};

use super::support::{
    graph, id, key, name, packages, project, refuse, resolve, root, run, version,
};
use crate::{Failure, Need, Project, ResolveError, ResolveOptions, Warning};

#[test]
fn ranges_take_the_highest_version_inside() {
    let registry = packages("a@1.0.0 → b@^1   b@1.0.0   b@1.1.0   b@2.0.0");
    let lockfile = resolve(&registry, "a@^1");
    let expected = ". → a@1.0.0\na@1.0.0 → b@1.1.0\nb@1.1.0";
    assert_eq!(graph(&lockfile), expected);
}

#[test]
fn latest_wins_over_a_higher_version_in_range() {
    let mut registry = packages("a@1.0.0   a@1.2.0");
    let packument = registry.packuments.get_mut(&name("a")).unwrap();
    packument
        .tags
        .insert("latest".to_owned(), pkg_manifest::Version::new(1, 0, 0));
    assert_eq!(graph(&resolve(&registry, "a@^1")), ". → a@1.0.0\na@1.0.0");
    assert_eq!(
        graph(&resolve(&registry, "a@latest")),
        ". → a@1.0.0\na@1.0.0"
    );
}

#[test]
fn deprecated_versions_are_taken_when_nothing_else_matches() {
    let registry = packages("a@1.0.0   a@1.1.0#   b@1.0.0#");
    let outcome = run(
        &registry,
        &root("a@^1 b@1"),
        None,
        ResolveOptions::default(),
    );
    let resolved = outcome.result.unwrap();
    assert_eq!(
        graph(&resolved.lockfile),
        ". → a@1.0.0 b@1.0.0\na@1.0.0\nb@1.0.0"
    );
    let expected = Warning::Deprecated {
        package: "b@1.0.0".parse().unwrap(),
        message: "old".to_owned(),
    };
    assert_eq!(resolved.warnings, [expected]);
}

#[test]
fn the_empty_range_and_build_metadata_are_understood() {
    let registry = packages("a@1.0.0   b@1.2.3");
    let lockfile = resolve(&registry, "a@ b@1.2.3+build");
    assert_eq!(graph(&lockfile), ". → a@1.0.0 b@1.2.3\na@1.0.0\nb@1.2.3");
}

#[test]
fn a_prerelease_that_is_latest_is_any_version() {
    let registry = packages("a@1.0.0   a@2.0.0-rc.1");
    assert_eq!(
        graph(&resolve(&registry, "a@*")),
        ". → a@2.0.0-rc.1\na@2.0.0-rc.1"
    );
    assert_eq!(graph(&resolve(&registry, "a@>=1")), ". → a@1.0.0\na@1.0.0");
}

#[test]
fn aliases_lead_to_packages_of_other_names() {
    let registry = packages("a@1.0.0 → old@npm:b@1   b@1.0.0   b@2.0.0");
    let lockfile = resolve(&registry, "a@1 x@npm:b@2");
    let expected = ". → a@1.0.0 x=b@2.0.0\na@1.0.0 → old=b@1.0.0\nb@1.0.0\nb@2.0.0";
    assert_eq!(graph(&lockfile), expected);
}

#[test]
fn a_name_in_several_groups_is_optional_then_production() {
    let registry = packages("a@1.0.0   a@2.0.0   a@3.0.0");
    let lockfile = resolve(&registry, "a@1 ?a@2 +a@3");
    assert_eq!(graph(&lockfile), ". → ?a@2.0.0\na@2.0.0");
    let lockfile = resolve(&registry, "a@1 +a@3");
    assert_eq!(graph(&lockfile), ". → a@1.0.0\na@1.0.0");
}

#[test]
fn instances_say_whether_they_are_optional_or_for_development() {
    let registry = packages("a@1.0.0 → ?b@1   b@1.0.0   c@1.0.0 → d@1   d@1.0.0");
    let lockfile = resolve(&registry, "a@1 +c@1");
    let flags = |key: &str| {
        let snapshot = lockfile.snapshots.get(&self::key(key)).unwrap();
        (snapshot.optional, snapshot.dev)
    };
    assert_eq!(flags("a@1.0.0"), (false, false));
    assert_eq!(flags("b@1.0.0"), (true, false));
    assert_eq!(flags("c@1.0.0"), (false, true));
    assert_eq!(flags("d@1.0.0"), (false, true));
}

#[test]
fn bundled_dependencies_are_recorded_and_not_resolved() {
    let registry = packages("a@1.0.0 → %inside@1 b@1   b@1.0.0");
    let lockfile = resolve(&registry, "a@1");
    assert_eq!(graph(&lockfile), ". → a@1.0.0\na@1.0.0 → b@1.0.0\nb@1.0.0");
    assert_eq!(
        lockfile.packages.get(&id("a@1.0.0")).unwrap().bundled,
        [name("inside")]
    );
}

#[test]
fn packages_of_all_platforms_are_locked() {
    let mut registry = packages("a@1.0.0 → ?native@1");
    let mut native = version("native", "1.0.0");
    native.platform.os = vec!["aix".to_owned()];
    registry.add(native);
    let lockfile = resolve(&registry, "a@1");
    let native = lockfile.packages.get(&id("native@1.0.0")).unwrap();
    assert_eq!(native.platform.os, ["aix"]);
}

#[test]
fn what_optional_branches_lack_is_left_out_with_them() {
    let registry = packages("a@1.0.0 → ?b@1 d@1   b@1.0.0 → c@1   c@1.0.0 → gone@1   d@1.0.0");
    let outcome = run(
        &registry,
        &root("a@1 ?gone@1"),
        None,
        ResolveOptions::default(),
    );
    let resolved = outcome.result.unwrap();
    assert_eq!(
        graph(&resolved.lockfile),
        ". → a@1.0.0\na@1.0.0 → d@1.0.0\nd@1.0.0"
    );
    assert_eq!(resolved.warnings.len(), 2);
}

#[test]
fn a_missing_package_is_an_error_with_the_chain_and_a_suggestion() {
    let registry = packages("a@1.0.0 → b@1   b@1.0.0 → expres@1   express@1.0.0");
    let error = refuse(&registry, "a@1 express@1");
    let ResolveError::Dependency { failure, chain } = &error else {
        panic!("{error}");
    };
    assert_eq!(chain.to_string(), "the project > a@1.0.0 > b@1.0.0");
    let code = miette::Diagnostic::code(&error).unwrap().to_string();
    assert_eq!(code, "ERR_PKG_NOT_FOUND");
    let help = miette::Diagnostic::help(&**failure).unwrap().to_string();
    assert_eq!(help, "did you mean `express`?");
}

#[test]
fn no_matching_version_names_the_nearest() {
    let registry = packages("a@1.0.0   a@2.0.0   a@8.0.0");
    let error = refuse(&registry, "a@^9");
    let expected = "no version of `a` matches `^9`\n  wanted by the project\n  \
                    published 8.0.0 (latest), 2.0.0, 1.0.0";
    assert_eq!(error.to_string(), expected);
    let code = miette::Diagnostic::code(&error).unwrap().to_string();
    assert_eq!(code, "ERR_PKG_NO_MATCHING_VERSION");
    let error = refuse(&registry, "a@nosuchtag");
    assert!(error.to_string().contains("`nosuchtag`"));
}

#[test]
fn packages_may_not_depend_on_what_is_in_no_registry() {
    let exotic = [
        "git+ssh://git@example.test/x.git",
        "https://example.test/x.tgz",
        "file:../x",
        "link:../x",
        "workspace:*",
        "catalog:",
        "user/repository",
    ];
    for specifier in exotic {
        let registry = packages(&format!("a@1.0.0 → b@{specifier}"));
        let error = refuse(&registry, "a@1");
        let ResolveError::Dependency { failure, chain } = &error else {
            panic!("{error}");
        };
        assert!(
            matches!(**failure, Failure::Exotic { .. }),
            "{specifier}: {failure}"
        );
        assert_eq!(chain.to_string(), "the project > a@1.0.0");
    }
    let error = refuse(&packages("a@1.0.0 → b@patch:x"), "a@1");
    assert!(
        error.to_string().contains("`patch:x` is no specifier"),
        "{error}"
    );
}

#[test]
fn what_cannot_be_installed_yet_is_said() {
    for specifier in ["workspace:*", "catalog:"] {
        let error = refuse(&packages(""), &format!("a@{specifier}"));
        assert!(
            error.to_string().contains("cannot be installed yet"),
            "{error}"
        );
    }
}

#[test]
fn folders_tarballs_and_links_of_a_project_are_relative_to_the_lockfile() {
    let member: ImporterId = "packages/app".parse().unwrap();
    let wanted = "dir@file:../dir tar@file:x.tgz far@https://example.test/far.tgz ln@link:../ln";
    let projects = [(member, project(wanted))].into_iter().collect();
    let outcome = run(&packages(""), &projects, None, ResolveOptions::default());
    let lockfile = outcome.result.unwrap().lockfile;
    let expected = "packages/app → dir@file:packages/dir far@https://example.test/far.tgz \
                    ln=link:packages/ln tar@file:packages/app/x.tgz\n\
                    dir@file:packages/dir\nfar@https://example.test/far.tgz\n\
                    tar@file:packages/app/x.tgz";
    assert_eq!(graph(&lockfile), expected);
    let directory = lockfile.packages.get(&id("dir@file:packages/dir")).unwrap();
    let path = "packages/dir".to_owned();
    assert_eq!(directory.resolution, Resolution::Directory { path });
}

#[test]
fn loops_and_dependencies_on_oneself_end() {
    let registry = packages("a@1.0.0 → a@1 b@1   b@1.0.0 → c@1   c@1.0.0 → a@1");
    let expected = ". → a@1.0.0\na@1.0.0 → b@1.0.0\nb@1.0.0 → c@1.0.0\nc@1.0.0 → a@1.0.0";
    assert_eq!(graph(&resolve(&registry, "a@1")), expected);
}

/// PKU-21.
#[test]
fn chains_of_ten_thousand_packages_are_resolved() {
    let mut lines: Vec<String> = (0..10_000)
        .map(|number| format!("p{number}@1.0.0 → p{}@1", number + 1))
        .collect();
    lines.push("p10000@1.0.0 → !host@*   host@1.0.0".to_owned());
    let lockfile = resolve(&packages(&lines.join("   ")), "p0@1 host@1");
    assert_eq!(lockfile.snapshots.len(), 10_002);
    assert!(
        lockfile
            .snapshots
            .contains_key(&key("p0@1.0.0(host@1.0.0)"))
    );
}

#[test]
fn versions_that_lead_to_one_another_do_not_fill_the_stack() {
    let mut lines = Vec::new();
    for number in 0..5_000 {
        lines.push(format!("a@{number}.0.0 → b@{number}.0.0"));
        lines.push(format!("b@{number}.0.0 → a@{}.0.0", number + 1));
    }
    lines.push("a@5000.0.0".to_owned());
    let lockfile = resolve(&packages(&lines.join("   ")), "a@0.0.0");
    assert_eq!(lockfile.packages.len(), 10_001);
}

#[test]
fn more_packages_than_the_budget_are_refused() {
    let registry = packages("a@1.0.0 → b@1   b@1.0.0 → c@1   c@1.0.0");
    let options = ResolveOptions {
        budget: 2,
        ..ResolveOptions::default()
    };
    let error = run(&registry, &root("a@1"), None, options)
        .result
        .unwrap_err();
    assert!(
        matches!(error, ResolveError::Budget { limit: 2, .. }),
        "{error}"
    );
}

#[test]
fn a_registry_that_answers_with_another_package_is_refused() {
    let mut registry = packages("a@1.0.0");
    let packument = registry.packuments.remove(&name("a")).unwrap();
    registry.packuments.insert(name("b"), packument);
    assert!(
        refuse(&registry, "b@1")
            .to_string()
            .contains("the registry answered with `a`")
    );
}

#[test]
fn a_hash_that_the_registry_does_not_tell_is_asked_for() {
    let mut registry = packages("");
    let mut bare = version("a", "1.0.0");
    bare.dist.as_mut().unwrap().integrity = None;
    registry.add(bare);
    let outcome = run(&registry, &root("a@1"), None, ResolveOptions::default());
    let bare = id("a@1.0.0");
    assert_eq!(outcome.needs.last(), Some(&Need::Integrity { id: bare }));
    let lockfile = outcome.result.unwrap().lockfile;
    let integrity = pkg_manifest::Integrity::sha512(b"computed");
    let resolution = &lockfile.packages.get(&id("a@1.0.0")).unwrap().resolution;
    assert!(
        matches!(resolution, Resolution::Registry { integrity: found, .. } if *found == integrity)
    );
}

pub(super) fn with_ages(registry: &mut super::support::Packages, ages: &[(&str, i64)]) {
    for packument in registry.packuments.values_mut() {
        let parse = |text: &str| text.parse::<pkg_manifest::Version>().unwrap();
        let times = ages.iter().map(|(version, time)| (parse(version), *time));
        packument.times = Some(times.collect());
    }
}

pub(super) fn aged(cutoff: i64) -> ResolveOptions {
    ResolveOptions {
        published_before: Some(cutoff),
        ..ResolveOptions::default()
    }
}

#[test]
fn young_versions_give_way_to_older_ones() {
    let mut registry = packages("a@1.0.0   a@1.1.0   a@1.2.0");
    with_ages(
        &mut registry,
        &[("1.0.0", 10), ("1.1.0", 20), ("1.2.0", 30)],
    );
    for wanted in ["a@^1", "a@latest", "a@*"] {
        let lockfile = run(&registry, &root(wanted), None, aged(25))
            .result
            .unwrap()
            .lockfile;
        assert!(lockfile.packages.contains_key(&id("a@1.1.0")), "{wanted}");
    }
    for wanted in ["a@1.2.0", "a@^1.2"] {
        let error = run(&registry, &root(wanted), None, aged(25))
            .result
            .unwrap_err();
        let code = miette::Diagnostic::code(&error).unwrap().to_string();
        assert_eq!(code, "ERR_PKG_TOO_YOUNG", "{wanted}");
        // NET-26: a clock that is behind makes everything young.
        let help = miette::Diagnostic::help(&error).unwrap().to_string();
        assert!(help.contains("clock of this machine"), "{help}");
    }
    let mut options = aged(25);
    options.age_exempt = vec!["a*".to_owned()];
    let lockfile = run(&registry, &root("a@^1"), None, options)
        .result
        .unwrap()
        .lockfile;
    assert!(lockfile.packages.contains_key(&id("a@1.2.0")));
}

#[test]
fn the_full_document_is_asked_for_only_when_ages_may_matter() {
    let mut registry = packages("a@1.0.0   b@1.0.0");
    let modified = |registry: &mut super::support::Packages, package: &str, time| {
        registry
            .packuments
            .get_mut(&name(package))
            .unwrap()
            .modified = Some(time);
    };
    modified(&mut registry, "a", 10);
    modified(&mut registry, "b", 30);
    let outcome = run(&registry, &root("a@1 b@1"), None, aged(25));
    let full: Vec<_> = outcome
        .needs
        .iter()
        .filter(|need| {
            matches!(
                need,
                Need::Packument {
                    detail: crate::Detail::Full,
                    ..
                }
            )
        })
        .collect();
    assert_eq!(full.len(), 1);
    assert!(matches!(full[0], Need::Packument { name, .. } if name.as_str() == "b"));
}

#[test]
fn engines_are_recorded_and_warned_about() {
    let mut registry = packages("");
    let mut modern = version("a", "1.0.0");
    modern
        .engines
        .0
        .insert("node".to_owned(), ">=22".to_owned());
    registry.add(modern);
    let options = ResolveOptions {
        node_version: Some(pkg_manifest::Version::new(20, 0, 0)),
        ..ResolveOptions::default()
    };
    let resolved = run(&registry, &root("a@1"), None, options).result.unwrap();
    assert_eq!(resolved.warnings.len(), 1);
    assert_eq!(
        resolved.warnings[0].to_string(),
        "a@1.0.0 wants Node.js >=22"
    );
}

#[test]
fn the_usual_address_of_a_tarball_is_not_recorded() {
    let mut registry = packages("");
    for (number, file) in [("1.0.0", "a-1.0.0.tgz"), ("2.0.0", "other.tgz")] {
        let mut version = version("a", number);
        let address = format!("https://registry.example.test/a/-/{file}");
        version.dist.as_mut().unwrap().tarball = address.parse().unwrap();
        registry.add(version);
    }
    let mut options = ResolveOptions::default();
    options.registries.default = "https://registry.example.test".to_owned();
    let projects = root("a@1 b@npm:a@2");
    let lockfile = run(&registry, &projects, None, options)
        .result
        .unwrap()
        .lockfile;
    let tarball = |id: &str| match &lockfile.packages.get(&self::id(id)).unwrap().resolution {
        Resolution::Registry { tarball, .. } => tarball.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(tarball("a@1.0.0"), None);
    assert_eq!(tarball("a@2.0.0").as_deref(), Some("a/-/other.tgz"));
}

#[test]
fn answers_that_nobody_asked_for_are_refused() {
    let mut resolver = crate::Resolver::new(&root("a@1"), None, ResolveOptions::default());
    let need = Need::Integrity {
        id: "a@1.0.0".parse().unwrap(),
    };
    let answer = crate::Answer::Missing("no".to_owned());
    let error = resolver.answer(&need, answer).unwrap_err();
    assert_eq!(error, ResolveError::Answer(need));
    let error = resolver.finish().unwrap_err();
    assert!(matches!(error, ResolveError::Unfinished(needs) if needs.len() == 1));
}

#[test]
fn a_project_without_dependencies_has_an_empty_lockfile() {
    let projects = [(ImporterId::root(), Project::default())]
        .into_iter()
        .collect();
    let outcome = run(&packages(""), &projects, None, ResolveOptions::default());
    assert!(outcome.needs.is_empty());
    let lockfile = outcome.result.unwrap().lockfile;
    assert!(lockfile.importers[&ImporterId::root()].is_empty());
    assert_eq!(Arc::new(lockfile.packages).len(), 0);
}

#[test]
fn own_peers_of_a_project_are_installed_and_held_against_the_lockfile() {
    let registry = packages("a@1.0.0   b@1.0.0");
    let projects = root("!a@^1 +b@1 !b@*");
    let options = ResolveOptions::default();
    let outcome = run(&registry, &projects, None, options.clone());
    let lockfile = outcome.result.unwrap().lockfile;
    assert_eq!(graph(&lockfile), ". → a@1.0.0 +b@1.0.0\na@1.0.0\nb@1.0.0");
    let wanted = projects
        .iter()
        .map(|(id, project)| (id.clone(), project.wanted(&options)));
    assert_eq!(
        lockfile.check(&wanted.collect(), options.settings()),
        Ok(())
    );
}
