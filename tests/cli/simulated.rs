//! Group CON, case 15: in whatever order answers come, there is one lockfile and one tree.

use std::{collections::BTreeMap, env, process::Child, time::Duration};

use pkg_registry_fixtures::{FixtureServer, ServerOptions};

use crate::support::{Sandbox, served};

/// How many orders are tried, unless `PKG_TEST_SEEDS` says how many.
const SEEDS: u64 = 20;
/// How many installs run at once.
const AT_ONCE: usize = 4;
/// How late an answer may come.
const LATEST: Duration = Duration::from_millis(20);
/// Peers, rings, aliases, several versions of one package, and what is optional or for other systems.
const WANTED: [(&str, &str); 9] = [
    ("tiny-http-app", "1"),
    ("plug-set", "1"),
    ("plug-clash", "1"),
    ("peer-ring-a", "*"),
    ("wide", "1"),
    ("number-chart", "1"),
    ("colour-print", "*"),
    ("alias-user", "*"),
    ("optional-user", "*"),
];
const LAYOUTS: [&[&str]; 5] = [
    &["--layout=isolated"],
    &["--layout=flat"],
    &["--layout=nested"],
    &["--layout=pnp"],
    &["--layout=isolated", "--config.virtual-store=shared"],
];

struct Run {
    layout: &'static [&'static str],
    server: FixtureServer,
    sandbox: Sandbox,
    child: Child,
}

/// Starts an install whose answers come late, each by the seed.
fn start(seed: u64) -> Run {
    let layout = LAYOUTS[usize::try_from(seed).unwrap() % LAYOUTS.len()];
    let server = FixtureServer::start(ServerOptions {
        shuffle: Some((seed, LATEST)),
        ..ServerOptions::default()
    });
    let sandbox = served(&server, &WANTED);
    let child = sandbox.pkg(&[&["install"], layout].concat()).spawn();
    Run {
        layout,
        server,
        sandbox,
        child,
    }
}

#[test]
fn con_15_answers_in_any_order_make_one_lockfile_and_one_tree() {
    let seeds = env::var("PKG_TEST_SEEDS").ok();
    let seeds = seeds.map_or(SEEDS, |seeds| seeds.parse().unwrap());
    let mut lockfile: Option<String> = None;
    let mut trees: BTreeMap<&[&str], String> = BTreeMap::new();
    for some in (0..seeds).collect::<Vec<_>>().chunks(AT_ONCE) {
        let runs: Vec<Run> = some.iter().map(|seed| start(*seed)).collect();
        for (seed, run) in some.iter().zip(runs) {
            let ran = run.sandbox.finish(run.child);
            assert_eq!(ran.code, 0, "seed {seed}: {ran}");
            let written = run.sandbox.read("pkg.lock").replace(&run.server.url(), "");
            let first = lockfile.get_or_insert_with(|| written.clone());
            assert_eq!(*first, written, "seed {seed}");
            let tree = match run.layout {
                // Of these, the contents name no folder of this machine.
                ["--layout=isolated" | "--layout=flat" | "--layout=nested"] => {
                    run.sandbox.tree_with_contents("node_modules")
                }
                _ => run.sandbox.filter(&run.sandbox.tree("")),
            };
            let first = trees.entry(run.layout).or_insert_with(|| tree.clone());
            assert_eq!(*first, tree, "seed {seed}, {:?}", run.layout);
        }
    }
    assert_eq!(trees.len() as u64, seeds.min(LAYOUTS.len() as u64));
}
