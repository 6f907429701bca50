//! What the graph is asked: does it match, what changed, what is reached.

use std::collections::BTreeMap;

use pkg_manifest::PackageName;

use crate::{Groups, ImporterId, LockedSettings, Lockfile, Wanted};

use super::{document, parse, sample};

fn name(text: &str) -> PackageName {
    text.parse().unwrap()
}

fn specifiers(entries: &[(&str, &str)]) -> BTreeMap<PackageName, String> {
    let entry = |(key, value): &(&str, &str)| (name(key), (*value).to_owned());
    entries.iter().map(entry).collect()
}

fn wanted(prod: &[(&str, &str)], dev: &[(&str, &str)]) -> Wanted {
    Wanted::new(specifiers(prod), specifiers(dev), BTreeMap::new())
}

/// LCK-09: a frozen install says every difference and the field that it is in.
#[test]
fn differences_to_the_manifests_are_all_named() {
    let lockfile = parse(&sample());
    let root = |wanted| BTreeMap::from([(ImporterId::root(), wanted)]);
    let same = wanted(&[("express", "^5.0.0")], &[("vitest", "^5.1.1")]);
    assert_eq!(
        lockfile.check(&root(same), LockedSettings::default()),
        Ok(())
    );

    let mut importers = root(wanted(
        &[("express", "^4"), ("vitest", "^5.1.1")],
        &[("new", "1")],
    ));
    importers.insert(
        "packages/app".parse().unwrap(),
        wanted(&[("other", "npm:express@5")], &[]),
    );
    let outdated = lockfile
        .check(&importers, LockedSettings::default())
        .unwrap_err();
    assert_eq!(
        outdated.to_string(),
        "the lockfile is not up to date:
  dependencies.express: lockfile has ^5.0.0, package.json has ^4
  dependencies.vitest: lockfile lacks it, package.json has ^5.1.1
  devDependencies.new: lockfile lacks it, package.json has 1
  devDependencies.vitest: lockfile has ^5.1.1, package.json lacks it
  packages/app: dependencies.here: lockfile has workspace:*, package.json lacks it"
    );
    let code = miette::Diagnostic::code(&outdated).map(|code| code.to_string());
    assert_eq!(code.as_deref(), Some("ERR_PKG_OUTDATED_LOCKFILE"));
}

#[test]
fn a_project_that_the_lockfile_has_not_is_a_difference_if_it_asks_for_something() {
    let lockfile = parse(&sample());
    let id: ImporterId = "packages/new".parse().unwrap();
    let nothing = BTreeMap::from([(id.clone(), Wanted::default())]);
    assert_eq!(lockfile.check(&nothing, LockedSettings::default()), Ok(()));
    let something = BTreeMap::from([(id, wanted(&[("a", "1")], &[]))]);
    assert!(
        lockfile
            .check(&something, LockedSettings::default())
            .is_err()
    );
}

#[test]
fn a_setting_that_shaped_the_lockfile_is_a_difference_if_it_changed() {
    let lockfile = parse(&sample());
    let now = LockedSettings {
        auto_install_peers: false,
    };
    let outdated = lockfile.check(&BTreeMap::new(), now).unwrap_err();
    assert_eq!(
        outdated.to_string(),
        "the lockfile is not up to date:
  setting auto-install-peers: lockfile has true, it is false"
    );
    let text = sample().replace(
        "\"lockfileVersion\": 1,",
        "\"lockfileVersion\": 1,\n\"settings\": {\n\"autoInstallPeers\": false\n},",
    );
    let lockfile = parse(&text);
    assert_eq!(lockfile.to_text(), text);
    assert_eq!(lockfile.check(&BTreeMap::new(), now), Ok(()));
}

/// A dependency that may be missing and is stands in the lockfile, or every install would look for it.
#[test]
fn an_optional_dependency_that_was_left_out_is_no_difference() {
    let text = document(
        r#"".": {"optionalDependencies":{"gone":["^1"]},"peers":{"host":"1.0.0"}}"#,
        "",
        "",
    );
    let lockfile = parse(&text.replace("{\n\n}", "{}"));
    let optional = |range| {
        let optional = specifiers(&[("gone", range)]);
        let wanted = Wanted::new(BTreeMap::new(), BTreeMap::new(), optional);
        BTreeMap::from([(ImporterId::root(), wanted)])
    };
    let settings = LockedSettings::default();
    assert_eq!(lockfile.check(&optional("^1"), settings), Ok(()));
    assert_eq!(
        lockfile
            .check(&optional("^2"), settings)
            .unwrap_err()
            .to_string(),
        "the lockfile is not up to date:
  optionalDependencies.gone: lockfile has ^1, package.json has ^2"
    );
    let required = text.replace("optionalDependencies", "dependencies");
    let error = Lockfile::parse(&required).unwrap_err();
    assert_eq!(super::code(&error), "ERR_PKG_LOCKFILE_VALUE");
}

#[test]
fn a_name_in_several_groups_counts_once() {
    let both = specifiers(&[("a", "1"), ("b", "1"), ("c", "1")]);
    let wanted = Wanted::new(
        both.clone(),
        specifiers(&[("a", "2"), ("b", "2"), ("d", "2")]),
        specifiers(&[("b", "3")]),
    );
    assert_eq!(wanted.dependencies, specifiers(&[("a", "1"), ("c", "1")]));
    assert_eq!(wanted.dev_dependencies, specifiers(&[("d", "2")]));
    assert_eq!(wanted.optional_dependencies, specifiers(&[("b", "3")]));
}

/// Two groups, an optional edge and a cycle.
fn groups() -> Lockfile {
    parse(&document(
        r#"".": {"dependencies":{"a":["^1","1.0.0"]},"devDependencies":{"d":["^1","1.0.0"]},"optionalDependencies":{"o":["^1","1.0.0"]}}"#,
        r#""a@1.0.0": {"integrity":"SHAA"},
"d@1.0.0": {"integrity":"SHAA"},
"m@1.0.0": {"integrity":"SHAA"},
"o@1.0.0": {"integrity":"SHAA"},
"z@1.0.0": {"integrity":"SHAA"}"#,
        r#""a@1.0.0": {"dependencies":{"a":"1.0.0"},"optionalDependencies":{"m":"1.0.0"}},
"d@1.0.0": {"dependencies":{"a":"1.0.0"}},
"m@1.0.0": {"dependencies":{"a":"1.0.0"}},
"o@1.0.0": {"optional":true},
"z@1.0.0": {}"#,
    ))
}

#[test]
fn groups_select_what_is_reached_through_them() {
    let lockfile = groups();
    let names = |groups: Groups| -> String {
        let keys = lockfile.select(groups);
        keys.iter().map(|key| key.id().name().as_str()).collect()
    };
    assert_eq!(names(Groups::ALL), "admo");
    assert_eq!(names(Groups::PROD), "amo");
    assert_eq!(names(Groups::DEV), "adm");
    assert_eq!(names(Groups::ALL.without_optional()), "ad");
    assert_eq!(names(Groups::PROD.without_optional()), "a");
}

#[test]
fn pruning_drops_what_no_project_reaches() {
    let mut lockfile = groups();
    lockfile.prune_unreachable();
    assert_eq!(lockfile.snapshots.len(), 4);
    assert_eq!(lockfile.packages.len(), 4);
    assert!(!lockfile.to_text().contains("z@1.0.0"));
    let root = lockfile.importers.get_mut(&ImporterId::root()).unwrap();
    root.dependencies.clear();
    root.dev_dependencies.clear();
    lockfile.prune_unreachable();
    assert_eq!(lockfile.snapshots.len(), 1);
    assert_eq!(lockfile.check_entries(), Ok(()));
}

#[test]
fn a_diff_names_direct_changes_and_counts_the_rest() {
    let older = parse(&sample());
    let newer = parse(
        &sample()
            .replace("\"5.3.0\"", "\"5.4.0\"")
            .replace("express@5.3.0", "express@5.4.0")
            .replace("\"here\":[\"workspace:*\",\"link:packages/here\"],", ""),
    );
    let diff = older.diff(&newer);
    let changes: Vec<String> = diff
        .direct
        .iter()
        .map(|change| {
            let side = |side: &Option<crate::Direct>| {
                let shown = side.as_ref().map(|direct| direct.reference().to_owned());
                shown.unwrap_or_default()
            };
            format!(
                "{} {} {}>{}",
                change.importer,
                change.name,
                side(&change.before),
                side(&change.after)
            )
        })
        .collect();
    assert_eq!(
        changes,
        [
            ". express 5.3.0>5.4.0",
            "packages/app here link:packages/here>",
            "packages/app other 5.3.0>5.4.0",
        ]
    );
    assert_eq!(diff.added, ["express@5.4.0".parse().unwrap()]);
    assert_eq!(diff.removed, ["express@5.3.0".parse().unwrap()]);
    assert!(older.diff(&older).is_empty());
}

#[test]
fn other_peers_are_no_change_that_a_report_shows() {
    let older = parse(&sample());
    let newer = parse(
        &sample()
            .replace("vitest@5.1.1(vite@8.3.8)", "vitest@5.1.1")
            .replace("\"5.1.1(vite@8.3.8)\"", "\"5.1.1\""),
    );
    assert_ne!(older, newer);
    assert!(older.diff(&newer).is_empty());
}

#[test]
fn a_manifest_is_checked_as_it_is() {
    let text = r#"{
        "dependencies": {"express": "^5.0.0"},
        "devDependencies": {"express": "*", "vitest": "^5.1.1"},
        "peerDependencies": {"react": "*"}
    }"#;
    let manifest = pkg_manifest::Manifest::parse(text.as_bytes()).unwrap();
    let importers = BTreeMap::from([(ImporterId::root(), Wanted::from(&manifest))]);
    assert_eq!(
        parse(&sample()).check(&importers, LockedSettings::default()),
        Ok(())
    );
}
