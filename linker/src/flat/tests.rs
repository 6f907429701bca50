//! Flat plans of small graphs, and the law of lookup for all layouts.

use insta::assert_snapshot;
use pkg_lockfile::{DependencyRef, Lockfile};
use proptest::prelude::*;

use crate::layout::{Layout, LinkOptions, plan};
use crate::test_graph::{graph, linux};
use crate::tree::{Entry, Tree};

fn planned(lockfile: &Lockfile) -> Tree {
    plan(lockfile, Layout::Flat, &LinkOptions::for_host(linux())).unwrap()
}

#[test]
fn the_second_version_of_a_package_is_nested() {
    let tree = planned(&graph(
        ". chalk@2 supports-color@7 ansi-styles@4; chalk@2 -> ansi-styles@3 supports-color@5; \
         supports-color@7 -> has-flag@4; supports-color@5 -> has-flag@3; \
         ansi-styles@4 -> color-convert@2; ansi-styles@3 -> color-convert@1; \
         color-convert@1 -> color-name@3; color-convert@2 -> color-name@4; \
         has-flag@3; has-flag@4; color-name@3; color-name@4",
    ));
    assert_snapshot!(tree, @r"
    node_modules/ansi-styles = ansi-styles@4.0.0
    node_modules/chalk = chalk@2.0.0
    node_modules/chalk/node_modules/ansi-styles = ansi-styles@3.0.0
    node_modules/chalk/node_modules/color-convert = color-convert@1.0.0
    node_modules/chalk/node_modules/color-name = color-name@3.0.0
    node_modules/chalk/node_modules/has-flag = has-flag@3.0.0
    node_modules/chalk/node_modules/supports-color = supports-color@5.0.0
    node_modules/color-convert = color-convert@2.0.0
    node_modules/color-name = color-name@4.0.0
    node_modules/has-flag = has-flag@4.0.0
    node_modules/supports-color = supports-color@7.0.0
    ");
}

#[test]
fn projects_share_the_root_and_nest_what_conflicts() {
    let tree = planned(&graph(
        ". x@1 a=link:packages/a; packages/a x@2 y@1 b=link:packages/b; packages/b y@2; x@1; x@2 -> y@1; y@1; y@2",
    ));
    assert_snapshot!(tree, @r"
    node_modules/a -> ../packages/a
    node_modules/b -> ../packages/b
    node_modules/x = x@1.0.0
    node_modules/y = y@1.0.0
    packages/a/node_modules/x = x@2.0.0
    packages/b/node_modules/y = y@2.0.0
    ");
}

#[test]
fn versions_that_need_one_another_end_in_a_link() {
    let tree = planned(&graph(
        ". a@1 b@1; a@1 -> b@1; b@1 -> a@2; a@2 -> b@2; b@2 -> a@1",
    ));
    assert_snapshot!(tree, @r"
    node_modules/a = a@1.0.0
    node_modules/b = b@1.0.0
    node_modules/b/node_modules/a = a@2.0.0
    node_modules/b/node_modules/b = b@2.0.0
    node_modules/b/node_modules/b/node_modules/a = a@1.0.0
    node_modules/b/node_modules/b/node_modules/b -> ../../..
    ");
}

#[test]
fn projects_of_a_workspace_are_linked_into_the_root_one() {
    let mut options = LinkOptions::for_host(linux());
    let project = "packages/b".parse().unwrap();
    options
        .workspace_packages
        .insert("@s/b".parse().unwrap(), project);
    let tree = plan(&graph(". ; packages/b"), Layout::Flat, &options).unwrap();
    assert_eq!(tree.to_string(), "node_modules/@s/b -> ../../packages/b\n");
}

/// Follows a link, if one stands at the path.
fn real(tree: &Tree, path: &str) -> String {
    let Some(Entry::Symlink { target }) = tree.get(path) else {
        return path.to_owned();
    };
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    real(tree, &parts.join("/"))
}

/// What a file in the folder gets when it asks for a package, as Node.js looks for it.
fn looked_up(tree: &Tree, folder: &str, alias: &str) -> Option<String> {
    let mut folder = Some(folder);
    while let Some(here) = folder {
        let separator = if here.is_empty() { "" } else { "/" };
        let path = format!("{here}{separator}node_modules/{alias}");
        if tree.get(&path).is_some() {
            return Some(real(tree, &path));
        }
        folder = match here.rsplit_once('/') {
            Some((above, _)) => Some(above),
            None if here.is_empty() => None,
            None => Some(""),
        };
    }
    None
}

fn check(tree: &Tree, folder: &str, alias: &str, target: &DependencyRef) {
    let found = looked_up(tree, folder, alias);
    let found = found.unwrap_or_else(|| panic!("{folder} does not find {alias}\n{tree}"));
    match (target, tree.get(&found)) {
        (DependencyRef::Snapshot(key), Some(Entry::Package { snapshot, .. })) => {
            assert_eq!(snapshot, key, "{folder} finds {found}\n{tree}");
        }
        (DependencyRef::Link(path), None) => assert_eq!(*path, found),
        _ => panic!("{folder} finds {found}\n{tree}"),
    }
}

fn check_lookups(lockfile: &Lockfile, tree: &Tree) {
    for (id, importer) in &lockfile.importers {
        let folder = id.path().map(ToString::to_string).unwrap_or_default();
        for (alias, dependency) in &importer.dependencies {
            check(tree, &folder, alias.as_str(), &dependency.target);
        }
    }
    for (path, entry) in tree.entries() {
        if let Entry::Package { snapshot, .. } = entry {
            for (alias, target) in &lockfile.snapshots[snapshot].dependencies {
                check(tree, path.as_str(), alias.as_str(), target);
            }
        }
    }
}

proptest! {
    #[test]
    fn every_package_finds_what_the_lockfile_says(
        edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..40),
        root in prop::collection::vec(0_usize..12, 1..5),
        project in prop::collection::vec(0_usize..12, 0..5),
        inner in prop::collection::vec(0_usize..12, 0..5),
    ) {
        // Four names in three versions each.
        let name = |number: usize| format!(" p{}@{}", number % 4, number / 4 + 1);
        let list = |numbers: &[usize]| numbers.iter().map(|number| name(*number)).collect::<String>();
        let mut text = format!(
            ".{}; packages/w{} r=link:packages/x; packages/w/in{}",
            list(&root),
            list(&project),
            list(&inner),
        );
        for number in 0..12 {
            let targets: Vec<usize> = edges
                .iter()
                .filter(|(from, to)| *from == number && from % 4 != to % 4)
                .map(|(_, to)| *to)
                .collect();
            text.push_str(&format!("; {}{}", name(number), list(&targets)));
        }
        let lockfile = graph(&text);
        check_lookups(&lockfile, &planned(&lockfile));
        let options = LinkOptions::for_host(linux());
        check_lookups(&lockfile, &plan(&lockfile, Layout::Isolated, &options).unwrap());
    }
}
