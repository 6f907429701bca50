//! Flat plans of small graphs, whole.

use insta::assert_snapshot;
use pkg_lockfile::Lockfile;

use crate::layout::{Layout, LinkOptions, plan};
use crate::test_graph::{graph, linux};
use crate::tree::Tree;

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
