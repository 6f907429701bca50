//! Laws of keys: what they depend on, and what they do not.

use std::collections::BTreeMap;

use pkg_lockfile::{Lockfile, Resolution, SnapshotKey};
use pkg_manifest::Integrity;
use proptest::prelude::*;

use super::{SharedSlots, Sharing};
use crate::layout::LinkOptions;
use crate::test_graph::{graph, key, linux};

/// The slot of each instance that has one.
fn keys_with(
    lockfile: &Lockfile,
    sharing: &dyn Fn(&SnapshotKey) -> Sharing,
) -> BTreeMap<String, String> {
    let options = LinkOptions::for_host(linux());
    let shared = SharedSlots::plan(lockfile, &options, sharing).unwrap();
    let keys = lockfile.snapshots.keys();
    keys.filter_map(|key| Some((key.to_string(), shared.get(key)?.name().to_string())))
        .collect()
}

fn keys(text: &str) -> BTreeMap<String, String> {
    keys_with(&graph(text), &|_| Sharing::AsPacked)
}

#[test]
fn a_key_is_of_what_a_package_reaches_and_not_of_who_reaches_it() {
    let small = keys(". a@1; a@1 -> b@1; b@1");
    let large = keys(". a@1 c@1; a@1 -> b@1; b@1; c@1 -> a@1 b@1");
    assert_eq!(small["a@1.0.0"], large["a@1.0.0"]);
    assert_eq!(small["b@1.0.0"], large["b@1.0.0"]);
    let other = keys(". a@1; a@1 -> b@2; b@2");
    assert_ne!(small["a@1.0.0"], other["a@1.0.0"]);
    let renamed = keys(". a@1; a@1 -> x=b@1; b@1");
    assert_ne!(small["a@1.0.0"], renamed["a@1.0.0"]);
}

#[test]
fn the_key_of_a_known_graph_stays_as_it_is() {
    let keys = keys(". a@1; a@1 -> b@1; b@1 -> c@1 d@1; c@1 -> b@1; d@1");
    let lines: Vec<&str> = keys.values().map(String::as_str).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    a/1.0.0/96412c263472c4f4977bced814284c0ffbe265b2ff3082d2ab666896646fad7e
    b/1.0.0/21ee285c1f489b17c4731a61fd9a208ff6692c056d27a8e3442a585813d40ec0
    c/1.0.0/21ad8a64fd8ed8fd41adc42957de1c3a75cadcda52695cb2158f674d143142a7
    d/1.0.0/eb2b76c2a80cff7a34847bcbdd655d24d936949181f3070a45c646688913f5c0
    ");
}

#[test]
fn other_bytes_deep_below_are_another_key_for_all_that_reach_them() {
    let text = ". a@1 e@1; a@1 -> b@1; b@1 -> c@1 d@1; c@1 -> b@1; d@1; e@1";
    let mut lockfile = graph(text);
    let before = keys(text);
    let package = lockfile.packages.get_mut(key("d@1").id()).unwrap();
    package.resolution = Resolution::Registry {
        integrity: Integrity::sha512(b"other bytes"),
        tarball: None,
    };
    let after = keys_with(&lockfile, &|_| Sharing::AsPacked);
    for (instance, slot) in &before {
        let is_same = after[instance] == *slot;
        assert_eq!(is_same, instance == "e@1.0.0", "{instance}");
    }
}

#[test]
fn what_is_the_projects_own_stays_there_with_all_that_reaches_it() {
    let cases: [(&str, &[&str]); 3] = [
        (". a@1; a@1 -> b@1; b@1 -> c=link:packages/c; d@1", &[]),
        (
            ". a@1 d@1; a@1 -> b@1; b@1 -> c@1; c@1; d@1 -> c@1",
            &["c@1.0.0", "d@1.0.0"],
        ),
        (
            ". a@1 e@1; a@1 -> b@1 c@1; b@1 -> a@1; c@1; e@1",
            &["c@1.0.0", "e@1.0.0"],
        ),
    ];
    for (text, shared) in cases {
        let mut lockfile = graph(text);
        if let Some(package) = lockfile.packages.get_mut(key("b@1").id()) {
            let path = "packages/b".to_owned();
            package.resolution = Resolution::Directory { path };
        }
        let keys = keys_with(&lockfile, &|_| Sharing::AsPacked);
        assert_eq!(keys.keys().collect::<Vec<_>>(), shared, "{text}");
    }
}

#[test]
fn a_hash_that_does_not_decide_the_bytes_shares_nothing() {
    let mut lockfile = graph(". a@1 c@1; a@1 -> b@1; b@1; c@1");
    let two = format!("{} {}", Integrity::sha512(b"1"), Integrity::sha512(b"2"));
    let weak = "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=".to_owned();
    for text in [two, weak] {
        let package = lockfile.packages.get_mut(key("b@1").id()).unwrap();
        package.resolution = Resolution::Registry {
            integrity: text.parse().unwrap(),
            tarball: None,
        };
        let keys = keys_with(&lockfile, &|_| Sharing::AsPacked);
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["c@1.0.0"], "{text}");
    }
}

#[test]
fn what_was_done_to_a_package_is_in_the_key_of_all_that_reach_it() {
    let text = ". a@1 c@1; a@1 -> b@1; b@1; c@1";
    let with = |result: Option<&str>| {
        keys_with(&graph(text), &|key| match result {
            Some(result) if key.id().name().as_str() == "b" => Sharing::With(result.to_owned()),
            Some(_) | None => Sharing::AsPacked,
        })
    };
    let (plain, patched, built) = (with(None), with(Some("patch 1")), with(Some("x\nlink b c")));
    for instance in ["a@1.0.0", "b@1.0.0"] {
        assert_ne!(plain[instance], patched[instance]);
        assert_ne!(plain[instance], built[instance]);
        assert_ne!(patched[instance], built[instance]);
    }
    assert_eq!(plain["c@1.0.0"], patched["c@1.0.0"]);
    let never = keys_with(&graph(text), &|key| match key.id().name().as_str() {
        "b" => Sharing::Never,
        _ => Sharing::AsPacked,
    });
    assert_eq!(never.keys().collect::<Vec<_>>(), ["c@1.0.0"]);
}

#[test]
fn what_is_left_out_on_this_machine_is_not_in_the_key() {
    let with = keys(". a@1; a@1 -> b@1 opt:c@1; b@1; c@1 os=win32");
    let without = keys(". a@1; a@1 -> b@1; b@1");
    assert_eq!(with["a@1.0.0"], without["a@1.0.0"]);
}

#[test]
fn instances_that_differ_only_in_where_they_are_used_share_a_slot() {
    let keys = keys(
        ". r@1 s@1; r@1 -> a@1(p@1) p@1; s@1 -> a@1(q@1); a@1(p@1) -> p@1; a@1(q@1) -> p@1; p@1",
    );
    assert_eq!(keys["a@1.0.0(p@1.0.0)"], keys["a@1.0.0(q@1.0.0)"]);
}

/// A graph of a few packages, some of which have several instances: for each its package, and what it links.
#[derive(Debug, Clone)]
struct Graph(Vec<(usize, BTreeMap<&'static str, usize>)>);

fn graphs() -> impl Strategy<Value = Graph> {
    (1_usize..8).prop_flat_map(|count| {
        let edges =
            prop::collection::btree_map(prop::sample::select(vec!["x", "y", "z"]), 0..count, 0..3);
        prop::collection::vec((0_usize..3, edges), count).prop_map(Graph)
    })
}

impl Graph {
    /// The graph as a lockfile, each instance told apart by a number of its own.
    fn text(&self, numbers: &[usize]) -> String {
        let name = |node: usize| format!("p{}@1(u@{})", self.0[node].0, numbers[node]);
        let mut text = ".".to_owned();
        for (node, number) in numbers.iter().enumerate() {
            text.push_str(&format!(" r{number}={}", name(node)));
        }
        for (node, (_, edges)) in self.0.iter().enumerate() {
            text.push_str(&format!("; {} ->", name(node)));
            for (alias, target) in edges {
                text.push_str(&format!(" {alias}={}", name(*target)));
            }
        }
        text
    }

    /// The slot of each node.
    fn slots(&self, numbers: &[usize], more: &str) -> Vec<String> {
        let keys = keys(&format!("{}{more}", self.text(numbers)));
        let nodes = self.0.iter().zip(numbers);
        nodes
            .map(|((package, _), number)| {
                keys[&format!("p{package}@1.0.0(u@{number}.0.0)")].clone()
            })
            .collect()
    }

    /// Which nodes nothing tells apart, however far one walks: the plain way, over the whole graph.
    fn classes(&self) -> Vec<usize> {
        let mut classes: Vec<usize> = self.0.iter().map(|(package, _)| *package).collect();
        for _ in 0..self.0.len() {
            let told: Vec<_> = self
                .0
                .iter()
                .zip(&classes)
                .map(|((_, edges), own)| {
                    let edges: Vec<_> = edges
                        .iter()
                        .map(|(alias, target)| (*alias, classes[*target]))
                        .collect();
                    (*own, edges)
                })
                .collect();
            classes = told
                .iter()
                .map(|one| told.iter().position(|other| other == one).unwrap())
                .collect();
        }
        classes
    }
}

proptest! {
    #[test]
    fn equal_keys_are_equal_closures(graph in graphs()) {
        let numbers: Vec<usize> = (0..graph.0.len()).collect();
        let (slots, classes) = (graph.slots(&numbers, ""), graph.classes());
        for left in 0..slots.len() {
            for right in 0..slots.len() {
                if slots[left] == slots[right] {
                    prop_assert_eq!(classes[left], classes[right]);
                }
            }
        }
    }

    #[test]
    fn keys_depend_on_neither_the_order_nor_the_project(
        (graph, numbers) in graphs().prop_flat_map(|graph| {
            let numbers: Vec<usize> = (0..graph.0.len()).collect();
            (Just(graph), Just(numbers).prop_shuffle())
        })
    ) {
        let straight: Vec<usize> = (0..graph.0.len()).collect();
        let here = graph.slots(&straight, "");
        // Elsewhere the instances have other names and come in another order, and something else depends on them.
        let more = format!("; . more=q@9; q@9 -> x=p{}@1(u@{})", graph.0[0].0, numbers[0]);
        prop_assert_eq!(here, graph.slots(&numbers, &more));
    }
}
