//! The map of small graphs.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use pkg_lockfile::{ImporterId, Lockfile, PackageId};
use pkg_manifest::PackageName;

use super::{FallbackMode, Located, Place, PnpOptions, PnpSelection, plan_pnp};
use crate::layout::LinkOptions;
use crate::test_graph::{graph, linux};
use crate::tree::{BinOwner, Entry, Tree};

struct Case {
    lockfile: Lockfile,
    names: BTreeMap<ImporterId, PackageName>,
    fallback_mode: FallbackMode,
    ignore_patterns: Vec<String>,
    place: fn(&PackageId) -> Place,
}

/// Folders that stand ready, as the store has them.
fn store(id: &PackageId) -> Place {
    Place::Folder(format!("../store/{id}"))
}

impl Case {
    fn new(text: &str) -> Self {
        let names = BTreeMap::from([(ImporterId::root(), "app".parse().unwrap())]);
        Self {
            lockfile: graph(text),
            names,
            fallback_mode: FallbackMode::DependenciesOnly,
            ignore_patterns: Vec::new(),
            place: store,
        }
    }

    fn plan(&self, is_inlined: bool) -> super::PnpPlan {
        let link = LinkOptions::for_host(linux());
        let options = PnpOptions {
            link: &link,
            root: "/home/app",
            names: &self.names,
            fallback_mode: self.fallback_mode,
            ignore_patterns: &self.ignore_patterns,
            is_inlined,
            bundled: &|_| Vec::new(),
            places: &|id| Located {
                place: (self.place)(id),
                is_here: id.name().as_str() != "n",
            },
        };
        plan_pnp(&self.lockfile, &options).unwrap()
    }

    fn data(&self) -> String {
        text_of(&self.plan(true).tree, ".pnp.data.json")
    }

    /// The lines of packages alone.
    fn packages(&self) -> String {
        let data = self.data();
        let (_, packages) = data.split_once("\"packageRegistryData\":[\n").unwrap();
        packages.to_owned()
    }
}

fn text_of(tree: &Tree, path: &str) -> String {
    match tree.get(path) {
        Some(Entry::File { bytes, .. }) => String::from_utf8(bytes.clone()).unwrap(),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn a_map_names_every_instance_once_and_itself() {
    let case = Case::new(". a@1 x=b@2 dev:c@1; a@1 -> b@1; b@1; b@2; c@1");
    assert_snapshot!(case.data(), @r#"
    {"__info":["made by `pkg install`: what is changed here is lost when it runs the next time"],
    "dependencyTreeRoots":[
    {"name":"app","reference":"workspace:."}],
    "enableTopLevelFallback":true,
    "ignorePatternData":null,
    "fallbackExclusionList":[
    ["app",["workspace:."]]],
    "fallbackPool":[],
    "packageRegistryData":[
    [null,[
    [null,{"packageLocation":"./","packageDependencies":[["a","npm:1.0.0"],["app","workspace:."],["c","npm:1.0.0"],["x",["b","npm:2.0.0"]]],"linkType":"SOFT"}]]],
    ["a",[
    ["npm:1.0.0",{"packageLocation":"../store/a@1.0.0/","packageDependencies":[["a","npm:1.0.0"],["b","npm:1.0.0"]],"linkType":"HARD"}]]],
    ["app",[
    ["workspace:.",{"packageLocation":"./","packageDependencies":[["a","npm:1.0.0"],["app","workspace:."],["c","npm:1.0.0"],["x",["b","npm:2.0.0"]]],"linkType":"SOFT"}]]],
    ["b",[
    ["npm:1.0.0",{"packageLocation":"../store/b@1.0.0/","packageDependencies":[["b","npm:1.0.0"]],"linkType":"HARD"}],
    ["npm:2.0.0",{"packageLocation":"../store/b@2.0.0/","packageDependencies":[["b","npm:2.0.0"]],"linkType":"HARD"}]]],
    ["c",[
    ["npm:1.0.0",{"packageLocation":"../store/c@1.0.0/","packageDependencies":[["c","npm:1.0.0"]],"linkType":"HARD"}]]]]}
    "#);
}

#[test]
fn instances_of_one_package_have_paths_of_their_own() {
    let case = Case::new(
        ". a@1(p@1) w@1 p@1; a@1(p@1) -> p@1; w@1 -> a@1(p@2) p@2; a@1(p@2) -> p@2; p@1; p@2",
    );
    assert_snapshot!(case.packages(), @r#"
    [null,[
    [null,{"packageLocation":"./","packageDependencies":[["a","virtual:a3b19d9d395b7c9a93f1485322e7e680#npm:1.0.0"],["app","workspace:."],["p","npm:1.0.0"],["w","npm:1.0.0"]],"linkType":"SOFT"}]]],
    ["a",[
    ["npm:1.0.0",{"packageLocation":"../store/a@1.0.0/","packageDependencies":[["a","npm:1.0.0"]],"linkType":"SOFT"}],
    ["virtual:a3b19d9d395b7c9a93f1485322e7e680#npm:1.0.0",{"packageLocation":"./.pkg/__virtual__/a-virtual-a3b19d9d39/2/store/a@1.0.0/","packageDependencies":[["a","virtual:a3b19d9d395b7c9a93f1485322e7e680#npm:1.0.0"],["p","npm:1.0.0"]],"linkType":"HARD"}],
    ["virtual:b247ca2f329cd85b39def83cab8ae710#npm:1.0.0",{"packageLocation":"./.pkg/__virtual__/a-virtual-b247ca2f32/2/store/a@1.0.0/","packageDependencies":[["a","virtual:b247ca2f329cd85b39def83cab8ae710#npm:1.0.0"],["p","npm:2.0.0"]],"linkType":"HARD"}]]],
    ["app",[
    ["workspace:.",{"packageLocation":"./","packageDependencies":[["a","virtual:a3b19d9d395b7c9a93f1485322e7e680#npm:1.0.0"],["app","workspace:."],["p","npm:1.0.0"],["w","npm:1.0.0"]],"linkType":"SOFT"}]]],
    ["p",[
    ["npm:1.0.0",{"packageLocation":"../store/p@1.0.0/","packageDependencies":[["p","npm:1.0.0"]],"linkType":"HARD"}],
    ["npm:2.0.0",{"packageLocation":"../store/p@2.0.0/","packageDependencies":[["p","npm:2.0.0"]],"linkType":"HARD"}]]],
    ["w",[
    ["npm:1.0.0",{"packageLocation":"../store/w@1.0.0/","packageDependencies":[["a","virtual:b247ca2f329cd85b39def83cab8ae710#npm:1.0.0"],["p","npm:2.0.0"],["w","npm:1.0.0"]],"linkType":"HARD"}]]]]}
    "#);
}

#[test]
fn a_package_with_one_instance_has_its_own_path_and_its_peers() {
    let mut case = Case::new(". a@1(p@1) p@1; a@1(p@1) -> p@1; p@1");
    let a = case.lockfile.packages.get_mut("a@1.0.0").unwrap();
    for peer in ["p", "@s/q", "@types/r"] {
        a.peer_dependencies
            .insert(peer.parse().unwrap(), "*".to_owned());
    }
    assert_snapshot!(case.packages(), @r#"
    [null,[
    [null,{"packageLocation":"./","packageDependencies":[["a","npm:1.0.0"],["app","workspace:."],["p","npm:1.0.0"]],"linkType":"SOFT"}]]],
    ["a",[
    ["npm:1.0.0",{"packageLocation":"../store/a@1.0.0/","packageDependencies":[["@s/q",null],["@types/p",null],["@types/r",null],["@types/s__q",null],["a","npm:1.0.0"],["p","npm:1.0.0"]],"packagePeers":["@s/q","@types/p","@types/r","@types/s__q","p"],"linkType":"HARD"}]]],
    ["app",[
    ["workspace:.",{"packageLocation":"./","packageDependencies":[["a","npm:1.0.0"],["app","workspace:."],["p","npm:1.0.0"]],"linkType":"SOFT"}]]],
    ["p",[
    ["npm:1.0.0",{"packageLocation":"../store/p@1.0.0/","packageDependencies":[["p","npm:1.0.0"]],"linkType":"HARD"}]]]]}
    "#);
}

#[test]
fn projects_and_linked_folders_are_in_the_map() {
    let mut case = Case::new(
        ". lib=link:packages/lib out=link:../out abs=link:/opt/abs; packages/lib a@1; a@1",
    );
    let lib = "packages/lib".parse().unwrap();
    case.names.insert(lib, "@s/lib".parse().unwrap());
    assert_snapshot!(case.data(), @r#"
    {"__info":["made by `pkg install`: what is changed here is lost when it runs the next time"],
    "dependencyTreeRoots":[
    {"name":"app","reference":"workspace:."},
    {"name":"@s/lib","reference":"workspace:packages/lib"}],
    "enableTopLevelFallback":true,
    "ignorePatternData":null,
    "fallbackExclusionList":[
    ["@s/lib",["workspace:packages/lib"]],
    ["app",["workspace:."]]],
    "fallbackPool":[],
    "packageRegistryData":[
    [null,[
    [null,{"packageLocation":"./","packageDependencies":[["abs","link:/opt/abs"],["app","workspace:."],["lib",["@s/lib","workspace:packages/lib"]],["out","link:../out"]],"linkType":"SOFT"}]]],
    ["@s/lib",[
    ["workspace:packages/lib",{"packageLocation":"./packages/lib/","packageDependencies":[["@s/lib","workspace:packages/lib"],["a","npm:1.0.0"]],"linkType":"SOFT"}]]],
    ["a",[
    ["npm:1.0.0",{"packageLocation":"../store/a@1.0.0/","packageDependencies":[["a","npm:1.0.0"]],"linkType":"HARD"}]]],
    ["abs",[
    ["link:/opt/abs",{"packageLocation":"../../opt/abs/","packageDependencies":[["abs","link:/opt/abs"]],"linkType":"SOFT","discardFromLookup":true}]]],
    ["app",[
    ["workspace:.",{"packageLocation":"./","packageDependencies":[["abs","link:/opt/abs"],["app","workspace:."],["lib",["@s/lib","workspace:packages/lib"]],["out","link:../out"]],"linkType":"SOFT"}]]],
    ["out",[
    ["link:../out",{"packageLocation":"../out/","packageDependencies":[["out","link:../out"]],"linkType":"SOFT","discardFromLookup":true}]]]]}
    "#);
}

#[test]
fn what_is_for_other_machines_is_in_the_map_and_not_in_the_project() {
    let mut case = Case::new(". opt:n@1 a@1; a@1; n@1 os=win32 -> m@1; m@1");
    case.place = |id| match id.name().as_str() {
        "n" | "a" => Place::Unplugged,
        _ => store(id),
    };
    let tree = case.plan(true).tree;
    assert_snapshot!(case.packages(), @r#"
    [null,[
    [null,{"packageLocation":"./","packageDependencies":[["a","npm:1.0.0"],["app","workspace:."],["n","npm:1.0.0"]],"linkType":"SOFT"}]]],
    ["a",[
    ["npm:1.0.0",{"packageLocation":"./.pkg/unplugged/a@1.0.0/node_modules/a/","packageDependencies":[["a","npm:1.0.0"]],"linkType":"HARD"}]]],
    ["app",[
    ["workspace:.",{"packageLocation":"./","packageDependencies":[["a","npm:1.0.0"],["app","workspace:."],["n","npm:1.0.0"]],"linkType":"SOFT"}]]],
    ["m",[
    ["npm:1.0.0",{"packageLocation":"../store/m@1.0.0/","packageDependencies":[["m","npm:1.0.0"]],"linkType":"HARD"}]]],
    ["n",[
    ["npm:1.0.0",{"packageLocation":"./.pkg/unplugged/n@1.0.0/node_modules/n/","packageDependencies":[["m","npm:1.0.0"],["n","npm:1.0.0"]],"linkType":"HARD"}]]]]}
    "#);
    assert!(tree.get(".pkg/unplugged/a@1.0.0/node_modules/a").is_some());
    assert!(tree.get(".pkg/unplugged/n@1.0.0/node_modules/n").is_none());
    let options = LinkOptions::for_host(linux());
    let selection = PnpSelection::new(&case.lockfile, &options).unwrap();
    assert_eq!(selection.packages.len(), 1, "{selection:?}");
    assert_eq!(selection.skipped.len(), 1);
}

#[test]
fn fallback_and_ignored_paths_are_what_the_settings_say() {
    let mut case = Case::new(". a@1; a@1");
    let head = |case: &Case| {
        let data = case.data();
        data.split("\"fallbackPool\"").next().unwrap().to_owned()
    };
    case.fallback_mode = FallbackMode::All;
    case.ignore_patterns = vec!["./old/**".to_owned()];
    assert_snapshot!(head(&case), @r#"
    {"__info":["made by `pkg install`: what is changed here is lost when it runs the next time"],
    "dependencyTreeRoots":[
    {"name":"app","reference":"workspace:."}],
    "enableTopLevelFallback":true,
    "ignorePatternData":"^(?:old/.*)(?:/|$)",
    "fallbackExclusionList":[],
    "#);
    case.fallback_mode = FallbackMode::None;
    assert!(head(&case).contains("\"enableTopLevelFallback\":false"));
}

#[test]
fn the_map_is_a_string_of_javascript_that_simple_readers_can_read() {
    let case = Case::new(". it=link:../it's; ");
    let map = text_of(&case.plan(true).tree, ".pnp.cjs");
    let start = map.find("const RAW_RUNTIME_STATE =\n'").unwrap() + 27;
    let mut data = String::new();
    let mut characters = map[start..].chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => break,
            '\\' => data.extend(characters.next()),
            other => data.push(other),
        }
    }
    assert_eq!(data, case.data().trim_end());
    serde_json::from_str::<serde_json::Value>(&data).unwrap();
    let map = text_of(&case.plan(false).tree, ".pnp.cjs");
    assert!(map.contains("RAW_RUNTIME_STATE = null"));
}

#[test]
fn commands_start_node_with_the_map() {
    let case = Case::new(". a@1 b=link:../b; a@1");
    let lookup = |owner: &BinOwner| match owner {
        BinOwner::Package(_) => vec![("a".to_owned(), "bin/a.js".parse().unwrap())],
        BinOwner::Folder(_) => vec![("b".to_owned(), "b.sh".parse().unwrap())],
    };
    let source = |owner: &BinOwner, _: &_| match owner {
        BinOwner::Package(_) => b"#!/usr/bin/env -S node --no-warnings\nx".to_vec(),
        BinOwner::Folder(_) => b"#!/bin/sh\n".to_vec(),
    };
    let (tree, warnings) = case.plan(true).with_bins(&lookup, &source).unwrap();
    assert_eq!(warnings, []);
    assert_snapshot!(text_of(&tree, ".pkg/bin/a"), @r#"
    #!/bin/sh
    # Made by pkg: starts a command with the map of packages loaded.
    case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
    root=$(CDPATH='' cd -- "$folder/../../" && pwd -P) || exit 1
    case $NODE_OPTIONS in
      *"$root/.pnp.cjs"*) ;;
      *) NODE_OPTIONS="--require \"$root/.pnp.cjs\"${NODE_OPTIONS:+ $NODE_OPTIONS}"; export NODE_OPTIONS ;;
    esac
    exec 'node' '--no-warnings' "$root"'/../store/a@1.0.0/bin/a.js' "$@"
    "#);
    let other = text_of(&tree, ".pkg/bin/b");
    assert!(
        other.ends_with("exec '/bin/sh' \"$root\"'/../b/b.sh' \"$@\"\n"),
        "{other}"
    );
}
