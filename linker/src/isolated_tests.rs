//! Plans of small graphs, whole.

use insta::assert_snapshot;
use pkg_lockfile::Groups;
use pkg_manifest::RelativePath;
use proptest::prelude::*;

use crate::bins::{BinWarning, plan_bins};
use crate::error::PlanError;
use crate::layout::{Layout, LinkOptions, plan};
use crate::test_graph::{graph, linux};
use crate::tree::{BinOwner, Entry, Tree};

fn options() -> LinkOptions {
    LinkOptions::for_host(linux())
}

fn planned(text: &str, options: &LinkOptions) -> Tree {
    plan(&graph(text), Layout::Isolated, options).unwrap()
}

/// Bins as words: `owner:name=path`.
fn with_bins(tree: Tree, words: &str) -> (Tree, Vec<BinWarning>) {
    let lookup = |owner: &BinOwner| {
        let owner = match owner {
            BinOwner::Package(id) => id.as_str().replace(".0.0", ""),
            BinOwner::Folder(folder) => folder.clone(),
        };
        words
            .split_whitespace()
            .filter_map(|word| word.strip_prefix(&format!("{owner}:")))
            .filter_map(|word| word.split_once('='))
            .map(|(name, path)| (name.to_owned(), path.parse().unwrap()))
            .collect()
    };
    plan_bins(tree, &lookup).unwrap()
}

#[test]
fn a_package_has_a_folder_its_dependencies_beside_it_and_a_link_from_the_project() {
    let tree = planned(". a@1; a@1 -> b@2 @s/c@1; b@2; @s/c@1 -> b@2", &options());
    assert_snapshot!(tree, @r"
    node_modules/.pkg/@s+c@1.0.0/node_modules/@s/c = @s/c@1.0.0
    node_modules/.pkg/@s+c@1.0.0/node_modules/b -> ../../b@2.0.0/node_modules/b
    node_modules/.pkg/a@1.0.0/node_modules/@s/c -> ../../../@s+c@1.0.0/node_modules/@s/c
    node_modules/.pkg/a@1.0.0/node_modules/a = a@1.0.0
    node_modules/.pkg/a@1.0.0/node_modules/b -> ../../b@2.0.0/node_modules/b
    node_modules/.pkg/b@2.0.0/node_modules/b = b@2.0.0
    node_modules/.pkg/node_modules/@s/c -> ../../@s+c@1.0.0/node_modules/@s/c
    node_modules/.pkg/node_modules/b -> ../b@2.0.0/node_modules/b
    node_modules/a -> .pkg/a@1.0.0/node_modules/a
    ");
}

#[test]
fn peers_name_the_folder_and_a_self_alias_is_not_linked() {
    let tree = planned(
        ". a@1(b@2) b@2 z=a@1(b@2); a@1(b@2) -> b@2 a@1(b@2); b@2",
        &options(),
    );
    assert_snapshot!(tree, @r"
    node_modules/.pkg/a@1.0.0_b@2.0.0/node_modules/a = a@1.0.0(b@2.0.0)
    node_modules/.pkg/a@1.0.0_b@2.0.0/node_modules/b -> ../../b@2.0.0/node_modules/b
    node_modules/.pkg/b@2.0.0/node_modules/b = b@2.0.0
    node_modules/a -> .pkg/a@1.0.0_b@2.0.0/node_modules/a
    node_modules/b -> .pkg/b@2.0.0/node_modules/b
    node_modules/z -> .pkg/a@1.0.0_b@2.0.0/node_modules/a
    ");
}

#[test]
fn projects_of_a_workspace_have_their_own_links() {
    let mut options = options();
    let root = "packages/b".parse().unwrap();
    options
        .workspace_packages
        .insert("b".parse().unwrap(), root);
    let tree = planned(
        ". x@1; packages/a x@2 b=link:packages/b out=link:../out; packages/b; x@1; x@2",
        &options,
    );
    assert_snapshot!(tree, @r"
    node_modules/.pkg/node_modules/b -> ../../../packages/b
    node_modules/.pkg/x@1.0.0/node_modules/x = x@1.0.0
    node_modules/.pkg/x@2.0.0/node_modules/x = x@2.0.0
    node_modules/x -> .pkg/x@1.0.0/node_modules/x
    packages/a/node_modules/b -> ../../b
    packages/a/node_modules/out -> ../../../../out
    packages/a/node_modules/x -> ../../../node_modules/.pkg/x@2.0.0/node_modules/x
    ");
}

#[test]
fn packages_of_other_platforms_are_left_out_with_what_only_they_need() {
    let tree = planned(
        ". a@1; a@1 -> opt:w@1 s@1 opt:m@1; w@1 os=win32 -> x@1 s@1; x@1; s@1; m@1 os=darwin",
        &options(),
    );
    assert_snapshot!(tree, @r"
    node_modules/.pkg/a@1.0.0/node_modules/a = a@1.0.0
    node_modules/.pkg/a@1.0.0/node_modules/s -> ../../s@1.0.0/node_modules/s
    node_modules/.pkg/node_modules/s -> ../s@1.0.0/node_modules/s
    node_modules/.pkg/s@1.0.0/node_modules/s = s@1.0.0
    node_modules/a -> .pkg/a@1.0.0/node_modules/a
    skipped m@1.0.0 (optional)
    skipped w@1.0.0 (optional)
    ");
    let tree = planned(". a@1 opt:w@1; a@1 -> w@1; w@1 os=win32", &options());
    assert!(tree.skipped()[0].is_required);
}

#[test]
fn groups_choose_what_is_linked() {
    let text = ". a@1 dev:b@1 opt:c@1; a@1 -> opt:d@1; b@1; c@1; d@1";
    let linked = |groups| {
        let options = LinkOptions {
            groups,
            ..options()
        };
        let tree = planned(text, &options);
        let packages: Vec<String> = tree.packages().iter().map(ToString::to_string).collect();
        packages.join(" ").replace(".0.0", "")
    };
    assert_eq!(linked(Groups::ALL), "a@1 b@1 c@1 d@1");
    assert_eq!(linked(Groups::PROD), "a@1 c@1 d@1");
    assert_eq!(linked(Groups::PROD.without_optional()), "a@1");
    assert_eq!(linked(Groups::DEV), "b@1");
}

fn hoisted(text: &str, options: &LinkOptions) -> Vec<String> {
    let tree = planned(text, options);
    let entries = tree.entries().filter_map(|(path, entry)| match entry {
        Entry::Symlink { target } => path
            .as_str()
            .strip_prefix("node_modules/.pkg/node_modules/")
            .map(|alias| format!("{alias} {}", target.replace(".0.0", ""))),
        Entry::Package { .. } | Entry::Archive { .. } | Entry::Bin { .. } | Entry::File { .. } => {
            None
        }
    });
    entries.collect()
}

#[test]
fn the_shallowest_is_hoisted_then_the_dependency_of_the_first_key() {
    let text =
        ". a@1 b@1; a@1 -> c@1; b@1 -> d@2 x@2; c@1 -> d@1 e@1; d@1; d@2; e@1; x@2 -> e@2; e@2";
    assert_eq!(
        hoisted(text, &options()),
        [
            "c ../c@1/node_modules/c",
            "d ../d@2/node_modules/d",
            "e ../e@1/node_modules/e",
            "x ../x@2/node_modules/x",
        ]
    );
}

#[test]
fn patterns_choose_where_a_package_is_hoisted_to() {
    let text = ". a@1; a@1 -> b@1 eslint-x@1 A@1; b@1; eslint-x@1; A@1";
    let mut options = options();
    options.public_hoist_pattern = vec!["*eslint*".to_owned()];
    options.hoist_pattern = vec!["*".to_owned(), "!b".to_owned()];
    // `A` differs from the project's `a` in case only.
    assert_eq!(hoisted(text, &options), [""; 0]);
    let tree = planned(text, &options);
    assert!(matches!(
        tree.get("node_modules/eslint-x"),
        Some(Entry::Symlink { .. })
    ));
}

#[test]
fn commands_stand_in_bin_folders() {
    let tree = planned(
        ". @s/a@1 w=link:packages/w; @s/a@1 -> b@1; b@1; packages/w",
        &options(),
    );
    let (tree, warnings) = with_bins(tree, "@s/a@1:a=cli.js b@1:b=bin/b.js packages/w:w=w.js");
    let bins: Vec<String> = tree
        .to_string()
        .lines()
        .filter(|line| line.contains(" => "))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        bins,
        [
            "node_modules/.bin/a => ../@s/a/cli.js",
            "node_modules/.bin/w => ../w/w.js",
            "node_modules/.pkg/@s+a@1.0.0/node_modules/@s/a/node_modules/.bin/b => ../../../../b/bin/b.js",
        ]
    );
    assert_eq!(warnings, []);
}

#[test]
fn the_winner_of_a_command_does_not_depend_on_order() {
    let winner = |text: &str, bins: &str| {
        let (tree, warnings) = with_bins(planned(text, &options()), bins);
        match tree.get("node_modules/.bin/x") {
            Some(Entry::Bin { target, .. }) => (target.clone(), warnings.len()),
            _ => (String::new(), warnings.len()),
        }
    };
    let own = winner(". a@1 x@1; a@1; x@1", "a@1:x=a.js x@1:x=x.js");
    assert_eq!(own, ("../x/x.js".to_owned(), 1));
    let name = winner(". b@1 a@1; a@1; b@1", "a@1:x=a.js b@1:x=b.js");
    assert_eq!(name, ("../a/a.js".to_owned(), 1));
    let version = winner(". a=v@1 b=v@2; v@1; v@2", "v@1:x=1.js v@2:x=2.js");
    assert_eq!(version, ("../b/2.js".to_owned(), 1));
    let same = winner(". a=v@1 b=v@1; v@1", "v@1:x=1.js");
    assert_eq!(same, ("../a/1.js".to_owned(), 0));
}

#[test]
fn names_that_are_no_commands_are_left_out_with_a_warning() {
    let bad = [
        "../../x", "..", ".", "a/b", "a\\b", "-x", "$(x)", "a;b", "a%b", "node", "npm", "pkg", "",
    ];
    for name in bad {
        let tree = planned(". a@1; a@1", &options());
        let lookup =
            |_: &BinOwner| vec![(name.to_owned(), "x.js".parse::<RelativePath>().unwrap())];
        let before = tree.entries().len();
        let (tree, warnings) = plan_bins(tree, &lookup).unwrap();
        assert_eq!(
            (tree.entries().len(), warnings.len()),
            (before, 1),
            "{name}"
        );
    }
    for name in ["a\0b".to_owned(), "a\nb".to_owned(), "x".repeat(300)] {
        let tree = planned(". a@1; a@1", &options());
        let lookup = |_: &BinOwner| vec![(name.clone(), "x.js".parse::<RelativePath>().unwrap())];
        assert_eq!(plan_bins(tree, &lookup).unwrap().1.len(), 1);
    }
}

#[test]
fn an_edge_to_nowhere_is_named() {
    let error = plan(&graph(". a@1; a@1 -> b@1"), Layout::Isolated, &options()).unwrap_err();
    assert!(matches!(error, PlanError::MissingEntry { .. }));
    assert_eq!(
        error.to_string(),
        "the lockfile has no entry `b@1.0.0`, which `a@1.0.0` depends on"
    );
}

#[test]
fn a_long_set_of_peers_gets_a_short_name() {
    let peers: String = (0..40)
        .map(|number| format!("(peer-{number}@1.0.0)"))
        .collect();
    let tree = planned(&format!(". a@1.0.0{peers}; a@1.0.0{peers}"), &options());
    let (path, _) = tree.entries().next().unwrap();
    assert!(
        path.as_str().split('/').all(|part| part.len() <= 120),
        "{path}"
    );
}

/// Where a link leads, as a path from the project's root; `None` when it leaves it.
fn resolved(path: &RelativePath, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.as_str().split('/').collect();
    parts.pop();
    for part in target.split('/') {
        if part == ".." {
            parts.pop()?;
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

proptest! {
    #[test]
    fn every_path_is_below_node_modules_and_every_link_leads_to_a_package(
        edges in prop::collection::vec((0_usize..8, 0_usize..8, 0_usize..3), 0..30),
        direct in prop::collection::vec(0_usize..8, 1..5),
    ) {
        let mut text = String::from("packages/w p0@1; . ");
        for number in &direct {
            text.push_str(&format!("p{number}@1 "));
        }
        for number in 0..8 {
            text.push_str(&format!("; p{number}@1"));
            for (_, to, kind) in edges.iter().filter(|(from, _, _)| *from == number) {
                let prefix = ["", "opt:", "@s/alias="][*kind];
                text.push_str(&format!(" {prefix}p{to}@1"));
            }
        }
        let tree = planned(&text, &options());
        prop_assert!(tree.entries().len() > 0);
        for (path, entry) in tree.entries() {
            let is_inside = path.as_str().starts_with("node_modules/")
                || path.as_str().starts_with("packages/w/node_modules/");
            prop_assert!(is_inside, "{}", path);
            if let Entry::Symlink { target } = entry {
                let to = resolved(path, target).unwrap();
                prop_assert!(matches!(tree.get(&to), Some(Entry::Package { .. })), "{} -> {}", path, to);
            }
        }
    }
}
