//! The law of the resolver: answers in any order give the same lockfile.

use proptest::prelude::{ProptestConfig, any, proptest};
use proptest::{prop_assert_eq, test_runner::TestCaseError};

use super::support::{Packages, Projects, drive, graph, packages, project, root};
use crate::{ResolveOptions, Resolver, Update};

/// A stream of small numbers from a seed.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// A registry of twelve names with three versions each, whose dependencies come from a seed.
pub(super) fn registry(seed: u64) -> Packages {
    let mut numbers = Numbers(seed);
    let mut lines = Vec::new();
    for package in 0..12 {
        for major in 1..4 {
            let mut line = format!("p{package}@{major}.{}.0 →", numbers.below(3));
            for _ in 0..numbers.below(4) {
                let mark = ["", "", "", "?", "!", "!?"][numbers.below(6)];
                let range = ["*", "^1", "^2", ">=2", "^3", "^9"][numbers.below(6)];
                // Names above the twelve are in no registry.
                let target = numbers.below(13);
                let is_bad = target == 12 || range == "^9";
                let mark = if is_bad && mark.is_empty() { "?" } else { mark };
                // An optional dependency that is an optional peer as well looks in the lockfile like
                // the peer alone, so it does not stay if the provider goes.
                if line.contains(&format!("?p{target}@"))
                    || mark == "?" && line.contains(&format!("p{target}@"))
                {
                    continue;
                }
                line.push_str(&format!(" {mark}p{target}@{range}"));
            }
            lines.push(line);
        }
    }
    packages(&lines.join("   "))
}

pub(super) fn projects(seed: u64) -> Projects {
    let mut numbers = Numbers(seed ^ 0x5555);
    let mut projects = root("p0@* p1@^1 ?p2@^2");
    let wanted: Vec<String> = (0..3)
        .map(|_| format!("p{}@>={}", numbers.below(12), 1 + numbers.below(3)))
        .collect();
    projects.insert("packages/a".parse().unwrap(), project(&wanted.join(" ")));
    projects
}

/// Resolves a graph twice, in the order in which needs come and in another, then once more from the
/// lockfile, and updates two names of it in either order.
fn check_laws(seed: u64, order: u64) -> Result<(), TestCaseError> {
    let (registry, projects) = (registry(seed), projects(seed));
    let options = ResolveOptions::default();
    let new = || Resolver::new(&projects, None, options.clone());
    let first = drive(&registry, new(), |_| 0).result;
    let mut numbers = Numbers(order);
    let second = drive(&registry, new(), |open| numbers.below(open)).result;
    prop_assert_eq!(&first, &second);

    // Once more from the lockfile: nothing moves, and an update comes out the same in any order.
    let Ok(resolved) = first else { return Ok(()) };
    let lockfile = resolved.lockfile;
    let again = Resolver::new(&projects, Some(&lockfile), options.clone());
    let again = drive(&registry, again, |_| 0).result.unwrap();
    prop_assert_eq!(graph(&again.lockfile), graph(&lockfile));
    prop_assert_eq!(&again.lockfile, &lockfile);
    let update = ResolveOptions {
        update: Update::Names(["p3".parse().unwrap(), "p4".parse().unwrap()].into()),
        ..options
    };
    let new = || Resolver::new(&projects, Some(&lockfile), update.clone());
    let first = drive(&registry, new(), |_| 0).result;
    let second = drive(&registry, new(), |open| numbers.below(open)).result;
    prop_assert_eq!(first, second);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        // A case is five resolutions: a quarter of what is usual, or of `PROPTEST_CASES`.
        cases: ProptestConfig::default().cases.div_ceil(4),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn answers_in_any_order_give_one_lockfile(seed in any::<u64>(), order in any::<u64>()) {
        check_laws(seed, order)?;
    }
}

/// Graphs that came out otherwise when they were resolved again from their lockfile.
#[test]
fn graphs_that_once_moved_stay() {
    for seed in [
        // A package that depends on itself.
        17_387_772_447_612_490_442,
        // A peer that was installed before a higher version of it came into the graph.
        3_011_331_401_699_440_277,
        8_871_460_083_273_279_552,
        // An instance stands for one whose peer is missing.
        327_667_595_206_105_852,
        // Two projects miss a peer, and only one can have it.
        7_943_456_596_892_941_928,
        // A dependency that is an optional peer as well, of which only some instances have the peer.
        7_745_605_198_137_559_976,
        // An optional peer that only another project reaches, or only something that was replaced.
        14_084_095_884_009_604_443,
        15_008_286_947_541_597_540,
        10_067_756_278_849_252_500,
        // A peer that was installed for something that was replaced.
        12_682_583_992_626_821_069,
        // A loop of dependencies that something entered elsewhere which was replaced.
        13_849_792_655_036_804_267,
        // Two lockfiles that lead to one another.
        18_188_442_016_176_417_002,
    ] {
        check_laws(seed, seed).unwrap();
    }
}
