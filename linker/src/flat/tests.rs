//! Flat plans of small graphs, whole.

use insta::assert_snapshot;
use pkg_lockfile::{Groups, Lockfile};

use crate::bins::plan_bins;
use crate::layout::{Layout, LinkOptions, plan};
use crate::record::TreeRecord;
use crate::test_graph::{graph, linux};
use crate::tree::{BinOwner, Tree};

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
fn a_part_of_a_tree_is_a_package_outside_of_all_others() {
    let tree = planned(&graph(". a@1 b@2; a@1 -> b@1 c@1; b@1; b@2; c@1"));
    let mut parts: Vec<_> = tree.parts().into_iter().collect();
    parts.sort_by(|left, right| left.0.cmp(&right.0));
    let shown: Vec<String> = parts.iter().map(|(_, part)| part.to_string()).collect();
    assert_snapshot!(shown.concat(), @r"
    node_modules/a = a@1.0.0
    node_modules/b = b@2.0.0
    node_modules/c = c@1.0.0
    ");
    let records = parts
        .iter()
        .map(|(_, part)| TreeRecord::unfinished(None, part));
    let united = TreeRecord::united(records);
    let whole = TreeRecord::unfinished(None, &tree);
    let nested = "node_modules/a/node_modules/b".parse().unwrap();
    assert_eq!(united, whole.without(&[nested]));
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

#[test]
fn peers_lie_beside_their_dependents_and_a_second_set_of_them_beside_a_second_copy() {
    let tree = planned(&graph(
        ". a@1(host@1) host@1 b@1; b@1 -> a@1(host@2) host@2; \
         a@1(host@1) -> host@1 peer=host; a@1(host@2) -> host@2; host@1; host@2",
    ));
    assert_snapshot!(tree, @r"
    node_modules/a = a@1.0.0(host@1.0.0)
    node_modules/b = b@1.0.0
    node_modules/b/node_modules/a = a@1.0.0(host@2.0.0)
    node_modules/b/node_modules/host = host@2.0.0
    node_modules/host = host@1.0.0
    ");
}

#[test]
fn a_package_with_a_peer_does_where_it_is_wanted_without_one() {
    let tree = planned(&graph(
        ". a@1 b@1; a@1 -> debug@1; b@1 -> debug@1(color@1) color@1; \
         debug@1 peer=color; debug@1(color@1) -> color@1; color@1",
    ));
    assert_snapshot!(tree, @r"
    node_modules/a = a@1.0.0
    node_modules/b = b@1.0.0
    node_modules/color = color@1.0.0
    node_modules/debug = debug@1.0.0(color@1.0.0)
    ");
}

#[test]
fn what_a_tarball_brings_is_not_placed_and_hides_what_lies_above() {
    let tree = planned(&graph(
        ". a@1 b@2 c@2; a@1 bundles=b -> b@1 c@1; c@1 -> b@2; c@2; b@1; b@2",
    ));
    assert_snapshot!(tree, @r"
    node_modules/a = a@1.0.0
    node_modules/a/node_modules/c = c@1.0.0
    node_modules/a/node_modules/c/node_modules/b = b@2.0.0
    node_modules/b = b@2.0.0
    node_modules/c = c@2.0.0
    ");
}

#[test]
fn what_is_not_for_this_platform_keeps_its_place() {
    let text = ". a@1 b@1; a@1 -> opt:aa@1; aa@1 os=win32 -> s@1; b@1 -> s@2; s@1; s@2";
    let tree = planned(&graph(text));
    assert_snapshot!(tree, @r"
    node_modules/a = a@1.0.0
    node_modules/b = b@1.0.0
    node_modules/b/node_modules/s = s@2.0.0
    skipped aa@1.0.0 (optional)
    ");
}

#[test]
fn groups_that_are_left_out_do_not_move_what_stays() {
    let lockfile = graph(". dev:a@1 b@1; a@1 -> s@1; b@1 -> s@2; s@1; s@2");
    let mut options = LinkOptions::for_host(linux());
    options.groups = Groups::PROD;
    let tree = plan(&lockfile, Layout::Flat, &options).unwrap();
    assert_snapshot!(tree, @r"
    node_modules/b = b@1.0.0
    node_modules/b/node_modules/s = s@2.0.0
    ");
}

#[test]
fn names_that_differ_in_case_only_do_not_share_a_folder() {
    let tree = planned(&graph(". Json@1 b@1; b@1 -> json@1; Json@1; json@1"));
    assert_snapshot!(tree, @r"
    node_modules/Json = Json@1.0.0
    node_modules/b = b@1.0.0
    node_modules/b/node_modules/json = json@1.0.0
    ");
}

#[test]
fn nested_packages_lie_below_their_dependents_and_circles_end() {
    let lockfile = graph(". a@1 c@1; a@1 -> b@1 c@2; b@1 -> a@1 c@1; c@1; c@2");
    let tree = plan(&lockfile, Layout::Nested, &LinkOptions::for_host(linux())).unwrap();
    assert_snapshot!(tree, @r"
    node_modules/a = a@1.0.0
    node_modules/a/node_modules/b = b@1.0.0
    node_modules/a/node_modules/b/node_modules/c = c@1.0.0
    node_modules/a/node_modules/c = c@2.0.0
    node_modules/c = c@1.0.0
    ");
}

#[test]
fn every_folder_has_the_commands_of_what_lies_in_it() {
    let tree = planned(&graph(
        ". a@1 s@1 w=link:packages/w; packages/w s@2; a@1 -> s@2; s@1; s@2",
    ));
    let file = |_: &BinOwner| vec![("s".to_owned(), "cli.js".parse().unwrap())];
    let (tree, _) = plan_bins(tree, &file).unwrap();
    let commands = tree.to_string();
    let commands: Vec<&str> = commands
        .lines()
        .filter(|line| line.contains(" => "))
        .collect();
    assert_snapshot!(commands.join("\n"), @r"
    node_modules/.bin/s => ../s/cli.js
    node_modules/a/node_modules/.bin/s => ../s/cli.js
    packages/w/node_modules/.bin/s => ../s/cli.js
    ");
}

#[test]
fn what_stands_in_the_way_is_not_passed_by() {
    // The one `b` needs an `a` that cannot lie where its dependent wants the other, nor replace the `b` above.
    let lockfile = graph(
        ". c@2; packages/w d@1; d@1 -> c@1; c@1 -> a@2(x@2) b@1(x@2); a@2(x@2) -> b@1(x@1) peer=b; \
         b@1(x@2) -> a@1(x@1) peer=a; b@1(x@1); a@1(x@1); c@2",
    );
    let tree = plan(&lockfile, Layout::Nested, &LinkOptions::for_host(linux())).unwrap();
    assert_snapshot!(tree, @r"
    node_modules/c = c@2.0.0
    packages/w/node_modules/d = d@1.0.0
    packages/w/node_modules/d/node_modules/a = a@2.0.0(x@2.0.0)
    packages/w/node_modules/d/node_modules/b = b@1.0.0(x@1.0.0)
    packages/w/node_modules/d/node_modules/c = c@1.0.0
    packages/w/node_modules/d/node_modules/c/node_modules/b = b@1.0.0(x@2.0.0)
    packages/w/node_modules/d/node_modules/c/node_modules/b/node_modules/a = a@1.0.0(x@1.0.0)
    ");
}

#[test]
fn an_instance_that_does_for_another_takes_its_place_and_none_above() {
    let tree = planned(&graph(
        ". q@1 m@1 z@1; m@1 -> p@1(x@1); p@1(x@1) -> q@2 peer=q; q@2 -> p@1; p@1 -> q@2 z@1; q@1; z@1",
    ));
    assert_snapshot!(tree, @r"
    node_modules/m = m@1.0.0
    node_modules/m/node_modules/p = p@1.0.0
    node_modules/m/node_modules/q = q@2.0.0
    node_modules/q = q@1.0.0
    node_modules/z = z@1.0.0
    ");
}
